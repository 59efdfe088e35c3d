/*
 * Bytes of a document to UTF-8: see charset.h.
 *
 * UTF-8 is checked here and used where it lies.  All else goes through iconv
 * twice: once to be checked and measured, once to be written.
 */
#include <iconv.h>
#include <inttypes.h>
#include <stdio.h>

#include "charset.h"

#define FALLBACK "windows-1252"

/* ----------------------------------------------------------------- UTF-8 */

static bool is_tail(uint8_t byte)
{
	return (byte & 0xc0) == 0x80;
}

/* The length of the character at `c`, or 0 when it is none: too long a form, a
 * surrogate, beyond U+10FFFF, or cut. */
static size_t utf8_character(const uint8_t *c, size_t len)
{
	if (c[0] < 0x80)
		return 1;
	if (c[0] < 0xc2 || c[0] > 0xf4 || len < 2 || !is_tail(c[1]))
		return 0;
	if (c[0] < 0xe0)
		return 2;
	if (len < 3 || !is_tail(c[2]))
		return 0;
	if (c[0] < 0xf0)
		return (c[0] == 0xe0 && c[1] < 0xa0) || (c[0] == 0xed && c[1] > 0x9f) ? 0 : 3;
	if (len < 4 || !is_tail(c[3]))
		return 0;
	return (c[0] == 0xf0 && c[1] < 0x90) || (c[0] == 0xf4 && c[1] > 0x8f) ? 0 : 4;
}

/* How many bytes from the start are UTF-8: all, or up to the first that is not. */
static size_t utf8_length(const uint8_t *data, size_t len)
{
	size_t i = 0, n;
	uint64_t eight;

	while (i < len) {
		if (len - i >= sizeof eight) {
			memcpy(&eight, data + i, sizeof eight);
			if (!(eight & 0x8080808080808080)) {
				i += sizeof eight;
				continue;
			}
		}
		n = utf8_character(data + i, len - i);
		if (!n)
			break;
		i += n;
	}
	return i;
}

/* ----------------------------------------------------------------- iconv */

/* glibc takes more than a name behind its slashes: //IGNORE would drop bytes in
 * silence. */
static iconv_t converter_open(const char *encoding)
{
	if (!*encoding || strchr(encoding, '/'))
		return (iconv_t)-1;
	return iconv_open("UTF-8", encoding);
}

bool charset_known(const char *encoding)
{
	iconv_t converter = converter_open(encoding);

	if (converter == (iconv_t)-1)
		return false;
	iconv_close(converter);
	return true;
}

/* Converts from the start state; `out` may be NULL to measure only.  The length
 * in UTF-8; `stopped` is the offset of the first byte that means nothing, or
 * `len`. */
static size_t convert(iconv_t converter, const uint8_t *data, size_t len, char *out,
		      size_t *stopped)
{
	char space[4096] = "", *in = (char *)data, *to;
	size_t in_left = len, size = 0, room, got;
	bool flush = false;

	iconv(converter, NULL, NULL, NULL, NULL);
	for (;;) {
		to = out ? out + size : space;
		room = sizeof space;
		got = flush ? iconv(converter, NULL, NULL, &to, &room)
			    : iconv(converter, &in, &in_left, &to, &room);
		size += sizeof space - room;
		if (got == (size_t)-1 && errno == E2BIG && room < sizeof space)
			continue;
		if (got == (size_t)-1 || flush)
			break;
		flush = true; /* what a shift or a composition still holds back */
	}
	*stopped = len - in_left;
	return size;
}

/* Whether ASCII means itself in an encoding, so that bytes which are valid
 * UTF-8 would say the same in it or are not meant to be in it. */
static bool is_superset_of_ascii(const char *encoding)
{
	char ascii[98] = "\t\n\r", out[4096];
	iconv_t converter = converter_open(encoding);
	size_t i, size, stopped;

	if (converter == (iconv_t)-1)
		return false;
	for (i = 3; i < sizeof ascii; i++)
		ascii[i] = (char)(' ' + i - 3);
	size = convert(converter, (const uint8_t *)ascii, sizeof ascii, out, &stopped);
	iconv_close(converter);
	return stopped == sizeof ascii && size == sizeof ascii && !memcmp(ascii, out, size);
}

/* -------------------------------------------------------------- decisions */

static const struct {
	const char *encoding, *bytes;
	size_t len;
} marks[] = {
	{ "UTF-8", "\xef\xbb\xbf", 3 },
	{ "UTF-32LE", "\xff\xfe\0\0", 4 }, /* before UTF-16LE, whose mark it begins with */
	{ "UTF-32BE", "\0\0\xfe\xff", 4 },
	{ "UTF-16LE", "\xff\xfe", 2 },
	{ "UTF-16BE", "\xfe\xff", 2 },
};

static const char *encoding_by_mark(const uint8_t *data, size_t len, size_t *skipped)
{
	size_t i;

	for (i = 0; i < sizeof marks / sizeof *marks; i++) {
		if (len >= marks[i].len && !memcmp(data, marks[i].bytes, marks[i].len)) {
			*skipped = marks[i].len;
			return marks[i].encoding;
		}
	}
	return NULL;
}

/* Latin script in UTF-16 has a zero in nearly every second byte, and hardly any
 * in the others. */
static const char *encoding_by_zeros(const uint8_t *data, size_t len)
{
	size_t pairs = (len < 4096 ? len : 4096) / 2, zeros[2] = { 0, 0 }, i;

	if (len % 2 || !pairs)
		return NULL;
	for (i = 0; i < pairs * 2; i++)
		zeros[i % 2] += !data[i];
	if (zeros[1] > pairs / 2 && zeros[0] <= pairs / 20)
		return "UTF-16LE";
	if (zeros[0] > pairs / 2 && zeros[1] <= pairs / 20)
		return "UTF-16BE";
	return NULL;
}

/* Zeros come before UTF-8 since UTF-16 of plain Latin text is valid UTF-8 too;
 * so is all that shifts by an escape, and some of what is no superset of ASCII. */
static const char *encoding_of(const uint8_t *data, size_t len, const char *declared,
			       size_t *skipped)
{
	const char *encoding = encoding_by_mark(data, len, skipped);

	if (!encoding)
		encoding = encoding_by_zeros(data, len);
	if (!encoding && utf8_length(data, len) == len &&
	    (!declared || (is_superset_of_ascii(declared) && !memchr(data, 0x1b, len))))
		encoding = "UTF-8";
	if (!encoding)
		encoding = declared;
	return encoding ? encoding : FALLBACK;
}

/* -------------------------------------------------------------- decoding */

/* The line of an offset in an encoding whose newline is one byte. */
static size_t line_of(const uint8_t *data, size_t offset)
{
	size_t line = 1, i;

	for (i = 0; i < offset; i++)
		line += data[i] == '\n';
	return line;
}

static int report_broken(struct mu_ctx *ctx, const char *encoding, const uint8_t *data,
			 size_t offset)
{
	struct mu_finding broken = { .code = "encoding" };
	char value[8], line[32] = "";

	snprintf(value, sizeof value, "0x%02x", data[offset]);
	broken.value = value;
	broken.value_len = strlen(value);
	if (is_superset_of_ascii(encoding))
		snprintf(line, sizeof line, ", in line %zu,", line_of(data, offset));
	return mu_report(ctx, broken, "byte %s at offset %zu%s means nothing in %s", value, offset,
			 line, encoding);
}

static int report_guessed(struct mu_ctx *ctx, const uint8_t *data, size_t len)
{
	struct mu_finding guessed = { .code = "encoding-guessed", .severity = MU_NOTE };
	size_t offset = utf8_length(data, len);

	return mu_report(ctx, guessed,
			 "byte 0x%02x at offset %zu, in line %zu, is no UTF-8, so the document "
			 "was read as " FALLBACK,
			 data[offset], offset, line_of(data, offset));
}

/* Converts `data` from `skipped` on; the text stays empty when that fails. */
static int decode(struct mu_ctx *ctx, const uint8_t *data, size_t len, struct charset_text *out)
{
	iconv_t converter = converter_open(out->encoding);
	size_t size, stopped;
	char *text;

	if (converter == (iconv_t)-1)
		return mu_fail(ctx, ENOTSUP, "this machine cannot decode '%s'", out->encoding);
	data += out->skipped;
	len -= out->skipped;
	size = convert(converter, data, len, NULL, &stopped);
	if (stopped == len && size) {
		text = mu_alloc(ctx, size + 4096); /* convert() is free to use as much */
		size = convert(converter, data, len, text, &stopped);
		out->text = (struct mu_string){ text, size };
	}
	iconv_close(converter);
	if (stopped < len)
		return report_broken(ctx, out->encoding, data - out->skipped,
				     stopped + out->skipped);
	return 0;
}

int charset_decode(struct mu_ctx *ctx, const char *declared, int64_t max, bool reporting,
		   struct charset_text *out)
{
	const uint8_t *data = NULL;
	size_t len = 0, valid;
	int err = mu_data(ctx, &data, &len);

	*out = (struct charset_text){ .text = { "", 0 }, .encoding = "UTF-8" };
	if (err || !len)
		return err;
	if ((uint64_t)len > (uint64_t)max)
		return mu_fail(ctx, EFBIG, "%s has %zu bytes, more than the %" PRId64 " allowed",
			       ctx->document->uri, len, max);
	out->encoding = encoding_of(data, len, declared, &out->skipped);
	if (strcmp(out->encoding, "UTF-8"))
		err = decode(ctx, data, len, out);
	else if ((valid = out->skipped + utf8_length(data + out->skipped, len - out->skipped)) <
		 len)
		return report_broken(ctx, out->encoding, data, valid);
	else
		out->text =
			(struct mu_string){ (const char *)data + out->skipped, len - out->skipped };
	if (!err && reporting && out->text.len && !declared && !strcmp(out->encoding, FALLBACK))
		err = report_guessed(ctx, data, len);
	return err;
}
