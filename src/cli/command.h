/* command.h - one row per command: words, arguments, options, what it needs, what it does. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef AIMS_CLI_COMMAND_H
#define AIMS_CLI_COMMAND_H
#include "base/base.h"

/* An option that takes a value has `arg`; one that may be repeated keeps all its values. */
typedef struct option {
    const char *name; /* without the dashes */
    const char *arg;  /* "FILE", "N", ...; NULL: a flag */
    unsigned flags;
    const char *doc; /* one sentence without full stop */
} option;
enum { OPTION_REQUIRED = 1 << 0, OPTION_MANY = 1 << 1 };

/* What a command works on. */
typedef enum needs {
    NEEDS_NOTHING, /* files named on the command line */
    NEEDS_API,     /* the data directory, or a server with --url */
    NEEDS_READ,    /* the data directory itself, for reading */
    NEEDS_WRITE    /* the data directory itself, alone */
} needs;

struct call;
typedef bool command_fn(struct call *c, err *e);

typedef struct command {
    const char *name; /* words: "log verify" */
    const char *args; /* "SEQ", "DIR [FILE...]"; NULL: none */
    size_t min_args, max_args;
    const option *options; /* ends with name == NULL; NULL: none */
    needs needs;
    command_fn *run;
    const char *doc;  /* one line without full stop */
    const char *more; /* further paragraphs of help; NULL: none */
} command;

/* All commands that are not about one record type, in the order of the help page; main.c. */
extern const command *const command_groups[]; /* NULL-ended; each group ends with name == NULL */
extern const option command_common[];         /* --json, --data, --url, --token, --as, --help */

/* The verbs every record type has: "list", "show", "add", "set", "retire", "history", "uses". */
extern const command record_commands[];

/* A parsed command line. */
typedef struct given {
    const option *o; /* NULL: a member of a record, `name` says which */
    str name, value;
} given;

struct record;
struct call {
    arena *a;
    const command *cmd;
    const struct record *r; /* of a record command */
    str word;               /* help: the first word that several commands share */
    given *options;
    size_t n_options;
    str *args;
    size_t n_args;
    bool json;   /* JSON for programs instead of text for people */
    bool colour; /* output is a terminal */
    const char *data, *url, *token, *as;
    struct api *api; /* opened at the first api_send */
    int exit_code;   /* of a command that worked but whose check failed: 1 */
};

/* Value of an option, absent when not given; the last one counts. */
str call_option(const struct call *c, const char *name);
bool call_flag(const struct call *c, const char *name);
/* All values of an option that may be repeated, as given. */
str *call_options(const struct call *c, const char *name, size_t *ret_n);
bool call_int(const struct call *c, const char *name, int64_t dflt, int64_t *ret, err *e) NODISCARD;
bool call_real(const struct call *c, const char *name, double dflt, double *ret, err *e) NODISCARD;
/* A date or RFC 3339 time; dflt when not given. */
bool call_time(const struct call *c, const char *name, int64_t dflt, int64_t *ret,
               err *e) NODISCARD;

/* Splits argv into command, options and arguments; USAGE errors name the word at fault. Fills
 * c->cmd (NULL: help was asked for everything, or for c->word) and *ret_help. */
bool call_parse(struct call *c, int argc, char **argv, bool *ret_help, err *e) NODISCARD;

/* Help texts, all from the tables. */
void help_all(buf *b);
void help_command(const command *cmd, const struct record *r, buf *b);
/* All commands that begin with a word: "log", or the noun of r. */
void help_word(str word, const struct record *r, buf *b);
void help_completion_bash(buf *b);
/* man page of one command (roff, man(7)); of aims itself with cmd == NULL. */
void help_man(const command *cmd, const struct record *r, buf *b);

#endif
