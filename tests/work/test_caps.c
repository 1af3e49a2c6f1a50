/* test_caps.c - every verb of the room asks for its capability: without it DENIED, and a leaf. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "register/person.h"
#include "work/assess.h"
#include "work/backup.h"
#include "work/consistency.h"
#include "work/due.h"
#include "work/factors.h"
#include "work/files.h"
#include "work/frameworks.h"
#include "work/prove.h"
#include "work/settings.h"
#include "work/standing.h"
#include "work/storage.h"
#include "world.h"

/* What the verbs are given: enough to get past everything but the capability. */
struct call {
    world *x;
    actor who;
    doc *d;
    page p;
    digest sha;
    jw out;
    void *ret;
};

#define VERB(name, ...)                                                                            \
    static bool name(struct call *c)                                                               \
    {                                                                                              \
        struct work *w = c->x->w;                                                                  \
        arena *a = c->x->a;                                                                        \
        err *e = &c->x->e;                                                                         \
        const actor *who = &c->who;                                                                \
        (void)a;                                                                                   \
        return __VA_ARGS__;                                                                        \
    }
#define R         &person_record
#define OUT(type) (type *)arena_alloc(a, 4096, 16)

VERB(add, work_add(w, who, R, c->d, a, &c->ret, e))
VERB(change, work_change(w, who, R, 1, 1, c->d, a, &c->ret, e))
VERB(retire, work_retire(w, who, R, 1, 1, a, &c->ret, e))
VERB(get, work_get(w, who, R, 1, 0, a, &c->ret, e))
VERB(some, work_get_some(w, who, R, &(int64_t){1}, 1, a, &c->ret, OUT(size_t), e))
VERB(find, work_find(w, who, R, S("Ada"), a, &c->ret, e))
VERB(list, work_list(w, who, R, &c->p, 0, a, &c->ret, OUT(size_t), e))
VERB(count, work_count(w, who, R, &c->p, OUT(int64_t), e))
VERB(history, work_history(w, who, R, 1, &c->out, e))
VERB(uses, work_uses(w, who, R, 1, &c->out, e))
VERB(approve, work_approve(w, who, 1, 1, 0, a, &c->ret, e))
VERB(erase, work_erase(w, who, R, 1, &c->out, e))
VERB(user_add, account_add(w, who, S("b"), S("lead"), 0, a, OUT(account_info), OUT(str), e))
VERB(user_reset, account_reset(w, who, S("b"), a, OUT(str), e))
VERB(user_change, account_change(w, who, S("b"), S("lead"), -1, false, e))
VERB(user_bind, account_bind(w, who, S("b"), 1, e))
VERB(user_list, account_list(w, who, a, OUT(account_info *), OUT(size_t), e))
VERB(settings, work_settings(w, who, a, OUT(setting_state *), OUT(size_t), e))
VERB(set_one, work_setting_set(w, who, S("job-hours"), S("1"), a, OUT(setting_state), e))
VERB(stored, work_storage(w, who, a, OUT(storage), e))
VERB(backups, work_backups(w, who, a, OUT(backup_info *), OUT(size_t), e))
VERB(backup, job_add(w, who, S("backup"), &(doc){.kind = DOC_OBJ}, a, OUT(job), e))
VERB(sessions_of, session_list(w, who, S("b"), (str){0}, a, OUT(session_info *), OUT(size_t), e))
VERB(forget, factors_forget(w, who, S("b"), e))
VERB(tokens, token_list(w, who, a, OUT(token_info *), OUT(size_t), e))
VERB(revoke, token_revoke(w, who, 1, e))
VERB(upload, upload_begin(w, who, a, OUT(struct upload *), e))
VERB(put_file, work_put_file(w, who, "/dev/null", a, OUT(file_info), e))
VERB(put_bytes, work_put_bytes(w, who, S("x"), S("x"), a, OUT(file_info), e))
VERB(file, work_file(w, who, c->sha, a, OUT(file_info), e))
VERB(download, download_begin(w, who, c->sha, a, OUT(struct download *), e))
VERB(file_fd, work_file_fd(w, who, c->sha, a, OUT(int), e))
VERB(import, work_import_framework(w, who, S("f"), c->sha, a, OUT(framework), e))
VERB(framework_of, work_framework(w, who, S("f"), a, OUT(str), e))
VERB(plan_of, work_plan(w, who, S("p"), a, OUT(struct plan *), OUT(measure_plan), e))
VERB(hand_in, work_hand_in(w, who, S("{}"), S("p"), (str){0}, a, OUT(handed_in), e))
VERB(status, work_standing(w, who, 0, a, OUT(standing), e))
VERB(soa_of, work_soa(w, who, 0, a, OUT(soa), e))
VERB(agree, work_consistency(w, who, a, OUT(inconsistency *), OUT(size_t), e))
VERB(due_by, work_due(w, who, 0, a, OUT(due *), OUT(size_t), OUT(bool), e))
VERB(head, work_log_head(w, who, a, OUT(log_head), e))
VERB(leaves, work_log_list(w, who, 0, 1, a, OUT(log_leaf *), OUT(size_t), e))
VERB(proof_of, work_log_proof(w, who, 0, a, OUT(str), e))
VERB(verify, work_log_verify(w, who, a, OUT(verify_report), e))
VERB(export, work_log_export(w, who, "/nonexistent/log", e))
VERB(witness, work_witness(w, who, a, OUT(witness_result *), OUT(size_t), OUT(bool), e))
VERB(stamp, work_timestamp(w, who, S("http://x"), "/dev/null", a, OUT(int64_t), e))
VERB(make_bag,
     work_bag(w, who, OUT(bag_request), "/nonexistent/bag", a, OUT(digest), OUT(uint64_t), e))

static const struct {
    const char *name;
    bool (*call)(struct call *c);
} verbs[] = {
    {"work_add",              add         },
    {"work_change",           change      },
    {"work_retire",           retire      },
    {"work_get",              get         },
    {"work_get_some",         some        },
    {"work_find",             find        },
    {"work_list",             list        },
    {"work_count",            count       },
    {"work_history",          history     },
    {"work_uses",             uses        },
    {"work_approve",          approve     },
    {"work_erase",            erase       },
    {"account_add",           user_add    },
    {"account_reset",         user_reset  },
    {"account_change",        user_change },
    {"account_bind",          user_bind   },
    {"account_list",          user_list   },
    {"work_settings",         settings    },
    {"work_setting_set",      set_one     },
    {"work_storage",          stored      },
    {"work_backups",          backups     },
    {"job_add",               backup      },
    {"session_list",          sessions_of },
    {"factors_forget",        forget      },
    {"token_list",            tokens      },
    {"token_revoke",          revoke      },
    {"upload_begin",          upload      },
    {"work_put_file",         put_file    },
    {"work_put_bytes",        put_bytes   },
    {"work_file",             file        },
    {"download_begin",        download    },
    {"work_file_fd",          file_fd     },
    {"work_import_framework", import      },
    {"work_framework",        framework_of},
    {"work_plan",             plan_of     },
    {"work_hand_in",          hand_in     },
    {"work_standing",         status      },
    {"work_soa",              soa_of      },
    {"work_consistency",      agree       },
    {"work_due",              due_by      },
    {"work_log_head",         head        },
    {"work_log_list",         leaves      },
    {"work_log_proof",        proof_of    },
    {"work_log_verify",       verify      },
    {"work_log_export",       export      },
    {"work_witness",          witness     },
    {"work_timestamp",        stamp       },
    {"work_bag",              make_bag    },
};

static void test_every_verb_asks(void **state)
{
    world *x = *state;
    buf b = buf_open(x->a, 1 << 20);
    struct call c = {
        .x = x,
        .who = {.account = 9,   .name = S("nobody"), .via = "http"},
        .d = world_json(x, "{'name':'Eve'}"),
        .p = {.limit = 1},
        .out = jw_open(&b)
    };
    for (size_t i = 0; i < COUNT(verbs); i++) {
        if (verbs[i].call(&c)) fail_msg("%s asks for no capability", verbs[i].name);
        if (x->e.code != ERR_DENIED)
            fail_msg("%s: %s: %s", verbs[i].name, err_name(x->e.code), x->e.msg.p);
        x->e = ERR_IN(x->a);
        assert_int_equal(world_acts(x, "access.denied", NULL), i + 1);
    }
    assert_int_equal(world_acts(x, "person.add", NULL), 0);
}

/* Verbs with an actor that this list does not know: a new one belongs here. */
static void test_list_is_whole(void **state)
{
    static const char *const headers[] = {"records", "accounts", "files",    "frameworks",
                                          "assess",  "prove",    "standing", "consistency",
                                          "due",     "factors",  "passkeys"};
    /* token_add asks for an account instead; the rest is everybody's own account and nothing else,
     * which test_signin.c and test_passkeys.c hold them to. */
    static const char *const others[] = {
        "token_add",   "account_get",  "account_password", "session_revoke", "factors_get",
        "totp_enrol",  "totp_confirm", "totp_off",         "recovery_renew", "passkey_begin",
        "passkey_add", "passkey_list", "passkey_rename",   "passkey_remove"};
    (void)state;
    arena *a = arena_open();
    err e = ERR_IN(a);
    for (size_t h = 0; h < COUNT(headers); h++) {
        str text, rest;
        assert_true(file_read(a, str_fmt(a, AIMS_SOURCE "/src/work/%s.h", headers[h]).p, 1 << 20,
                              &text, &e));
        for (rest = text; rest.p;) {
            str line = str_cut(rest, '\n', &rest);
            const char *at = strstr(str_dup(a, line).p, "(struct work *w, const actor *who");
            if (!at || !str_starts(line, S("bool "))) continue;
            str name = str_cut(str_sub(line, 5, line.n), '(', &(str){0});
            bool known = false;
            for (size_t i = 0; i < COUNT(verbs); i++)
                known |= str_eqz(name, verbs[i].name);
            for (size_t i = 0; i < COUNT(others); i++)
                known |= str_eqz(name, others[i]);
            if (!known) fail_msg("%.*s is not in the list", STR_ARG(name));
        }
    }
    arena_close(a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_every_verb_asks, world_open, world_close),
        cmocka_unit_test(test_list_is_whole),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
