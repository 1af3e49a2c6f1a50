/* print_ddl.c - prints the DDL of the record types named, or of all: the text of a migration. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "register/register.h"

int main(int argc, char **argv)
{
    arena *a = arena_open();
    register_validate();
    for (size_t i = 0; argc == 1 && i < register_n_records; i++)
        printf("%s%s", i ? "\n" : "", record_ddl(register_records[i], a).p);
    for (int i = 1; i < argc; i++) {
        const record *r = register_by_name(str_of(argv[i]));
        if (!r) {
            fprintf(stderr, "print_ddl: no record type '%s'\n", argv[i]);
            return 2;
        }
        printf("%s%s", i > 1 ? "\n" : "", record_ddl(r, a).p);
    }
    arena_close(a);
    return 0;
}
