/* main.c - aims: finds the command, runs it, turns its error into an exit code. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/commands.h"
#include "cli/print.h"
#include "work/assess.h"
#include "work/jobs.h"
#include <signal.h>
#include <unistd.h>

const command *const command_groups[] = {
    system_commands, measure_commands, keep_commands,   standing_commands,
    prove_commands,  special_commands, manage_commands, NULL,
};

#if defined __has_feature
#if __has_feature(address_sanitizer)
/* The engine process has no environment. Memory that runs out must look there as it does without
 * AddressSanitizer, whose own report of it needs memory, too. */
const char *__asan_default_options(void);
const char *__asan_default_options(void)
{
    return "allocator_may_return_null=1";
}
#endif
#endif

static void print_help(struct call *c)
{
    buf b = buf_open(c->a, 1 << 20);
    if (c->cmd)
        help_command(c->cmd, c->r, &b);
    else if (c->word.p)
        help_word(c->word, c->r, &b);
    else
        help_all(&b);
    print_text(buf_str(&b));
}

static int fail(struct call *c, const err *e)
{
    print_error(c, e);
    return err_exit(e->code);
}

static int run(struct call *c, int argc, char **argv)
{
    err e = ERR_IN(c->a);
    bool help = false;
    if (!call_parse(c, argc, argv, &help, &e)) return fail(c, &e);
    if (help) {
        print_help(c);
        return 0;
    }
    if (!c->cmd->run(c, &e)) return fail(c, &e);
    if (fflush(stdout) != 0) return err_exit(ERR_UNAVAILABLE);
    return c->exit_code;
}

int main(int argc, char **argv)
{
    if (argc == 2 && strcmp(argv[1], "job-child") == 0) return job_child_main();
    if (argc > 1 && strcmp(argv[1], MODEL_CHILD) == 0) return model_child_main(argc, argv);
    if (argc == 2 && strcmp(argv[1], "--version") == 0) argv[1] += 2;
    signal(SIGPIPE, SIG_IGN);
    arena *a = arena_open();
    struct call c = {.a = a, .colour = isatty(STDOUT_FILENO) && !getenv("NO_COLOR")};
    int code = run(&c, argc - 1, argv + 1);
    arena_close(a);
    return code;
}
