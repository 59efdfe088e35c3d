/*
 * Rows of a block to groups, column by column.
 *
 *     1. each column says where it changes from one row to the next: that makes the stretches
 *     2. each column gives the number of the first value of each stretch: that makes the keys
 *     3. the groups of all keys are looked up
 *     4. each measure is added: what the rows before the end of a stretch add up to, less what
 *        the rows before its start do
 *
 * Columns are done one after another, since a loop over one column has no branch on its type and
 * can be done by vector instructions.  A block is small enough that all of this stays in the cache.
 *
 * Where all columns have words and a batch has few combinations of these, steps 2 and 3 are
 * done once for each combination.  Words have codes from 0 on, so a combination is an index of an array:
 * (code of column 1) * (words of column 2) + (code of column 2).
 */
#include "aggregate/block.h"

#include <errno.h>
#include <stdlib.h>

void block_init(struct mu_ctx *ctx, struct block *block, const int64_t *columns, size_t n,
		size_t n_measures)
{
	*block = (struct block){ .n_dimensions = n, .width = n + 1, .compare = lanes_pick() };
	block->dimensions = mu_alloc(ctx, (n + 1) * sizeof *block->dimensions);
	for (size_t i = 0; i < n; i++)
		block->dimensions[i] = dimension_of(ctx, columns[i]);
	block->starts = mu_alloc(ctx, (BLOCK + 1) * sizeof *block->starts);
	block->sums = mu_alloc(ctx, (BLOCK + 1) * (n_measures + 1) * sizeof *block->sums);
	block->keys = mu_alloc(ctx, BLOCK * block->width * sizeof *block->keys);
	block->indices = mu_alloc(ctx, BLOCK * sizeof *block->indices);
	block->groups = mu_alloc(ctx, BLOCK * sizeof *block->groups);
}

void block_release(struct block *block)
{
	for (size_t i = 0; i < block->n_dimensions; i++)
		dimension_release(&block->dimensions[i]);
	free(block->known);
}

/* How many combinations of words a batch may have; 0 when there are too many to be worth an array,
 * or not all columns have words. */
static size_t combinations(const struct block *block, size_t most)
{
	size_t n = 1;

	for (size_t i = 0; i < block->n_dimensions; i++) {
		const struct mu_column *cells = &block->dimensions[i].cells;

		if (!cells->words || !cells->n_words || cells->valid ||
		    (size_t)cells->n_words > most / n)
			return 0;
		n *= (size_t)cells->n_words;
	}
	return n;
}

bool block_turn(struct block *block, const struct ArrowSchema *schema,
		const struct ArrowArray *batch)
{
	for (size_t i = 0; i < block->n_dimensions; i++)
		if (!dimension_turn(&block->dimensions[i], schema, batch))
			return false;
	block->n_known = combinations(block, (size_t)batch->length / 4);
	if (block->n_known > block->known_room) {
		free(block->known);
		block->known = malloc(block->n_known * sizeof *block->known);
		block->known_room = block->known ? block->n_known : 0;
	}
	if (block->n_known && !block->known)
		return false;
	if (block->n_known)
		memset(block->known, 0, block->n_known * sizeof *block->known);
	block->known_of = NO_DOCUMENT;
	return true;
}

/* Makes the keys of some rows, and finds their groups.  `looked`: the dimensions have looked at
 * all rows of the block. */
static int keys_look_up(struct block *block, struct tally *tally, const uint32_t *rows, size_t n,
			uint32_t document, bool looked)
{
	/* The document stands there already, mostly. */
	size_t i = block->keys[0] == document ? block->n_set : 0;

	for (; i < n; i++)
		block->keys[i * block->width] = document;
	block->n_set = i;
	for (i = 0; i < block->n_dimensions; i++) {
		struct dimension *d = &block->dimensions[i];
		uint32_t *out = block->keys + i + 1;

		if (looked ? !dimension_pick(d, block->row, rows, n, out, block->width)
			   : !dimension_numbers(d, block->row, rows, n, out, block->width))
			return ENOMEM;
	}
	return tally_groups(tally, block->keys, n, block->indices, block->groups);
}

/* Fills the combination of words of each stretch. */
static void combinations_fill(const struct block *block, uint32_t *out)
{
	size_t n = block->n_stretches;

	memset(out, 0, n * sizeof *out);
	for (size_t i = 0; i < block->n_dimensions; i++) {
		const struct dimension *d = &block->dimensions[i];
		const int32_t *codes = d->lanes;
		uint32_t words = (uint32_t)d->cells.n_words;

		for (size_t k = 0; k < n; k++)
			out[k] = out[k] * words + (uint32_t)codes[block->starts[k]];
	}
}

/* Finds the groups of the combinations that are known; false when some are not. */
static bool known_find(const struct block *block, const struct tally *tally, const uint32_t *which)
{
	bool all = true;

	for (size_t i = 0; i < block->n_stretches; i++) {
		uint32_t known = block->known[which[i]];

		if (!known) {
			all = false;
			continue;
		}
		block->indices[i] = known - 1;
		block->groups[i] = tally_at(tally, known - 1);
	}
	return all;
}

/* Looks up each combination of words once a batch. */
static int combinations_look_up(struct block *block, struct tally *tally, uint32_t document)
{
	uint32_t which[BLOCK], rows[BLOCK], news[BLOCK];
	size_t n = 0, i;
	int err;

	combinations_fill(block, which);
	if (known_find(block, tally, which))
		return 0;
	for (i = 0; i < block->n_stretches; i++)
		if (!block->known[which[i]]) {
			block->known[which[i]] = UINT32_MAX;
			news[n] = which[i];
			rows[n++] = block->starts[i];
		}
	err = keys_look_up(block, tally, rows, n, document, true);
	for (i = 0; i < n && !err; i++)
		block->known[news[i]] = block->indices[i] + 1;
	if (!err)
		known_find(block, tally, which);
	return err;
}

int block_stretches(struct block *block, struct tally *tally, int64_t row, size_t n,
		    uint32_t document)
{
	uint64_t changed[BLOCK / 64] = { 1 };

	block->row = row;
	block->n = n;
	for (size_t i = 0; i < block->n_dimensions; i++) {
		struct dimension *d = &block->dimensions[i];

		if (!dimension_look(d, row, n))
			return ENOMEM;
		block->compare(d->lanes, d->lane_size, n, changed);
	}
	block->n_stretches = lanes_starts(changed, n, block->starts);
	if (block->known_of == NO_DOCUMENT)
		block->known_of = document;
	return block->n_known && document == block->known_of
		       ? combinations_look_up(block, tally, document)
		       : keys_look_up(block, tally, block->starts, block->n_stretches, document,
				      true);
}

int block_rows(struct block *block, struct tally *tally, int64_t row, size_t n, uint32_t document)
{
	block->row = row;
	block->n = block->n_stretches = n;
	return keys_look_up(block, tally, block->starts, n, document, false);
}

/* Value by value, where some are not known or a sum may not fit 64 bits. */
static bool add_each(const struct block *block, struct tally *tally, size_t measure,
		     const struct mu_column *cells, const struct mu_column *at)
{
	size_t stretch = 0, i;
	bool done = true;

	for (i = 0; i < block->n && done; i++) {
		int64_t row = block->row + (int64_t)i;
		struct group *group;

		stretch += i == block->starts[stretch + 1];
		group = block->groups[stretch];
		done = mu_null(cells, row)
			       ? sum_unknown(tally, group, measure, 1, mu_get_place(at, row))
			       : sum_add(tally, group, measure, mu_get_integer(cells, row));
	}
	return done;
}

uint64_t block_sums(struct block *block, size_t measure, const struct mu_column *cells, int64_t row,
		    size_t n)
{
	const int64_t *values = (const int64_t *)cells->values + cells->offset + row;
	int64_t *sums = block->sums + measure * (BLOCK + 1);
	uint64_t sum = 0, used = 0;

	for (size_t i = 0; i < n; i++) {
		sums[i] = (int64_t)sum;
		sum += (uint64_t)values[i];
		used |= (uint64_t)(values[i] < 0 ? ~values[i] : values[i]);
	}
	sums[n] = (int64_t)sum;
	return used + 1;
}

bool block_add_sums(const struct block *block, struct tally *tally, size_t measure)
{
	const int64_t *sums = block->sums + measure * (BLOCK + 1);
	const uint32_t *starts = block->starts;
	bool done = true;

	for (size_t i = 0; i < block->n_stretches && done; i++)
		done = sum_add(
			tally, block->groups[i], measure,
			(int64_t)((uint64_t)sums[starts[i + 1]] - (uint64_t)sums[starts[i]]));
	return done;
}

bool block_add(struct block *block, struct tally *tally, size_t measure,
	       const struct mu_column *cells, const struct mu_column *at)
{
	const int64_t *values = (const int64_t *)cells->values + cells->offset + block->row;
	bool done = true;

	if (cells->valid)
		return add_each(block, tally, measure, cells, at);
	if (block->n_stretches < block->n)
		return block_sums(block, measure, cells, block->row, block->n) <=
				       (uint64_t)INT64_MAX / BLOCK
			       ? block_add_sums(block, tally, measure)
			       : add_each(block, tally, measure, cells, at);
	for (size_t i = 0; i < block->n && done; i++)
		done = sum_add(tally, block->groups[i], measure, values[i]);
	return done;
}

void translation_free(uint32_t **values, size_t n_dimensions)
{
	for (size_t i = 0; values && i < n_dimensions; i++)
		free(values[i]);
	free(values);
}

uint32_t **block_translate(struct block *block, const struct block *other)
{
	uint32_t **values = calloc(block->n_dimensions + 1, sizeof *values);

	for (size_t i = 0; values && i < block->n_dimensions; i++) {
		const struct dimension *theirs = &other->dimensions[i];

		values[i] = calloc(dimension_count(theirs) + 1, sizeof **values);
		if (!values[i] || !dimension_merge(&block->dimensions[i], theirs, values[i])) {
			translation_free(values, block->n_dimensions);
			return NULL;
		}
	}
	return values;
}

/* The own keys of n groups of another tally. */
static void keys_translate(struct block *block, const struct tally *from, size_t first, size_t n,
			   uint32_t *const *values)
{
	uint32_t *key = block->keys;
	size_t i, d;

	block->n_set = 0;
	for (i = 0; i < n; i++, key += block->width) {
		const uint32_t *theirs = group_key(from, tally_at(from, first + i));

		key[0] = theirs[0];
		for (d = 0; d < block->n_dimensions; d++)
			key[d + 1] = values[d][theirs[d + 1]];
	}
}

/* BLOCK divides the items of a chunk, so one of these is done with at its end. */
int block_merge(struct block *block, struct tally *to, struct tally *from, uint32_t *const *values,
		uint32_t *numbers)
{
	size_t first, n, i;
	int err = 0;

	_Static_assert(PILE_CHUNK % BLOCK == 0, "chunks are whole blocks");
	tally_unindex(from);
	for (first = 0; first < from->groups.count && !err; first += n) {
		n = from->groups.count - first < BLOCK ? from->groups.count - first : BLOCK;
		keys_translate(block, from, first, n, values);
		err = tally_groups(to, block->keys, n, block->indices, block->groups);
		for (i = 0; i < n && !err; i++)
			if (!tally_merge(to, block->groups[i], from, tally_at(from, first + i)))
				err = ENOMEM;
		if (err)
			return err;
		if (numbers)
			memcpy(numbers + first, block->indices, n * sizeof *numbers);
		if ((first + n) % PILE_CHUNK == 0)
			pile_pass(&from->groups, first, &to->groups);
	}
	return err;
}
