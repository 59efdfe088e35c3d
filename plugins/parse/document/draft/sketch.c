#include "draft/sketch.h"

#include <unicode/uchar.h>
#include <unicode/utf8.h>

#include <muster/map.h>

#include "text/words.h"

enum {
	ROWS_MIN = 3,      /* lines with numbers that make a table */
	LOOSE_PAGES = 8,   /* lines without numbers between two with, where pages break, */
	LOOSE_SPACED = 3,  /* and in a text with gaps */
	BLANKS_SPACED = 2, /* blank lines likewise */
	HEADER_LINES = 3,
	HEADER_ABOVE = 6, /* lines from a header to the first row, labels among them */
	HEADING_LINES = 5,
	PROSE_LINES = 2, /* of a heading that goes over into other text */
};

static bool is_spaced(const struct look *look)
{
	return look->cells && look->chunks > 1;
}

/* In a table with gaps a line without is other text. */
static bool is_row(const struct sketch *s, const struct look *look)
{
	return is_spaced(look) || (!s->spaced && look->tail && look->words > look->tail);
}

/* Lines with numbers that follow each other. */
struct stretch {
	size_t first, last, rows;
};

static bool stretch_reaches(const struct sketch *s, const struct stretch *run, size_t line)
{
	const struct line *l = &s->pages->lines[line];
	size_t loose = line - run->last - 1;

	if (!run->rows)
		return false;
	if (s->pages->boxes)
		return loose <= LOOSE_PAGES;
	if (!s->spaced)
		return !loose && (!l->blanks || l->broken);
	return loose <= LOOSE_SPACED && (l->blanks <= BLANKS_SPACED || l->broken);
}

static struct stretch stretch_find(const struct sketch *s)
{
	struct stretch run = { 0 }, best = { 0 };

	for (size_t i = 0; i < s->pages->n_lines; i++) {
		if (!is_row(s, &s->looks[i]))
			continue;
		if (!stretch_reaches(s, &run, i))
			run = (struct stretch){ .first = i };
		run.last = i;
		run.rows++;
		if (run.rows > best.rows)
			best = run;
	}
	return best;
}

static size_t numbers_of(const struct sketch *s, size_t line)
{
	size_t n = s->spaced ? s->looks[line].cells : s->looks[line].tail;

	return n < COLUMNS_MAX ? n : COLUMNS_MAX;
}

/* How many numbers rows have: totals between them may have fewer, and be more. */
static size_t numbers_usual(const struct sketch *s)
{
	size_t counts[COLUMNS_MAX + 1] = { 0 }, best = COLUMNS_MAX;

	for (size_t i = s->first; i <= s->last; i++)
		if (is_row(s, &s->looks[i]))
			counts[numbers_of(s, i)]++;
	while (best > 1 && 4 * counts[best] < s->rows)
		best--;
	return best;
}

/* The table ends with its last total, when it has one. */
static void total_find(struct sketch *s)
{
	size_t i = s->last;

	while (i > s->first && !(s->looks[i].total && is_row(s, &s->looks[i])))
		i--;
	s->total = i > s->first;
	if (s->total)
		s->last = i;
}

/* Whether another stretch is long enough for a table. */
static bool has_others(const struct sketch *s)
{
	struct stretch run = { 0 };

	for (size_t i = 0; i < s->pages->n_lines; i++) {
		if (!is_row(s, &s->looks[i]) || (i >= s->first && i <= s->last))
			continue;
		if (!stretch_reaches(s, &run, i) || (run.last < s->first && i > s->last))
			run = (struct stretch){ .first = i };
		run.last = i;
		run.rows++;
		if (run.rows >= ROWS_MIN)
			return true;
	}
	return false;
}

bool sketch_find(struct mu_ctx *ctx, const struct pages *pages, struct sketch *out)
{
	struct stretch best, plain = { 0 };

	*out = (struct sketch){ .pages = pages, .spaced = true };
	out->looks = mu_alloc(ctx, (pages->n_lines + 1) * sizeof *out->looks);
	for (size_t i = 0; i < pages->n_lines; i++)
		out->looks[i] = look_line(pages, i);
	best = stretch_find(out);
	out->spaced = false;
	if (!pages->boxes)
		plain = stretch_find(out);
	out->spaced = 2 * best.rows > plain.rows;
	if (!out->spaced)
		best = plain;
	if (best.rows < ROWS_MIN)
		return false;
	out->first = best.first;
	out->last = best.last;
	total_find(out);
	for (size_t i = out->first; i <= out->last; i++)
		out->rows += is_row(out, &out->looks[i]);
	out->numbers = numbers_usual(out);
	out->others = has_others(out);
	return out->rows >= ROWS_MIN;
}

struct mu_string sketch_label(const struct pages *pages, size_t line)
{
	struct mu_string text = pages_line(pages, line);
	struct word words[CUT_WORDS];
	size_t n = text_words(text, words, CUT_WORDS);

	for (size_t i = 0; n != SIZE_MAX && i < n; i++)
		if (look_number(words[i].text) != LOOK_TEXT || look_mark(words[i].text))
			return mu_trim((struct mu_string){
				text.data, (size_t)(words[i].text.data - text.data) });
	return text;
}

static const char *join(struct mu_ctx *ctx, struct mu_string a, const char *b)
{
	size_t len = strlen(b);
	char *out = mu_alloc(ctx, a.len + len + 2);

	memcpy(out, a.data, a.len);
	if (a.len && len)
		out[a.len] = ' ';
	memcpy(out + a.len + (a.len && len), b, len + 1);
	return out;
}

/* The column that a chunk stands over: n_columns when none, SIZE_MAX when several. */
static size_t column_under(const struct sketch_header *h, const struct chunk *c)
{
	size_t found = h->n_columns;

	for (size_t i = 0; i < h->n_columns; i++) {
		if (c->x1 <= h->columns[i].x0 || c->x0 >= h->columns[i].x1)
			continue;
		if (found != h->n_columns)
			return SIZE_MAX;
		found = i;
	}
	return found;
}

static bool column_insert(struct sketch_header *h, struct sketch_column column)
{
	size_t i = h->n_columns;

	if (i == COLUMNS_MAX)
		return false;
	for (; i && h->columns[i - 1].x0 > column.x0; i--)
		h->columns[i] = h->columns[i - 1];
	h->columns[i] = column;
	h->n_columns++;
	return true;
}

/* Adds a line above those that a header has; false when it is none of them. */
static bool header_add(struct mu_ctx *ctx, const struct sketch *s, size_t line,
		       struct sketch_header *h)
{
	struct word words[CUT_WORDS];
	struct chunk chunks[CHUNKS_MAX];
	size_t n = pages_words(s->pages, line, words, CUT_WORDS);
	size_t count = n == SIZE_MAX ? n : chunks_find(s->pages, words, n, chunks);

	if (count == SIZE_MAX)
		return false;
	for (size_t i = 0; i < count; i++) {
		size_t under = column_under(h, &chunks[i]);
		struct mu_string text = chunk_text(words, &chunks[i]);
		struct sketch_column *c = &h->columns[under < h->n_columns ? under : 0];

		if (under == SIZE_MAX || look_number(text) != LOOK_TEXT)
			return false;
		if (under == h->n_columns) {
			if (!column_insert(h, (struct sketch_column){ join(ctx, text, ""),
								      chunks[i].x0, chunks[i].x1 }))
				return false;
			continue;
		}
		c->text = join(ctx, text, c->text);
		c->x0 = c->x0 < chunks[i].x0 ? c->x0 : chunks[i].x0;
		c->x1 = c->x1 > chunks[i].x1 ? c->x1 : chunks[i].x1;
	}
	h->first = line;
	return true;
}

static size_t headers_spaced(struct mu_ctx *ctx, const struct sketch *s, struct sketch_header *out)
{
	size_t n = 0;

	for (size_t end = s->first; end && s->first - end < HEADER_ABOVE; end--) {
		struct sketch_header h = { .first = end, .end = end };

		if (end < s->first && is_spaced(&s->looks[end]))
			break;
		for (size_t i = 0; i < HEADER_LINES && h.first && n < HEADERS_MAX; i++) {
			if (!header_add(ctx, s, h.first - 1, &h))
				break;
			if (h.n_columns > s->numbers)
				out[n++] = h;
		}
	}
	return n;
}

static bool begins_large(struct mu_string text)
{
	const uint8_t *bytes = (const uint8_t *)text.data;
	UChar32 c = -1;
	int32_t i = 0;

	if (text.len && text.len < INT32_MAX)
		U8_NEXT(bytes, i, (int32_t)text.len, c);
	return c >= 0 && u_isupper(c);
}

/* Where no gaps are left a large letter begins a column. */
static size_t split_at_large(struct mu_ctx *ctx, const struct word *words, size_t n,
			     struct sketch_header *h)
{
	for (size_t i = 0; i < n; i++) {
		struct sketch_column *last = h->n_columns ? &h->columns[h->n_columns - 1] : NULL;

		if (!last || begins_large(words[i].text)) {
			if (h->n_columns == COLUMNS_MAX)
				return 0;
			h->columns[h->n_columns++].text = join(ctx, words[i].text, "");
			continue;
		}
		last->text = join(ctx, mu_string(last->text), join(ctx, words[i].text, ""));
	}
	return h->n_columns;
}

/* Its columns of texts as one. */
static struct sketch_header header_merged(struct mu_ctx *ctx, const struct sketch_header *h,
					  size_t numbers)
{
	struct sketch_header out = { .first = h->first, .end = h->end };
	size_t texts = h->n_columns - numbers;

	out.columns[0] = h->columns[0];
	for (size_t i = 1; i < texts; i++)
		out.columns[0].text = join(ctx, mu_string(out.columns[0].text), h->columns[i].text);
	out.n_columns = 1;
	for (size_t i = texts; i < h->n_columns; i++)
		out.columns[out.n_columns++] = h->columns[i];
	return out;
}

static size_t headers_plain(struct mu_ctx *ctx, const struct sketch *s, struct sketch_header *out)
{
	size_t n = 0;

	for (size_t i = 1; i <= HEADER_LINES && i <= s->first && n + 2 <= HEADERS_MAX; i++) {
		struct sketch_header h = { .first = s->first - i, .end = s->first };
		size_t flat = s->pages->lines[h.first].flat, end, count;
		struct word words[HEADER_WORDS_MAX];

		end = s->pages->lines[s->first - 1].flat + s->pages->lines[s->first - 1].flat_len;
		count = text_words((struct mu_string){ s->pages->flat + flat, end - flat }, words,
				   HEADER_WORDS_MAX);
		if (count == SIZE_MAX || !count || !begins_large(words[0].text) ||
		    split_at_large(ctx, words, count, &h) <= s->numbers)
			continue;
		out[n++] = h;
		if (h.n_columns > s->numbers + 1)
			out[n++] = header_merged(ctx, &h, s->numbers);
	}
	return n;
}

size_t sketch_headers(struct mu_ctx *ctx, const struct sketch *s,
		      struct sketch_header out[HEADERS_MAX])
{
	return s->spaced ? headers_spaced(ctx, s, out) : headers_plain(ctx, s, out);
}

static bool ends_sentence(const struct pages *pages, size_t line)
{
	struct mu_string text = pages_line(pages, line);

	return text.len && text.data[text.len - 1] == '.';
}

size_t sketch_heading(const struct sketch *s, size_t header)
{
	const struct line *lines = s->pages->lines;
	size_t first = header, most = HEADING_LINES;

	while (first && header - first < most && lines[first - 1].page == lines[header].page &&
	       (first == header || !lines[first].blanks) &&
	       !(first < header && ends_sentence(s->pages, first - 1)))
		first--;
	/* What goes on above is no heading as a whole. */
	if (header - first == most && first && !lines[first].blanks)
		first = header - PROSE_LINES;
	return first;
}

static size_t escape_add(char *out, size_t len, char c)
{
	if (strchr("\\^$.|?*+()[]{}", c) && c)
		out[len++] = '\\';
	out[len++] = c;
	return len;
}

const char *sketch_escape(struct mu_ctx *ctx, struct mu_string text)
{
	char *out = mu_alloc(ctx, 2 * text.len + 1);
	size_t len = 0;

	for (size_t i = 0; i < text.len; i++)
		len = escape_add(out, len, text.data[i] == '\n' ? ' ' : text.data[i]);
	return out;
}

static bool is_letter(char c)
{
	return ((unsigned char)c | 0x20) >= 'a' && ((unsigned char)c | 0x20) <= 'z';
}

/* Runs of digits, and with `letters` those of letters too, stand for any others. */
static const char *generalise(struct mu_ctx *ctx, struct mu_string text, bool letters)
{
	char *out = mu_alloc(ctx, 6 * text.len + 1);
	size_t len = 0;

	for (size_t i = 0; i < text.len;) {
		char c = text.data[i];
		bool digit = c >= '0' && c <= '9',
		     letter = is_letter(c) || (unsigned char)c >= 0x80;
		const char *class = digit ? "\\d+" : "\\p{L}+";

		if (!digit && !(letter && letters)) {
			len = escape_add(out, len, c == '\n' ? ' ' : c);
			i++;
			continue;
		}
		memcpy(out + len, class, strlen(class));
		len += strlen(class);
		while (i < text.len &&
		       (digit ? text.data[i] >= '0' && text.data[i] <= '9'
			      : is_letter(text.data[i]) || (unsigned char)text.data[i] >= 0x80))
			i++;
	}
	return out;
}

const char *sketch_shape(struct mu_ctx *ctx, struct mu_string text)
{
	return generalise(ctx, text, true);
}

const char *sketch_alike(struct mu_ctx *ctx, struct mu_string text)
{
	return generalise(ctx, text, false);
}

/* The first number in a text, or -1. */
static int64_t number_in(struct mu_string text)
{
	int64_t number = 0;
	size_t i = 0, digits = 0;

	while (i < text.len && !(text.data[i] >= '0' && text.data[i] <= '9'))
		i++;
	for (; i < text.len && text.data[i] >= '0' && text.data[i] <= '9' && digits < 9;
	     i++, digits++)
		number = number * 10 + (text.data[i] - '0');
	return digits ? number : -1;
}

/* Lines that are alike but for their numbers. */
struct alike {
	const char *pattern;
	size_t pages;    /* on how many pages */
	uint32_t page;   /* the last one of these */
	size_t edges;    /* how often first or last on one */
	int64_t counted; /* how far their first numbers count from 1 */
	bool names_page; /* they have the word */
};

static bool is_edge(const struct pages *p, size_t line)
{
	return !line || line + 1 == p->n_lines || p->lines[line - 1].page != p->lines[line].page ||
	       p->lines[line + 1].page != p->lines[line].page;
}

static bool speaks_of_page(struct mu_string text)
{
	static const char *const names[] = { "page",      "pagina", "pag",  "blz",
					     "bladzijde", "seite",  "sida", "side",
					     "str",       "strona", "sivu", NULL };
	struct word words[CUT_WORDS];
	size_t n = text_words(text, words, CUT_WORDS);

	for (size_t i = 0; n != SIZE_MAX && i < n; i++) {
		char folded[64];

		if (words_fold(words[i].text, folded, sizeof folded) == SIZE_MAX)
			continue;
		for (size_t k = 0; names[k]; k++)
			if (!strcmp(folded, names[k]))
				return true;
	}
	return false;
}

static void alike_count(struct alike *a, const struct pages *p, size_t line)
{
	a->edges += is_edge(p, line);
	a->pages += p->lines[line].page != a->page;
	a->page = p->lines[line].page;
	a->counted += number_in(pages_line(p, line)) == a->counted + 1;
}

/* Whether they belong to the page and not to what it says. */
static bool belongs_to_page(const struct alike *a, size_t pages)
{
	if (a->names_page)
		return a->counted > 1 || a->pages > 1;
	return a->edges > 1 && 2 * a->edges > pages;
}

int sketch_furniture(struct mu_ctx *ctx, const struct pages *p, const char **out, size_t *n)
{
	struct alike *all = mu_alloc(ctx, (p->n_lines + 1) * sizeof *all);
	struct mu_map seen = { 0 };
	int err = 0;

	*n = 0;
	for (size_t i = 0; i < p->n_lines && !err; i++) {
		struct mu_string text = pages_line(p, i);
		struct look look = look_line(p, i);
		const char *pattern = sketch_alike(ctx, text);
		bool page = speaks_of_page(text);
		size_t at;

		if (look.total || is_spaced(&look) || (look.tail && !page))
			continue;
		at = mu_map_add(&seen, pattern, strlen(pattern));
		if (at == SIZE_MAX) {
			err = mu_fail(ctx, ENOMEM, "out of memory");
			continue;
		}
		all[at].pattern = pattern;
		all[at].names_page = page;
		alike_count(&all[at], p, i);
	}
	for (size_t i = 0; i < seen.count && *n < FURNITURE_MAX && !err; i++)
		if (belongs_to_page(&all[i], p->lines[p->n_lines - 1].page))
			out[(*n)++] = all[i].pattern;
	mu_map_release(&seen);
	return err;
}
