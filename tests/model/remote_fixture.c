/* remote_fixture.c - a model in a file, a server and programs that answer for it. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "remote_fixture.h"
#include "net/net.h"
#include <math.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

enum { TREES = 6, DEPTH = 3, INNER = (1 << DEPTH) - 1, NODES = 2 * INNER + 1 };

char fixture_model[] = "/tmp/aims-test-remote-XXXXXX";
int fixture_port;
const char *fixture_python, *fixture_folder;
static pid_t server;
static int server_in = -1;

static uint32_t draw(uint32_t *state)
{
    *state = *state * 1664525u + 1013904223u;
    return *state >> 8;
}

/* ---- the model ---- */

static void write_numbers(jw *w, const char *key, const double *v)
{
    jw_key(w, key);
    jw_arr(w);
    for (int i = 0; i < NODES; i++)
        jw_real(w, v[i]);
    jw_arr_end(w);
}

/* No split is categorical. */
static void write_no_categories(jw *w)
{
    static const char *const lists[] = {"categories", "categories_nodes", "categories_segments",
                                        "categories_sizes"};
    for (size_t i = 0; i < COUNT(lists); i++) {
        jw_key(w, lists[i]);
        jw_raw(w, S("[]"));
    }
}

static void write_tree(jw *w, uint32_t *seed, int id)
{
    double left[NODES], right[NODES], feature[NODES] = {0}, value[NODES], missing[NODES] = {0},
                                      plain[NODES] = {0};
    for (int i = 0; i < NODES; i++) {
        bool inner = i < INNER;
        left[i] = inner ? 2 * i + 1 : -1;
        right[i] = inner ? 2 * i + 2 : -1;
        if (inner) feature[i] = draw(seed) % FEATURES;
        if (inner) missing[i] = draw(seed) % 2;
        value[i] = inner ? (double)(draw(seed) % 4000) / 100 : (double)(draw(seed) % 800) / 400 - 1;
    }
    jw_obj(w);
    write_numbers(w, "left_children", left);
    write_numbers(w, "right_children", right);
    write_numbers(w, "split_indices", feature);
    write_numbers(w, "split_conditions", value);
    write_numbers(w, "default_left", missing);
    write_numbers(w, "split_type", plain);
    write_no_categories(w);
    jw_m_int(w, "id", id);
    jw_key(w, "tree_param");
    jw_obj(w);
    jw_m_strz(w, "size_leaf_vector", "0");
    jw_obj_end(w);
    jw_obj_end(w);
}

static str model_json(arena *a)
{
    buf b = buf_open(a, 1 << 20);
    jw w = jw_open(&b);
    uint32_t seed = 7;
    jw_raw(&w, S("{\"version\":[1,7,4],\"learner\":{\"attributes\":{},\"feature_names\":[\"f0\","
                 "\"f1\",\"f2\",\"f3\",\"f4\"],\"feature_types\":[\"float\",\"float\",\"float\","
                 "\"float\",\"float\"],\"learner_model_param\":{\"base_score\":\"4E-1\","
                 "\"num_class\":\"0\",\"num_feature\":\"5\",\"num_target\":\"1\"},\"objective\":{"
                 "\"name\":\"binary:logistic\"},\"gradient_booster\":{\"name\":\"gbtree\","
                 "\"model\":{\"gbtree_model_param\":{\"num_parallel_tree\":\"1\",\"num_trees\":"
                 "\"6\"},\"tree_info\":[0,0,0,0,0,0],\"trees\":"));
    buf t = buf_open(a, 1 << 20);
    jw trees = jw_open(&t);
    jw_arr(&trees);
    for (int i = 0; i < TREES; i++)
        write_tree(&trees, &seed, i);
    jw_arr_end(&trees);
    return str_fmt(a, "%s%s}}}}", buf_str(&b).p, buf_str(&t).p);
}

const float *fixture_rows(void)
{
    static float x[ROWS * FEATURES];
    uint32_t seed = 99;
    for (size_t i = 0; i < COUNT(x); i++) {
        x[i] = (float)(draw(&seed) % 4000) / 100;
        if (draw(&seed) % 11 == 0) x[i] = NAN;
    }
    return x;
}

/* ---- the server ---- */

static bool spawn_server(const int in[2], const int out[2])
{
    posix_spawn_file_actions_t actions;
    char script[4096];
    snprintf(script, sizeof script, "%s/serve_model.py", fixture_folder);
    char *argv[] = {(char *)(uintptr_t)fixture_python, script, fixture_model, NULL};
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, in[0], 0);
    posix_spawn_file_actions_adddup2(&actions, out[1], 1);
    posix_spawn_file_actions_addclosefrom_np(&actions, 3);
    int bad = posix_spawn(&server, fixture_python, &actions, NULL, argv, environ);
    posix_spawn_file_actions_destroy(&actions);
    return bad == 0;
}

bool fixture_start(void)
{
    int in[2], out[2], fd = mkstemp(fixture_model);
    fixture_python = getenv("AIMS_TEST_PYTHON");
    fixture_folder = getenv("AIMS_TEST_FOLDER");
    if (!fixture_python || !fixture_folder || fd < 0 || pipe(in) != 0 || pipe(out) != 0)
        return false;
    arena *a = arena_open();
    str json = model_json(a);
    bool ok = write(fd, json.p, json.n) == (ssize_t)json.n && spawn_server(in, out);
    arena_close(a);
    close(fd);
    close(in[0]);
    close(out[1]);
    server_in = in[1];
    char text[32] = "";
    for (size_t n = 0; ok && n + 1 < sizeof text && !strchr(text, '\n'); n++)
        ok = read(out[0], text + n, 1) == 1;
    fixture_port = (int)strtol(text, NULL, 10);
    close(out[0]);
    return ok && fixture_port > 0;
}

void fixture_stop(void)
{
    if (server_in >= 0) close(server_in); /* it ends with its input */
    if (server > 0) waitpid(server, NULL, 0);
    unlink(fixture_model);
}

int64_t fixture_count(arena *a, const char *member)
{
    struct net *n;
    net_reply r;
    doc *d;
    err e = ERR_IN(a);
    const net_request q = {.url = str_fmt(a, "http://127.0.0.1:%d/count", fixture_port)};
    if (!net_open(a, NULL, &n, &e) || !net_send(n, a, &q, &r, &e) ||
        !doc_parse(a, r.body, 1 << 16, &d, &e))
        abort();
    return doc_int(d, member, -1);
}
