/* value.h - one SQL value: what record tables bind and read, and what the store carries. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef AIMS_RECORD_VALUE_H
#define AIMS_RECORD_VALUE_H
#include "base/base.h"

typedef enum value_kind { VALUE_NULL, VALUE_INT, VALUE_REAL, VALUE_TEXT, VALUE_BLOB } value_kind;

typedef struct value {
    value_kind kind;
    int64_t i; /* VALUE_INT; booleans are 0 and 1 */
    double d;  /* VALUE_REAL */
    str s;     /* VALUE_TEXT (UTF-8), VALUE_BLOB */
} value;

#define V_NULL    ((value){.kind = VALUE_NULL})
#define V_INT(x)  ((value){.kind = VALUE_INT, .i = (x)})
#define V_REAL(x) ((value){.kind = VALUE_REAL, .d = (x)})
#define V_TEXT(x) ((value){.kind = VALUE_TEXT, .s = (x)})
#define V_BLOB(x) ((value){.kind = VALUE_BLOB, .s = (x)})

#endif
