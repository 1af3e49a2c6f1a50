/* note.h - signed notes, their keys, cosignatures, and the checkpoint text inside them. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef AIMS_LEDGER_NOTE_H
#define AIMS_LEDGER_NOTE_H
#include "base/base.h"

/*
 * Formats: c2sp.org/signed-note v1.0, c2sp.org/tlog-checkpoint v1.0, c2sp.org/tlog-cosignature
 * v1. Parsing is strict: UTF-8, no control characters but \n, canonical base64 (RFC 4648,
 * padded, zero pad bits), at most NOTE_MAX bytes and NOTE_SIGS signatures.
 */
#define NOTE_MAX  (1u << 20)
#define NOTE_SIGS 100

typedef enum note_kind {
    NOTE_ED25519 = 0x01, /* a log: Ed25519 over the text */
    NOTE_COSIGN = 0x04,  /* a witness: cosignature/v1, Ed25519 over time and text */
} note_kind;

/* A verifier key. id = first 4 bytes of SHA256(name || 0x0A || kind || pub), big-endian. */
typedef struct note_key {
    str name; /* non-empty UTF-8 without white space and '+'; of a log: its origin */
    note_kind kind;
    uint32_t id;
    uint8_t pub[32];
} note_key;

bool note_key_make(arena *a, str name, note_kind kind, const uint8_t pub[32], note_key *ret,
                   err *e) NODISCARD;
/* vkey: NAME+HEX8+BASE64(kind || pub). A key id that does not match is INVALID. */
bool note_key_parse(arena *a, str vkey, note_key *ret, err *e) NODISCARD;
str note_key_text(arena *a, const note_key *k);

/* A signer, with its private seed: keep it in 0600 files. */
typedef struct note_signer {
    note_key key;
    sign_key sign;
} note_signer;
bool note_signer_make(arena *a, str name, note_kind kind, const sign_key *k, note_signer *ret,
                      err *e) NODISCARD;
/* skey: PRIVATE+KEY+NAME+HEX8+BASE64(kind || seed), as golang.org/x/mod/sumdb/note writes it. */
bool note_signer_parse(arena *a, str skey, note_signer *ret, err *e) NODISCARD;
str note_signer_text(arena *a, const note_signer *s);

typedef struct note_sig {
    str name; /* as written; slices of the note */
    uint32_t id;
    str bytes; /* decoded, without the 4 id bytes */
    str line;  /* the whole line with its \n */
} note_sig;

typedef struct note {
    str whole; /* every byte */
    str text;  /* what is signed, with its last \n */
    note_sig *sigs;
    size_t n;
} note;

/* Syntax only; the bytes are copied into the arena. At least one signature line. */
bool note_parse(arena *a, str bytes, note *ret, err *e) NODISCARD;

typedef enum note_verdict { NOTE_ABSENT, NOTE_GOOD, NOTE_BAD } note_verdict;
/* ABSENT: no line with this name and id. GOOD: at least one line of this key, and all of them
 * verify. BAD: a line of this key does not verify. *ret_time (may be NULL): seconds since 1970
 * of a cosignature, 0 for a log's signature. */
note_verdict note_check(const note *n, const note_key *k, int64_t *ret_time);

/* Parses, and demands: at least one of the keys signed, and no known key signed badly. Lines of
 * unknown keys are ignored. DAMAGED when the signatures do not do. */
bool note_open(arena *a, str bytes, const note_key *keys, size_t n, note *ret, err *e) NODISCARD;

/* One signature line, "- name base64\n" with its em dash. `seconds` is used by NOTE_COSIGN only. */
str note_sign(arena *a, str text, const note_signer *s, int64_t seconds);
/* text + "\n" + lines. */
str note_join(arena *a, str text, str lines);
/* The note with the lines of `more` (a run of signature lines) that it has not yet. */
bool note_merge(arena *a, const note *n, str more, str *ret, err *e) NODISCARD;

/* "origin\nsize\nbase64(root)\n"; sizes up to 2^63 - 1. Extension lines are kept, not used. */
typedef struct checkpoint {
    str origin;
    uint64_t size;
    digest root;
    str extra; /* extension lines, usually empty */
} checkpoint;
str checkpoint_text(arena *a, const checkpoint *c);
/* Slices of `text`, which must outlive *ret. */
bool checkpoint_parse(str text, checkpoint *ret, err *e) NODISCARD;
/* note_open + checkpoint_parse + the origin is the name of the log key that signed. */
bool checkpoint_open(arena *a, str bytes, const note_key *logs, size_t n, note *ret_note,
                     checkpoint *ret, err *e) NODISCARD;

#endif
