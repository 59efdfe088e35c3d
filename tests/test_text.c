/* Text on its way out: escapes, widths, nearest names, secrets. */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include <muster/table.h>

#include "base/address.h"
#include "base/mem.h"
#include "base/text.h"

static void visible_is(const char *in, size_t len, const char *out)
{
	struct text text = { 0 };

	text_add_visible(&text, in, len);
	ck_assert_str_eq(text.data ? text.data : "", out);
	text_release(&text);
}

START_TEST(text_grows_and_stays_ended)
{
	struct text text = { 0 };
	size_t i;

	for (i = 0; i < 1000; i++)
		text_printf(&text, "%zu,", i % 10);
	ck_assert_uint_eq(text.len, 2000);
	ck_assert_uint_eq(strlen(text.data), 2000);
	text_clear(&text);
	text_repeat(&text, '-', 3);
	text_putc(&text, '>');
	ck_assert_str_eq(text.data, "--->");
	text_release(&text);
	ck_assert_ptr_null(text.data);
}
END_TEST

START_TEST(what_acts_on_a_terminal_is_shown)
{
	visible_is("a\tb", 3, "a b");
	visible_is("\x1b[31mred\n", 9, "\\x1b[31mred\\x0a");
	visible_is("a\0b", 3, "a\\x00b");
	visible_is("\x7f\xc2\x9b", 3, "\\x7f\\u009b");
	visible_is("\xe2\x80\xae"
		   "evil",
		   7, "\\u202eevil");
	visible_is("\xff\xc3", 2, "\\xff\\xc3");
	visible_is("\xc3\xa9\xe6\xbc\xa2", 5, "\xc3\xa9\xe6\xbc\xa2");
	visible_is("\xf3\xa0\x81\x81", 4, "\\U000e0041");
}
END_TEST

START_TEST(json_strings_are_escaped)
{
	struct text text = { 0 };

	text_add_json(&text, "a\"\\\n\t\x01\xff\xc3\xa9\v", 10);
	ck_assert_str_eq(text.data, "\"a\\\"\\\\\\n\\t\\u0001\xef\xbf\xbd\xc3\xa9\\u000b\"");
	text_release(&text);
}
END_TEST

START_TEST(characters_are_strict_utf8)
{
	static const char *const wrong[] = { "\x80",
					     "\xc0\x80",
					     "\xe0\x80\x80",
					     "\xed\xa0\x80",
					     "\xf4\x90\x80\x80",
					     "\xf8\x88\x80\x80\x80",
					     "\xe6\xbc",
					     "\xc3(",
					     "" };
	uint32_t code;
	size_t size, i;

	for (i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
		ck_assert(!text_character(wrong[i], strlen(wrong[i]), &code, &size));
		ck_assert_uint_eq(size, 1);
	}
	ck_assert(text_character("\xf0\x9f\x98\x80x", 5, &code, &size));
	ck_assert_uint_eq(code, 0x1f600);
	ck_assert_uint_eq(size, 4);
	/* The rest of the character lies beyond the length given. */
	ck_assert(!text_character("\xf0\x9f\x98\x80", 3, &code, &size));
}
END_TEST

START_TEST(columns_are_those_of_a_terminal)
{
	ck_assert_uint_eq(text_columns("abc", 3), 3);
	ck_assert_uint_eq(text_columns("\xc3\xa9", 2), 1);
	ck_assert_uint_eq(text_columns("e\xcc\x81", 3), 1);
	ck_assert_uint_eq(text_columns("\xe6\xbc\xa2\xe5\xad\x97", 6), 4);
	ck_assert_uint_eq(text_columns("\xf0\x9f\x98\x80", 4), 2);
	ck_assert_uint_eq(text_columns("\xff", 1), 1);
}
END_TEST

START_TEST(nearest_is_what_was_meant)
{
	static const char *const names[] = { "delimiter", "quote", "path", "of", "columns", NULL };
	static const struct {
		const char *name, *nearest;
	} cases[] = {
		{ "delimeter", "delimiter" },
		{ "Path", "path" },
		{ "pth", "path" },
		{ "apth", "path" },
		{ "fo", "of" },
		{ "column", "columns" },
		{ "quiet", NULL },
		{ "x", NULL },
		{ "", NULL },
		{ "zzzzzzz", NULL },
		{ "OF", "of" },
	};
	char large[200];
	size_t i;

	for (i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		const char *nearest = mu_nearest(cases[i].name, names);

		if (cases[i].nearest)
			ck_assert_pstr_eq(nearest, cases[i].nearest);
		else
			ck_assert_msg(!nearest, "%s is not %s", cases[i].name, nearest);
	}
	memset(large, 'd', sizeof large - 1);
	large[sizeof large - 1] = '\0';
	ck_assert_ptr_null(mu_nearest(large, names));
}
END_TEST

static void redacts(const char *a, const char *b, const char *in, size_t start, const char *out)
{
	struct secrets secrets = { 0 };
	struct text text = { 0 };

	secrets_add(&secrets, a);
	secrets_add(&secrets, b);
	text_puts(&text, in);
	secrets_redact(&secrets, &text, start);
	ck_assert_str_eq(text.data, out);
	text_release(&text);
	secrets_release(&secrets);
}

START_TEST(secrets_are_taken_out)
{
	redacts("hunter2", "", "x hunter2 hunter2", 0, "x *** ***");
	redacts("abcd", "cdef", "abcdef.", 0, "***.");
	redacts("abcd", "ab", "ab abcd", 0, "*** ***");
	redacts("aa", "", "aaaaa", 0, "***");
	redacts("aa", "", "aa aa", 2, "aa ***");
	redacts("", "", "nothing", 0, "nothing");
	redacts("first line\nsecond line\nx", "", "a second line b", 0, "a *** b");
	redacts("x", "", "", 0, "");
}
END_TEST

START_TEST(arena_gives_zeroed_and_aligned)
{
	struct arena arena = { 0 };
	size_t i, j;

	for (i = 0; i < 3000; i += 37) {
		unsigned char *bytes = arena_alloc(&arena, i);

		ck_assert_uint_eq((uintptr_t)bytes % _Alignof(max_align_t), 0);
		for (j = 0; j < i; j++)
			ck_assert_uint_eq(bytes[j], 0);
		memset(bytes, 0xff, i);
	}
	memset(arena_alloc(&arena, 100000), 1, 100000);
	ck_assert_str_eq(arena_printf(&arena, "%d-%s", 5, "x"), "5-x");
	ck_assert_str_eq(arena_copy(&arena, "abcdef", 3), "abc");
	arena_release(&arena);
	ck_assert_ptr_null(arena.blocks);
}
END_TEST

/* What is printed of an address that stands in a pipeline. */
static void address_shown(const char *address, const char *expected)
{
	struct secrets secrets = { 0 };
	struct text text = { 0 };

	address_secrets(&secrets, address);
	text_puts(&text, address);
	secrets_redact(&secrets, &text, 0);
	ck_assert_str_eq(text.data, expected);
	text_release(&text);
	secrets_release(&secrets);
}

START_TEST(secrets_of_addresses_are_hidden)
{
	address_shown("https://h/a?x=1&token=0123456789&y=2", "https://h/a?x=1&token=***&y=2");
	address_shown("https://h/a?API_Key=short&page=2", "https://h/a?***&page=2");
	address_shown("https://h/?X-Amz-Signature=abcdef012345#top",
		      "https://h/?X-Amz-Signature=***#top");
	address_shown("https://me:longpassword@h/a", "https://me:***@h/a");
	address_shown("https://me:pw@h/a?sig=", "https://***@h/a?sig=");
	address_shown("https://h/a?tokens=0123456789&keyword=rosters",
		      "https://h/a?tokens=***&keyword=rosters");
	address_shown("https://h/a;jsessionid=0123456789/b/c;v=2?q=a/b",
		      "https://h/a;jsessionid=***/b/c;v=2?q=a/b");
	address_shown("https://h/?to%6ben=01234/6789", "https://h/?to%6ben=***");
	address_shown("https://h/?%74%6F%6B%65%6E%=0123456789", "https://h/?%74%6F%6B%65%6E%=***");
	address_shown("data/a.csv?token=0123456789", "data/a.csv?token=0123456789");
	address_shown("https://h?token=0123456789;auth=9876543210", "https://h?token=***;auth=***");
	address_shown("https://h/#access_token=0123456789", "https://h/#access_token=***");
}
END_TEST

START_TEST(secret_values_are_told_by_name_or_look)
{
	static const char *const secret[] = {
		"code=4821",
		"session=admin",
		"PHPSESSID=1",
		"session_id=12",
		"jwt=abc",
		"sig=abc",
		"pwd=x",
		"my_pin=1",
		"X-Api-Key=word",
		"oauth_nonce=1",
		"hmac=ab",
		"pass=hunter",
		"k=a1b2c3d4",
		"x=eyJhbGciOiJIUzI1NiJ9.e30.Zm9v",
		"s=JBSWY3DPEHPK3PXP",
		"u=qxzwvbtrkplm",
		"v=da39a3ee5e6b4b0d3255bfef95601890afd80709",
		"w=hunter2",
		"z=3f2504e0-4f89-11d3-9a0c-0305e82c3301",
		"Policy=eyJTdGF0ZW1lbnQiOlt7",
	};
	static const char *const shown[] = {
		"page=2",
		"year=2024",
		"from=2024-11-23T00:00:00Z",
		"from=20241123T000000Z",
		"lang=nl-NL",
		"format=csv",
		"q=police+officers",
		"country=Bosnia%20and%20Herzegovina",
		"quarter=2024Q1",
		"crs=EPSG4326",
		"table=B05003",
		"author=Smith",
		"mission=UNMISS",
		"title=Strength",
		"dimension=militaryPersonnel",
		"keyword=rosters",
		"empty=",
		"resource_id=3f2504e0-4f89-11d3-9a0c-0305e82c3301",
		"assessment=final",
		"file=UN_2024a1b2c3d4.pdf",
		"name=C%C3%B4te",
		"name=C\xc3\xb4te",
	};
	char address[128], expected[128];
	size_t i;

	for (i = 0; i < sizeof secret / sizeof *secret; i++) {
		int name = (int)strcspn(secret[i], "=");
		struct text text = { 0 };

		snprintf(address, sizeof address, "(https://h/a?a=1&%s&b=2), and", secret[i]);
		snprintf(expected, sizeof expected, "(https://h/a?a=1&%.*s=***&b=2), and", name,
			 secret[i]);
		text_puts(&text, address);
		secrets_redact(NULL, &text, 0);
		ck_assert_str_eq(text.data, expected);
		text_release(&text);
	}
	for (i = 0; i < sizeof shown / sizeof *shown; i++) {
		snprintf(address, sizeof address, "https://h/a?%s", shown[i]);
		address_shown(address, address);
	}
}
END_TEST

START_TEST(addresses_end_where_a_text_goes_on)
{
	struct text text = { 0 };

	text_puts(&text, "{\"path\": \"https://h/?sig=abcdef\", \"a\": \"x?sig=1\"} "
			 "http://h/?sig=ab: 404, <http://h/?sig=abc> ftp://h");
	secrets_redact(NULL, &text, 0);
	ck_assert_str_eq(text.data, "{\"path\": \"https://h/?sig=***\", \"a\": \"x?sig=1\"} "
				    "http://h/?sig=***: 404, <http://h/?sig=***> ftp://h");
	text_release(&text);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("text");
	TCase *all = tcase_create("all");
	SRunner *runner = srunner_create(suite);
	int failed;

	tcase_add_test(all, text_grows_and_stays_ended);
	tcase_add_test(all, what_acts_on_a_terminal_is_shown);
	tcase_add_test(all, json_strings_are_escaped);
	tcase_add_test(all, characters_are_strict_utf8);
	tcase_add_test(all, columns_are_those_of_a_terminal);
	tcase_add_test(all, nearest_is_what_was_meant);
	tcase_add_test(all, secrets_are_taken_out);
	tcase_add_test(all, secrets_of_addresses_are_hidden);
	tcase_add_test(all, secret_values_are_told_by_name_or_look);
	tcase_add_test(all, addresses_end_where_a_text_goes_on);
	tcase_add_test(all, arena_gives_zeroed_and_aligned);
	suite_add_tcase(suite, all);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
