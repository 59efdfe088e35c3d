/* parse/document: whose row a line of text is. */
#include <check.h>
#include <stdlib.h>

#include "../plugins/parse/document/read/share.c"

enum { LINES = 16, NONE = -1 };

/* One column: where lines stand and which row they are beside, and where the numbers of
 * the rows stand; then the rows expected, and which of them are in doubt. */
struct column_case {
	const char *what;
	double y[LINES];
	int own[LINES];
	size_t n_lines;
	double rows[4];
	size_t n_rows;
	int row[LINES];
	bool doubtful[4];
};

static const struct column_case cases[] = {
	{ "a line beside each row",
	  { 10, 20, 30 },
	  { 0, 1, 2 },
	  3,
	  { 10, 20, 30 },
	  3,
	  { 0, 1, 2 },
	  { false } },
	{ "numbers in the middle of two lines",
	  { 10, 20, 40, 50 },
	  { NONE, NONE, NONE, NONE },
	  4,
	  { 15, 45 },
	  2,
	  { 0, 0, 1, 1 },
	  { false } },
	{ "numbers at the top",
	  { 10, 20, 40, 50 },
	  { 0, NONE, 1, NONE },
	  4,
	  { 10, 40 },
	  2,
	  { 0, 0, 1, 1 },
	  { false } },
	{ "numbers at the bottom",
	  { 10, 20, 40, 50 },
	  { NONE, 0, NONE, 1 },
	  4,
	  { 20, 50 },
	  2,
	  { 0, 0, 1, 1 },
	  { false } },
	{ "lines above the first row's and below the last row's numbers are theirs",
	  { 10, 20, 40, 60, 70 },
	  { NONE, NONE, 1, NONE, NONE },
	  5,
	  { 20, 40, 60 },
	  3,
	  { 0, 0, 1, 2, 2 },
	  { false } },
	{ "a row without text",
	  { 10, 20, 60, 70 },
	  { NONE, NONE, NONE, NONE },
	  4,
	  { 15, 40, 65 },
	  3,
	  { 0, 0, 2, 2 },
	  { false } },
	{ "below its numbers a text goes on where what follows is as near",
	  { 10, 24, 38 },
	  { 0, NONE, 1 },
	  3,
	  { 10, 38 },
	  2,
	  { 0, 0, 1 },
	  { false } },
	{ "as far from the row above as from the one below",
	  { 10, 25, 35, 50 },
	  { NONE, NONE, NONE, NONE },
	  4,
	  { 5, 55 },
	  2,
	  { 0, 0, 0, 1 },
	  { true, true } },
	{ "no line", { 0 }, { 0 }, 0, { 10, 20 }, 2, { 0 }, { false } },
	{ "lines of no rows but one",
	  { 10, 20, 90 },
	  { NONE, NONE, NONE },
	  3,
	  { 15 },
	  1,
	  { 0, 0, 0 },
	  { false } },
};

static void column_share(const struct column_case *c, struct share_line *lines, bool *doubtful)
{
	for (size_t i = 0; i < c->n_lines; i++)
		lines[i] = (struct share_line){
			.y = c->y[i],
			.height = 10,
			.own = c->own[i] == NONE ? SHARE_NO_ROW : (size_t)c->own[i],
		};
	lines_share(lines, c->n_lines, c->rows, c->n_rows, doubtful);
}

START_TEST(lines_are_shared_out)
{
	const struct column_case *c = &cases[_i];
	struct share_line lines[LINES];
	bool doubtful[4] = { true, true, true, true };

	column_share(c, lines, doubtful);
	for (size_t i = 0; i < c->n_lines; i++)
		ck_assert_msg(lines[i].row == (size_t)c->row[i], "%s: line %zu is of row %zu",
			      c->what, i, lines[i].row);
	for (size_t i = 0; i < c->n_rows; i++)
		ck_assert_msg(doubtful[i] == c->doubtful[i], "%s: row %zu", c->what, i);
}
END_TEST

/* Whatever the distances: every line is of one of the two rows about it, the one that it is
 * beside before all, and rows follow each other. */
START_TEST(any_lines_stay_in_order)
{
	struct share_line lines[LINES];
	double rows[4], y = 0;
	bool doubtful[4];
	size_t n = 0, last = 0;

	srand((unsigned)_i);
	for (size_t r = 0; r < 4; r++) {
		for (int k = rand() % 4; k; k--) {
			y += 1 + rand() % 20;
			lines[n++] =
				(struct share_line){ .y = y, .height = 10, .own = SHARE_NO_ROW };
		}
		y += 1 + rand() % 20;
		rows[r] = y;
		if (rand() % 2)
			lines[n++] = (struct share_line){ .y = y, .height = 10, .own = r };
	}
	lines_share(lines, n, rows, 4, doubtful);
	for (size_t i = 0; i < n; i++) {
		size_t row = lines[i].row;

		ck_assert_uint_lt(row, 4);
		ck_assert_uint_ge(row, last);
		ck_assert(lines[i].own == SHARE_NO_ROW || lines[i].own == row);
		ck_assert(!row || rows[row - 1] <= lines[i].y);
		ck_assert(row == 3 || lines[i].y <= rows[row + 1]);
		last = row;
	}
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("share");
	TCase *all = tcase_create("all");
	SRunner *runner = srunner_create(suite);
	int failed;

	tcase_add_loop_test(all, lines_are_shared_out, 0, sizeof cases / sizeof *cases);
	tcase_add_loop_test(all, any_lines_stay_in_order, 0, 500);
	suite_add_tcase(suite, all);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed != 0;
}
