/* validate/schema: a batch gone over at once says what its rows say one by one. */
#include <check.h>
#include <unistd.h>

#include "../plugins/validate/schema/checks.c"
#include "../plugins/validate/schema/schema.c"
#include "../plugins/validate/schema/screen.c"
#include "../plugins/validate/schema/values.c"

#include "rig.h"

enum { PERIOD, ISO3, KIND, MISSION, FEMALE, SHARE, LATE, NOTE, N_COLUMNS };

static const char *kinds[] = { "troops", "police", "experts on mission", NULL };

static const struct mu_field fields[] = {
	{ .name = "period",
	  .type = "date",
	  .required = true,
	  .minimum = "2000-01-01",
	  .maximum = "2020-12-31" },
	{ .name = "iso3", .type = "string", .required = true, .pattern = "[A-Z]{3}" },
	{ .name = "kind", .type = "string", .values = kinds },
	{ .name = "mission", .type = "string", .required = true, .pattern = ".{1,16}" },
	{ .name = "female", .type = "integer", .minimum = "0", .maximum = "1000" },
	{ .name = "share", .type = "number", .minimum = "0", .maximum = "1" },
	{ .name = "late", .type = "boolean", .required = true },
	{ .name = "note", .type = "string" },
};

struct fixture {
	struct rig rig;
	struct mu_table_schema table;
	struct mu_foreign_key keys[2];
	char path[32];  /* of the missions that there are */
	int serial;     /* calls of mu_serial() */
	uint64_t named; /* what was reported, of which rows, in whatever order */
	uint64_t told;  /* how many with words */
	FILE *out;      /* what is said, in text of len bytes */
	char *text;
	size_t len;
};

/* A number that another code or row would change. */
static uint64_t named(const struct mu_finding *f)
{
	uint64_t hash = f->at * 31 + f->other;

	for (const char *c = f->code; *c; c++)
		hash = (hash ^ (unsigned char)*c) * 0x100000001b3;
	return hash;
}

static int count(struct mu_ctx *ctx, const struct mu_finding *f)
{
	struct fixture *fixture = (struct fixture *)(void *)rig_of(ctx);

	fixture->rig.findings++;
	fixture->named += named(f);
	return fixture->rig.report_gives;
}

__attribute__((format(printf, 3, 0))) static int report(struct mu_ctx *ctx,
							const struct mu_finding *f, const char *fmt,
							va_list ap)
{
	struct fixture *fixture = (struct fixture *)(void *)rig_of(ctx);
	struct rig *rig = &fixture->rig;

	rig->findings++;
	fixture->told++;
	fixture->named += named(f);
	fprintf(fixture->out, "%s %" PRIu64 "~%" PRIu64 " %s '%.*s' ", f->code,
		mu_at_position(f->at), mu_at_position(f->other), f->field ? f->field : "",
		f->value ? (int)f->value_len : 0, f->value ? f->value : "");
	vfprintf(fixture->out, fmt, ap);
	fprintf(fixture->out, ", %s?\n", f->suggested ? f->suggested : "");
	return rig->report_gives;
}

static void serial(struct mu_ctx *ctx)
{
	((struct fixture *)(void *)rig_of(ctx))->serial++;
}

static const char *const mission_names[] = { "mission", NULL };
static const char *const pair_names[] = { "iso3", "mission", NULL };

static void missions_write(struct fixture *f)
{
	static const char list[] = "iso3,mission\nFRA,EULEX\nDEU,EULEX\nITA,EUAM\nXKX,MINUSMA\n";
	int file;

	snprintf(f->path, sizeof f->path, "/tmp/test_schema-XXXXXX");
	file = mkstemp(f->path);
	ck_assert_int_ge(file, 0);
	ck_assert_int_eq(write(file, list, sizeof list - 1), (ssize_t)sizeof list - 1);
	close(file);
	f->keys[0] = (struct mu_foreign_key){ mission_names, f->path, mission_names };
	f->keys[1] = (struct mu_foreign_key){ pair_names, f->path, pair_names };
}

static void setup(struct fixture *f)
{
	struct rig *rig = &f->rig;

	memset(f, 0, sizeof *f);
	rig_init(rig, (char *)NULL);
	mu_builder_release(&rig->builder);
	mu_schema_release(&rig->schema);
	ck_assert_int_eq(mu_schema_init(&rig->schema), 0);
	for (size_t i = 0; i < N_COLUMNS; i++)
		ck_assert_int_eq(mu_schema_add(&rig->schema, fields[i].name,
					       mu_data_by_name(fields[i].type), false, NULL),
				 0);
	ck_assert_int_eq(mu_schema_add_hidden(&rig->schema), 0);
	ck_assert_int_eq(mu_builder_init(&rig->builder, &rig->schema), 0);
	missions_write(f);
	f->table = (struct mu_table_schema){ .n_fields = N_COLUMNS,
					     .fields = fields,
					     .n_foreign_keys = 2,
					     .foreign_keys = f->keys };
	rig->ctx.schema = &rig->schema;
	rig->ctx.table_schema = &f->table;
	rig->ctx.report = report;
	rig->ctx.finding_count = count;
	rig->ctx.serial = serial;
	f->out = open_memstream(&f->text, &f->len);
	ck_assert_ptr_nonnull(f->out);
}

static void teardown(struct fixture *f)
{
	unlink(f->path);
	fclose(f->out);
	free(f->text);
	rig_release(&f->rig);
}

static void begin(struct fixture *f, struct self *self)
{
	*self = (struct self){ .max_keys = 1000000 };
	ck_assert_int_eq(schema_configure(&f->rig.ctx, self), 0);
	ck_assert_int_eq(schema_open(&f->rig.ctx, self, NULL), 0);
}

/* What was said since the last time, to be freed. */
static char *said(struct fixture *f)
{
	char *out;

	fflush(f->out);
	out = strndup(f->text, f->len);
	rewind(f->out);
	return out;
}

static int one_in(int n)
{
	return n && rand() % n == 0;
}

static void text_put(struct fixture *f, int64_t column, const char *text)
{
	mu_put_string(&f->rig.builder, column, mu_string(text));
}

static void texts_put(struct fixture *f, int bad)
{
	static const char *const isos[] = { "FRA", "DEU", "ITA", "XKX" };
	static const char *const missions[] = { "EULEX", "EULEX", "EUAM", "MINUSMA" };
	static const char *const wrong[] = {
		"", "fra", "FRAN", "EULEXX", "a text that is longer than any word", "\303\211A"
	};
	size_t i = (size_t)rand() % 4;

	if (!one_in(bad))
		text_put(f, ISO3, one_in(bad) ? wrong[rand() % 6] : isos[i]);
	if (!one_in(9))
		text_put(f, KIND, one_in(bad) ? wrong[rand() % 6] : kinds[rand() % 3]);
	if (!one_in(bad))
		text_put(f, MISSION, one_in(bad) ? wrong[rand() % 6] : missions[i]);
	if (!one_in(3))
		text_put(f, NOTE, "whatever");
}

static void numbers_put(struct fixture *f, int bad)
{
	static const int64_t wrong[] = { -1, 1001, INT64_MIN, INT64_MAX };
	static const double wrong_shares[] = { -0.5, 1.5, NAN, INFINITY };
	struct mu_builder *b = &f->rig.builder;

	if (!one_in(bad))
		mu_put_date(b, PERIOD, one_in(bad) ? rand() % 30000 : 11000 + rand() % 7000);
	if (!one_in(9))
		mu_put_integer(b, FEMALE, one_in(bad) ? wrong[rand() % 4] : rand() % 1001);
	if (!one_in(9))
		mu_put_number(b, SHARE,
			      one_in(bad) ? wrong_shares[rand() % 4] : (rand() % 5) / 4.0);
	if (!one_in(bad))
		mu_put_boolean(b, LATE, one_in(2));
}

static uint64_t position; /* of the last row that was made */

/* Rows of which one in `bad` values is wrong or missing, one in `over` rows is a claim
 * or rejected; 0 is never. */
static struct ArrowArray batch_make(struct fixture *f, int rows, int bad, int over)
{
	struct ArrowArray out;

	for (int i = 0; i < rows; i++) {
		uint64_t at = mu_at(1, ++position);

		texts_put(f, bad);
		numbers_put(f, bad);
		mu_end_row_at(&f->rig.builder, one_in(over) ? at | MU_AT_REJECTED : at,
			      one_in(over) ? "total" : NULL);
	}
	ck_assert_int_eq(mu_builder_finish(&f->rig.builder, &out), 0);
	return out;
}

/* A column of text with a dictionary in place of its texts. */
struct coded {
	struct ArrowArray plain, words;
	const void *buffers[2], *word_buffers[4];
};

static void coded_release(struct ArrowArray *array)
{
	struct coded *c = array->private_data;

	free((void *)c->buffers[1]);
	free((void *)c->word_buffers[1]);
	mu_array_release(&c->plain);
	free(c);
	array->release = NULL;
}

static void words_release(struct ArrowArray *array)
{
	array->release = NULL;
}

static bool word_is(const struct mu_view *word, const char *texts, struct mu_string text)
{
	return (size_t)word->len == text.len &&
	       (!text.len || !memcmp(word->len <= 12 ? word->bytes : texts + word->at.offset,
				     text.data, text.len));
}

static struct mu_view word_make(const char *texts, struct mu_string text)
{
	struct mu_view word = { .len = (int32_t)text.len };

	if (text.len <= sizeof word.bytes) {
		memcpy(word.bytes, text.data, text.len);
	} else {
		memcpy(word.at.prefix, text.data, sizeof word.at.prefix);
		word.at.offset = (int32_t)(text.data - texts);
	}
	return word;
}

/* With `own` each row has a word of its own.  What stands in the place of a null is no
 * code at all, and the last word, which is wrong everywhere, does not occur. */
static void column_encode(const struct ArrowSchema *schema, struct ArrowArray *batch, int64_t index,
			  bool own)
{
	struct mu_column cells = mu_column(schema, batch, index);
	struct ArrowArray *array = batch->children[index];
	struct coded *c = calloc(1, sizeof *c);
	int32_t *numbers = calloc((size_t)batch->length + 1, sizeof *numbers), n = 0, word;
	struct mu_view *words = calloc((size_t)batch->length + 1, sizeof *words);

	ck_assert(c && numbers && words);
	for (int64_t i = 0; i < batch->length; i++) {
		numbers[i] = INT32_MIN;
		if (mu_null(&cells, i))
			continue;
		for (word = own ? n : 0; word < n; word++)
			if (word_is(&words[word], cells.text, mu_get_string(&cells, i)))
				break;
		if (word == n)
			words[n++] = word_make(cells.text, mu_get_string(&cells, i));
		numbers[i] = word;
	}
	words[n++] = word_make(NULL, mu_string("unused"));
	c->plain = *array;
	c->buffers[0] = array->buffers[0];
	c->buffers[1] = numbers;
	c->word_buffers[1] = words;
	c->word_buffers[2] = cells.text;
	c->words = (struct ArrowArray){
		.length = n, .n_buffers = 4, .buffers = c->word_buffers, .release = words_release
	};
	*array = (struct ArrowArray){ .length = array->length,
				      .null_count = array->null_count,
				      .n_buffers = 2,
				      .buffers = c->buffers,
				      .dictionary = &c->words,
				      .private_data = c,
				      .release = coded_release };
}

enum shape { PLAIN, CODED, CODED_OWN };

static void batch_shape(struct fixture *f, struct ArrowArray *batch, enum shape shape)
{
	static const int64_t texts[] = { ISO3, KIND, MISSION, NOTE };

	for (size_t i = 0; shape != PLAIN && i < sizeof texts / sizeof *texts; i++)
		column_encode(&f->rig.schema, batch, texts[i], shape == CODED_OWN);
}

/* The plainest way: each check of each row. */
static int by_rows(struct fixture *f, struct self *self, const struct ArrowArray *batch)
{
	struct mu_rows rows = mu_rows(&f->rig.schema, batch);
	struct row row = { .checks = &self->checks };
	int err = 0;

	for (int64_t i = 0; i < self->n_columns; i++)
		self->checks.columns[i] = mu_column(&f->rig.schema, batch, i);
	for (; row.index < batch->length; row.index++) {
		if (mu_row_is_claim(&rows, row.index) || mu_row_is_rejected(&rows, row.index))
			continue;
		self->rows++;
		row.at = mu_row_at(&rows, row.index);
		for (size_t i = 0; i < self->checks.count && !err; i++)
			err = self->checks.items[i].kind->row(&f->rig.ctx, &self->checks.items[i],
							      &row);
	}
	return err;
}

static void same_state(const struct self *a, const struct self *b)
{
	ck_assert_uint_eq(a->rows, b->rows);
	for (size_t i = 0; i < a->checks.count; i++)
		ck_assert_int_eq(a->checks.items[i].failed, b->checks.items[i].failed);
}

START_TEST(a_batch_says_what_its_rows_say)
{
	static const int bads[] = { 0, 500, 40, 3 }, overs[] = { 0, 400, 10 };
	struct self whole, rows;
	struct fixture f;

	setup(&f);
	srand((unsigned)_i + 1);
	f.table.primary_key = _i % 5 ? NULL : pair_names;
	begin(&f, &whole);
	begin(&f, &rows);
	ck_assert_int_eq(f.serial, _i % 5 ? 0 : 2);
	for (int i = 0; i < 6; i++) {
		struct ArrowArray batch =
			batch_make(&f, 1 + rand() % 700, bads[_i % 4], overs[_i / 4 % 3]);
		char *expected, *found;

		batch_shape(&f, &batch, (enum shape)(rand() % 3));
		if (i == 5) { /* a slice, of fewer rows than words */
			batch.offset = batch.length / 2;
			batch.length = (batch.length - batch.offset) / 3;
		}
		ck_assert_int_eq(by_rows(&f, &rows, &batch), 0);
		expected = said(&f);
		ck_assert_int_eq(schema_validate(&f.rig.ctx, &whole, &batch), 0);
		found = said(&f);
		ck_assert_str_eq(found, expected);
		same_state(&whole, &rows);
		free(found);
		free(expected);
		mu_array_release(&batch);
	}
	schema_close(&f.rig.ctx, &whole);
	schema_close(&f.rig.ctx, &rows);
	teardown(&f);
}
END_TEST

/* Validates batches of which nobody reads what is found, or somebody does. */
static void validate_again(struct fixture *f, int seed, bool counted)
{
	struct self self;

	srand((unsigned)seed + 1);
	f->rig.ctx.findings_counted = counted;
	f->named = f->told = f->rig.findings = 0;
	begin(f, &self);
	for (int i = 0; i < 6; i++) {
		struct ArrowArray batch = batch_make(f, 1 + rand() % 700, 3, 10);

		batch_shape(f, &batch, (enum shape)(rand() % 3));
		ck_assert_int_eq(schema_validate(&f->rig.ctx, &self, &batch), 0);
		mu_array_release(&batch);
	}
	schema_close(&f->rig.ctx, &self);
}

START_TEST(what_nobody_reads_is_counted_of_the_same_rows)
{
	uint64_t expected, findings;
	struct fixture f;

	setup(&f);
	f.table.primary_key = _i % 5 ? NULL : pair_names;
	position = 0;
	validate_again(&f, _i, false);
	expected = f.named;
	findings = f.rig.findings;
	ck_assert_uint_gt(f.told, 0);
	position = 0;
	validate_again(&f, _i, true);
	ck_assert_uint_eq(f.rig.findings, findings);
	ck_assert_uint_eq(f.named, expected);
	teardown(&f);
}
END_TEST

/* Puts a row that is right but for its country. */
static void row_put(struct fixture *f, uint64_t at, const char *iso3, const char *claim)
{
	struct mu_builder *b = &f->rig.builder;

	if (iso3)
		text_put(f, ISO3, iso3);
	text_put(f, MISSION, "EULEX");
	mu_put_date(b, PERIOD, 12000);
	mu_put_boolean(b, LATE, false);
	mu_end_row_at(b, at, claim);
}

static char *validated(struct fixture *f, enum shape shape, int expected)
{
	struct ArrowArray batch;
	struct self self;

	ck_assert_int_eq(mu_builder_finish(&f->rig.builder, &batch), 0);
	batch_shape(f, &batch, shape);
	begin(f, &self);
	ck_assert_int_eq(schema_validate(&f->rig.ctx, &self, &batch), expected);
	mu_array_release(&batch);
	schema_close(&f->rig.ctx, &self);
	return said(f);
}

START_TEST(words_of_rows_that_are_passed_over_are_not_told)
{
	struct fixture f;
	char *text;

	setup(&f);
	f.table.n_foreign_keys = 0;
	row_put(&f, mu_at(1, 1), "FRA", NULL);
	row_put(&f, mu_at(1, 2) | MU_AT_REJECTED, "bad", NULL);
	row_put(&f, mu_at(1, 3), "worse", "total");
	row_put(&f, mu_at(1, 4), NULL, "total");
	text = validated(&f, (enum shape)_i, 0);
	ck_assert_str_eq(text, "");
	free(text);
	row_put(&f, mu_at(1, 2) | MU_AT_REJECTED, "bad", NULL);
	row_put(&f, mu_at(1, 3), NULL, NULL);
	row_put(&f, mu_at(1, 4), "bad", NULL);
	text = validated(&f, (enum shape)_i, 0);
	ck_assert_str_eq(text, "required 3~0 iso3 '' iso3 is empty, ?\n"
			       "pattern 4~0 iso3 'bad' iso3 'bad' does not match [A-Z]{3}, ?\n");
	free(text);
	teardown(&f);
}
END_TEST

START_TEST(a_pattern_that_gives_up_stops_where_the_text_is)
{
	static const char text[] =
		"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaab";
	struct mu_field slow[N_COLUMNS];
	struct fixture f;
	char *out;

	setup(&f);
	memcpy(slow, fields, sizeof slow);
	slow[ISO3].pattern = "(a|aa)+|x";
	f.table.fields = slow;
	f.table.n_foreign_keys = 0;
	row_put(&f, mu_at(1, 1), "x", NULL);
	row_put(&f, mu_at(1, 2) | MU_AT_REJECTED, text, NULL);
	out = validated(&f, (enum shape)_i, 0);
	ck_assert_str_eq(out, "");
	ck_assert_str_eq(f.rig.why, "");
	free(out);
	row_put(&f, mu_at(1, 1), "y", NULL);
	row_put(&f, mu_at(1, 2), text, NULL);
	row_put(&f, mu_at(1, 3), "y", NULL);
	out = validated(&f, (enum shape)_i, ELOOP);
	ck_assert_str_eq(out, "pattern 1~0 iso3 'y' iso3 'y' does not match (a|aa)+|x, ?\n");
	ck_assert_str_eq(f.rig.why, "pattern '(a|aa)+|x' needs too many steps on this text: make "
				    "it more definite");
	free(out);
	teardown(&f);
}
END_TEST

START_TEST(bounds_hold_at_the_edge_of_64_bits)
{
	static const char *const edges[] = {
		"-9223372036854775808", "-9223372036854775807", "-1", "0", "1",
		"9223372036854775806",  "9223372036854775807"
	};
	int64_t values[7];

	for (size_t i = 0; i < 7; i++)
		ck_assert(mu_parse_integer(mu_string(edges[i]), &values[i]));
	for (size_t bound = 0; bound < 7; bound++)
		for (size_t i = 0; i < 7; i++)
			for (int n = 1; n <= 6; n++) {
				/* The others are at the bound. */
				int64_t some[6];

				for (int j = 0; j < n; j++)
					some[j] = values[bound];
				some[n / 2] = values[i];
				if (values[i] < values[bound])
					ck_assert(integers_beyond(some, n, values[bound], false));
				if (values[i] > values[bound])
					ck_assert(integers_beyond(some, n, values[bound], true));
			}
	/* A mark too many costs time, so there is none for usual numbers. */
	for (int64_t x = -9; x < 9; x++)
		for (int64_t y = -9; y < 9; y++) {
			ck_assert_int_eq(integers_beyond(&x, 1, y, false), x < y);
			ck_assert_int_eq(integers_beyond(&x, 1, y, true), x > y);
		}
}
END_TEST

START_TEST(texts_that_differ_are_not_taken_for_each_other)
{
	struct screen_text texts[26];
	size_t n, len, i, j;

	for (len = 1; len <= 24; len++) {
		char text[24] = { 0 };

		n = 0;
		texts[n++] = text_pack((struct mu_string){ text, len });
		for (i = 0; i < len; i++) {
			text[i] = 'a';
			texts[n++] = text_pack((struct mu_string){ text, len });
			text[i] = '\0';
		}
		if (len < 24)
			texts[n++] = text_pack((struct mu_string){ text, len + 1 });
		for (i = 0; i < n; i++)
			for (j = 0; j < n; j++)
				ck_assert_int_eq(text_equal(&texts[i], &texts[j]), i == j);
	}
}
END_TEST

START_TEST(instances_are_merged_into_one)
{
	struct self alone, shared[3];
	struct fixture f;
	uint64_t checks[3];
	char *expected, *found;
	int i;

	setup(&f);
	srand(7);
	begin(&f, &alone);
	for (i = 0; i < 3; i++)
		begin(&f, &shared[i]);
	/* The first batch is without fault, and one instance gets no row. */
	for (i = 0; i < 6; i++) {
		struct ArrowArray batch = batch_make(&f, 100, i ? 30 : 0, i ? 20 : 0);

		batch_shape(&f, &batch, (enum shape)(i % 3));
		ck_assert_int_eq(schema_validate(&f.rig.ctx, &alone, &batch), 0);
		expected = said(&f);
		ck_assert_int_eq(schema_validate(&f.rig.ctx, &shared[i > 0], &batch), 0);
		found = said(&f);
		ck_assert_str_eq(found, expected);
		free(found);
		free(expected);
		mu_array_release(&batch);
	}
	ck_assert_int_eq(schema_merge(&f.rig.ctx, &shared[0], &shared[1]), 0);
	ck_assert_int_eq(schema_merge(&f.rig.ctx, &shared[2], &shared[0]), 0);
	same_state(&alone, &shared[2]);
	ck_assert_int_eq(schema_validate(&f.rig.ctx, &alone, NULL), 0);
	memcpy(checks, f.rig.checks, sizeof checks);
	memset(f.rig.checks, 0, sizeof f.rig.checks);
	ck_assert_int_eq(schema_validate(&f.rig.ctx, &shared[2], NULL), 0);
	ck_assert_mem_eq(checks, f.rig.checks, sizeof checks);
	ck_assert_uint_gt(checks[MU_FAIL], 0);
	schema_close(&f.rig.ctx, &alone);
	for (i = 0; i < 3; i++)
		schema_close(&f.rig.ctx, &shared[i]);
	teardown(&f);
}
END_TEST

START_TEST(columns_without_a_check_are_not_looked_at)
{
	bool in[N_COLUMNS] = { false };
	struct fixture f;
	struct self self;

	setup(&f);
	begin(&f, &self);
	schema_uses(&f.rig.ctx, &self, NULL, in);
	for (int i = 0; i < N_COLUMNS; i++)
		ck_assert_int_eq(in[i], i != NOTE);
	schema_close(&f.rig.ctx, &self);
	teardown(&f);
}
END_TEST

/* Whether one is made does not depend on how many were made before. */
START_TEST(every_value_gets_its_suggestion)
{
	struct values values = { .parts = 1 };
	struct mu_string missions[] = { mu_string("EULEX Kosovo"), mu_string("EUAM Ukraine"),
					mu_string("EUAM Iraq") };
	struct icu icu = { 0 };
	struct fixture f;
	char text[64];
	int i;

	setup(&f);
	ck_assert_int_eq(icu_open(&f.rig.ctx, &icu), 0);
	for (i = 0; i < 3; i++)
		ck_assert(values_add(&values, &missions[i]));
	for (i = 0; i < 3 * ASKED_MAX; i++) {
		snprintf(text, sizeof text, "EULEX Kosovo %d", i % 1500);
		ck_assert_str_eq(values_nearest(&f.rig.ctx, &icu, &values, mu_string(text)),
				 "EULEX Kosovo");
	}
	ck_assert_str_eq(values_nearest(&f.rig.ctx, &icu, &values, mu_string("euam ukriane")),
			 "EUAM Ukraine");
	for (i = 0; i < 2; i++) {
		ck_assert_ptr_null(values_nearest(&f.rig.ctx, &icu, &values, mu_string("MONUSCO")));
		ck_assert_ptr_null(values_nearest(&f.rig.ctx, &icu, &values, mu_string("")));
	}
	values_release(&values);
	teardown(&f);
}
END_TEST

START_TEST(short_texts_are_as_far_apart_as_others)
{
	static const char letters[] = "ab c\303\251";
	char a[SHORTER_MAX + 1], b[2 * SHORTER_MAX];
	struct wanted wanted;

	srand(3);
	for (int i = 0; i < 20000; i++) {
		size_t n = 1 + (size_t)rand() % (i % 4 ? 6 : SHORTER_MAX), m = (size_t)rand() % 90,
		       j;

		for (j = 0; j < n; j++)
			a[j] = letters[rand() % 6];
		a[n] = '\0';
		m = i % 2 ? n : m;
		for (j = 0; j < m; j++) /* every other time nearly the same */
			b[j] = i % 2 && rand() % 5 ? a[j] : letters[rand() % 6];
		b[m] = '\0';
		if (i % 2 && n > 1) {
			b[n / 2] = a[n / 2 - 1];
			b[n / 2 - 1] = a[n / 2];
		}
		wanted_init(&wanted, a);
		ck_assert_int_eq(short_distance(&wanted, b), words_distance(a, b, 256));
	}
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("schema");
	TCase *all = tcase_create("all");
	SRunner *runner = srunner_create(suite);
	int failed;

	tcase_add_loop_test(all, a_batch_says_what_its_rows_say, 0, 60);
	tcase_add_loop_test(all, what_nobody_reads_is_counted_of_the_same_rows, 0, 20);
	tcase_add_loop_test(all, words_of_rows_that_are_passed_over_are_not_told, PLAIN,
			    CODED_OWN + 1);
	tcase_add_loop_test(all, a_pattern_that_gives_up_stops_where_the_text_is, PLAIN,
			    CODED_OWN + 1);
	tcase_add_test(all, bounds_hold_at_the_edge_of_64_bits);
	tcase_add_test(all, texts_that_differ_are_not_taken_for_each_other);
	tcase_add_test(all, instances_are_merged_into_one);
	tcase_add_test(all, columns_without_a_check_are_not_looked_at);
	tcase_add_test(all, every_value_gets_its_suggestion);
	tcase_add_test(all, short_texts_are_as_far_apart_as_others);
	suite_add_tcase(suite, all);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
