/*
 * Bytes of a document to UTF-8: see charset.h.
 *
 * UTF-8 is checked here and used where it lies.  All else goes through iconv
 * twice: once to be checked and measured, once to be written.
 */
#include <endian.h>
#include <iconv.h>
#include <inttypes.h>
#include <stdio.h>
#include <strings.h>

#include "bytes/charset.h"

#include "text/phrase.h"

#define FALLBACK "windows-1252"

enum {
	GUESSED_MOST = 4,   /* bad bytes for a good character in UTF-8 that is damaged, */
	DECLARED_LEAST = 8, /* and good characters for a bad byte where else is declared */
	REPORTED = 20,      /* findings about bytes of one document, but for one about the rest */
	SAMPLE = 60,        /* bytes of a sample */
};

#define NOTHING "\xef\xbf\xbd" /* U+FFFD */

/* How many bytes from the start are ASCII, at least; quickly. */
static size_t ascii_length(const uint8_t *data, size_t len)
{
	uint64_t words[8], any = 0;
	size_t i;

	for (i = 0; len - i >= sizeof words; i += sizeof words) {
		memcpy(words, data + i, sizeof words);
		any = (words[0] | words[1]) | (words[2] | words[3]) | (words[4] | words[5]) |
		      (words[6] | words[7]);
		if (any & 0x8080808080808080)
			break;
	}
	return i;
}

/* How many bytes from the start are ASCII of the 64 behind those of ascii_length(). */
static size_t ascii_rest(const uint8_t *data, size_t len)
{
	uint64_t eight;
	size_t i;

	for (i = 0; len - i >= sizeof eight; i += sizeof eight) {
		memcpy(&eight, data + i, sizeof eight);
		eight = le64toh(eight) & 0x8080808080808080;
		if (eight)
			return i + (size_t)__builtin_ctzll(eight) / 8;
	}
	while (i < len && data[i] < 0x80)
		i++;
	return i;
}

static size_t utf8_length(const uint8_t *data, size_t len)
{
	size_t i = 0, n;

	while (i < len) {
		i += ascii_length(data + i, len - i);
		i += ascii_rest(data + i, len - i);
		for (; i < len && data[i] >= 0x80; i += n) {
			n = utf8_character((const char *)data + i, len - i);
			if (!n)
				return i;
		}
	}
	return i;
}

size_t charset_utf8_length(struct mu_string text)
{
	return utf8_length((const uint8_t *)text.data, text.len);
}

/* How many bytes are UTF-8 of those that are looked at; all of them, but perhaps for a
 * character that is cut, if the text may be UTF-8. */
static bool utf8_begins(const uint8_t *data, size_t len, size_t looked_at, size_t *valid)
{
	if (looked_at > len)
		looked_at = len;
	*valid = utf8_length(data, looked_at);
	return *valid == looked_at || (looked_at < len && *valid + 3 >= looked_at);
}

/* Characters beyond ASCII, and bytes that are part of none. */
struct tally {
	size_t good, bad;
};

static struct tally utf8_tally(const uint8_t *data, size_t len)
{
	struct tally tally = { 0 };
	size_t i = ascii_length(data, len), n;

	while (i < len) {
		n = utf8_character((const char *)data + i, len - i);
		tally.good += n > 1;
		tally.bad += !n;
		i += n ? n : 1;
		if (n == 1)
			i += ascii_length(data + i, len - i);
	}
	return tally;
}

/* Whether bytes that are not all UTF-8 are that all the same, and damaged: other encodings
 * have hardly any sequence that would be a character in it. */
static bool utf8_is_meant(const uint8_t *data, size_t len, bool declared)
{
	struct tally tally = utf8_tally(data, len);

	if (declared)
		return tally.good >= DECLARED_LEAST && tally.good / DECLARED_LEAST >= tally.bad;
	return tally.good && tally.bad <= GUESSED_MOST * tally.good;
}

size_t charset_mark_length(struct mu_string text)
{
	return text.len >= 3 && !memcmp(text.data, CHARSET_MARK, 3) ? 3 : 0;
}

/* The next mark, or the end. */
static const char *mark_find(struct mu_string text)
{
	const char *at = text.data, *end = text.data + text.len;

	while (at < end && (at = memchr(at, 0xef, (size_t)(end - at)))) {
		if (charset_mark_length((struct mu_string){ at, (size_t)(end - at) }))
			return at;
		at++;
	}
	return end;
}

bool charset_has_mark(struct mu_string text)
{
	return mark_find(text) < text.data + text.len;
}

/* Bytes that a character which nobody sees may begin with. */
static bool may_hide(uint8_t c)
{
	static const bool may[256] = {
		[0x01] = true, [0x02] = true, [0x03] = true, [0x04] = true, [0x05] = true,
		[0x06] = true, [0x07] = true, [0x08] = true, [0x0b] = true, [0x0c] = true,
		[0x0e] = true, [0x0f] = true, [0x10] = true, [0x11] = true, [0x12] = true,
		[0x13] = true, [0x14] = true, [0x15] = true, [0x16] = true, [0x17] = true,
		[0x18] = true, [0x19] = true, [0x1a] = true, [0x1b] = true, [0x1c] = true,
		[0x1d] = true, [0x1e] = true, [0x1f] = true, [0x7f] = true, [0xc2] = true,
		[0xcd] = true, [0xe1] = true, [0xe2] = true, [0xe3] = true, [0xef] = true,
		[0xf3] = true,
	};

	return may[c];
}

enum { CHUNK = 64 };

/* Whether any of so many bytes may_hide(), in a form that is done for many at once. */
static bool chunk_may_hide(const uint8_t *data)
{
	uint8_t any = 0;

	for (int i = 0; i < CHUNK; i++) {
		uint8_t c = data[i];

		any |= (uint8_t)((c == 0xc2) | (c == 0xcd) | (c == 0xf3) | (c == 0xef) |
				 ((c >= 0xe1) & (c <= 0xe3)) | (c == 0x7f) |
				 ((c < 0x20) & (c != '\t') & (c != '\n') & (c != '\r')));
	}
	return any;
}

static bool is_between(unsigned code, unsigned first, unsigned last)
{
	return code >= first && code <= last;
}

/* Characters that are shown as nothing: those of Unicode's Default_Ignorable_Code_Point
 * (DerivedCoreProperties.txt) that no text needs which names people or places, C1, the blank
 * of Braille, and U+FFFD, which stands for one that was lost.  Selectors of the forms of
 * Mongolian and Chinese letters are none of them. */
static bool is_hidden(unsigned code)
{
	static const struct {
		unsigned first, last;
	} hidden[] = {
		{ 0x80, 0x9f },     { 0xad, 0xad },     { 0x34f, 0x34f },     { 0x115f, 0x1160 },
		{ 0x180e, 0x180e }, { 0x200b, 0x200f }, { 0x202a, 0x202e },   { 0x2060, 0x206f },
		{ 0x2800, 0x2800 }, { 0x3164, 0x3164 }, { 0xfe00, 0xfe0f },   { 0xffa0, 0xffa0 },
		{ 0xfff0, 0xfff8 }, { 0xfffd, 0xfffd }, { 0xe0000, 0xe007f },
	};

	for (size_t i = 0; i < sizeof hidden / sizeof *hidden; i++)
		if (is_between(code, hidden[i].first, hidden[i].last))
			return true;
	return false;
}

/* The character that begins at a byte which may_hide(), if it is hidden; else 0. */
static unsigned hidden_at(const uint8_t *at, size_t left)
{
	unsigned code = 0;

	if (*at < 0x80)
		return *at;
	if (*at < 0xe0 && left > 1)
		code = (*at & 0x1fU) << 6 | (at[1] & 0x3fU);
	else if (*at >= 0xe0 && *at < 0xf0 && left > 2)
		code = (*at & 0x0fU) << 12 | (at[1] & 0x3fU) << 6 | (at[2] & 0x3fU);
	else if (*at >= 0xf0 && left > 3)
		code = (*at & 0x07U) << 18 | (at[1] & 0x3fU) << 12 | (at[2] & 0x3fU) << 6 |
		       (at[3] & 0x3fU);
	return is_hidden(code) ? code : 0;
}

/* Whether a character is of Arabic letters, or of the scripts of India and its neighbours,
 * which are written with joiners. */
static bool is_joined_script(const uint8_t *at, size_t left)
{
	if (left > 1 && is_between(at[0], 0xd8, 0xdd))
		return true;
	if (left < 3)
		return false;
	return (at[0] == 0xe0 && is_between(at[1], 0xa4, 0xb7)) ||
	       (at[0] == 0xe1 && (is_between(at[1], 0x80, 0x82) || is_between(at[1], 0x9e, 0x9f)));
}

static bool is_letter(uint8_t c)
{
	return c >= 0x80 || is_between(c | 0x20, 'a', 'z');
}

/* Whether a joiner or a soft hyphen stands between letters, where it belongs. */
static bool hidden_belongs(const uint8_t *data, size_t at, size_t len, unsigned code)
{
	size_t before = at, next = at + (code == 0xad ? 2 : 3);

	if (!at || next >= len)
		return false;
	if (code == 0xad)
		return is_letter(data[at - 1]) && is_letter(data[next]);
	if (code != 0x200c && code != 0x200d)
		return false;
	do
		before--;
	while (before && mu_is_tail((char)data[before]));
	return is_joined_script(data + before, at - before) &&
	       is_joined_script(data + next, len - next);
}

/* The next byte that may_hide(), or the end. */
static size_t hiding_find(const uint8_t *data, size_t from, size_t len)
{
	while (len - from >= CHUNK && !chunk_may_hide(data + from))
		from += CHUNK;
	while (from < len && !may_hide(data[from]))
		from++;
	return from;
}

size_t charset_control_find(struct mu_string text, size_t from, unsigned *code)
{
	const uint8_t *data = (const uint8_t *)text.data;

	for (; (from = hiding_find(data, from, text.len)) < text.len; from++) {
		*code = hidden_at(data + from, text.len - from);
		if (*code && !hidden_belongs(data, from, text.len, *code))
			return from;
	}
	*code = 0;
	return text.len;
}

unsigned charset_control(struct mu_string text)
{
	unsigned code;

	charset_control_find(text, 0, &code);
	return code;
}

bool charset_may_hide(struct mu_string text)
{
	const uint8_t *data = (const uint8_t *)text.data;

	return hiding_find(data, 0, text.len) < text.len ||
	       (text.len && memchr(data, '\0', text.len));
}

/* The white space that a text begins with, but a space; how many bytes it has. */
static size_t odd_blank(struct mu_string text, unsigned *code)
{
	const uint8_t *c = (const uint8_t *)text.data;
	size_t n = !text.len ? 0 : *c < 0x80 ? 1 : *c < 0xe0 ? 2 : 3;

	if (!n || n > text.len || *c == ' ' || mu_trim((struct mu_string){ text.data, n }).len)
		return 0;
	*code = n == 1   ? *c
		: n == 2 ? (*c & 0x1fU) << 6 | (c[1] & 0x3fU)
			 : (*c & 0x0fU) << 12 | (c[1] & 0x3fU) << 6 | (c[2] & 0x3fU);
	return n;
}

unsigned charset_name_odd(struct mu_string name)
{
	unsigned code = charset_control(name);
	size_t i;

	/* A soft hyphen is seen at the end of a line alone, and names have no lines. */
	if (!code && name.len && memmem(name.data, name.len, "\xc2\xad", 2))
		code = 0xad;
	for (i = 0; !code && i < name.len; i++)
		odd_blank((struct mu_string){ name.data + i, name.len - i }, &code);
	return code;
}

/* How many bytes of what nobody sees a text begins with: one character or none. */
static size_t unseen_length(struct mu_string text)
{
	unsigned code = 0;

	if (!text.len)
		return 0;
	if (may_hide((uint8_t)*text.data))
		code = hidden_at((const uint8_t *)text.data, text.len);
	if (code)
		return code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
	return charset_mark_length(text);
}

/* The next byte of a name that somebody sees, a space for white space within it, or -1. */
static int seen_next(struct mu_string name, size_t *at)
{
	bool begins = !*at, blank = false;
	unsigned code;

	while (*at < name.len) {
		struct mu_string rest = { name.data + *at, name.len - *at };
		size_t space = *rest.data == ' ' ? 1 : odd_blank(rest, &code);
		size_t length = space ? space : unseen_length(rest);

		if (!length)
			break;
		blank = blank || space;
		*at += length;
	}
	if (*at == name.len)
		return -1;
	return blank && !begins ? ' ' : (uint8_t)name.data[(*at)++];
}

bool charset_names_look_alike(struct mu_string a, struct mu_string b)
{
	size_t i = 0, j = 0;
	int x, y;

	if (a.len == b.len && (!a.len || !memcmp(a.data, b.data, a.len)))
		return false;
	do {
		x = seen_next(a, &i);
		y = seen_next(b, &j);
	} while (x == y && x >= 0);
	return x == y;
}

void charset_name_show(struct phrase *phrase, struct mu_string name)
{
	char shown[4 * PHRASE_PIECE];
	unsigned code;
	size_t i = 0, n = 0, len;

	/* What is longer is cut by phrase_add(). */
	while (i < name.len && n + 8 < sizeof shown) {
		struct mu_string rest = { name.data + i, name.len - i };

		len = odd_blank(rest, &code);
		if (len > 1)
			n += (size_t)snprintf(shown + n, sizeof shown - n, "\\u%04x", code);
		else
			shown[n++] = name.data[i];
		i += len ? len : 1;
	}
	phrase_add(phrase, shown, n);
}

const char *charset_control_kind(unsigned code)
{
	if (code == 0xfffd)
		return "which stands for a character that was lost";
	if (code == '\n' || code == '\r')
		return "a line break";
	if (code == 0xa0 || (code >= 0x2000 && code <= 0x200a) || code == 0x202f || code == 0x3000)
		return "a blank that is no space";
	return code < 0xa0 ? "a control character that nobody sees" : "which nobody sees";
}

size_t charset_drop_marks(char *to, struct mu_string text)
{
	size_t len = 0;
	const char *mark;

	while (text.len) {
		mark = mark_find(text);
		memmove(to + len, text.data, (size_t)(mark - text.data));
		len += (size_t)(mark - text.data);
		text.len -= (size_t)(mark - text.data);
		text.data = mark + (text.len ? 3 : 0);
		text.len -= text.len ? 3 : 0;
	}
	return len;
}

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

static bool is_named_utf8(const char *encoding)
{
	return encoding && (!strcasecmp(encoding, "UTF-8") || !strcasecmp(encoding, "UTF8"));
}

/* Zeros come before UTF-8 since UTF-16 of plain Latin text is valid UTF-8 too;
 * so is all that shifts by an escape, and some of what is no superset of ASCII.  Where
 * another encoding is declared, or bytes are no UTF-8, all bytes are looked at. */
static const char *encoding_of(const uint8_t *data, size_t len, const char *declared,
			       size_t looked_at, size_t *skipped)
{
	const char *encoding = encoding_by_mark(data, len, skipped);
	bool other = declared && !is_named_utf8(declared);
	size_t valid;

	if (!encoding)
		encoding = encoding_by_zeros(data, len);
	if (!encoding && (!other || (is_superset_of_ascii(declared) && !memchr(data, 0x1b, len))) &&
	    (utf8_begins(data, len, other ? len : looked_at, &valid) || (declared && !other) ||
	     utf8_is_meant(data, len, other)))
		encoding = "UTF-8";
	if (!encoding)
		encoding = declared;
	return encoding ? encoding : FALLBACK;
}

/* The line of an offset in an encoding whose newline is one byte. */
static size_t line_of(const uint8_t *data, size_t offset)
{
	size_t line = 1, i;

	for (i = 0; i < offset; i++)
		line += data[i] == '\n';
	return line;
}

/* The column of an offset in UTF-8. */
static size_t column_of(const uint8_t *data, size_t offset)
{
	size_t column = 1;

	while (offset && data[offset - 1] != '\n')
		column += !mu_is_tail((char)data[--offset]);
	return column;
}

int charset_report_broken(struct mu_ctx *ctx, const char *encoding, const uint8_t *data,
			  size_t offset)
{
	struct mu_finding broken = { .code = "encoding" };
	char value[8], line[64] = "";
	int len = 0;

	snprintf(value, sizeof value, "0x%02x", data[offset]);
	broken.value = value;
	broken.value_len = strlen(value);
	if (is_superset_of_ascii(encoding))
		len = snprintf(line, sizeof line, ", in line %zu,", line_of(data, offset));
	if (!strcmp(encoding, "UTF-8"))
		snprintf(line + len, sizeof line - (size_t)len, " column %zu,",
			 column_of(data, offset));
	return mu_report(ctx, broken, "byte %s at offset %zu%s means nothing in %s", value, offset,
			 line, encoding);
}

/* The line that has the character at `at`, or what fits of it around there. */
static void sample_add(struct phrase *out, struct mu_string text, size_t at)
{
	size_t from = at, end = at;

	while (from && at - from < SAMPLE / 2 && text.data[from - 1] != '\n' &&
	       text.data[from - 1] != '\r')
		from--;
	while (from < at && mu_is_tail(text.data[from]))
		from++;
	while (end < text.len && end - from < SAMPLE && text.data[end] != '\n' &&
	       text.data[end] != '\r')
		end++;
	while (end > at && end < text.len && mu_is_tail(text.data[end]))
		end--;
	phrase_add(out, text.data + from, end - from);
}

int charset_report_guessed(struct mu_ctx *ctx, const struct charset_text *text)
{
	struct mu_finding guessed = { .code = "encoding-guessed", .severity = MU_WARNING };
	struct phrase sample = { .len = 0 };
	const uint8_t *data;
	size_t len, offset, first = 0;
	int err;

	if (!text->guessed || !text->text.len)
		return 0;
	err = mu_data(ctx, &data, &len);
	if (err)
		return err;
	offset = utf8_length(data, len);
	while (first < text->text.len && (uint8_t)text->text.data[first] < 0x80)
		first++;
	sample_add(&sample, text->text, first);
	guessed.value = sample.text;
	guessed.value_len = strlen(sample.text);
	return mu_report(ctx, guessed,
			 "byte 0x%02x at offset %zu, in line %zu, is no UTF-8, so the document "
			 "was read as " FALLBACK ": '%s'; declare its encoding",
			 data[offset], offset, line_of(data, offset), sample.text);
}

/* A stretch of bytes that mean nothing. */
static int report_stretch(struct mu_ctx *ctx, const struct charset_text *text, struct mu_string raw,
			  size_t at, size_t len, size_t line, size_t column, size_t mended_at)
{
	struct mu_finding broken = { .code = "encoding" };
	struct phrase sample = { .len = 0 };
	char value[8];

	snprintf(value, sizeof value, "0x%02x", (uint8_t)raw.data[at]);
	broken.value = value;
	broken.value_len = strlen(value);
	sample_add(&sample, text->text, mended_at);
	return mu_report(
		ctx, broken,
		"byte %s at offset %zu, in line %zu, column %zu, %smeans nothing in UTF-8: "
		"'%s'",
		value, text->skipped + at, line, column, len > 1 ? "and what follows it " : "",
		sample.text);
}

int charset_report_mended(struct mu_ctx *ctx, const struct charset_text *text)
{
	struct mu_finding rest = { .code = "encoding" };
	size_t i, n, len, line = 1, column = 1, mended_at = 0, stretches = 0;
	struct mu_string raw;
	const uint8_t *data;
	int err = text->mended ? mu_data(ctx, &data, &len) : 0;

	if (err || !text->mended)
		return err;
	raw = (struct mu_string){ (const char *)data + text->skipped, len - text->skipped };
	for (i = 0; !err && i < raw.len; i += n, column++) {
		data = (const uint8_t *)raw.data + i;
		n = utf8_character((const char *)data, raw.len - i);
		if (n) {
			mended_at += n;
			if (*data == '\n') {
				line++;
				column = 0;
			}
			continue;
		}
		do
			n++;
		while (i + n < raw.len && !utf8_character((const char *)data + n, raw.len - i - n));
		if (++stretches <= REPORTED)
			err = report_stretch(ctx, text, raw, i, n, line, column, mended_at);
		mended_at += n * strlen(NOTHING);
		column += n - 1;
	}
	if (err || stretches <= REPORTED)
		return err;
	return mu_report(ctx, rest, "bytes in %zu other places mean nothing in UTF-8",
			 stretches - REPORTED);
}

int charset_mend(struct mu_ctx *ctx, struct charset_text *out)
{
	struct mu_string raw = out->text;
	struct tally tally;
	size_t i, n, len = 0;
	char *text;

	if (!out->direct || out->checked == raw.len ||
	    utf8_length((const uint8_t *)raw.data, raw.len) == raw.len)
		return 0;
	tally = utf8_tally((const uint8_t *)raw.data, raw.len);
	text = mu_alloc(ctx, raw.len + tally.bad * (strlen(NOTHING) - 1) + 1);
	for (i = 0; i < raw.len; i += n ? n : 1) {
		n = utf8_character(raw.data + i, raw.len - i);
		memcpy(text + len, n ? raw.data + i : NOTHING, n ? n : strlen(NOTHING));
		len += n ? n : strlen(NOTHING);
	}
	out->text = (struct mu_string){ text, len };
	out->checked = len;
	out->mended = true;
	return 0;
}

/* Reports the first zero byte of a text, which is read as a whole. */
static int report_zero(struct mu_ctx *ctx, struct mu_string text)
{
	const uint8_t *data = (const uint8_t *)text.data;
	const uint8_t *zero = text.len ? memchr(data, 0, text.len) : NULL;
	struct mu_finding odd = { .code = "control" };
	struct phrase sample = { .len = 0 };

	if (!zero)
		return 0;
	sample_add(&sample, text, (size_t)(zero - data));
	odd.value = sample.text;
	odd.value_len = strlen(sample.text);
	return mu_report(ctx, odd, "a zero byte stands in line %zu, column %zu: '%s'",
			 line_of(data, (size_t)(zero - data)),
			 column_of(data, (size_t)(zero - data)), sample.text);
}

/* Reports the first control character of a text, which is read as a whole; the end of a page
 * is none in it, nor what stands for bytes that were told. */
static int report_control(struct mu_ctx *ctx, struct mu_string text, bool mended)
{
	struct mu_finding odd = { .code = "control", .severity = MU_WARNING };
	const uint8_t *data = (const uint8_t *)text.data;
	struct phrase sample = { .len = 0 };
	unsigned control;
	size_t at = charset_control_find(text, 0, &control);

	while (control == '\f' || (control == 0xfffd && mended))
		at = charset_control_find(text, at + 1, &control);
	if (!control)
		return 0;
	sample_add(&sample, text, at);
	odd.value = sample.text;
	odd.value_len = strlen(sample.text);
	return mu_report(ctx, odd, "line %zu, column %zu has the character U+%04X, %s: '%s'",
			 line_of(data, at), column_of(data, at), control,
			 charset_control_kind(control), sample.text);
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
		return charset_report_broken(ctx, out->encoding, data - out->skipped,
					     stopped + out->skipped);
	return 0;
}

int charset_find(struct mu_ctx *ctx, const char *declared, int64_t max, size_t looked_at,
		 struct charset_text *out)
{
	const uint8_t *data = NULL;
	size_t len = 0;
	int err = mu_data(ctx, &data, &len);

	*out = (struct charset_text){ .text = { "", 0 }, .encoding = "UTF-8", .direct = true };
	if (err || !len)
		return err;
	if ((uint64_t)len > (uint64_t)max)
		return mu_fail(ctx, EFBIG, "it has %zu bytes, more than the %" PRId64 " allowed",
			       len, max);
	out->encoding = encoding_of(data, len, declared, looked_at, &out->skipped);
	out->direct = !strcmp(out->encoding, "UTF-8");
	out->guessed = !declared && !strcmp(out->encoding, FALLBACK);
	if (!out->direct)
		return 0;
	out->text = (struct mu_string){ (const char *)data + out->skipped, len - out->skipped };
	utf8_begins(data + out->skipped, out->text.len, looked_at, &out->checked);
	return 0;
}

int charset_convert(struct mu_ctx *ctx, int64_t max, struct charset_text *out)
{
	const uint8_t *data = NULL;
	size_t len = 0;
	int err = out->direct ? 0 : mu_data(ctx, &data, &len);

	if (err || !len)
		return err;
	if ((uint64_t)len > (uint64_t)max)
		return mu_fail(ctx, EFBIG,
			       "it has %zu bytes and is %s, of which at most %" PRId64
			       " can be decoded: convert it to UTF-8 first",
			       len, out->encoding, max);
	return decode(ctx, data, len, out);
}

int charset_decode(struct mu_ctx *ctx, const char *declared, int64_t max, bool reporting,
		   struct charset_text *out)
{
	int err = charset_find(ctx, declared, max, SIZE_MAX, out);
	char *text;

	if (!err)
		err = charset_convert(ctx, max, out);
	if (!err)
		err = charset_mend(ctx, out);
	if (!err && reporting)
		err = charset_report_guessed(ctx, out);
	if (!err && reporting)
		err = charset_report_mended(ctx, out);
	if (!err && reporting)
		err = report_zero(ctx, out->text);
	if (!err && reporting)
		err = report_control(ctx, out->text, out->mended);
	if (err || !charset_has_mark(out->text))
		return err;
	text = mu_alloc(ctx, out->text.len);
	out->text.len = charset_drop_marks(text, out->text);
	out->text.data = text;
	return 0;
}
