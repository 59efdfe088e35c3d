#include "stage/place.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "stage/run.h"

#define REPEATED_LOOK 8 /* findings before one among which the same one is looked for */

/* A parser that has read its document to the end, and stays open. */
struct lent {
	uint32_t document;
	struct stage *parser;
};

/* One open locator is enough: rows are asked for in the order of documents. */
struct locators {
	struct lent *lent; /* by the reader */
	size_t n_lent;
	struct stage own;
	struct stage *stage; /* NULL: there are no places in the document */
	uint32_t document;   /* that it is open for; 0: none */
};

char *place_column(const struct ArrowSchema *in, const struct ArrowSchema *out, const char *field)
{
	const struct ArrowSchema *schemas[2] = { in, out };
	char from[256];
	size_t i;

	for (i = 0; i < 2; i++) {
		int64_t column = schemas[i] ? mu_schema_find(schemas[i], field) : -1;

		if (column >= 0 && mu_schema_from(schemas[i]->children[column], from, sizeof from))
			return mem_copy(from);
	}
	return NULL;
}

static struct locators *locators_of(struct run *run)
{
	if (!run->locators)
		run->locators = mem_alloc(sizeof *run->locators);
	return run->locators;
}

void place_lend(struct run *run, uint32_t document, struct stage *parser)
{
	struct locators *l = locators_of(run);

	l->lent = mem_resize(l->lent, l->n_lent + 1, sizeof *l->lent);
	l->lent[l->n_lent++] = (struct lent){ .document = document, .parser = parser };
}

static struct stage *find_lent(const struct locators *l, uint32_t document)
{
	size_t i;

	for (i = 0; i < l->n_lent; i++)
		if (l->lent[i].document == document && l->lent[i].parser->config)
			return l->lent[i].parser;
	return NULL;
}

static int locator_open(struct run *run, struct locators *l, uint32_t id)
{
	struct document *d = documents_get(&run->documents, id);
	const struct chain *source = d ? run_chain(run, d->public.source) : NULL;
	const struct stage_config *config = source ? chain_parser(source) : NULL;
	int err;

	stage_close(&l->own);
	l->document = id;
	l->stage = NULL;
	if (!config || !config->plugin->api.locate)
		return 0;
	l->stage = find_lent(l, id);
	if (l->stage) {
		l->stage->quiet = true;
		return 0;
	}
	err = stage_init(&l->own, config, run, NULL);
	l->own.quiet = true;
	if (!err)
		err = stage_open(&l->own, NULL, d);
	l->stage = err ? NULL : &l->own;
	return err;
}

int place_find(struct run *run, uint64_t at, const char *from, struct mu_place *out)
{
	struct locators *l;
	int err = 0;

	*out = (struct mu_place){ .size = sizeof *out };
	at &= ~MU_AT_REJECTED;
	if (!at)
		return 0;
	l = locators_of(run);
	if (l->document != mu_at_document(at))
		err = locator_open(run, l, mu_at_document(at));
	if (!err && l->stage)
		err = stage_locate(l->stage, mu_at_position(at), from, out);
	if (err)
		*out = (struct mu_place){ .size = sizeof *out };
	return err;
}

static char *text_of(const char *bytes, size_t len, size_t *kept)
{
	struct text out = { 0 };

	text_add(&out, bytes, len > FINDING_TEXT ? FINDING_TEXT : len);
	text_add(&out, "", 0);
	*kept = out.len;
	return out.data ? out.data : mem_copy("");
}

void place_rest(struct run *run, uint64_t at, const struct mu_place *place)
{
	struct document *d = documents_get(&run->documents, mu_at_document(at));

	if (d)
		document_rest_behind(d, place->text);
}

const char *place_failure(const struct run *run)
{
	const struct locators *l = run->locators;
	const struct stage *s = !l ? NULL : l->stage ? l->stage : &l->own;

	return s && s->failure.len ? s->failure.data : "its parser gives no reason";
}

static void locate(struct run *run, struct finding *f)
{
	uint64_t at = f->at ? f->at : f->other;
	struct mu_place place;

	if (!at || f->located)
		return;
	/* A finding without a place says more than none. */
	place_find(run, at, f->at ? f->from : NULL, &place);
	f->located = true;
	f->document = mu_at_document(at);
	f->page = place.page;
	f->line = place.line;
	f->column = place.column;
	f->width = place.width;
	f->cell = place.cell ? mem_copy(place.cell) : NULL;
	f->text = place.text ? text_of(place.text, place.text_len, &f->text_len) : NULL;
	if (!f->value && place.value && f->from)
		f->value = text_of(place.value, place.value_len, &f->value_len);
	place_rest(run, at, &place);
}

static int by_place(const void *a, const void *b)
{
	const struct finding *x = *(struct finding *const *)a, *y = *(struct finding *const *)b;
	uint64_t at[2] = { (x->at ? x->at : x->other) & ~MU_AT_REJECTED,
			   (y->at ? y->at : y->other) & ~MU_AT_REJECTED };

	return (at[0] > at[1]) - (at[0] < at[1]);
}

void place_write(const struct mu_place *place, const char *name, struct text *out)
{
	bool known = place->line || place->cell;

	if (name)
		text_printf(out, "%s%s", name, known || place->page ? ", " : "");
	if (place->page)
		text_printf(out, "page %" PRIu32 "%s", place->page, known ? ", " : "");
	if (place->cell)
		text_puts(out, place->cell);
	else if (place->line)
		text_printf(out, "line %" PRIu64, place->line);
	else if (!place->page && !name)
		text_puts(out, "of the same document");
}

/* A message about two rows names the place of the second, too. */
static void second_name(struct run *run, struct finding *f)
{
	const struct finding *second = f->second;
	const struct document *d = documents_get(&run->documents, second->document);
	const struct mu_place place = { .page = second->page,
					.line = second->line,
					.cell = second->cell };
	struct text message = { 0 };

	text_puts(&message, f->message);
	text_puts(&message, "; the other is ");
	place_write(&place, d && second->document != f->document ? d->public.uri : NULL, &message);
	free(f->message);
	f->message = message.data;
}

static bool text_same(const char *a, const char *b)
{
	return a == b || (a && b && !strcmp(a, b));
}

/* Whether two findings say the same of a column in rows of one document, and may be about one
 * place. */
static bool findings_alike(const struct finding *a, const struct finding *b)
{
	return !a->lone && !b->lone && a->at && b->at && a->from && a->stage == b->stage &&
	       a->severity == b->severity && mu_at_document(a->at) == mu_at_document(b->at) &&
	       text_same(a->from, b->from) && !strcmp(a->code, b->code) &&
	       !strcmp(a->message, b->message);
}

/* Whether two rows have their value from one place, such as the date in a heading. */
static bool place_same(const struct finding *a, const struct finding *b)
{
	return a->page == b->page && a->line == b->line && a->column == b->column &&
	       (a->line || a->cell) && text_same(a->cell, b->cell);
}

static void repeated_say(struct finding *f)
{
	struct text message = { 0 };

	text_printf(&message, "%s; likewise in %" PRIu64 " more row%s that ha%s it from there",
		    f->message, f->repeated, mu_plural(f->repeated), f->repeated == 1 ? "s" : "ve");
	free(f->message);
	f->message = message.data;
}

/* What is wrong in one place is one finding, in however many rows the place's value is. */
static void repeated_fold(struct run *run)
{
	struct findings *findings = &run->findings;
	size_t kept = 0, i, k;

	for (i = 0; i < findings->count; i++) {
		struct finding *f = &findings->items[i], *first = NULL;

		for (k = kept; k-- > 0 && kept - k <= REPEATED_LOOK && !first;)
			if (findings_alike(&findings->items[k], f))
				first = &findings->items[k];
		if (first && !first->apart) {
			locate(run, first);
			locate(run, f);
			first->apart = !place_same(first, f);
		}
		if (first && !first->apart) {
			first->repeated++;
			run->counts[f->severity]--;
			finding_release(f);
			continue;
		}
		f->apart = first != NULL;
		findings->items[kept++] = *f;
	}
	findings->count = kept;
	for (i = 0; i < kept; i++)
		if (findings->items[i].repeated)
			repeated_say(&findings->items[i]);
}

/* In the order of places, so that each document is opened once. */
void places_find(struct run *run)
{
	struct findings *findings = &run->findings;
	size_t n, i, j;
	struct finding **all;

	repeated_fold(run);
	n = findings->count;
	for (i = 0; i < findings->count; i++)
		n += findings->items[i].n_explanations + 1;
	all = mem_alloc((n + 1) * sizeof(struct finding *));
	for (n = i = 0; i < findings->count; i++) {
		struct finding *f = &findings->items[i];

		if (!run->options.details && !findings_shows(findings, i))
			continue;
		all[n++] = f;
		if (f->second)
			all[n++] = f->second;
		for (j = 0; j < f->n_explanations; j++)
			all[n++] = &f->explanations[j];
	}
	qsort(all, n, sizeof(struct finding *), by_place);
	for (i = 0; i < n; i++)
		locate(run, all[i]);
	for (i = 0; i < findings->count; i++)
		if (findings->items[i].second && findings->items[i].second->located)
			second_name(run, &findings->items[i]);
	free(all);
}

void locators_free(struct run *run)
{
	if (run->locators) {
		stage_close(&run->locators->own);
		free(run->locators->lent);
	}
	free(run->locators);
	run->locators = NULL;
}
