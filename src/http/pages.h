/* pages.h - what embed_pages.py puts into the program: static pages and the named shapes. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef AIMS_HTTP_PAGES_H
#define AIMS_HTTP_PAGES_H
#include "base/base.h"

typedef struct http_page {
    const char *path; /* "/", "/setup", "/assets/NAME" */
    const char *type;
    str body;
} http_page;
extern const http_page http_pages[];
extern const size_t http_n_pages;

/* Entries of shapes.json: JSON Schema 2020-12, references as in the OpenAPI document. */
typedef struct http_shape {
    const char *name;
    str schema;
} http_shape;
extern const http_shape http_shapes[];
extern const size_t http_n_shapes;

#endif
