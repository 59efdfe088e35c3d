/* Archives that are not what they say, and XML that is refused. */
#include <check.h>

#include "fake.h"
#include "sheet/xml.h"
#include "zipped.h"

static struct fake fake;
static struct package package;

static void setup(void)
{
	fake_init(&fake);
}

static void teardown(void)
{
	package_close(&package);
	fake_release(&fake);
}

/* What package_open() says to bytes; `code` is then that of what it reported. */
static const char *code;

static const char *opened(const void *bytes, size_t len)
{
	int err;

	package_close(&package);
	fake.findings = 0;
	fake_document(&fake, bytes, len);
	err = package_open(&fake.ctx, "XLSX", 1 << 20, 1 << 22, &package);
	if (!err)
		return "opened";
	ck_assert_int_eq(err, REFUSED);
	ck_assert_uint_eq(fake.findings, 1);
	code = fake.codes[0];
	return fake.messages[0];
}

static const char *opened_zip(struct zipped *zip)
{
	zipped_end(zip);
	return opened(zip->bytes, zip->len);
}

START_TEST(what_is_no_archive_is_told_what_it_is)
{
	ck_assert_str_eq(opened("", 0), "it is empty, so it is no XLSX file");
	ck_assert_str_eq(opened("a,b\n1,2\n", 8),
			 "it is no XLSX file: it does not begin as a ZIP archive does");
	ck_assert_str_eq(code, "damaged");
	ck_assert_str_eq(opened("\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1W\0o\0r\0k\0b\0o\0o\0k\0", 24),
			 "it is an XLS file, or another one of an old office program; save it as "
			 "XLSX");
	ck_assert_str_eq(code, "other-format");
	ck_assert_str_eq(opened("\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
				"E\0n\0c\0r\0y\0p\0t\0e\0d\0P\0a\0c\0k\0a\0g\0e\0",
				40),
			 "it is encrypted; save it without a password");
	ck_assert_str_eq(code, "encrypted");
	ck_assert_int_eq(strncmp(opened("PK\3\4 and nothing", 16), "it is damaged: ", 15), 0);
}
END_TEST

START_TEST(archives_are_cut_nowhere)
{
	struct zipped zip = { .len = 0 };

	zipped_add(&zip, "a.xml", "<a/>", 4);
	ck_assert_str_eq(opened_zip(&zip), "opened");
	for (size_t len = 0; len < zip.len; len++)
		ck_assert_str_ne(opened(zip.bytes, len), "opened");
	zipped_release(&zip);
}
END_TEST

START_TEST(names_that_lead_elsewhere_are_refused)
{
	static const char *const names[] = { "../a",    "/a",    "a/../b", "a/..",
					     "..\\a.x", "\\\\h", "C:\\a",  "a\\..\\b" };

	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		struct zipped zip = { .len = 0 };

		zipped_add(&zip, "a.xml", "<a/>", 4);
		zipped_add(&zip, names[i], "x", 1);
		ck_assert_ptr_nonnull(strstr(opened_zip(&zip), "that leads out of it"));
		zipped_release(&zip);
	}
}
END_TEST

START_TEST(entries_that_share_bytes_are_refused)
{
	struct zipped zip = { .len = 0 };
	char text[2000];

	memset(text, 'x', sizeof text);
	zipped_add(&zip, "a.xml", text, sizeof text);
	zip.entries[1] = zip.entries[0];
	zip.n = 2;
	ck_assert_str_eq(opened_zip(&zip), "it has two entries 'a.xml'");
	zipped_release(&zip);
	zipped_add(&zip, "a.xml", text, sizeof text);
	zip.entries[1] = zip.entries[0];
	zip.entries[1].name = "b.xml";
	zip.n = 2;
	ck_assert_str_ne(opened_zip(&zip), "opened");
	zipped_release(&zip);
}
END_TEST

/* An entry within the bytes of another: each is right by itself. */
START_TEST(entries_in_entries_are_refused)
{
	struct zipped inner = { .len = 0 }, zip = { .len = 0 };

	zipped_add(&inner, "inner.xml", "0123456789", 10);
	zipped_add(&zip, "outer.xml", inner.bytes, inner.len);
	zip.entries[1] = inner.entries[0];
	zip.entries[1].at = 30 + 9;
	zip.n = 2;
	ck_assert_str_eq(opened_zip(&zip), "its entries overlap");
	zipped_release(&zip);
	zipped_release(&inner);
}
END_TEST

START_TEST(bombs_are_refused)
{
	struct zipped zip = { .len = 0 };
	struct zipped_entry *entry;

	entry = zipped_add(&zip, "a.xml", "0123456789", 10);
	entry->method = 8;
	entry->size = 2 << 20;
	zip.bytes[8] = 8;
	memcpy(zip.bytes + 22, "\0\0\x20\0", 4);
	ck_assert_str_eq(opened_zip(&zip), "its entry 'a.xml' unpacks from 10 bytes to 2097152, "
					   "which is a bomb and no table");
	zipped_release(&zip);
}
END_TEST

START_TEST(much_is_refused)
{
	struct zipped zip = { .len = 0 };
	char *text = calloc(1, 1 << 20);

	ck_assert_ptr_nonnull(text);
	zipped_add(&zip, "a.xml", text, 1 << 20);
	ck_assert_str_eq(opened_zip(&zip), "it has 1048684 bytes, more than the 1048576 that "
					   "max_size allows");
	ck_assert_int_eq(package_open(&fake.ctx, "XLSX", 1 << 21, 1000, &package), REFUSED);
	ck_assert_str_eq(fake.messages[1], "it unpacks to 1048576 bytes, more than the 1000 that "
					   "max_inflated allows");
	zipped_release(&zip);
	free(text);
}
END_TEST

START_TEST(encrypted_and_odd_entries_are_refused)
{
	struct zipped zip = { .len = 0 };

	zipped_add(&zip, "a.xml", "0123456789abcdef", 16)->flags = 1;
	zip.bytes[6] = 1;
	ck_assert_str_eq(opened_zip(&zip), "it is encrypted; save it without a password");
	zipped_release(&zip);
	zipped_add(&zip, "a.xml", "0123456789abcdef", 16)->method = 12;
	zip.bytes[8] = 12;
	ck_assert_str_eq(opened_zip(&zip), "its entry 'a.xml' is packed in a way, 12, that no "
					   "spreadsheet has");
	zipped_release(&zip);
}
END_TEST

static void part_is(const char *name, const char *text)
{
	struct package_part part = { .file = NULL };
	char bytes[64];
	size_t got;

	ck_assert(package_has(&package, name));
	ck_assert_int_eq(package_part_open(&fake.ctx, &package, name, &part), 0);
	ck_assert_int_eq(package_part_read(&fake.ctx, &part, bytes, sizeof bytes, &got), 0);
	ck_assert_uint_eq(got, strlen(text));
	ck_assert(!memcmp(bytes, text, got));
	package_part_close(&part);
}

/* As some programs write them, and spreadsheet programs read them. */
START_TEST(names_are_found_however_they_are_written)
{
	struct zipped zip = { .len = 0 };

	zipped_add(&zip, "xl\\SharedStrings.xml", "<a/>", 4);
	zip.bytes[10] ^= 1; /* the time before the entry is another one */
	ck_assert_str_eq(opened_zip(&zip), "opened");
	part_is("xl/sharedStrings.xml", "<a/>");
	ck_assert(!package_has(&package, "xl/sharedStrings.xm"));
	zipped_release(&zip);
	zipped_add(&zip, "A.xml", "<a/>", 4);
	zipped_add(&zip, "a.XML", "<b/>", 4);
	ck_assert_str_eq(opened_zip(&zip), "it has two entries 'a.XML'");
	zipped_release(&zip);
}
END_TEST

START_TEST(an_archive_may_stand_behind_other_bytes)
{
	struct zipped zip = { .len = 0 };
	char bytes[400] = "\r\n#!";

	zipped_add(&zip, "a.xml", "<a/>", 4);
	zipped_end(&zip);
	memcpy(bytes + 5, zip.bytes, zip.len);
	ck_assert_str_eq(opened(bytes, zip.len + 5), "opened");
	part_is("a.xml", "<a/>");
	for (size_t len = 0; len < zip.len + 5; len++)
		ck_assert_str_ne(opened(bytes, len), "opened");
	zipped_release(&zip);
}
END_TEST

static void nothing(struct xml *xml, int element)
{
	(void)xml, (void)element;
}

/* What xml_read_all() says to a part. */
static const char *parsed(const char *text, size_t len)
{
	static const struct xml_name none[] = { { 0 } };
	static const struct xml_form form = { none, none, nothing, nothing, NULL };
	struct zipped zip = { .len = 0 };
	struct xml xml = { .form = NULL };
	int err;

	fake.findings = 0;
	zipped_add(&zip, "a.xml", text, len);
	zipped_end(&zip);
	package_close(&package);
	fake_document(&fake, zip.bytes, zip.len);
	ck_assert_int_eq(package_open(&fake.ctx, "XLSX", 1 << 26, 1 << 26, &package), 0);
	err = xml_open(&fake.ctx, &xml, &package, "a.xml", &form, NULL);
	if (!err)
		err = xml_read_all(&fake.ctx, &xml);
	xml_close(&xml);
	package_close(&package);
	zipped_release(&zip);
	return err ? fake.messages[0] : "parsed";
}

static const char *parsed_repeat(const char *text, size_t times, const char *format)
{
	size_t room = times * (strlen(text) + 32) + 1;
	char *all = malloc(room), *at = all;
	const char *said;

	ck_assert_ptr_nonnull(all);
	at += sprintf(at, "%s", format);
	for (size_t i = 0; i < times; i++)
		at += snprintf(at, 64, "%s%zu/>", text, i);
	at += sprintf(at, "</a>");
	said = parsed(all, (size_t)(at - all));
	free(all);
	return said;
}

START_TEST(xml_has_limits)
{
	char deep[1000] = "", *at = deep;

	ck_assert_str_eq(parsed("<a/>", 4), "parsed");
	ck_assert_str_eq(parsed("<a>", 3), "its part 'a.xml' is damaged: no element found");
	ck_assert_str_eq(parsed("<!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>", 41),
			 "its part 'a.xml' has a DOCTYPE, which is refused");
	for (size_t i = 0; i <= XML_DEPTH; i++)
		at += sprintf(at, "<a>");
	ck_assert_str_eq(parsed(deep, strlen(deep)), "its part 'a.xml' is nested deeper than 100");
	ck_assert_str_eq(parsed_repeat("<b", 9000, "<a>"), "parsed");
	ck_assert_str_eq(parsed_repeat("<b", 11000, "<a>"),
			 "its part 'a.xml' has more than 10000 names");
}
END_TEST

START_TEST(tags_have_an_end)
{
	size_t len = 20 << 20;
	char *text = malloc(len);

	ck_assert_ptr_nonnull(text);
	memset(text, 'x', len);
	memcpy(text, "<a b='", 6);
	ck_assert_str_eq(parsed(text, len),
			 "its part 'a.xml' has a tag of more than 16777216 bytes");
	free(text);
}
END_TEST

START_TEST(parts_are_checked_as_they_are_read)
{
	struct zipped zip = { .len = 0 };
	struct package_part part = { .file = NULL };
	char bytes[64];
	size_t got;

	zipped_add(&zip, "a.xml", "<abcdefgh/>", 11);
	zip.bytes[30 + 5 + 3] ^= 1;
	ck_assert_str_eq(opened_zip(&zip), "opened");
	ck_assert_int_eq(package_part_open(&fake.ctx, &package, "b.xml", &part), REFUSED);
	ck_assert_str_eq(fake.messages[0], "it has no part 'b.xml'");
	ck_assert_int_eq(package_part_open(&fake.ctx, &package, "a.xml", &part), 0);
	ck_assert_int_eq(package_part_read(&fake.ctx, &part, bytes, sizeof bytes, &got), 0);
	ck_assert_int_eq(package_part_read(&fake.ctx, &part, bytes, sizeof bytes, &got), REFUSED);
	ck_assert_ptr_nonnull(strstr(fake.messages[1], "its part 'a.xml' is damaged"));
	package_part_close(&part);
	zipped_release(&zip);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("package");
	TCase *c = tcase_create("package");
	SRunner *runner = srunner_create(s);
	int failed;

	tcase_add_checked_fixture(c, setup, teardown);
	tcase_set_timeout(c, 60);
	tcase_add_test(c, what_is_no_archive_is_told_what_it_is);
	tcase_add_test(c, archives_are_cut_nowhere);
	tcase_add_test(c, names_that_lead_elsewhere_are_refused);
	tcase_add_test(c, entries_that_share_bytes_are_refused);
	tcase_add_test(c, entries_in_entries_are_refused);
	tcase_add_test(c, bombs_are_refused);
	tcase_add_test(c, much_is_refused);
	tcase_add_test(c, encrypted_and_odd_entries_are_refused);
	tcase_add_test(c, names_are_found_however_they_are_written);
	tcase_add_test(c, an_archive_may_stand_behind_other_bytes);
	tcase_add_test(c, xml_has_limits);
	tcase_add_test(c, tags_have_an_end);
	tcase_add_test(c, parts_are_checked_as_they_are_read);
	suite_add_tcase(s, c);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed != 0;
}
