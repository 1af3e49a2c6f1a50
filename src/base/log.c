/* log.c - one line per call to stderr, whole lines only. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "base/log.h"
#include "base/clock.h"
#include <stdatomic.h>
#include <unistd.h>

static const struct {
    const char *name;
    int priority; /* sd-daemon(3) */
} levels[] = {
    [LOG_DEBUG] = {"debug",   7},
    [LOG_INFO] = {"info",    6},
    [LOG_WARNING] = {"warning", 4},
    [LOG_ERROR] = {"error",   3},
};
static _Atomic int threshold = LOG_INFO;

void log_threshold(log_level l)
{
    threshold = (int)l;
}

void log_line(log_level l, const char *fmt, ...)
{
    if ((int)l < threshold) return;
    arena *a = arena_open();
    va_list ap;
    va_start(ap, fmt);
    str text = str_vfmt(a, fmt, ap);
    va_end(ap);
    for (size_t i = 0; i < text.n; i++) /* outside text cannot forge a line */
        if ((unsigned char)text.p[i] < 0x20) ((char *)(uintptr_t)text.p)[i] = ' ';
    str line = getenv("JOURNAL_STREAM")
                   ? str_fmt(a, "<%d>%.*s\n", levels[l].priority, STR_ARG(text))
                   : str_fmt(a, "%.*s %s %.*s\n", STR_ARG(clock_text(a, clock_now())),
                             levels[l].name, STR_ARG(text));
    ssize_t n = write(STDERR_FILENO, line.p, line.n);
    (void)n; /* nowhere is left to complain to */
    arena_close(a);
}

void log_err(log_level l, const char *what, const err *e)
{
    log_line(l, "%s: %.*s [%s%s%.*s]%s%.*s", what, STR_ARG(e->msg), err_name(e->code),
             e->path.n ? " " : "", STR_ARG(e->path), e->hint.n ? " - " : "", STR_ARG(e->hint));
}
