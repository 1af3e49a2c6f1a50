/* sandbox.c - rlimits, no_new_privs, Landlock and a seccomp allow-list. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "work/sandbox.h"
#include <errno.h>
#include <fcntl.h>
#include <linux/landlock.h>
#include <sched.h>
#include <seccomp.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { MESSAGES_MAX = 65536 }; /* bytes it may write into files: its last words on stderr */

static bool refuse(err *e, const char *what, int errnum)
{
    return err_set(
        e, ERR_UNAVAILABLE, S("sandbox"),
        S("run aims on Linux with seccomp, in a container that does not forbid it; for files "
          "that may be trusted there is: aims assess --trusted"),
        "%s: %s", what, strerror(errnum));
}

/* ---- rlimits ---- */

static bool limit_one(int which, uint64_t value, err *e)
{
    struct rlimit l;
    if (getrlimit((__rlimit_resource_t)which, &l) != 0) return refuse(e, "getrlimit", errno);
    if (value > l.rlim_max) value = l.rlim_max;
    l = (struct rlimit){.rlim_cur = value, .rlim_max = value};
    /* SIGXCPU tells more than the SIGKILL of the hard limit. */
    if (which == RLIMIT_CPU && value < UINT64_MAX) l.rlim_max = value + 1;
    return setrlimit((__rlimit_resource_t)which, &l) == 0 || refuse(e, "setrlimit", errno);
}

/* Address space in use: a sanitizer's shadow and the mapped input are not the engine's doing. */
static bool space_in_use(uint64_t *ret, err *e)
{
    str text;
    int64_t pages = 0;
    if (!file_read(e->a, "/proc/self/statm", 4096, &text, e)) return false;
    if (!str_int(str_cut(text, ' ', &(str){0}), &pages) || pages <= 0)
        return refuse(e, "/proc/self/statm", EINVAL);
    *ret = (uint64_t)pages * (uint64_t)sysconf(_SC_PAGESIZE);
    return true;
}

static bool limit_resources(const sandbox_limits *l, err *e)
{
    uint64_t used = 0, space;
    if (!space_in_use(&used, e)) return false;
    if (__builtin_add_overflow(used, l->memory, &space)) space = UINT64_MAX;
    return limit_one(RLIMIT_CPU, l->cpu_seconds, e) && limit_one(RLIMIT_AS, space, e) &&
           limit_one(RLIMIT_CORE, 0, e) && limit_one(RLIMIT_FSIZE, MESSAGES_MAX, e) &&
           limit_one(RLIMIT_MEMLOCK, 0, e) && limit_one(RLIMIT_MSGQUEUE, 0, e);
}

/* ---- Landlock ---- */

int sandbox_landlock(void)
{
    long v = syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);
    return v < 0 ? 0 : (int)v;
}

/* Handles every access to files that the kernel knows and allows none. */
bool sandbox_forbid_files(err *e)
{
    int version = sandbox_landlock();
    if (!version) return true;
    unsigned bits = version >= 5 ? 16 : version >= 3 ? 15 : version >= 2 ? 14 : 13;
    struct landlock_ruleset_attr all = {.handled_access_fs = (UINT64_C(1) << bits) - 1};
    long fd = syscall(SYS_landlock_create_ruleset, &all, sizeof all.handled_access_fs, 0);
    if (fd < 0) return refuse(e, "landlock_create_ruleset", errno);
    bool ok = syscall(SYS_landlock_restrict_self, fd, 0) == 0 ||
              refuse(e, "landlock_restrict_self", errno);
    close((int)fd);
    return ok;
}

/* ---- seccomp ---- */

/* What memory, threads, time and the descriptors at hand need. */
static const int harmless[] = {
    SCMP_SYS(read),
    SCMP_SYS(readv),
    SCMP_SYS(pread64),
    SCMP_SYS(write),
    SCMP_SYS(writev),
    SCMP_SYS(lseek),
    SCMP_SYS(close),
    SCMP_SYS(fstat),
    SCMP_SYS(brk),
    SCMP_SYS(munmap),
    SCMP_SYS(mremap),
    SCMP_SYS(madvise),
    SCMP_SYS(futex),
    SCMP_SYS(set_robust_list),
    SCMP_SYS(rseq),
    SCMP_SYS(sched_yield),
    SCMP_SYS(sched_getaffinity),
    SCMP_SYS(rt_sigprocmask),
    SCMP_SYS(rt_sigaction),
    SCMP_SYS(rt_sigreturn),
    SCMP_SYS(sigaltstack),
    SCMP_SYS(restart_syscall),
    SCMP_SYS(getpid),
    SCMP_SYS(gettid),
    SCMP_SYS(getcpu),
    SCMP_SYS(sysinfo),
    SCMP_SYS(getrandom),
    SCMP_SYS(clock_gettime),
    SCMP_SYS(clock_getres),
    SCMP_SYS(clock_nanosleep),
    SCMP_SYS(gettimeofday),
    SCMP_SYS(exit),
    SCMP_SYS(exit_group),
};

/* Tried by libc and OpenSSL without being asked, each with a way to go on. */
static const struct {
    int call, errnum;
} refused[] = {
    {SCMP_SYS(newfstatat), EACCES},
    {SCMP_SYS(statx),      EACCES},
    {SCMP_SYS(access),     EACCES},
    {SCMP_SYS(faccessat),  EACCES},
    {SCMP_SYS(faccessat2), EACCES},
    {SCMP_SYS(readlink),   EACCES},
    {SCMP_SYS(readlinkat), EACCES},
    {SCMP_SYS(ioctl),      ENOTTY},
    {SCMP_SYS(prctl),      EPERM },
    {SCMP_SYS(uname),      EPERM },
    {SCMP_SYS(clone3),     ENOSYS}, /* its flags are out of sight */
};

static int add_rules(scmp_filter_ctx f)
{
    const uint64_t written = O_ACCMODE | O_CREAT | O_TRUNC;
    uint32_t allow = SCMP_ACT_ALLOW, shut = SCMP_ACT_ERRNO(EACCES);
    scmp_datum_t me = (scmp_datum_t)getpid();
    int bad = 0;
    for (size_t i = 0; i < COUNT(harmless); i++)
        bad |= seccomp_rule_add(f, allow, harmless[i], 0);
    for (size_t i = 0; i < COUNT(refused); i++)
        bad |= seccomp_rule_add(f, SCMP_ACT_ERRNO((uint32_t)refused[i].errnum), refused[i].call, 0);
    bad |= seccomp_rule_add(f, allow, SCMP_SYS(clone), 1,
                            SCMP_A0(SCMP_CMP_MASKED_EQ, CLONE_THREAD, CLONE_THREAD));
    bad |= seccomp_rule_add(f, allow, SCMP_SYS(mmap), 1, SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0));
    bad |= seccomp_rule_add(f, allow, SCMP_SYS(mprotect), 1,
                            SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0));
    bad |= seccomp_rule_add(f, allow, SCMP_SYS(tgkill), 1, SCMP_A0(SCMP_CMP_EQ, me));
    bad |= seccomp_rule_add(f, allow, SCMP_SYS(prlimit64), 2, SCMP_A0(SCMP_CMP_EQ, 0),
                            SCMP_A2(SCMP_CMP_EQ, 0));
    bad |= seccomp_rule_add(f, shut, SCMP_SYS(open), 1,
                            SCMP_A1(SCMP_CMP_MASKED_EQ, written, O_RDONLY));
    bad |= seccomp_rule_add(f, shut, SCMP_SYS(openat), 1,
                            SCMP_A2(SCMP_CMP_MASKED_EQ, written, O_RDONLY));
    return bad;
}

static bool filter_calls(err *e)
{
    scmp_filter_ctx f = seccomp_init(SCMP_ACT_KILL_PROCESS);
    if (!f) return refuse(e, "seccomp_init", ENOMEM);
    int bad = add_rules(f);
    if (!bad) bad = seccomp_load(f);
    seccomp_release(f);
    return bad == 0 || refuse(e, "seccomp", -bad);
}

bool sandbox_enter(const sandbox_limits *l, err *e)
{
    if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0 || prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
        return refuse(e, "prctl", errno);
    return limit_resources(l, e) && sandbox_forbid_files(e) && filter_calls(e);
}
