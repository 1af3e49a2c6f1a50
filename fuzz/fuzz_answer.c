/* fuzz_answer.c - any bytes as what a server or program answers about a model's rows. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "fuzz.h"
#include "model/remote.h"
#include <math.h>

/* What is taken has the shape that was asked for, and is finite. */
static void check(bool ok, const answer *y, size_t rows, const err *e)
{
    if (!ok && (!e->msg.n || e->code == ERR_OK)) abort();
    if (!ok) return;
    if (y->rows != rows || y->width < 1 || y->width > OUTPUTS_MAX) abort();
    for (size_t i = 0; i < y->rows * y->width; i++)
        if (!isfinite(y->at[i])) abort();
}

static void check_metadata(arena *a, str body, str input)
{
    metadata d;
    err e = ERR_IN(a);
    bool ok = metadata_read(a, body, input, &d, &e);
    if (!ok && !e.msg.n) abort();
    if (ok && d.columns && (d.n_features != d.n_tensors || !d.tensors)) abort();
    for (size_t i = 0; ok && i < d.n_tensors; i++)
        if (!d.tensors[i].name.n || !d.tensors[i].type) abort();
}

/* The first byte chooses the parser; the second the rows, of which there are always some; the third
 * what else it is told; of a binary tail, the next two tell where it begins. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    if (n < 5) return 0;
    arena *a = arena_open();
    err e = ERR_IN(a);
    answer y = {0};
    size_t rows = data[1] % 8 ? data[1] % 8 : 1, json = (size_t)(data[3] << 8 | data[4]);
    str output = data[2] & 1 ? S("p") : (str){0};
    str body = {(const char *)data + 5, n - 5};
    switch (data[0] % 5) {
    case 0:
        check(answer_tensors(a, body, SIZE_MAX, rows, 1, output, &y, &e), &y, rows, &e);
        break;
    case 1:
        check(answer_tensors(a, body, json, rows, 1, output, &y, &e), &y, rows, &e);
        break;
    case 2:
        check(answer_predictions(a, body, rows, output, &y, &e), &y, rows, &e);
        break;
    case 3:
        check(answer_line(a, body, rows, 1, &y, &e), &y, rows, &e);
        break;
    default:
        check_metadata(a, body, output);
    }
    str said = answer_error(a, body);
    if (said.n > 400 || !str_utf8(said) || str_has_control(said)) abort();
    arena_close(a);
    return 0;
}
