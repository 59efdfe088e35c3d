/*
 * A web page to rows and findings, and places of rows: whatever it holds, they must be the
 * same from whichever side they are asked for.
 *
 * The first byte chooses options, the second whether the others are the page as they stand
 * or choose from pieces that mean something.
 */
#include "fuzz.h"
#include "html.h"

enum { STRING, INTEGER };

static struct declared_column columns[] = {
	{ .name = "a" },
	{ .name = "b", .type = INTEGER, .measure = true },
	{ .name = "c", .status_of = "b" },
};
static struct declared_claim claims[] = { { .name = "all", .column = "a", .match = "x" } };
static const char *contained[] = { "a" }, *notes[] = { "^[Aa]" };

static struct self options_choose(unsigned bits)
{
	struct self model = { .options = { .header_rows = bits & 3,
					   .max_rows = 1000000,
					   .max_columns = bits & 4 ? 100 : 4,
					   .max_field = bits & 8 ? 1000 : 3 },
			      .merged = (int)(bits >> 4 & 3) % 3,
			      .footnotes = bits >> 6 & 1,
			      .max_size = 1 << 24 };

	if (bits & 128 || !model.options.header_rows) {
		model.options.columns = (struct mu_items){ 3, columns };
		model.options.claims = (struct mu_items){ 1, claims };
	}
	if (bits & 8)
		model.options.notes = (struct mu_texts){ 1, notes };
	if (bits & 16 && bits & 32)
		model.heading = "a";
	else if (bits & 64 && model.options.header_rows)
		model.contains = (struct mu_texts){ 1, contained };
	else if (bits & 64)
		model.position = 1;
	return model;
}

/* Pieces of what pages are made of. */
static size_t page_make(char *out, const uint8_t *data, size_t len)
{
	static const char *const pieces[] = {
		"<table>",
		"</table>",
		"<table>",
		"</table>",
		"<tr>",
		"</tr>",
		"<tr>",
		"<tr hidden>",
		"<td>",
		"</td>",
		"<td>",
		"<td>",
		"<th>",
		"</th>",
		"<td rowspan=2>",
		"<td rowspan='0'>",
		"<td colspan=3>",
		"<td colspan=2 rowspan=3>",
		"<td colspan=99999 rowspan=99999>",
		"<td hidden>",
		"<thead>",
		"</thead>",
		"<tbody>",
		"</tbody>",
		"<tfoot>",
		"<caption>",
		"</caption>",
		"<colgroup>",
		"<h2>",
		"</h2>",
		"<p>",
		"</p>",
		"<div>",
		"</div>",
		"<li>",
		"<ul>",
		"</ul>",
		"<a>",
		"</a>",
		"<a href='x'>",
		"<b>",
		"</b>",
		"<sup>",
		"</sup>",
		"<br>",
		"<img src=x>",
		"<select>",
		"</select>",
		"<svg>",
		"</svg>",
		"<script>",
		"</script>",
		"<title>",
		"</title>",
		"<span style='display:none'>",
		"</span>",
		"<x-y>",
		"</x-y>",
		"<!--",
		"-->",
		"<!x>",
		"<",
		">",
		"&",
		"&amp;",
		"&nbsp",
		"&#65;",
		"&#x95;",
		"&#0;",
		"&bogus;",
		"a",
		"b",
		"c",
		"x",
		"1",
		"23",
		"-",
		" ",
		"\n",
		"\xc2\xa0",
		"\xc3\xa9",
		"<table><tr><th>a<th>b<tr><td>x<td>1</table>",
		"<tr><td>a<td>2",
		"<td>1</td>",
		"<td>x &amp; y</td>",
		"<td></td>",
		"<tr><th>a<th>b",
	};

	return pieces_join(out, data, len, pieces, sizeof pieces / sizeof *pieces, 0);
}

static void place_print(struct outcome *o, struct self *self, uint64_t position, const char *field,
			char out[1000])
{
	struct mu_place place = { .size = sizeof place };

	if (html_locate(&o->fake.ctx, self, position, field, &place))
		abort();
	if (!place.cell || !place.line || !place.text)
		abort();
	snprintf(out, 1000, "%s:%" PRIu64 " %.*s %.*s", place.cell, place.line, (int)place.text_len,
		 place.text, (int)place.value_len, place.value ? place.value : "");
}

/* One instance has parsed and is asked from the end, the other has not and is asked from
 * the top. */
static void places_compare(struct outcome *parsed, struct outcome *fresh)
{
	size_t n = parsed->n_positions < 50 ? parsed->n_positions : 50, i;
	static char wanted[50][1000];
	const char *field =
		mu_schema_visible(&parsed->schema) ? parsed->schema.children[0]->name : NULL;
	char seen[1000];

	for (i = 0; i < n; i++)
		place_print(fresh, &fresh->self, parsed->positions[i], field, wanted[i]);
	for (i = n; i--;) {
		place_print(parsed, &parsed->self, parsed->positions[i], field, seen);
		if (strcmp(seen, wanted[i]) != 0) {
			fprintf(stderr, "%s\n%s\n", wanted[i], seen);
			abort();
		}
	}
}

/* Cells that are taken as a whole, and token by token, are the same. */
static void ways_compare(const struct outcome *whole, const struct outcome *stepwise)
{
	if (whole->err != stepwise->err || strcmp(whole->rows, stepwise->rows) != 0 ||
	    strcmp(whole->said, stepwise->said) != 0) {
		fprintf(stderr, "%s%s\n%s%s\n", whole->rows, whole->said, stepwise->rows,
			stepwise->said);
		abort();
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct outcome parsed, fresh, stepwise;
	struct self model;
	char *text;
	size_t len;

	if (size < 2)
		return 0;
	model = options_choose(data[0]);
	text = malloc(50 * size);
	if (!text)
		abort();
	len = size - 2;
	if (data[1] & 1)
		len = page_make(text, data + 2, len);
	else
		memcpy(text, data + 2, len);
	outcome_go(&parsed, &model, text, len);
	outcome_open(&fresh, &model, text, len);
	model.stepwise = true;
	outcome_go(&stepwise, &model, text, len);
	ways_compare(&parsed, &stepwise);
	if (!parsed.err)
		places_compare(&parsed, &fresh);
	outcome_close(&parsed);
	outcome_close(&fresh);
	outcome_close(&stepwise);
	free(text);
	return 0;
}
