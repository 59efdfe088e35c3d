/*
 * A document to rows and findings, in windows of several sizes and on several instances:
 * they give the same, whatever it holds.  And it is refused just when jansson refuses it.
 *
 * The first byte chooses options, the second whether the others are the document as they
 * stand or choose from a few pieces that mean something, the third the size of a window.
 */
#include <jansson.h>

#include "json.h"
#include "fuzz.h"

enum { STRING, INTEGER, NUMBER, BOOLEAN, DATE };

static const char *dash[] = { "-" }, *pointer_x[] = { "/o/x" }, *pointer_1[] = { "/l/1" };

static struct declared_column columns[] = {
	{ .name = "a", .missing = { 1, dash } },
	{ .name = "b", .type = INTEGER, .zero = { 1, dash } },
	{ .name = "x", .header = { 1, pointer_x }, .type = NUMBER },
	{ .name = "y", .header = { 1, pointer_1 }, .type = BOOLEAN, .optional = true },
	{ .name = "o", .optional = true },
	{ .name = "why", .status_of = "b" },
};

static struct declared_claim claims[] = {
	{ .name = "x", .column = "a", .match = "x" },
	{ .name = "all", .column = "a", .match = "all" },
};

static struct self options_choose(unsigned bits)
{
	struct self model = model_make();

	model.lines = (bits & 7) == 1;
	model.header = (bits & 7) == 2;
	model.rows = (bits & 7) == 3   ? ""
		     : (bits & 7) == 4 ? "/a/rows"
		     : (bits & 7) == 5 ? "/0"
				       : NULL;
	model.options.columns = (struct mu_items){ bits & 8 ? 0 : 6, columns };
	if (model.header)
		model.options.columns.count = 0;
	if (bits & 16 && model.rows)
		model.key = model.options.columns.count ? "a" : "k";
	model.options.max_columns = bits & 32 ? 1000 : 3;
	model.options.max_field = bits & 64 ? 1000 : 5;
	model.options.claims = (struct mu_items){ model.options.columns.count ? 2 : 0, claims };
	return model;
}

/* Pieces of what documents are made of. */
static size_t document_make(char *out, const uint8_t *data, size_t len)
{
	static const char *const pieces[] = {
		"{",
		"}",
		"[",
		"]",
		",",
		":",
		"\"",
		"\n",
		" ",
		"\r\n",
		"\\",
		"{\"a\":",
		"\"b\":",
		"\"o\":",
		"\"x\":",
		"\"rows\":",
		"\"l\":",
		"\"a\"",
		"\"all\"",
		"\"x\"",
		"\"-\"",
		"null",
		"true",
		"false",
		"0",
		"-1",
		"12",
		"1.5",
		"1e3",
		"9223372036854775807",
		"\\u00e9",
		"\\ud83d\\ude00",
		"\\n",
		"\\u0000",
		"\xc3\xab",
		"\xe2\x82\xac",
		"\xf0\x9f\x98\x80",
		"\xff",
		"{\"a\":\"n\",\"b\":1,\"o\":{\"x\":2},\"l\":[1,true]}",
		"{\"a\":\"all\",\"b\":3}",
		"[\"a\",\"b\"]",
		"[1,2]",
		"},{",
		"}\n{",
		",\"a\":",
		"some longer text",
		"{\"a\":{\"rows\":[",
		"]}}",
		"}]",
		"[{",
	};

	return pieces_join(out, data, len, pieces, sizeof pieces / sizeof *pieces, 1);
}

/* -1 when jansson has limits that RFC 8259 has not. */
static int jansson_accepts(const char *text, size_t len)
{
	json_error_t error;
	json_t *json = json_loadb(
		text, len, JSON_DECODE_ANY | JSON_ALLOW_NUL | JSON_DECODE_INT_AS_REAL, &error);

	json_decref(json);
	if (!json && (strstr(error.text, "overflow") || strstr(error.text, "NUL byte")))
		return -1;
	return json != NULL;
}

static int lines_accepted(const char *text, size_t len)
{
	int all = 1;

	while (len) {
		const char *end = memchr(text, '\n', len);
		size_t n = end ? (size_t)(end - text) : len, i = 0;
		int one;

		while (i < n && strchr(" \t\r", text[i]) && text[i])
			i++;
		one = i == n ? 1 : jansson_accepts(text, n);
		if (!one)
			return 0;
		all = one < 0 ? -1 : all;
		n += end != NULL;
		text += n;
		len -= n;
	}
	return all;
}

/* Where the rows were not found, the rest was not looked at. */
static void verdict_compare(const struct outcome *seen, const char *text, size_t len)
{
	int wanted;

	if (!len || seen->misplaced || !seen->direct || seen->err)
		return;
	if (seen->said.len >= 4 && !memcmp(seen->said.text, "deep", 4))
		return;
	/* jansson 2.14 passes over a zero byte behind a word; JSON has none anywhere. */
	if (memchr(text, '\0', len))
		wanted = 0;
	else
		wanted = seen->lines ? lines_accepted(text, len) : jansson_accepts(text, len);
	if (wanted < 0 || wanted == !seen->refused)
		return;
	fprintf(stderr, "jansson %s it: %.*s\n%s", wanted ? "accepts" : "refuses", (int)len, text,
		seen->said.text);
	abort();
}

static bool lines_equal(const struct lines *a, const struct lines *b)
{
	return a->len == b->len && !memcmp(a->text, b->text, a->len);
}

/* Behind a mistake, pieces are cut at other places in windows of another size. */
static bool are_equal(const struct outcome *a, const struct outcome *b, bool same_windows)
{
	if (a->err != b->err || a->refused != b->refused)
		return false;
	if (a->err || (a->refused && !same_windows))
		return true;
	return lines_equal(&a->rows, &b->rows) && lines_equal(&a->said, &b->said);
}

static void compare(const struct outcome *a, const struct outcome *b, bool same_windows)
{
	if (are_equal(a, b, same_windows))
		return;
	fprintf(stderr, "error %d\n%s%s---\nerror %d\n%s%s", a->err, a->rows.text, a->said.text,
		b->err, b->rows.text, b->said.text);
	abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct outcome *seen;
	struct self model;
	char *text;
	size_t len, i;

	if (size < 3)
		return 0;
	model = options_choose(data[0]);
	text = malloc(60 * size);
	seen = calloc(3, sizeof *seen);
	if (!text || !seen)
		abort();
	len = size - 3;
	if (data[1] & 1)
		len = document_make(text, data + 3, len);
	else
		memcpy(text, data + 3, len);
	for (i = 0; i < 3; i++) {
		struct manner manner = { .window_bytes = i ? 1 + data[2] : 0,
					 .instances = i < 2 ? 1 : INSTANCES };

		outcome_init(&seen[i]);
		outcome_go(&seen[i], &model, manner, text, len);
	}
	verdict_compare(&seen[0], text, len);
	compare(&seen[0], &seen[1], false);
	compare(&seen[1], &seen[2], true);
	for (i = 0; i < 3; i++)
		outcome_release(&seen[i]);
	free(seen);
	free(text);
	return 0;
}
