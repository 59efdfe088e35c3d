/* Web pages to rows: text, references, elements, and pages that are cut. */
#include <check.h>

#include "html.h"

static struct outcome outcome;

static struct self model_of(int64_t header_rows)
{
	return (struct self){ .options = { .header_rows = header_rows,
					   .max_rows = 1000,
					   .max_columns = 8,
					   .max_field = 100 },
			      .max_size = 1 << 20 };
}

/* The rows of a page, and what is said of it. */
static void reads(const char *page, const char *rows, const char *said)
{
	struct self model = model_of(1);

	outcome_go(&outcome, &model, page, strlen(page));
	ck_assert_int_eq(outcome.err, 0);
	ck_assert_str_eq(outcome.said, said);
	ck_assert_str_eq(outcome.rows, rows);
	outcome_close(&outcome);
}

/* What a cell with some markup holds. */
static void shows(const char *markup, const char *text)
{
	char page[1000], rows[1000];

	snprintf(page, sizeof page, "<table><tr><th>a<tr><td>%s</table>", markup);
	snprintf(rows, sizeof rows, "%s @2\n", text);
	reads(page, rows, "");
}

START_TEST(text_is_what_a_browser_shows)
{
	shows("  a \n\t b ", "a b");
	shows("a&nbsp;\xc2\xa0 b&#160;", "a b");
	shows("a<br>b<br><br/>c<br>", "a\nb\nc");
	shows("<p>a</p> <p>b", "a\nb");
	shows("<ul><li>a<li>b</ul>c", "a\nb\nc");
	shows("a<b>b</b><i>c</i> <span>d</span>", "abc d");
	shows("a<!-- b --><?c?><!d>e", "ae");
	shows("a<!-->b", "ab");
	shows("1 < 2 <3 <>", "1 < 2 <3 <>");
	shows("a<script>'<td>'</script><style>b</style><noscript>c</noscript>d", "ad");
	shows("a<svg><text>b<svg/></text></svg><select><option>c</select>d", "ad");
	shows("a<textarea></td>b</textarea>c", "ac");
	shows("a<span hidden>b<b>c</b></span>d", "ad");
	shows("a<span style='color: red; Display : None'>b</span>c", "ac");
	shows("a<span style='x-display:none'>b</span>c", "abc");
	shows("a<span title='</td>' data-x=\">\">b</span>c", "abc");
}
END_TEST

START_TEST(references_are_the_characters_that_they_name)
{
	shows("&amp;&lt;&gt;&quot;&apos;", "&<>\"'");
	shows("&eacute;&Ccaron;&ndash;&#233;&#xE9;&#XE9", "\xc3\xa9\xc4\x8c\xe2\x80\x93\xc3\xa9"
							  "\xc3\xa9\xc3\xa9");
	shows("&#150;&#x80;", "\xe2\x80\x93\xe2\x82\xac");
	shows("&eacute&copy2&notit", "\xc3\xa9\xc2\xa9"
				     "2\xc2\xac"
				     "it");
	shows("AT&T & &; &# &#x &div x&ndash", "AT&T & &; &# &#x &div x&ndash");
	shows("&amp;lt;", "&lt;");
	reads("<table><tr><th>a<tr><td>x&bogus;y&#0;</table>", "x&bogus;y\xef\xbf\xbd @2\n",
	      "control @2: a has the character U+FFFD, which stands for a character that was lost\n"
	      "reference @2: '&bogus;' is no character that is known\n");
}
END_TEST

START_TEST(every_element_is_found_by_its_name)
{
	for (size_t i = 0; i < sizeof elements / sizeof *elements; i++) {
		ck_assert_ptr_eq(element_find(mu_string(elements[i].name)), &elements[i]);
		if (i)
			ck_assert_uint_ge(strlen(elements[i].name), strlen(elements[i - 1].name));
	}
	ck_assert_ptr_eq(element_find(mu_string("TaBlE")), element_find(mu_string("table")));
	ck_assert_ptr_null(element_find(mu_string("tables")));
	ck_assert_ptr_null(element_find(mu_string("blockquotes")));
}
END_TEST

START_TEST(every_reference_is_found_by_its_name)
{
	size_t n = sizeof names / sizeof *names;

	for (size_t i = 0; i < n; i++) {
		ck_assert_uint_eq(name_find(mu_string(names[i].name)), names[i].code);
		if (i)
			ck_assert_int_lt(strcmp(names[i - 1].name, names[i].name), 0);
	}
	ck_assert_uint_eq(name_find(mu_string("ndas")), 0);
}
END_TEST

START_TEST(tags_that_are_left_out_are_implied)
{
	reads("<table><thead><th>a<th>b<tbody><td>1<td>2<tr><td>3<td>4</table>", "1|2 @2\n3|4 @3\n",
	      "");
	reads("<table><tr><th>a</tr></tr></td><tr></table></table>", "",
	      "no-rows @0: the table has "
	      "no row of data\n");
	reads("<table><caption>x<tr><th>a<tr><td><div><b>1<tr><td>2</b></div></table>",
	      "1 @2\n2 @3\n", "");
	reads("<td>x</td><tr><table><tr><th>a<tr><td>1</table>", "1 @2\n", "");
	reads("<table><col><colgroup><col></colgroup><tr><th>a<tr><td>1</body></html></table>",
	      "1 @2\n", "");
}
END_TEST

START_TEST(spans_end_with_their_part_of_the_table)
{
	reads("<table><tr><th>a<th>b<tbody><tr><td rowspan=3>1<td>2<tbody><tr><td>3<td>4</table>",
	      "1|2 @2\n3|4 @3\n",
	      "span-cut @2: a cell of this row should span more rows than there are\n");
	reads("<table><tr><th>a<th>b<tbody><tr><td rowspan=0>1<td>2<tr><td>3</table>",
	      "1|2 @2\n1|3 @3\n", "");
	reads("<table><tr><th>a<th>b<tr><td rowspan=3>1<td>2<tr><tr><td>3</table>",
	      "1|2 @2\n1|3 @4\n", "");
	reads("<table><tr><th>a<th>b<tr><td colspan=' +2x'>1<tr><td colspan=0>1<td colspan=-1>2"
	      "</table>",
	      "1|~ @2\n1|2 @3\n", "");
	reads("<table><tr><th>a<tr><td>1<td colspan=5000></table>", "1 @2\n", "");
}
END_TEST

START_TEST(long_cells_and_wide_rows_are_errors)
{
	char page[1000], long_text[151];

	memset(long_text, 'x', 150);
	long_text[150] = '\0';
	snprintf(page, sizeof page, "<table><tr><th>a<tr><td>%s</table>", long_text);
	reads(page, "~ @2\n",
	      "too-long @2: a 'xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx...' is "
	      "longer than max_field allows\n");
	reads("<table><tr><th>a<tr><td>1<td colspan=9><td>z</table>", "1 @2\n",
	      "beyond @2: column 9 has a cell, but the last one of the table is 1\n");
}
END_TEST

/* What is cut is said to be, and rows before that are as they are in the whole. */
START_TEST(no_page_is_cut_in_silence)
{
	static const char page[] =
		"<!doctype html><h2>t&amp;x</h2><!-- c --><table><caption>y</caption><thead><tr>"
		"<th rowspan=\"2\">a</th><th colspan=2>n</th></tr><tr><th>b</th><th>c</th></tr>"
		"</thead><tbody><tr><td rowspan=2>1</td><td>2&#233;</td><td><p>3<b>4</b></p></td>"
		"</tr><tr><td hidden></td><td>5</td><td>6</td></tr></tbody></table><p>e</p>";
	size_t end = (size_t)(strstr(page, "</table>") - page) + 8;
	static struct outcome whole;
	struct self model = model_of(2);

	model.position = 1;
	outcome_go(&whole, &model, page, sizeof page - 1);
	ck_assert_str_eq(whole.rows, "1|2\xc3\xa9|34 @3\n1|5|6 @4\n");
	ck_assert_str_eq(whole.said, "");
	for (size_t len = 0; len < sizeof page; len++) {
		char *cut = malloc(len + 1);

		memcpy(cut, page, len);
		outcome_go(&outcome, &model, cut, len);
		ck_assert_int_eq(outcome.err, 0);
		ck_assert_int_eq(!*outcome.said, len >= end);
		outcome_close(&outcome);
		free(cut);
	}
	outcome_close(&whole);
}
END_TEST

START_TEST(places_are_lines_and_paths)
{
	static const char page[] = "<div></div><div>\n<table><tr><th>a<th>b\n<tbody>\n<tr>\n"
				   "<td rowspan=2>1\n<td>2\n<tr><td>3</table></div>";
	struct self model = model_of(1);
	struct mu_place place = { .size = sizeof place };

	outcome_go(&outcome, &model, page, strlen(page));
	ck_assert_int_eq(
		html_locate(&outcome.fake.ctx, &outcome.self, html_position(3) + 1, "b", &place),
		0);
	ck_assert_str_eq(place.cell, "/html/body/div[2]/table[1]/tbody[1]/tr[2]/td[1]");
	ck_assert_uint_eq(place.line, 7);
	ck_assert_int_eq(
		html_locate(&outcome.fake.ctx, &outcome.self, html_position(3) + 1, "a", &place),
		0);
	ck_assert_str_eq(place.cell, "/html/body/div[2]/table[1]/tbody[1]/tr[1]/td[1]");
	ck_assert_uint_eq(place.line, 5);
	ck_assert_int_eq(
		html_locate(&outcome.fake.ctx, &outcome.self, html_position(2), NULL, &place), 0);
	ck_assert_str_eq(place.cell, "/html/body/div[2]/table[1]/tbody[1]/tr[1]");
	ck_assert_uint_eq(place.line, 4);
	ck_assert_uint_eq(place.text_len, 5);
	ck_assert_mem_eq(place.text, "1 | 2", 5);
	outcome_close(&outcome);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("html");
	TCase *tests = tcase_create("html");
	SRunner *runner;
	int failed;

	tcase_add_test(tests, text_is_what_a_browser_shows);
	tcase_add_test(tests, references_are_the_characters_that_they_name);
	tcase_add_test(tests, every_element_is_found_by_its_name);
	tcase_add_test(tests, every_reference_is_found_by_its_name);
	tcase_add_test(tests, tags_that_are_left_out_are_implied);
	tcase_add_test(tests, spans_end_with_their_part_of_the_table);
	tcase_add_test(tests, long_cells_and_wide_rows_are_errors);
	tcase_add_test(tests, no_page_is_cut_in_silence);
	tcase_add_test(tests, places_are_lines_and_paths);
	suite_add_tcase(suite, tests);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed != 0;
}
