/* queries.h - the numbers of this room's fixed statements; their texts are in queries.c. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef AIMS_STORE_QUERIES_H
#define AIMS_STORE_QUERIES_H
#include "store/store.h"

enum {
    Q_MIGRATIONS,
    Q_MIGRATION_ADD,
    Q_VERSION,
    Q_HISTORY_ADD,
    Q_HISTORY,
    Q_HISTORY_SET,
    Q_AS_OF_ONE,
    Q_AS_OF,
    Q_LINKS,
    Q_LINKS_BETWEEN,
    Q_LINKS_CLEAR,
    Q_LINK_ADD,
    Q_SALT,
    Q_SALT_ADD,
    Q_SALT_CLEAR,
    Q_COUNT
};

#endif
