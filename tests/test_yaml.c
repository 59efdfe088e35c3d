/* YAML to nodes, and what is said of files that are none. */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "config/yaml.h"

static struct arena arena;
static struct diagnostics found;
static struct text shown;

static struct yaml_node *read_bytes(const char *bytes, size_t len)
{
	found = (struct diagnostics){ .path = "x.yaml", .text = bytes, .len = len };
	return yaml_read(&arena, &found);
}

static struct yaml_node *read_text(const char *text)
{
	return read_bytes(text, strlen(text));
}

static void tear_down(void)
{
	arena_release(&arena);
	diagnostics_release(&found);
	text_release(&shown);
}

/* The file is refused, and this is all that is said. */
static void refused_as(const char *expected)
{
	text_clear(&shown);
	diagnostics_print(&found, &shown, false);
	ck_assert_str_eq(shown.data ? shown.data : "", expected);
}

START_TEST(nodes_know_where_they_stand)
{
	struct yaml_node *root = read_text("a: 1\nb: [x, \"y z\"]\n\xc3\xa9: {c: d}\n"), *b;

	ck_assert_uint_eq(found.count, 0);
	ck_assert_int_eq(root->kind, YAML_MAP);
	ck_assert_uint_eq(root->count, 3);
	ck_assert_str_eq(yaml_get(root, "a")->text, "1");
	b = yaml_get(root, "b");
	ck_assert_int_eq(b->kind, YAML_LIST);
	ck_assert_str_eq(b->items[1]->text, "y z");
	ck_assert(b->items[1]->quoted && !b->items[0]->quoted);
	ck_assert_uint_eq(b->items[1]->mark.line, 2);
	ck_assert_uint_eq(b->items[1]->mark.column, 8);
	ck_assert_uint_eq(b->items[1]->mark.width, 5);
	ck_assert_uint_eq(root->keys[2]->mark.width, 1);
	ck_assert_uint_eq(root->items[2]->mark.column, 4);
	ck_assert_ptr_null(yaml_get(root, "zz"));
}
END_TEST

START_TEST(nothing_is_null_unless_quoted)
{
	struct yaml_node *root = read_text("a:\nb: ~\nc: null\nd: ''\ne: \"null\"\nf: nil\n"
					   "g: !!str null\n");
	static const bool null[] = { true, true, true, false, false, false, false };
	size_t i;

	for (i = 0; i < root->count; i++)
		ck_assert_int_eq(yaml_is_null(root->items[i]), null[i]);
}
END_TEST

START_TEST(aliases_are_the_same_node)
{
	struct yaml_node *root = read_text("a: &x {b: c}\nd: *x\ne: &x 1\nf: *x\n");

	ck_assert_ptr_eq(yaml_get(root, "a"), yaml_get(root, "d"));
	ck_assert_str_eq(yaml_get(root, "f")->text, "1");
}
END_TEST

START_TEST(a_byte_order_mark_and_other_line_ends_are_read)
{
	struct yaml_node *root = read_text("\xef\xbb\xbf"
					   "a: 1\r\nb: 2\r\n");

	ck_assert_uint_eq(root->keys[0]->mark.column, 1);
	ck_assert_uint_eq(root->keys[1]->mark.line, 2);
}
END_TEST

START_TEST(bad_keys_are_said_and_left_out)
{
	struct yaml_node *root = read_text("a: 1\nb: 2\na: 3\n? [1]\n: 4\n<<: 6\nd: 5\n");

	ck_assert_uint_eq(root->count, 3);
	ck_assert_str_eq(yaml_get(root, "a")->text, "1");
	ck_assert_str_eq(yaml_get(root, "d")->text, "5");
	refused_as("x.yaml:3:1: error: key 'a' stands in line 1 already\n"
		   "    3 | a: 3\n"
		   "      | ^\n"
		   "x.yaml:4:3: error: a key has to be a text, not a list\n"
		   "    4 | ? [1]\n"
		   "      |   ^\n"
		   "   a text that begins with [ or { needs quotes\n"
		   "x.yaml:6:1: error: << takes in a mapping, or a list of them\n"
		   "    6 | <<: 6\n"
		   "      | ^~\n"
		   "   write '<<: *name', where &name is a mapping\n");
}
END_TEST

START_TEST(a_merge_key_takes_in_what_is_not_there)
{
	struct yaml_node *root = read_text("a: &a {x: 1, y: 2}\n"
					   "b: &b {<<: *a, y: 3, z: 4}\n"
					   "c: {z: 5, <<: [*b, *a], '<<': 6}\n"
					   "d: {<<: [*a, *b]}\n");
	const struct yaml_node *c;

	ck_assert_ptr_nonnull(root);
	ck_assert_uint_eq(found.count, 0);
	c = yaml_get(root, "c");
	ck_assert_uint_eq(c->count, 4);
	ck_assert_str_eq(yaml_get(c, "z")->text, "5");
	ck_assert_str_eq(yaml_get(c, "y")->text, "3");
	ck_assert_str_eq(yaml_get(c, "x")->text, "1");
	ck_assert_str_eq(yaml_get(c, "<<")->text, "6");
	ck_assert_str_eq(yaml_get(yaml_get(root, "d"), "y")->text, "2");
	/* A key knows where it was written, and where it is used. */
	ck_assert_uint_eq(c->keys[2]->mark.line, 2);
	ck_assert_uint_eq(c->keys[2]->use.line, 3);
	ck_assert_uint_eq(c->keys[0]->use.line, 0);
	/* What was taken in is no other mapping's. */
	ck_assert_uint_eq(yaml_get(root, "a")->count, 2);
	ck_assert_uint_eq(yaml_get(root, "a")->keys[0]->use.line, 0);
}
END_TEST

START_TEST(what_cannot_be_merged_is_said)
{
	read_text("a: &a [x]\nb:\n  <<: *a\n  <<: {c: 1}\n");
	refused_as("x.yaml:1:8: error: << takes in a mapping, or a list of them\n"
		   "    1 | a: &a [x]\n"
		   "      |        ^\n"
		   "   write '<<: *name', where &name is a mapping\n"
		   "x.yaml:4:3: error: key '<<' stands in line 3 already\n"
		   "    4 |   <<: {c: 1}\n"
		   "      |   ^~\n"
		   "   write '<<: [*one, *other]'\n");
}
END_TEST

/* Each level takes in the one before ten times, which is counted as all of it. */
START_TEST(merge_keys_are_counted)
{
	struct text bomb = { 0 };
	int i, j;

	text_puts(&bomb, "a0: &a0 {x: 1, y: 2, z: 3}\n");
	for (i = 1; i < 20; i++) {
		text_printf(&bomb, "a%d: &a%d {k%d: 1, <<: [", i, i, i);
		for (j = 0; j < 10; j++)
			text_printf(&bomb, "%s*a%d", j ? ", " : "", i - 1);
		text_puts(&bomb, "]}\n");
	}
	ck_assert_ptr_null(read_text(bomb.data));
	ck_assert_uint_eq(found.count, 1);
	text_release(&bomb);
}
END_TEST

START_TEST(strange_tags_are_refused)
{
	ck_assert_ptr_nonnull(read_text("a: !!int 5\nb: !!seq [1]\n"));
	ck_assert_uint_eq(found.count, 0);
	read_text("a: !!python/object x\n");
	ck_assert_uint_eq(found.count, 1);
	diagnostics_release(&found);
	read_text("a: !!map [x]\n");
	ck_assert_uint_eq(found.count, 1);
}
END_TEST

static const struct {
	const char *bytes;
	size_t len;
	const char *said;
} wrong[] = {
#define WRONG(bytes, said) \
	{ \
		(bytes), sizeof(bytes) - 1, (said) \
	}
	WRONG("", "x.yaml: error: the file is empty\n"),
	WRONG("# nothing\n", "x.yaml: error: the file is empty\n"),
	WRONG("\xff\xfe"
	      "a\0",
	      "x.yaml: error: the file is UTF-16\n   save the file as UTF-8\n"),
	WRONG("a: b\n\xc3\xa9\xff",
	      "x.yaml:2:2: error: byte \\xff is not UTF-8\n"
	      "    2 | \xc3\xa9\\xff\n      |  ^~~~\n   save the file as UTF-8\n"),
	WRONG("a: \0\n", "x.yaml:1:4: error: character U+0000 cannot stand in the file\n"
			 "    1 | a: \\x00\n      |    ^~~~\n"),
	WRONG("a: \"x\\0y\"\n", "x.yaml:1:4: error: a text cannot hold the character U+0000\n"
				"    1 | a: \"x\\0y\"\n      |    ^~~~~~\n"),
	WRONG("a: &a [*a]\n", "x.yaml:1:8: error: '*a' stands inside what it stands for\n"
			      "    1 | a: &a [*a]\n      |        ^~\n"),
	WRONG("a: *b\n",
	      "x.yaml:1:4: error: no anchor '&b' stands above\n"
	      "    1 | a: *b\n      |    ^~\n   a text that begins with * needs quotes\n"),
	WRONG("a: 1\n---\nb: 1\n", "x.yaml:2:1: error: a second document begins here\n"
				   "    2 | ---\n      | ^~~\n   give each a file of its own\n"),
	WRONG("a: b: c\n",
	      "x.yaml:1:5: error: not YAML: mapping values are not allowed in this "
	      "context\n    1 | a: b: c\n      |     ^\n"
	      "   is it indented like the lines above? a text with ': ' in it needs quotes\n"),
	WRONG("a:\n\t- b\n",
	      "x.yaml:2:1: error: not YAML: found character that cannot start any "
	      "token\n"
	      "    2 |         - b\n      | ^\n"
	      "   indent with spaces, not tabs; a text that begins with @, ` or % needs quotes\n"),
};

START_TEST(what_is_wrong_has_its_place)
{
	read_bytes(wrong[_i].bytes, wrong[_i].len);
	ck_assert_uint_eq(found.count, 1);
	refused_as(wrong[_i].said);
}
END_TEST

START_TEST(a_bomb_is_refused_before_it_goes_off)
{
	struct text bomb = { 0 };
	int i, j;

	text_puts(&bomb, "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n");
	for (i = 1; i < 30; i++) {
		text_printf(&bomb, "a%d: &a%d [", i, i);
		for (j = 0; j < 10; j++)
			text_printf(&bomb, "%s*a%d", j ? "," : "", i - 1);
		text_puts(&bomb, "]\n");
	}
	ck_assert_ptr_null(read_bytes(bomb.data, bomb.len));
	ck_assert_uint_eq(found.count, 1);
	ck_assert_ptr_nonnull(strstr(found.items[0].message, "more than 100,000 nodes"));
	text_release(&bomb);
}
END_TEST

START_TEST(depth_counts_through_aliases)
{
	struct text deep = { 0 };

	text_repeat(&deep, '[', 64);
	text_repeat(&deep, ']', 64);
	ck_assert_ptr_nonnull(read_bytes(deep.data, deep.len));
	text_clear(&deep);
	text_repeat(&deep, '[', 5000);
	ck_assert_ptr_null(read_bytes(deep.data, deep.len));
	refused_as("x.yaml:1:65: error: nested deeper than 64 levels\n    1 | \xe2\x80\xa6"
		   "[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[["
		   "[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[["
		   "\xe2\x80\xa6\n      |                                          ^\n");
	diagnostics_release(&found);
	text_clear(&deep);
	text_puts(&deep, "a: &a ");
	text_repeat(&deep, '[', 40);
	text_repeat(&deep, ']', 40);
	text_puts(&deep, "\nb: ");
	text_repeat(&deep, '[', 40);
	text_puts(&deep, "*a");
	text_repeat(&deep, ']', 40);
	ck_assert_ptr_null(read_bytes(deep.data, deep.len));
	ck_assert_str_eq(found.items[0].message, "nested deeper than 64 levels");
	text_release(&deep);
}
END_TEST

START_TEST(large_files_are_refused)
{
	struct text large = { 0 };

	text_puts(&large, "a: ");
	text_repeat(&large, 'x', 1 << 20);
	ck_assert_ptr_null(read_bytes(large.data, large.len));
	refused_as("x.yaml: error: the file is larger than 1 MiB\n");
	text_release(&large);
}
END_TEST

/* Cut anywhere, a file is read or refused, never more. */
START_TEST(every_beginning_of_a_file_is_survived)
{
	static const char file[] = "a: &x {b: [1, 'it''s', \"\\u00e9\"]}\n? c\n: - *x\n  - |\n"
				   "    block\n  - !!str 5 # end\n";
	size_t len;

	for (len = 0; len < sizeof file; len++) {
		char *copy = malloc(len + 1);

		ck_assert_ptr_nonnull(copy);
		memcpy(copy, file, len);
		if (!read_bytes(copy, len))
			ck_assert_uint_gt(found.count, 0);
		free(copy);
		diagnostics_release(&found);
		arena_release(&arena);
	}
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("yaml");
	TCase *all = tcase_create("all");
	SRunner *runner = srunner_create(suite);
	int failed;

	tcase_add_checked_fixture(all, NULL, tear_down);
	tcase_add_test(all, nodes_know_where_they_stand);
	tcase_add_test(all, nothing_is_null_unless_quoted);
	tcase_add_test(all, aliases_are_the_same_node);
	tcase_add_test(all, a_merge_key_takes_in_what_is_not_there);
	tcase_add_test(all, what_cannot_be_merged_is_said);
	tcase_add_test(all, merge_keys_are_counted);
	tcase_add_test(all, a_byte_order_mark_and_other_line_ends_are_read);
	tcase_add_test(all, bad_keys_are_said_and_left_out);
	tcase_add_test(all, strange_tags_are_refused);
	tcase_add_loop_test(all, what_is_wrong_has_its_place, 0,
			    (int)(sizeof wrong / sizeof wrong[0]));
	tcase_add_test(all, a_bomb_is_refused_before_it_goes_off);
	tcase_add_test(all, depth_counts_through_aliases);
	tcase_add_test(all, large_files_are_refused);
	tcase_add_test(all, every_beginning_of_a_file_is_survived);
	suite_add_tcase(suite, all);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
