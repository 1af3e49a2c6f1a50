/* test_sandbox.c - what a sandboxed process can still do, and what ends it. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "model/model.h"
#include "work/sandbox.h"
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
/* cmocka.h needs these before it */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

/* Out of memory must look as it does without AddressSanitizer. */
const char *__asan_default_options(void);
const char *__asan_default_options(void)
{
    return "allocator_may_return_null=1";
}

typedef int body_fn(void);

static pid_t parent;
static const sandbox_limits roomy = {.memory = UINT64_C(1) << 30, .cpu_seconds = 60};

enum { NO_SANDBOX = 99 };

static void child(const sandbox_limits *l, body_fn *body)
{
    arena *a = arena_open();
    err e = ERR_IN(a);
    if (!freopen("/dev/null", "w", stderr)) _exit(NO_SANDBOX);
    (void)hash_bytes("", 0);
    if (!sandbox_enter(l, &e)) _exit(NO_SANDBOX);
    _exit(body());
}

static int run(const sandbox_limits *l, body_fn *body)
{
    int status = 0;
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) child(l, body);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    return status;
}

/* ---- allowed ---- */

static void *count(void *p)
{
    (*(_Atomic int *)p)++;
    return NULL;
}

static int threads(void)
{
    pthread_t t[4];
    _Atomic int n = 0;
    for (int i = 0; i < 4; i++)
        if (pthread_create(&t[i], NULL, count, &n) != 0) return 1;
    for (int i = 0; i < 4; i++)
        if (pthread_join(t[i], NULL) != 0) return 2;
    return n == 4 ? 0 : 3;
}

static int memory(void)
{
    for (int i = 0; i < 100; i++) {
        arena *a = arena_open();
        char *p = arena_alloc(a, 8 << 20, 64);
        p[123] = 1;
        arena_close(a);
    }
    return 0;
}

static int digests(void)
{
    digest d = hash_bytes("abc", 3);
    arena *a = arena_open();
    bool ok = str_starts(digest_hex(a, d), S("ba7816bf"));
    struct hash *h = hash_begin(a);
    hash_add(h, "abc", 3);
    ok = ok && digest_eq(hash_end(h), d) && clock_now() > 0 && clock_mono() > 0;
    arena_close(a);
    return ok ? 0 : 1;
}

/* libc looks for files on its own account: that is refused, but no reason to die. */
static int look_for_files(void)
{
    if (open("/etc/passwd", O_RDONLY) >= 0 || errno != EACCES) return 1;
    if (open("/proc/self/maps", O_RDONLY) >= 0) return 2;
    if (access("/etc/passwd", R_OK) == 0) return 3;
    return sysconf(_SC_NPROCESSORS_ONLN) > 0 ? 0 : 4;
}

static int abort_by_itself(void)
{
    abort();
}

static void test_allowed(void **state)
{
    (void)state;
    body_fn *const fine[] = {threads, memory, digests, look_for_files};
    for (size_t i = 0; i < COUNT(fine); i++) {
        int status = run(&roomy, fine[i]);
        if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
            fail_msg("case %zu: status %#x", i, (unsigned)status);
    }
    int status = run(&roomy, abort_by_itself);
    assert_true(WIFSIGNALED(status));
    assert_int_equal(WTERMSIG(status), SIGABRT);
}

/* ---- forbidden ---- */

static int open_for_writing(void)
{
    return open("/tmp/aims-sandbox-test", O_WRONLY | O_CREAT, 0600) < 0;
}
static int open_to_append(void)
{
    return open("/etc/hosts", O_RDWR) < 0;
}
static int open_the_new_way(void)
{
    return (int)syscall(SYS_openat2, AT_FDCWD, "/tmp/aims-sandbox-test", NULL, 0);
}
static int remove_file(void)
{
    return unlink("/tmp/aims-sandbox-test");
}
static int make_socket(void)
{
    return socket(AF_INET, SOCK_STREAM, 0);
}
static int make_unix_socket(void)
{
    return socket(AF_UNIX, SOCK_STREAM, 0);
}
static int run_program(void)
{
    char *argv[] = {NULL};
    return execve("/bin/true", argv, argv);
}
static int fork_itself(void)
{
    return fork();
}
static int vfork_itself(void)
{
    return (int)syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0);
}
static int signal_parent(void)
{
    return kill(parent, 0);
}
static int trace_parent(void)
{
    return (int)ptrace(PTRACE_ATTACH, parent, NULL, NULL);
}
static int map_code(void)
{
    return mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1,
                0) == MAP_FAILED;
}
static int make_code(void)
{
    void *p = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    return mprotect(p, 4096, PROT_READ | PROT_EXEC);
}
static int use_io_uring(void)
{
    return (int)syscall(SYS_io_uring_setup, 1, NULL);
}
static int write_elsewhere(void)
{
    return (int)syscall(SYS_process_vm_writev, getpid(), NULL, 0, NULL, 0, 0);
}
static int make_namespace(void)
{
    return (int)syscall(SYS_unshare, 0x10000000);
}

static void test_forbidden(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        body_fn *body;
    } cases[] = {
        {"open for writing", open_for_writing},
        {"open to append",   open_to_append  },
        {"openat2",          open_the_new_way},
        {"unlink",           remove_file     },
        {"socket",           make_socket     },
        {"unix socket",      make_unix_socket},
        {"execve",           run_program     },
        {"fork",             fork_itself     },
        {"clone",            vfork_itself    },
        {"kill",             signal_parent   },
        {"ptrace",           trace_parent    },
        {"mmap code",        map_code        },
        {"mprotect code",    make_code       },
        {"io_uring",         use_io_uring    },
        {"process_vm_write", write_elsewhere },
        {"unshare",          make_namespace  },
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        int status = run(&roomy, cases[i].body);
        if (!WIFSIGNALED(status) || WTERMSIG(status) != SIGSYS)
            fail_msg("%s: status %#x, not SIGSYS", cases[i].name, (unsigned)status);
    }
}

/* ---- limits ---- */

static int greedy(void)
{
    arena *a = arena_open();
    return *(char *)arena_alloc(a, UINT64_C(2) << 30, 64);
}

static int busy(void)
{
    for (volatile unsigned i = 0; i < UINT32_MAX; i = i + (i < UINT32_MAX / 2)) {
    }
    return 1;
}

static int tmp_fd = -1;

static int write_much(void)
{
    static const char chunk[4096];
    for (int i = 0; i < 17; i++)
        if (write(tmp_fd, chunk, sizeof chunk) < 0) return 1;
    return 0;
}

static void test_limits(void **state)
{
    (void)state;
    int status = run(&roomy, greedy);
    assert_true(WIFSIGNALED(status));
    assert_int_equal(WTERMSIG(status), SIGABRT);
    const sandbox_limits second = {.memory = UINT64_C(1) << 30, .cpu_seconds = 1};
    status = run(&second, busy);
    assert_true(WIFSIGNALED(status));
    assert_int_equal(WTERMSIG(status), SIGXCPU);
    tmp_fd = memfd_create("words", MFD_CLOEXEC);
    status = run(&roomy, write_much);
    close(tmp_fd);
    assert_true(WIFSIGNALED(status));
    assert_int_equal(WTERMSIG(status), SIGXFSZ);
}

/* ---- ONNX Runtime, loaded before and used inside ---- */

static str graph;

static int ask_graph(void)
{
    arena *a = arena_open();
    err e = ERR_IN(a);
    struct model *m;
    float x[5] = {0};
    double y = -1;
    if (!model_load_bytes(a, graph, &m, &e)) return e.code == ERR_UNAVAILABLE ? 77 : 10;
    if (strcmp(model_describe(m)->format, "onnx") != 0) return 11;
    for (int i = 0; i < 100; i++)
        if (!model_predict(m, x, 1, &y, &e)) return 12;
    return y > 0 && y < 1 ? 0 : 13;
}

static void test_onnx(void **state)
{
    (void)state;
    arena *a = arena_open();
    err e = ERR_IN(a);
    assert_true(file_read(a, AIMS_SOURCE "/tests/model/onnx/mlp.onnx", 1 << 20, &graph, &e));
    model_warm_up(graph);
    int status = run(&roomy, ask_graph);
    arena_close(a);
    assert_true(WIFEXITED(status));
    if (WEXITSTATUS(status) == 77) {
        print_message("SKIP: ONNX Runtime is not installed (script/setup)\n");
        skip();
    }
    assert_int_equal(WEXITSTATUS(status), 0);
}

/* ---- Landlock without the filter ---- */

static int open_some_file(void)
{
    return open("/etc/passwd", O_RDONLY) >= 0 || errno != EACCES ? 1 : 0;
}

static void only_landlock(void)
{
    arena *a = arena_open();
    err e = ERR_IN(a);
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 || !sandbox_forbid_files(&e)) _exit(NO_SANDBOX);
    _exit(open_some_file());
}

static void test_landlock(void **state)
{
    (void)state;
    int status = 0;
    if (!sandbox_landlock()) {
        print_message("SKIP: this kernel has no Landlock\n");
        skip();
    }
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) only_landlock();
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
}

int main(void)
{
    parent = getpid();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_allowed),  cmocka_unit_test(test_forbidden),
        cmocka_unit_test(test_limits),   cmocka_unit_test(test_onnx),
        cmocka_unit_test(test_landlock),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
