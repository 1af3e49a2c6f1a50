/* ledger.c - appends of many writers beside a bare grouped journal, and verifying a large log. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "ledger/ledger.h"
#include "ledger/verify.h"
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

/* usage: bench_ledger append DIR [WRITERS [SECONDS]] | bench_ledger verify DIR [LEAVES] */

enum { LEAF = 300, ROUNDS = 3, BULK = 1000, JOURNAL = 64 << 20 };

static void must(bool ok, const err *e)
{
    if (ok) return;
    fprintf(stderr, "%.*s\n", e ? (int)e->msg.n : 5, e ? e->msg.p : "failed");
    exit(1);
}

static void fill_leaf(char p[LEAF], long n)
{
    memset(p, 'e', LEAF);
    memcpy(p, &n, sizeof n);
}

/* ---- The peer: what a journal with one write and one fdatasync per group can do at most ---- */

struct entry {
    char bytes[LEAF];
    bool done;
    pthread_cond_t wake;
    struct entry *next;
};

struct journal {
    int fd;
    off_t end;
    long groups;
    pthread_mutex_t lock;
    pthread_cond_t arrived;
    struct entry *waiting;
    size_t queued;
    bool stop;
};

/* Lets a group grow until nobody new comes, as any good journal does: woken writers need a
 * moment to queue up again. Called and left with the lock held. */
static void gather(struct journal *j)
{
    for (size_t before = 0; j->queued > before;) {
        before = j->queued;
        pthread_mutex_unlock(&j->lock);
        for (int i = 0; i < 8; i++)
            sched_yield();
        pthread_mutex_lock(&j->lock);
    }
}

/* Overwrites a file of full size: an append would also pay for the growth of the file. */
static void write_group(struct journal *j, const char *p, size_t n)
{
    if (j->end + (off_t)n > JOURNAL) j->end = 0;
    must(pwrite(j->fd, p, n, j->end) == (ssize_t)n && fdatasync(j->fd) == 0, NULL);
    j->end += (off_t)n;
    j->groups++;
}

static void *journal_thread(void *p)
{
    struct journal *j = p;
    static char all[1 << 20];
    pthread_mutex_lock(&j->lock);
    for (;;) {
        while (!j->waiting && !j->stop)
            pthread_cond_wait(&j->arrived, &j->lock);
        gather(j);
        struct entry *group = j->waiting;
        j->waiting = NULL;
        j->queued = 0;
        if (!group) break;
        pthread_mutex_unlock(&j->lock);
        size_t n = 0;
        for (struct entry *x = group; x; x = x->next, n += LEAF)
            memcpy(all + n, x->bytes, LEAF);
        write_group(j, all, n);
        pthread_mutex_lock(&j->lock);
        for (struct entry *x = group, *next; x; x = next) {
            next = x->next;
            x->done = true;
            pthread_cond_signal(&x->wake);
        }
    }
    pthread_mutex_unlock(&j->lock);
    return NULL;
}

static void journal_add(struct journal *j, struct entry *x)
{
    pthread_mutex_lock(&j->lock);
    x->done = false;
    x->next = j->waiting;
    j->waiting = x;
    j->queued++;
    pthread_cond_signal(&j->arrived);
    while (!x->done)
        pthread_cond_wait(&x->wake, &j->lock);
    pthread_mutex_unlock(&j->lock);
}

/* ---- Writers ----------------------------------------------------------------------------- */

struct load {
    struct journal *journal; /* the peer, or */
    struct store *store;     /* ours */
    atomic_bool stop;
    atomic_long count;
};

static bool append(struct tx *t, void *ctx, err *e)
{
    int64_t seq;
    return ledger_append(t, (str){ctx, LEAF}, 1, &seq, e);
}

static void *writer(void *p)
{
    struct load *l = p;
    struct entry x = {.wake = PTHREAD_COND_INITIALIZER};
    arena *a = arena_open();
    err e = ERR_IN(a);
    while (!atomic_load(&l->stop)) {
        fill_leaf(x.bytes, atomic_fetch_add(&l->count, 1));
        if (l->journal)
            journal_add(l->journal, &x);
        else
            must(store_write(l->store, append, x.bytes, &e), &e);
    }
    arena_close(a);
    return NULL;
}

static double run_writers(struct load *l, int writers, int seconds)
{
    arena *a = arena_open();
    pthread_t *t = arena_new(a, pthread_t, writers);
    double start = clock_mono();
    for (int i = 0; i < writers; i++)
        must(pthread_create(&t[i], NULL, writer, l) == 0, NULL);
    sleep((unsigned)seconds);
    atomic_store(&l->stop, true);
    for (int i = 0; i < writers; i++)
        pthread_join(t[i], NULL);
    double took = clock_mono() - start;
    arena_close(a);
    return (double)atomic_load(&l->count) / took;
}

static void fill_journal(int fd)
{
    static const char zeros[1 << 20];
    for (off_t at = 0; at < JOURNAL; at += (off_t)sizeof zeros)
        must(pwrite(fd, zeros, sizeof zeros, at) == (ssize_t)sizeof zeros, NULL);
    must(fsync(fd) == 0, NULL);
}

static double run_journal(const char *dir, int writers, int seconds)
{
    arena *a = arena_open();
    str path = str_fmt(a, "%s/journal", dir);
    pthread_t thread;
    struct journal j = {.lock = PTHREAD_MUTEX_INITIALIZER, .arrived = PTHREAD_COND_INITIALIZER};
    j.fd = open(path.p, O_CREAT | O_TRUNC | O_WRONLY, 0600);
    must(j.fd >= 0, NULL);
    fill_journal(j.fd);
    must(pthread_create(&thread, NULL, journal_thread, &j) == 0, NULL);
    struct load l = {.journal = &j};
    double rate = run_writers(&l, writers, seconds);
    pthread_mutex_lock(&j.lock);
    j.stop = true;
    pthread_cond_signal(&j.arrived);
    pthread_mutex_unlock(&j.lock);
    pthread_join(thread, NULL);
    printf("journal: %.1f entries a group\n", (double)atomic_load(&l.count) / (double)j.groups);
    close(j.fd);
    unlink(path.p);
    arena_close(a);
    return rate;
}

/* ---- Ours -------------------------------------------------------------------------------- */

struct ours {
    struct store *store;
    struct ledger *l;
    note_signer signer;
    str log;
};

static void open_ours(arena *a, const char *dir, struct ours *o)
{
    err e = ERR_IN(a);
    sign_key k = sign_key_new();
    str url = str_fmt(a, "sqlite:%s/aims.db", dir);
    o->log = str_fmt(a, "%s/log", dir);
    must(note_signer_make(a, S("example.com/bench"), NOTE_ED25519, &k, &o->signer, &e), &e);
    const store_options so = {.url = url.p, .create = true};
    must(store_open(a, &so, &o->store, &e), &e);
    const ledger_options lo = {.store = o->store, .dir = o->log.p, .signer = &o->signer};
    must(ledger_open(a, &lo, &o->l, &e), &e);
}

static void clear(const char *dir)
{
    arena *a = arena_open();
    pid_t pid = fork();
    if (pid == 0) {
        execlp("rm", "rm", "-rf", str_fmt(a, "%s/log", dir).p, str_fmt(a, "%s/aims.db", dir).p,
               str_fmt(a, "%s/aims.db-wal", dir).p, str_fmt(a, "%s/aims.db-shm", dir).p, NULL);
        _exit(127);
    }
    waitpid(pid, NULL, 0);
    arena_close(a);
}

struct publisher {
    struct ours *o;
    atomic_bool stop;
    long published;
    double slowest;
};

/* Once a second while the writers run, as in service. */
static void *publisher_thread(void *p)
{
    struct publisher *b = p;
    while (!atomic_load(&b->stop)) {
        arena *a = arena_open();
        err e = ERR_IN(a);
        checkpoint c;
        double start = clock_mono();
        must(ledger_publish(b->o->l, a, &c, &e), &e);
        double took = clock_mono() - start;
        if (took > b->slowest) b->slowest = took;
        b->published = (long)c.size;
        arena_close(a);
        if (took < 1) usleep((unsigned)((1 - took) * 1e6));
    }
    return NULL;
}

static double run_ours(const char *dir, int writers, int seconds, struct publisher *b)
{
    arena *a = arena_open();
    struct ours o;
    pthread_t thread;
    clear(dir);
    open_ours(a, dir, &o);
    struct load l = {.store = o.store};
    if (b) {
        *b = (struct publisher){.o = &o};
        must(pthread_create(&thread, NULL, publisher_thread, b) == 0, NULL);
    }
    double rate = run_writers(&l, writers, seconds);
    if (b) {
        atomic_store(&b->stop, true);
        pthread_join(thread, NULL);
    }
    arena_close(a);
    clear(dir);
    return rate;
}

static void bench_append(const char *dir, int writers, int seconds)
{
    double peer = 0, alone = 0, with = 0;
    struct publisher b;
    for (int i = 0; i < ROUNDS; i++) {
        double p = run_journal(dir, writers, seconds);
        double x = run_ours(dir, writers, seconds, NULL);
        double y = run_ours(dir, writers, seconds, &b);
        printf("round %d: journal %.0f/s, ledger %.0f/s (%.2f), ledger while publishing %.0f/s "
               "(%.2f), slowest publication %.2f s\n",
               i + 1, p, x, x / p, y, y / p, b.slowest);
        peer += p;
        alone += x;
        with += y;
    }
    printf("%d writers, %d bytes, %d rounds of %d s: ratio %.2f, while publishing %.2f\n", writers,
           LEAF, ROUNDS, seconds, alone / peer, with / peer);
}

/* ---- A large log ------------------------------------------------------------------------- */

static bool append_bulk(struct tx *t, void *ctx, err *e)
{
    char p[LEAF];
    int64_t seq;
    for (int i = 0; i < BULK; i++) {
        fill_leaf(p, (*(long *)ctx)++);
        if (!ledger_append(t, (str){p, LEAF}, 1, &seq, e)) return false;
    }
    return true;
}

static void verify_in_child(const struct ours *o)
{
    pid_t pid = fork();
    struct rusage u;
    if (pid == 0) {
        arena *a = arena_open();
        err e = ERR_IN(a);
        verify_report r;
        const verify_options vo = {.policy = policy_of_key(a, &o->signer.key)};
        double start = clock_mono();
        must(verify_directory(a, o->log.p, &vo, &r, &e), &e);
        printf("verified %llu leaves, %llu files, %.0f MB in %.2f s, %llu findings\n",
               (unsigned long long)r.size, (unsigned long long)r.files, (double)r.bytes / 1e6,
               clock_mono() - start, (unsigned long long)r.total);
        fflush(stdout);
        _exit(0);
    }
    wait4(pid, NULL, 0, &u);
    printf("  peak memory %ld KiB, CPU %.2f s\n", u.ru_maxrss,
           (double)(u.ru_utime.tv_sec + u.ru_stime.tv_sec) +
               (double)(u.ru_utime.tv_usec + u.ru_stime.tv_usec) / 1e6);
}

static void bench_verify(const char *dir, long leaves)
{
    arena *a = arena_open(), *own = arena_open();
    err e = ERR_IN(a);
    struct ours o;
    long n = 0;
    clear(dir);
    open_ours(own, dir, &o);
    double start = clock_mono();
    while (n < leaves)
        must(store_write(o.store, append_bulk, &n, &e), &e);
    printf("appended %ld leaves in %.2f s\n", n, clock_mono() - start);
    start = clock_mono();
    must(ledger_publish(o.l, a, NULL, &e), &e);
    printf("published them in %.2f s\n", clock_mono() - start);
    for (int i = 0; i < ROUNDS; i++) {
        fflush(stdout);
        verify_in_child(&o);
    }
    start = clock_mono();
    must(ledger_compare(o.l, &e), &e);
    printf("compared with the store in %.2f s\n", clock_mono() - start);
    arena_close(own);
    arena_close(a);
    clear(dir);
}

int main(int argc, char **argv)
{
    int64_t x = 0, y = 5;
    if (argc > 3 && !str_int(str_of(argv[3]), &x)) return 2;
    if (argc > 4 && !str_int(str_of(argv[4]), &y)) return 2;
    if (argc >= 3 && strcmp(argv[1], "append") == 0)
        bench_append(argv[2], x ? (int)x : 100, (int)y);
    else if (argc >= 3 && strcmp(argv[1], "verify") == 0)
        bench_verify(argv[2], x ? (long)x : 1000000);
    else
        return fputs("usage: bench_ledger append|verify DIR [N [SECONDS]]\n", stderr), 2;
    return 0;
}
