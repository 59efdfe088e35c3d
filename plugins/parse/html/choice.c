#include "html.h"

#include <inttypes.h>
#include <stdio.h>

enum { SHOWN_CELLS = 4 }; /* of a header, in a message */

/* How many bytes of white space a text begins with. */
static size_t blank_length(struct mu_string text)
{
	if (text.len && token_is_space(*text.data))
		return 1;
	return text.len > 1 && !memcmp(text.data, "\xc2\xa0", 2) ? 2 : 0;
}

static size_t blanks_length(struct mu_string text)
{
	size_t all = 0, n;

	while ((n = blank_length((struct mu_string){ text.data + all, text.len - all })))
		all += n;
	return all;
}

/* Whether two texts are the same, in which any white space is as good as one blank. */
static bool same_words(struct mu_string a, struct mu_string b)
{
	size_t m, n;

	a = mu_trim(a);
	b = mu_trim(b);
	while (a.len && b.len) {
		m = blanks_length(a);
		n = blanks_length(b);
		if (!m != !n || (!m && *a.data != *b.data))
			return false;
		m = m ? m : 1;
		n = n ? n : 1;
		a = (struct mu_string){ a.data + m, a.len - m };
		b = (struct mu_string){ b.data + n, b.len - n };
	}
	return !a.len && !b.len;
}

/* -------------------------------------------------------------- the header */

static size_t row_width(const struct table *t, int64_t row)
{
	return t->header_end[row] - (row ? t->header_end[row - 1] : 0);
}

static struct mu_string name_at(const struct table *t, int64_t row, size_t column)
{
	const struct name *name;

	if (column >= row_width(t, row))
		return (struct mu_string){ "", 0 };
	name = &t->names[(row ? t->header_end[row - 1] : 0) + column];
	return (struct mu_string){ name->len ? t->header.data + name->from : "", name->len };
}

static size_t header_width(const struct table *t)
{
	size_t width = 0;
	int64_t row;

	for (row = 0; row < t->n_header; row++)
		if (row_width(t, row) > width)
			width = row_width(t, row);
	return width;
}

static bool column_says(const struct table *t, size_t column, struct mu_string text)
{
	int64_t row;

	for (row = 0; row < t->n_header; row++)
		if (same_words(name_at(t, row, column), text))
			return true;
	return false;
}

/* Whether a column has what is declared of one, as the grid will find it. */
static bool column_fits(const struct table *t, size_t column, const struct declared_column *c)
{
	int64_t row;

	if (c->header.count < 2)
		return column_says(t, column,
				   mu_string(c->header.count ? c->header.items[0] : c->name));
	for (row = 0; row < t->n_header; row++)
		if (strcmp(c->header.items[row], "*") != 0 &&
		    !same_words(name_at(t, row, column), mu_string(c->header.items[row])))
			return false;
	return true;
}

static bool has_column(const struct table *t, const struct declared_column *c)
{
	size_t width = header_width(t), i;

	if (c->position && !c->header.count)
		return (size_t)c->position <= width;
	if (c->position)
		return (size_t)c->position <= width && column_fits(t, (size_t)c->position - 1, c);
	for (i = 0; i < width; i++)
		if (column_fits(t, i, c))
			return true;
	return false;
}

static bool has_columns(const struct self *self, const struct table *t)
{
	const struct declared_column *c = self->grid.columns.items;
	size_t i;

	if (!self->grid.header_rows)
		return true;
	if (t->n_header < self->grid.header_rows)
		return false;
	for (i = 0; i < self->grid.columns.count; i++)
		if (!c[i].optional && !c[i].status_of && !has_column(t, &c[i]))
			return false;
	return true;
}

static bool has_texts(const struct self *self, const struct table *t)
{
	size_t width = header_width(t), i, column;

	for (i = 0; i < self->contains.count; i++) {
		for (column = 0; column < width; column++)
			if (column_says(t, column, mu_string(self->contains.items[i])))
				break;
		if (column == width)
			return false;
	}
	return true;
}

/* ------------------------------------------------------------- the heading */

static int has_pattern(struct mu_ctx *ctx, const struct self *self, struct mu_string text,
		       bool *has)
{
	struct pattern_match match;
	int found = pattern_find(ctx, self->pattern, text, 0, &match);

	if (found > 0)
		*has = true;
	return found < 0 ? -found : 0;
}

/* Whether the caption, or the heading above, is the one that is wanted. */
static int has_heading(struct mu_ctx *ctx, const struct self *self, const struct table *t,
		       bool *has)
{
	struct mu_string heading = prose_text(&t->heading), caption = prose_text(&t->caption);
	int err;

	*has = true;
	if (self->heading)
		*has = same_words(heading, mu_string(self->heading)) ||
		       same_words(caption, mu_string(self->heading));
	if (!self->pattern || !*has)
		return 0;
	*has = false;
	err = has_pattern(ctx, self, heading, has);
	return err ? err : has_pattern(ctx, self, caption, has);
}

/* -------------------------------------------------------------- the choice */

/* "2 'Troops by country' (Country, Troops)" */
static void describe(const struct table *t, struct phrase *out)
{
	struct mu_string title = prose_text(&t->caption), name;
	size_t width = t->n_header ? row_width(t, 0) : 0, i;
	char number[24];

	if (!title.len)
		title = prose_text(&t->heading);
	snprintf(number, sizeof number, "%" PRIu64, t->number);
	out->len = 0;
	phrase_puts(out, number);
	if (title.len) {
		phrase_puts(out, " '");
		phrase_add(out, title.data, title.len);
		phrase_puts(out, "'");
	}
	for (i = 0; i < width && i < SHOWN_CELLS; i++) {
		name = name_at(t, 0, i);
		phrase_puts(out, i ? ", " : " (");
		phrase_add(out, name.data, name.len);
	}
	if (i)
		phrase_puts(out, i < width ? ", ...)" : ")");
}

int choice_make(struct mu_ctx *ctx, struct self *self, struct table *t, bool *meant)
{
	bool asked = self->position || self->heading || self->pattern || self->contains.count;
	int err;

	*meant = false;
	if (t->number <= LISTED)
		describe(t, &self->listed[t->number - 1]);
	if (self->position && (uint64_t)self->position != t->number)
		return 0;
	err = has_heading(ctx, self, t, meant);
	if (err || !*meant)
		return err;
	*meant = has_texts(self, t) && (asked || has_columns(self, t));
	if (*meant && self->matches < LISTED)
		describe(t, &self->also[self->matches]);
	self->matches += *meant;
	return 0;
}

/* Adds to a text as much as there is room for. */
static void tables_list(char *out, size_t size, const struct phrase *phrases, uint64_t count)
{
	size_t len = strlen(out), i;

	for (i = 0; i < LISTED && i < count && len < size; i++)
		len += (size_t)snprintf(out + len, size - len, "%s%s", i ? "; " : "",
					phrases[i].text);
	if (count > LISTED && len < size)
		snprintf(out + len, size - len, "; and %" PRIu64 " more", count - LISTED);
}

static const char *wanted_words(const struct self *self)
{
	if (self->position)
		return "is at that position";
	if (self->heading || self->pattern)
		return self->contains.count ? "has that heading and those texts in its header"
					    : "has that heading";
	return self->contains.count ? "has those texts in its header"
				    : "has all columns in its header";
}

int choice_report(struct mu_ctx *ctx, const struct self *self)
{
	struct mu_finding finding = { .code = self->matches ? "several-tables" : "no-table" };
	char tables[4096] = "";

	if (self->matches == 1)
		return 0;
	if (!self->page.count)
		return mu_report(ctx, finding, "the page has no table");
	if (!self->matches) {
		tables_list(tables, sizeof tables, self->listed, self->page.count);
		return mu_report(ctx, finding, "no table of the page %s; it has %s",
				 wanted_words(self), tables);
	}
	tables_list(tables, sizeof tables, self->also, self->matches);
	return mu_report(ctx, finding,
			 "%" PRIu64 " tables of the page may be meant, and one has to be: %s",
			 self->matches, tables);
}
