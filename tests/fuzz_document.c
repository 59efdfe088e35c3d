/*
 * What pdftotext prints of a PDF, to words, lines, tables and rows: whatever it is, nothing
 * may crash, hang or read where it should not.
 *
 * The first byte chooses one of the layouts below, the others are what was printed; or it is
 * a 'g', and the others are a text whose layout is to be guessed.
 */
#include "fake.h"
#include "fuzz.h"

#include "../plugins/parse/document/words/page.c"
#include "../plugins/parse/document/layout/layout.c"
#include "../plugins/parse/document/read/mention.c"
#include "../plugins/parse/document/read/people.c"
#include "../plugins/parse/document/layout/value.c"
#include "../plugins/parse/document/read/cut.c"
#include "../plugins/parse/document/layout/header.c"
#include "../plugins/parse/document/read/record.c"
#include "../plugins/parse/document/words/pdf.c"
#include "../plugins/parse/document/words/extract.c"
#include "../plugins/parse/document/read/chunk.c"
#include "../plugins/parse/document/read/grid.c"
#include "../plugins/parse/document/read/grid_cells.c"
#include "../plugins/parse/document/read/grid_claim.c"
#include "../plugins/parse/document/read/grid_label.c"
#include "../plugins/parse/document/read/grid_merged.c"
#include "../plugins/parse/document/read/grid_segment.c"
#include "../plugins/parse/document/read/share.c"
#include "../plugins/parse/document/read/outside.c"
#include "../plugins/parse/document/read/doubt.c"
#include "../plugins/parse/document/read/file_name.c"
#include "../plugins/parse/document/read/heading.c"
#include "../plugins/parse/document/read/line.c"
#include "../plugins/parse/document/read/scan.c"
#include "../plugins/parse/document/read/sentence.c"
#include "../plugins/parse/document/read/table.c"
#include "../plugins/parse/document/draft/look.c"
#include "../plugins/parse/document/draft/sketch.c"
#include "../plugins/parse/document/draft/plan.c"
#include "../plugins/parse/document/draft/plan_yaml.c"
#include "../plugins/parse/document/draft/trial.c"
#include "../plugins/parse/document/draft/guess.c"
#include "../plugins/parse/document/document.c"

enum { LAYOUTS = 4 };

#define COUNT(NAME, HEADER) \
	{ \
		.name = (NAME), .header = (HEADER), .type = COLUMN_INTEGER, .measure = true \
	}

/* Labels above, totals that repeat them. */
static struct column above[] = {
	{ .name = "country", .header = "Country", .group = GROUP_ABOVE, .ignore = "^\\d+ " },
	{ .name = "mission", .header = "UN Mission", .group = GROUP_ABOVE },
	{ .name = "type", .header = "Description" },
	COUNT("male", "M"),
	COUNT("female", "F"),
	COUNT("total", "Totals"),
};
static const char *both[] = { "country", "mission" }, *one[] = { "country" };
static struct claim repeating[] = {
	{ .name = "mission", .repeats = "mission", .of_columns = { 2, both } },
	{ .name = "country", .repeats = "country", .of_columns = { 1, one } },
};

/* Merged cells. */
static struct column merged[] = {
	{ .name = "mission", .header = "Mission", .group = GROUP_ABOVE },
	{ .name = "country", .header = "Country", .group = GROUP_MERGED },
	{ .name = "type", .header = "Personnel Type" },
	COUNT("male", "Male"),
	COUNT("female", "Female"),
	COUNT("total", "Total"),
};
static struct claim named[] = {
	{ .name = "total", .match = "^Grand Total", .last = true, .optional = true },
	{ .name = "mission", .match = "^Total (?<mission>\\w+)", .optional = true },
};

/* Totals without a label, or told by their cells; a row count before one. */
static struct column plain[] = {
	{ .name = "mission", .header = "Mission", .group = GROUP_ABOVE },
	{ .name = "country", .header = "Contributor", .group = GROUP_ABOVE },
	{ .name = "type", .header = "Description" },
	COUNT("male", "Male"),
	COUNT("female", "Female"),
	COUNT("total", "Total"),
};
static const char *mission[] = { "mission" };
static struct claim bare[] = {
	{ .name = "rows",
	  .match = "^(?<total>\\d+)(?= \\d+ \\d+ \\d+$)",
	  .partial = true,
	  .optional = true },
	{ .name = "mission", .labels = { 1, mission }, .of_columns = { 1, mission } },
	{ .name = "mission", .unlabelled = true, .of_columns = { 1, mission } },
	{ .name = "total", .unlabelled = true },
};

/* Cells on several lines, a place shared by two columns. */
static struct column wrapped[] = {
	{ .name = "mission", .header = "Mission", .group = GROUP_ABOVE },
	{ .name = "type", .shares = "mission" },
	{ .name = "country", .header = "Country" },
	{ .name = "place", .place = true },
	COUNT("male", "Male"),
	COUNT("total", "Total"),
};

static struct table tables[LAYOUTS] = {
	{ .name = "above", .begin = "Month of Report : (?<day>\\S+)", .grid = true },
	{ .name = "merged", .begin = "As of ?: (\\S+)", .grid = true },
	{ .name = "plain", .begin = "Troops.{0,9} \\d+/\\d+/\\d+", .grid = true },
	{ .name = "wrapped", .begin = "(?=Mission|Country)", .grid = true },
};

static void tables_fill(void)
{
	tables[0].column_items = (struct mu_items){ 6, above };
	tables[0].claim_items = (struct mu_items){ 2, repeating };
	tables[1].column_items = (struct mu_items){ 6, merged };
	tables[1].claim_items = (struct mu_items){ 2, named };
	tables[2].column_items = (struct mu_items){ 6, plain };
	tables[2].claim_items = (struct mu_items){ 4, bare };
	tables[3].column_items = (struct mu_items){ 6, wrapped };
	for (size_t i = 0; i < LAYOUTS; i++) {
		struct column *columns = tables[i].column_items.items;
		struct claim *claims = tables[i].claim_items.items;

		for (size_t k = 0; k < tables[i].column_items.count; k++) {
			columns[k].ignore_pattern = NULL;
			columns[k].sharer = NULL;
		}
		for (size_t k = 0; k < tables[i].claim_items.count; k++) {
			claims[k].pattern = NULL;
			claims[k].label_set = claims[k].of_set = 0;
		}
	}
}

static int printed(struct mu_ctx *ctx, const struct mu_program *program, struct mu_printed *out)
{
	(void)program;
	*out = (struct mu_printed){ .size = sizeof *out,
				    .data = fake_of(ctx)->bytes,
				    .len = fake_of(ctx)->len,
				    .message = "" };
	return 0;
}

/* Looks up the places of some positions, of records and of nothing. */
static void places_find(struct fake *fake, struct self *self)
{
	struct mu_place place = { .size = sizeof place };

	for (size_t i = 0; i < self->scan->n_records && i < 20; i++)
		document_locate(&fake->ctx, self, self->scan->records[i].position + i % 3, "total",
				&place);
	document_locate(&fake->ctx, self, 7, NULL, &place);
}

/* The text as nobody has described it. */
static int draft(const uint8_t *data, size_t size)
{
	static struct fake fake;
	struct self self = { .layout = { .max_size = 1 << 20, .max_lines = 500 } };
	struct mu_guess guess = { .size = sizeof guess };

	fake_init(&fake);
	fake.ctx.program_run = printed;
	fake_document(&fake, (const char *)data, size);
	document_guess(&fake.ctx, &self, &guess);
	document_close(&fake.ctx, &self);
	fake_release(&fake);
	return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct fake fake;
	struct self self = { 0 };
	struct ArrowSchema schema = { 0 };
	struct ArrowArray rows = { 0 };
	struct mu_string text;

	if (!size)
		return 0;
	if (*data == 'g')
		return draft(data + 1, size - 1);
	fake_init(&fake);
	fake.ctx.program_run = printed;
	fake_document(&fake, (const char *)data + 1, size - 1);
	tables_fill();
	self.layout = (struct layout){ .language = "en",
				       .max_size = 1 << 20,
				       .max_lines = 10000,
				       .max_output = 1 << 24,
				       .table_items = { 1, &tables[*data % LAYOUTS] } };
	if (document_configure(&fake.ctx, &self) || document_open(&fake.ctx, &self, &schema))
		abort();
	/* Not through the signature of a PDF, which is none here. */
	self.paged = true;
	if (!extract(&fake.ctx, &(struct extract_limits){ .output = 1 << 24 }, false, &self.pdf) &&
	    self.pdf.len) {
		text = (struct mu_string){ self.pdf.text, self.pdf.len };
		if (!pages_read(&fake.ctx, text, self.pdf.boxes, self.pdf.n_boxes, NULL, 0, 10000,
				&self.pages) &&
		    !document_parse(&fake.ctx, &self, &rows))
			places_find(&fake, &self);
	}
	mu_array_release(&rows);
	mu_schema_release(&schema);
	document_close(&fake.ctx, &self);
	fake_release(&fake);
	return 0;
}
