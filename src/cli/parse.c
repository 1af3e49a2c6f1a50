/* parse.c - a command line into command, options and arguments, by the tables alone. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/command.h"
#include "register/register.h"

const option command_common[] = {
    {"json",  NULL,      0, "Print JSON for programs"                  },
    {"data",  "DIR",     0, "Data directory; else $AIMS_DATA"          },
    {"url",   "URL",     0, "Talk to a running server; else $AIMS_URL" },
    {"token", "TOKEN",   0, "Token for that server; else $AIMS_TOKEN"  },
    {"as",    "ACCOUNT", 0, "Act as this account in the data directory"},
    {"help",  NULL,      0, "Explain the command"                      },
    {NULL,    NULL,      0, NULL                                       },
};

/* True when the words of `name` are the first of argv; *ret_n is their number. */
static bool matches(const char *name, int argc, char **argv, size_t *ret_n)
{
    str rest = str_of(name);
    size_t n = 0;
    while (rest.p) {
        str word = str_cut(rest, ' ', &rest);
        if ((int)n >= argc || !str_eqz(word, argv[n])) return false;
        n++;
    }
    *ret_n = n;
    return true;
}

static bool find_general(struct call *c, int argc, char **argv, size_t *ret_used)
{
    size_t best = 0, n;
    for (size_t g = 0; command_groups[g]; g++)
        for (const command *x = command_groups[g]; x->name; x++)
            if (matches(x->name, argc, argv, &n) && n > best) {
                best = n;
                c->cmd = x;
            }
    *ret_used = best;
    return best > 0;
}

/* The commands that begin with this word: "list, proof, verify"; absent when there are none. */
static str commands_of(arena *a, str word)
{
    buf b = buf_open(a, 4096);
    for (size_t g = 0; command_groups[g]; g++)
        for (const command *x = command_groups[g]; x->name; x++) {
            str rest, first = str_cut(str_of(x->name), ' ', &rest);
            if (rest.p && str_eq(first, word)) buf_fmt(&b, "%s%s", b.n ? ", " : "", rest.p);
        }
    return b.n ? buf_str(&b) : (str){0};
}

static bool unknown(const struct call *c, str word, err *e)
{
    const record *r = register_by_plural(word);
    if (!r) r = register_by_name(word);
    str hint = r ? str_fmt(c->a, "did you mean: aims %s", r->noun) : S("see: aims help");
    return err_set(e, ERR_USAGE, word, hint, "unknown command '%.*s'", STR_ARG(word));
}

/* "aims system" and "aims log" alone name no command; with --help they list theirs. */
static bool need_verb(struct call *c, int argc, char **argv, str verbs, bool *ret_help, err *e)
{
    str hint = str_fmt(c->a, "one of: %.*s", STR_ARG(verbs));
    c->word = str_of(argv[0]);
    if (argc > 1 && strcmp(argv[1], "--help") == 0) *ret_help = true;
    if (*ret_help) return true;
    if (argc > 1)
        return err_set(e, ERR_USAGE, str_of(argv[1]), hint, "'aims %s' has no command '%s'",
                       argv[0], argv[1]);
    return err_set(e, ERR_USAGE, str_of(argv[0]), hint, "'aims %s' needs a command", argv[0]);
}

static bool find_record(struct call *c, int argc, char **argv, size_t *ret_used, bool *ret_help,
                        err *e)
{
    str verbs = commands_of(c->a, str_of(argv[0]));
    c->r = register_by_noun(str_of(argv[0]));
    if (!c->r)
        return verbs.p ? need_verb(c, argc, argv, verbs, ret_help, e)
                       : unknown(c, str_of(argv[0]), e);
    buf b = buf_open(c->a, 4096);
    for (const command *x = record_commands; x->name; x++) {
        if (argc > 1 && strcmp(x->name, argv[1]) == 0) {
            c->cmd = x;
            *ret_used = 2;
            return true;
        }
        buf_fmt(&b, "%s%s", b.n ? ", " : "", x->name);
    }
    if (verbs.p) buf_fmt(&b, ", %s", verbs.p);
    return need_verb(c, argc, argv, buf_str(&b), ret_help, e);
}

static const option *option_in(const option *table, str name)
{
    for (const option *o = table; o && o->name; o++)
        if (str_eqz(name, o->name)) return o;
    return NULL;
}

static str underscored(arena *a, str name)
{
    char *z = arena_new(a, char, name.n + 1);
    for (size_t i = 0; i < name.n; i++)
        z[i] = name.p[i] == '-' ? '_' : name.p[i];
    return (str){z, name.n};
}

/* A member with an optional suffix such as _ge, "q" or "newest_by": the record engine judges the
 * rest. */
static bool is_filter(const record *r, str name)
{
    static const char *const ends[] = {"", "_ne", "_lt", "_le", "_gt", "_ge", "_like"};
    if (str_eqz(name, "q") || str_eqz(name, "newest_by")) return true;
    for (size_t i = 0; i < COUNT(ends); i++) {
        if (!str_ends(name, str_of(ends[i]))) continue;
        str stem = str_sub(name, 0, name.n - strlen(ends[i]));
        const field *f;
        for (size_t k = 0; (f = record_member(r, k)); k++)
            if (str_eqz(stem, f->name)) return true;
    }
    return false;
}

/* --member of a record, with dashes for underscores; absent when it is none. */
static str member(const struct call *c, str given_name)
{
    if (!c->r || !c->cmd) return (str){0};
    str name = underscored(c->a, given_name);
    bool writes = strcmp(c->cmd->name, "add") == 0 || strcmp(c->cmd->name, "set") == 0;
    bool lists = strcmp(c->cmd->name, "list") == 0;
    bool known = (writes && record_field(c->r, name)) || (lists && is_filter(c->r, name));
    return known ? name : (str){0};
}

struct reader {
    int argc, at;
    char **argv;
};

static bool take_value(struct reader *in, str name, bool has, str given_value, str *ret, err *e)
{
    if (has) {
        *ret = given_value;
        return true;
    }
    if (in->at >= in->argc)
        return err_set(e, ERR_USAGE, name, S("write --name value, or --name=value"),
                       "option --%.*s needs a value", STR_ARG(name));
    *ret = str_of(in->argv[in->at++]);
    return true;
}

static bool read_option(struct call *c, struct reader *in, str word, err *e)
{
    str text, name = str_cut(str_sub(word, 2, word.n), '=', &text);
    bool has = text.p != NULL;
    name = str_dup(c->a, name);
    const option *o = c->cmd ? option_in(c->cmd->options, name) : NULL;
    if (!o) o = option_in(command_common, name);
    str m = o ? (str){0} : member(c, name);
    if (!o && !m.p)
        return err_set(e, ERR_USAGE, name, S("add --help to see the options"),
                       "unknown option --%.*s", STR_ARG(name));
    given *g = &c->options[c->n_options++];
    *g = (given){.o = o, .name = m.p ? m : name};
    if (o && !o->arg)
        return !has || err_set(e, ERR_USAGE, name, S("leave the value out"),
                               "option --%.*s takes no value", STR_ARG(name));
    return take_value(in, name, has, text, &g->value, e);
}

static bool read_words(struct call *c, struct reader *in, err *e)
{
    bool plain = false; /* after "--" everything is an argument */
    while (in->at < in->argc) {
        str word = str_of(in->argv[in->at++]);
        if (!plain && str_eqz(word, "--")) {
            plain = true;
        } else if (plain || !str_starts(word, S("--"))) {
            c->args[c->n_args++] = word;
        } else if (!read_option(c, in, word, e)) {
            return false;
        }
    }
    return true;
}

static bool check_required(const struct call *c, err *e)
{
    for (const option *o = c->cmd->options; o && o->name; o++)
        if (o->flags & OPTION_REQUIRED && !call_option(c, o->name).p)
            return err_set(e, ERR_USAGE, str_of(o->name),
                           str_fmt(e->a, "add --%s %s", o->name, o->arg), "option --%s is missing",
                           o->name);
    if (c->n_args < c->cmd->min_args)
        return err_set(e, ERR_USAGE, S(""), S("add --help to see how it is called"),
                       "'aims %s%s%s' needs: %s", c->r ? c->r->noun : "", c->r ? " " : "",
                       c->cmd->name, c->cmd->args);
    if (c->n_args > c->cmd->max_args)
        return err_set(e, ERR_USAGE, c->args[c->cmd->max_args], S("quote names with spaces"),
                       "unexpected argument '%.*s'", STR_ARG(c->args[c->cmd->max_args]));
    return true;
}

static void set_common(struct call *c)
{
    /* Where --data names a file (assess), the directory is --dir. */
    bool own = option_in(c->cmd->options, S("dir")) != NULL;
    c->json = call_flag(c, "json");
    str data = call_option(c, own ? "dir" : "data"), url = call_option(c, "url"),
        token = call_option(c, "token");
    c->data = data.p ? str_dup(c->a, data).p : getenv("AIMS_DATA");
    c->url = url.p ? str_dup(c->a, url).p : data.p ? NULL : getenv("AIMS_URL");
    c->token = token.p ? str_dup(c->a, token).p : getenv("AIMS_TOKEN");
    c->as = call_option(c, "as").p;
}

/* Looked for first, so that what is wrong with the rest is said as JSON, too. */
static bool wants_json(int argc, char **argv)
{
    for (int i = 0; i < argc && strcmp(argv[i], "--") != 0; i++)
        if (strcmp(argv[i], "--json") == 0) return true;
    return false;
}

bool call_parse(struct call *c, int argc, char **argv, bool *ret_help, err *e)
{
    struct reader in = {.argc = argc, .argv = argv};
    size_t used = 0;
    c->json = wants_json(argc, argv);
    *ret_help = argc && strcmp(argv[0], "help") == 0;
    if (*ret_help) {
        in.argc = argc -= 1;
        in.argv = argv += 1;
    }
    if (argc == 0 || strcmp(argv[0], "--help") == 0 || strcmp(argv[0], "-h") == 0) {
        *ret_help = true;
        return true;
    }
    if (!find_general(c, argc, argv, &used) && !find_record(c, argc, argv, &used, ret_help, e))
        return false;
    if (!c->cmd) return true;
    c->options = arena_new(c->a, given, argc);
    c->args = arena_new(c->a, str, argc);
    in.at = (int)used;
    if (!read_words(c, &in, e)) return false;
    *ret_help |= call_flag(c, "help");
    set_common(c);
    return *ret_help || check_required(c, e);
}

/* ---- asking the parsed line ---- */

str call_option(const struct call *c, const char *name)
{
    for (size_t i = c->n_options; i-- > 0;)
        if (c->options[i].o && strcmp(c->options[i].o->name, name) == 0) return c->options[i].value;
    return (str){0};
}

bool call_flag(const struct call *c, const char *name)
{
    for (size_t i = 0; i < c->n_options; i++)
        if (c->options[i].o && strcmp(c->options[i].o->name, name) == 0) return true;
    return false;
}

str *call_options(const struct call *c, const char *name, size_t *ret_n)
{
    str *ret = arena_new(c->a, str, c->n_options + 1);
    *ret_n = 0;
    for (size_t i = 0; i < c->n_options; i++)
        if (c->options[i].o && strcmp(c->options[i].o->name, name) == 0)
            ret[(*ret_n)++] = c->options[i].value;
    return ret;
}

static bool bad(err *e, const char *name, str text, const char *want)
{
    return err_set(e, ERR_USAGE, str_of(name), S("add --help to see the options"),
                   "--%s must be %s, not '%.*s'", name, want, STR_ARG(text));
}

bool call_int(const struct call *c, const char *name, int64_t dflt, int64_t *ret, err *e)
{
    str s = call_option(c, name);
    *ret = dflt;
    return !s.p || str_int(s, ret) || bad(e, name, s, "a whole number");
}

bool call_real(const struct call *c, const char *name, double dflt, double *ret, err *e)
{
    str s = call_option(c, name);
    *ret = dflt;
    return !s.p || str_real(s, ret) || bad(e, name, s, "a number");
}

bool call_time(const struct call *c, const char *name, int64_t dflt, int64_t *ret, err *e)
{
    str s = call_option(c, name);
    *ret = dflt;
    return !s.p || clock_parse(s, ret) || clock_parse_date(s, ret) ||
           bad(e, name, s, "a date (2026-06-30) or time (2026-06-30T12:00:00Z)");
}
