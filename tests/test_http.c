/* fetch/http: addresses from templates, requests, and what comes compressed. */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "../plugins/fetch/http/decoder.c"
#include "../plugins/fetch/http/request.c"
#include "../plugins/fetch/http/template.c"
#include "fake.h"

static char expanded[4096];

static int collect(struct mu_ctx *ctx, struct http *http, const char *text)
{
	(void)ctx;
	(void)http;
	strncat(expanded, text, sizeof expanded - strlen(expanded) - 1);
	strncat(expanded, "\n", sizeof expanded - strlen(expanded) - 1);
	return 0;
}

static struct mu_pair pairs[8];

#define END ((const char *)NULL)

/* "name=value" each. */
static struct http options(const char *url, ...)
{
	struct http http = { .url = url, .max_documents = 100 };
	const char *text;
	va_list ap;

	http.range.items = pairs;
	va_start(ap, url);
	while ((text = va_arg(ap, const char *))) {
		char *name = strdup(text);

		name[strcspn(name, "=")] = '\0';
		pairs[http.range.count++] = (struct mu_pair){ name, text + strcspn(text, "=") + 1 };
	}
	va_end(ap);
	return http;
}

static void options_release(struct http *http)
{
	size_t i;

	for (i = 0; i < http->range.count; i++)
		free((char *)http->range.items[i].name);
}

static void gives(struct http http, const char *wanted)
{
	struct fake fake;

	fake_init(&fake);
	*expanded = '\0';
	ck_assert_msg(!template_check(&fake.ctx, &http), "%s", fake.failed);
	ck_assert_int_eq(template_expand(&fake.ctx, &http, collect), 0);
	ck_assert_str_eq(expanded, wanted);
	fake_release(&fake);
	options_release(&http);
}

static void wants(struct http http, const char *wanted)
{
	struct fake fake;

	fake_init(&fake);
	ck_assert_int_eq(template_check(&fake.ctx, &http), EINVAL);
	ck_assert_msg(strstr(fake.failed, wanted), "%s", fake.failed);
	fake_release(&fake);
	options_release(&http);
}

START_TEST(an_address_without_placeholders_is_one)
{
	gives(options("http://h/a", END), "http://h/a\n");
}
END_TEST

START_TEST(placeholders_take_all_values_the_last_first)
{
	gives(options("{y}/{m}.pdf", "m=09..11", "y=2019,2023..2024", END),
	      "2019/09.pdf\n2019/10.pdf\n2019/11.pdf\n"
	      "2023/09.pdf\n2023/10.pdf\n2023/11.pdf\n"
	      "2024/09.pdf\n2024/10.pdf\n2024/11.pdf\n");
	gives(options("{a}{a}-{b}", "a=x,y z", "b=1..2", END), "xx-1\nxx-2\ny zy z-1\ny zy z-2\n");
	gives(options("{n}", "n=8..11", END), "8\n9\n10\n11\n");
	gives(options("{n}", "n=008..010", END), "008\n009\n010\n");
	gives(options("{n}", "n=0..1", END), "0\n1\n");
}
END_TEST

START_TEST(senseless_templates_are_refused)
{
	wants(options("{a", END), "not closed");
	wants(options("x{}", "a=1", END), "encloses nothing");
	wants(options("{a}", END), "range has no 'a'");
	wants(options("{a}", "a=1", "b=2", END), "no placeholder {b}");
	wants(options(NULL, "a=1", END), "placeholders of url");
	wants(options("{a}", "a=2..1", END), "ends before it begins");
	wants(options("{a}", "a=1..", END), "whole numbers");
	wants(options("{a}", "a=..", END), "whole numbers");
	wants(options("{a}", "a=..1", END), "whole numbers");
	wants(options("{a}", "a=a..c", END), "whole numbers");
	wants(options("{a}", "a=-1..1", END), "whole numbers");
	wants(options("{a}", "a=1..9999999999", END), "whole numbers");
	wants(options("{a}", "a=", END), "is empty");
	wants(options("{a}", "a=1,,2", END), "is empty");
	wants(options("{a}", "a=1,", END), "is empty");
	wants(options("{a}", "a=0..999999999", END), "max_documents");
	wants(options("{a}{b}", "a=1..11", "b=1..10", END), "max_documents");
}
END_TEST

START_TEST(what_shapes_an_answer_is_told_without_secrets)
{
	struct mu_pair headers[] = { { "X-Key", "hush" }, { "Accept", "text/csv" } };
	struct url url = { .uri = "http://h/a" };
	struct http http = { 0 };
	struct fake fake;
	const char *text;

	fake_init(&fake);
	ck_assert_ptr_null(request_text(&fake.ctx, &http, &url));
	http.token = "hush";
	ck_assert_str_eq(request_text(&fake.ctx, &http, &url), "token");
	http.token = NULL;
	http.user = "ann";
	http.password = "hush";
	http.body = "hush";
	http.headers = (struct mu_pairs){ 2, headers };
	text = request_text(&fake.ctx, &http, &url);
	ck_assert_ptr_null(strstr(text, "hush"));
	ck_assert_str_eq(text, "POST body=dc8331bcb2283e89 X-Key=dc8331bcb2283e89 "
			       "Accept=5c9dad2437310dbe user=49915e0d7d4b402e");
	url.user = "bob";
	ck_assert_ptr_nonnull(
		strstr(request_text(&fake.ctx, &http, &url), "user=81b637d8fcd2c6da"));
	fake_release(&fake);
}
END_TEST

static const struct {
	struct http http;
	struct mu_pair header;
	const char *wanted;
} senseless[] = {
	{ { .user = "a", .token = "b" }, { "X", "" }, "beside a user" },
	{ { .password = "a" }, { "X", "" }, "without a user" },
	{ { .user = "a:b" }, { "X", "" }, "colon" },
	{ { .token = "a\nb" }, { "X", "" }, "line end" },
	{ { .token = "" }, { "X", "" }, "empty" },
	{ { .method = "HEAD" }, { "X", "" }, "'HEAD'" },
	{ { .method = "GE T" }, { "X", "" }, "'GE T'" },
	{ { .method = "" }, { "X", "" }, "''" },
	{ { 0 }, { "", "x" }, "no name of a header" },
	{ { 0 }, { "X:", "x" }, "no name of a header" },
	{ { 0 }, { "X\r\nY", "x" }, "no name of a header" },
	{ { 0 }, { "X", "x\r\nY: y" }, "line end" },
	{ { 0 }, { "range", "x" }, "Range is not for" },
	{ { 0 }, { "If-None-Match", "x" }, "If-None-Match is not for" },
	{ { .token = "a" }, { "authorization", "x" }, "beside a token" },
};

START_TEST(senseless_requests_are_refused)
{
	struct mu_pair header = senseless[_i].header;
	struct http http = senseless[_i].http;
	struct fake fake;

	fake_init(&fake);
	http.headers = (struct mu_pairs){ 1, &header };
	ck_assert_int_eq(request_check(&fake.ctx, &http), EINVAL);
	ck_assert_msg(strstr(fake.failed, senseless[_i].wanted), "%s", fake.failed);
	fake_release(&fake);
}
END_TEST

START_TEST(sensible_requests_are_not)
{
	struct mu_pair header = { "Authorization", "Key x" };
	struct http http = { .method = "QUERY", .headers = { 1, &header } };
	struct fake fake;

	fake_init(&fake);
	ck_assert_int_eq(request_check(&fake.ctx, &http), 0);
	ck_assert_str_eq(request_method(&http), "QUERY");
	fake_release(&fake);
}
END_TEST

enum { PLAIN = 300000, PACKED = 2 * PLAIN };

static uint8_t plain[2 * PLAIN], packed[2 * PACKED], unpacked[2 * PLAIN];
static size_t n_unpacked, most;

static bool put(void *data, const void *bytes, size_t len)
{
	(void)data;
	if (len > most - n_unpacked)
		return false;
	memcpy(unpacked + n_unpacked, bytes, len);
	n_unpacked += len;
	return true;
}

// NOLINTNEXTLINE(readability-non-const-parameter)
static size_t pack(const uint8_t *bytes, size_t len, uint8_t *out)
{
	z_stream z = {
		.next_in = bytes, .avail_in = (uInt)len, .next_out = out, .avail_out = PACKED
	};

	ck_assert_int_eq(deflateInit2(&z, 6, Z_DEFLATED, ONLY_GZIP, 8, Z_DEFAULT_STRATEGY), Z_OK);
	ck_assert_int_eq(deflate(&z, Z_FINISH), Z_STREAM_END);
	deflateEnd(&z);
	return PACKED - z.avail_out;
}

static void plain_make(void)
{
	size_t i;

	for (i = 0; i < sizeof plain; i++)
		plain[i] = (uint8_t)(i % 7 ? i >> 3 : i * 2654435761u >> 13);
}

/* All bytes, in pieces of some size. */
static enum decoder_trouble decode(const uint8_t *bytes, size_t len, size_t piece, bool *whole)
{
	struct decoder *d = decoder_new(put, NULL);
	enum decoder_trouble trouble = DECODER_OK;
	size_t at, n;

	n_unpacked = 0;
	for (at = 0; at < len && trouble == DECODER_OK; at += n) {
		n = len - at < piece ? len - at : piece;
		trouble = decoder_put(d, bytes + at, n);
	}
	*whole = decoder_whole(d);
	decoder_free(d);
	return trouble;
}

START_TEST(what_is_whole_is_decoded_however_it_comes)
{
	static const size_t pieces[] = { 1, 7, 16384, SIZE_MAX };
	size_t len;
	bool whole;

	plain_make();
	most = sizeof unpacked;
	len = pack(plain, PLAIN, packed);
	ck_assert_int_eq(decode(packed, len, pieces[_i], &whole), DECODER_OK);
	ck_assert(whole);
	ck_assert_uint_eq(n_unpacked, PLAIN);
	ck_assert_mem_eq(unpacked, plain, PLAIN);
	len += pack(plain + PLAIN, PLAIN, packed + len);
	ck_assert_int_eq(decode(packed, len, pieces[_i], &whole), DECODER_OK);
	ck_assert(whole);
	ck_assert_uint_eq(n_unpacked, sizeof plain);
	ck_assert_mem_eq(unpacked, plain, sizeof plain);
	len = pack(plain, 0, packed);
	ck_assert_int_eq(decode(packed, len, pieces[_i], &whole), DECODER_OK);
	ck_assert(whole);
	ck_assert_uint_eq(n_unpacked, 0);
}
END_TEST

START_TEST(what_is_cut_anywhere_is_not_whole)
{
	size_t len, at;
	bool whole;

	plain_make();
	most = sizeof unpacked;
	len = pack(plain, 1000, packed);
	for (at = 0; at < len; at++) {
		ck_assert_int_eq(decode(packed, at, SIZE_MAX, &whole), DECODER_OK);
		ck_assert(!whole);
	}
	pack(plain, 1000, packed + len);
	for (at = 1; at < len; at++) {
		ck_assert_int_eq(decode(packed, len + at, SIZE_MAX, &whole), DECODER_OK);
		ck_assert(!whole);
	}
}
END_TEST

START_TEST(what_follows_or_is_damaged_is_an_error)
{
	size_t len;
	bool whole;

	plain_make();
	most = sizeof unpacked;
	len = pack(plain, 1000, packed);
	memcpy(packed + len, "garbage", 7);
	ck_assert_int_eq(decode(packed, len + 7, SIZE_MAX, &whole), DECODER_BROKEN);
	memset(packed + len, 0, 7);
	ck_assert_int_eq(decode(packed, len + 7, 1, &whole), DECODER_BROKEN);
	packed[len - 8] ^= 1;
	ck_assert_int_eq(decode(packed, len, 100, &whole), DECODER_BROKEN);
	ck_assert_int_eq(decode(plain, 100, 1, &whole), DECODER_BROKEN);
}
END_TEST

START_TEST(a_sink_can_say_that_it_is_enough)
{
	size_t len;
	bool whole;

	memset(plain, 0, sizeof plain);
	most = PLAIN - 1;
	len = pack(plain, PLAIN, packed);
	ck_assert_int_eq(decode(packed, len, SIZE_MAX, &whole), DECODER_REFUSED);
	ck_assert_uint_le(n_unpacked, most);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("http");
	TCase *all = tcase_create("all");
	SRunner *runner = srunner_create(suite);
	int failed;

	tcase_add_test(all, an_address_without_placeholders_is_one);
	tcase_add_test(all, placeholders_take_all_values_the_last_first);
	tcase_add_test(all, senseless_templates_are_refused);
	tcase_add_test(all, what_shapes_an_answer_is_told_without_secrets);
	tcase_add_loop_test(all, senseless_requests_are_refused, 0,
			    sizeof senseless / sizeof *senseless);
	tcase_add_test(all, sensible_requests_are_not);
	tcase_add_loop_test(all, what_is_whole_is_decoded_however_it_comes, 0, 4);
	tcase_add_test(all, what_is_cut_anywhere_is_not_whole);
	tcase_add_test(all, what_follows_or_is_damaged_is_an_error);
	tcase_add_test(all, a_sink_can_say_that_it_is_enough);
	suite_add_tcase(suite, all);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? 1 : 0;
}
