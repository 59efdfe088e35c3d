#include "draft/trial.h"

#include "read/scan.h"

enum { CHECKS_MAX = 100 }; /* totals that are added up */

static bool covers(const struct scan *s, size_t claim, size_t row)
{
	for (size_t i = 0; i < s->layout->n_fields; i++) {
		const struct column *c = s->layout->fields[i].column;
		const struct datum *all = record_datum(s, claim, c);
		struct mu_string a = datum_text(s, all), b = datum_text(s, record_datum(s, row, c));

		if (c->measure || c->capture || all->value.state != VALUE_KNOWN)
			continue;
		if (a.len != b.len || memcmp(a.data, b.data, a.len) != 0)
			return false;
	}
	return true;
}

static void total_check(const struct scan *s, size_t claim, const struct column *c,
			struct outcome *out)
{
	const struct value *stated = &record_datum(s, claim, c)->value;
	int64_t sum = 0;
	size_t rows = 0;

	if (!c->measure || stated->state != VALUE_KNOWN)
		return;
	for (size_t i = 0; i < s->n_records; i++) {
		const struct value *v = &record_datum(s, i, c)->value;

		if (s->records[i].claim || !covers(s, claim, i))
			continue;
		rows++;
		if (v->state != VALUE_KNOWN || __builtin_add_overflow(sum, v->integer, &sum))
			return;
	}
	if (rows && sum == stated->integer)
		out->passed++;
	else
		out->failed++;
}

/* Adds up some of the totals, from all over the document. */
static void totals_check(const struct scan *s, struct outcome *out)
{
	size_t claims = 0, step, n = 0;

	for (size_t i = 0; i < s->n_records; i++)
		claims += s->records[i].claim != NULL;
	step = claims / CHECKS_MAX + 1;
	for (size_t i = 0; i < s->n_records; i++) {
		if (!s->records[i].claim || n++ % step)
			continue;
		for (size_t k = 0; k < s->layout->n_fields; k++)
			total_check(s, i, s->layout->fields[k].column, out);
	}
}

/* How many rows have a label on a line of their own, and on their own line. */
static void labels_count(const struct scan *s, const struct column *c, size_t *alone, size_t *own)
{
	*alone = *own = 0;
	for (size_t i = 0; i < s->n_records; i++) {
		const struct datum *d = record_datum(s, i, c);
		const struct record *r = &s->records[i];
		size_t line = pages_line_of_flat(s->pages, d->flat);

		if (r->claim || !d->len)
			continue;
		if (d->flat >= r->flat && d->flat < r->flat + r->len)
			++*own;
		else if (scan_find(s, s->pages->lines[line].start) == SIZE_MAX)
			++*alone;
	}
}

/* A column whose label most rows have of their own groups none; one that has both labels
 * above rows and beside them, in cells that are merged perhaps, not like that. */
static size_t group_oddity(const struct scan *s, const struct column *c)
{
	size_t alone, own;

	if (c->group != GROUP_ABOVE)
		return 0;
	labels_count(s, c, &alone, &own);
	return alone ? own : own * 4 > s->n_records * 3 ? s->n_records : 0;
}

static bool begins_with_number(struct mu_string text)
{
	size_t digits = 0;

	while (digits < text.len && text.data[digits] >= '0' && text.data[digits] <= '9')
		digits++;
	return digits && digits + 1 < text.len && text.data[digits] == ' ';
}

/* Whether all names of a column have a number in front. */
static bool is_numbered(const struct scan *s, const struct column *c)
{
	size_t names = 0, numbered = 0;

	if (c->type != COLUMN_STRING || !c->header)
		return false;
	for (size_t i = 0; i < s->n_records; i++) {
		struct mu_string text = datum_text(s, record_datum(s, i, c));

		names += text.len && !s->records[i].claim;
		numbered += !s->records[i].claim && begins_with_number(text);
	}
	return numbered > 1 && numbered == names;
}

/* Cells that nothing reads may as well be those of a column that was put elsewhere. */
static size_t oddity(const struct scan *s)
{
	size_t odd = 0;

	for (size_t i = 0; i < s->layout->n_fields; i++) {
		const struct column *c = s->layout->fields[i].column;

		odd += group_oddity(s, c) + is_numbered(s, c);
		for (size_t k = 0; k < c->missing.count; k++)
			odd += !*c->missing.items[k];
	}
	return odd;
}

int trial_run(struct mu_ctx *ctx, const struct reader *reader, const struct pages *pages,
	      const struct plan *plan, struct outcome *out)
{
	struct layout *layout = mu_alloc(ctx, sizeof *layout);
	struct scan *scan = mu_alloc(ctx, sizeof *scan);
	int err = plan_compile(ctx, plan, layout);

	*out = (struct outcome){ 0 };
	*scan = (struct scan){ .ctx = ctx,
			       .layout = layout,
			       .reader = reader,
			       .pages = pages,
			       .quiet = true,
			       .troubles = &out->troubles };
	if (!err)
		err = scan_run(scan);
	for (size_t i = 0; !err && i < scan->n_records; i++)
		out->rows += !scan->records[i].claim;
	if (!err)
		totals_check(scan, out);
	if (!err)
		out->odd = oddity(scan);
	scan_release(scan);
	layout_release(layout);
	if (err && err != ENOMEM && err != ECANCELED) {
		out->rows = 0;
		err = 0;
	}
	return err;
}
