/* Bytes of a document to UTF-8, and what is said when they are none. */
#include <check.h>

#include "bytes/charset.h"
#include "fake.h"

#define BYTES(literal) literal, sizeof(literal) - 1

static struct fake fake;
static struct charset_text out;

static void setup(void)
{
	fake_init(&fake);
}

static void teardown(void)
{
	fake_release(&fake);
}

static int decode(const char *bytes, size_t len, const char *declared)
{
	fake_document(&fake, bytes, len);
	return charset_decode(&fake.ctx, declared, 1000, true, &out);
}

static void decodes_to(const char *bytes, size_t len, const char *declared, const char *encoding,
		       const char *text)
{
	ck_assert_int_eq(decode(bytes, len, declared), 0);
	ck_assert_str_eq(out.encoding, encoding);
	ck_assert_uint_eq(out.text.len, strlen(text));
	ck_assert(!memcmp(out.text.data, text, out.text.len));
}

static void nothing_is_said(void)
{
	ck_assert_uint_eq(fake.findings, 0);
}

/* What is looked at eight and 64 bytes at a time, at each place of texts of each length. */
START_TEST(bytes_that_hide_are_seen_anywhere)
{
	static const char *const hiding[] = { "\x01", "\x1f", "\x7f", "\xc2", "\xe2", "\xef" };
	char text[200];

	for (size_t len = 1; len <= sizeof text; len++) {
		memset(text, 'a', sizeof text);
		ck_assert(charset_is_plain((struct mu_string){ text, len }));
		ck_assert(!charset_may_hide((struct mu_string){ text, len }));
		ck_assert_uint_eq(charset_utf8_length((struct mu_string){ text, len }), len);
		for (size_t at = 0; at < len; at++) {
			struct mu_string all = { text, len };

			for (size_t i = 0; i < sizeof hiding / sizeof *hiding; i++) {
				text[at] = *hiding[i];
				ck_assert(!charset_is_plain(all));
				ck_assert(charset_may_hide(all));
			}
			text[at] = '\0';
			ck_assert(!charset_is_plain(all) && charset_may_hide(all));
			text[at] = '\xff';
			ck_assert_uint_eq(charset_utf8_length(all), at);
			if (at + 1 < len)
				memcpy(text + at, "\xc3\xa9", 2);
			ck_assert(!charset_is_plain(all) && !charset_may_hide(all));
			ck_assert_uint_eq(charset_utf8_length(all), at + 1 < len ? len : at);
			memset(text + at, 'a', at + 1 < len ? 2 : 1);
		}
	}
}
END_TEST

START_TEST(utf8_is_used_where_it_lies)
{
	static const char text[] = "Noord-Macedoni\xc3\xab \xf0\x9f\x98\x80";

	decodes_to(BYTES(text), NULL, "UTF-8", text);
	ck_assert_ptr_eq(out.text.data, text);
	decodes_to(BYTES(text), "windows-1252", "UTF-8", text);
	decodes_to(BYTES(""), NULL, "UTF-8", "");
	decodes_to(BYTES("plain ASCII, longer than eight"), NULL, "UTF-8",
		   "plain ASCII, longer than eight");
	nothing_is_said();
}
END_TEST

START_TEST(a_byte_order_mark_decides)
{
	decodes_to(BYTES("\xef\xbb\xbfx"), "windows-1252", "UTF-8", "x");
	ck_assert_uint_eq(out.skipped, 3);
	decodes_to(BYTES("\xff\xfex\0\xeb\0"), NULL, "UTF-16LE", "x\xc3\xab");
	decodes_to(BYTES("\xfe\xff\0x\0\xeb"), "UTF-8", "UTF-16BE", "x\xc3\xab");
	decodes_to(BYTES("\xff\xfe\0\0x\0\0\0"), NULL, "UTF-32LE", "x");
	decodes_to(BYTES("\0\0\xfe\xff\0\0\0x"), NULL, "UTF-32BE", "x");
	decodes_to(BYTES("\xef\xbb\xbf"), NULL, "UTF-8", "");
	nothing_is_said();
}
END_TEST

START_TEST(zero_bytes_tell_utf16)
{
	decodes_to(BYTES("a\0,\0b\0\n\0"), NULL, "UTF-16LE", "a,b\n");
	decodes_to(BYTES("\0a\0,\0b\0\xeb"), NULL, "UTF-16BE", "a,b\xc3\xab");
	decodes_to(BYTES("\xd8\x3d\xde\x01\0a\0b\0c"), NULL, "UTF-16BE",
		   "\xf0\x9f\x98\x81"
		   "abc");
	nothing_is_said();
}
END_TEST

START_TEST(what_is_declared_comes_next)
{
	decodes_to(BYTES("Alba\xb1ia"), "iso-8859-2", "iso-8859-2", "Alba\xc4\x85ia");
	/* Cyrillic in UTF-16 is valid UTF-8 without sense. */
	decodes_to(BYTES("\x1f\x04@\x04"), "UTF-16LE", "UTF-16LE", "\xd0\x9f\xd1\x80");
	/* So is what shifts by escapes. */
	decodes_to(BYTES("\x1b$B$\"\x1b(B"), "ISO-2022-JP", "ISO-2022-JP", "\xe3\x81\x82");
	nothing_is_said();
}
END_TEST

START_TEST(a_guess_is_said)
{
	decodes_to(BYTES("x\nMacedoni\xeb \x80"), NULL, "windows-1252",
		   "x\nMacedoni\xc3\xab \xe2\x82\xac");
	ck_assert_uint_eq(fake.findings, 1);
	ck_assert_str_eq(fake.codes[0], "encoding-guessed");
	ck_assert_str_eq(fake.messages[0],
			 "byte 0xeb at offset 10, in line 2, is no UTF-8, so "
			 "the document was read as windows-1252: 'Macedoni\xc3\xab "
			 "\xe2\x82\xac'; declare its encoding");
	ck_assert_int_eq(charset_decode(&fake.ctx, NULL, 1000, false, &out), 0);
	ck_assert_uint_eq(fake.findings, 1);
}
END_TEST

static void broken(const char *bytes, size_t len, const char *declared, const char *message)
{
	size_t before = fake.findings;

	ck_assert_int_eq(decode(bytes, len, declared), 0);
	ck_assert_uint_eq(out.text.len, 0);
	ck_assert_uint_eq(fake.findings, before + 1);
	ck_assert_str_eq(fake.codes[before], "encoding");
	ck_assert_str_eq(fake.messages[before], message);
}

START_TEST(a_byte_without_meaning_is_an_error)
{
	broken(BYTES("\xeb\x81"), NULL,
	       "byte 0x81 at offset 1, in line 1, means nothing in windows-1252");
	broken(BYTES("\xff\xfe\0\xd8x\0"), NULL, "byte 0x00 at offset 2 means nothing in UTF-16LE");
	broken(BYTES("\xff\xfex\0y"), NULL, "byte 0x79 at offset 4 means nothing in UTF-16LE");
}
END_TEST

START_TEST(utf8_is_strict)
{
	static const char *const wrong[] = {
		"\x80",         "\xc0\x80",         "\xc1\xbf",         "\xe0\x9f\xbf",
		"\xed\xa0\x80", "\xf0\x8f\xbf\xbf", "\xf4\x90\x80\x80", "\xf5\x80\x80\x80",
		"\xe2\x82",     "\xf0\x9f\x98"
	};
	size_t i;

	for (i = 0; i < sizeof wrong / sizeof *wrong; i++) {
		ck_assert_int_eq(decode(wrong[i], strlen(wrong[i]), "UTF-8"), 0);
		ck_assert_uint_eq(fake.findings, i + 1);
	}
	decodes_to(BYTES("\xc2\x80\xdf\xbf\xe0\xa0\x80\xed\x9f\xbf\xee\x80\x80\xf0\x90\x80\x80"
			 "\xf4\x8f\xbf\xbf"),
		   "UTF-8", "UTF-8",
		   "\xc2\x80\xdf\xbf\xe0\xa0\x80\xed\x9f\xbf\xee\x80\x80\xf0\x90\x80\x80"
		   "\xf4\x8f\xbf\xbf");
}
END_TEST

START_TEST(long_documents_convert_in_pieces)
{
	enum { LEN = 20000 };
	char *bytes = malloc(LEN);
	size_t i;

	memset(bytes, 0xeb, LEN);
	fake_document(&fake, bytes, LEN);
	ck_assert_int_eq(charset_decode(&fake.ctx, "latin1", LEN, true, &out), 0);
	ck_assert_uint_eq(out.text.len, (size_t)2 * LEN);
	for (i = 0; i < (size_t)2 * LEN; i += 2)
		ck_assert(!memcmp(out.text.data + i, "\xc3\xab", 2));
	ck_assert_int_eq(charset_decode(&fake.ctx, "latin1", LEN - 1, true, &out), EFBIG);
	ck_assert_str_ne(fake.failed, "");
	free(bytes);
}
END_TEST

/* A document of which `looked_at` bytes are looked at. */
static int find(const char *bytes, size_t len, const char *declared, size_t looked_at)
{
	fake_document(&fake, bytes, len);
	return charset_find(&fake.ctx, declared, 1000, looked_at, &out);
}

START_TEST(the_end_need_not_be_looked_at)
{
	static const char text[] = "abc\xc3\xab"
				   "def\xeb";

	for (size_t looked_at = 0; looked_at < 8; looked_at++) {
		ck_assert_int_eq(find(text, 9, NULL, looked_at), 0);
		ck_assert(out.direct);
		ck_assert_uint_eq(out.text.len, 9);
		ck_assert_uint_eq(out.checked, looked_at == 4 ? 3 : looked_at);
		ck_assert_int_eq(find(text, 9, "utf-8", looked_at), 0);
		ck_assert(out.direct);
	}
	ck_assert_int_eq(find(text, 9, NULL, 9), 0);
	ck_assert(out.direct);
	ck_assert_uint_eq(out.checked, 8);
	ck_assert_int_eq(find(text, 9, "windows-1252", 1), 0);
	ck_assert(!out.direct && !out.guessed);
	ck_assert_int_eq(find(BYTES("\xef\xbb\xbf\xeb"), NULL, 1), 0);
	ck_assert(out.direct);
	ck_assert_uint_eq(out.checked, 0);
	ck_assert_int_eq(find(BYTES("abcdefgh\xeb"), NULL, 9), 0);
	ck_assert(!out.direct && out.guessed && !out.text.len);
	ck_assert_int_eq(charset_convert(&fake.ctx, 8, &out), EFBIG);
	ck_assert_int_eq(charset_convert(&fake.ctx, 9, &out), 0);
	ck_assert_uint_gt(out.text.len, 9);
	nothing_is_said();
}
END_TEST

/* "\xc3\xb4" is one character of UTF-8, and two of windows-1252. */
START_TEST(damaged_utf8_is_utf8)
{
	decodes_to(BYTES("C\xc3\xb4te\nMacedoni\xeb,7\n"), NULL, "UTF-8",
		   "C\xc3\xb4te\nMacedoni\xef\xbf\xbd,7\n");
	ck_assert_uint_eq(fake.findings, 1);
	ck_assert_str_eq(fake.codes[0], "encoding");
	ck_assert_str_eq(fake.messages[0],
			 "byte 0xeb at offset 14, in line 2, column 9, means nothing in UTF-8: "
			 "'Macedoni\xef\xbf\xbd,7'");
	ck_assert(out.mended);
	/* Fewer than four bad bytes for each character that is one. */
	decodes_to(BYTES("\xc3\xb4\xeb a\xeb a\xeb a\xeb"), NULL, "UTF-8",
		   "\xc3\xb4\xef\xbf\xbd a\xef\xbf\xbd a\xef\xbf\xbd a\xef\xbf\xbd");
	ck_assert_uint_eq(fake.findings, 5);
	decodes_to(BYTES("\xef\xbb\xbf"
			 "abc\n\xff"),
		   NULL, "UTF-8", "abc\n\xef\xbf\xbd");
	ck_assert_str_eq(fake.messages[5], "byte 0xff at offset 7, in line 2, column 1, means "
					   "nothing in UTF-8: '\xef\xbf\xbd'");
	decodes_to(BYTES("abc\xc3"), "UTF-8", "UTF-8", "abc\xef\xbf\xbd");
	ck_assert_uint_eq(fake.findings, 7);
}
END_TEST

START_TEST(a_capital_before_a_quote_is_no_utf8)
{
	/* As windows-1252 "LIBERT\xc9\x94" is LIBERTÉ”. */
	decodes_to(BYTES("LIBERT\xc9\x94 \xe9 \xe9 \xe9 \xe9 \xe9 \xe9 \xe9 \xe9"), NULL,
		   "windows-1252",
		   "LIBERT\xc3\x89\xe2\x80\x9d \xc3\xa9 \xc3\xa9 \xc3\xa9 \xc3\xa9 \xc3\xa9 "
		   "\xc3\xa9 \xc3\xa9 \xc3\xa9");
	ck_assert_str_eq(fake.codes[0], "encoding-guessed");
	/* Declared, it is nothing else. */
	decodes_to(BYTES("LIBERT\xc9\x94 \xe9"), "windows-1252", "windows-1252",
		   "LIBERT\xc3\x89\xe2\x80\x9d \xc3\xa9");
	ck_assert_uint_eq(fake.findings, 1);
	/* But so many characters of UTF-8 are none of windows-1252. */
	decodes_to(BYTES("\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xe9"),
		   "windows-1252", "UTF-8",
		   "\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xef\xbf\xbd");
	ck_assert_uint_eq(fake.findings, 2);
}
END_TEST

START_TEST(places_that_mean_nothing_are_bounded)
{
	char text[602] = "\xc3\xb4";

	for (size_t i = 2; i < 602; i += 2)
		memcpy(text + i, i < 52 ? "\xeb," : "a,", 2);
	ck_assert_int_eq(decode(text, 602, "UTF-8"), 0);
	ck_assert_uint_eq(fake.findings, 21);
	ck_assert_str_eq(fake.messages[20], "bytes in 5 other places mean nothing in UTF-8");
}
END_TEST

START_TEST(what_nobody_sees_is_said)
{
	decodes_to(BYTES("x\nMac\xc2\x96"
			 "a"),
		   NULL, "UTF-8",
		   "x\nMac\xc2\x96"
		   "a");
	ck_assert_str_eq(fake.messages[0], "line 2, column 4 has the character U+0096, a control "
					   "character that nobody sees: 'Mac\xc2\x96"
					   "a'");
	ck_assert_int_eq(decode(BYTES("x\nMac\0a"), NULL), 0);
	ck_assert_uint_eq(fake.findings, 2);
	ck_assert_str_eq(fake.codes[1], "control");
	ck_assert_str_eq(fake.messages[1], "a zero byte stands in line 2, column 4: 'Mac\\x00a'");
}
END_TEST

static unsigned control_of(const char *text)
{
	return charset_control(mu_string(text));
}

START_TEST(what_belongs_between_letters_is_not_said)
{
	static const unsigned hidden[] = { 0x200b, 0x200f, 0x202a, 0x202e, 0x2060, 0x2066, 0x2069 };
	char text[8] = "a";

	for (size_t i = 0; i < 7; i++) {
		text[1] = '\xe2';
		text[2] = (char)(0x80 | (hidden[i] >> 6 & 0x3f));
		text[3] = (char)(0x80 | (hidden[i] & 0x3f));
		ck_assert_uint_eq(control_of(text), hidden[i]);
	}
	ck_assert_uint_eq(control_of("Mali\xcd\x8f"), 0x34f);
	ck_assert_uint_eq(control_of("Mali\xe1\xa0\x8e"), 0x180e);
	ck_assert_uint_eq(control_of("Mali\xe2\x81\xa1"), 0x2061);
	ck_assert_uint_eq(control_of("Irak\xe2\xa0\x80"), 0x2800);
	ck_assert_uint_eq(control_of("Total\xe3\x85\xa4"), 0x3164);
	ck_assert_uint_eq(control_of("Irak\xef\xb8\x8f"), 0xfe0f);
	ck_assert_uint_eq(control_of("Mali\xf3\xa0\x81\x81"), 0xe0041);
	ck_assert_uint_eq(control_of("\xe3\x83\x9e\xe3\x83\xaa \xe1\x83\xa5 \xf3\xa0"), 0);
	ck_assert_uint_eq(control_of("a\x0b"), 0x0b);
	ck_assert_uint_eq(control_of("\x1b[1m"), 0x1b);
	ck_assert_uint_eq(control_of("a\x7f"), 0x7f);
	ck_assert_uint_eq(control_of("C\xef\xbf\xbdte"), 0xfffd);
	ck_assert_uint_eq(control_of("\xe2\x80"), 0);
	ck_assert_uint_eq(control_of("a\tb\r\n \xe2\x80\x93 \xef\xac\x81 \xc2\xa0"), 0);
	ck_assert_uint_eq(control_of("Bur\xc2\xad"
				     "kina"),
			  0);
	ck_assert_uint_eq(control_of("Burkina\xc2\xad"), 0xad);
	ck_assert_uint_eq(control_of("\xd9\x85\xdb\x8c\xe2\x80\x8c\xd8\xb1"), 0);
	ck_assert_uint_eq(control_of("\xe0\xa5\x8d\xe2\x80\x8d\xe0\xa4\xb7"), 0);
	ck_assert_uint_eq(control_of("\xd9\x85\xe2\x80\x8c"), 0x200c);
	ck_assert_uint_eq(control_of("a\xe2\x80\x8c"
				     "b"),
			  0x200c);
}
END_TEST

static bool alike(const char *a, const char *b)
{
	bool is = charset_names_look_alike(mu_string(a), mu_string(b));

	ck_assert_int_eq(charset_names_look_alike(mu_string(b), mu_string(a)), is);
	return is;
}

START_TEST(names_that_differ_may_look_alike)
{
	ck_assert(alike("Coun\xe2\x80\x8btry", "Country"));
	ck_assert(alike("\xe2\x80\x8e"
			"Country",
			"Country\xe2\x80\x8f"));
	ck_assert(alike("Coun\xc2\xadtry", "Country"));
	ck_assert(alike("Coun\xef\xbb\xbftry", "Country"));
	ck_assert(alike("Pol\xc2\xa0ice", "Pol ice"));
	ck_assert(alike("Pol\n  ice", "Pol ice"));
	ck_assert(alike("Pol \xe2\x80\x8b ice", "Pol ice"));
	ck_assert(alike("Pol ice \xe2\x80\x8b", "Pol ice"));
	ck_assert(alike("\xe2\x80\x8b Police", "Police"));
	ck_assert(alike("\xe2\x80\x8b", ""));
	ck_assert(alike("\x01"
			"a",
			"a"));
	ck_assert(!alike("Country", "Country"));
	ck_assert(!alike("", ""));
	ck_assert(!alike("Country", "Countries"));
	ck_assert(!alike("Pol ice", "Police"));
	ck_assert(!alike("Country", "country"));
	ck_assert(!alike("\xc3\xab", "e"));
}
END_TEST

START_TEST(marks_within_are_dropped)
{
	decodes_to(BYTES("\xef\xbb\xbf\xef\xbb\xbf"
			 "a\n\xef\xbb\xbf"
			 "b\xef\xbb\xbf"),
		   NULL, "UTF-8", "a\nb");
	decodes_to(BYTES("\xff\xfex\0\xff\xfe\xeb\0"), NULL, "UTF-16LE", "x\xc3\xab");
	nothing_is_said();
}
END_TEST

START_TEST(utf8_is_measured_anywhere)
{
	char text[300];

	for (size_t at = 0; at < sizeof text; at++) {
		memset(text, 'x', sizeof text);
		text[at] = '\xeb';
		ck_assert_uint_eq(charset_utf8_length((struct mu_string){ text, sizeof text }), at);
		ck_assert_uint_eq(charset_utf8_length((struct mu_string){ text, at }), at);
		if (at + 1 == sizeof text)
			continue;
		text[at] = '\xc3';
		text[at + 1] = '\xab';
		ck_assert_uint_eq(charset_utf8_length((struct mu_string){ text, sizeof text }),
				  sizeof text);
	}
}
END_TEST

START_TEST(names_of_encodings_are_checked)
{
	ck_assert(charset_known("utf-8"));
	ck_assert(charset_known("windows-1252"));
	ck_assert(charset_known("UTF-16BE"));
	ck_assert(!charset_known("windows-1252//IGNORE"));
	ck_assert(!charset_known("UTF-8//TRANSLIT"));
	ck_assert(!charset_known("latin-99"));
	ck_assert(!charset_known(""));
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("charset");
	TCase *charset = tcase_create("charset");
	SRunner *runner = srunner_create(suite);
	int failed;

	tcase_add_checked_fixture(charset, setup, teardown);
	tcase_add_test(charset, utf8_is_used_where_it_lies);
	tcase_add_test(charset, a_byte_order_mark_decides);
	tcase_add_test(charset, zero_bytes_tell_utf16);
	tcase_add_test(charset, what_is_declared_comes_next);
	tcase_add_test(charset, a_guess_is_said);
	tcase_add_test(charset, a_byte_without_meaning_is_an_error);
	tcase_add_test(charset, utf8_is_strict);
	tcase_add_test(charset, long_documents_convert_in_pieces);
	tcase_add_test(charset, the_end_need_not_be_looked_at);
	tcase_add_test(charset, damaged_utf8_is_utf8);
	tcase_add_test(charset, a_capital_before_a_quote_is_no_utf8);
	tcase_add_test(charset, places_that_mean_nothing_are_bounded);
	tcase_add_test(charset, what_nobody_sees_is_said);
	tcase_add_test(charset, what_belongs_between_letters_is_not_said);
	tcase_add_test(charset, names_that_differ_may_look_alike);
	tcase_add_test(charset, marks_within_are_dropped);
	tcase_add_test(charset, utf8_is_measured_anywhere);
	tcase_add_test(charset, bytes_that_hide_are_seen_anywhere);
	tcase_add_test(charset, names_of_encodings_are_checked);
	suite_add_tcase(suite, charset);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed != 0;
}
