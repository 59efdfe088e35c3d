#include <stdlib.h>

#include "consolidate.h"
#include "cpu/lanes.h"
#include "groups.h"

/*
 * Of each key the first row is kept, in the order in which they came, with the rows
 * that are not added up: claims, rejected ones and those that make an error.  What the
 * rows of a key add up to stands in its group, and replaces the measures of the first
 * row when that is given out.
 *
 * A record of a group is words: the packed key, the place of the first row, how many
 * rows there are, where its compared columns begin in `values`, the totals, and a bit
 * for each that is known.
 *
 * Rows of a batch that follow each other with the same key are a stretch, and where
 * nothing but sums is to be made, these are what is added up.  When there are few texts
 * in a batch, a key is looked up once, however many stretches have it.
 */

enum { KEPT_ROWS = 8192, NO_FLAG = -1 };

/* Groups of more bytes are not in the processor's cache. */
#define NEAR ((size_t)256 << 10)

/* Where a column of the key is in the packed one; `shift` is that of its lowest bit. */
struct part {
	int64_t column;
	enum mu_data type;
	size_t word;
	int shift;
	size_t flag_word;    /* of the bit that says null, */
	int flag_shift;      /* or NO_FLAG: a null has a number of its own, or there is none */
	struct mu_map texts; /* their index + 1 is the number of a text; 0 is null */
	uint32_t *words;     /* of the words of the batch at hand */
	size_t words_room;
};

struct sum {
	struct part *parts; /* one for each column of the key */
	struct groups groups;
	size_t at, rows, start, totals, known; /* where they are in a record */

	/* of the batch at hand, with room for that many rows and one more */
	size_t room;
	lanes_compare *compare;
	uint64_t *changed; /* bits of the rows that have another key than the one before */
	uint32_t *starts;  /* of stretches, the first row; behind them the number of rows */
	size_t n_stretches;
	const uint32_t *asked; /* rows whose keys are looked up: the starts, or `once` */
	size_t n_asked;
	uint32_t *once;          /* the first row of each key, */
	uint32_t *which;         /* and of a stretch, which of these has its key */
	uint64_t *keys, *hashes; /* of rows asked for */
	uint32_t *found;         /* and their groups */
	uint32_t *grid;          /* 1 + what `which` has, by the codes of all columns */
	uint64_t *sums;          /* of each measure, what the rows before each add up to */

	uint64_t bound; /* no total is further from 0, or UINT64_MAX: not known */
	bool nulls;     /* a total of a group is */

	struct mu_builder builder; /* of the rows kept last */
	struct ArrowArray *kept;   /* of those before */
	size_t n_kept, kept_room;
	uint64_t n_rows;  /* that were kept */
	uint64_t *passed; /* the numbers of those that are no first row of a key */
	size_t n_passed, passed_room;

	size_t next, next_group, next_passed; /* to be given out */
	uint64_t next_row;
	struct ArrowSchema counted; /* of the column `count` */
	struct mu_builder counts;
};

/* Whether a value takes a word, or half of one. */
static bool is_wide(enum mu_data type)
{
	return type == MU_INTEGER || type == MU_NUMBER || type == MU_PLACE;
}

/* Takes the next bits of a key. */
static void bits_take(size_t *bits, size_t n, size_t *word, int *shift)
{
	*bits = (*bits + n - 1) / n * n;
	*word = *bits / 64;
	*shift = (int)(*bits % 64);
	*bits += n;
}

/* Lays the key out; how many words it has. */
static size_t parts_make(struct mu_ctx *ctx, const struct consolidate *self, struct sum *sum)
{
	size_t bits = 0;

	sum->parts = mu_alloc(ctx, self->keys.count * sizeof *sum->parts);
	for (size_t i = 0; i < self->keys.count; i++) {
		struct part *p = &sum->parts[i];
		const struct ArrowSchema *column = ctx->schema->children[self->keys.index[i]];

		*p = (struct part){ .column = self->keys.index[i],
				    .type = mu_schema_type(column),
				    .flag_shift = NO_FLAG };
		bits_take(&bits, is_wide(p->type) ? 64 : 32, &p->word, &p->shift);
		if ((is_wide(p->type) || p->type == MU_DATE) && is_nullable(self, column->name))
			bits_take(&bits, 32, &p->flag_word, &p->flag_shift);
	}
	return (bits + 63) / 64;
}

int sum_open(struct mu_ctx *ctx, struct consolidate *self)
{
	struct sum *sum = mu_alloc(ctx, sizeof *sum);
	size_t words;
	int err;

	self->sum = sum;
	sum->compare = lanes_pick();
	words = parts_make(ctx, self, sum);
	sum->at = words++;
	sum->rows = words++;
	sum->start = words;
	words += self->compared.count > 0;
	sum->totals = words;
	words += self->measures.count;
	sum->known = words;
	words += (self->measures.count + 63) / 64;
	err = groups_init(&sum->groups, sum->at, words);
	if (!err)
		err = mu_builder_init(&sum->builder, ctx->schema);
	if (!err)
		err = mu_schema_init(&sum->counted);
	if (!err && self->count)
		err = mu_schema_add(&sum->counted, self->count, MU_INTEGER, false, NULL);
	if (!err)
		err = mu_builder_init(&sum->counts, &sum->counted);
	return err ? mu_fail(ctx, err, "no table of keys can be made: %s", strerror(err)) : 0;
}

static void batch_free(struct sum *sum)
{
	free(sum->changed);
	free(sum->starts);
	free(sum->which);
	free(sum->once);
	free(sum->keys);
	free(sum->hashes);
	free(sum->found);
	free(sum->grid);
	free(sum->sums);
}

void sum_close(struct consolidate *self)
{
	struct sum *sum = self->sum;

	if (!sum)
		return;
	for (size_t i = 0; sum->parts && i < self->keys.count; i++) {
		mu_map_release(&sum->parts[i].texts);
		free(sum->parts[i].words);
	}
	for (size_t i = 0; i < sum->n_kept; i++)
		mu_array_release(&sum->kept[i]);
	groups_release(&sum->groups);
	mu_builder_release(&sum->builder);
	mu_builder_release(&sum->counts);
	mu_schema_release(&sum->counted);
	batch_free(sum);
	free(sum->kept);
	free(sum->passed);
}

/* The number of a text; 0 when memory is out. */
static uint32_t text_number(struct part *p, struct mu_string text)
{
	return (uint32_t)(mu_map_add(&p->texts, text.data, text.len) + 1);
}

/* Numbers each word of a batch once. */
static bool words_number(struct part *p, const struct mu_column *cells)
{
	size_t n = (size_t)cells->n_words;

	if (n > p->words_room) {
		free(p->words);
		p->words = malloc(n * sizeof *p->words);
		p->words_room = p->words ? n : 0;
	}
	for (size_t i = 0; i < n && p->words; i++) {
		p->words[i] = text_number(p, mu_word(cells, (int64_t)i));
		if (!p->words[i])
			return false;
	}
	return p->words || !n;
}

static bool texts_pack(const struct sum *sum, struct part *p, const struct mu_column *cells)
{
	uint64_t *to = sum->keys + p->word;
	struct mu_string last = { NULL, 0 }, text;
	uint32_t number = 0;

	for (size_t i = 0; i < sum->n_asked; i++, to += sum->groups.key_words) {
		int64_t row = sum->asked[i];

		if (mu_null(cells, row))
			continue;
		text = mu_get_string(cells, row);
		if (!number || text.len != last.len || memcmp(text.data, last.data, text.len) != 0)
			number = text_number(p, text);
		if (!number)
			return false;
		last = text;
		*to |= (uint64_t)number << p->shift;
	}
	return true;
}

static bool words_pack(const struct sum *sum, struct part *p, const struct mu_column *cells,
		       int64_t rows)
{
	uint64_t *to = sum->keys + p->word;
	size_t step = sum->groups.key_words, n = sum->n_asked;
	const uint32_t *words, *asked = sum->asked;
	bool all = !cells->valid;
	const int32_t *codes;
	int shift = p->shift;

	/* Of a slice of many rows there may be more words than are worth a look. */
	if (cells->n_words > rows)
		return texts_pack(sum, p, cells);
	if (!words_number(p, cells))
		return false;
	words = p->words;
	codes = (const int32_t *)cells->values + cells->offset;
	for (size_t i = 0; i < n; i++, to += step)
		if (all || !mu_null(cells, asked[i]))
			*to |= (uint64_t)words[codes[asked[i]]] << shift;
	return true;
}

/* The bits of a value that is not null and no text. */
static uint64_t value_bits(const struct mu_column *cells, int64_t row)
{
	double number;
	uint64_t bits;

	switch (cells->type) {
	case MU_NUMBER:
		number = mu_get_number(cells, row) + 0.0; /* -0 is 0 */
		memcpy(&bits, &number, sizeof bits);
		return bits;
	case MU_BOOLEAN:
		return 1 + (uint64_t)mu_get_boolean(cells, row);
	case MU_DATE:
		return (uint32_t)mu_get_date(cells, row);
	case MU_PLACE:
		return mu_get_place(cells, row) & ~MU_AT_REJECTED;
	default:
		return (uint64_t)mu_get_integer(cells, row);
	}
}

/* Dates of which none is null. */
static void dates_pack(const struct sum *sum, const struct part *p, const struct mu_column *cells)
{
	const int32_t *days = (const int32_t *)cells->values + cells->offset;
	uint64_t *to = sum->keys + p->word;
	size_t step = sum->groups.key_words, n = sum->n_asked;
	const uint32_t *asked = sum->asked;
	int shift = p->shift;

	for (size_t i = 0; i < n; i++, to += step)
		*to |= (uint64_t)(uint32_t)days[asked[i]] << shift;
}

static void values_pack(const struct sum *sum, const struct part *p, const struct mu_column *cells)
{
	uint64_t *to = sum->keys;

	for (size_t i = 0; i < sum->n_asked; i++, to += sum->groups.key_words) {
		int64_t row = sum->asked[i];

		if (!mu_null(cells, row))
			to[p->word] |= value_bits(cells, row) << p->shift;
		else if (p->flag_shift != NO_FLAG)
			to[p->flag_word] |= (uint64_t)1 << p->flag_shift;
	}
}

/* The keys of the rows asked for, column by column, and their hashes. */
static bool keys_pack(const struct consolidate *self, struct sum *sum, int64_t rows)
{
	size_t n = sum->n_asked;

	memset(sum->keys, 0, n * sum->groups.key_words * sizeof *sum->keys);
	for (size_t i = 0; i < self->keys.count; i++) {
		struct part *p = &sum->parts[i];
		const struct mu_column *cells = &self->cells[p->column];

		if (p->type == MU_DATE && !cells->valid)
			dates_pack(sum, p, cells);
		else if (p->type != MU_STRING)
			values_pack(sum, p, cells);
		else if (cells->words ? !words_pack(sum, p, cells, rows)
				      : !texts_pack(sum, p, cells))
			return false;
	}
	groups_hashes(&sum->groups, sum->keys, n, sum->hashes);
	return true;
}

/* Puts the rows that were kept last behind the others. */
static int kept_end(struct mu_ctx *ctx, struct sum *sum)
{
	int err;

	if (sum->n_kept == sum->kept_room) {
		size_t room = sum->kept_room ? sum->kept_room * 2 : 16;
		struct ArrowArray *kept = reallocarray(sum->kept, room, sizeof *kept);

		if (!kept)
			return out_of_memory(ctx);
		sum->kept = kept;
		sum->kept_room = room;
	}
	err = mu_builder_finish(&sum->builder, &sum->kept[sum->n_kept]);
	if (err)
		return mu_fail(ctx, err, "a batch of rows cannot be made: %s", strerror(err));
	sum->n_kept += sum->kept[sum->n_kept].release != NULL;
	return 0;
}

static int row_keep(struct mu_ctx *ctx, struct consolidate *self, int64_t row)
{
	struct sum *sum = self->sum;

	if (sum->n_rows == (uint64_t)self->max_rows)
		return mu_fail(ctx, E2BIG, "more than %lld rows to keep in memory: raise max_rows",
			       (long long)self->max_rows);
	mu_copy_row(&sum->builder, self->cells, row);
	sum->n_rows++;
	return sum->builder.rows == KEPT_ROWS ? kept_end(ctx, sum) : 0;
}

/* Keeps a row as it is. */
static int row_pass(struct mu_ctx *ctx, struct consolidate *self, int64_t row)
{
	struct sum *sum = self->sum;

	if (sum->n_passed == sum->passed_room) {
		size_t room = sum->passed_room ? sum->passed_room * 2 : 64;
		uint64_t *passed = reallocarray(sum->passed, room, sizeof *passed);

		if (!passed)
			return out_of_memory(ctx);
		sum->passed = passed;
		sum->passed_room = room;
	}
	sum->passed[sum->n_passed++] = sum->n_rows;
	return row_keep(ctx, self, row);
}

static bool total_known(const struct sum *sum, const uint64_t *record, size_t measure)
{
	return record[sum->known + measure / 64] >> measure % 64 & 1;
}

static const struct mu_column *measure_cells(const struct consolidate *self, size_t measure)
{
	return &self->cells[self->measures.index[measure]];
}

/* Keeps the first row of a key, one asked for, whose group is then that of no row yet. */
static int group_begin(struct mu_ctx *ctx, struct consolidate *self, size_t i, uint64_t at,
		       size_t *out)
{
	struct sum *sum = self->sum;
	int64_t row = sum->asked[i];
	struct groups *g = &sum->groups;
	size_t start = self->values.len;
	size_t group = groups_add(g, &sum->keys[i * g->key_words], sum->hashes[i]);
	uint64_t *record;

	if (group == GROUPS_NONE || !values_add(self, row))
		return out_of_memory(ctx);
	*out = group;
	record = groups_record(g, group);
	record[sum->at] = at;
	if (self->compared.count)
		record[sum->start] = start;
	for (size_t m = 0; m < self->measures.count; m++)
		if (!mu_null(measure_cells(self, m), row))
			record[sum->known + m / 64] |= (uint64_t)1 << m % 64;
		else
			sum->nulls = true;
	return row_keep(ctx, self, row);
}

/* Whether a measure of a row can be added to that of its group. */
static bool is_addable(const struct consolidate *self, const uint64_t *record, size_t measure,
		       int64_t row)
{
	const struct sum *sum = self->sum;
	const struct mu_column *cells = measure_cells(self, measure);
	bool known = !mu_null(cells, row);
	int64_t added;

	return known == total_known(sum, record, measure) &&
	       !(known && __builtin_add_overflow((int64_t)record[sum->totals + measure],
						 mu_get_integer(cells, row), &added));
}

/* Says why not. */
static int report_not_addable(struct mu_ctx *ctx, const struct consolidate *self,
			      const uint64_t *record, size_t measure, int64_t row, uint64_t at)
{
	struct phrase key = phrase_key(ctx, self, row);
	struct mu_finding finding = { .code = "conflict",
				      .at = at,
				      .field = column_name(ctx, self->measures.index[measure]),
				      .other = record[self->sum->at] };

	if (!mu_null(measure_cells(self, measure), row) ==
	    total_known(self->sum, record, measure)) {
		finding.code = "overflow";
		return mu_report(ctx, finding,
				 "%s of rows with %s adds up to a number that does not fit 64 bits",
				 finding.field, key.text);
	}
	return mu_report(ctx, finding,
			 "%s of rows with %s cannot be added: it is unknown in one of them",
			 finding.field, key.text);
}

/* A row that is an error beside the first of its key passes as it is. */
static int group_check(struct mu_ctx *ctx, struct consolidate *self, const uint64_t *record,
		       int64_t row, uint64_t at, bool *fits)
{
	int64_t differs = -1;
	int err = 0;

	if (self->compared.count && differing(self, record[self->sum->start], row, &differs))
		return out_of_memory(ctx);
	*fits = differs == -1;
	if (!*fits)
		err = report_conflict(ctx, self, record[self->sum->at], row, at, differs);
	for (size_t m = 0; m < self->measures.count && *fits; m++) {
		*fits = is_addable(self, record, m, row);
		if (!*fits)
			err = report_not_addable(ctx, self, record, m, row, at);
	}
	return *fits || err ? err : row_pass(ctx, self, row);
}

static void group_add(const struct consolidate *self, uint64_t *record, int64_t row)
{
	const struct sum *sum = self->sum;

	record[sum->rows]++;
	for (size_t m = 0; m < self->measures.count; m++)
		if (total_known(sum, record, m))
			record[sum->totals + m] +=
				(uint64_t)mu_get_integer(measure_cells(self, m), row);
}

/* Whether no row of a batch needs a look before its key is one. */
static bool is_plain(const struct consolidate *self, const struct mu_rows *rows, int64_t n)
{
	uint64_t seen = 0;

	if (!rows->no_claims)
		return false;
	for (size_t i = 0; i < self->keys.count; i++)
		if (self->cells[self->keys.index[i]].valid)
			return false;
	for (int64_t row = 0; row < n; row++)
		seen |= mu_row_at(rows, row);
	return !(seen & MU_AT_REJECTED);
}

/* A row at a time, whatever there is. */
static int rows_take(struct mu_ctx *ctx, struct consolidate *self, const struct mu_rows *rows,
		     int64_t n, int64_t *added)
{
	struct sum *sum = self->sum;
	struct groups *g = &sum->groups;
	int err = 0;

	for (int64_t row = 0; row < n && !err; row++) {
		size_t i = (size_t)row, group;
		bool data = !mu_row_is_claim(rows, row) && !mu_row_is_rejected(rows, row);
		bool fits = true;

		if (data)
			err = key_check(ctx, self, row, mu_row_at(rows, row), &data);
		if (!err && !data)
			err = row_pass(ctx, self, row);
		if (err || !data)
			continue;
		group = groups_find(g, &sum->keys[i * g->key_words], sum->hashes[i]);
		if (group == GROUPS_NONE)
			err = group_begin(ctx, self, i, mu_row_at(rows, row), &group);
		else {
			err = group_check(ctx, self, groups_record(g, group), row,
					  mu_row_at(rows, row), &fits);
			*added += fits;
		}
		if (!err && fits)
			group_add(self, groups_record(g, group), row);
	}
	return err;
}

/* Rows have numbers of 32 bits here. */
static bool batch_room(const struct consolidate *self, struct sum *sum, size_t rows)
{
	size_t n = rows + 1;

	if (rows < sum->room)
		return true;
	if (n > UINT32_MAX)
		return false;
	batch_free(sum);
	sum->room = 0;
	sum->changed = reallocarray(NULL, n / 64 + 1, sizeof *sum->changed);
	sum->starts = reallocarray(NULL, n, sizeof *sum->starts);
	sum->which = reallocarray(NULL, n, sizeof *sum->which);
	sum->once = reallocarray(NULL, n, sizeof *sum->once);
	sum->keys = reallocarray(NULL, n, sum->groups.key_words * sizeof *sum->keys);
	sum->hashes = reallocarray(NULL, n, sizeof *sum->hashes);
	sum->sums = reallocarray(NULL, n, (self->measures.count + 1) * sizeof *sum->sums);
	sum->found = reallocarray(NULL, n, sizeof *sum->found);
	sum->grid = reallocarray(NULL, n, sizeof *sum->grid);
	if (sum->changed && sum->starts && sum->which && sum->once && sum->keys && sum->hashes &&
	    sum->sums && sum->found && sum->grid)
		sum->room = n;
	return sum->room;
}

/* Fills what the rows before each add up to.  Returns how far the values are from 0, at
 * most; those of nulls count too. */
static uint64_t sums_fill(const struct mu_column *cells, size_t n, uint64_t *sums)
{
	const int64_t *values = (const int64_t *)cells->values + cells->offset;
	uint64_t seen = 0, sum = 0;

	for (size_t i = 0; i < n; i++) {
		sums[i] = sum;
		sum += (uint64_t)values[i];
		seen |= (uint64_t)(values[i] < 0 ? ~values[i] : values[i]);
	}
	sums[n] = sum;
	return seen + 1;
}

/* Whether the measures of a batch can be added up without a look at each: none is null,
 * here or in a group, and no total can leave 64 bits. */
static bool is_easy(const struct consolidate *self, size_t n)
{
	struct sum *sum = self->sum;
	bool easy = !self->compared.count && !sum->nulls;
	uint64_t by;

	for (size_t m = 0; m < self->measures.count; m++) {
		const struct mu_column *cells = measure_cells(self, m);
		uint64_t most = sums_fill(cells, n, sum->sums + m * sum->room);

		easy = easy && !cells->valid;
		if (__builtin_mul_overflow(most, (uint64_t)n, &by) ||
		    __builtin_add_overflow(sum->bound, by, &sum->bound))
			sum->bound = UINT64_MAX;
	}
	return easy && sum->bound <= INT64_MAX;
}

/* Whether rows whose lanes are equal have the same key, when nothing of it is null. */
static bool are_lanes(const struct consolidate *self)
{
	for (size_t i = 0; i < self->keys.count; i++) {
		const struct mu_column *cells = &self->cells[self->keys.index[i]];

		if (!cells->words && (cells->type == MU_STRING || cells->type == MU_BOOLEAN))
			return false;
	}
	return true;
}

/* Finds the stretches of a batch whose keys have no null.  Neighbours may have the same
 * key: it is only quicker when they have not. */
static void stretches_find(const struct consolidate *self, struct sum *sum, size_t n)
{
	memset(sum->changed, 0, (n / 64 + 1) * sizeof *sum->changed);
	sum->changed[0] = 1;
	for (size_t i = 0; i < self->keys.count; i++) {
		const struct mu_column *cells = &self->cells[self->keys.index[i]];
		size_t size = cells->words || cells->type == MU_DATE ? 4 : 8;

		sum->compare((const char *)cells->values + (size_t)cells->offset * size, size, n,
			     sum->changed);
	}
	sum->n_stretches = lanes_starts(sum->changed, n, sum->starts);
}

/* Has each row be a stretch. */
static void stretches_single(struct sum *sum, size_t n)
{
	for (size_t i = 0; i <= n; i++)
		sum->starts[i] = (uint32_t)i;
	sum->n_stretches = n;
}

/* How many keys the words of a batch can make, or 0: too many to be worth a grid, or the
 * key is not all words. */
static size_t grid_size(const struct consolidate *self, const struct sum *sum)
{
	size_t most = sum->n_stretches / 4, size = 1;

	for (size_t i = 0; i < self->keys.count; i++) {
		const struct mu_column *cells = &self->cells[self->keys.index[i]];

		if (!cells->words || !cells->n_words || (size_t)cells->n_words > most / size)
			return 0;
		size *= (size_t)cells->n_words;
	}
	return size;
}

/* Makes `which` the slot in the grid of each stretch. */
static void slots_find(const struct consolidate *self, struct sum *sum)
{
	const uint32_t *starts = sum->starts;
	uint32_t *which = sum->which;
	size_t n = sum->n_stretches;

	memset(which, 0, n * sizeof *which);
	for (size_t i = 0; i < self->keys.count; i++) {
		const struct mu_column *cells = &self->cells[self->keys.index[i]];
		const int32_t *codes = (const int32_t *)cells->values + cells->offset;
		uint32_t words = (uint32_t)cells->n_words;

		for (size_t k = 0; k < n; k++)
			which[k] = which[k] * words + (uint32_t)codes[starts[k]];
	}
}

/* Asks for the first row that has each key. */
static void keys_ask_once(const struct consolidate *self, struct sum *sum, size_t size)
{
	uint32_t *grid = sum->grid, *which = sum->which, n = 0;

	slots_find(self, sum);
	memset(grid, 0, size * sizeof *grid);
	for (size_t i = 0; i < sum->n_stretches; i++) {
		uint32_t *slot = &grid[which[i]];

		if (!*slot) {
			sum->once[n] = sum->starts[i];
			*slot = ++n;
		}
		which[i] = *slot - 1;
	}
	sum->asked = sum->once;
	sum->n_asked = n;
}

/* Decides which stretches there are, and which keys are to be looked up. */
static void stretches_make(const struct consolidate *self, struct sum *sum, size_t n, bool easy)
{
	size_t grid = 0;

	if (easy && are_lanes(self)) {
		stretches_find(self, sum, n);
		grid = grid_size(self, sum);
	} else
		stretches_single(sum, n);
	if (grid)
		keys_ask_once(self, sum, grid);
	else {
		sum->asked = sum->starts;
		sum->n_asked = sum->n_stretches;
	}
}

/* The groups of all keys asked for, some of which may be new. */
static int groups_find_all(struct mu_ctx *ctx, struct consolidate *self, const struct mu_rows *rows)
{
	struct sum *sum = self->sum;
	struct groups *g = &sum->groups;
	bool far = g->count * g->record_words * sizeof *g->records > NEAR;
	const uint64_t *hashes = sum->hashes, *key = sum->keys;
	size_t n = sum->n_asked;
	int err = 0;

	for (size_t i = 0; i < n && !err; i++, key += g->key_words) {
		size_t group;

		if (far)
			groups_ahead(g, hashes, n, i);
		group = groups_find(g, key, hashes[i]);
		if (group == GROUPS_NONE)
			err = group_begin(ctx, self, i, mu_row_at(rows, sum->asked[i]), &group);
		sum->found[i] = (uint32_t)group;
	}
	return err;
}

/* Adds up all stretches. */
static void stretches_add(const struct consolidate *self)
{
	const struct sum *sum = self->sum;
	const uint32_t *which = sum->asked == sum->once ? sum->which : NULL;
	const uint32_t *starts = sum->starts, *found = sum->found;
	size_t n = sum->n_stretches, measures = self->measures.count;
	size_t rows = sum->rows, totals = sum->totals, step = sum->groups.record_words;

	for (size_t i = 0; i < n; i++) {
		uint64_t *record = sum->groups.records + found[which ? which[i] : i] * step;
		const uint64_t *sums = sum->sums;
		size_t start = starts[i], end = starts[i + 1];

		record[rows] += end - start;
		for (size_t m = 0; m < measures; m++, sums += sum->room)
			record[totals + m] += sums[end] - sums[start];
	}
}

int sum_take(struct mu_ctx *ctx, struct consolidate *self, const struct ArrowArray *batch)
{
	struct mu_rows rows = mu_rows(ctx->schema, batch);
	struct sum *sum = self->sum;
	size_t n = (size_t)batch->length, known = sum->groups.count;
	int64_t added = 0;
	bool easy;
	int err;

	if (!batch_room(self, sum, n))
		return out_of_memory(ctx);
	easy = is_easy(self, n) && is_plain(self, &rows, batch->length);
	stretches_make(self, sum, n, easy);
	if (!keys_pack(self, sum, batch->length))
		return out_of_memory(ctx);
	if (!easy)
		err = rows_take(ctx, self, &rows, batch->length, &added);
	else {
		err = groups_find_all(ctx, self, &rows);
		if (!err)
			stretches_add(self);
		added = (int64_t)(n - (sum->groups.count - known));
	}
	return err || !added ? err : mu_adjusted(ctx, NULL, -added);
}

/* Whether the next kept row is the first of a key: then its record, else NULL. */
static const uint64_t *record_next(struct sum *sum)
{
	uint64_t row = sum->next_row++;

	if (sum->next_passed < sum->n_passed && sum->passed[sum->next_passed] == row) {
		sum->next_passed++;
		return NULL;
	}
	return groups_record(&sum->groups, sum->next_group++);
}

/* Puts the totals of keys in the place of what their first rows have.  The batch was
 * made here, so its values may be changed; what is null stays null. */
static void totals_put(const struct consolidate *self, const uint64_t *record,
		       struct ArrowArray *batch, int64_t row)
{
	const struct sum *sum = self->sum;

	for (size_t m = 0; m < self->measures.count; m++) {
		const struct ArrowArray *cells = batch->children[self->measures.index[m]];

		if (total_known(sum, record, m))
			((int64_t *)cells->buffers[1])[row] = (int64_t)record[sum->totals + m];
	}
}

/* Adds the column `count`, behind the others that have names. */
static int count_add(struct mu_ctx *ctx, struct sum *sum, struct ArrowArray *batch,
		     struct ArrowArray *out)
{
	int64_t visible = mu_schema_visible(ctx->schema);
	struct ArrowArray counts = { .release = NULL };
	int err = mu_builder_finish(&sum->counts, &counts);

	if (!err)
		err = mu_batch_init(out, batch->n_children + 1, batch->length);
	for (int64_t i = 0; i < batch->n_children && !err; i++)
		mu_batch_move(out, i + (i >= visible), batch, i);
	if (!err)
		mu_batch_move(out, visible, &counts, 0);
	mu_array_release(&counts);
	return err ? out_of_memory(ctx) : 0;
}

int sum_give(struct mu_ctx *ctx, struct consolidate *self, struct ArrowArray *out)
{
	struct sum *sum = self->sum;
	struct ArrowArray *batch;
	struct mu_rows rows;
	int err = sum->builder.rows ? kept_end(ctx, sum) : 0;

	if (err || sum->next == sum->n_kept)
		return err;
	batch = &sum->kept[sum->next++];
	rows = mu_rows(ctx->schema, batch);
	for (int64_t row = 0; row < batch->length; row++) {
		const uint64_t *record = record_next(sum);

		if (record)
			totals_put(self, record, batch, row);
		if (!self->count)
			continue;
		if (!mu_row_is_claim(&rows, row))
			mu_put_integer(&sum->counts, 0, record ? (int64_t)record[sum->rows] : 1);
		mu_end_row(&sum->counts);
	}
	if (self->count) {
		err = count_add(ctx, sum, batch, out);
		mu_array_release(batch);
		return err;
	}
	*out = *batch;
	batch->release = NULL;
	return 0;
}
