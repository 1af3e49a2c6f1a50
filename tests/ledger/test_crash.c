/* test_crash.c - kills or starves a publishing process at every writing system call of a run. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "fixture.h"
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

/*
 * The child opens a copy of a prepared log, appends and publishes over the edge of a tile. The
 * parent traces it and strikes at its n-th writing system call: KILL ends it before the call;
 * NO_SPACE lets that call fail with ENOSPC and the child go on. Then, as a new process would:
 *   - every acknowledged leaf is there, with its bytes;
 *   - the log opens under the complete check, publishes, and verifies without a finding;
 *   - every checkpoint anybody ever saw is a part of it.
 */
enum mode { COUNT_ONLY, KILL, NO_SPACE };
enum { ROUNDS = 2, PREPARED = 253, NOTES = ROUNDS + 2, NOTE_ROOM = 512 };
static const int appends[ROUNDS] = {2, 2};

/* Shared with the child, so that what it saw needs no system call to be told. */
struct seen {
    int acked; /* leaves */
    int n;
    char note[NOTES][NOTE_ROOM];
};
static struct seen *seen;

static void keep_note(str s)
{
    assert_true(s.n < NOTE_ROOM && seen->n < NOTES);
    memcpy(seen->note[seen->n], s.p, s.n);
    seen->note[seen->n][s.n] = 0;
    seen->n++;
}

/* ---- The child --------------------------------------------------------------------------- */

static void work(struct fixture *f)
{
    str shown;
    if (!fixture_reopen(f, false)) return;
    for (int r = 0; r < ROUNDS; r++) {
        for (int i = 0; i < appends[r]; i++)
            if (fixture_append(f, 1)) seen->acked++;
        if (fixture_publish(f, NULL) && ledger_head(f->l, f->a, &shown, NULL, &f->e) &&
            seen->n < NOTES && shown.n < NOTE_ROOM)
            keep_note(shown);
    }
    fixture_close(f);
}

static pid_t start(struct fixture *f)
{
    pid_t pid = fork();
    if (pid != 0) return pid;
    if (ptrace(PTRACE_TRACEME, 0, NULL, NULL) != 0) _exit(77);
    raise(SIGSTOP);
    work(f);
    _exit(0);
}

/* ---- The tracer -------------------------------------------------------------------------- */

static bool writes(const struct __ptrace_syscall_info *i)
{
    static const long calls[] = {
        SYS_write,     SYS_pwrite64, SYS_writev,    SYS_fsync,    SYS_fdatasync,
        SYS_ftruncate, SYS_renameat, SYS_renameat2, SYS_unlinkat, SYS_mkdirat,
#ifdef SYS_rename
        SYS_rename,    SYS_unlink,   SYS_mkdir,
#endif
    };
    for (size_t k = 0; k < COUNT(calls); k++)
        if ((long)i->entry.nr == calls[k]) return true;
    return i->entry.nr == SYS_openat && (i->entry.args[2] & O_CREAT);
}

static void set_result(pid_t tid, bool entry, long result)
{
#ifdef __x86_64__
    struct user_regs_struct r;
    if (ptrace(PTRACE_GETREGS, tid, NULL, &r) != 0) return;
    if (entry)
        r.orig_rax = (unsigned long long)-1; /* no such call: nothing is done */
    else
        r.rax = (unsigned long long)result;
    ptrace(PTRACE_SETREGS, tid, NULL, &r);
#else
    (void)tid;
    (void)entry;
    (void)result;
#endif
}

struct trace {
    enum mode mode;
    int strike, count;
    pid_t child, starved; /* the thread whose call is failing now */
    bool ended;
};

/* One stop at a system call; true when the child was killed. */
static bool at_call(struct trace *t, pid_t tid)
{
    struct __ptrace_syscall_info i;
    if (ptrace(PTRACE_GET_SYSCALL_INFO, tid, sizeof i, &i) <= 0) return false;
    if (i.op == PTRACE_SYSCALL_INFO_EXIT && t->starved == tid) {
        set_result(tid, false, -ENOSPC);
        t->starved = 0;
    }
    if (i.op != PTRACE_SYSCALL_INFO_ENTRY || !writes(&i)) return false;
    if (++t->count != t->strike) return false;
    if (t->mode == KILL) return kill(t->child, SIGKILL) == 0;
    if (t->mode == NO_SPACE) {
        set_result(tid, true, 0);
        t->starved = tid;
    }
    return false;
}

static void step(struct trace *t)
{
    int status;
    pid_t tid = waitpid(-1, &status, __WALL);
    if (tid < 0) {
        t->ended = true;
        return;
    }
    if (WIFEXITED(status) || WIFSIGNALED(status)) {
        t->ended = tid == t->child;
        return;
    }
    int sig = WSTOPSIG(status);
    if (sig == (SIGTRAP | 0x80)) {
        if (at_call(t, tid)) return;
        sig = 0;
    } else if (sig == SIGSTOP || sig == SIGTRAP) {
        sig = 0; /* first stop of a new thread, or news of its birth */
    }
    ptrace(PTRACE_SYSCALL, tid, NULL, (void *)(intptr_t)sig);
}

/* Runs the child; the number of writing calls it got to. -1: tracing is not allowed here. */
static int run(struct fixture *f, enum mode mode, int strike)
{
    int status;
    struct trace t = {.mode = mode, .strike = strike};
    t.child = start(f);
    waitpid(t.child, &status, __WALL);
    if (WIFEXITED(status)) return -1;
    long options = PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACECLONE | PTRACE_O_EXITKILL;
    if (ptrace(PTRACE_SETOPTIONS, t.child, NULL, options) != 0) return -1;
    ptrace(PTRACE_SYSCALL, t.child, NULL, NULL);
    while (!t.ended)
        step(&t);
    return t.count;
}

/* ---- The test ---------------------------------------------------------------------------- */

static struct fixture *base;

static struct fixture *copy_of_base(void)
{
    struct fixture *f = fixture_new();
    fixture_copy(str_fmt(f->a, "%s/.", base->dir.p).p, f->dir.p);
    memset(seen, 0, sizeof *seen);
    return f;
}

static bool check_leaves(struct tx *t, void *ctx, err *e)
{
    int64_t size;
    str body;
    if (!ledger_size(t, &size, e)) return false;
    assert_true(size >= PREPARED + seen->acked);
    for (int64_t i = 0; i < size; i++) {
        if (!ledger_leaf(t, ctx, i, &body, NULL, e)) return false;
        assert_true(str_eq(body, fixture_leaf(ctx, (uint64_t)i)));
    }
    return true;
}

static void check_after(struct fixture *f, int strike)
{
    str s, old[NOTES];
    checkpoint c;
    /* Whatever file lies there now, somebody may have fetched it. */
    str path = str_fmt(f->a, "%s/checkpoint", f->log.p);
    must(f, file_read(f->a, path.p, NOTE_ROOM - 1, &s, &f->e));
    keep_note(s);
    if (!fixture_reopen(f, true)) fail_msg("strike %d: %s", strike, f->e.msg.p);
    must(f, store_read(f->store, check_leaves, f->a, &f->e));
    must(f, fixture_append(f, 1));
    if (!fixture_publish(f, &c)) fail_msg("strike %d: %s", strike, f->e.msg.p);
    assert_true(c.size >= (uint64_t)(PREPARED + seen->acked + 1));
    for (int i = 0; i < seen->n; i++)
        old[i] = str_of(seen->note[i]);
    verify_report r = fixture_verify(f, old, (size_t)seen->n);
    if (r.total) fail_msg("strike %d: %s: %s", strike, r.findings[0].file.p, r.findings[0].what.p);
    assert_int_equal(r.old, seen->n);
    must(f, fixture_reopen(f, true));
}

static int strike_everywhere(enum mode mode, int stride)
{
    int done = 0;
    for (int n = 1;; n += stride, done++) {
        struct fixture *f = copy_of_base();
        int count = run(f, mode, n);
        bool struck = count >= n;
        if (struck) check_after(f, n);
        fixture_end(f);
        if (!struck) return done;
    }
}

static void killed_at_every_call(void **state)
{
    (void)state;
    int n = strike_everywhere(KILL, 1);
    printf("killed at %d writing system calls\n", n);
    assert_true(n > 60);
}

static void starved_at_every_call(void **state)
{
    (void)state;
#ifndef __x86_64__
    skip();
#endif
    int n = strike_everywhere(NO_SPACE, getenv("AIMS_LONG") ? 1 : 4);
    printf("no space at %d writing system calls\n", n);
    assert_true(n > 60);
}

static void undisturbed(void **state)
{
    (void)state;
    struct fixture *f = copy_of_base();
    int count = run(f, COUNT_ONLY, 0);
    if (count < 0) exit(77); /* tracing is forbidden here: nothing below can run */
    printf("%d writing system calls, %d leaves, %d checkpoints\n", count, seen->acked, seen->n);
    assert_int_equal(seen->acked, 4);
    assert_int_equal(seen->n, ROUNDS);
    check_after(f, 0);
    fixture_end(f);
}

static int setup(void **state)
{
    (void)state;
    seen = mmap(NULL, sizeof *seen, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    assert_true(seen != MAP_FAILED);
    base = fixture_new();
    must(base, fixture_reopen(base, false));
    must(base, fixture_append(base, PREPARED));
    must(base, fixture_publish(base, NULL));
    fixture_close(base);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    fixture_end(base);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(undisturbed),
        cmocka_unit_test(killed_at_every_call),
        cmocka_unit_test(starved_at_every_call),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
