/* replay.c - runs every file of a corpus directory through a fuzz target, without libFuzzer. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "base/base.h"
#include "fuzz.h"
#include <dirent.h>

enum { SEED_MAX = 16 << 20 };

/* Fails loudly with what cannot be read: a seed that is not replayed is a test that cannot fail. */
static void run_file(const char *path)
{
    arena *a = arena_open();
    err e = ERR_IN(a);
    str bytes;
    if (!file_read(a, path, SEED_MAX, &bytes, &e)) {
        fprintf(stderr, "%.*s\n", STR_ARG(e.msg));
        exit(1);
    }
    /* A copy of the exact size, so that the address sanitizer sees reads behind the end. */
    uint8_t *exact = malloc(bytes.n ? bytes.n : 1);
    if (!exact) abort();
    memcpy(exact, bytes.p, bytes.n);
    LLVMFuzzerTestOneInput(exact, bytes.n);
    free(exact);
    arena_close(a);
}

int main(int argc, char **argv)
{
    DIR *d = argc == 2 ? opendir(argv[1]) : NULL;
    if (!d) {
        fprintf(stderr, "usage: %s CORPUS-DIRECTORY\n", argv[0]);
        return 2;
    }
    arena *a = arena_open();
    size_t seeds = 0;
    for (struct dirent *f; (f = readdir(d));) {
        if (f->d_name[0] == '.') continue;
        run_file(str_fmt(a, "%s/%s", argv[1], f->d_name).p);
        seeds++;
    }
    closedir(d);
    arena_close(a);
    printf("%zu seeds replayed\n", seeds);
    return seeds ? 0 : 1;
}
