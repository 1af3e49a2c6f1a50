/* corrupt_count.c - what a corruption cost, row by row: flips, lost accuracy, lost ranking. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "measure/corrupt.h"
#include "measure/score.h"
#include <math.h>

/* ---- lanes ---- */

corrupt_lane corrupt_lane_open(const corrupt *c, arena *a)
{
    return (corrupt_lane){.flip = arena_new(a, double, c->rows),
                          .drop = arena_new(a, double, c->rows),
                          .shift = arena_new(a, double, c->rows),
                          .influence = arena_new(a, double, c->rows)};
}

void corrupt_lane_clear(const corrupt *c, corrupt_lane *l)
{
    double *all[] = {l->flip, l->drop, l->shift, l->influence};
    for (size_t i = 0; i < COUNT(all); i++)
        memset(all[i], 0, c->rows * sizeof *all[i]);
    l->growth = 0;
    l->passes = 0;
}

void corrupt_lane_add(const corrupt *c, corrupt_lane *to, const corrupt_lane *one)
{
    for (size_t r = 0; r < c->rows; r++) {
        to->flip[r] += one->flip[r];
        to->drop[r] += one->drop[r];
        to->shift[r] += one->shift[r];
        to->influence[r] += one->influence[r];
    }
    to->growth += one->growth;
    to->passes += one->passes;
}

/* ---- one pass ---- */

/* The class the model now predicts; -1 when it gives no number. */
static int32_t predicted(const corrupt *c, const double *answer)
{
    int32_t best = 0;
    if (isnan(answer[0])) return -1;
    if (c->s.task == TASK_BINARY) return answer[0] >= c->threshold;
    for (size_t k = 1; k < c->outputs; k++) {
        if (isnan(answer[k])) return -1;
        if (answer[k] > answer[best]) best = (int32_t)k;
    }
    return best;
}

/* Half the sum of what the chances moved by: of a binary score, how far it moved. */
static double moved(const corrupt *c, size_t r, const double *answer)
{
    double sum = 0;
    for (size_t k = 0; k < c->outputs; k++)
        sum += fabs(answer[k] - c->clean[r * c->outputs + k]);
    return c->outputs > 1 ? sum / 2 : sum;
}

static void count_classes(const corrupt *c, const double *answers, corrupt_lane *one)
{
    for (size_t r = 0; r < c->rows; r++) {
        const double *answer = answers + r * c->outputs;
        int32_t now = predicted(c, answer), was = c->s.predicted[r], truth = c->s.truth[r];
        one->flip[r] = now != was;
        one->drop[r] = (was == truth) - (now == truth);
        one->shift[r] = now < 0 ? 1 : moved(c, r, answer);
    }
}

/* Delta method: what a row adds to RMSE near its value is its squared error over 2 RMSE. */
static void count_errors(const corrupt *c, const double *answers, corrupt_lane *one)
{
    double sum = 0;
    for (size_t r = 0; r < c->rows; r++) {
        double miss = answers[r] - c->s.y[r];
        sum += miss * miss;
        one->shift[r] = moved(c, r, answers + r);
    }
    double rmse = sqrt(sum / (double)c->rows);
    one->growth = rmse - c->rmse;
    for (size_t r = 0; r < c->rows; r++) {
        double miss = answers[r] - c->s.y[r], before = c->clean[r] - c->s.y[r];
        one->influence[r] = (rmse > 0 ? miss * miss / (2 * rmse) : 0) -
                            (c->rmse > 0 ? before * before / (2 * c->rmse) : 0);
    }
}

double corrupt_placements(const corrupt *c, const double *score, double *ret, arena *scratch)
{
    double lower[2] = {0, 0}, n[2] = {0, 0}, sum = 0;
    for (size_t r = 0; r < c->rows; r++) {
        if (isnan(score[r])) return NAN;
        n[c->s.truth[r] != 0]++;
    }
    const size_t *order = score_order(score, c->rows, scratch);
    for (size_t i = 0, end; i < c->rows; i = end) {
        double tied[2] = {0, 0};
        for (end = i; end < c->rows && score[order[end]] == score[order[i]]; end++)
            tied[c->s.truth[order[end]] != 0]++;
        for (size_t k = i; k < end; k++) {
            bool positive = c->s.truth[order[k]] != 0;
            double below = lower[!positive] + tied[!positive] / 2;
            ret[order[k]] = (positive ? below : n[1] - below) / n[!positive];
            sum += positive ? ret[order[k]] : 0;
        }
        lower[0] += tied[0];
        lower[1] += tied[1];
    }
    return n[0] > 0 && n[1] > 0 ? sum / n[1] : NAN;
}

static void count_ranks(const corrupt *c, const double *answers, corrupt_lane *one, arena *scratch)
{
    double auc = corrupt_placements(c, answers, one->influence, scratch);
    one->growth = c->auc - auc;
    for (size_t r = 0; r < c->rows; r++)
        one->influence[r] = c->place[r] - one->influence[r];
}

void corrupt_count(const corrupt *c, const double *answers, corrupt_lane *one, arena *scratch)
{
    one->passes = 1;
    if (c->s.task == TASK_REGRESSION)
        count_errors(c, answers, one);
    else
        count_classes(c, answers, one);
    if (c->s.task == TASK_BINARY) count_ranks(c, answers, one, scratch);
}

/* ---- sums over the rows ---- */

static void close_rates(const corrupt *c, const corrupt_lane *l, corrupt_cell *cell)
{
    double per = 1 / (double)l->passes;
    for (size_t r = 0; r < c->rows; r++) {
        double right = c->s.predicted[r] == c->s.truth[r];
        moments_add(&cell->flip, l->flip[r] * per);
        moments_add(&cell->drop, l->drop[r] * per);
        moments_add(&cell->error, 1 - right + l->drop[r] * per);
        moments_add(&cell->right, right);
    }
    double share = 1 - cell->drop.mean / cell->right.mean;
    for (size_t r = 0; r < c->rows; r++) {
        double right = c->s.predicted[r] == c->s.truth[r];
        moments_add(&cell->ratio, (right - l->drop[r] * per - share * right) / cell->right.mean);
    }
}

/* Of a difference of AUCs (DeLong et al. 1988): the two classes are samples of their own. */
static double ranks_se(const corrupt *c, const corrupt_lane *l)
{
    moments of[2];
    memset(of, 0, sizeof of);
    for (size_t r = 0; r < c->rows; r++)
        moments_add(&of[c->s.truth[r] != 0], l->influence[r] / (double)l->passes);
    return hypot(moments_se(of[0]), moments_se(of[1]));
}

static double errors_se(const corrupt *c, const corrupt_lane *l)
{
    moments m = {0};
    for (size_t r = 0; r < c->rows; r++)
        moments_add(&m, l->influence[r] / (double)l->passes);
    return moments_se(m);
}

corrupt_cell corrupt_lane_close(const corrupt *c, const corrupt_lane *l)
{
    corrupt_cell cell = {.passes = l->passes};
    if (!l->passes) return cell;
    for (size_t r = 0; r < c->rows; r++)
        moments_add(&cell.shift, l->shift[r] / (double)l->passes);
    cell.growth = c->s.task == TASK_MULTICLASS ? (double)NAN : l->growth / (double)l->passes;
    if (c->s.task != TASK_REGRESSION) close_rates(c, l, &cell);
    if (c->s.task == TASK_REGRESSION) cell.growth_se = errors_se(c, l);
    if (c->s.task == TASK_BINARY) cell.growth_se = ranks_se(c, l);
    return cell;
}
