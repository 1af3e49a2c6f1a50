/* jail.c - confines a program of any language as far as it can still start: the child's side. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "model/child.h"
#include "model/source.h"
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <seccomp.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { FILE_MAX = 256 << 20, OWN_WORDS = 7 };

static bool refuse(err *e, const char *what, int errnum)
{
    return err_set(e, ERR_UNAVAILABLE, S("model"),
                   S("where the kernel lacks it, and the program is trusted: unconfined=true"),
                   "the program cannot be confined: %s: %s", what, strerror(errnum));
}

/* ---- limits ---- */

static bool limit_one(int which, uint64_t value, err *e)
{
    struct rlimit l;
    if (getrlimit((__rlimit_resource_t)which, &l) != 0) return refuse(e, "getrlimit", errno);
    if (value > l.rlim_max) value = l.rlim_max;
    l = (struct rlimit){.rlim_cur = value, .rlim_max = value};
    if (which == RLIMIT_CPU) l.rlim_max = value + 1; /* SIGXCPU tells more than SIGKILL */
    return setrlimit((__rlimit_resource_t)which, &l) == 0 || refuse(e, "setrlimit", errno);
}

/* RLIMIT_DATA counts what is written to; reserved addresses (Java, Go, JavaScript) cost nothing. */
static bool limit_resources(const jail *j, err *e)
{
    return limit_one(RLIMIT_CPU, j->cpu, e) && limit_one(RLIMIT_CORE, 0, e) &&
           limit_one(RLIMIT_FSIZE, FILE_MAX, e) && limit_one(RLIMIT_DATA, j->memory << 20, e);
}

/* ---- Landlock: landlock(7), include/uapi/linux/landlock.h ---- */

struct ruleset {
    uint64_t files, network, scoped;
};
struct beneath {
    uint64_t allowed;
    int32_t fd;
} __attribute__((packed));
enum {
    MAY_EXECUTE = 1 << 0,
    MAY_WRITE_FILE = 1 << 1,
    MAY_READ_FILE = 1 << 2,
    MAY_READ_DIR = 1 << 3,
    NET_ALL = 3,   /* bind and connect of TCP */
    SCOPE_ALL = 3, /* abstract sockets and signals of others */
    RULE_BENEATH = 1
};

static bool allow(int rules, const char *path, uint64_t what, err *e)
{
    struct beneath b = {.allowed = what, .fd = open(path, O_PATH | O_CLOEXEC)};
    if (b.fd < 0) return refuse(e, path, errno);
    bool ok = syscall(SYS_landlock_add_rule, rules, RULE_BENEATH, &b, 0) == 0;
    if (!ok) ok = refuse(e, "landlock_add_rule", errno);
    close(b.fd);
    return ok;
}

static bool confine_files(const jail *j, err *e)
{
    long v = syscall(SYS_landlock_create_ruleset, NULL, 0, 1 /* version */);
    if (v < 1) return refuse(e, "Landlock", ENOSYS);
    unsigned bits = v >= 5 ? 16 : v >= 3 ? 15 : v >= 2 ? 14 : 13;
    uint64_t all = (UINT64_C(1) << bits) - 1;
    struct ruleset r = {all, v >= 4 && !j->network ? NET_ALL : 0, v >= 6 ? SCOPE_ALL : 0};
    size_t size = v >= 6 ? sizeof r : v >= 4 ? 16 : 8;
    int rules = (int)syscall(SYS_landlock_create_ruleset, &r, size, 0);
    if (rules < 0) return refuse(e, "landlock_create_ruleset", errno);
    bool ok = allow(rules, "/", MAY_EXECUTE | MAY_READ_FILE | MAY_READ_DIR, e) &&
              allow(rules, j->scratch, all, e) &&
              allow(rules, "/dev/null", MAY_WRITE_FILE | MAY_READ_FILE, e);
    if (ok && syscall(SYS_landlock_restrict_self, rules, 0) != 0)
        ok = refuse(e, "landlock_restrict_self", errno);
    close(rules);
    return ok;
}

/* ---- seccomp ---- */

/* What no computation needs, and what leads out of the limits above. Everything fails with EPERM,
 * so that programs which only try go on. */
static const int forbidden[] = {
    SCMP_SYS(setsid),
    SCMP_SYS(setpgid),
    SCMP_SYS(ptrace),
    SCMP_SYS(process_vm_readv),
    SCMP_SYS(process_vm_writev),
    SCMP_SYS(pidfd_getfd),
    SCMP_SYS(kcmp),
    SCMP_SYS(mount),
    SCMP_SYS(umount2),
    SCMP_SYS(pivot_root),
    SCMP_SYS(chroot),
    SCMP_SYS(move_mount),
    SCMP_SYS(open_tree),
    SCMP_SYS(fsopen),
    SCMP_SYS(fsconfig),
    SCMP_SYS(fsmount),
    SCMP_SYS(unshare),
    SCMP_SYS(setns),
    SCMP_SYS(bpf),
    SCMP_SYS(perf_event_open),
    SCMP_SYS(userfaultfd),
    SCMP_SYS(io_uring_setup),
    SCMP_SYS(io_uring_enter),
    SCMP_SYS(io_uring_register),
    SCMP_SYS(keyctl),
    SCMP_SYS(add_key),
    SCMP_SYS(request_key),
    SCMP_SYS(init_module),
    SCMP_SYS(finit_module),
    SCMP_SYS(delete_module),
    SCMP_SYS(kexec_load),
    SCMP_SYS(kexec_file_load),
    SCMP_SYS(reboot),
    SCMP_SYS(swapon),
    SCMP_SYS(swapoff),
    SCMP_SYS(acct),
    SCMP_SYS(quotactl),
    SCMP_SYS(syslog),
    SCMP_SYS(open_by_handle_at),
    SCMP_SYS(name_to_handle_at),
    SCMP_SYS(settimeofday),
    SCMP_SYS(clock_settime),
    SCMP_SYS(fchmod),
    SCMP_SYS(fchown),
    SCMP_SYS(fsetxattr),
    SCMP_SYS(fremovexattr),
    SCMP_SYS(utime),
    SCMP_SYS(utimes),
    SCMP_SYS(futimesat),
    SCMP_SYS(chmod),
    SCMP_SYS(fchmodat),
    SCMP_SYS(chown),
    SCMP_SYS(lchown),
    SCMP_SYS(fchownat),
    SCMP_SYS(utimensat),
    SCMP_SYS(setxattr),
    SCMP_SYS(lsetxattr),
    SCMP_SYS(removexattr),
    SCMP_SYS(lremovexattr),
};

static int add_rules(scmp_filter_ctx f, const jail *j)
{
    const uint32_t no = SCMP_ACT_ERRNO(EPERM);
    const uint64_t spaces = CLONE_NEWUSER | CLONE_NEWNS | CLONE_NEWNET | CLONE_NEWPID;
    int bad = 0;
    for (size_t i = 0; i < COUNT(forbidden); i++)
        bad |= seccomp_rule_add(f, no, forbidden[i], 0);
    for (uint64_t bit = 1; bit && bit <= spaces; bit <<= 1)
        if (spaces & bit)
            bad |=
                seccomp_rule_add(f, no, SCMP_SYS(clone), 1, SCMP_A0(SCMP_CMP_MASKED_EQ, bit, bit));
    /* Its flags are out of sight; libc falls back to clone. */
    bad |= seccomp_rule_add(f, SCMP_ACT_ERRNO(ENOSYS), SCMP_SYS(clone3), 0);
    /* Local sockets, too: daemons behind them would act for the program. */
    if (!j->network) bad |= seccomp_rule_add(f, SCMP_ACT_ERRNO(EACCES), SCMP_SYS(socket), 0);
    return bad;
}

static bool filter_calls(const jail *j, err *e)
{
    scmp_filter_ctx f = seccomp_init(SCMP_ACT_ALLOW);
    if (!f) return refuse(e, "seccomp_init", ENOMEM);
    int bad = add_rules(f, j);
    if (!bad) bad = seccomp_load(f);
    seccomp_release(f);
    return bad == 0 || refuse(e, "seccomp", -bad);
}

bool jail_enter(const jail *j, err *e)
{
    prctl(PR_SET_PDEATHSIG, SIGKILL); /* nobody would listen any more */
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) return refuse(e, "prctl", errno);
    /* The limits come last: they are the program's, not ours (a sanitizer's shadow is over them).
     */
    return (j->unconfined || (confine_files(j, e) && filter_calls(j, e))) && limit_resources(j, e);
}

/* ---- becoming the program ---- */

static bool read_jail(int argc, char **argv, jail *ret)
{
    int64_t cpu, memory;
    if (argc <= OWN_WORDS || !str_int(str_of(argv[2]), &cpu) ||
        !str_int(str_of(argv[3]), &memory) || cpu < 1 || memory < 1)
        return false;
    *ret = (jail){.cpu = (uint64_t)cpu,
                  .memory = (uint64_t)memory,
                  .network = argv[4][0] == '1',
                  .unconfined = argv[5][0] == '1',
                  .scratch = argv[6]};
    return true;
}

int model_child_main(int argc, char **argv)
{
    arena *a = arena_open();
    err e = ERR_IN(a);
    jail j;
    if (!read_jail(argc, argv, &j)) {
        fputs("aims: " MODEL_CHILD " is for aims itself; run: aims assess --model exec:...\n",
              stderr);
        return err_exit(ERR_USAGE);
    }
    if (jail_enter(&j, &e)) {
        execvp(argv[OWN_WORDS], argv + OWN_WORDS);
        fprintf(stderr, "cannot be started: %s", strerror(errno));
    } else {
        fprintf(stderr, "%s", e.msg.p);
    }
    arena_close(a);
    return 127;
}
