/* pages.h - what the build puts into the program: files of the page and the named shapes. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef AIMS_HTTP_PAGES_H
#define AIMS_HTTP_PAGES_H
#include "base/base.h"

/* Made by web/build.mjs. One file in three encodings; "/" is the shell that loads the others. */
typedef struct http_page {
    const char *path; /* "/", "/assets/NAME" */
    const char *type, *etag;
    bool immutable; /* its name holds its hash */
    str raw, gz, br;
} http_page;
extern const http_page http_pages[];
extern const size_t http_n_pages;

/* Entries of shapes.json, by embed_shapes.py: JSON Schema 2020-12, references as in the OpenAPI
 * document. */
typedef struct http_shape {
    const char *name;
    str schema;
} http_shape;
extern const http_shape http_shapes[];
extern const size_t http_n_shapes;

#endif
