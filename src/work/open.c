/* open.c - making and opening a data directory: lock, keys, store, vault, log. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "catalog/catalog.h"
#include "register/control.h"
#include "work/impl.h"
#include "work/prove.h"
#include "work/tree.h"
#include <dirent.h>
#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>

/* Files of a data directory, relative to it. */
#define FILE_LOCK     "lock"
#define FILE_STORE    "store"
#define FILE_DATABASE "aims.db"
#define FILE_LOG_KEY  "keys/log.skey"
#define FILE_LOG_VKEY "log.vkey"
#define FILE_SEAL_KEY "keys/files.key"
#define DIR_KEYS      "keys"
#define DIR_LOG       "log"
#define DIR_FILES     "files"
#define DIR_BACKUPS   "backups"

static const char *under(arena *a, const char *dir, const char *name)
{
    return str_fmt(a, "%s/%s", dir, name).p;
}

/* ---- opening ---- */

static bool read_text(arena *a, const char *path, str *ret, err *e)
{
    if (!file_read(a, path, 65536, ret, e)) return false;
    *ret = str_trim(*ret);
    *ret = str_dup(a, *ret);
    return true;
}

static bool store_url(arena *a, const work_options *o, const char **ret, err *e)
{
    const char *file = under(a, o->dir, FILE_STORE);
    str url;
    *ret = o->store;
    if (*ret) return true;
    if (!file_exists(file)) {
        *ret = str_fmt(a, "sqlite:%s/%s", o->dir, FILE_DATABASE).p;
        return true;
    }
    if (!read_text(a, file, &url, e)) return false;
    *ret = url.p;
    return true;
}

static bool open_store(arena *a, const work_options *o, bool create, struct store **ret, err *e)
{
    store_options s = {.read_only = o->read_only, .create = create};
    return store_url(a, o, &s.url, e) && store_open(a, &s, ret, e);
}

static bool open_vault(arena *a, const char *dir, struct work *w, err *e)
{
    str hex, key;
    if (!read_text(a, under(a, dir, FILE_SEAL_KEY), &hex, e)) return false;
    if (!hex_decode(a, hex, &key) || key.n != 32)
        return err_set(e, ERR_DAMAGED, S(FILE_SEAL_KEY), S("restore the key from a backup"),
                       "the key of the files is not 64 hexadecimal digits");
    digest d = hash_hmac(key, S("aims second factors"));
    memcpy(w->factor_key, d.b, sizeof w->factor_key);
    return vault_open(a, under(a, dir, DIR_FILES), (const uint8_t *)key.p, &w->vault, e);
}

static bool open_ledger(arena *a, struct work *w, const work_options *o, err *e)
{
    str text;
    note_signer *signer = arena_new(a, note_signer, 1);
    ledger_options l = {
        .store = w->store, .dir = under(a, o->dir, DIR_LOG), .complete = o->check_log};
    if (o->read_only) {
        if (!read_text(a, under(a, o->dir, FILE_LOG_VKEY), &text, e)) return false;
        if (!note_key_parse(a, text, &w->key, e)) return err_prefix(e, "%s", FILE_LOG_VKEY);
        l.key = &w->key;
    } else {
        if (!read_text(a, under(a, o->dir, FILE_LOG_KEY), &text, e)) return false;
        if (!note_signer_parse(a, text, signer, e)) return err_prefix(e, "%s", FILE_LOG_KEY);
        w->key = signer->key;
        l.signer = signer;
    }
    w->vkey = note_key_text(a, &w->key);
    return ledger_open(a, &l, &w->ledger, e);
}

static void close_work(void *p)
{
    struct work *w = p;
    pthread_mutex_destroy(&w->ledger_lock);
}

static bool check_directory(const char *dir, err *e)
{
    arena *a = e->a;
    if (file_exists(under(a, dir, FILE_LOG_VKEY))) return true;
    return err_set(e, ERR_NOT_FOUND, str_of(dir), S("make one with: aims init DIR"),
                   "'%s' is no data directory of aims", dir);
}

static bool open_all(arena *a, const work_options *o, bool create, struct work **ret, err *e)
{
    struct work *w = arena_new(a, struct work, 1);
    w->dir = str_dup(a, str_of(o->dir)).p;
    w->read_only = o->read_only;
    w->start = o->start;
    w->backups = o->backups ? str_dup(a, str_of(o->backups)).p : under(a, o->dir, DIR_BACKUPS);
    register_validate();
    pthread_mutex_init(&w->ledger_lock, NULL);
    arena_defer(a, close_work, w);
    if (!o->read_only && !file_lock(a, under(a, o->dir, FILE_LOCK), e)) return false;
    if (!open_store(a, o, create, &w->store, e)) return false;
    if (!open_vault(a, o->dir, w, e) || !open_ledger(a, w, o, e)) return false;
    *ret = w;
    return true;
}

bool work_open(arena *a, const work_options *o, struct work **ret, err *e)
{
    return check_directory(o->dir, e) && open_all(a, o, false, ret, e);
}

const char *work_dir(const struct work *w)
{
    return w->dir;
}
str work_vkey(const struct work *w)
{
    return w->vkey;
}
str work_origin(const struct work *w)
{
    return w->key.name;
}

bool work_writable(const struct work *w, err *e)
{
    if (!w->read_only) return true;
    return err_set(e, ERR_UNAVAILABLE, S(""), S("talk to the running server with --url"),
                   "the data directory was opened for reading only");
}

bool work_write(struct work *w, store_fn *fn, void *ctx, err *e)
{
    return work_writable(w, e) && store_write(w->store, fn, ctx, e);
}

/* ---- making ---- */

static bool must_be_empty(const char *dir, err *e)
{
    DIR *d = opendir(dir);
    if (!d) return true; /* missing: it will be made */
    bool empty = true;
    for (struct dirent *x; (x = readdir(d));)
        if (strcmp(x->d_name, ".") != 0 && strcmp(x->d_name, "..") != 0) empty = false;
    closedir(d);
    return empty || err_set(e, ERR_CONFLICT, str_of(dir), S("choose an empty or new directory"),
                            "'%s' is not empty", dir);
}

static bool make_keys(const init_options *o, err *e)
{
    arena *a = e->a;
    uint8_t seal[32], four[4];
    crypto_random(seal, sizeof seal);
    crypto_random(four, sizeof four);
    str origin = o->origin ? str_of(o->origin)
                           : str_fmt(a, "aims.invalid/%s", hex_encode(a, four, sizeof four).p);
    sign_key k = sign_key_new();
    note_signer signer;
    if (!note_signer_make(a, origin, NOTE_ED25519, &k, &signer, e)) return false;
    str sealed = str_fmt(a, "%s\n", hex_encode(a, seal, sizeof seal).p);
    str skey = str_fmt(a, "%s\n", note_signer_text(a, &signer).p);
    str vkey = str_fmt(a, "%s\n", note_key_text(a, &signer.key).p);
    crypto_wipe(seal, sizeof seal);
    return file_create(under(a, o->dir, FILE_SEAL_KEY), sealed, 0600, e) &&
           file_create(under(a, o->dir, FILE_LOG_KEY), skey, 0600, e) &&
           file_create(under(a, o->dir, FILE_LOG_VKEY), vkey, 0644, e);
}

/* All controls of Annex A, each still to be decided: nothing necessary can be missed (6.1.3). */
static bool add_controls(struct tx *t, void *ctx, err *e)
{
    (void)ctx;
    size_t n;
    const catalog_requirement *all = catalog_controls(&n);
    actor program = actor_machine("cli");
    int64_t now = clock_now();
    for (size_t i = 0; i < n; i++) {
        control c = {.control = all[i].id,
                     .applicable = true,
                     .reason = S("Not yet decided"),
                     .implementation = IMPL_NONE};
        if (!record_put(t, &program, &control_record, &c, now, NULL, e)) return false;
    }
    return true;
}

static bool make_all(const init_options *o, err *e)
{
    arena *a = arena_open();
    struct work *w;
    work_options open = {.dir = o->dir, .store = o->store};
    bool ok = file_mkdirs(o->dir, 0700, e) && file_mkdirs(under(a, o->dir, DIR_KEYS), 0700, e) &&
              make_keys(o, e);
    if (ok && o->store)
        ok = file_create(under(a, o->dir, FILE_STORE), str_fmt(a, "%s\n", o->store), 0600, e);
    ok = ok && open_all(a, &open, true, &w, e) && work_write(w, add_controls, NULL, e) &&
         work_publish(w, e);
    arena_close(a);
    return ok;
}

/* Made under another name and renamed when whole, so that a failure leaves nothing half made. */
bool work_init(const init_options *o, err *e)
{
    init_options there = *o;
    str dir = str_of(o->dir);
    while (dir.n > 1 && dir.p[dir.n - 1] == '/')
        dir.n--;
    const char *final = str_dup(e->a, dir).p;
    there.dir = str_fmt(e->a, "%s.new%ld", final, (long)getpid()).p;
    if (!must_be_empty(final, e)) return false;
    if (!make_all(&there, e)) {
        tree_remove(there.dir);
        return false;
    }
    if (rename(there.dir, final) == 0) return true;
    err_errno(e, errno, str_of(o->dir), "cannot put the new directory in its place");
    tree_remove(there.dir);
    return false;
}
