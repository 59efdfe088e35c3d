#include "rows/exporters.h"

#include <stdlib.h>

#include "base/clock.h"
#include "base/surroundings.h"
#include "rows/link.h"
#include "rows/pick.h"
#include "stage/batch.h"

#define TOGETHER 4096 /* rows that an exporter is given at once, or more */

int exporters_open(struct exporters *x, struct run *run, const struct flow *end)
{
	const struct chain *chain = &run->pipeline->dataset;
	size_t i;
	int err = 0;

	*x = (struct exporters){ .run = run, .schema = end->schema };
	if (!run->publish.staging)
		return 0;
	x->items = mem_alloc((chain->count + 1) * sizeof *x->items);
	for (i = 0; !err && i < chain->count; i++) {
		struct stage *s = &x->items[x->count];

		if (chain->stages[i].plugin->step != STEP_EXPORT)
			continue;
		x->count++;
		run_record(run, &chain->stages[i])->opened = true;
		err = stage_init(s, &chain->stages[i], run, &run->pipeline->diagnostics);
		if (!err)
			err = stage_open(s, end, NULL);
		stage_failed(run, s, err);
	}
	return err;
}

/* Who releases a slice releases nothing. */
static void slice_release(struct ArrowArray *slice)
{
	slice->release = NULL;
}

/* Some rows of a batch as a batch of their own; nothing is copied, and only the whole
 * is to be released. */
static struct ArrowArray slice(const struct ArrowArray *rows, int64_t first, int64_t end)
{
	struct ArrowArray out = *rows;

	out.offset += first;
	out.length = end - first;
	out.null_count = -1;
	out.release = slice_release;
	return out;
}

static int feed_slice(struct exporters *x, const struct ArrowArray *rows)
{
	size_t i;
	int err = 0;

	for (i = 0; !err && i < x->count; i++) {
		struct stage *s = &x->items[i];
		double start = clock_now();

		err = stage_export(s, rows);
		s->seconds += clock_now() - start;
		stage_failed(x->run, s, err);
	}
	return err;
}

/* How many rows from `first` on are data like the first one, or claims like it. */
static int64_t alike(const struct mu_rows *hidden, int64_t first, int64_t end)
{
	bool claim = mu_row_is_claim(hidden, first);
	int64_t i = hidden->no_claims ? end : first;

	while (i < end && mu_row_is_claim(hidden, i) == claim)
		i++;
	return i - first;
}

/* The first exporter that did not come with muster; NULL: there is none. */
static const struct stage *foreign_of(const struct exporters *x)
{
	size_t i;

	for (i = 0; i < x->count; i++)
		if (x->items[i].config->plugin->foreign)
			return &x->items[i];
	return NULL;
}

static int look_again(struct exporters *x, const struct ArrowArray *rows, uint64_t digest)
{
	const struct stage *foreign = foreign_of(x);

	if (!foreign || batch_digest(x->schema, rows) == digest)
		return 0;
	return run_fail(x->run, foreign->config, EPROTO,
			"the plugin changed rows that it may only look at");
}

/* Stretches of a batch that are to be fed together. */
struct tray {
	const struct ArrowArray *rows;
	struct stretch *items;
	size_t n;
	int64_t count; /* rows in all of them */
};

static int feed_picked(struct exporters *x, const struct tray *tray)
{
	struct ArrowArray picked;
	uint64_t digest;
	int err;

	rows_pick(x->schema, tray->rows, tray->items, tray->n, &picked);
	digest = foreign_of(x) ? batch_digest(x->schema, &picked) : 0;
	err = feed_slice(x, &picked);
	if (!err)
		err = look_again(x, &picked, digest);
	mu_array_release(&picked);
	return err;
}

/* What can no longer be published is not written either. */
static int tray_empty(struct exporters *x, struct tray *tray)
{
	struct ArrowArray part;
	int err = 0;

	if (tray->n == 1 && !atomic_load(&x->run->unfit)) {
		part = slice(tray->rows, tray->items[0].first,
			     tray->items[0].first + tray->items[0].count);
		err = feed_slice(x, &part);
	} else if (tray->n && !atomic_load(&x->run->unfit)) {
		err = feed_picked(x, tray);
	}
	tray->n = 0;
	tray->count = 0;
	return err;
}

/* An exporter has to look at all words of a batch anew, which would cost more than a few rows
 * do.  So short stretches are picked out and fed together, and long ones as they are. */
static int tray_add(struct exporters *x, struct tray *tray, int64_t first, int64_t count)
{
	int err = count >= TOGETHER ? tray_empty(x, tray) : 0;

	if (err)
		return err;
	if (!(tray->n & (tray->n - 1)))
		tray->items =
			mem_resize(tray->items, tray->n ? 2 * tray->n : 1, sizeof *tray->items);
	tray->items[tray->n++] = (struct stretch){ .first = first, .count = count };
	tray->count += count;
	return tray->count >= TOGETHER ? tray_empty(x, tray) : 0;
}

/* Rows from one to another, but for those that are claims. */
static int feed_data(struct exporters *x, struct tray *tray, const struct mu_rows *hidden,
		     int64_t first, int64_t end)
{
	int err = 0;

	while (!err && first < end && !atomic_load(&x->run->unfit)) {
		int64_t n = alike(hidden, first, end);

		if (!mu_row_is_claim(hidden, first))
			err = tray_add(x, tray, first, n);
		first += n;
	}
	return err;
}

/* How many of the rows with these indices follow one another and are data. */
static size_t data_run(const struct mu_rows *hidden, const int64_t *rows, size_t n)
{
	size_t i = 0;

	while (i < n && rows[i] == rows[0] + (int64_t)i && !mu_row_is_claim(hidden, rows[i]))
		i++;
	return i;
}

/* Which rows of a batch are rejected; those that are data are counted. */
static int64_t *withhold(struct run *run, const struct ArrowSchema *schema,
			 const struct ArrowArray *rows, size_t *n)
{
	struct mu_rows hidden = mu_rows(schema, rows);
	int64_t *withheld = rejections_withhold(&run->rejections, schema, rows, n);
	struct stretch *stretches = *n ? mem_alloc(*n * sizeof *stretches) : NULL;
	struct ArrowArray picked;
	size_t count, n_stretches = 0, i;

	for (i = 0; i < *n; i += count ? count : 1) {
		count = data_run(&hidden, withheld + i, *n - i);
		if (count)
			stretches[n_stretches++] =
				(struct stretch){ .first = withheld[i], .count = (int64_t)count };
	}
	if (n_stretches) {
		if (n_stretches == 1)
			picked = slice(rows, stretches[0].first,
				       stretches[0].first + stretches[0].count);
		else
			rows_pick(schema, rows, stretches, n_stretches, &picked);
		pthread_mutex_lock(&run->lock);
		balance_add(&run->withheld, schema, &picked);
		pthread_mutex_unlock(&run->lock);
		mu_array_release(&picked);
	}
	free(stretches);
	return withheld;
}

void exporters_withhold(struct run *run, const struct ArrowSchema *schema,
			const struct ArrowArray *rows)
{
	size_t n;

	free(withhold(run, schema, rows, &n));
}

static int feed_all(struct exporters *x, const struct ArrowArray *rows)
{
	struct mu_rows hidden = mu_rows(x->schema, rows);
	struct tray tray = { .rows = rows };
	int64_t first = 0;
	size_t n, i;
	int64_t *withheld = withhold(x->run, x->schema, rows, &n);
	int err = 0;

	for (i = 0; !err && i < n; i++) {
		err = feed_data(x, &tray, &hidden, first, withheld[i]);
		first = withheld[i] + 1;
	}
	if (!err)
		err = feed_data(x, &tray, &hidden, first, rows->length);
	if (!err)
		err = tray_empty(x, &tray);
	free(tray.items);
	free(withheld);
	return err;
}

/* All of a batch that is neither claim nor rejected.  A batch is compared as a whole, since
 * it may be cut into as many slices as it has rows. */
int exporters_feed(struct exporters *x, const struct ArrowArray *rows)
{
	uint64_t digest = foreign_of(x) ? batch_digest(x->schema, rows) : 0;
	int err;

	if (x->run->rows)
		rowset_add(x->run->rows, rows);
	err = feed_all(x, rows);
	return err ? err : look_again(x, rows, digest);
}

int exporters_finish(struct exporters *x)
{
	size_t i;
	int err = 0;

	for (i = 0; !err && i < x->count; i++) {
		struct stage *s = &x->items[i];
		double start = clock_now();

		err = stage_export(s, NULL);
		s->seconds += clock_now() - start;
		stage_failed(x->run, s, err);
	}
	return err;
}

static void measure(struct run *run, const struct stage_config *config)
{
	struct text why = { 0 };
	int err = publish_measure(&run->publish, config->name, &why);

	if (err)
		run_fail(run, NULL, err, why.data);
	text_release(&why);
}

void exporters_close(struct exporters *x)
{
	bool foreign = foreign_of(x) != NULL;
	size_t i;

	for (i = 0; i < x->count; i++) {
		const struct stage_config *config = x->items[i].config;
		struct record *r = run_record(x->run, config);

		r->in = &x->run->dataset;
		record_end(r, &x->items[i]);
		if (x->run->exported)
			measure(x->run, config);
	}
	for (i = 0; foreign && i < x->run->publish.n_outputs; i++)
		surroundings_mode(x->run->publish.outputs[i].staged);
	free(x->items);
}
