/* plugins/lib/aggregate: rows added up by key, as a naive model does it. */
#include <check.h>
#include <errno.h>
#include <sys/mman.h>
#include <time.h>

#include "aggregate/block.h"

#include "encode.h"
#include "failing.h"
#include "rig.h"

/* The room asks for memory in these ways, too. */
// NOLINTBEGIN(bugprone-reserved-identifier)
void *__real_aligned_alloc(size_t alignment, size_t size);
void *__real_mmap(void *at, size_t size, int prot, int flags, int fd, off_t offset);
void *__wrap_aligned_alloc(size_t alignment, size_t size);
void *__wrap_mmap(void *at, size_t size, int prot, int flags, int fd, off_t offset);

void *__wrap_aligned_alloc(size_t alignment, size_t size)
{
	return allocation_fails() ? NULL : __real_aligned_alloc(alignment, size);
}

void *__wrap_mmap(void *at, size_t size, int prot, int flags, int fd, off_t offset)
{
	return allocation_fails() ? MAP_FAILED : __real_mmap(at, size, prot, flags, fd, offset);
}
// NOLINTEND(bugprone-reserved-identifier)

enum { TEXTS = 2, COLUMNS = 6, MEASURES = 2, MODELS = 4096 };

static const enum mu_data types[COLUMNS] = { MU_STRING,  MU_STRING, MU_DATE,
					     MU_INTEGER, MU_NUMBER, MU_BOOLEAN };

/* What is known of a group by the most simple means. */
struct model {
	uint64_t rows;
	struct sum sums[MEASURES];
};

struct fixture {
	struct rig rig;
	int64_t columns[COLUMNS]; /* of the key */
	size_t n_columns;
	struct mu_map keys;
	struct model *models; /* by their index in `keys` */
};

static void setup(struct fixture *f)
{
	struct ArrowSchema *schema = &f->rig.schema;
	const char *const names[] = { "text", "place", "day", "whole", "number", "flag" };

	rig_init(&f->rig, "unused", (char *)NULL);
	mu_builder_release(&f->rig.builder);
	mu_schema_release(schema);
	ck_assert_int_eq(mu_schema_init(schema), 0);
	for (int i = 0; i < COLUMNS; i++)
		ck_assert_int_eq(mu_schema_add(schema, names[i], types[i], false, NULL), 0);
	ck_assert(!mu_schema_add(schema, "heads", MU_INTEGER, true, NULL) &&
		  !mu_schema_add(schema, "women", MU_INTEGER, true, NULL) &&
		  !mu_schema_add_hidden(schema) && !mu_builder_init(&f->rig.builder, schema));
	f->n_columns = 0;
	f->keys = (struct mu_map){ .count = 0 };
	f->models = calloc(MODELS, sizeof *f->models);
}

static void teardown(struct fixture *f)
{
	free(f->models);
	mu_map_release(&f->keys);
	rig_release(&f->rig);
}

/* How the rows of a test are. */
struct kind {
	int values;   /* of a column, at most */
	bool nulls;   /* in keys and measures */
	bool large;   /* sums leave 64 bits on the way */
	bool encoded; /* text is in dictionaries */
	int documents;
};

static struct kind kind_of(int i)
{
	return (struct kind){ .values = i % 3 == 0   ? 3
					: i % 3 == 1 ? 40
						     : 2000,
			      .nulls = i / 3 % 2,
			      .large = i / 6 % 3 == 2,
			      .encoded = i / 2 % 2,
			      .documents = i % 5 == 4 ? 3 : 1 };
}

/* The value of a column by a number below kind.values. */
static void put(struct mu_builder *b, int column, int number)
{
	char text[32];

	snprintf(text, sizeof text, "a word of letters %d", number);
	switch (types[column]) {
	case MU_STRING:
		mu_put_string(b, column, mu_string(number % 2 ? text : text + 18));
		break;
	case MU_DATE:
		mu_put_date(b, column, number * (number % 3 ? 1 : 700));
		break;
	case MU_INTEGER:
		mu_put_integer(b, column, number % 3 ? number : INT64_MIN + number);
		break;
	case MU_NUMBER:
		mu_put_number(b, column, number ? number / 4.0 : rand() % 2 ? -0.0 : 0.0);
		break;
	default:
		mu_put_boolean(b, column, number % 2);
	}
}

static int64_t amount(const struct kind *kind)
{
	static const int64_t large[] = { INT64_MAX, INT64_MIN, INT64_MAX - 1, 1, -1 };

	return kind->large && rand() % 2 ? large[rand() % 5] : rand() % 2000 - 1000;
}

/* Rows in runs of the same key, by batches. */
static void rows_make(struct fixture *f, const struct kind *kind, int n)
{
	int number[COLUMNS] = { 0 }, left = 0, document = 1;

	for (int row = 0; row < n; row++, left--) {
		for (int i = 0; i < COLUMNS && left <= 0; i++)
			number[i] = rand() % kind->values;
		left = left <= 0 ? rand() % 4 : left;
		for (int i = 0; i < COLUMNS; i++)
			if (!kind->nulls || rand() % 8)
				put(&f->rig.builder, i, number[i]);
		for (int i = 0; i < MEASURES; i++)
			if (!kind->nulls || rand() % 16)
				mu_put_integer(&f->rig.builder, COLUMNS + i, amount(kind));
		if (rand() % 100 == 0)
			document = 1 + rand() % kind->documents;
		mu_end_row_at(&f->rig.builder, mu_at((uint32_t)document, (uint64_t)row + 1), NULL);
		if (rand() % 1500 == 0)
			rig_flush(&f->rig);
	}
	rig_flush(&f->rig);
	for (size_t i = 0; i < f->rig.n_batches && kind->encoded; i++)
		encode(&f->rig.schema, &f->rig.batches[i]);
}

static void model_add(struct model *model, size_t m, bool known, int64_t value, uint64_t at)
{
	struct sum *sum = &model->sums[m];

	if (known) {
		sum->value += value;
		return;
	}
	if (!sum->unknown || at < sum->unknown_at)
		sum->unknown_at = at;
	sum->unknown++;
}

/* Appends a value to a key of the model. */
static size_t key_add(char *out, bool null, struct mu_string text)
{
	if (null || mu_string_is(text, "-0"))
		text = mu_string(null ? "~" : "0");
	return (size_t)snprintf(out, 64, "%.*s|", (int)text.len, text.data);
}

/* The model of all rows. */
static void model_make(struct fixture *f)
{
	for (size_t b = 0; b < f->rig.n_batches; b++) {
		const struct ArrowArray *batch = &f->rig.batches[b];
		struct mu_rows rows = mu_rows(&f->rig.schema, batch);

		for (int64_t row = 0; row < batch->length; row++) {
			uint64_t at = mu_row_at(&rows, row);
			struct mu_column cells;
			char key[256];
			size_t index, len = 0;

			for (size_t i = 0; i < f->n_columns; i++) {
				char space[MU_FORMAT_MAX];
				bool null;

				cells = mu_column(&f->rig.schema, batch, f->columns[i]);
				null = mu_null(&cells, row);
				len += key_add(key + len, null, mu_format(&cells, row, space));
			}
			len += (size_t)snprintf(key + len, 16, "%u", mu_at_document(at));
			index = mu_map_add(&f->keys, key, len);
			ck_assert_uint_lt(index, MODELS);
			f->models[index].rows++;
			for (size_t m = 0; m < MEASURES; m++) {
				cells = mu_column(&f->rig.schema, batch, COLUMNS + (int64_t)m);
				model_add(&f->models[index], m, !mu_null(&cells, row),
					  mu_null(&cells, row) ? 0 : mu_get_integer(&cells, row),
					  at);
			}
		}
	}
}

/* One lane. */
struct lane {
	struct block block;
	struct tally tally;
};

static void lane_open(struct fixture *f, struct lane *lane, uint64_t most)
{
	block_init(&f->rig.ctx, &lane->block, f->columns, f->n_columns, MEASURES);
	tally_init(&lane->tally, lane->block.width, MEASURES, most);
}

static void lane_close(struct lane *lane)
{
	block_release(&lane->block);
	tally_release(&lane->tally);
}

/* How many rows from one on are of one document, at most BLOCK. */
static size_t of_document(const struct mu_rows *rows, int64_t row, int64_t length)
{
	size_t n = 1;

	while (n < BLOCK && row + (int64_t)n < length &&
	       mu_at_document(mu_row_at(rows, row + (int64_t)n)) ==
		       mu_at_document(mu_row_at(rows, row)))
		n++;
	return n;
}

/* Takes a batch by stretches, or row by row. */
static int lane_take(struct fixture *f, struct lane *lane, const struct ArrowArray *batch,
		     bool stretches)
{
	struct mu_rows rows = mu_rows(&f->rig.schema, batch);
	struct block *block = &lane->block;
	size_t n;
	int err = block_turn(block, &f->rig.schema, batch) ? 0 : ENOMEM;

	for (int64_t row = 0; row < batch->length && !err; row += (int64_t)n) {
		uint32_t document = mu_at_document(mu_row_at(&rows, row));

		n = of_document(&rows, row, batch->length);
		for (size_t i = 0; i <= n && !stretches; i++)
			block->starts[i] = (uint32_t)i;
		err = stretches ? block_stretches(block, &lane->tally, row, n, document)
				: block_rows(block, &lane->tally, row, n, document);
		for (size_t i = 0; i < block->n_stretches && !err; i++)
			block->groups[i]->rows += block->starts[i + 1] - block->starts[i];
		for (size_t m = 0; m < MEASURES && !err; m++) {
			struct mu_column cells =
				mu_column(&f->rig.schema, batch, COLUMNS + (int64_t)m);

			if (!block_add(block, &lane->tally, m, &cells, &rows.at))
				err = ENOMEM;
		}
	}
	return err;
}

/* What is in a tally is what the model says, and in the order of the model if `ordered`. */
static void is_model(const struct fixture *f, const struct lane *lane, bool ordered)
{
	ck_assert_uint_eq(lane->tally.groups.count, f->keys.count);
	for (size_t i = 0; i < f->keys.count; i++) {
		const struct group *group = tally_at(&lane->tally, i);
		const uint32_t *numbers = group_key(&lane->tally, group);
		const struct model *model;
		size_t index, len = 0;
		char key[256];

		for (size_t d = 0; d < f->n_columns; d++) {
			uint32_t number = numbers[d + 1];
			struct mu_string text = { NULL, 0 };
			char space[MU_FORMAT_MAX];

			if (number)
				text = dimension_value(&lane->block.dimensions[d], number, space);
			len += key_add(key + len, !number, text);
		}
		len += (size_t)snprintf(key + len, 16, "%u", numbers[0]);
		index = mu_map_find(&f->keys, key, len);
		ck_assert_uint_lt(index, f->keys.count);
		ck_assert(!ordered || index == i);
		model = &f->models[index];
		ck_assert_uint_eq(group->rows, model->rows);
		for (size_t m = 0; m < MEASURES; m++) {
			struct sum sum = tally_sum(&lane->tally, group, m);

			ck_assert(sum.value == model->sums[m].value);
			ck_assert_uint_eq(sum.unknown, model->sums[m].unknown);
			ck_assert_uint_eq(sum.unknown_at, model->sums[m].unknown_at);
		}
	}
}

/* Some columns, so that there are few groups or many, and keys of all widths. */
static void columns_choose(struct fixture *f)
{
	int n = rand() % 2 ? TEXTS : COLUMNS;

	for (int i = 0; i < n; i++)
		if (rand() % 2 || n == TEXTS)
			f->columns[f->n_columns++] = i;
}

START_TEST(sums_by_any_key_are_those_of_the_model)
{
	struct kind kind = kind_of(_i);
	struct fixture f;
	struct lane lane;

	srand((unsigned)_i);
	setup(&f);
	columns_choose(&f);
	rows_make(&f, &kind, 4000);
	model_make(&f);
	for (int stretches = 0; stretches < 2; stretches++) {
		lane_open(&f, &lane, MODELS);
		for (size_t i = 0; i < f.rig.n_batches; i++)
			ck_assert_int_eq(lane_take(&f, &lane, &f.rig.batches[i], stretches), 0);
		is_model(&f, &lane, true);
		lane_close(&lane);
	}
	teardown(&f);
}
END_TEST

START_TEST(lanes_that_are_merged_are_as_one)
{
	struct kind kind = kind_of(_i);
	struct lane lanes[2];
	uint32_t **values, *numbers;
	struct fixture f;

	srand((unsigned)_i);
	setup(&f);
	columns_choose(&f);
	rows_make(&f, &kind, 4000);
	model_make(&f);
	for (int i = 0; i < 2; i++)
		lane_open(&f, &lanes[i], MODELS);
	for (size_t i = 0; i < f.rig.n_batches; i++)
		ck_assert_int_eq(lane_take(&f, &lanes[rand() % 2], &f.rig.batches[i], true), 0);
	values = block_translate(&lanes[0].block, &lanes[1].block);
	ck_assert_ptr_nonnull(values);
	numbers = calloc(MODELS, sizeof *numbers);
	ck_assert_int_eq(
		block_merge(&lanes[0].block, &lanes[0].tally, &lanes[1].tally, values, numbers), 0);
	for (size_t i = 0; i < lanes[1].tally.groups.count % PILE_CHUNK; i++) {
		const uint32_t *own =
			group_key(&lanes[0].tally, tally_at(&lanes[0].tally, numbers[i]));
		const uint32_t *theirs = group_key(&lanes[1].tally, tally_at(&lanes[1].tally, i));

		ck_assert_uint_eq(own[0], theirs[0]);
		for (size_t d = 0; d < f.n_columns; d++)
			ck_assert_uint_eq(own[d + 1], values[d][theirs[d + 1]]);
	}
	is_model(&f, &lanes[0], false);
	translation_free(values, f.n_columns);
	free(numbers);
	lane_close(&lanes[0]);
	lane_close(&lanes[1]);
	teardown(&f);
}
END_TEST

/* Takes and merges all there is; ENOMEM when some of it could not be had. */
static int all_take(struct fixture *f, struct lane lanes[2])
{
	uint32_t **values = NULL;
	int err = 0;

	for (size_t i = 0; i < f->rig.n_batches && !err; i++)
		err = lane_take(f, &lanes[i % 2], &f->rig.batches[i], i % 3);
	if (!err) {
		values = block_translate(&lanes[0].block, &lanes[1].block);
		err = values ? 0 : ENOMEM;
	}
	if (!err)
		err = block_merge(&lanes[0].block, &lanes[0].tally, &lanes[1].tally, values, NULL);
	translation_free(values, f->n_columns);
	return err;
}

START_TEST(out_of_memory_is_told_at_each_allocation)
{
	struct kind kind = { .values = _i ? 200 : 4,
			     .nulls = true,
			     .large = true,
			     .encoded = _i % 2,
			     .documents = 2 };
	struct lane lanes[2];
	struct fixture f;
	long left = 0;
	bool done = false;

	srand((unsigned)_i);
	setup(&f);
	f.columns[0] = TEXTS - 1 + _i;
	f.columns[1] = 0;
	f.n_columns = 2;
	rows_make(&f, &kind, 3000);
	model_make(&f);
	for (; !done; left++) {
		int err;

		for (int i = 0; i < 2; i++)
			lane_open(&f, &lanes[i], MODELS);
		allocations_left = left;
		err = all_take(&f, lanes);
		done = allocations_left >= 0;
		allocations_left = LONG_MAX;
		ck_assert_int_eq(err, done ? 0 : ENOMEM);
		if (done)
			is_model(&f, &lanes[0], false);
		lane_close(&lanes[0]);
		lane_close(&lanes[1]);
	}
	ck_assert_int_gt(left, 20);
	teardown(&f);
}
END_TEST

START_TEST(there_are_never_more_groups_than_may_be)
{
	enum { MOST = 100 };
	uint32_t keys[2 * (MOST + 1)], indices[MOST + 1], index;
	struct group *groups[MOST + 1];
	struct tally tally;

	for (size_t i = 0; i <= MOST; i++) {
		keys[2 * i] = 1;
		keys[2 * i + 1] = (uint32_t)i * (_i ? 100000 : 1); /* in buckets, or a grid */
	}
	tally_init(&tally, 2, 1, MOST);
	ck_assert_int_eq(tally_groups(&tally, keys, MOST, indices, groups), 0);
	ck_assert_int_eq(tally_groups(&tally, keys, MOST, indices, groups), 0);
	ck_assert_int_eq(tally_add(&tally, keys + 2, &index), 0);
	ck_assert_int_eq(tally_groups(&tally, keys, MOST + 1, indices, groups), E2BIG);
	ck_assert_int_eq(tally_add(&tally, keys + 2 * (size_t)MOST, &index), E2BIG);
	ck_assert_uint_eq(tally.groups.count, MOST);
	tally_release(&tally);
}
END_TEST

/* Under a product without its upper half these values would all be in a few slots: that took
 * some hundred times as long. */
START_TEST(values_cannot_be_chosen_against_the_hash)
{
	enum { VALUES = 1 << 16 };
	int64_t *values = calloc(VALUES, sizeof *values);
	uint32_t *rows = calloc(BLOCK, sizeof *rows), out[BLOCK];
	struct dimension dimension = { .type = MU_INTEGER,
				       .cells = { .type = MU_INTEGER, .values = values } };
	clock_t start = clock();

	for (uint32_t i = 0; i < VALUES; i++)
		values[i] = (int64_t)((uint64_t)i << 48);
	for (uint32_t i = 0; i < BLOCK; i++)
		rows[i] = i;
	for (uint32_t i = 0; i < VALUES; i += BLOCK) {
		ck_assert(dimension_numbers(&dimension, i, rows, BLOCK, out, 1));
		ck_assert_uint_eq(out[7], i + 8);
	}
	ck_assert_int_lt(clock() - start, CLOCKS_PER_SEC * 3 / 4);
	dimension_release(&dimension);
	free(rows);
	free(values);
}
END_TEST

/* Keys of a few dense numbers, of sparse ones, or of several documents. */
static void key_random(uint32_t *key, size_t width, int how)
{
	size_t i;

	key[0] = how % 3 == 2 ? 1 + (uint32_t)rand() % 3 : 7;
	for (i = 1; i < width; i++)
		key[i] = how % 3 == 1 ? (uint32_t)rand() % 100000 : (uint32_t)rand() % 9;
}

START_TEST(groups_are_found_by_their_keys)
{
	enum { KEYS = 300, ROUNDS = 40 };
	size_t width = 1 + (size_t)(_i % 10), round, i, at;
	uint32_t keys[KEYS * 10], indices[KEYS], other[10], index;
	struct group *groups[KEYS];
	struct mu_map map = { .count = 0 };
	struct tally tally;

	srand((unsigned)_i);
	tally_init(&tally, width, 2, UINT64_MAX);
	for (round = 0; round < ROUNDS; round++) {
		for (i = 0; i < KEYS; i++)
			key_random(keys + i * width, width, round < 10 ? 0 : _i);
		ck_assert_int_eq(tally_groups(&tally, keys, KEYS, indices, groups), 0);
		for (i = 0; i < KEYS; i++) {
			at = mu_map_add(&map, keys + i * width, width * sizeof *keys);
			ck_assert_uint_eq(indices[i], at);
			ck_assert_ptr_eq(groups[i], tally_at(&tally, at));
			ck_assert(tally_find(&tally, keys + i * width, &index));
			ck_assert_uint_eq(index, at);
		}
		memset(groups, 0xff, sizeof groups);
		tally_seek(&tally, keys, KEYS, indices, groups);
		for (i = 0; i < KEYS; i++)
			ck_assert_ptr_eq(groups[i], tally_at(&tally, indices[i]));
		for (i = 0; i < KEYS; i++) {
			key_random(other, width, rand());
			at = mu_map_find(&map, other, width * sizeof *other);
			ck_assert_int_eq(tally_find(&tally, other, &index), at != SIZE_MAX);
			ck_assert(at == SIZE_MAX || index == at);
			tally_seek(&tally, other, 1, indices, groups);
			ck_assert_ptr_eq(groups[0], at == SIZE_MAX ? NULL : tally_at(&tally, at));
		}
	}
	mu_map_release(&map);
	tally_release(&tally);
}
END_TEST

START_TEST(changes_are_found_alike_by_all_instructions)
{
	uint64_t plain[8], fast[8];
	uint32_t lanes[2 * 402];
	size_t n, i;

	srand(1);
	for (n = 0; n < 400; n++) {
		for (i = 0; i < sizeof lanes / sizeof *lanes; i++)
			lanes[i] = (uint32_t)rand() % 2;
		for (i = 4; i <= 8; i += 4) {
			memset(plain, 0, sizeof plain);
			memset(fast, 0, sizeof fast);
			lanes_portable(lanes + 2, i, n, plain);
			lanes_pick()(lanes + 2, i, n, fast);
			ck_assert_mem_eq(plain, fast, sizeof plain);
		}
	}
}
END_TEST

START_TEST(items_are_sorted_by_place_and_equal_ones_stay)
{
	struct item {
		uint64_t at, order;
	} * item, *last;
	struct pile pile = { .size = sizeof *item };
	size_t n = (size_t)_i * 700, i;
	bool moved;

	srand((unsigned)_i);
	for (i = 0; i < n; i++) {
		item = pile_add(&pile);
		ck_assert_ptr_nonnull(item);
		item->at = mu_at(1 + (uint32_t)rand() % 3, (uint64_t)rand() % 500);
		item->at |= rand() % 2 ? MU_AT_REJECTED : 0;
		item->order = i;
	}
	ck_assert(pile_sort(&pile, &moved));
	ck_assert(moved || n < 2);
	for (i = 1; i < n; i++) {
		last = pile_at(&pile, i - 1);
		item = pile_at(&pile, i);
		ck_assert((last->at & ~MU_AT_REJECTED) < (item->at & ~MU_AT_REJECTED) ||
			  ((last->at & ~MU_AT_REJECTED) == (item->at & ~MU_AT_REJECTED) &&
			   last->order < item->order));
	}
	ck_assert(pile_sort(&pile, &moved));
	ck_assert(!moved);
	pile_release(&pile);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("aggregate");
	TCase *all = tcase_create("all");
	SRunner *runner = srunner_create(suite);
	int failed;

	tcase_add_loop_test(all, sums_by_any_key_are_those_of_the_model, 0, 90);
	tcase_add_loop_test(all, lanes_that_are_merged_are_as_one, 0, 90);
	tcase_add_loop_test(all, out_of_memory_is_told_at_each_allocation, 0, 3);
	tcase_add_loop_test(all, there_are_never_more_groups_than_may_be, 0, 2);
	tcase_add_test(all, values_cannot_be_chosen_against_the_hash);
	tcase_add_loop_test(all, groups_are_found_by_their_keys, 0, 30);
	tcase_add_test(all, changes_are_found_alike_by_all_instructions);
	tcase_add_loop_test(all, items_are_sorted_by_place_and_equal_ones_stay, 0, 10);
	suite_add_tcase(suite, all);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
