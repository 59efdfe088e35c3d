#include "screen.h"

#include <stdlib.h>

#include "checks.h"

/* Two 64-bit values, which every processor adds at once. */
typedef uint64_t two __attribute__((vector_size(16)));

static bool screen_grow(struct screen *screen, size_t room)
{
	uint8_t *marks;

	if (room <= screen->room)
		return true;
	if (room > SIZE_MAX / 2)
		return false;
	marks = realloc(screen->marks, 2 * room);
	if (!marks)
		return false;
	screen->marks = marks;
	screen->words = (int8_t *)marks + room;
	screen->room = room;
	return true;
}

static bool any_rejected(const struct mu_rows *hidden, int64_t rows)
{
	const uint64_t *at = (const uint64_t *)hidden->at.values + hidden->at.offset;
	two any = { 0 };
	int64_t i;

	for (i = 0; i + 4 <= rows; i += 4) {
		two x, y;

		memcpy(&x, at + i, sizeof x);
		memcpy(&y, at + i + 2, sizeof y);
		any |= x | y;
	}
	for (; i < rows; i++)
		any[0] |= at[i];
	return (any[0] | any[1]) & MU_AT_REJECTED;
}

bool screen_begin(struct screen *screen, const struct mu_rows *hidden, int64_t rows)
{
	const struct mu_rows own = *hidden; /* which no mark that is written changes */

	if (!screen_grow(screen, (size_t)rows))
		return false;
	screen->rows = rows;
	screen->hidden = *hidden;
	screen->passed_over = 0;
	screen->suspects = false;
	screen->err = 0;
	if (rows)
		memset(screen->marks, 0, (size_t)rows);
	if (hidden->no_claims && !any_rejected(hidden, rows))
		return true;
	for (int64_t i = 0; i < rows; i++) {
		bool over = mu_row_is_rejected(&own, i) || mu_row_is_claim(&own, i);

		screen->marks[i] = over ? ROW_PASSED_OVER : 0;
		screen->passed_over += over;
	}
	return true;
}

void screen_release(struct screen *screen)
{
	free(screen->marks);
	*screen = (struct screen){ .marks = NULL };
}

static void suspect(struct screen *screen, int64_t row)
{
	screen->marks[row] |= ROW_SUSPECT;
	screen->suspects = true;
}

/* A row breaks a check, or has what a check that advises looks for. */
static void wrong(struct mu_ctx *ctx, struct checks *all, struct check *check, int64_t row)
{
	struct screen *screen = &all->screen;

	if (screen->marks[row] & ROW_PASSED_OVER)
		return;
	if (!screen->counted || check->kind->advises)
		suspect(screen, row);
	else if (!screen->err)
		screen->err = check_count(ctx, check, mu_get_place(&screen->hidden.at, row), 0);
}

bool screen_nulls(struct mu_ctx *ctx, struct checks *all, struct check *check)
{
	const struct mu_column *cells = &all->columns[check->columns[0]];

	for (int64_t i = 0; cells->valid && i < all->screen.rows; i++)
		if (mu_null(cells, i))
			wrong(ctx, all, check, i);
	return true;
}

static uint64_t eight_bytes(const char *bytes)
{
	uint64_t out;

	memcpy(&out, bytes, sizeof out);
	return out;
}

static uint64_t four_bytes(const char *bytes)
{
	uint32_t out;

	memcpy(&out, bytes, sizeof out);
	return out;
}

/* Read in pieces of fixed sizes that overlap: a copy of `len` bytes takes longer. */
static struct screen_text text_pack(struct mu_string text)
{
	const char *from = text.data, *end = text.data + text.len;
	struct screen_text out = { .len = text.len };

	if (text.len < 4) {
		out.parts[0] = (uint64_t)(uint8_t)from[0] | (uint64_t)(uint8_t)end[-1] << 8 |
			       (uint64_t)(uint8_t)from[text.len / 2] << 16;
	} else if (text.len < 8) {
		out.parts[0] = four_bytes(from) | four_bytes(end - 4) << 32;
	} else {
		out.parts[0] = eight_bytes(from);
		out.parts[1] = eight_bytes(end - 8);
		out.parts[2] = text.len > 16 ? eight_bytes(from + 8) : 0;
	}
	return out;
}

static bool text_equal(const struct screen_text *a, const struct screen_text *b)
{
	return a->len == b->len && a->parts[0] == b->parts[0] && a->parts[1] == b->parts[1] &&
	       a->parts[2] == b->parts[2];
}

/* Where a short text belongs.  It may be another one that was put there, so that
 * texts chosen to meet do no harm but to be looked at again. */
static struct screen_text *text_slot(struct screen_texts *texts, const struct screen_text *text)
{
	const uint64_t golden = 0x9e3779b97f4a7c15; /* 2^64 by the golden ratio */
	uint64_t hash = text->len;

	for (int i = 0; i < 3; i++)
		hash = (hash ^ text->parts[i]) * golden;
	return &texts->passed[(hash ^ hash >> 32) >> 23 & (SCREEN_TEXTS - 1)];
}

static int text_passes(struct check *check, struct mu_string text)
{
	struct screen_text *slot, key;
	int passes;

	if (!text.len || text.len > sizeof key.parts)
		return check->kind->passes(check, text);
	key = text_pack(text);
	slot = text_slot(check->texts, &key);
	if (text_equal(slot, &key))
		return 1;
	passes = check->kind->passes(check, text);
	if (passes > 0)
		*slot = key;
	return passes;
}

/* `passes`: of the text of a row. */
static void text_judge(struct mu_ctx *ctx, struct checks *all, struct check *check, int64_t row,
		       int passes)
{
	if (!passes)
		wrong(ctx, all, check, row);
	if (passes >= 0)
		return;
	suspect(&all->screen, row);
	all->screen.marks[row] |= ROW_UNDECIDED;
}

static void words_screen(struct mu_ctx *ctx, struct checks *all, struct check *check,
			 const struct mu_column *cells)
{
	struct screen *screen = &all->screen;
	bool all_pass = true;

	for (int64_t i = 0; i < cells->n_words; i++) {
		int passes = text_passes(check, mu_word(cells, i));

		screen->words[i] = (int8_t)(passes > 0 ? 1 : passes < 0 ? -1 : 0);
		all_pass &= passes > 0;
	}
	for (int64_t i = 0; !all_pass && i < screen->rows; i++)
		if (!mu_null(cells, i))
			text_judge(ctx, all, check, i, screen->words[mu_get_code(cells, i)]);
}

bool screen_texts(struct mu_ctx *ctx, struct checks *all, struct check *check)
{
	const struct mu_column *cells = &all->columns[check->columns[0]];
	struct screen *screen = &all->screen;

	if (check->count > 1 || cells->type != MU_STRING)
		return false;
	/* A batch that is a small part of a larger one may have more words than rows. */
	if (cells->words && cells->n_words <= screen->rows) {
		words_screen(ctx, all, check, cells);
		return true;
	}
	for (int64_t i = 0; i < screen->rows; i++)
		if (!screen->marks[i] && !mu_null(cells, i))
			text_judge(ctx, all, check, i, text_passes(check, mu_get_string(cells, i)));
	return true;
}

/* What follows may give true for no reason: it looks at what stands where a null
 * is, too, and at integers of 2^62 or more in a rough way. */

/* Above a bound is where the complements are below its complement.  A number is below
 * when the difference is negative, unless that overflows, which it does not downwards
 * but for a bound above 0 and a number below 0. */
static bool integers_beyond(const int64_t *values, int64_t n, int64_t bound, bool above)
{
	const uint64_t flip = above ? UINT64_MAX : 0, limit = (uint64_t)bound ^ flip;
	const uint64_t below_zero = limit && !(limit >> 63) ? UINT64_MAX : 0;
	two beyond = { 0 };
	int64_t i;

	for (i = 0; i + 4 <= n; i += 4) {
		two x, y;

		memcpy(&x, values + i, sizeof x);
		memcpy(&y, values + i + 2, sizeof y);
		x ^= flip;
		y ^= flip;
		beyond |= (x - limit) | (y - limit) | ((x | y) & below_zero);
	}
	for (; i < n; i++)
		beyond[0] |= (((uint64_t)values[i] ^ flip) - limit) |
			     (((uint64_t)values[i] ^ flip) & below_zero);
	return (beyond[0] | beyond[1]) >> 63;
}

static bool dates_beyond(const int32_t *values, int64_t n, int32_t bound, bool above)
{
	bool beyond = false;

	for (int64_t i = 0; i < n; i++)
		beyond |= above ? values[i] > bound : values[i] < bound;
	return beyond;
}

/* What is no number is beyond any bound. */
static bool numbers_beyond(const double *values, int64_t n, double bound, bool above)
{
	bool beyond = false;

	for (int64_t i = 0; i < n; i++)
		beyond |= !(above ? values[i] <= bound : values[i] >= bound);
	return beyond;
}

static bool any_beyond(const struct check *check, const struct mu_column *cells, int64_t rows)
{
	bool above = check->kind != &check_kinds[CHECK_MINIMUM];

	if (cells->type == MU_NUMBER)
		return numbers_beyond((const double *)cells->values + cells->offset, rows,
				      check->number, above);
	if (cells->type == MU_DATE)
		return dates_beyond((const int32_t *)cells->values + cells->offset, rows,
				    check->date, above);
	return integers_beyond((const int64_t *)cells->values + cells->offset, rows, check->integer,
			       above);
}

bool screen_bounds(struct mu_ctx *ctx, struct checks *all, struct check *check)
{
	const struct mu_column *cells = &all->columns[check->columns[0]];

	/* Where all is null, there need be no values. */
	if (!cells->values || !any_beyond(check, cells, all->screen.rows))
		return true;
	for (int64_t i = 0; i < all->screen.rows; i++)
		if (!mu_null(cells, i) && check_beyond(check, cells, i))
			wrong(ctx, all, check, i);
	return true;
}
