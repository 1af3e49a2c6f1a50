/* characters.h - the engine process as it should be, and as hostile input might make it. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef AIMS_TESTS_WORK_CHARACTERS_H
#define AIMS_TESTS_WORK_CHARACTERS_H

/* main() of a test program that was started as an engine: the name of the data in its request
 * chooses its character ("segv", "waiting", ..., "lie:PATH"); any other name is a good engine. */
int engine_main(void);

#endif
