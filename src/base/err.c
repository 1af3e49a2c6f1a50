/* err.c - filling errors and looking up their codes. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "base/err.h"
#include <errno.h>

/* The verbs are defined here under their own names. */
#undef err_set
#undef err_prefix
#undef err_under
#undef err_errno
#undef err_copy

static const struct {
    const char *name;
    int http, exit_code;
    const char *doc;
} codes[] = {
#define X(id, n, h, x, d) [ERR_##id] = {n, h, x, d},
    ERR_MAP(X)
#undef X
};

bool err_set(err *e, err_code c, str path, str hint, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    str msg = str_vfmt(e->a, fmt, ap);
    va_end(ap);
    *e = (err){
        .code = c, .path = str_dup(e->a, path), .hint = str_dup(e->a, hint), .msg = msg, .a = e->a};
    return false;
}

bool err_prefix(err *e, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    str before = str_vfmt(e->a, fmt, ap);
    va_end(ap);
    e->msg = str_fmt(e->a, "%.*s: %.*s", STR_ARG(before), STR_ARG(e->msg));
    return false;
}

bool err_under(err *e, str prefix)
{
    e->path = e->path.n ? str_fmt(e->a, "%.*s.%.*s", STR_ARG(prefix), STR_ARG(e->path))
                        : str_dup(e->a, prefix);
    return false;
}

static const struct {
    int errnum;
    err_code code;
    str hint;
} from_errno[] = {
    {ENOENT,       ERR_NOT_FOUND,   {"check the path", 14}                              },
    {ENOTDIR,      ERR_NOT_FOUND,   {"check the path", 14}                              },
    {EACCES,       ERR_DENIED,      {"check owner and mode of the file", 32}            },
    {EPERM,        ERR_DENIED,      {"check owner and mode of the file", 32}            },
    {EEXIST,       ERR_CONFLICT,    {"choose another name or remove it first", 38}      },
    {EISDIR,       ERR_INVALID,     {"name a file, not a directory", 28}                },
    {ENOSPC,       ERR_UNAVAILABLE, {"free space on the disk, then try again", 38}      },
    {EDQUOT,       ERR_UNAVAILABLE, {"free space on the disk, then try again", 38}      },
    {EFBIG,        ERR_UNAVAILABLE, {"raise the limit of file size, then try again", 44}},
    {EIO,          ERR_UNAVAILABLE, {"check the disk", 14}                              },
    {EROFS,        ERR_UNAVAILABLE, {"the file system is read-only", 28}                },
    {EMFILE,       ERR_UNAVAILABLE, {"raise the limit of open files", 29}               },
    {ECONNREFUSED, ERR_UNAVAILABLE, {"is the server running and the address right?", 44}},
};

bool err_errno(err *e, int errnum, str path, const char *what)
{
    char text[128];
    const char *why = strerror_r(errnum, text, sizeof text);
    err_code code = ERR_INTERNAL;
    str hint = S("");
    for (size_t i = 0; i < COUNT(from_errno); i++)
        if (from_errno[i].errnum == errnum) {
            code = from_errno[i].code;
            hint = from_errno[i].hint;
        }
    return err_set(e, code, path, hint, "%s: %s", what, why);
}

bool err_copy(err *to, const err *from)
{
    to->code = from->code;
    to->path = str_dup(to->a, from->path);
    to->msg = str_dup(to->a, from->msg);
    to->hint = str_dup(to->a, from->hint);
    return false;
}

const char *err_name(err_code c)
{
    return codes[c].name;
}
int err_http(err_code c)
{
    return codes[c].http;
}
int err_exit(err_code c)
{
    return codes[c].exit_code;
}
const char *err_doc(err_code c)
{
    return codes[c].doc;
}

bool err_by_name(str name, err_code *ret)
{
    for (size_t i = 0; i < COUNT(codes); i++)
        if (str_eqz(name, codes[i].name)) {
            *ret = (err_code)i;
            return true;
        }
    return false;
}
