/*
 * How long validate/totals takes a row, a claim and a group, without a parser.
 *
 *     make build/tests/bench_totals
 *     build/tests/bench_totals [ROWS [PERIODS [MISSIONS]]]
 *
 * makes batches of 5,000 rows (period, mission, total), sorted by period or with each
 * row of another group than the one before, deals them out to one instance or two
 * that are merged, and states the total of each group in claims behind them.  Prints a
 * table in Markdown: nanoseconds a row, milliseconds for claims and the end, and by how
 * many bytes a group the process grew.
 */
#include <stdlib.h>
#include <time.h>

#include "totals.h"

#include "rig.h"

enum { BATCH = 5000, MISSIONS_MAX = 64 };

static const void *const no_buffers[3] = { NULL, NULL, NULL };

/* Columns of one batch: the arrays are filled anew for each. */
struct feed {
	int32_t period[BATCH], mission[BATCH], level[BATCH];
	int64_t total[BATCH];
	uint64_t at[BATCH];
	struct mu_view missions[MISSIONS_MAX], levels[1];
	struct ArrowArray columns[5], words[2], *children[5], batch;
	const void *buffers[5][2], *word_buffers[2][2];
};

struct bench {
	struct rig rig;
	struct totals self[2];
	size_t n_selves;
	struct feed feed;
	size_t rows, periods, missions;
	bool shuffled;
	int64_t *sums; /* of the groups */
};

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* Bytes that are in memory now. */
static double resident(void)
{
	FILE *file = fopen("/proc/self/statm", "re");
	char line[128] = "", *second;

	if (!file || !fgets(line, sizeof line, file))
		abort();
	fclose(file);
	strtol(line, &second, 10);
	return (double)strtol(second, NULL, 10) * 4096;
}

static void nothing_release(struct ArrowArray *array)
{
	array->release = NULL;
}

static void column_set(struct feed *f, int i, const void *values)
{
	f->buffers[i][1] = values;
	f->columns[i] = (struct ArrowArray){ .length = BATCH,
					     .n_buffers = 2,
					     .buffers = f->buffers[i],
					     .release = nothing_release };
	f->children[i] = &f->columns[i];
}

static void words_set(struct feed *f, int column, int i, const struct mu_view *words, int64_t n)
{
	f->word_buffers[i][1] = words;
	f->words[i] = (struct ArrowArray){ .length = n,
					   .n_buffers = 2,
					   .buffers = f->word_buffers[i],
					   .release = nothing_release };
	f->columns[column].dictionary = &f->words[i];
}

static void feed_init(struct feed *f, size_t missions)
{
	size_t i;

	*f = (struct feed){ .levels = { { .len = 5, { "group" } } } };
	for (i = 0; i < missions; i++)
		f->missions[i].len = snprintf(f->missions[i].bytes, 12, "MISSION%zu", i);
	column_set(f, 0, f->period);
	column_set(f, 1, f->mission);
	column_set(f, 2, f->total);
	column_set(f, 3, f->at);
	column_set(f, 4, f->level);
	words_set(f, 1, 0, f->missions, (int64_t)missions);
	words_set(f, 4, 1, f->levels, 1);
	f->batch = (struct ArrowArray){ .n_children = 5,
					.n_buffers = 1,
					.buffers = (const void **)(uintptr_t)no_buffers,
					.children = f->children,
					.release = nothing_release };
}

/* Of the row at a place among all: its group; and in sorted order four rows each of a
 * mission, as rosters are. */
static size_t group_at(const struct bench *b, size_t row)
{
	size_t each = b->rows / b->periods, period = row / each;

	if (b->shuffled)
		return (size_t)((row * 0x9e3779b97f4a7c15) >> 20) % (b->periods * b->missions);
	return (period % b->periods) * b->missions + row / 4 % b->missions;
}

static void feed_put(struct feed *f, const struct bench *b, int64_t i, size_t group)
{
	f->period[i] = 7000 + (int32_t)(group / b->missions);
	f->mission[i] = (int32_t)(group % b->missions);
}

static void give(struct bench *b, size_t self, int64_t rows)
{
	b->feed.batch.length = rows;
	for (int i = 0; i < 5; i++)
		b->feed.columns[i].length = rows;
	if (muster_plugin.validate(&b->rig.ctx, &b->self[self], &b->feed.batch))
		abort();
}

/* Seconds that validate() took for all rows. */
static double rows_give(struct bench *b)
{
	double took = 0, from;

	b->feed.columns[4].null_count = BATCH;
	for (size_t row = 0; row < b->rows; row += BATCH) {
		for (int64_t i = 0; i < BATCH; i++) {
			size_t group = group_at(b, row + (size_t)i);

			feed_put(&b->feed, b, i, group);
			b->feed.total[i] = (int64_t)(row + (size_t)i) % 1000;
			b->feed.at[i] = mu_at(1, 80 * (row + (size_t)i));
			b->sums[group] += b->feed.total[i];
		}
		b->feed.columns[4].null_count = BATCH;
		from = now();
		give(b, row / BATCH % b->n_selves, BATCH);
		took += now() - from;
	}
	return took;
}

static double claims_give(struct bench *b)
{
	double took = 0, from;
	int64_t n = 0;

	b->feed.columns[4].null_count = 0;
	for (size_t group = 0, batch = 0; group < b->periods * b->missions; group++) {
		feed_put(&b->feed, b, n, group);
		b->feed.total[n] = b->sums[group];
		b->feed.at[n++] = mu_at(2, 30 * group);
		if (n < BATCH && group + 1 < b->periods * b->missions)
			continue;
		from = now();
		give(b, batch++ % b->n_selves, n);
		took += now() - from;
		n = 0;
	}
	return took;
}

static void setting_run(struct bench *b)
{
	const char *of[] = { "total" }, *by[] = { "period", "mission" };
	double rows, claims, merge, end, grown, start;

	b->rig.findings = 0;
	memset(b->rig.checks, 0, sizeof b->rig.checks);
	memset(b->sums, 0, b->periods * b->missions * sizeof *b->sums);
	start = resident();
	for (size_t i = 0; i < b->n_selves; i++) {
		b->self[i] = (struct totals){ .of = { 1, of },
					      .by = { 2, by },
					      .within = WITHIN_ALL,
					      .max_groups = 10000000,
					      .max_patterns = 256,
					      .max_explained = 200000 };
		if (muster_plugin.open(&b->rig.ctx, &b->self[i], NULL))
			abort();
	}
	rows = rows_give(b);
	grown = resident() - start;
	claims = claims_give(b);
	merge = now();
	if (b->n_selves == 2) {
		if (muster_plugin.merge(&b->rig.ctx, &b->self[0], &b->self[1]))
			abort();
		muster_plugin.close(&b->rig.ctx, &b->self[1]);
	}
	end = now();
	if (muster_plugin.validate(&b->rig.ctx, &b->self[0], NULL))
		abort();
	printf("| %s | %zu | %.2f | %.1f | %.1f | %.1f | %.0f | %.0f | %" PRIu64 " of %" PRIu64
	       " |\n",
	       b->shuffled ? "shuffled" : "sorted", b->n_selves, rows * 1e9 / (double)b->rows,
	       claims * 1e3, (end - merge) * 1e3, (now() - end) * 1e3,
	       grown / (double)(b->periods * b->missions),
	       (resident() - start) / (double)(b->periods * b->missions), b->rig.checks[MU_PASS],
	       b->rig.checks[MU_PASS] + b->rig.checks[MU_FAIL] + b->rig.checks[MU_UNEVALUATED]);
	muster_plugin.close(&b->rig.ctx, &b->self[0]);
}

static void schema_make(struct ArrowSchema *schema)
{
	if (mu_schema_init(schema) || mu_schema_add(schema, "period", MU_DATE, false, NULL) ||
	    mu_schema_add(schema, "mission", MU_STRING, false, NULL) ||
	    mu_schema_add(schema, "total", MU_INTEGER, true, NULL) || mu_schema_add_hidden(schema))
		abort();
}

int main(int argc, char **argv)
{
	struct bench *b = calloc(1, sizeof *b);
	struct ArrowSchema schema;

	if (!b)
		return 1;
	rig_init(&b->rig, "unused", (char *)NULL);
	schema_make(&schema);
	b->rig.ctx.schema = &schema;
	b->rows = argc > 1 ? strtoull(argv[1], NULL, 10) : 18250000;
	b->periods = argc > 2 ? strtoull(argv[2], NULL, 10) : 9831;
	b->missions = argc > 3 ? strtoull(argv[3], NULL, 10) : 20;
	b->sums = calloc(b->periods * b->missions, sizeof *b->sums);
	if (!b->sums || !b->rows || !b->missions || b->missions > MISSIONS_MAX)
		return 1;
	feed_init(&b->feed, b->missions);
	printf("| rows | instances | ns a row | claims ms | merge ms | end ms | bytes a group | "
	       "with claims | passed |\n|---|--:|--:|--:|--:|--:|--:|--:|--:|\n");
	for (int i = 0; i < 4; i++) {
		b->shuffled = i & 1;
		b->n_selves = i & 2 ? 2 : 1;
		setting_run(b);
	}
	free(b->sums);
	mu_schema_release(&schema);
	rig_release(&b->rig);
	free(b);
	return 0;
}
