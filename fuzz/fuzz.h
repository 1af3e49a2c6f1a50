/* fuzz.h - what every fuzz target gives: one function over bytes that must not crash. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef AIMS_FUZZ_FUZZ_H
#define AIMS_FUZZ_FUZZ_H
#include <stddef.h>
#include <stdint.h>

/* Named by libFuzzer. Aborts when a property of the parser does not hold; returns 0. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

#endif
