/*
 * A document to rows and findings, in all manners: they give the same, whatever it holds.
 *
 * The first byte chooses options, the second whether the others are the document as they
 * stand or choose from a few bytes that mean something, the third the size of a window.
 */
#include "csv.h"
#include "fuzz.h"

enum { STRING, INTEGER, NUMBER, BOOLEAN, DATE };

static const char *dash[] = { "-" }, *odd[] = { "7", "n/a", "2001-02-03" };

static struct declared_column columns[] = {
	{ .name = "a", .missing = { 1, dash } },
	{ .name = "b", .type = INTEGER, .missing = { 1, dash } },
	{ .name = "c", .type = INTEGER, .missing = { 3, odd }, .zero = { 1, dash } },
	{ .name = "d", .type = DATE },
	{ .name = "e", .type = NUMBER },
	{ .name = "f", .type = BOOLEAN },
	{ .name = "g", .status_of = "b" },
};

static struct declared_claim claims[] = {
	{ .name = "x", .column = "a", .match = "x" },
	{ .name = "all", .column = "a", .match = "a" },
	{ .name = "some", .column = "b", .match = "1" },
};

static const char *notes[] = { "^[-a]" };

static struct self options_choose(unsigned bits)
{
	struct self model = { .quote = bits & 1   ? "\""
				       : bits & 2 ? "'"
						  : "",
			      .delimiter = bits & 4 ? "," : NULL,
			      .max_size = 1 << 20,
			      .options = { .header_rows = bits & 8 ? 1 : 0,
					   .max_field = bits & 16 ? 1000 : 5,
					   .max_columns = bits & 32 ? 100 : 3,
					   .max_rows = 1000000,
					   .columns = { 0, columns },
					   .claims = { 0, claims } } };
	struct table_options *o = &model.options;

	switch (bits >> 6 & 3) {
	case 0:
		o->columns.count = o->header_rows ? 0 : 1;
		o->claims.count = o->header_rows ? 0 : 2;
		break;
	case 1:
		o->columns.count = 6;
		o->claims.count = 2;
		break;
	case 2:
		o->columns.count = 7;
		o->claims.count = 3;
		o->notes = (struct mu_texts){ 1, notes };
		break;
	default:
		o->columns.count = 2;
		break;
	}
	for (size_t i = 0; i < 6; i++)
		columns[i].optional = o->header_rows > 0;
	return model;
}

/* Pieces of what documents are made of. */
static size_t document_make(char *out, const uint8_t *data, size_t len)
{
	static const char *const pieces[] = {
		",",
		",",
		",",
		"\n",
		"\r\n",
		"\r",
		"\"",
		"\"\"",
		"'",
		"x",
		"a",
		"b",
		"1",
		"12",
		"-3",
		"-",
		" ",
		"2001-02-03",
		"1.5",
		"true",
		"\xc3\xab",
		"\xe2\x82\xac",
		"1234567890",
		"some longer words than fit into a slot",
		"a,1,2,2001-02-03,1.5,true\n",
		"x,1,2,2001-02-03,1.5,1\n",
		"\"a\",\"1\",\"2\",\"2001-02-03\",\"1.5\",\"0\"\r\n",
		"a,b,c,d,e,f\n",
		";",
		"\t",
	};

	return pieces_join(out, data, len, pieces, sizeof pieces / sizeof *pieces, 1);
}

static void compare(const struct outcome *wanted, const struct self *model, struct manner manner,
		    const char *text, size_t len)
{
	struct outcome seen;

	outcome_init(&seen);
	outcome_go(&seen, model, manner, text, len);
	if (!lines_equal(&wanted->rows, &seen.rows) || !lines_equal(&wanted->said, &seen.said) ||
	    !lines_equal(&wanted->ahead, &seen.ahead)) {
		fprintf(stderr, "machine %d, windows of %u, %u instances\n%s%s%s---\n%s%s%s",
			(int)manner.machine, manner.window_bytes, manner.instances,
			wanted->rows.text, wanted->said.text, wanted->ahead.text, seen.rows.text,
			seen.said.text, seen.ahead.text);
		abort();
	}
	outcome_release(&seen);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct manner manner = { .machine = MACHINE_PORTABLE };
	struct outcome wanted;
	struct self model;
	char *text;
	size_t len;

	if (size < 3)
		return 0;
	model = options_choose(data[0]);
	text = malloc(40 * size);
	if (!text)
		abort();
	len = size - 3;
	if (data[1] & 1)
		len = document_make(text, data + 3, len);
	else
		memcpy(text, data + 3, len);
	outcome_init(&wanted);
	outcome_go(&wanted, &model, manner, text, len);
	for (int m = MACHINE_PORTABLE; m < MACHINES; m++) {
		manner.machine = (enum machine)m;
		if (!machine_is_here(manner.machine))
			continue;
		manner.window_bytes = 1 + data[2];
		manner.window_most = data[1] & 128 ? 256 : 0;
		manner.instances = 1 + data[1] / 2 % INSTANCES;
		compare(&wanted, &model, manner, text, len);
		manner.window_bytes = manner.window_most = 0;
		manner.instances = 1;
		compare(&wanted, &model, manner, text, len);
	}
	outcome_release(&wanted);
	free(text);
	return 0;
}
