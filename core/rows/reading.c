#include "rows/reader_state.h"

#include <string.h>

#include "base/clock.h"
#include "stage/place.h"
#include "stage/rejected.h"

/* GIVEN_UP when it is the document's fault and documents can be rejected for it, which is
 * said once. */
static int give_up(struct reader *r, size_t i, const struct stage *s, int err)
{
	struct text why = { 0 };

	if (atomic_load(&r->readings[i].given_up))
		return GIVEN_UP;
	stage_failure(s, err, &why);
	if (rejected_give_up(r->run, s->config, document_of(r, i), err, why.data)) {
		atomic_store(&r->readings[i].given_up, true);
		err = GIVEN_UP;
	}
	text_release(&why);
	return err;
}

int reading_failed(struct reader *r, size_t i, const struct stage *s, int err)
{
	struct text why = { 0 };

	if (!err || err == ECANCELED)
		return err;
	err = give_up(r, i, s, err);
	if (err == GIVEN_UP)
		return err;
	text_printf(&why, "%s: ", document_of(r, i)->public.uri);
	stage_failure(s, err, &why);
	(err == EINVAL && s->opening ? run_refuse : run_fail)(
		r->run, s->config, err,
		s->invalid && !s->failure.len ? "its options do not fit together" : why.data);
	text_release(&why);
	return err;
}

static int parser_open(struct reader *r, size_t i, struct stage *s)
{
	struct document *d = document_of(r, i);
	double start = clock_now();
	int err = stage_init(s, r->parsers[d->source], r->run, &r->run->pipeline->diagnostics);

	if (!err)
		err = stage_open(s, NULL, d);
	if (!err && !s->out.release)
		err = EPROTO;
	s->seconds += clock_now() - start;
	document_rest(d);
	return err;
}

/* The first instance, which is made by who opens a short document: of thousands of them few
 * are open at once. */
static struct stage *instance_have(struct reading *rd)
{
	if (!rd->instances)
		rd->instances = mem_alloc(sizeof *rd->instances);
	return rd->instances;
}

int reading_open(struct reader *r, size_t i)
{
	struct reading *rd = &r->readings[i];
	bool mine;
	int err;

	pthread_mutex_lock(&r->lock);
	mine = !rd->claimed;
	rd->claimed = true;
	while (!mine && !rd->opened)
		pthread_cond_wait(&r->opened, &r->lock);
	pthread_mutex_unlock(&r->lock);
	if (!mine)
		return rd->err;
	err = parser_open(r, i, instance_have(rd));
	pthread_mutex_lock(&r->lock);
	rd->opened = true;
	rd->err = err;
	pthread_cond_broadcast(&r->opened);
	pthread_mutex_unlock(&r->lock);
	return err;
}

static bool same_columns(const struct ArrowSchema *a, const struct ArrowSchema *b)
{
	int64_t i;

	if (a->n_children != b->n_children)
		return false;
	for (i = 0; i < a->n_children; i++)
		if (strcmp(a->children[i]->name, b->children[i]->name) ||
		    mu_schema_type(a->children[i]) != mu_schema_type(b->children[i]) ||
		    mu_schema_measure(a->children[i]) != mu_schema_measure(b->children[i]))
			return false;
	return true;
}

int reading_compare(struct reader *r, size_t i, const struct stage *s)
{
	size_t source = document_of(r, i)->source, first = r->first[source];
	struct text why = { 0 };

	if (same_columns(&r->readings[first].instances[0].out, &s->out))
		return 0;
	/* Which of the two is wrong is seen when all are read: see reading_tell(). */
	if (r->run->pipeline->on_error == ON_ERROR_REJECT) {
		atomic_store(&r->readings[i].differs, true);
		atomic_store(&r->readings[i].given_up, true);
		return GIVEN_UP;
	}
	text_printf(&why,
		    "%s has other columns than %s; documents of one source must have the "
		    "same: name the columns in the parser's options, or make two sources",
		    document_of(r, i)->public.uri, document_of(r, first)->public.uri);
	run_fail(r->run, r->parsers[source], EINVAL, why.data);
	text_release(&why);
	return EINVAL;
}

struct stage *reading_instance(const struct lane *lane, size_t i)
{
	struct reading *rd = &lane->reader->readings[i];

	return instance_have(rd) + (is_shared(lane->reader, i) ? lane->index : 0);
}

int reading_instance_open(struct lane *lane, size_t i)
{
	struct reader *r = lane->reader;
	struct stage *s = reading_instance(lane, i);
	int err = 0;

	if (!lane->index || !is_shared(r, i))
		err = reading_open(r, i);
	else if (!s->config)
		err = parser_open(r, i, s);
	if (err)
		return reading_failed(r, i, s, err);
	s->item = &lane->item;
	s->ctx.columns_wanted = r->wanted[document_of(r, i)->source];
	return reading_compare(r, i, s);
}

/* All that a document's instances have said goes to the record.  The first document's
 * columns are looked at until the source ends, so that one stays open. */
static void reading_close(struct reader *r, size_t i, struct stage *s)
{
	size_t source = document_of(r, i)->source;
	struct record *record = r->records[source];

	findings_merge(&record->findings, &s->findings);
	checks_add(record->checks, s->checks);
	memset(s->checks, 0, sizeof s->checks);
	record->reported += s->reported;
	s->reported = 0;
	record->seconds += s->seconds;
	s->seconds = 0;
	if (i == r->first[source])
		return;
	if (is_shared(r, i) || !r->n_threads) {
		stage_close(s);
		if (!is_shared(r, i))
			reading_end(r, i);
		return;
	}
	pthread_mutex_lock(&r->lock);
	r->over[r->n_over++] = i;
	pthread_mutex_unlock(&r->lock);
}

void reading_forget(struct reader *r, size_t i)
{
	size_t j;

	for (j = 0; r->readings[i].instances && j < (is_shared(r, i) ? r->n_lanes : 1); j++)
		if (r->readings[i].instances[j].config)
			reading_close(r, i, &r->readings[i].instances[j]);
}

static int instances_merge(struct reader *r, size_t i, struct stage **into)
{
	struct reading *rd = &r->readings[i];
	size_t j;
	int err = 0;

	*into = NULL;
	for (j = 0; j < r->n_lanes; j++) {
		struct stage *s = &rd->instances[j];

		if (!s->config)
			continue;
		if (!*into) {
			*into = s;
			s->item = &r->run->item;
		} else if (!err) {
			err = reading_failed(r, i, *into, stage_merge(*into, s));
		}
	}
	return err;
}

/* The parser of the first document of a source stays open: places can be asked of it.  A lane
 * may be closing that of any other. */
static void parser_lend(struct reader *r, size_t i, struct stage *s)
{
	struct document *d = document_of(r, i);

	if (i != r->first[d->source] || !s->config)
		return;
	s->ctx.pieces = d->pieces;
	s->ctx.n_pieces = d->n_pieces;
	place_lend(r->run, d->public.id, s);
}

int reading_conclude(struct reader *r, size_t i, struct stage *s)
{
	struct ArrowArray rest = { 0 };
	struct mu_piece piece = r->readings[i].next;
	struct text why = { 0 };
	int err = stage_split(s, &piece);

	if (!err)
		err = stage_parse(s, &rest);
	if (!err && rest.release)
		err = EPROTO;
	mu_array_release(&rest);
	err = reading_failed(r, i, s, err);
	if (!err && (err = document_read_end(document_of(r, i), &why)))
		run_fail(r->run, s->config, err, why.data);
	text_release(&why);
	return err;
}

int reading_finish(struct reader *r, size_t i)
{
	struct stage *s = r->readings[i].instances;
	int err = 0;

	if (atomic_load(&r->readings[i].given_up)) {
		document_of(r, i)->cut = true;
		reading_forget(r, i);
		return 0;
	}
	if (is_shared(r, i)) {
		err = instances_merge(r, i, &s);
		if (!err)
			err = reading_conclude(r, i, s);
	}
	r->readings[i].parsed = !err;
	if (err == GIVEN_UP)
		err = 0;
	document_of(r, i)->cut = true;
	reading_close(r, i, s);
	if (r->readings[i].parsed)
		parser_lend(r, i, s);
	return err;
}

static void say_other_columns(struct reader *r, size_t i, size_t n, const char *other)
{
	struct document *d = document_of(r, i);
	struct text message = { 0 };

	text_puts(&message, "it has other columns than ");
	if (n > 1)
		text_printf(&message, "%zu other documents of its source, such as ", n);
	text_printf(&message, "%s: name the columns in the parser's options, or make two sources",
		    other);
	rejected_say(r->run, r->parsers[d->source], d, "run/other-columns", message.data);
	text_release(&message);
}

void reading_tell(struct reader *r, size_t source)
{
	const struct source_result *s = &r->run->sources[source];
	size_t first = r->first[source], differing = 0, alike = 0, last = first, i;

	for (i = s->first_document; i < s->first_document + s->n_documents; i++) {
		bool differs = atomic_load(&r->readings[i].differs);

		last = differs ? i : last;
		differing += differs;
		alike += !differs && !document_of(r, i)->unread;
	}
	if (!differing || document_of(r, first)->blame.errors)
		return;
	if (differing > alike) {
		say_other_columns(r, first, differing, document_of(r, last)->public.name);
		return;
	}
	for (i = s->first_document; i <= last; i++)
		if (atomic_load(&r->readings[i].differs))
			say_other_columns(r, i, 1, document_of(r, first)->public.name);
}

void reading_end(struct reader *r, size_t i)
{
	size_t j;

	for (j = 0; r->readings[i].instances && j < (is_shared(r, i) ? r->n_lanes : 1); j++)
		stage_close(&r->readings[i].instances[j]);
	free(r->readings[i].instances);
	r->readings[i].instances = NULL;
}

void reading_compare_all(struct reader *r)
{
	size_t i;

	for (i = 0; i < r->run->documents.count; i++) {
		size_t first = r->first[document_of(r, i)->source];

		if (i == first || document_of(r, i)->unread || reading_open(r, first) ||
		    reading_open(r, i))
			continue;
		if (!same_columns(&r->readings[first].instances[0].out,
				  &r->readings[i].instances[0].out))
			atomic_store(&r->readings[i].differs, true);
	}
	for (i = 0; i < r->run->n_sources; i++)
		reading_tell(r, i);
}
