#include "html.h"

#include <inttypes.h>
#include <stdio.h>

#include "table/counts.h"

enum {
	SHOWN_CELLS = 4,   /* of a header, in a message */
	OTHERS_KEPT = 100, /* tables that nobody reads; the others are counted */
};

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

/* Whether a column has what is declared of one, as tables_line() will find it. */
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
	const struct declared_column *c = self->options.columns.items;
	size_t i;

	if (!self->options.header_rows)
		return true;
	if (t->n_header < self->options.header_rows)
		return false;
	for (i = 0; i < self->options.columns.count; i++)
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

/* Whether the option unread names a table, by its heading, its caption or the first row of
 * its header. */
static int is_known(struct mu_ctx *ctx, struct self *self, const struct table *t, bool *known)
{
	struct mu_string texts[3] = { prose_text(&t->heading), prose_text(&t->caption) };
	size_t width = t->n_header ? row_width(t, 0) : 0, i;
	struct phrase first = { .len = 0 };
	struct mu_string name;
	int err = 0;

	for (i = 0; i < width; i++) {
		name = name_at(t, 0, i);
		phrase_puts(&first, i ? " " : "");
		phrase_add(&first, name.data, name.len);
	}
	texts[2] = (struct mu_string){ first.text, first.len };
	*known = false;
	for (i = 0; !err && !*known && i < 3; i++)
		if (texts[i].len)
			err = notes_match(ctx, &self->known, texts[i], 0, known);
	return err;
}

const char *choice_part(uint64_t number, char out[PART_NAME])
{
	snprintf(out, PART_NAME, "table %" PRIu64, number);
	return out;
}

void choice_look(struct table *t, struct mu_string text)
{
	if (text_counts(text))
		t->counts = true;
	else if (mu_trim(text).len)
		t->says = true;
}

/* What is to be known of a table that is not meant. */
static int other_begin(struct mu_ctx *ctx, struct self *self, struct table *t)
{
	char part[PART_NAME];
	size_t column;
	int64_t row;
	int err;

	for (row = 0; row < t->n_header; row++)
		for (column = 0; column < row_width(t, row); column++)
			choice_look(t, name_at(t, row, column));
	for (column = 0; column < t->n_foot_cells; column++)
		choice_look(t, (struct mu_string){ t->foot.data + t->foot_cells[column].from,
						   t->foot_cells[column].len });
	describe(t, &t->what);
	t->fits = self->options.header_rows && self->options.columns.count && has_columns(self, t);
	err = is_known(ctx, self, t, &t->known);
	return err || !t->known ? err : mu_takes(ctx, choice_part(t->number, part));
}

int choice_end(struct mu_ctx *ctx, struct self *self, const struct table *t)
{
	bool rows = t->rows > (uint64_t)t->n_header;

	if (self->page.locating || t->inner || t->known || !(t->fits ? rows : t->counts && t->says))
		return 0;
	if (++self->n_others > OTHERS_KEPT)
		return 0;
	if (!html_room(&self->others, &self->others_room, self->n_others, sizeof *self->others))
		return html_out_of_memory(ctx);
	self->others[self->n_others - 1] = (struct other){ t->number, t->fits, t->what };
	return 0;
}

int choice_report_unread(struct mu_ctx *ctx, const struct self *self)
{
	struct mu_finding unread = { .severity = MU_WARNING, .code = "unread-table" };
	char part[PART_NAME];
	size_t i;
	int err = 0;

	if (self->matches != 1)
		return 0;
	for (i = 0; !err && i < self->n_others && i < OTHERS_KEPT; i++) {
		const struct other *other = &self->others[i];

		unread.part = choice_part(other->number, part);
		err = mu_report(ctx, unread, "table %s %s, and no source reads it",
				other->what.text,
				other->fits ? "has all columns in its header" : "has numbers");
	}
	if (err || self->n_others <= OTHERS_KEPT)
		return err;
	unread.part = NULL;
	return mu_report(ctx, unread, "%zu more tables have numbers, and are not read",
			 self->n_others - OTHERS_KEPT);
}

int choice_make(struct mu_ctx *ctx, struct self *self, struct table *t, bool *meant)
{
	bool asked = self->position || self->heading || self->pattern || self->contains.count;
	int err;

	*meant = false;
	if (t->number <= LISTED)
		describe(t, &self->listed[t->number - 1]);
	if (self->position && (uint64_t)self->position != t->number)
		return other_begin(ctx, self, t);
	err = has_heading(ctx, self, t, meant);
	if (err)
		return err;
	if (!*meant)
		return other_begin(ctx, self, t);
	*meant = has_texts(self, t) && (asked || has_columns(self, t));
	if (*meant && self->matches < LISTED)
		describe(t, &self->also[self->matches]);
	self->matches += *meant;
	return *meant ? 0 : other_begin(ctx, self, t);
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
