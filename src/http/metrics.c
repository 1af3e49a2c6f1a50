/* metrics.c - counters by route and status class, a histogram of durations, the process itself. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "http/metrics.h"
#include <stdatomic.h>
#include <unistd.h>

enum { CLASSES = 6, BOUNDS = 10 };
static const double bounds[BOUNDS] = {0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.1, 0.5, 2, 10};

struct metrics {
    _Atomic uint64_t (*by_route)[CLASSES]; /* the last row: no route */
    _Atomic uint64_t durations[BOUNDS + 1], micros;
    _Atomic long in_flight, streams;
    double began;
};

struct metrics *metrics_open(arena *a)
{
    size_t n;
    (void)route_all(&n);
    struct metrics *m = arena_new(a, struct metrics, 1);
    m->by_route = arena_alloc(a, (n + 1) * sizeof *m->by_route, 64);
    m->began = clock_mono();
    return m;
}

void metrics_began(struct metrics *m)
{
    m->in_flight++;
}

void metrics_ended(struct metrics *m, const served *at, int status, double seconds)
{
    size_t n, bucket = 0;
    const served *all = route_all(&n);
    size_t class = (size_t)status / 100;
    while (bucket < BOUNDS && seconds > bounds[bucket])
        bucket++;
    m->by_route[at ? (size_t)(at - all) : n][class < CLASSES ? class : 0]++;
    m->durations[bucket]++;
    m->micros += (uint64_t)(seconds * 1e6);
    m->in_flight--;
}

void metrics_streams(struct metrics *m, int change)
{
    m->streams += change;
}

long metrics_in_flight(const struct metrics *m)
{
    return m->in_flight;
}

static void put_head(buf *b, const char *name, const char *type, const char *help)
{
    buf_fmt(b, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, type);
}

static void put_requests(const struct metrics *m, buf *b)
{
    size_t n;
    const served *all = route_all(&n);
    put_head(b, "aims_http_requests_total", "counter", "Requests answered");
    for (size_t i = 0; i <= n; i++)
        for (int class = 0; class < CLASSES; class ++) {
            uint64_t count = m->by_route[i][class];
            if (!count) continue;
            buf_fmt(b,
                    "aims_http_requests_total{method=\"%s\",route=\"%.*s\",status=\"%dxx\"} %llu\n",
                    i < n ? http_method_name(all[i].route->method) : "",
                    STR_ARG(i < n ? all[i].path : S("")), class, (unsigned long long)count);
        }
}

static void put_durations(const struct metrics *m, buf *b)
{
    uint64_t sum = 0;
    put_head(b, "aims_http_request_seconds", "histogram", "From the head of a request to its end");
    for (size_t i = 0; i < BOUNDS; i++) {
        sum += m->durations[i];
        buf_fmt(b, "aims_http_request_seconds_bucket{le=\"%g\"} %llu\n", bounds[i],
                (unsigned long long)sum);
    }
    sum += m->durations[BOUNDS];
    buf_fmt(b, "aims_http_request_seconds_bucket{le=\"+Inf\"} %llu\n", (unsigned long long)sum);
    buf_fmt(b, "aims_http_request_seconds_sum %.6f\n", (double)m->micros / 1e6);
    buf_fmt(b, "aims_http_request_seconds_count %llu\n", (unsigned long long)sum);
}

static void put_gauge(buf *b, const char *name, const char *help, double v)
{
    put_head(b, name, "gauge", help);
    buf_fmt(b, "%s %.17g\n", name, v);
}

/* Pages of the process in memory: second number of statm (proc(5)). */
static double resident_bytes(void)
{
    long long all = 0, resident = 0;
    FILE *f = fopen("/proc/self/statm", "re");
    if (!f) return 0;
    if (fscanf(f, "%lld %lld", &all, &resident) != 2) resident = 0;
    fclose(f);
    return (double)resident * (double)sysconf(_SC_PAGESIZE);
}

void metrics_text(const struct metrics *m, buf *b)
{
    put_head(b, "aims_info", "gauge", "Version of the program");
    buf_putz(b, "aims_info{version=\"" AIMS_VERSION "\"} 1\n");
    put_requests(m, b);
    put_durations(m, b);
    put_gauge(b, "aims_http_in_flight", "Requests being answered", (double)m->in_flight);
    put_gauge(b, "aims_http_event_streams", "Open event streams", (double)m->streams);
    put_gauge(b, "process_resident_memory_bytes", "Resident memory", resident_bytes());
    put_gauge(b, "aims_uptime_seconds", "Seconds since the start", clock_mono() - m->began);
}
