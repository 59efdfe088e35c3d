/* transform/columns: each option, their order, and that heads are accounted for. */
#include <check.h>

#include "../plugins/transform/columns/columns.c"
#include "../plugins/transform/columns/lost.c"
#include "../plugins/transform/columns/memo.c"
#include "../plugins/transform/columns/plan.c"
#include "../plugins/transform/columns/value.c"

#include "rig.h"

struct stage {
	struct rig rig;
	struct self self;
	struct ArrowSchema out;
	char header[512]; /* "name:type ..." as it comes out, with * for measures */
	char rows[8192];  /* "at cell|cell" */
};

/* Columns station, text and headcount. */
static void stage_init(struct stage *s)
{
	*s = (struct stage){ .header = "" };
	rig_init(&s->rig, "station", "text", "headcount:measure", (char *)NULL);
}

static void header_see(struct stage *s)
{
	size_t len = 0;

	for (int64_t i = 0; i < mu_schema_visible(&s->out); i++) {
		const struct ArrowSchema *c = s->out.children[i];

		len += (size_t)snprintf(s->header + len, sizeof s->header - len, "%s%s:%s%s",
					i ? " " : "", c->name, mu_data_name(mu_schema_type(c)),
					mu_schema_measure(c) ? "*" : "");
	}
}

static void rows_see(struct stage *s, const struct ArrowArray *batch)
{
	struct mu_rows rows = mu_rows(&s->out, batch);
	size_t len = strlen(s->rows);

	for (int64_t i = 0; i < batch->length; i++) {
		len += (size_t)snprintf(s->rows + len, sizeof s->rows - len, "%s%" PRIu64 " ",
					mu_row_is_claim(&rows, i) ? "claim " : "",
					mu_at_position(mu_row_at(&rows, i)));
		for (int64_t j = 0; j < mu_schema_visible(&s->out); j++) {
			struct mu_column cells = mu_column(&s->out, batch, j);
			char space[MU_FORMAT_MAX];
			struct mu_string value = mu_format(&cells, i, space);
			bool null = mu_null(&cells, i);

			len += (size_t)snprintf(s->rows + len, sizeof s->rows - len, "%s%.*s",
						j ? "|" : "", null ? 1 : (int)value.len,
						null ? "~" : value.data);
		}
		len += (size_t)snprintf(s->rows + len, sizeof s->rows - len, "\n");
	}
}

static int stage_run(struct stage *s)
{
	struct ArrowArray batch = { .release = NULL };
	int err = columns_configure(&s->rig.ctx, &s->self);

	rig_flush(&s->rig);
	if (!err)
		err = columns_open(&s->rig.ctx, &s->self, &s->out);
	if (!err)
		header_see(s);
	while (!err && !(err = columns_transform(&s->rig.ctx, &s->self, &batch)) && batch.release) {
		rows_see(s, &batch);
		mu_array_release(&batch);
	}
	return err;
}

static void stage_release(struct stage *s)
{
	columns_close(&s->rig.ctx, &s->self);
	mu_schema_release(&s->out);
	rig_release(&s->rig);
}

#define TEXTS(...) \
	{ \
		sizeof((const char *[]){ __VA_ARGS__ }) / sizeof(char *), (const char *[]) \
		{ \
			__VA_ARGS__ \
		} \
	}
#define ITEMS(type, ...) \
	{ \
		sizeof((type[]){ __VA_ARGS__ }) / sizeof(type), (type[]) \
		{ \
			__VA_ARGS__ \
		} \
	}
#define PAIRS(...) \
	{ \
		sizeof((struct mu_pair[]){ __VA_ARGS__ }) / sizeof(struct mu_pair), \
			(struct mu_pair[]) \
		{ \
			__VA_ARGS__ \
		} \
	}
#define TYPE(name) (MU_##name - MU_STRING)

static void stage_fails(struct stage *s, const char *why)
{
	ck_assert_int_eq(stage_run(s), EINVAL);
	ck_assert_str_eq(s->rig.why, why);
	stage_release(s);
}

START_TEST(without_options_nothing_changes)
{
	struct stage s;

	stage_init(&s);
	rig_row(&s.rig, mu_at(1, 7), NULL, "a|~|3");
	rig_row(&s.rig, mu_at(1, 8) | MU_AT_REJECTED, NULL, "b|x|~");
	rig_flush(&s.rig);
	rig_row(&s.rig, mu_at(1, 9), "total", "~|~|3");
	ck_assert_int_eq(stage_run(&s), 0);
	ck_assert_str_eq(s.header, "station:string text:string headcount:integer*");
	ck_assert_str_eq(s.rows, "7 a|~|3\n8 b|x|~\nclaim 9 ~|~|3\n");
	ck_assert_int_eq(s.rig.adjusted, 0);
	stage_release(&s);
}
END_TEST

START_TEST(columns_can_change_names)
{
	struct stage s;
	char from[64];

	stage_init(&s);
	s.self.rename = (struct mu_pairs)PAIRS({ "text", "station" }, { "station", "text" });
	rig_row(&s.rig, mu_at(1, 1), NULL, "a|b|3");
	ck_assert_int_eq(stage_run(&s), 0);
	ck_assert_str_eq(s.header, "text:string station:string headcount:integer*");
	ck_assert_str_eq(s.rows, "1 a|b|3\n");
	ck_assert(mu_schema_from(s.out.children[0], from, sizeof from));
	ck_assert_str_eq(from, "station");
	stage_release(&s);
}
END_TEST

START_TEST(select_keeps_and_orders_and_drop_leaves_out)
{
	struct stage s;

	stage_init(&s);
	s.self.select = (struct mu_texts)TEXTS("headcount", "station");
	rig_row(&s.rig, mu_at(1, 1), NULL, "a|b|3");
	ck_assert_int_eq(stage_run(&s), 0);
	ck_assert_str_eq(s.header, "headcount:integer* station:string");
	ck_assert_str_eq(s.rows, "1 3|a\n");
	stage_release(&s);

	stage_init(&s);
	s.self.drop = (struct mu_texts)TEXTS("headcount", "station");
	rig_row(&s.rig, mu_at(1, 1), NULL, "a|b|3");
	ck_assert_int_eq(stage_run(&s), 0);
	ck_assert_str_eq(s.rows, "1 b\n");
	stage_release(&s);
}
END_TEST

START_TEST(constants_and_origins_are_set_in_data_and_claims)
{
	struct stage s;

	stage_init(&s);
	s.self.set = (struct mu_items)ITEMS(
		struct set, { .name = "contributor", .value = "NLD" },
		{ .name = "as_of", .value = "2023-11-24", .type = TYPE(DATE) },
		{ .name = "source", .origin = ORIGIN_NAME },
		{ .name = "hash", .origin = ORIGIN_SHA256 });
	s.self.drop = (struct mu_texts)TEXTS("text");
	rig_row(&s.rig, mu_at(1, 1), NULL, "a|b|3");
	rig_row(&s.rig, mu_at(2, 2), "total", "~|~|3");
	ck_assert_int_eq(stage_run(&s), 0);
	ck_assert_str_eq(s.header, "station:string headcount:integer* contributor:string "
				   "as_of:date source:string hash:string");
	ck_assert_str_eq(s.rows, "1 a|3|NLD|2023-11-24|one.csv|5891b5b5\n"
				 "claim 2 ~|3|NLD|2023-11-24|two.csv|~\n");
	ck_assert_str_eq(s.rig.said, "");
	stage_release(&s);
}
END_TEST

START_TEST(a_document_that_cannot_be_read_any_more_stops_the_stage)
{
	struct stage s;

	stage_init(&s);
	s.rig.sha256_gives = EIO;
	s.self.set =
		(struct mu_items)ITEMS(struct set, { .name = "hash", .origin = ORIGIN_SHA256 });
	rig_row(&s.rig, mu_at(1, 1), NULL, "a|b|3");
	rig_row(&s.rig, mu_at(2, 2), NULL, "a|b|3");
	ck_assert_int_eq(stage_run(&s), EIO);
	stage_release(&s);
}
END_TEST

START_TEST(a_pattern_takes_its_first_group_or_all_of_the_match)
{
	struct stage s;

	stage_init(&s);
	s.self.set = (struct mu_items)ITEMS(
		struct set,
		{ .name = "year", .column = "text", .match = "of (\\d+)", .type = TYPE(INTEGER) },
		{ .name = "kind", .origin = ORIGIN_NAME, .match = "[a-z]+$" },
		{ .name = "text", .column = "text", .match = "^\\w+" });
	rig_row(&s.rig, mu_at(1, 1), NULL, "a|report of 2023|3");
	rig_row(&s.rig, mu_at(1, 2), NULL, "a|~|3");
	rig_row(&s.rig, mu_at(1, 3), NULL, "a|letter|3");
	rig_row(&s.rig, mu_at(1, 4), NULL, "a|of 99999999999999999999|3");
	ck_assert_int_eq(stage_run(&s), 0);
	ck_assert_str_eq(s.header, "station:string text:string headcount:integer* year:integer "
				   "kind:string");
	ck_assert_str_eq(s.rows, "1 a|report|3|2023|csv\n2 a|~|3|~|csv\n3 a|letter|3|~|csv\n"
				 "4 a|of|3|~|csv\n");
	ck_assert_str_eq(s.rig.said,
			 "no-match 3 text: year cannot be taken from 'letter', which does not "
			 "match 'of (\\d+)'\n"
			 "overflow 4 text: year '99999999999999999999' is too large for a whole "
			 "number\n");
	stage_release(&s);
}
END_TEST

START_TEST(a_set_column_sees_the_column_as_it_came_in)
{
	struct stage s;

	stage_init(&s);
	s.self.rename = (struct mu_pairs)PAIRS({ "heads", "headcount" });
	s.self.set =
		(struct mu_items)ITEMS(struct set, { .name = "printed", .column = "heads" },
				       { .name = "same", .column = "heads", .type = TYPE(NUMBER) });
	s.self.cast =
		(struct mu_items)ITEMS(struct cast, { .name = "heads", .type = TYPE(STRING) });
	rig_row(&s.rig, mu_at(1, 1), NULL, "a|b|3");
	rig_row(&s.rig, mu_at(1, 2), NULL, "a|b|9007199254740993");
	ck_assert_int_eq(stage_run(&s), 0);
	ck_assert_str_eq(s.header, "station:string text:string heads:string printed:string "
				   "same:number");
	ck_assert_str_eq(s.rows, "1 a|b|3|3|3\n2 a|b|9007199254740993|9007199254740993|~\n");
	ck_assert_str_eq(s.rig.said, "overflow 2 headcount: same '9007199254740993' is too large "
				     "for a number\n");
	ck_assert_int_eq(s.rig.adjusted, -9007199254740996);
	stage_release(&s);
}
END_TEST

START_TEST(text_is_trimmed_and_normalised_before_it_is_cast)
{
	struct stage s;

	stage_init(&s);
	s.self.trim = (struct mu_texts)TEXTS("text");
	s.self.normalise = (struct mu_items)ITEMS(struct normal, { .name = "station",
								   .form = FORM_NFKC,
								   .space = SPACE_COLLAPSE,
								   .letters = CASE_UPPER });
	s.self.cast =
		(struct mu_items)ITEMS(struct cast, { .name = "text", .type = TYPE(INTEGER) });
	s.self.measure = (struct mu_texts)TEXTS("text");
	rig_row(&s.rig, mu_at(1, 1), NULL,
		" e\xcc\x81t\xc3\xa9 \xc2\xa0 \xef\xac\x81n |\xc2\xa0 7 |1");
	rig_row(&s.rig, mu_at(1, 2), NULL, "   |7 7|1");
	rig_row(&s.rig, mu_at(1, 3), NULL,
		"stra\xc3\x9f"
		"e||1");
	ck_assert_int_eq(stage_run(&s), 0);
	ck_assert_str_eq(s.header, "station:string text:integer* headcount:integer*");
	ck_assert_str_eq(s.rows, "1 \xc3\x89T\xc3\x89 FIN|7|1\n2 |~|1\n3 STRASSE|~|1\n");
	ck_assert_str_eq(s.rig.said, "cast 2 text: text '7 7' is no whole number\n"
				     "cast 3 text: text '' is no whole number\n");
	ck_assert_int_eq(s.rig.adjusted, 7);
	stage_release(&s);
}
END_TEST

START_TEST(a_cast_reads_all_of_the_text_or_nothing)
{
	static const struct {
		const char *text;
		int type;
		const char *language, *format, *cell, *code;
	} casts[] = {
		{ "12", TYPE(INTEGER), NULL, NULL, "12", "" },
		{ "-12", TYPE(INTEGER), NULL, NULL, "-12", "" },
		{ "+12", TYPE(INTEGER), NULL, NULL, "~", "cast " },
		{ "12 men", TYPE(INTEGER), NULL, NULL, "~", "cast " },
		{ "1.204", TYPE(INTEGER), NULL, NULL, "~", "cast " },
		{ "vier", TYPE(INTEGER), NULL, NULL, "~", "cast " },
		{ "99999999999999999999", TYPE(INTEGER), NULL, NULL, "~", "overflow " },
		{ "-99999999999999999999", TYPE(INTEGER), NULL, NULL, "~", "overflow " },
		{ "1.204", TYPE(INTEGER), "nl", NULL, "1204", "" },
		{ "1.20", TYPE(INTEGER), "nl", NULL, "~", "cast " },
		{ "vier", TYPE(INTEGER), "nl", NULL, "4", "" },
		{ "vier man", TYPE(INTEGER), "nl", NULL, "~", "cast " },
		{ "1,5", TYPE(NUMBER), "nl", NULL, "1.5", "" },
		{ "0.5", TYPE(NUMBER), NULL, NULL, "0.5", "" },
		{ "true", TYPE(BOOLEAN), NULL, NULL, "true", "" },
		{ "yes", TYPE(BOOLEAN), NULL, NULL, "~", "cast " },
		{ "2023-11-24", TYPE(DATE), NULL, NULL, "2023-11-24", "" },
		{ "2023-11-31", TYPE(DATE), NULL, NULL, "~", "cast " },
		{ "24 november 2023", TYPE(DATE), "nl", NULL, "2023-11-24", "" },
		{ "24/11/2023", TYPE(DATE), NULL, "d/M/yyyy", "2023-11-24", "" },
		{ "31/11/2023", TYPE(DATE), NULL, "d/M/yyyy", "~", "cast " },
	};
	char row[128], rows[128];
	struct stage s;

	for (size_t i = 0; i < sizeof casts / sizeof *casts; i++) {
		stage_init(&s);
		s.self.cast = (struct mu_items)ITEMS(struct cast, { .name = "text",
								    .type = casts[i].type,
								    .language = casts[i].language,
								    .format = casts[i].format });
		snprintf(row, sizeof row, "a|%s|1", casts[i].text);
		snprintf(rows, sizeof rows, "1 a|%s|1\nclaim 2 ~|~|1\n", casts[i].cell);
		rig_row(&s.rig, mu_at(1, 1), NULL, row);
		rig_row(&s.rig, mu_at(1, 2), "total", "~|~|1");
		ck_assert_int_eq(stage_run(&s), 0);
		ck_assert_str_eq(s.rows, rows);
		ck_assert_msg(!strncmp(s.rig.said, casts[i].code, strlen(casts[i].code)) &&
				      !*s.rig.said == !*casts[i].code,
			      "'%s': %s", casts[i].text, s.rig.said);
		stage_release(&s);
	}
}
END_TEST

START_TEST(a_measure_that_goes_is_accounted_for_to_the_last_head)
{
	static const char *const heads[] = { "9223372036854775807",
					     "9223372036854775807",
					     "-9223372036854775808",
					     "-9223372036854775808",
					     "-9223372036854775808",
					     "41",
					     "~" };
	char row[64];
	struct stage s;

	stage_init(&s);
	s.self.drop = (struct mu_texts)TEXTS("headcount");
	for (uint64_t i = 0; i < sizeof heads / sizeof *heads; i++) {
		snprintf(row, sizeof row, "a|b|%s", heads[i]);
		rig_row(&s.rig, mu_at(1, i), NULL, row);
	}
	rig_row(&s.rig, mu_at(1, 99), "total", "~|~|5");
	ck_assert_int_eq(stage_run(&s), 0);
	/* As the rig adds up, so modulo 2^64. */
	ck_assert_int_eq(s.rig.adjusted,
			 (int64_t)(0 - ((uint64_t)INT64_MAX * 2 + (uint64_t)INT64_MIN * 3 + 41)));
	stage_release(&s);
}
END_TEST

START_TEST(names_that_are_not_there_are_refused_with_the_nearest)
{
	struct stage s;

	stage_init(&s);
	s.self.select = (struct mu_texts)TEXTS("headcount", "staton");
	stage_fails(&s, "no column is called 'staton'; there are 'station', 'text', 'headcount'; "
			"did you mean 'station'?");
	stage_init(&s);
	s.self.drop = (struct mu_texts)TEXTS("mission");
	stage_fails(&s, "no column is called 'mission'; there are 'station', 'text', 'headcount'");
	stage_init(&s);
	s.self.trim = (struct mu_texts)TEXTS("_claim");
	stage_fails(&s, "no column is called '_claim'; there are 'station', 'text', 'headcount'");
	stage_init(&s);
	s.self.rename = (struct mu_pairs)PAIRS({ "a", "text" }, { "b", "text" });
	stage_fails(&s, "column 'text' is renamed twice");
	stage_init(&s);
	s.self.rename = (struct mu_pairs)PAIRS({ "text", "station" });
	stage_fails(&s, "there is a column 'text' already");
	stage_init(&s);
	s.self.rename = (struct mu_pairs)PAIRS({ "a", "station" }, { "a", "text" });
	stage_fails(&s, "there is a column 'a' already");
	stage_init(&s);
	s.self.rename = (struct mu_pairs)PAIRS({ "_at", "text" });
	stage_fails(&s, "there is a column '_at' already");
	stage_init(&s);
	s.self.select = (struct mu_texts)TEXTS("text", "text");
	stage_fails(&s, "column 'text' is selected twice");
	stage_init(&s);
	s.self.drop = (struct mu_texts)TEXTS("text", "station", "headcount");
	stage_fails(&s, "no column would be left");
}
END_TEST

START_TEST(options_that_exclude_each_other_are_refused)
{
	struct stage s;

	stage_init(&s);
	s.self.set = (struct mu_items)ITEMS(struct set, { .name = "a" });
	stage_fails(&s, "column 'a' needs one of value, origin, column, sum and empty");
	stage_init(&s);
	s.self.set =
		(struct mu_items)ITEMS(struct set, { .name = "a", .value = "x", .column = "text" });
	stage_fails(&s,
		    "column 'a' needs one of value, origin, column, sum and empty, not several");
	stage_init(&s);
	s.self.set = (struct mu_items)ITEMS(struct set,
					    { .name = "a", .value = "x", .type = TYPE(DATE) });
	stage_fails(&s, "'x' is not of type date");
	stage_init(&s);
	s.self.set = (struct mu_items)ITEMS(struct set, { .name = "text", .value = "x" });
	stage_fails(&s, "there is a column 'text' already");
	stage_init(&s);
	s.self.set =
		(struct mu_items)ITEMS(struct set, { .name = "a", .value = "x", .match = "x" });
	stage_fails(&s, "match goes with column or origin, not with value");
	stage_init(&s);
	s.self.drop = (struct mu_texts)TEXTS("text");
	s.self.select = (struct mu_texts)TEXTS("station");
	stage_fails(&s, "drop and select exclude each other");
}
END_TEST

START_TEST(work_that_a_type_does_not_allow_is_refused)
{
	struct stage s;

	stage_init(&s);
	s.self.trim = (struct mu_texts)TEXTS("headcount");
	stage_fails(&s, "column 'headcount' holds no text: it is of type integer");
	stage_init(&s);
	s.self.measure = (struct mu_texts)TEXTS("text");
	stage_fails(&s, "column 'text' is of type string, and a measure has to be an integer");
	stage_init(&s);
	s.self.cast =
		(struct mu_items)ITEMS(struct cast, { .name = "headcount", .type = TYPE(DATE) });
	stage_fails(&s, "column 'headcount' is of type integer, which cannot become date");
	stage_init(&s);
	s.self.cast = (struct mu_items)ITEMS(
		struct cast, { .name = "text", .type = TYPE(INTEGER), .language = "xx-nothing" });
	stage_fails(&s, "'xx-nothing' is no language that is known: write a tag such as nl or "
			"pt-BR");
	stage_init(&s);
	s.self.cast = (struct mu_items)ITEMS(
		struct cast, { .name = "text", .type = TYPE(INTEGER), .format = "d/M/yyyy" });
	stage_fails(&s, "format goes with type: date");
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("columns");
	TCase *tcase = tcase_create("columns");
	SRunner *runner = srunner_create(suite);
	int failed;

	tcase_add_test(tcase, without_options_nothing_changes);
	tcase_add_test(tcase, columns_can_change_names);
	tcase_add_test(tcase, select_keeps_and_orders_and_drop_leaves_out);
	tcase_add_test(tcase, constants_and_origins_are_set_in_data_and_claims);
	tcase_add_test(tcase, a_document_that_cannot_be_read_any_more_stops_the_stage);
	tcase_add_test(tcase, a_pattern_takes_its_first_group_or_all_of_the_match);
	tcase_add_test(tcase, a_set_column_sees_the_column_as_it_came_in);
	tcase_add_test(tcase, text_is_trimmed_and_normalised_before_it_is_cast);
	tcase_add_test(tcase, a_cast_reads_all_of_the_text_or_nothing);
	tcase_add_test(tcase, a_measure_that_goes_is_accounted_for_to_the_last_head);
	tcase_add_test(tcase, names_that_are_not_there_are_refused_with_the_nearest);
	tcase_add_test(tcase, options_that_exclude_each_other_are_refused);
	tcase_add_test(tcase, work_that_a_type_does_not_allow_is_refused);
	suite_add_tcase(suite, tcase);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? 1 : 0;
}
