/* remote_fixture.h - a model in a file, a server and programs that answer for it. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef AIMS_TESTS_MODEL_REMOTE_FIXTURE_H
#define AIMS_TESTS_MODEL_REMOTE_FIXTURE_H
#include "model/source.h"

enum { FEATURES = 5, ROWS = 700 };

/* Writes a seeded XGBoost model and starts tests/model/serve_model.py on it. False: no python3. */
bool fixture_start(void);
void fixture_stop(void);
extern char fixture_model[]; /* its path */
extern int fixture_port;
extern const char *fixture_python, *fixture_folder; /* from the environment, see meson.build */
/* ROWS x FEATURES, some missing. */
const float *fixture_rows(void);
/* One member of the server's GET /count. */
int64_t fixture_count(arena *a, const char *member);

#endif
