/* policy.h - whom to believe: logs, witnesses, groups and the quorum of c2sp.org/tlog-policy. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef AIMS_LEDGER_POLICY_H
#define AIMS_LEDGER_POLICY_H
#include "ledger/merkle.h"
#include "ledger/note.h"

/*
 * One item per line, # comments, names defined before they are used:
 *   log VKEY [URL]
 *   witness NAME VKEY [URL]
 *   group NAME any|all|K MEMBER...
 *   quorum NAME|none
 */
#define POLICY_MAX 65536u

typedef struct policy_log {
    note_key key;
    str url;
} policy_log;

typedef struct policy_node {
    str name;
    bool group;
    note_key key; /* witness */
    str url;
    size_t need;     /* group: how many members must have signed */
    size_t *members; /* indices into nodes, all smaller than this one's */
    size_t n;
} policy_node;

struct policy {
    policy_log *logs;
    size_t n_logs;
    policy_node *nodes;
    size_t n_nodes;
    size_t quorum; /* index into nodes; == n_nodes: none */
};

bool policy_parse(arena *a, str text, struct policy **ret, err *e) NODISCARD;
/* A policy of one log key and no witnesses. */
struct policy *policy_of_key(arena *a, const note_key *log);
str policy_text(arena *a, const struct policy *p);

/* Opens a checkpoint: signed by a log of the policy, no signature of a known key is bad. */
bool policy_open(arena *a, const struct policy *p, str bytes, note *ret_note, checkpoint *ret,
                 err *e) NODISCARD;
/* Whether the good cosignatures of the note meet the quorum; true without one. */
bool policy_quorum(const struct policy *p, const note *n);

#endif
