/* cmd_system.c - init, serve, doctor, and the texts that the program prints about itself. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/api.h"
#include "cli/commands.h"
#include "cli/print.h"
#include "cli/serve.h"
#include "cli/start.h"
#include "http/http.h"
#include "register/register.h"
#include "work/backup.h"
#include "work/doctor.h"
#include "work/sample.h"

static str data_dir(const struct call *c)
{
    return c->n_args ? c->args[0] : str_of(c->data);
}

static bool run_init(struct call *c, err *e)
{
    str dir = data_dir(c), store = call_option(c, "store"), origin = call_option(c, "origin");
    if (!dir.n)
        return err_set(e, ERR_USAGE, S("DIR"), S("name the directory to make"),
                       "no directory is named");
    init_options o = {.dir = str_dup(c->a, dir).p,
                      .store = store.p ? str_dup(c->a, store).p : NULL,
                      .origin = origin.p ? str_dup(c->a, origin).p : NULL};
    if (!work_init(&o, e)) return false;
    if (call_flag(c, "sample") && !work_sample(o.dir, e)) return false;
    pair made = {"data", str_of(o.dir)};
    if (c->json)
        print_pairs(c, &made, 1);
    else
        printf("made %s\nnext: aims serve --data %s\n", o.dir, o.dir);
    return true;
}

static bool run_serve(struct call *c, err *e)
{
    setting_given start[SETTINGS] = {0};
    str dir = data_dir(c);
    serve_options o = {.start = start, .json = c->json};
    if (!dir.n)
        return err_set(e, ERR_USAGE, S("data"), S("add --data DIR or set AIMS_DATA"),
                       "no data directory is named");
    o.dir = str_dup(c->a, dir).p;
    return start_read(c, start, e) && serve(&o, e);
}

static bool run_doctor(struct call *c, err *e)
{
    str dir = data_dir(c);
    doctor_report r;
    if (!doctor(dir.n ? str_dup(c->a, dir).p : NULL, call_flag(c, "complete"), c->a, &r, e))
        return false;
    if (c->json) {
        buf b = buf_open(c->a, 1 << 20);
        jw w = jw_open(&b);
        doctor_json(&r, &w);
        print_text(buf_str(&b));
    }
    for (size_t i = 0; !c->json && i < r.n; i++) {
        const doctor_check *x = &r.checks[i];
        print_line(c, "%s  %-12s %.*s", x->ok ? "ok " : "BAD", x->name, STR_ARG(x->text));
        if (!x->ok && x->hint.n) print_line(c, "     %-12s %.*s", "", STR_ARG(x->hint));
    }
    c->exit_code = r.bad ? err_exit(ERR_CHECK) : 0;
    return true;
}

static bool run_backup(struct call *c, err *e)
{
    pair made = {"backup", str_dup(c->a, c->args[0])};
    if (!c->data)
        return err_set(e, ERR_USAGE, S("data"), S("add --data DIR or set AIMS_DATA"),
                       "no data directory is named");
    if (!work_backup(c->data, made.value.p, NULL, e)) return false;
    if (c->json)
        print_pairs(c, &made, 1);
    else
        print_line(c, "copied %s to %s, with its keys: keep it as safe", c->data, made.value.p);
    return true;
}

static bool run_restore(struct call *c, err *e)
{
    uint64_t size;
    const char *from = str_dup(c->a, c->args[0]).p;
    str dir = c->n_args > 1 ? c->args[1] : str_of(c->data);
    if (!dir.n)
        return err_set(e, ERR_USAGE, S("DIR"), S("name the directory to make"),
                       "no directory is named");
    dir = str_dup(c->a, dir);
    if (!work_restore(from, dir.p, &size, e)) return false;
    pair made[] = {
        {"data",  dir                      },
        { "log_size", str_fmt(c->a, "%llu", (unsigned long long)size)},
    };
    if (c->json) {
        print_pairs(c, made, COUNT(made));
        return true;
    }
    print_line(c, "checked %s and made %s from it; its log has %s leaves", from, dir.p,
               made[1].value.p);
    printf("Acts after the copy are not in it. Whoever holds a checkpoint of a later log will see\n"
           "a fork as soon as this directory writes: tell them why, and keep the old directory.\n");
    return true;
}

static bool run_version(struct call *c, err *e)
{
    (void)e;
    printf(c->json ? "{\"version\":\"%s\"}\n" : "aims %s\n", AIMS_VERSION);
    return true;
}

static bool run_routes(struct call *c, err *e)
{
    (void)e;
    buf b = buf_open(c->a, 1 << 20);
    http_routes_text(&b);
    print_text(buf_str(&b));
    return true;
}

static bool run_completion(struct call *c, err *e)
{
    if (!str_eqz(c->args[0], "bash"))
        return err_set(e, ERR_USAGE, c->args[0], S("use: aims completion bash"),
                       "only bash is known");
    buf b = buf_open(c->a, 4 << 20);
    help_completion_bash(&b);
    print_text(buf_str(&b));
    return true;
}

static bool write_man(struct call *c, const char *dir, const command *x, const record *r, err *e)
{
    buf b = buf_open(c->a, 1 << 20);
    help_man(x, r, &b);
    str words =
        x ? str_fmt(c->a, "aims-%s%s%s", r ? r->noun : "", r ? "-" : "", x->name) : S("aims");
    for (size_t i = 0; i < words.n; i++)
        if (words.p[i] == ' ') ((char *)(uintptr_t)words.p)[i] = '-';
    return file_replace(str_fmt(c->a, "%s/%s.1", dir, words.p).p, buf_str(&b), 0644, e);
}

static bool run_man(struct call *c, err *e)
{
    const char *dir = str_dup(c->a, c->args[0]).p;
    if (!file_mkdirs(dir, 0755, e) || !write_man(c, dir, NULL, NULL, e)) return false;
    for (size_t g = 0; command_groups[g]; g++)
        for (const command *x = command_groups[g]; x->name; x++)
            if (!write_man(c, dir, x, NULL, e)) return false;
    for (size_t i = 0; i < register_n_records; i++)
        for (const command *x = record_commands; x->name; x++)
            if (!write_man(c, dir, x, register_records[i], e)) return false;
    return true;
}

static const option init_options_table[] = {
    {"sample", NULL,   0, "Fill it with the sample organisation: really trained, really measured"},
    {"store",  "URL",  0, "postgresql://... instead of the embedded store"                       },
    {"origin", "NAME", 0, "Name of the log, such as example.org/aims"                            },
    {NULL,     NULL,   0, NULL                                                                   },
};
static const option doctor_options[] = {
    {"complete", NULL, 0, "Check every leaf and file, not only the ends"},
    {NULL,       NULL, 0, NULL                                          },
};

const command system_commands[] = {
    {"init",       "[DIR]",      0, 1, init_options_table, NEEDS_NOTHING, run_init,       "Make a data directory",
     NULL                                                                                                                                                                                                                 },
    {"serve",      "[DIR]",      0, 1, start_options,      NEEDS_WRITE,   run_serve,
     "Serve the API and the pages, run jobs, publish the log",                                                                    "Listens on 127.0.0.1:8042. The first start prints a link that makes the administrator."},
    {"doctor",     "[DIR]",      0, 1, doctor_options,     NEEDS_READ,    run_doctor,
     "Check installation, store, keys, log and clock",                                                                            NULL                                                                                    },
    {"backup",     "TO",         1, 1, NULL,               NEEDS_READ,    run_backup,
     "Copy the data directory, beside a running server",                                                                          "A PostgreSQL store is copied with pg_dump."                                            },
    {"restore",    "FROM [DIR]", 1, 2, NULL,               NEEDS_NOTHING, run_restore,
     "Check a copy completely and make a data directory of it",                                                                   "Acts after the copy are not in it; a later checkpoint of the log will show a fork."    },
    {"version",    NULL,         0, 0, NULL,               NEEDS_NOTHING, run_version,    "Print the version",                    NULL                                                                                    },
    {"routes",     NULL,         0, 0, NULL,               NEEDS_NOTHING, run_routes,     "Print the routes of the API",          NULL                                                                                    },
    {"completion", "bash",       1, 1, NULL,               NEEDS_NOTHING, run_completion, "Print shell completion",
     NULL                                                                                                                                                                                                                 },
    {"man",        "DIR",        1, 1, NULL,               NEEDS_NOTHING, run_man,        "Write the man pages into a directory",
     NULL                                                                                                                                                                                                                 },
    {NULL,         NULL,         0, 0, NULL,               NEEDS_NOTHING, NULL,           NULL,                                   NULL                                                                                    },
};
