/* queries.c - this room's fixed statements. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "store/queries.h"

/* clang-format off */
const query store_queries[] = {
    [Q_MIGRATIONS] = {"SELECT version, name, sha256 FROM schema_migration ORDER BY version"},
    [Q_MIGRATION_ADD] = {"INSERT INTO schema_migration (version, name, applied_at, sha256)"
                         " VALUES ($1, $2, $3, $4)"},
    [Q_VERSION] = {"SELECT max(version) FROM schema_migration"},
    [Q_HISTORY_ADD] = {"INSERT INTO history (type, id, version, at, actor, body)"
                       " VALUES ($1, $2, $3, $4, $5, $6)"},
    [Q_HISTORY] = {"SELECT version, at, actor, body FROM history WHERE type = $1 AND id = $2"
                   " ORDER BY version"},
    [Q_HISTORY_SET] = {"UPDATE history SET body = $4"
                       " WHERE type = $1 AND id = $2 AND version = $3"},
    [Q_AS_OF_ONE] = {"SELECT body FROM history WHERE type = $1 AND id = $2 AND at <= $3"
                     " ORDER BY version DESC LIMIT 1"},
    [Q_AS_OF] = {"SELECT h.id, h.body FROM history h WHERE h.type = $1 AND h.id < $2"
                 " AND h.version = (SELECT max(x.version) FROM history x"
                 "  WHERE x.type = h.type AND x.id = h.id AND x.at <= $3)"
                 " ORDER BY h.id DESC LIMIT $4"},
    [Q_LINKS] = {"SELECT from_id, to_id FROM link"
                 " WHERE type = $1 AND field = $2 AND from_id = $3 ORDER BY position"},
    [Q_LINKS_BETWEEN] = {"SELECT from_id, to_id FROM link"
                         " WHERE type = $1 AND field = $2 AND from_id >= $3 AND from_id <= $4"
                         " ORDER BY from_id, position"},
    [Q_LINKS_CLEAR] = {"DELETE FROM link WHERE type = $1 AND field = $2 AND from_id = $3"},
    [Q_LINK_ADD] = {"INSERT INTO link (type, field, from_id, position, to_id)"
                    " VALUES ($1, $2, $3, $4, $5)"},
    [Q_SALT] = {"SELECT salt FROM salt WHERE type = $1 AND id = $2"},
    [Q_SALT_ADD] = {"INSERT INTO salt (type, id, salt) VALUES ($1, $2, $3)"},
    [Q_SALT_CLEAR] = {"DELETE FROM salt WHERE type = $1 AND id = $2"},
};
/* clang-format on */
const size_t store_n_queries = Q_COUNT;
