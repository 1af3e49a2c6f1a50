/* commands.h - the groups of commands, one file each. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef AIMS_CLI_COMMANDS_H
#define AIMS_CLI_COMMANDS_H
#include "cli/command.h"

extern const command system_commands[];   /* cmd_system.c: init, serve, doctor, completion, man */
extern const command measure_commands[];  /* cmd_measure.c: assess, kinds, model-options */
extern const command keep_commands[];     /* cmd_keep.c: keep */
extern const command standing_commands[]; /* cmd_standing.c: status, due, consistency, soa */
extern const command prove_commands[];    /* cmd_prove.c: log, bag */
extern const command
    manage_commands[]; /* cmd_manage.c: user, token, job, file, catalog, import, export */
extern const command special_commands[]; /* cmd_records.c: document approve, person erase */

command_fn run_model_options; /* model_options.c */

#endif
