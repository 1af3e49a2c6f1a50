/* backup.c - a consistent copy of a SQLite database, beside a running server. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "store/store.h"
#include <errno.h>
#include <fcntl.h>
#include <sqlite3.h>
#include <unistd.h>

/* VACUUM INTO reads one snapshot, the write-ahead log included (sqlite.org/lang_vacuum.html). */
static bool vacuum_into(sqlite3 *db, const char *to)
{
    sqlite3_stmt *s = NULL;
    bool ok = sqlite3_prepare_v2(db, "VACUUM INTO ?1", -1, &s, NULL) == SQLITE_OK &&
              sqlite3_bind_text(s, 1, to, -1, SQLITE_STATIC) == SQLITE_OK &&
              sqlite3_step(s) == SQLITE_DONE;
    sqlite3_finalize(s);
    return ok;
}

/* The copy must open like any other of our databases, for reading too. */
static bool into_wal(const char *path)
{
    sqlite3 *db = NULL;
    bool ok = sqlite3_open_v2(path, &db, SQLITE_OPEN_READWRITE, NULL) == SQLITE_OK &&
              sqlite3_exec(db, "PRAGMA journal_mode = WAL", NULL, NULL, NULL) == SQLITE_OK;
    sqlite3_close(db);
    return ok;
}

bool store_backup(const char *from, const char *to, err *e)
{
    sqlite3 *db = NULL;
    /* Made here because of its mode; SQLite takes an empty file. */
    int fd = open(to, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd < 0) return err_errno(e, errno, str_of(to), "cannot make the copy");
    int rc = sqlite3_open_v2(from, &db, SQLITE_OPEN_READONLY, NULL);
    if (rc == SQLITE_OK) sqlite3_busy_timeout(db, 10000);
    bool ok = rc == SQLITE_OK && vacuum_into(db, to) && into_wal(to) && fsync(fd) == 0;
    if (!ok)
        err_set(e, ERR_UNAVAILABLE, str_of(from), S("check the disk and its free space"),
                "the database cannot be copied: %s", sqlite3_errmsg(db));
    sqlite3_close(db);
    close(fd);
    return ok;
}
