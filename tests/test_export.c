/* export/csv: the bytes of every kind of cell, however they come in and wherever the
 * buffer ends. */
#include <check.h>
#include <fcntl.h>
#include <unistd.h>

#include "../plugins/export/csv/cell.c"
#include "../plugins/export/csv/column.c"
#include "../plugins/export/csv/csv.c"
#include "../plugins/export/csv/word.c"
#include "../plugins/export/csv/writer.c"

#include "rig.h"

struct fixture {
	struct rig rig; /* first, so that its ctx leads here */
	struct self self;
	struct ArrowSchema schema;
	struct mu_builder builder;
	struct ArrowArray batch;
	const char *staged;
	int fd; /* of that; -1: not made yet */
	char path[64], logged[256];
	char *bytes; /* of the file */
};

static int output(struct mu_ctx *ctx, const char *path, const char **staged)
{
	(void)path;
	*staged = ((struct fixture *)ctx)->staged;
	return 0;
}

static int append(struct mu_ctx *ctx, const char *staged, const void *data, size_t len)
{
	struct fixture *f = (struct fixture *)ctx;

	if (f->fd < 0)
		f->fd = open(staged, O_WRONLY | O_CREAT | O_TRUNC, 0666);
	if (f->fd < 0)
		return errno;
	return len && write(f->fd, data, len) != (ssize_t)len ? errno : 0;
}

__attribute__((format(printf, 3, 0))) static void logged(struct mu_ctx *ctx, uint32_t level,
							 const char *fmt, va_list ap)
{
	struct fixture *f = (struct fixture *)ctx;

	(void)level;
	vsnprintf(f->logged, sizeof f->logged, fmt, ap);
}

static void setup(struct fixture *f)
{
	int fd;

	*f = (struct fixture){ .path = "/tmp/muster-export-XXXXXX" };
	rig_init(&f->rig, (char *)NULL);
	f->rig.ctx.schema = &f->schema;
	f->rig.ctx.output = output;
	f->rig.ctx.append = append;
	f->fd = -1;
	f->rig.ctx.log = logged;
	fd = mkstemp(f->path);
	ck_assert_int_ge(fd, 0);
	close(fd);
	f->staged = f->path;
	f->self = (struct self){ .path = "x.csv", .delimiter = ",", .null = "", .header = true };
	ck_assert_int_eq(mu_schema_init(&f->schema), 0);
}

static void close_file(struct fixture *f)
{
	if (f->fd >= 0)
		close(f->fd);
	f->fd = -1;
}

static void teardown(struct fixture *f)
{
	close_file(f);
	mu_array_release(&f->batch);
	mu_builder_release(&f->builder);
	mu_schema_release(&f->schema);
	rig_release(&f->rig);
	free(f->bytes);
	unlink(f->path);
}

static void add_column(struct fixture *f, const char *name, enum mu_data type)
{
	ck_assert_int_eq(mu_schema_add(&f->schema, name, type, false, NULL), 0);
}

static void begin_rows(struct fixture *f)
{
	ck_assert_int_eq(mu_schema_add_hidden(&f->schema), 0);
	ck_assert_int_eq(mu_builder_init(&f->builder, &f->schema), 0);
}

static void end_rows(struct fixture *f)
{
	ck_assert_int_eq(mu_builder_finish(&f->builder, &f->batch), 0);
}

static void words_release(struct ArrowArray *a)
{
	free((void *)a->buffers[1]);
	free(a->buffers);
	free(a->private_data);
	a->release = NULL;
}

static int32_t word_of(struct mu_view *views, int64_t *n, const char *text, int32_t at, int32_t len)
{
	struct mu_view view = { .len = len };
	int32_t i;

	for (i = 0; i < *n; i++)
		if (views[i].len == len &&
		    !memcmp(len <= 12 ? views[i].bytes : text + views[i].at.offset, text + at,
			    (size_t)len))
			return i;
	if (len <= 12) {
		memcpy(view.bytes, text + at, (size_t)len);
	} else {
		memcpy(view.at.prefix, text + at, sizeof view.at.prefix);
		view.at.offset = at;
	}
	views[(*n)++] = view;
	return i;
}

/* Makes a column of plain text a dictionary-encoded one, which keeps the former offsets
 * aside and its text where it is. */
static void encode(struct ArrowArray *column)
{
	const int32_t *offsets = column->buffers[1];
	size_t rows = (size_t)column->length;
	struct mu_view *views = calloc(rows + 1, sizeof *views);
	int32_t *codes = calloc(rows + 1, sizeof *codes);
	const void **buffers = calloc(3, sizeof *buffers);
	struct ArrowArray *words = calloc(1, sizeof *words);
	int64_t n = 0;
	size_t i;

	ck_assert(views && codes && buffers && words);
	for (i = 0; i < rows; i++)
		codes[i] = word_of(views, &n, column->buffers[2], offsets[i],
				   offsets[i + 1] - offsets[i]);
	buffers[1] = views;
	buffers[2] = column->buffers[2];
	*words = (struct ArrowArray){ .length = n,
				      .n_buffers = 3,
				      .buffers = buffers,
				      .private_data = (void *)offsets,
				      .release = words_release };
	column->buffers[1] = codes;
	column->dictionary = words;
}

static void decode(struct ArrowArray *column)
{
	struct ArrowArray *words = column->dictionary;

	free((void *)column->buffers[1]);
	column->buffers[1] = words->private_data;
	words->private_data = NULL;
	mu_array_release(words);
	free(words);
	column->dictionary = NULL;
}

static void encode_all(struct fixture *f)
{
	int64_t i;

	for (i = 0; i < mu_schema_visible(&f->schema); i++)
		if (mu_schema_type(f->schema.children[i]) == MU_STRING)
			encode(f->batch.children[i]);
}

static void decode_all(struct fixture *f)
{
	int64_t i;

	for (i = 0; i < f->batch.n_children; i++)
		if (f->batch.children[i]->dictionary)
			decode(f->batch.children[i]);
}

static int export(struct fixture *f, int64_t from, int64_t n)
{
	struct ArrowArray slice = f->batch;

	slice.offset += from;
	slice.length = n;
	return csv_export(&f->rig.ctx, &f->self, &slice);
}

static void start(struct fixture *f)
{
	struct self asked = f->self;

	close_file(f);
	f->self = (struct self){ .path = asked.path,
				 .delimiter = asked.delimiter,
				 .null = asked.null,
				 .formulas = asked.formulas,
				 .line_end = asked.line_end,
				 .header = asked.header,
				 .buffer_size = asked.buffer_size };
	ck_assert_int_eq(csv_configure(&f->rig.ctx, &f->self), 0);
	ck_assert_int_eq(csv_open(&f->rig.ctx, &f->self, NULL), 0);
}

static void finish_file(struct fixture *f)
{
	FILE *file;
	long size;

	ck_assert_int_eq(csv_export(&f->rig.ctx, &f->self, NULL), 0);
	file = fopen(f->path, "r");
	ck_assert_ptr_nonnull(file);
	fseek(file, 0, SEEK_END);
	size = ftell(file);
	rewind(file);
	free(f->bytes);
	f->bytes = calloc(1, (size_t)size + 1);
	ck_assert_ptr_nonnull(f->bytes);
	ck_assert_uint_eq(fread(f->bytes, 1, (size_t)size, file), (size_t)size);
	fclose(file);
}

/* Writes all rows in steps of so many. */
static void run(struct fixture *f, int64_t step)
{
	int64_t i, n = f->batch.release ? f->batch.length : 0;

	start(f);
	for (i = 0; i < n; i += step)
		ck_assert_int_eq(export(f, i, n - i < step ? n - i : step), 0);
	finish_file(f);
}

/* The same, a byte at a time. */
static void expect_text(FILE *out, const struct self *self, struct mu_string text, bool came_in)
{
	bool quotes = mu_string_is(text, self->null), escaped;
	double number;
	size_t i;

	for (i = 0; i < text.len; i++)
		quotes = quotes || strchr("\"\r\n", text.data[i]) ||
			 text.data[i] == *self->delimiter;
	escaped = came_in && self->formulas == FORMULAS_ESCAPE && text.len &&
		  memchr("=+-@\t\r", *text.data, 6) && !mu_parse_number(text, &number);
	quotes = quotes || (escaped && *self->delimiter == '\'');
	if (quotes)
		fputc('"', out);
	if (escaped)
		fputc('\'', out);
	for (i = 0; i < text.len; i++) {
		if (text.data[i] == '"')
			fputc('"', out);
		fputc(text.data[i], out);
	}
	if (quotes)
		fputc('"', out);
}

static void expect_row(FILE *out, struct fixture *f, int64_t row)
{
	int64_t i, n = mu_schema_visible(&f->schema);
	char space[MU_FORMAT_MAX];

	for (i = 0; i < n; i++) {
		struct mu_column cells = mu_column(&f->schema, &f->batch, i);

		if (i)
			fputs(f->self.delimiter, out);
		if (mu_null(&cells, row))
			fputs(n == 1 && !*f->self.null ? "\"\"" : f->self.null, out);
		else
			expect_text(out, &f->self, mu_format(&cells, row, space),
				    cells.type == MU_STRING);
	}
	fputs(f->self.line_end == LINE_END_LF ? "\n" : "\r\n", out);
}

static char *expected(struct fixture *f)
{
	char *bytes = NULL;
	size_t size;
	FILE *out = open_memstream(&bytes, &size);
	int64_t i;

	ck_assert_ptr_nonnull(out);
	for (i = 0; i < mu_schema_visible(&f->schema); i++) {
		if (i)
			fputs(f->self.delimiter, out);
		expect_text(out, &f->self, mu_string(f->schema.children[i]->name), true);
	}
	fputs(f->self.line_end == LINE_END_LF ? "\n" : "\r\n", out);
	for (i = 0; i < f->batch.length; i++)
		expect_row(out, f, i);
	fclose(out);
	return bytes;
}

/* Whole and in pieces, plain and encoded, with large buffers and small ones. */
static void is_as_expected(struct fixture *f)
{
	static const size_t sizes[] = { 0, 1, 2, 31, 64, 65, 1000 };
	static const int64_t steps[] = { INT64_MAX / 2, 1, 7, N_CODES + 1 };
	char *wanted = expected(f);
	size_t i, j, k;

	for (i = 0; i < 2; i++) {
		if (i)
			encode_all(f);
		for (j = 0; j < sizeof sizes / sizeof *sizes; j++)
			for (k = 0; k < sizeof steps / sizeof *steps; k++) {
				f->self.buffer_size = sizes[j];
				run(f, steps[k]);
				ck_assert_msg(!strcmp(f->bytes, wanted),
					      "%s, buffer %zu, steps of %" PRId64 ":\n%s\nnot\n%s",
					      i ? "encoded" : "plain", sizes[j], steps[k], f->bytes,
					      wanted);
			}
	}
	decode_all(f);
	free(wanted);
}

static void put_some(struct fixture *f, const char *text, int64_t integer, double number,
		     bool boolean, int32_t date)
{
	mu_put_string(&f->builder, 0, mu_string(text));
	mu_put_integer(&f->builder, 1, integer);
	mu_put_number(&f->builder, 2, number);
	mu_put_boolean(&f->builder, 3, boolean);
	mu_put_date(&f->builder, 4, date);
	mu_end_row_at(&f->builder, 1, NULL);
}

static void every_type(struct fixture *f)
{
	add_column(f, "text", MU_STRING);
	add_column(f, "=count", MU_INTEGER);
	add_column(f, "a,b", MU_NUMBER);
	add_column(f, "yes", MU_BOOLEAN);
	add_column(f, "day", MU_DATE);
	begin_rows(f);
	put_some(f, "one", 0, 0.5, true, 0);
	put_some(f, "a \"b\", c", -1, -2, false, 19685);
	mu_end_row_at(&f->builder, 1, NULL);
	put_some(f, "", 1000, 1e300, true, -719528);
	put_some(f, "=1+1", INT64_MIN, -0.0, true, 2932896);
	put_some(f, "-5", INT64_MAX, 12345, true, INT32_MAX);
	end_rows(f);
}

START_TEST(every_type_has_its_form)
{
	struct fixture f;

	setup(&f);
	every_type(&f);
	run(&f, 100);
	ck_assert_str_eq(f.bytes, "text,'=count,\"a,b\",yes,day\n"
				  "one,0,0.5,true,1970-01-01\n"
				  "\"a \"\"b\"\", c\",-1,-2,false,2023-11-24\n"
				  ",,,,\n"
				  "\"\",1000,1e+300,true,0000-01-01\n"
				  "'=1+1,-9223372036854775808,-0,true,9999-12-31\n"
				  "-5,9223372036854775807,12345,true,5881580-07-11\n");
	ck_assert_str_eq(f.logged, "x.csv: an apostrophe was put before 2 texts that a "
				   "spreadsheet would run");
	is_as_expected(&f);
	teardown(&f);
}
END_TEST

static const struct {
	const char *delimiter, *null;
	int formulas, line_end;
} dialects[] = {
	{ ";", "", FORMULAS_ESCAPE, LINE_END_CRLF },
	{ "\t", "NA", FORMULAS_KEEP, LINE_END_LF },
	{ "-", "0", FORMULAS_ESCAPE, LINE_END_LF },
	{ "1", "true", FORMULAS_ESCAPE, LINE_END_LF },
	{ "e", "1970-01-01", FORMULAS_KEEP, LINE_END_CRLF },
	{ ",", "one", FORMULAS_ESCAPE, LINE_END_LF },
	{ "'", "", FORMULAS_ESCAPE, LINE_END_LF },
	{ ",", "a null of so many letters that it is not rendered before its rows are", 0, 0 },
};

START_TEST(every_dialect_can_be_read_back)
{
	struct fixture f;

	setup(&f);
	every_type(&f);
	f.self.delimiter = dialects[_i].delimiter;
	f.self.null = dialects[_i].null;
	f.self.formulas = dialects[_i].formulas;
	f.self.line_end = dialects[_i].line_end;
	is_as_expected(&f);
	teardown(&f);
}
END_TEST

/* Of any length, and with what matters at any place. */
static struct mu_string some_text(char space[200], unsigned *seed)
{
	static const char special[] = "\"\n\r,;='+-@\t";
	size_t len, i;

	*seed = *seed * 1103515245 + 12345;
	len = *seed >> 16 & 0x7f;
	if (*seed >> 24 & 1)
		len &= 15;
	for (i = 0; i < len; i++)
		space[i] = (char)('a' + (*seed + i) % 26);
	if (len && *seed >> 25 & 1)
		space[(*seed >> 8) % len] = special[(*seed >> 4) % (sizeof special - 1)];
	return (struct mu_string){ space, len };
}

START_TEST(texts_of_all_lengths_stand_the_same_plain_and_encoded)
{
	unsigned seed = (unsigned)_i;
	char space[200];
	struct fixture f;
	int64_t row;

	setup(&f);
	add_column(&f, "a", MU_STRING);
	add_column(&f, "b", MU_STRING);
	add_column(&f, "c", MU_STRING);
	begin_rows(&f);
	for (row = 0; row < 700; row++) {
		mu_put_string(&f.builder, 0, some_text(space, &seed));
		if (row % 5)
			mu_put_string(&f.builder, 1, some_text(space, &(unsigned){ seed % 9 }));
		mu_put_string(&f.builder, 2, some_text(space, &(unsigned){ seed % 300 }));
		mu_end_row_at(&f.builder, 1, NULL);
	}
	end_rows(&f);
	is_as_expected(&f);
	teardown(&f);
}
END_TEST

START_TEST(whole_numbers_and_dates_stand_in_full)
{
	struct fixture f;
	int64_t value = 1, row;

	setup(&f);
	add_column(&f, "count", MU_INTEGER);
	add_column(&f, "day", MU_DATE);
	add_column(&f, "last", MU_INTEGER);
	begin_rows(&f);
	for (row = 0; row < 1500; row++) {
		mu_put_integer(&f.builder, 0, value);
		if (row % 7)
			mu_put_date(&f.builder, 1, (int32_t)(row * row * 3 - 40000));
		if (row % 3)
			mu_put_integer(&f.builder, 2, row - 20);
		mu_end_row_at(&f.builder, 1, NULL);
		value = (int64_t)((uint64_t)value * 3) + (row % 13 ? 0 : row);
	}
	end_rows(&f);
	is_as_expected(&f);
	teardown(&f);
}
END_TEST

START_TEST(a_column_that_is_a_slice_is_read_from_its_beginning)
{
	struct fixture f;
	int64_t i;

	setup(&f);
	every_type(&f);
	for (i = 0; i < f.batch.n_children; i++) {
		f.batch.children[i]->offset = 1;
		f.batch.children[i]->length--;
	}
	f.batch.length = 3;
	f.batch.offset = 1;
	run(&f, 100);
	ck_assert_str_eq(f.bytes, "text,'=count,\"a,b\",yes,day\n"
				  ",,,,\n"
				  "\"\",1000,1e+300,true,0000-01-01\n"
				  "'=1+1,-9223372036854775808,-0,true,9999-12-31\n");
	teardown(&f);
}
END_TEST

START_TEST(a_lone_empty_cell_is_no_blank_line)
{
	struct fixture f;

	setup(&f);
	add_column(&f, "a", MU_STRING);
	begin_rows(&f);
	mu_end_row_at(&f.builder, 1, NULL);
	mu_put_string(&f.builder, 0, mu_string(""));
	mu_end_row_at(&f.builder, 1, NULL);
	mu_put_string(&f.builder, 0, mu_string("x"));
	mu_end_row_at(&f.builder, 1, NULL);
	end_rows(&f);
	run(&f, 100);
	ck_assert_str_eq(f.bytes, "a\n\"\"\n\"\"\nx\n");
	is_as_expected(&f);
	f.self.null = "NA";
	is_as_expected(&f);
	teardown(&f);
}
END_TEST

START_TEST(a_table_without_columns_or_rows_has_its_lines)
{
	struct fixture f;

	setup(&f);
	begin_rows(&f);
	run(&f, 100);
	ck_assert_str_eq(f.bytes, "\n");
	mu_end_row_at(&f.builder, 1, NULL);
	mu_end_row_at(&f.builder, 2, NULL);
	end_rows(&f);
	run(&f, 100);
	ck_assert_str_eq(f.bytes, "\n\n\n");
	f.self.header = false;
	run(&f, 1);
	ck_assert_str_eq(f.bytes, "\n\n");
	ck_assert_int_eq(export(&f, 0, 0), 0);
	teardown(&f);
}
END_TEST

START_TEST(a_cell_can_be_larger_than_the_buffer)
{
	size_t len = (size_t)3 << 20, i;
	char *text = malloc(len);
	struct fixture f;

	ck_assert_ptr_nonnull(text);
	memset(text, 'x', len);
	setup(&f);
	add_column(&f, "a", MU_STRING);
	add_column(&f, "b", MU_STRING);
	begin_rows(&f);
	for (i = 0; i < 6; i++) {
		mu_put_string(&f.builder, 0, (struct mu_string){ text, len });
		mu_put_string(&f.builder, 1, mu_string("y"));
		mu_end_row_at(&f.builder, 1, NULL);
		text[i * 1000] = "\"=\n\"\","[i];
		len -= i % 2;
	}
	end_rows(&f);
	for (i = 0; i < 2; i++) {
		char *wanted = expected(&f);

		if (i)
			encode_all(&f);
		run(&f, 100);
		ck_assert(!strcmp(f.bytes, wanted));
		free(wanted);
	}
	decode_all(&f);
	free(text);
	teardown(&f);
}
END_TEST

START_TEST(the_buffer_may_end_anywhere)
{
	struct fixture f;
	char *wanted;
	size_t size;

	setup(&f);
	every_type(&f);
	wanted = expected(&f);
	for (size = 1; size < 2 * strlen(wanted); size++) {
		f.self.buffer_size = size;
		run(&f, 100);
		ck_assert_msg(!strcmp(f.bytes, wanted), "buffer of %zu:\n%s", size, f.bytes);
	}
	free(wanted);
	teardown(&f);
}
END_TEST

START_TEST(a_full_disk_is_told)
{
	struct fixture f;
	int err = 0, i;

	setup(&f);
	f.staged = "/dev/full";
	every_type(&f);
	f.self.buffer_size = _i ? 64 : 0;
	if (_i) {
		ck_assert_int_eq(csv_open(&f.rig.ctx, &f.self, NULL), 0);
		for (i = 0; i < 10 && !err; i++)
			err = export(&f, 0, f.batch.length);
	} else {
		ck_assert_int_eq(csv_open(&f.rig.ctx, &f.self, NULL), 0);
		ck_assert_int_eq(export(&f, 0, f.batch.length), 0);
		err = csv_export(&f.rig.ctx, &f.self, NULL);
	}
	ck_assert_int_eq(err, ENOSPC);
	ck_assert_str_eq(f.rig.why, "x.csv: No space left on device");
	ck_assert_str_eq(f.logged, "");
	teardown(&f);
}
END_TEST

START_TEST(a_file_that_cannot_be_made_is_told)
{
	struct fixture f;

	setup(&f);
	f.staged = "/nowhere/x.csv";
	ck_assert_int_eq(csv_open(&f.rig.ctx, &f.self, NULL), ENOENT);
	ck_assert_str_eq(f.rig.why, "x.csv: No such file or directory");
	teardown(&f);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("export");
	TCase *all = tcase_create("all");
	SRunner *runner = srunner_create(suite);
	int failed;

	tcase_set_timeout(all, 30);
	tcase_add_test(all, every_type_has_its_form);
	tcase_add_loop_test(all, every_dialect_can_be_read_back, 0,
			    sizeof dialects / sizeof *dialects);
	tcase_add_loop_test(all, texts_of_all_lengths_stand_the_same_plain_and_encoded, 0, 4);
	tcase_add_test(all, whole_numbers_and_dates_stand_in_full);
	tcase_add_test(all, a_column_that_is_a_slice_is_read_from_its_beginning);
	tcase_add_test(all, a_lone_empty_cell_is_no_blank_line);
	tcase_add_test(all, a_table_without_columns_or_rows_has_its_lines);
	tcase_add_test(all, a_cell_can_be_larger_than_the_buffer);
	tcase_add_test(all, the_buffer_may_end_anywhere);
	tcase_add_loop_test(all, a_full_disk_is_told, 0, 2);
	tcase_add_test(all, a_file_that_cannot_be_made_is_told);
	suite_add_tcase(suite, all);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed != 0;
}
