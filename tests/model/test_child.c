/* test_child.c - models that are programs: lines there and back, and the jail around them. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "model/child.h"
#include "remote_fixture.h"
#include <dirent.h>
#include <errno.h>
#include <math.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

static arena *a;
static err e;
static char scratch[] = "/tmp/aims-test-child-XXXXXX", file[64];

static int setup(void **state)
{
    (void)state;
    a = arena_open();
    e = ERR_IN(a);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    arena_close(a);
    return 0;
}

static int start(void **state)
{
    (void)state;
    if (!fixture_start() || !mkdtemp(scratch)) return -1;
    snprintf(file, sizeof file, "%s/file", scratch);
    FILE *f = fopen(file, "w");
    if (!f) return -1;
    fclose(f);
    setenv("TMPDIR", scratch, 1);
    setenv("AIMS_TEST_FILE", file, 1);
    setenv("AIMS_TEST_SECRET", "s3cret", 1);
    char port[16];
    snprintf(port, sizeof port, "%d", fixture_port);
    setenv("AIMS_TEST_PORT", port, 1);
    return 0;
}

static int stop(void **state)
{
    (void)state;
    fixture_stop();
    unlink(file);
    return rmdir(scratch); /* fails where a temporary directory was left */
}

static bool open_command(str command, struct model **ret, const char *s1, const char *s2)
{
    str *settings = arena_new(a, str, 4);
    size_t n = 0;
    settings[n++] = S("features=f0,f1,f2,f3,f4");
    settings[n++] = S("environment=AIMS_TEST_FILE,AIMS_TEST_PORT");
    if (s1) settings[n++] = str_of(s1);
    if (s2) settings[n++] = str_of(s2);
    const model_source s = {
        .at = command.p, .settings = settings, .n_settings = n, .task = S("regression")};
    return model_open(a, &s, ret, &e);
}

static bool open_way(const char *way, struct model **ret, const char *s1, const char *s2)
{
    return open_command(
        str_fmt(a, "exec:%s '%s/programs.py' %s", fixture_python, fixture_folder, way), ret, s1,
        s2);
}

static double says(const char *way, const char *s1)
{
    struct model *m;
    const float x[FEATURES] = {1, 2, 3, 4, 5.5f};
    double y = 0;
    if (!open_way(way, &m, s1, NULL) || !model_predict(m, x, 1, &y, &e))
        fail_msg("%s: %s", way, e.msg.p);
    return y;
}

static void a_program_answers_like_the_model(void **state)
{
    (void)state;
    static double want[ROWS], got[ROWS];
    struct model *m;
    model_usage used;
    str command = str_fmt(a, "exec:%s \"%s/serve_model.py\" %s lines", fixture_python,
                          fixture_folder, fixture_model);
    assert_true(model_load(a, fixture_model, &m, &e));
    assert_true(model_predict(m, fixture_rows(), ROWS, want, &e));
    if (!open_command(command, &m, "task=binary", "concurrency=2")) fail_msg("%s", e.msg.p);
    if (!model_predict(m, fixture_rows(), ROWS, got, &e)) fail_msg("%s", e.msg.p);
    for (size_t i = 0; i < ROWS; i++)
        assert_true(fabs(got[i] - want[i]) < 1e-6);
    assert_true(model_used(m, &used));
    assert_int_equal(used.calls, 1 + (ROWS + 255) / 256);
    assert_string_equal(model_describe(m)->format, "json-lines");
    assert_true(str_eq(model_describe(m)->endpoint, command));
}

static void values_arrive_as_they_are(void **state)
{
    (void)state;
    assert_true(says("sum", NULL) == 15.5);
    struct model *m;
    double y;
    const float x[FEATURES] = {0.1f, -0.0f, 1e-20f, 3e10f, 16777216};
    assert_true(open_way("sum", &m, NULL, NULL));
    assert_true(model_predict(m, x, 1, &y, &e));
    assert_true(y == 0.1 + -0.0 + 1e-20 + 3e10 + 16777216);
    assert_true(open_way("version", &m, NULL, NULL));
    assert_string_equal(model_describe(m)->version.p, "2.1");
}

/* Neither side waits for the other: 20 MB there, more than a pipe holds on stderr, one back. */
static void long_lines_do_not_block(void **state)
{
    (void)state;
    enum { MANY = 65536 };
    struct model *m;
    float *x = arena_new(a, float, MANY *FEATURES);
    double *y = arena_new(a, double, MANY);
    for (size_t i = 0; i < (size_t)MANY * FEATURES; i++)
        x[i] = (float)i / 7;
    assert_true(open_way("sum", &m, "batch=65536", NULL));
    assert_true(model_predict(m, x, MANY, y, &e));
    assert_true(open_way("chatter", &m, NULL, NULL));
    assert_true(model_predict(m, x, 20, y, &e));
    assert_true(y[19] == 0.25);
}

static void not_opened(const char *way, const char *s1, const char *says_what)
{
    struct model *m;
    e = ERR_IN(a);
    if (open_way(way, &m, s1, NULL)) fail_msg("%s was taken", way);
    if (!strstr(e.msg.p, says_what)) fail_msg("%s: %s, not %s", way, e.msg.p, says_what);
    assert_true(e.hint.n > 0);
}

static void bad_programs_are_named(void **state)
{
    (void)state;
    struct model *m;
    double y[3];
    const float x[3 * FEATURES] = {0};
    not_opened("die", NULL, "ended with code 3; it said: my last words");
    not_opened("nothing", NULL, "ended with code 0");
    not_opened("garbage", NULL, "no JSON");
    not_opened("otherid", NULL, "is to another request");
    not_opened("error", NULL, "the program says: not today");
    not_opened("silent", "timeout=1", "no answer within 1 seconds");
    not_opened("flood", NULL, "too long a line");
    not_opened("memory", "memory=64", "MemoryError");
    assert_true(open_way("twice", &m, NULL, NULL));
    assert_false(model_predict(m, x, 1, y, &e));
    assert_non_null(strstr(e.msg.p, "unasked"));
    assert_true(open_way("once", &m, NULL, NULL));
    assert_false(model_predict(m, x, 3, y, &e));
    assert_non_null(strstr(e.msg.p, "ended with code 0"));
    assert_false(model_predict(m, x, 3, y, &e));
    assert_non_null(strstr(e.msg.p, "has ended before"));
    assert_false(open_command(S("exec:/no/such/program"), &m, NULL, NULL));
    assert_non_null(strstr(e.msg.p, "cannot be started: No such file"));
    assert_false(open_command(S("exec:"), &m, NULL, NULL));
    assert_int_equal(e.code, ERR_INVALID);
}

/* ---- the jail ---- */

static bool confined(void)
{
    struct model *m;
    if (open_way("half", &m, NULL, NULL)) return true;
    print_message("skipped: %s\n", e.msg.p);
    return false;
}

static void a_program_is_confined(void **state)
{
    (void)state;
    if (!confined()) skip();
    assert_true(says("write", NULL) == 0);
    assert_true(says("write", "unconfined=true") == 1); /* so it was the jail that refused */
    assert_true(says("chmod", NULL) == 0);
    assert_true(says("chmod", "unconfined=true") == 1);
    assert_true(says("connect", NULL) == 0);
    assert_true(says("connect", "network=true") == 1);
    assert_true(says("session", NULL) == 0);
    assert_true(says("scratch", NULL) == 1);
    assert_true(says("secret", NULL) == 0);
    assert_true(says("secret", "unconfined=true") == 0);
    assert_true(says("descriptors", NULL) == 4); /* and the one that looks */
}

/* Gone, or a zombie where no init collects it. */
static bool ended(pid_t pid)
{
    char text[4096] = "", path[64];
    snprintf(path, sizeof path, "/proc/%d/stat", pid);
    FILE *f = fopen(path, "r");
    if (!f) return true;
    size_t n = fread(text, 1, sizeof text - 1, f);
    fclose(f);
    return !n || strstr(text, ") Z") != NULL;
}

/* Its own children go with it. */
static void nobody_is_left_behind(void **state)
{
    (void)state;
    pid_t pid = (pid_t)says("leave", NULL);
    assert_true(pid > 1);
    assert_false(ended(pid));
    arena_close(a);
    setup(NULL);
    for (int i = 0; i < 500 && !ended(pid); i++)
        usleep(10000);
    assert_true(ended(pid));
}

static void others_start_no_programs(void **state)
{
    (void)state;
    struct model *m;
    const model_source s = {.at = "exec:/bin/true", .task = S("binary"), .no_programs = true};
    assert_false(model_open(a, &s, &m, &e));
    assert_int_equal(e.code, ERR_DENIED);
}

/* ---- commands ---- */

static void commands_are_split_without_a_shell(void **state)
{
    (void)state;
    static const struct {
        const char *command;
        const char *words[5]; /* none: refused */
    } cases[] = {
        {"python3 model.py",     {"python3", "model.py"}        },
        {"  a\tb  ",             {"a", "b"}                     },
        {"'a b' \"c 'd\" e\\ f", {"a b", "c 'd", "e f"}         },
        {"a '' \"\"",            {"a", "", ""}                  },
        {"a $HOME `b` ; c",      {"a", "$HOME", "`b`", ";", "c"}},
        {"a \"b\\\"c\" 'd\\'",   {"a", "b\"c", "d\\"}           },
        {"a'b'\"c\"d",           {"abcd"}                       },
        {"'a",                   {NULL}                         },
        {"a \"b",                {NULL}                         },
        {"a b\\",                {NULL}                         },
        {"''",                   {NULL}                         },
        {"",                     {NULL}                         },
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        char **words;
        size_t n, want = 0;
        bool ok = child_words(a, str_of(cases[i].command), &words, &n, &e);
        while (want < 5 && cases[i].words[want])
            want++;
        if (ok != (want > 0)) fail_msg("%s: %d", cases[i].command, ok);
        if (!ok) continue;
        assert_int_equal(n, want);
        for (size_t k = 0; k < n; k++)
            assert_string_equal(words[k], cases[i].words[k]);
        assert_null(words[n]);
    }
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(int argc, char **argv)
{
    if (argc > 1 && strcmp(argv[1], MODEL_CHILD) == 0) return model_child_main(argc, argv);
    const struct CMUnitTest tests[] = {
        TEST(a_program_answers_like_the_model),
        TEST(values_arrive_as_they_are),
        TEST(long_lines_do_not_block),
        TEST(bad_programs_are_named),
        TEST(a_program_is_confined),
        TEST(nobody_is_left_behind),
        TEST(others_start_no_programs),
        TEST(commands_are_split_without_a_shell),
    };
    return cmocka_run_group_tests_name("model/child", tests, start, stop);
}
