#include "run/work.h"

#include <errno.h>
#include <stdlib.h>

#include "base/interrupt.h"
#include "stage/part.h"

/* What comes behind the shared links of a source. */
static int head_next(void *from, struct ArrowArray *out)
{
	struct head *h = from;
	struct reader *reader = h->run->reader;
	bool named = false;
	int err;

	*out = (struct ArrowArray){ 0 };
	if (h->ended)
		return 0;
	err = interrupt_signal() ? ECANCELED : reader_next(reader, h->source, out);
	if (err)
		return err;
	if (!out->release) {
		h->ended = true;
		return links_end(&h->links, h->links.shared);
	}
	return reader_pushes(reader, h->source)
		       ? 0
		       : links_push(&h->links, h->links.shared, out, &named);
}

/* Whether batches of a source have passed the shared links of the dataset, too. */
static bool has_passed(const struct work *w, size_t source)
{
	return reader_pushes(w->run->reader, source) &&
	       w->heads[source].links.shared == w->heads[source].links.count;
}

/* What all sources have given, as the dataset's first link gets it. */
static void count_appended(struct work *w)
{
	struct balance *all = &w->run->appended;
	size_t i;

	all->rows = all->claims = 0;
	for (i = 0; i < all->n_measures; i++) {
		all->measures[i].sum = 0;
		all->measures[i].overflow = false;
	}
	for (i = 0; i < w->run->n_sources; i++)
		balance_merge(all, w->heads[i].balance);
}

static int appended_end(struct work *w)
{
	int err = reader_end(w->run->reader);

	count_appended(w);
	return err ? err : links_end(&w->dataset, w->dataset.shared);
}

/* All sources one after the other, behind the shared links of the dataset. */
static int append_next(void *from, struct ArrowArray *out)
{
	struct work *w = from;

	*out = (struct ArrowArray){ 0 };
	while (w->current < w->run->n_sources) {
		struct head *h = &w->heads[w->current];
		bool named = false;
		int err = h->end.next(h->end.from, out);

		if (!err && out->release && !has_passed(w, w->current)) {
			batch_order(w->ends[0], h->end.schema, out);
			err = links_push(&w->dataset, w->dataset.shared, out, &named);
			if (!err && !out->release)
				continue;
		}
		if (err || out->release)
			return err;
		w->current++;
		if (w->current == w->run->n_sources)
			return appended_end(w);
	}
	return 0;
}

/* Every column of the one is in the other, with the same type. */
static bool columns_within(const struct ArrowSchema *a, const struct ArrowSchema *b,
			   const char *name_a, const char *name_b, struct text *why)
{
	int64_t i;

	for (i = 0; i < a->n_children; i++) {
		int64_t j = mu_schema_find(b, a->children[i]->name);

		if (j >= 0 && mu_schema_type(a->children[i]) == mu_schema_type(b->children[j]))
			continue;
		text_printf(why, "sources %s and %s cannot be appended: ", name_a, name_b);
		if (j < 0)
			text_printf(why, "%s has no column '%s'", name_b, a->children[i]->name);
		else
			text_printf(why, "column '%s' is %s in one and %s in the other",
				    a->children[i]->name,
				    mu_data_name(mu_schema_type(a->children[i])),
				    mu_data_name(mu_schema_type(b->children[j])));
		return false;
	}
	return true;
}

static int append_open(struct work *w)
{
	struct run *run = w->run;
	struct text why = { 0 };
	size_t i;
	bool ok = true;

	for (i = 1; ok && i < run->n_sources; i++) {
		const struct ArrowSchema *a = w->ends[0], *b = w->ends[i];
		const char *name_a = run->sources[0].name, *name_b = run->sources[i].name;

		ok = columns_within(a, b, name_a, name_b, &why) &&
		     columns_within(b, a, name_b, name_a, &why);
	}
	if (!ok)
		run_refuse(run, NULL, EINVAL, why.data);
	text_release(&why);
	if (!ok)
		return EINVAL;
	if (balance_init(&run->appended, w->ends[0], run_table(run)))
		return run_fail(run, NULL, E2BIG, "more measures than can be counted");
	w->end = (struct flow){ .from = w, .next = append_next, .schema = w->ends[0] };
	w->balance = &run->appended;
	return 0;
}

/* No document tells them. */
static int no_columns(struct run *run, size_t source)
{
	run_report(run, "run/no-rows",
		   (struct finding){ .severity = MU_ERROR, .source = run->sources[source].name },
		   "the document that should tell the columns of the source cannot be read");
	return ENODATA;
}

static int head_open(struct work *w, size_t i)
{
	struct run *run = w->run;
	struct head *h = &w->heads[i];
	const struct chain *chain = run_chain(run, run->sources[i].name);
	struct record *record = run_record(run, chain_parser(chain));
	const struct ArrowSchema *schema = reader_schema(run->reader, i);
	int err;

	if (!schema)
		return run_has_failed(run) ? EIO : no_columns(run, i);
	*h = (struct head){ .run = run, .source = i };
	h->parsed = h->end = (struct flow){ .from = h, .next = head_next, .schema = schema };
	record->opened = true;
	err = record_count(run, record, schema);
	h->balance = record->out;
	if (!err)
		err = links_open(run, &h->links, chain, 2, &h->end, &h->balance);
	w->sources[i] = &h->links;
	w->ends[i] = h->end.schema;
	return err;
}

/* Exporters look at all columns, and so does who compares them. */
static bool *exported_columns(const struct work *w)
{
	size_t n = (size_t)mu_schema_visible(w->end.schema), i;
	bool *columns = mem_alloc(n + 1);

	for (i = 0; i < n; i++)
		columns[i] = w->exporters.count > 0 || w->run->rows;
	return columns;
}

/* Which columns of each parser are looked at, from the exporters backwards. */
static void find_wanted(struct work *w)
{
	bool *appended = links_uses(&w->dataset, exported_columns(w));
	size_t i, j;

	for (i = 0; i < w->run->n_sources; i++) {
		const struct ArrowSchema *end = w->ends[i];
		size_t n = (size_t)mu_schema_visible(end);
		bool *columns = mem_alloc(n + 1);

		for (j = 0; j < n; j++)
			columns[j] = appended[mu_schema_find(w->ends[0], end->children[j]->name)];
		w->wanted[i] = w->heads[i].wanted = links_uses(&w->heads[i].links, columns);
	}
	free(appended);
}

/* From here on rows can flow. */
static int share(struct work *w)
{
	size_t i;

	for (i = 0; i < w->run->n_sources; i++)
		links_share(&w->heads[i].links, &w->heads[i].parsed, &w->heads[i].end);
	links_share(&w->dataset, &(struct flow){ .from = w, .next = append_next }, &w->end);
	find_wanted(w);
	return reader_start(w->run->reader, w->sources, &w->dataset, w->ends, w->end.schema,
			    w->wanted);
}

int work_open(struct work *w)
{
	struct run *run = w->run;
	size_t n = run->n_sources + 1, i;
	int err = 0;

	run->reader = reader_new(run);
	w->heads = mem_alloc(n * sizeof *w->heads);
	w->sources = mem_alloc(n * sizeof(struct links *));
	w->ends = mem_alloc(n * sizeof(struct ArrowSchema *));
	w->wanted = mem_alloc(n * sizeof(bool *));
	for (i = 0; !err && i < run->n_sources; i++)
		err = head_open(w, i);
	if (!err)
		err = append_open(w);
	if (!err)
		err = links_open(run, &w->dataset, &run->pipeline->dataset, 0, &w->end,
				 &w->balance);
	if (!err && balance_init(&run->withheld, w->end.schema, run_table(run)))
		err = run_fail(run, NULL, E2BIG, "more measures than can be counted");
	if (!err)
		err = exporters_open(&w->exporters, run, &w->end);
	if (!err && (run->differs || run->options.compare)) {
		run->rows = mem_alloc(sizeof *run->rows);
		run->rows->most = run->options.sample;
		run->rows->rejected = run->options.sample > 0;
		err = rowset_open(run->rows, w->end.schema, run_table(run), &run->documents);
	}
	return err ? err : share(w);
}

/* Whether a later finding may still reject a row that has passed: stages that are shared
 * speak of rows while they have them at hand. */
static bool may_come_back(const struct work *w)
{
	size_t i;

	for (i = 0; i < w->run->n_sources; i++)
		if (w->heads[i].links.shared < w->heads[i].links.count)
			return true;
	return w->dataset.shared < w->dataset.count;
}

static void held_add(struct work *w, struct ArrowArray rows)
{
	w->held = mem_resize(w->held, w->n_held + 1, sizeof *w->held);
	w->held[w->n_held++] = rows;
}

/* Hands what is held to the exporters, unless `err` says that nobody wants it. */
static int held_feed(struct work *w, int err)
{
	for (size_t i = 0; i < w->n_held; i++) {
		if (!err)
			err = exporters_feed(&w->exporters, &w->held[i]);
		mu_array_release(&w->held[i]);
	}
	w->n_held = 0;
	return err;
}

/* With on_error: reject rows are held, if they may come back, until every validator has
 * seen the last one.  Otherwise only the first batch is, until there is another or the end:
 * of a short document that is all, and the parser that has read it to its end then looks up
 * places of its rows, where another one would have to read it again. */
int work_pump(struct work *w)
{
	struct flow *flow = &w->end;
	bool hold = w->run->pipeline->on_error == ON_ERROR_REJECT && may_come_back(w);
	bool first = w->exporters.count && !w->run->rows;
	struct ArrowArray rows = { 0 };
	int err;

	while (!(err = interrupt_signal() ? ECANCELED : flow->next(flow->from, &rows)) &&
	       rows.release) {
		if (hold || first) {
			held_add(w, rows);
			first = false;
			continue;
		}
		err = held_feed(w, 0);
		if (!err)
			err = exporters_feed(&w->exporters, &rows);
		mu_array_release(&rows);
		if (err || (w->run->options.sample && w->run->rows->full))
			break;
	}
	err = held_feed(w, err);
	free(w->held);
	w->held = NULL;
	return err;
}

/* What the exporters see is what came out in the end, but for claims and what is
 * withheld.  In a run that was cut short lanes have withheld rows that nobody has counted
 * yet. */
void work_count(struct work *w, bool cut_short)
{
	if (!w->balance)
		return;
	count_appended(w);
	balance_copy(&w->run->dataset, w->balance);
	if (!cut_short)
		balance_subtract(&w->run->dataset, &w->run->withheld);
	w->run->dataset.claims = 0;
}

void work_close(struct work *w)
{
	size_t i;

	exporters_close(&w->exporters);
	/* Before the links of the run, in which those of the lanes have ended. */
	reader_stop(w->run->reader);
	links_close(&w->dataset);
	for (i = 0; w->heads && i < w->run->n_sources; i++) {
		links_close(&w->heads[i].links);
		free(w->heads[i].wanted);
	}
	free(w->heads);
	free(w->sources);
	free(w->ends);
	free(w->wanted);
}

bool work_is_fit(struct work *w)
{
	struct run *run = w->run;
	struct verdict v = { .unevaluated = false };
	size_t i, j;

	parts_forget(run);
	verdict_claims(run);
	verdict_count(run, &v);
	for (i = 0; i <= run->n_sources; i++) {
		const struct links *links = i < run->n_sources ? &w->heads[i].links : &w->dataset;

		for (j = 0; j < links->count; j++)
			verdict_add_stage(&v, &links->items[j].stage);
	}
	for (i = 0; i < w->exporters.count; i++)
		verdict_add_stage(&v, &w->exporters.items[i]);
	verdict_check(run, &v);
	return verdict_is_fit(run, &v);
}
