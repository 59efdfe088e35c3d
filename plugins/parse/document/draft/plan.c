#include "draft/plan.h"

#include <math.h>
#include <stdio.h>

#include "text/words.h"

enum {
	NAME_LEN = 30, /* a capture may have its name, of at most 32 */
	HEADER_FOLDED = 512,
	DATE_WORDS = 5,
	END_WORDS = 6, /* of the line behind a table */
	MARKS_MAX = 3,
};

void plan_remark(struct plan *plan, const char *remark)
{
	if (plan->n_remarks < PLAN_REMARKS)
		plan->remarks[plan->n_remarks++] = remark;
}

const char *plan_print(struct mu_ctx *ctx, const char *fmt, ...)
{
	va_list ap;
	char *out;
	int len;

	va_start(ap, fmt);
	len = vsnprintf(NULL, 0, fmt, ap);
	va_end(ap);
	out = mu_alloc(ctx, (size_t)len + 1);
	va_start(ap, fmt);
	vsnprintf(out, (size_t)len + 1, fmt, ap);
	va_end(ap);
	return out;
}

static bool is_taken(const struct plan *plan, const char *name)
{
	for (size_t i = 0; i < plan->n_columns; i++)
		if (!strcmp(plan->columns[i].name, name))
			return true;
	return !strcmp(name, "as_of");
}

/* A name of small letters, digits and _ from a header. */
static const char *name_make(struct mu_ctx *ctx, const struct plan *plan, const char *header)
{
	char folded[HEADER_FOLDED], name[NAME_LEN + 1] = "";
	size_t len = 0;

	if (words_fold(mu_string(header), folded, sizeof folded) == SIZE_MAX)
		*folded = '\0';
	for (const char *at = folded; *at && len < NAME_LEN; at++)
		if ((*at >= 'a' && *at <= 'z') || (*at >= '0' && *at <= '9'))
			name[len++] = *at;
		else if (*at == ' ' && len)
			name[len++] = '_';
	while (len && name[len - 1] == '_')
		len--;
	name[len] = '\0';
	if (!(*name >= 'a' && *name <= 'z'))
		snprintf(name, sizeof name, "column_%zu", plan->n_columns + 1);
	for (size_t i = 2; is_taken(plan, name); i++)
		snprintf(name, sizeof name, "column_%zu", plan->n_columns + i);
	return plan_print(ctx, "%s", name);
}

/* Headers of whole numbers that count nothing. */
static bool is_label(const char *header)
{
	static const char *const labels[] = { "year", "jaar", "jahr",  "annee", "anno",
					      "ano",  "nr",   "no",    "n",     "id",
					      "code", "rank", "month", "day",   NULL };
	char folded[HEADER_FOLDED];

	if (words_fold(mu_string(header), folded, sizeof folded) == SIZE_MAX)
		return false;
	for (size_t i = 0; labels[i]; i++)
		if (!strcmp(folded, labels[i]))
			return true;
	return false;
}

/* What the cells of a column hold. */
struct tally_cells {
	size_t cells, whole, broken, dates;
	const char *marks[MARKS_MAX];
	size_t n_marks;
	struct look_date date; /* of the first */
};

static const char *copied(struct mu_ctx *ctx, struct mu_string text)
{
	char *out = mu_alloc(ctx, text.len + 1);

	memcpy(out, text.data, text.len);
	return out;
}

static void mark_add(struct mu_ctx *ctx, struct tally_cells *t, struct mu_string text)
{
	for (size_t i = 0; i < t->n_marks; i++)
		if (mu_string_is(text, t->marks[i]))
			return;
	if (t->n_marks < MARKS_MAX)
		t->marks[t->n_marks++] = copied(ctx, text);
}

static bool is_date(struct language *language, struct mu_string text, struct tally_cells *t)
{
	int32_t day;

	if (!t->dates)
		return t->cells == 1 && look_date(language, text, &t->date);
	return language_date(language, t->date.format, text, &day) == LANGUAGE_OK;
}

static void cell_count(struct mu_ctx *ctx, struct language *language, struct mu_string text,
		       struct tally_cells *t)
{
	enum look_number number = look_number(text);

	if (look_mark(text)) {
		mark_add(ctx, t, text);
		return;
	}
	t->cells++;
	t->whole += number == LOOK_WHOLE;
	t->broken += number == LOOK_BROKEN;
	t->dates += number == LOOK_TEXT && is_date(language, text, t);
}

static double header_distance(const struct sketch_column *c, const struct chunk *chunk)
{
	double left = fabs(chunk->x0 - c->x0), right = fabs(chunk->x1 - c->x1);

	return fmin(fmin(left, right), fabs(chunk->x0 + chunk->x1 - c->x0 - c->x1) / 2);
}

static size_t nearest(const struct sketch_header *h, const struct chunk *chunk)
{
	size_t best = 0;

	for (size_t i = 1; i < h->n_columns; i++)
		if (header_distance(&h->columns[i], chunk) <
		    header_distance(&h->columns[best], chunk))
			best = i;
	return best;
}

static void line_count(struct mu_ctx *ctx, struct language *language, const struct sketch *s,
		       const struct sketch_header *h, size_t line, struct tally_cells *cells)
{
	struct word words[CUT_WORDS];
	struct chunk chunks[CHUNKS_MAX];
	size_t n = pages_words(s->pages, line, words, CUT_WORDS), count;

	if (n == SIZE_MAX)
		return;
	if (!s->spaced) {
		for (size_t i = 0; i < s->numbers && i < n; i++)
			cell_count(ctx, language, words[n - 1 - i].text,
				   &cells[h->n_columns - 1 - i]);
		return;
	}
	count = chunks_find(s->pages, words, n, chunks);
	/* Pages differ in where their columns are, but not in their order. */
	for (size_t i = 0; count != SIZE_MAX && i < count; i++)
		cell_count(ctx, language, chunk_text(words, &chunks[i]),
			   &cells[count == h->n_columns ? i : nearest(h, &chunks[i])]);
}

/* Counts the cells of the rows; totals have others, and so have lines of labels. */
static void cells_count(struct mu_ctx *ctx, struct language *language, const struct sketch *s,
			const struct sketch_header *h, struct tally_cells *cells)
{
	for (size_t i = s->first; i <= s->last; i++) {
		const struct look *look = &s->looks[i];
		size_t numbers = s->spaced ? look->cells : look->tail;

		if (!look->total && numbers >= s->numbers)
			line_count(ctx, language, s, h, i, cells);
	}
}

static struct mu_texts texts_copy(struct mu_ctx *ctx, const char *const *items, size_t n)
{
	struct mu_texts out = { n, mu_alloc(ctx, (n + 1) * sizeof *out.items) };

	for (size_t i = 0; i < n; i++)
		out.items[i] = items[i];
	return out;
}

static const char *column_type(struct mu_ctx *ctx, const struct tally_cells *t, struct column *c)
{
	const char *note = NULL;
	size_t others;

	/* A cell in ten may be of another column, or wrong. */
	if (t->whole && 10 * t->whole >= 9 * t->cells)
		c->type = COLUMN_INTEGER;
	else if (t->broken && t->whole + t->broken == t->cells)
		c->type = COLUMN_NUMBER;
	else if (t->dates && t->dates == t->cells)
		c->type = COLUMN_DATE;
	c->measure = c->type == COLUMN_INTEGER && !is_label(c->header);
	if (c->type == COLUMN_DATE) {
		c->month_end = t->date.month;
		if (t->date.format)
			c->format = texts_copy(ctx, &t->date.format, 1);
		return t->date.doubtful ? "day or month first?" : NULL;
	}
	if (c->type == COLUMN_STRING)
		return NULL;
	others = t->cells - t->whole - t->broken;
	if (others)
		note = plan_print(ctx, "%zu of %zu cells are no number", others, t->cells);
	if (!t->n_marks)
		return note;
	c->missing = texts_copy(ctx, t->marks, t->n_marks);
	return plan_print(ctx, "'%s' may mean 0 as well: then under zero%s%s", t->marks[0],
			  note ? "; " : "", note ? note : "");
}

static bool columns_make(struct mu_ctx *ctx, struct language *language, const struct sketch *s,
			 const struct sketch_header *h, struct plan *plan)
{
	struct tally_cells cells[COLUMNS_MAX] = { 0 };
	bool measure = false;

	cells_count(ctx, language, s, h, cells);
	for (size_t i = 0; i < h->n_columns; i++) {
		struct column *c = &plan->columns[plan->n_columns];

		if (plan->n_columns == COLUMNS_MAX)
			return false;
		*c = (struct column){ .header = h->columns[i].text };
		c->name = name_make(ctx, plan, c->header);
		plan->notes[plan->n_columns] = column_type(ctx, &cells[i], c);
		measure |= c->measure;
		plan->n_columns++;
	}
	return measure;
}

static struct mu_string trimmed(struct mu_string t)
{
	while (t.len && strchr(" (),.;:", t.data[t.len - 1]))
		t.len--;
	while (t.len && strchr(" (),.;:", *t.data))
		t = (struct mu_string){ t.data + 1, t.len - 1 };
	return t;
}

static bool shows_digit(struct mu_string t)
{
	for (size_t i = 0; i < t.len; i++)
		if (t.data[i] >= '0' && t.data[i] <= '9')
			return true;
	return false;
}

/* The first and longest date in a text. */
static bool date_find(struct language *language, struct mu_string text, struct mu_string *at,
		      struct look_date *date)
{
	struct word words[CUT_WORDS];
	size_t n = text_words(text, words, CUT_WORDS);

	for (size_t len = DATE_WORDS; n != SIZE_MAX && len; len--)
		for (size_t i = 0; i + len <= n; i++) {
			const struct word *last = &words[i + len - 1];
			const char *start = words[i].text.data;

			*at = trimmed((struct mu_string){
				start, (size_t)(last->text.data + last->text.len - start) });
			if (at->len && shows_digit(*at) && look_date(language, *at, date))
				return true;
		}
	return false;
}

static void as_of_add(struct mu_ctx *ctx, const struct look_date *date, struct plan *plan)
{
	struct column *c = &plan->columns[plan->n_columns];

	*c = (struct column){ .name = "as_of", .capture = "as_of", .type = COLUMN_DATE };
	c->month_end = date->month;
	if (date->format)
		c->format = texts_copy(ctx, &date->format, 1);
	plan->notes[plan->n_columns++] = date->doubtful ? "day or month first?" : NULL;
}

static void heading_make(struct mu_ctx *ctx, struct language *language, const struct sketch *s,
			 const struct sketch_header *h, struct plan *plan)
{
	size_t first = sketch_heading(s, h->first), from = s->pages->lines[first].flat;
	struct mu_string text = { s->pages->flat + from, s->pages->lines[h->first].flat - from };
	struct mu_string at, header = pages_line(s->pages, h->first);
	struct look_date date;

	text = mu_trim(text);
	if (!text.len) {
		plan->table.begin = plan_print(ctx, "(?=%s)", sketch_escape(ctx, header));
		plan_remark(plan, "no heading was found above the table, so its header is one");
		return;
	}
	plan->table.begin = sketch_escape(ctx, text);
	if (!date_find(language, text, &at, &date))
		return;
	plan->table.begin = plan_print(
		ctx, "%s(?<as_of>%s)%s",
		sketch_escape(ctx, (struct mu_string){ text.data, (size_t)(at.data - text.data) }),
		sketch_shape(ctx, at),
		sketch_escape(ctx, (struct mu_string){ at.data + at.len,
						       text.len - (size_t)(at.data - text.data) -
							       at.len }));
	as_of_add(ctx, &date, plan);
}

static bool begins_with(struct mu_string text, struct mu_string start)
{
	return text.len >= start.len && !memcmp(text.data, start.data, start.len);
}

static void total_make(struct mu_ctx *ctx, const struct sketch *s, struct plan *plan)
{
	struct mu_string label = sketch_label(s->pages, s->last);
	bool others = false;

	for (size_t i = s->first; i < s->last; i++)
		others |= begins_with(pages_line(s->pages, i), label);
	plan->claims[plan->n_claims++] = (struct claim){
		.name = "total",
		.match = plan_print(ctx, "^%s%s", sketch_escape(ctx, label),
				    others ? "(?= \\d)" : ""),
		.last = true,
	};
}

/* Where no total ends the table the line behind it does. */
static void end_make(struct mu_ctx *ctx, const struct sketch *s, struct plan *plan)
{
	struct mu_string text;
	struct word words[CUT_WORDS];
	size_t n;

	plan_remark(plan, "the table states no total that could be checked");
	if (s->last + 1 >= s->pages->n_lines)
		return;
	text = pages_line(s->pages, s->last + 1);
	n = text_words(text, words, CUT_WORDS);
	if (n == SIZE_MAX)
		return;
	n = n < END_WORDS ? n : END_WORDS;
	text.len = (size_t)(words[n - 1].text.data + words[n - 1].text.len - text.data);
	plan->table.end = plan_print(ctx, "^%s", sketch_escape(ctx, text));
}

bool plan_make(struct mu_ctx *ctx, struct language *language, const struct sketch *sketch,
	       const struct sketch_header *header, bool grid, struct plan *plan)
{
	plan->table = (struct table){ .name = "table", .grid = grid };
	heading_make(ctx, language, sketch, header, plan);
	if (!columns_make(ctx, language, sketch, header, plan))
		return false;
	if (sketch->total)
		total_make(ctx, sketch, plan);
	else
		end_make(ctx, sketch, plan);
	return true;
}

int plan_compile(struct mu_ctx *ctx, const struct plan *plan, struct layout *out)
{
	struct table *table = mu_alloc(ctx, sizeof *table);
	struct column *columns = mu_alloc(ctx, sizeof plan->columns);
	struct claim *claims = mu_alloc(ctx, sizeof plan->claims);

	memcpy(columns, plan->columns, sizeof plan->columns);
	memcpy(claims, plan->claims, sizeof plan->claims);
	*table = plan->table;
	table->column_items = (struct mu_items){ plan->n_columns, columns };
	table->claim_items = (struct mu_items){ plan->n_claims, claims };
	*out = (struct layout){ .language = plan->language,
				.table_items = { 1, table },
				.furniture = texts_copy(ctx, plan->furniture, plan->n_furniture) };
	return layout_compile(ctx, out);
}
