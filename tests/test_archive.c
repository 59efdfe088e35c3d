/* Archives to documents: what is in them, and what is refused. */
#include <check.h>
#include <string.h>
#include <unistd.h>

#include <archive.h>
#include <archive_entry.h>
#include <zlib.h>

#include "bytes/archive.h"
#include "fake.h"

static struct fake fake;
static char folder[64], path[128];
static struct archive_caps caps;
static struct mu_texts patterns;
static const char *pattern[2];

static uint8_t bytes[1 << 20]; /* an archive in the making */
static size_t len;

static void setup(void)
{
	strcpy(folder, "/tmp/muster-archive.XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(folder));
	snprintf(path, sizeof path, "%s/archive", folder);
	fake_init(&fake);
	fake.folder = folder;
	caps = (struct archive_caps){ .members = 100, .bytes = 64 << 20, .ratio = 200 };
	patterns = (struct mu_texts){ .items = pattern };
	len = 0;
}

static void teardown(void)
{
	fake_release(&fake);
	unlink(path);
	rmdir(folder);
}

static void file_write(void)
{
	FILE *out = fopen(path, "w");

	ck_assert_ptr_nonnull(out);
	ck_assert_uint_eq(fwrite(bytes, 1, len, out), len);
	ck_assert_int_eq(fclose(out), 0);
}

static void pattern_add(const char *text)
{
	pattern[patterns.count++] = text;
}

/* All that an archive gives, a line "URI NAME TYPE BYTES" each; what it fails with. */
static int unpack(char *out, size_t room)
{
	struct archive_reader *reader;
	struct mu_document d = { .path = "" };
	int err = archive_open(&fake.ctx, path, "http://host/a", &caps, &patterns, &reader);

	*out = '\0';
	while (!err && d.path) {
		char text[64];
		FILE *in;

		err = archive_next(&fake.ctx, reader, &d);
		if (err || !d.path)
			break;
		in = fopen(d.path, "r");
		ck_assert_ptr_nonnull(in);
		text[fread(text, 1, 20, in)] = '\0';
		fclose(in);
		snprintf(out + strlen(out), room - strlen(out), "%s %s %s %s\n", d.uri, d.name,
			 d.media_type ? d.media_type : "-", text);
	}
	archive_close(reader);
	return err;
}

static void gives(const char *expected)
{
	char got[4096];
	int err;

	file_write();
	err = unpack(got, sizeof got);
	ck_assert_str_eq(fake.failed, "");
	ck_assert_int_eq(err, 0);
	ck_assert_str_eq(got, expected);
}

/* The archive is refused, with these words in the message. */
static void fails(int err, const char *words)
{
	char got[4096];
	int seen;

	file_write();
	seen = unpack(got, sizeof got);
	ck_assert_msg(strstr(fake.failed, words), "'%s' is not in '%s'", words, fake.failed);
	ck_assert_msg(!strncmp(fake.failed, "http://host/a", 13), "%s", fake.failed);
	ck_assert_int_eq(seen, err);
	fake.failed[0] = '\0';
}

static struct archive *writer;

static void begin(const char *format, bool gzip)
{
	writer = archive_write_new();
	ck_assert_int_eq(archive_write_set_format_by_name(writer, format), ARCHIVE_OK);
	if (gzip)
		ck_assert_int_eq(archive_write_add_filter_gzip(writer), ARCHIVE_OK);
	ck_assert_int_eq(archive_write_open_memory(writer, bytes, sizeof bytes, &len), ARCHIVE_OK);
}

static void add_typed(const char *name, unsigned type, const char *link, const void *data,
		      size_t size)
{
	struct archive_entry *entry = archive_entry_new();

	archive_entry_copy_pathname(entry, name);
	archive_entry_set_filetype(entry, type);
	archive_entry_set_perm(entry, 0644);
	archive_entry_set_size(entry, (la_int64_t)size);
	if (link && type == AE_IFLNK)
		archive_entry_copy_symlink(entry, link);
	else if (link)
		archive_entry_copy_hardlink(entry, link);
	ck_assert_int_ge(archive_write_header(writer, entry), ARCHIVE_WARN);
	for (size_t left = size; left;) {
		size_t part = left < 4096 ? left : 4096;

		ck_assert_int_eq(archive_write_data(writer, data, part), (la_ssize_t)part);
		left -= part;
	}
	archive_entry_free(entry);
}

static void add(const char *name, const char *text)
{
	add_typed(name, AE_IFREG, NULL, text, strlen(text));
}

static void end(void)
{
	ck_assert_int_eq(archive_write_close(writer), ARCHIVE_OK);
	archive_write_free(writer);
}

static const struct {
	const char *format;
	bool gzip;
} formats[] = { { "zip", false }, { "gnutar", false }, { "pax", true }, { "ustar", true } };

static void begin_nth(int i)
{
	begin(formats[i].format, formats[i].gzip);
}

START_TEST(each_file_is_a_document)
{
	begin_nth(_i);
	add_typed("data/", AE_IFDIR, NULL, NULL, 0);
	add("./data/b.csv", "a;b\n");
	add("a.PDF", "%PDF");
	add("data/inner.zip", "PK\3\4");
	add("data/empty", "");
	end();
	gives("http://host/a#data/b.csv b.csv text/csv a;b\n\n"
	      "http://host/a#a.PDF a.PDF application/pdf %PDF\n"
	      "http://host/a#data/inner.zip inner.zip - PK\3\4\n"
	      "http://host/a#data/empty empty - \n");
}
END_TEST

START_TEST(patterns_choose)
{
	begin_nth(_i);
	add("data/b.csv", "1");
	add("readme.txt", "2");
	add("c.csv", "3");
	end();
	pattern_add("*.csv");
	pattern_add("nothing");
	gives("http://host/a#data/b.csv b.csv text/csv 1\nhttp://host/a#c.csv c.csv text/csv 3\n");
	patterns.count = 0;
	pattern_add("*.pdf");
	fails(ENOENT, "has no file that matches among its 3 members");
}
END_TEST

START_TEST(an_archive_of_nothing_is_refused)
{
	begin_nth(_i);
	end();
	fails(ENOENT, "has no file among its 0 members");
}
END_TEST

START_TEST(names_are_utf8_or_escaped)
{
	begin_nth(_i);
	add("d/\xc3\x9c.csv", "1");
	add("\x9a 100%.csv", "2");
	end();
	pattern_add("*?.csv");
	gives("http://host/a#d/\xc3\x9c.csv \xc3\x9c.csv text/csv 1\n"
	      "http://host/a#%9A 100%.csv %9A 100%.csv text/csv 2\n");
}
END_TEST

static const struct {
	const char *name, *words;
} names[] = {
	{ "../x", "the member '../x' has a name that leads out of the archive" },
	{ "a/../../x", "leads out" },
	{ "a/..", "leads out" },
	{ "..\\x", "leads out" },
	{ "/etc/passwd", "the member '/etc/passwd' has a name that does not begin in the archive" },
	{ "a\nb", "the member 'a%0Ab' has control characters in its name" },
	{ "a\x1b[2J", "'a%1B[2J' has control" },
};

START_TEST(names_that_mean_harm_are_refused)
{
	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		begin_nth(_i);
		add(names[i].name, "1");
		end();
		fails(EBADMSG, names[i].words);
	}
}
END_TEST

START_TEST(a_name_twice_is_refused)
{
	begin_nth(_i);
	add("a/b", "1");
	add("./a/b", "2");
	end();
	fails(EBADMSG, "the member 'a/b' is there twice");
}
END_TEST

START_TEST(links_and_devices_are_refused_if_they_match)
{
	begin_nth(_i);
	add("a.csv", "1");
	add_typed("b.csv", AE_IFLNK, "/etc/passwd", NULL, 0);
	end();
	fails(ENOTSUP, "the member 'b.csv' is a link, not a file");
	pattern_add("a.*");
	gives("http://host/a#a.csv a.csv text/csv 1\n");
}
END_TEST

START_TEST(hard_links_and_pipes_are_refused)
{
	begin("gnutar", false);
	add("a.csv", "1");
	add_typed("b.csv", AE_IFREG, "a.csv", NULL, 0);
	end();
	fails(ENOTSUP, "the member 'b.csv' is a link, not a file");
	begin("gnutar", false);
	add_typed("b.csv", AE_IFIFO, NULL, NULL, 0);
	end();
	fails(ENOTSUP, "the member 'b.csv' is a device or a pipe, not a file");
}
END_TEST

START_TEST(caps_hold)
{
	begin_nth(_i);
	add("a", "123456");
	add("b", "123456");
	add("c", "123456");
	end();
	pattern_add("c");
	caps.members = 2;
	fails(E2BIG, "has more than 2 members");
	caps = (struct archive_caps){ .members = 3, .bytes = 17, .ratio = 200 };
	fails(E2BIG, "unpacks to more than 17 bytes");
	caps.bytes = 18;
	gives("http://host/a#c c - 123456\n");
}
END_TEST

START_TEST(a_bomb_is_refused)
{
	static const char zeros[4096];

	begin_nth(_i ? 2 : 0);
	add_typed("a", AE_IFREG, NULL, zeros, 4 << 20);
	end();
	ck_assert_uint_lt(len, 20000);
	fails(E2BIG, "unpacks to more than 200 times its size");
	caps.ratio = 2000;
	file_write();
	gives("http://host/a#a a - \n");
}
END_TEST

/* Whatever is cut off is missed. */
START_TEST(truncated_archives_are_refused)
{
	char got[4096];
	size_t whole;

	begin_nth(_i);
	add("a.csv", "1234567890");
	add("b.csv", "1234567890");
	end();
	/* Of the zeros that end a tar archive some may be missing. */
	whole = formats[_i].gzip || !_i ? len : 3 * 512 + 512 + 512;
	for (len = 0; len < whole; len++) {
		file_write();
		ck_assert_msg(unpack(got, sizeof got), "%zu of %zu bytes are enough", len, whole);
		ck_assert_msg(!strncmp(fake.failed, "http://host/a", 13), "%s", fake.failed);
	}
}
END_TEST

START_TEST(what_follows_is_refused)
{
	begin_nth(_i);
	add("a.csv", "1");
	end();
	bytes[len++] = 'x';
	fails(EBADMSG, _i == 0            ? "the end of the zip archive is not that of the file"
		       : formats[_i].gzip ? "something follows its end"
					  : "something follows the end of the tar archive");
}
END_TEST

/* Each bit of the packed data matters; plain tar has no checksums of data. */
START_TEST(damage_is_noticed)
{
	char got[4096];
	size_t i, missed = 0;

	begin_nth(_i ? _i + 1 : 0);
	add("a.csv", "Albania 5, Algeria 7, Andorra 0");
	end();
	for (i = 10; i < len; i++) {
		bytes[i] ^= 4;
		file_write();
		if (!unpack(got, sizeof got) && !strstr(got, "Albania 5, Algeria 7"))
			missed++;
		bytes[i] ^= 4;
	}
	ck_assert_uint_eq(missed, 0);
}
END_TEST

START_TEST(another_kind_of_file_is_refused)
{
	static const char *const others[] = { "", "a", "PK", "Albania;5\n", "7z\xbc\xaf\x27\x1c" };

	for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
		len = strlen(others[i]);
		memcpy(bytes, others[i], len);
		fails(EBADMSG, "is no archive that unpack can read: zip, tar and tar.gz are");
	}
	begin("cpio", false);
	add("a", "1");
	end();
	fails(EBADMSG, "is no archive");
	begin("zip", true);
	add("a", "1");
	end();
	fails(EBADMSG, "is no archive");
}
END_TEST

START_TEST(a_disk_that_is_full_is_told)
{
	begin_nth(_i);
	add("a", "1");
	end();
	fake.append_error = ENOSPC;
	file_write();
	ck_assert_int_eq(unpack((char[100]){ 0 }, 100), ENOSPC);
	ck_assert_str_eq(fake.failed, "nothing can be written");
}
END_TEST

struct member {
	const char *name, *data;
	size_t name_len, size; /* 0: those of the texts */
	uint32_t crc_off, size_off;
	uint16_t flags, method;
	size_t at; /* of its local header */
};

static void put(uint64_t value, size_t n)
{
	for (; n; n--, value >>= 8)
		bytes[len++] = (uint8_t)value;
}

static void put_text(const char *text, size_t n)
{
	memcpy(bytes + len, text, n);
	len += n;
}

/* What local and central header have in common. */
static void put_facts(const struct member *m)
{
	size_t size = m->size ? m->size : strlen(m->data);

	put(20, 2);
	put(m->flags, 2);
	put(m->method, 2);
	put(0, 4);
	put(crc32(0, (const uint8_t *)m->data, (uInt)size) + m->crc_off, 4);
	put(size, 4);
	put(size + m->size_off, 4);
	put(m->name_len ? m->name_len : strlen(m->name), 2);
	put(0, 2);
}

static void put_local(struct member *m)
{
	m->at = len;
	put_text("PK\3\4", 4);
	put_facts(m);
	put_text(m->name, m->name_len ? m->name_len : strlen(m->name));
	put_text(m->data, m->size ? m->size : strlen(m->data));
}

static void put_central(const struct member *members, size_t count, size_t announced)
{
	size_t start = len, size;

	for (size_t i = 0; i < count; i++) {
		put_text("PK\1\2", 4);
		put(20, 2);
		put_facts(&members[i]);
		put(0, 10);
		put(members[i].at, 4);
		put_text(members[i].name,
			 members[i].name_len ? members[i].name_len : strlen(members[i].name));
	}
	size = len - start;
	put_text("PK\5\6", 4);
	put(0, 4);
	put(announced, 2);
	put(announced, 2);
	put(size, 4);
	put(start, 4);
	put(0, 2);
}

static void zip_of(struct member m)
{
	len = 0;
	put_local(&m);
	put_central(&m, 1, 1);
}

START_TEST(a_zip_member_says_the_truth)
{
	zip_of((struct member){ .name = "a", .data = "12345" });
	gives("http://host/a#a a - 12345\n");
	zip_of((struct member){ .name = "a", .data = "12345", .crc_off = 1 });
	fails(EBADMSG, "the member 'a' cannot be read: ZIP bad CRC");
	zip_of((struct member){ .name = "a", .data = "12345", .size_off = 1 });
	fails(EBADMSG, "the member 'a' ");
	zip_of((struct member){ .name = "a", .data = "12345", .size_off = (uint32_t)-1 });
	fails(EBADMSG, "the member 'a' ");
	zip_of((struct member){ .name = "a", .data = "12345678901234", .flags = 1 });
	fails(ENOTSUP, "the member 'a' is encrypted");
	zip_of((struct member){ .name = "a", .data = "12345", .method = 77 });
	fails(EBADMSG, "the member 'a' cannot be read");
	zip_of((struct member){ .name = "a\0b", .name_len = 3, .data = "12345" });
	fails(EBADMSG, "the member 'a' has a zero byte in its name");
	zip_of((struct member){ .name = "", .data = "12345" });
	fails(EBADMSG, "has no name");
}
END_TEST

START_TEST(overlapping_zip_members_are_refused)
{
	struct member m[2] = { { .name = "a", .data = "" }, { .name = "b", .data = "12345" } };
	char inner[64];
	size_t size;

	put_local(&m[1]);
	size = len;
	memcpy(inner, bytes, size);
	len = 0;
	m[0].data = inner;
	m[0].size = size;
	put_local(&m[0]);
	m[1].at = m[0].at + 31;
	put_central(m, 2, 2);
	fails(EBADMSG, "the member 'b' overlaps with the one before");
}
END_TEST

START_TEST(a_zip_has_as_many_members_as_it_says)
{
	struct member m[2] = { { .name = "a", .data = "1" }, { .name = "b", .data = "2" } };

	put_local(&m[0]);
	put_local(&m[1]);
	put_central(m, 2, 3);
	fails(EBADMSG, "it has 2 members, and says 3");
	len = 0;
	put_local(&m[0]);
	m[1].at = m[0].at;
	put_central(m, 2, 2);
	fails(EBADMSG, "");
}
END_TEST

START_TEST(several_tar_archives_in_one_are_refused)
{
	size_t first;

	begin("gnutar", false);
	add("a", "1");
	end();
	first = len;
	memcpy(bytes + first, bytes, first);
	len += first;
	fails(EBADMSG, "something follows the end of the tar archive");
}
END_TEST

START_TEST(gzip_files_in_a_row_are_one)
{
	static uint8_t packed[1 << 16];
	size_t got = 0;

	begin("gnutar", false);
	add("a", "1");
	end();
	for (size_t at = 0; at < len; at += 512) {
		z_stream z = { .next_in = bytes + at, .avail_in = 512 };

		ck_assert_int_eq(deflateInit2(&z, 9, Z_DEFLATED, 31, 9, Z_DEFAULT_STRATEGY), Z_OK);
		z.next_out = packed + got;
		z.avail_out = (uInt)(sizeof packed - got);
		ck_assert_int_eq(deflate(&z, Z_FINISH), Z_STREAM_END);
		got = sizeof packed - z.avail_out;
		deflateEnd(&z);
	}
	memcpy(bytes, packed, got);
	len = got;
	gives("http://host/a#a a - 1\n");
	bytes[len - 8] ^= 1;
	fails(EBADMSG, "what gzip packed is damaged");
}
END_TEST

int main(void)
{
	const int n = sizeof formats / sizeof *formats;
	Suite *suite = suite_create("archive");
	TCase *all = tcase_create("all");
	SRunner *runner;
	int failed;

	tcase_set_timeout(all, 60); /* each beginning of an archive is a file */
	tcase_add_checked_fixture(all, setup, teardown);
	tcase_add_loop_test(all, each_file_is_a_document, 0, n);
	tcase_add_loop_test(all, patterns_choose, 0, n);
	tcase_add_loop_test(all, an_archive_of_nothing_is_refused, 0, n);
	tcase_add_loop_test(all, names_are_utf8_or_escaped, 0, n);
	tcase_add_loop_test(all, names_that_mean_harm_are_refused, 0, n);
	tcase_add_loop_test(all, a_name_twice_is_refused, 0, n);
	tcase_add_loop_test(all, links_and_devices_are_refused_if_they_match, 0, n);
	tcase_add_test(all, hard_links_and_pipes_are_refused);
	tcase_add_loop_test(all, caps_hold, 0, n);
	tcase_add_loop_test(all, a_bomb_is_refused, 0, 2);
	tcase_add_loop_test(all, truncated_archives_are_refused, 0, n);
	tcase_add_loop_test(all, what_follows_is_refused, 0, n);
	tcase_add_loop_test(all, damage_is_noticed, 0, n - 1);
	tcase_add_test(all, another_kind_of_file_is_refused);
	tcase_add_loop_test(all, a_disk_that_is_full_is_told, 0, n);
	tcase_add_test(all, a_zip_member_says_the_truth);
	tcase_add_test(all, overlapping_zip_members_are_refused);
	tcase_add_test(all, a_zip_has_as_many_members_as_it_says);
	tcase_add_test(all, several_tar_archives_in_one_are_refused);
	tcase_add_test(all, gzip_files_in_a_row_are_one);
	suite_add_tcase(suite, all);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed != 0;
}
