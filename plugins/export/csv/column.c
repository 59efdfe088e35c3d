#include "column.h"

/* Words to come, and before them what CODE_NONE and CODE_NULL mean. */
static struct word *table_make(struct mu_ctx *ctx, const struct style *style, size_t words)
{
	struct word *table = mu_alloc(ctx, (words + 2) * sizeof *table);

	table += 2;
	word_render(&table[CODE_NULL], style, &style->null);
	return table;
}

static void render_value(struct word *word, const struct style *style, enum mu_data type,
			 const void *value)
{
	const struct mu_column one = { .type = type, .values = value };
	char space[MU_FORMAT_MAX];
	struct written_cell cell = cell_of_value(&style->dialect, mu_format(&one, 0, space));

	word_render(word, style, &cell);
}

const struct word *small_numbers(struct mu_ctx *ctx, const struct style *style)
{
	struct word *table = table_make(ctx, style, N_SMALL);
	int64_t i;

	for (i = 0; i < N_SMALL; i++)
		render_value(&table[i], style, MU_INTEGER, &i);
	return table;
}

void column_init(struct column *c, struct mu_ctx *ctx, const struct style *style,
		 const struct word *small)
{
	*c = (struct column){ .style = style,
			      .small = small,
			      .codes = mu_alloc(ctx, N_CODES * sizeof *c->codes) };
}

static void make_room(struct column *c, struct mu_ctx *ctx, size_t words)
{
	size_t room = c->room ? c->room : 64;

	while (room < words)
		room *= 2;
	if (room > c->room)
		c->rendered = table_make(ctx, c->style, room);
	c->room = room;
	c->words = c->rendered;
}

static void render_words(struct column *c)
{
	int64_t i;

	for (i = 0; i < c->cells.n_words; i++)
		word_render_text(&c->rendered[i], c->style, mu_word(&c->cells, i));
}

/* A date's word is the remainder of its days, if none was there before; no other
 * remainder is that of ~i. */
static void forget_days(struct column *c, struct mu_ctx *ctx)
{
	int32_t i;

	if (!c->days)
		c->days = mu_alloc(ctx, N_DAYS * sizeof *c->days);
	for (i = 0; i < N_DAYS; i++)
		c->days[i] = ~i;
}

/* Rendering words pays when each stands in several rows. */
static enum way way_of_text(const struct mu_column *cells, int64_t rows)
{
	if (!cells->words || cells->n_words > rows / 2 || cells->n_words > WORDS_MAX)
		return AS_ITSELF;
	return cells->valid ? AS_NULLABLE : AS_WORDS;
}

static enum way way_of(const struct mu_column *cells, int64_t rows)
{
	switch (cells->type) {
	case MU_STRING:
		return way_of_text(cells, rows);
	case MU_INTEGER:
		return AS_INTEGER;
	case MU_DATE:
		return AS_DATE;
	default:
		return AS_ITSELF;
	}
}

void column_begin(struct column *c, struct mu_ctx *ctx, struct mu_column cells, int64_t rows)
{
	int i;

	c->cells = cells;
	c->way = way_of(&cells, rows);
	c->words = c->small;
	c->text_end = NULL;
	if (cells.text && rows)
		c->text_end = cells.text + ((const int32_t *)cells.values)[cells.offset + rows];
	switch (c->way) {
	case AS_WORDS:
	case AS_NULLABLE:
		make_room(c, ctx, (size_t)cells.n_words);
		render_words(c);
		break;
	case AS_DATE:
		make_room(c, ctx, N_DAYS);
		forget_days(c, ctx);
		break;
	case AS_INTEGER:
		break;
	case AS_ITSELF:
		for (i = 0; i < N_CODES; i++)
			c->codes[i] = CODE_NONE;
	}
}

static int32_t code_of_date(struct column *c, int32_t days)
{
	int32_t slot = (int32_t)((uint32_t)days % N_DAYS);

	if (c->days[slot] == days)
		return slot;
	if (c->days[slot] != ~slot)
		return CODE_NONE;
	render_value(&c->rendered[slot], c->style, MU_DATE, &days);
	c->days[slot] = days;
	return slot;
}

/* Neighbouring rows mostly have the same date. */
static void dates(struct column *c, int64_t from, int64_t n)
{
	int32_t latest = ~0, code = CODE_NONE, days;
	int64_t i;

	for (i = 0; i < n; i++) {
		if (mu_null(&c->cells, from + i)) {
			c->codes[i] = CODE_NULL;
			continue;
		}
		days = mu_get_date(&c->cells, from + i);
		if (days != latest)
			code = code_of_date(c, days);
		latest = days;
		c->codes[i] = code;
	}
}

static void integers(struct column *c, int64_t from, int64_t n)
{
	const int64_t *values = (const int64_t *)c->cells.values + c->cells.offset + from;
	int64_t i;

	for (i = 0; i < n; i++)
		c->codes[i] = (uint64_t)values[i] < N_SMALL ? (int32_t)values[i] : CODE_NONE;
	for (i = 0; c->cells.valid && i < n; i++)
		if (mu_null(&c->cells, from + i))
			c->codes[i] = CODE_NULL;
}

static void nullable(struct column *c, int64_t from, int64_t n)
{
	int64_t i;

	for (i = 0; i < n; i++)
		c->codes[i] =
			mu_null(&c->cells, from + i) ? CODE_NULL : mu_get_code(&c->cells, from + i);
}

const int32_t *column_codes(struct column *c, int64_t from, int64_t n)
{
	switch (c->way) {
	case AS_WORDS:
		return (const int32_t *)c->cells.values + c->cells.offset + from;
	case AS_NULLABLE:
		nullable(c, from, n);
		break;
	case AS_INTEGER:
		integers(c, from, n);
		break;
	case AS_DATE:
		dates(c, from, n);
		break;
	case AS_ITSELF:
		break;
	}
	return c->codes;
}
