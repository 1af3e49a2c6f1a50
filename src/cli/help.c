/* help.c - help pages, man pages and shell completion, printed from the command tables. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/command.h"
#include "register/register.h"
#include "work/work.h"

#define MAN_DATE "2026-11-21" /* of the last change that the pages tell of */

enum { LINE = 80, LEFT = 26 };

static const char *dashed(arena *a, const char *name)
{
    str s = str_dup(a, str_of(name));
    for (size_t i = 0; i < s.n; i++)
        if (s.p[i] == '_') ((char *)(uintptr_t)s.p)[i] = '-';
    return s.p;
}

/* Words in lines of at most LINE columns, all but the first behind `indent` blanks. */
static void wrapped(buf *b, const char *text, size_t at, size_t indent)
{
    str rest = str_of(text);
    for (bool first = true; rest.p; first = false) {
        str word = str_cut(rest, ' ', &rest);
        if (!first && at + 1 + word.n > LINE) {
            buf_fmt(b, "\n%*s", (int)indent, "");
            at = indent;
        } else if (!first) {
            buf_putc(b, ' ');
            at++;
        }
        buf_put(b, word);
        at += word.n;
    }
    buf_putc(b, '\n');
}

void help_all(buf *b)
{
    buf_putz(b,
             "aims " AIMS_VERSION ": runs an ISO/IEC 42001 AI management system and proves it.\n\n"
             "usage: aims COMMAND [ARGUMENT...] [--option value...]\n\n");
    for (size_t g = 0; command_groups[g]; g++) {
        for (const command *x = command_groups[g]; x->name; x++)
            buf_fmt(b, "  %-22s %s\n", x->name, x->doc);
        buf_putc(b, '\n');
    }
    buf_putz(b, "  NOUN list|show|add|set|retire|history|uses, where NOUN is one of\n");
    for (size_t i = 0; i < register_n_records; i++)
        buf_fmt(b, "    %-20s %s\n", register_records[i]->noun, register_records[i]->doc);
    buf_putz(
        b,
        "\nEvery command has --help and --json. Exit codes: 0 fine, 1 a limit failed or a check\n"
        "found something, 2 usage, 3 invalid input, 4 not found, 5 conflict, 6 denied,\n"
        "7 unavailable, 70 internal.\n");
}

/* "  --name ARG    what it is", wrapped below itself. */
static void explained(buf *b, str left, str text)
{
    buf_fmt(b, "  %-*.*s ", LEFT, STR_ARG(left));
    size_t at = 3 + (left.n > LEFT ? left.n : LEFT);
    wrapped(b, text.p, at, LEFT + 3);
}

static void option_line(buf *b, const option *o)
{
    str left = str_fmt(b->a, "--%s%s%s", o->name, o->arg ? " " : "", o->arg ? o->arg : "");
    str text = str_fmt(b->a, "%s%s%s", o->doc, o->flags & OPTION_REQUIRED ? " (required)" : "",
                       o->flags & OPTION_MANY ? " (may be repeated)" : "");
    explained(b, left, text);
}

static const char *type_word(const field *f)
{
    static const char *const words[] = {
        [FT_TEXT] = "TEXT",       [FT_LONG] = "TEXT", [FT_INT] = "N",        [FT_REAL] = "X",
        [FT_BOOL] = "true|false", [FT_ENUM] = "NAME", [FT_TIME] = "TIME",    [FT_DATE] = "DATE",
        [FT_MONEY] = "N",         [FT_REF] = "NAME",  [FT_LIST] = "A,B,...", [FT_LINKS] = "A,B,...",
        [FT_JSON] = "JSON",
    };
    return words[f->type];
}

static bool takes_members(const command *cmd)
{
    return strcmp(cmd->name, "add") == 0 || strcmp(cmd->name, "set") == 0;
}

static str names_of(arena *a, const field *f)
{
    buf b = buf_open(a, 4096);
    for (size_t i = 1; f->names && f->names[i]; i++)
        buf_fmt(&b, "%s%s", i > 1 ? ", " : ": ", f->names[i]);
    return buf_str(&b);
}

static void member_lines(buf *b, const record *r)
{
    for (size_t i = 0; i < r->n_fields; i++) {
        const field *f = &r->fields[i];
        if (f->flags & (READONLY | SECRET)) continue;
        str left = str_fmt(b->a, "--%s %s", dashed(b->a, f->name), type_word(f));
        str names = names_of(b->a, f);
        str text =
            str_fmt(b->a, "%s%s%.*s", f->doc, f->flags & REQ ? " (required)" : "", STR_ARG(names));
        explained(b, left, text);
    }
}

static void word_line(buf *b, str word, const char *name, const char *text)
{
    str left = str_fmt(b->a, "%.*s %s", STR_ARG(word), name);
    explained(b, left, str_of(text));
}

void help_word(str word, const record *r, buf *b)
{
    if (r) buf_fmt(b, "%s. Serves %s.\n\n", r->doc, r->tags);
    buf_fmt(b, "usage: aims %.*s COMMAND [ARGUMENT...] [--option value...]\n\n", STR_ARG(word));
    for (const command *x = record_commands; r && x->name; x++)
        word_line(b, word, x->name, x->doc);
    for (size_t g = 0; command_groups[g]; g++)
        for (const command *x = command_groups[g]; x->name; x++) {
            str rest, first = str_cut(str_of(x->name), ' ', &rest);
            if (rest.p && str_eq(first, word)) word_line(b, word, rest.p, x->doc);
        }
    if (r) {
        buf_putz(b, "\nmembers:\n");
        member_lines(b, r);
    }
}

/* A command's own option of the same name means something else: assess --data FILE. */
static bool overridden(const command *cmd, const option *common)
{
    for (const option *o = cmd->options; o && o->name; o++)
        if (strcmp(o->name, common->name) == 0) return true;
    return false;
}

void help_command(const command *cmd, const record *r, buf *b)
{
    buf_fmt(b, "%s\n\nusage: aims %s%s%s%s%s [--option value...]\n", cmd->doc, r ? r->noun : "",
            r ? " " : "", cmd->name, cmd->args ? " " : "", cmd->args ? cmd->args : "");
    if (r) buf_fmt(b, "\n%s. Serves %s.\n", r->doc, r->tags);
    if (cmd->more) {
        buf_putc(b, '\n');
        wrapped(b, cmd->more, 0, 0);
    }
    if (cmd->options || (r && takes_members(cmd))) buf_putz(b, "\noptions:\n");
    for (const option *o = cmd->options; o && o->name; o++)
        option_line(b, o);
    if (r && takes_members(cmd)) member_lines(b, r);
    buf_putz(b, "\ncommon options:\n");
    for (const option *o = command_common; o->name; o++)
        if (!overridden(cmd, o)) option_line(b, o);
}

/* ---- man pages ---- */

/* Text for roff: a leading dot or quote and every backslash must not be read as a request. */
static void roff(buf *b, const char *text)
{
    bool start = true;
    for (const char *p = text; *p; p++) {
        if (start && (*p == '.' || *p == '\'')) buf_putz(b, "\\&");
        if (*p == '\\')
            buf_putz(b, "\\e");
        else if (*p == '-')
            buf_putz(b, "\\-");
        else
            buf_putc(b, *p);
        start = *p == '\n';
    }
}

static void man_option(buf *b, const char *name, const char *arg, const char *text)
{
    buf_putz(b, ".TP\n\\fB\\-\\-");
    roff(b, name);
    buf_putz(b, "\\fR");
    if (arg) {
        buf_putz(b, " \\fI");
        roff(b, arg);
        buf_putz(b, "\\fR");
    }
    buf_putc(b, '\n');
    roff(b, text);
    buf_putz(b, ".\n");
}

static void man_head(buf *b, const char *title, const char *text)
{
    buf_fmt(b, ".TH \"%s\" 1 \"" MAN_DATE "\" \"aims " AIMS_VERSION "\" \"aims\"\n.SH NAME\n",
            title);
    roff(b, title);
    buf_putz(b, " \\- ");
    roff(b, text);
    buf_putc(b, '\n');
}

static void man_one(const command *cmd, const record *r, buf *b)
{
    arena *a = b->a;
    str words = str_fmt(a, "%s%s%s", r ? r->noun : "", r ? " " : "", cmd->name);
    str title = str_fmt(a, "aims %s", words.p);
    for (size_t i = 0; i < title.n; i++)
        if (title.p[i] == ' ') ((char *)(uintptr_t)title.p)[i] = '-';
    man_head(b, title.p, cmd->doc);
    buf_fmt(b, ".SH SYNOPSIS\n\\fBaims %s\\fR %s [\\fIoption\\fR...]\n.SH DESCRIPTION\n", words.p,
            cmd->args ? cmd->args : "");
    roff(b, cmd->more ? cmd->more : cmd->doc);
    buf_putz(b, "\n.SH OPTIONS\n");
    for (const option *o = cmd->options; o && o->name; o++)
        man_option(b, o->name, o->arg, o->doc);
    for (size_t i = 0; r && takes_members(cmd) && i < r->n_fields; i++)
        if (!(r->fields[i].flags & (READONLY | SECRET)))
            man_option(b, dashed(a, r->fields[i].name), type_word(&r->fields[i]), r->fields[i].doc);
    for (const option *o = command_common; o->name; o++)
        if (!overridden(cmd, o)) man_option(b, o->name, o->arg, o->doc);
    buf_putz(b, ".SH SEE ALSO\n.BR aims (1)\n");
}

static void man_list(buf *b, const char *words, const char *text)
{
    buf_putz(b, ".TP\n\\fB");
    roff(b, words);
    buf_putz(b, "\\fR\n");
    roff(b, text);
    buf_putz(b, ".\n");
}

static void man_all(buf *b)
{
    man_head(b, "aims", "the AI management system that measures itself");
    buf_putz(
        b, ".SH SYNOPSIS\n\\fBaims\\fR \\fICOMMAND\\fR [\\fIargument\\fR...] [\\fIoption\\fR...]\n"
           ".SH DESCRIPTION\nRuns an organisation's ISO/IEC 42001 AI management system, measures "
           "its controls on real models and data, and proves every act on a Merkle log.\n"
           ".SH COMMANDS\n");
    for (size_t g = 0; command_groups[g]; g++)
        for (const command *x = command_groups[g]; x->name; x++)
            man_list(b, x->name, x->doc);
    for (size_t i = 0; i < register_n_records; i++)
        man_list(b, register_records[i]->noun, register_records[i]->doc);
    buf_putz(b, ".SH EXIT STATUS\n");
    static const err_code shown[] = {ERR_OK,      ERR_CHECK,       ERR_USAGE,
                                     ERR_INVALID, ERR_NOT_FOUND,   ERR_CONFLICT,
                                     ERR_DENIED,  ERR_UNAVAILABLE, ERR_INTERNAL};
    for (size_t i = 0; i < COUNT(shown); i++)
        man_list(b, str_fmt(b->a, "%d", err_exit(shown[i])).p, err_doc(shown[i]));
    buf_putz(b, ".SH ENVIRONMENT\n");
    man_list(b, "AIMS_DATA, AIMS_URL, AIMS_TOKEN", "Defaults of the options data, url and token");
}

void help_man(const command *cmd, const record *r, buf *b)
{
    if (cmd)
        man_one(cmd, r, b);
    else
        man_all(b);
}

/* ---- completion ---- */

static void complete_case(buf *b, const char *words, const option *options, const record *r)
{
    buf_fmt(b, "    '%s') opts='", words);
    for (const option *o = options; o && o->name; o++)
        buf_fmt(b, "--%s ", o->name);
    for (size_t i = 0; r && i < r->n_fields; i++)
        if (!(r->fields[i].flags & (READONLY | SECRET)))
            buf_fmt(b, "--%s ", dashed(b->a, r->fields[i].name));
    for (const option *o = command_common; o->name; o++)
        buf_fmt(b, "--%s ", o->name);
    buf_putz(b, "' ;;\n");
}

/* "    log) opts='list checkpoint ...' ;;" */
static void complete_words(buf *b, str word, const record *r)
{
    buf_fmt(b, "    '%.*s') opts='", STR_ARG(word));
    for (const command *x = record_commands; r && x->name; x++)
        buf_fmt(b, "%s ", x->name);
    for (size_t g = 0; command_groups[g]; g++)
        for (const command *x = command_groups[g]; x->name; x++) {
            str rest, first = str_cut(str_of(x->name), ' ', &rest);
            if (rest.p && str_eq(first, word)) buf_fmt(b, "%s ", rest.p);
        }
    buf_putz(b, "' ;;\n");
}

/* Calls fn once for every first word that is no record type; all commands of a word stand together
 * in their table. */
static void each_word(buf *b, void fn(buf *, str word, const command *x))
{
    str last = S("");
    for (size_t g = 0; command_groups[g]; g++)
        for (const command *x = command_groups[g]; x->name; x++) {
            str rest, word = str_cut(str_of(x->name), ' ', &rest);
            if (!register_by_noun(word) && !str_eq(word, last)) fn(b, word, x);
            last = word;
        }
}

static void first_word(buf *b, str word, const command *x)
{
    (void)x;
    buf_fmt(b, "%.*s ", STR_ARG(word));
}

static void after_word(buf *b, str word, const command *x)
{
    if (strchr(x->name, ' '))
        complete_words(b, word, NULL);
    else
        complete_case(b, x->name, x->options, NULL);
}

void help_completion_bash(buf *b)
{
    buf_putz(b, "# bash completion for aims; made by: aims completion bash\n_aims() {\n"
                "  local cur=${COMP_WORDS[COMP_CWORD]} opts= words=${COMP_WORDS[1]:-}\n"
                "  ((COMP_CWORD > 2)) && words+=\" ${COMP_WORDS[2]}\"\n"
                "  if ((COMP_CWORD == 1)); then\n    opts='help ");
    each_word(b, first_word);
    for (size_t i = 0; i < register_n_records; i++)
        buf_fmt(b, "%s ", register_records[i]->noun);
    buf_putz(b, "'\n    COMPREPLY=($(compgen -W \"$opts\" -- \"$cur\"))\n    return\n  fi\n"
                "  case \"$words\" in\n");
    for (size_t g = 0; command_groups[g]; g++)
        for (const command *x = command_groups[g]; x->name; x++)
            if (strchr(x->name, ' ')) complete_case(b, x->name, x->options, NULL);
    for (size_t i = 0; i < register_n_records; i++) {
        const record *r = register_records[i];
        for (const command *x = record_commands; x->name; x++)
            complete_case(b, str_fmt(b->a, "%s %s", r->noun, x->name).p, x->options,
                          takes_members(x) ? r : NULL);
    }
    buf_putz(b, "    *) case \"${words%% *}\" in\n");
    for (size_t i = 0; i < register_n_records; i++)
        complete_words(b, str_of(register_records[i]->noun), register_records[i]);
    each_word(b, after_word);
    buf_putz(b, "    esac ;;\n  esac\n  COMPREPLY=($(compgen -f -W \"$opts\" -- \"$cur\"))\n}\n"
                "complete -o filenames -F _aims aims\n");
}
