/* Tables in running text: pages, headers, cutting, and whole letters. */
#include <check.h>
#include <stdio.h>

#include "fake.h"

/* A plugin's files are its own, so its test takes them in. */
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

#define HEADING "Overzicht van de inzet (peildatum 24 november \n2023)\n"
#define HEADER  "Missienaam Standplaats Aantal uitgezonden\n\nfunctionarissen\n"
#define ROWS \
	"OVSE West-Balkan Noord-Macedonië 1 \n" \
	"EULEX Kosovo Kosovo 4 \n" \
	"EUPOL COPPS Palestijnse gebieden, Westelijke Jordaanoever 3 \n"
#define LETTER "Geachte voorzitter,\n\n" HEADING HEADER ROWS "Totaal  8\n\nGroet\n"

#define ROW_1 "24 november 2023|OVSE West-Balkan|Noord-Macedonië|1\n"
#define ROW_2 "24 november 2023|EULEX Kosovo|Kosovo|4\n"
#define ROW_3 "24 november 2023|EUPOL COPPS|Palestijnse gebieden, Westelijke Jordaanoever|3\n"
#define TOTAL "total: 24 november 2023|||8\n"

static struct fake fake;
static struct self self;
static char rows[65536];

static struct column columns[] = {
	{ .name = "as_of", .capture = "day", .type = COLUMN_DATE },
	{ .name = "mission", .header = "Missienaam" },
	{ .name = "station", .header = "Standplaats", .vocabulary = VOCABULARY_COUNTRY },
	{ .name = "headcount",
	  .header = "Aantal uitgezonden functionarissen",
	  .type = COLUMN_INTEGER,
	  .measure = true },
};
static struct claim line_claims[] = {
	{ .name = "total", .match = "^Totaal", .last = true },
	{ .name = "part", .match = "^Waarvan in (?<station>\\w+)", .optional = true },
};
static struct claim text_claims[] = {
	{ .name = "sentence",
	  .optional = true,
	  .match = "(?<station>Palestijnse gebieden), waar (?<headcount>\\w+) functionarissen",
	  .cue = "Palestijnse gebieden\\W+(waar|werken)" },
};
static const char *furniture[] = { "Pagina \\d+ van \\d+" };
static const char *skip[] = { "^\\(" };
static struct table table;

static void setup(void)
{
	fake_init(&fake);
	self = (struct self){ 0 };
	line_claims[0].pattern = line_claims[1].pattern = text_claims[0].pattern = NULL;
	text_claims[0].cue_pattern = NULL;
	for (size_t i = 0; i < sizeof columns / sizeof *columns; i++)
		columns[i].ignore_pattern = NULL;
	table = (struct table){
		.name = "missions",
		.begin = "van de inzet \\(peildatum (?<day>[^)]+)\\)",
		.column_items = { 4, columns },
		.claim_items = { 2, line_claims },
		.skip = { 1, skip },
	};
	self.layout = (struct layout){
		.language = "nl",
		.max_size = 1 << 20,
		.max_lines = 10000,
		.furniture = { 1, furniture },
		.table_items = { 1, &table },
		.claim_items = { 1, text_claims },
	};
}

static void teardown(void)
{
	document_close(&fake.ctx, &self);
	fake_release(&fake);
}

static void open_document(const char *bytes, size_t len)
{
	struct ArrowSchema schema = { 0 };

	fake_document(&fake, bytes, len);
	ck_assert_int_eq(document_configure(&fake.ctx, &self), 0);
	ck_assert_int_eq(document_open(&fake.ctx, &self, &schema), 0);
	mu_schema_release(&schema);
}

/* Appends the texts of all records, a line each. */
static void list_records(void)
{
	size_t len = 0, fields = self.layout.n_fields;

	rows[0] = '\0';
	for (size_t i = 0; i < self.scan->n_records; i++) {
		const char *claim = self.scan->records[i].claim;

		if (claim)
			len += (size_t)snprintf(rows + len, sizeof rows - len, "%s: ", claim);
		for (size_t f = 0; f < fields; f++) {
			const struct datum *d = &self.scan->data[i * fields + f];
			bool known = d->value.state == VALUE_KNOWN;

			len += (size_t)snprintf(rows + len, sizeof rows - len, "%.*s%s",
						known ? (int)d->len : 0, self.pages.flat + d->flat,
						f + 1 < fields ? "|" : "\n");
		}
		ck_assert_uint_lt(len, sizeof rows);
	}
}

static void read_bytes(const char *bytes, size_t len)
{
	open_document(bytes, len);
	ck_assert_int_eq(document_read(&fake.ctx, &self, false), 0);
	list_records();
}

static void read_text(const char *text)
{
	read_bytes(text, strlen(text));
}

static void expect_code(size_t i, const char *code)
{
	ck_assert_uint_lt(i, (size_t)fake.findings);
	ck_assert_str_eq(fake.codes[i], code);
}

/* One table with these lines between header and total. */
static void read_lines_of_table(const char *lines)
{
	char text[8192];

	snprintf(text, sizeof text, "%s%s%sTotaal 8\n", HEADING, HEADER, lines);
	read_text(text);
}

START_TEST(lines_flow_together)
{
	struct pages p;
	struct word words[8];

	ck_assert_int_eq(pages_read(&fake.ctx, mu_string("  a  b \r\n\tc\r\n\r\nd\n\n\ne"), NULL, 0,
				    NULL, 0, 100, &p),
			 0);
	ck_assert_uint_eq(p.n_lines, 4);
	ck_assert(mu_string_is((struct mu_string){ p.flat, p.flat_len }, "a b c d\ne"));
	ck_assert_uint_eq(p.lines[0].number, 1);
	ck_assert_uint_eq(p.lines[3].number, 7);
	ck_assert_uint_eq(p.lines[3].blanks, 2);
	ck_assert_uint_eq(pages_start(&p, 4), 10);
	ck_assert_uint_eq(pages_start(&p, 6), 15);
	ck_assert_uint_eq(pages_line_of_flat(&p, 6), 2);
	ck_assert_uint_eq(pages_words(&p, 0, words, 8), 2);
	ck_assert(words[1].x0 == 5 && words[1].x1 == 6 && words[0].x0 == 2);
	ck_assert_uint_eq(pages_words(&p, 1, words, 8), 1);
	ck_assert(words[0].x0 == 8);
	ck_assert_uint_eq(pages_words(&p, 0, words, 1), SIZE_MAX);
	pages_release(&p);
}
END_TEST

START_TEST(a_text_with_too_many_lines_is_refused)
{
	struct pages p;

	ck_assert_int_eq(pages_read(&fake.ctx, mu_string("a\nb\nc\n"), NULL, 0, NULL, 0, 2, &p),
			 EFBIG);
	pages_release(&p);
}
END_TEST

START_TEST(no_break_spaces_hold_numbers_together)
{
	struct pages p;
	struct word words[8];

	ck_assert_int_eq(pages_read(&fake.ctx, mu_string("a\u00a0b 1\u202f204\u00a0c"), NULL, 0,
				    NULL, 0, 9, &p),
			 0);
	ck_assert(mu_string_is((struct mu_string){ p.flat, p.flat_len }, "a b 1\u202f204 c"));
	ck_assert_uint_eq(pages_words(&p, 0, words, 8), 5);
	pages_release(&p);
}
END_TEST

START_TEST(furniture_and_page_breaks_are_no_lines)
{
	read_text("een zin die \n\n\n Pagina 1 van 2 \n\f\n\ndoorgaat. " HEADING HEADER ROWS
		  "Totaal 8");
	ck_assert(!memcmp(self.pages.flat, "een zin die doorgaat. ", 22));
	ck_assert(self.pages.lines[1].broken);
	ck_assert(self.pages.paged);
}
END_TEST

/* The number of lines of a header for Missienaam, Standplaats and Aantal
 * uitgezonden functionarissen. */
static size_t header_lines(const char *text)
{
	struct header header;
	struct pages p;
	size_t line;

	setup();
	ck_assert_int_eq(document_configure(&fake.ctx, &self), 0);
	ck_assert_int_eq(pages_read(&fake.ctx, mu_string(text), NULL, 0, NULL, 0, 100, &p), 0);
	line = header_find(&p, &self.layout.tables[0], 0, &header);
	pages_release(&p);
	teardown();
	return line;
}

START_TEST(a_header_may_stand_on_several_lines)
{
	teardown();
	ck_assert_uint_eq(header_lines(HEADER "x"), 2);
	ck_assert_uint_eq(
		header_lines("Missienaam\nStandplaats\nAantal\nuitgezonden functionarissen"), 4);
	ck_assert_uint_eq(header_lines("          Aantal\n"
				       "Missienaam Standplaats uitgezonden\n functionarissen\nx"),
			  3);
	ck_assert_uint_eq(header_lines("MISSIENAAM standplaats Aantal uitgezonden functionarissen"),
			  1);
	setup();
}
END_TEST

START_TEST(another_header_is_not_taken_for_it)
{
	teardown();
	ck_assert_uint_eq(header_lines(""), 0);
	ck_assert_uint_eq(header_lines("Missienaam Standplaats Aantal uitgezonden"), 0);
	ck_assert_uint_eq(header_lines("Standplaats Missienaam Aantal uitgezonden functionarissen"),
			  0);
	ck_assert_uint_eq(
		header_lines("Standplaats\nMissienaam Aantal\nuitgezonden functionarissen"), 0);
	ck_assert_uint_eq(
		header_lines("Missienaam Standplaats Aantal uitgezonden functionarissen nu"), 0);
	ck_assert_uint_eq(
		header_lines("Missienaam Land Standplaats Aantal uitgezonden functionarissen"), 0);
	setup();
}
END_TEST

START_TEST(an_optional_column_may_be_absent)
{
	columns[2].optional = true;
	teardown();
	ck_assert_uint_eq(header_lines("Missienaam Aantal uitgezonden functionarissen\nEUAM 1"), 1);
	ck_assert_uint_eq(header_lines(HEADER), 2);
	setup();
	read_text(HEADING "Missienaam Aantal uitgezonden functionarissen\nEUAM Irak 1\nTotaal 1");
	columns[2].optional = false;
	ck_assert_str_eq(rows, "24 november 2023|EUAM Irak||1\ntotal: 24 november 2023|||1\n");
	ck_assert_uint_eq((size_t)fake.findings, 0);
}
END_TEST

static const struct {
	const char *line, *row;
} cuts[] = {
	{ "EULEX Kosovo Kosovo 4", "EULEX Kosovo|Kosovo|4" },
	{ "EUBAM Libië Tunesië 1", "EUBAM Libië|Tunesië|1" },
	{ "USSC Palestijnse gebieden, Westelijke Jordaanoever 1",
	  "USSC|Palestijnse gebieden, Westelijke Jordaanoever|1" },
	{ "USSC Westelijke Jordaanoever 1", "USSC|Westelijke Jordaanoever|1" },
	{ "USSC  Westelijke Jordaanoever\t1", "USSC|Westelijke Jordaanoever|1" },
	{ "EUAM   Nergensland   1", "EUAM|Nergensland|1" },
	{ "EUAM Irak 1.204", "EUAM|Irak|1.204" },
	{ "EUAM Irak Irak 1.204", "EUAM Irak|Irak|1.204" },
};

START_TEST(lines_are_cut_by_gaps_numbers_and_names)
{
	char expected[256];

	snprintf(expected, sizeof expected, "%s\n", cuts[_i].line);
	read_lines_of_table(expected);
	snprintf(expected, sizeof expected, "24 november 2023|%s\n" TOTAL, cuts[_i].row);
	ck_assert_str_eq(rows, expected);
	ck_assert_uint_eq((size_t)fake.findings, 0);
}
END_TEST

static const struct {
	const char *lines, *code, *row;
} mistakes[] = {
	{ "EUCAP Somalië Somalië vijf\n", "integer", "|EUCAP Somalië|Somalië|\n" },
	{ "EUCAP Somalië Somalië 12.04\n", "integer", "|EUCAP Somalië|Somalië|\n" },
	{ "EUCAP  Somalië  onbekend\n", "integer", "|EUCAP|Somalië|\n" },
	{ "EUCAP Somalië Somalië -5\n", "negative", "|EUCAP Somalië|Somalië|\n" },
	{ "EUCAP Somalië Somalië 12345678901234567890\n", "overflow", "|EUCAP Somalië|Somalië|\n" },
	{ "EUCAP Somalië Somalië\n", "unrecognised", "2023|||\n" },
	{ "EUBAM Libië Nergensland 1\n", "unrecognised", "2023|||\n" },
	{ "Somalië 1\n", "unrecognised", "2023|||\n" },
	{ "1\n", "unrecognised", "2023|||\n" },
	{ "EUBAM Libië Nergensland  Kosovo  1\n", NULL, "|EUBAM Libië Nergensland|Kosovo|1\n" },
	{ "EUBAM  Libië Kosovo  1\n", "undecided", "2023|||\n" },
};

START_TEST(a_line_that_is_no_row_is_an_error_and_stays)
{
	read_lines_of_table(mistakes[_i].lines);
	if (mistakes[_i].code)
		expect_code(0, mistakes[_i].code);
	ck_assert_uint_eq((size_t)fake.findings, mistakes[_i].code ? 1 : 0);
	ck_assert_ptr_nonnull(strstr(rows, mistakes[_i].row));
	ck_assert_uint_eq(self.scan->n_records, 2);
}
END_TEST

START_TEST(a_line_that_can_be_cut_in_several_ways_is_undecided)
{
	columns[2].vocabulary = VOCABULARY_NONE;
	read_lines_of_table("EUBAM Libië Tunesië 1\nEUAM Irak 1\n");
	columns[2].vocabulary = VOCABULARY_COUNTRY;
	ck_assert_uint_eq((size_t)fake.findings, 1);
	expect_code(0, "undecided");
	ck_assert_ptr_nonnull(strstr(fake.messages[0], "'EUBAM Libië' 'Tunesië' '1'"));
	ck_assert_ptr_nonnull(strstr(fake.messages[0], "'EUBAM' 'Libië Tunesië' '1'"));
}
END_TEST

/* With missions known too; NULL: it is undecided or no row. */
static const struct {
	const char *line, *row, *code;
} mission_cuts[] = {
	{ "EULEX Kosovo Kosovo 4", "EULEX Kosovo|Kosovo|4", NULL },
	{ "EULEX Kosovo 4", "EULEX|Kosovo|4", NULL },
	{ "EULEX Kosovo Nergenstad 4", "EULEX Kosovo|Nergenstad|4", NULL },
	{ "EUAM Irak 3", "EUAM|Irak|3", NULL }, /* transform: mission knows no EUAM */
	{ "EUXX Mali 2", "EUXX|Mali|2", NULL },
	{ "12. EULEX Kosovo Kosovo 4", "EULEX Kosovo|Kosovo|4", NULL },
	{ "EULEX Kosovo Kosovo 4²", "EULEX Kosovo|Kosovo|4", NULL },
	{ "EULEX Kosovo Kosovo 4 *", "EULEX Kosovo|Kosovo|4", NULL },
	{ "USSC Palestijnse gebieden, Westelijke Jordaanoever 1",
	  "USSC|Palestijnse gebieden, Westelijke Jordaanoever|1", NULL },
	{ "USSC Palestijnse gebieden (Ramallah) 2", "USSC|Palestijnse gebieden (Ramallah)|2",
	  NULL },
	{ "EULEX (Kosovo) 4", "EULEX|(Kosovo)|4", NULL },
	{ "EUXX Nergenstad 4", NULL, "unrecognised" },
	{ "EULEX Kosovo Kosovo ²", NULL, "unrecognised" },
	{ "EULEX Kosovo  Kosovo  4  2", NULL, "unrecognised" },
};

START_TEST(a_mission_that_is_known_decides)
{
	char expected[256];

	snprintf(expected, sizeof expected, "%s\n", mission_cuts[_i].line);
	columns[1].vocabulary = VOCABULARY_MISSION;
	columns[1].ignore = "^\\d+\\. ";
	columns[3].ignore = " ?[²*]+$";
	read_lines_of_table(expected);
	columns[1].vocabulary = VOCABULARY_NONE;
	columns[1].ignore = columns[3].ignore = NULL;
	ck_assert_uint_eq((size_t)fake.findings, mission_cuts[_i].code ? 1 : 0);
	if (mission_cuts[_i].code)
		expect_code(0, mission_cuts[_i].code);
	snprintf(expected, sizeof expected, "24 november 2023|%s\n" TOTAL,
		 mission_cuts[_i].row ? mission_cuts[_i].row : "||");
	ck_assert_str_eq(rows, expected);
}
END_TEST

START_TEST(a_name_does_not_lose_its_brackets)
{
	read_lines_of_table("USSC Palestijnse gebieden (Ramallah) 2\n");
	ck_assert_ptr_nonnull(strstr(rows, "|USSC|Palestijnse gebieden (Ramallah)|2\n"));
	ck_assert_uint_eq((size_t)fake.findings, 0);
}
END_TEST

START_TEST(a_number_that_no_column_takes_is_told)
{
	columns[2].optional = true;
	read_text(HEADING "Missienaam Aantal uitgezonden functionarissen\n"
			  "Kosovo   4   2\nMali   3\nTotaal 5");
	columns[2].optional = false;
	ck_assert_uint_eq((size_t)fake.findings, 1);
	expect_code(0, "unrecognised");
	ck_assert_ptr_nonnull(strstr(fake.messages[0], "more cells"));
}
END_TEST

START_TEST(an_endless_line_costs_little)
{
	char text[4096], *end = text;

	columns[2].vocabulary = VOCABULARY_NONE;
	for (int i = 0; i < 120; i++)
		end = stpcpy(end, "woord 1 ");
	*end++ = '\n';
	for (int i = 0; i < 300; i++)
		end = stpcpy(end, "woord 1 ");
	stpcpy(end, "\n");
	read_lines_of_table(text);
	columns[2].vocabulary = VOCABULARY_COUNTRY;
	ck_assert_uint_eq((size_t)fake.findings, 2);
	expect_code(0, "undecided");
	expect_code(1, "unrecognised");
}
END_TEST

START_TEST(a_letter_gives_its_rows_and_its_total)
{
	read_text(LETTER);
	ck_assert_str_eq(rows, ROW_1 ROW_2 ROW_3 TOTAL);
	ck_assert_uint_eq((size_t)fake.findings, 0);
}
END_TEST

static const char *const same[] = {
	"\ufeff" HEADING HEADER ROWS "Totaal 8",
	HEADING HEADER
	"OVSE West-Balkan\u00a0Noord-Macedonië 1\r\nEULEX\u00a0Kosovo Kosovo 4\r\n"
	"EUPOL COPPS Palestijnse\u202fgebieden, Westelijke Jordaanoever\t3\rTotaal\u00a08\r\n",
	HEADING HEADER
	"OVSE West-Balkan Noord-Macedonië 1\nEULEX Kosovo Kosovo 4\n \nPagina 3 van 9\n"
	"\f" HEADER "EUPOL COPPS Palestijnse gebieden, Westelijke Jordaanoever 3\n\n\nTotaal 8",
	HEADING HEADER "(in personen)\n" ROWS "(voorlopig)\nTotaal 8",
};

START_TEST(letters_that_look_otherwise_say_the_same)
{
	read_text(same[_i]);
	ck_assert_str_eq(rows, ROW_1 ROW_2 ROW_3 TOTAL);
	ck_assert_uint_eq((size_t)fake.findings, 0);
}
END_TEST

static const struct {
	const char *text, *code;
} broken[] = {
	{ "", "no-table" },
	{ "Geachte voorzitter,\n", "no-table" },
	{ HEADING, "header" },
	{ HEADING "Missie Plaats Aantal\n" ROWS "Totaal 8\n", "header" },
	{ HEADING HEADER "Totaal 8\n", "no-rows" },
	{ HEADING HEADER ROWS, "claim-missing" },
	{ HEADING HEADER ROWS "\nGroet\n", "claim-missing" },
	{ HEADING HEADER ROWS "Totaal\n", "claim-value" },
	{ HEADING HEADER ROWS "Totaal acht\n", "claim-value" },
	{ HEADING HEADER ROWS "Totaal 8 9\n", "claim-value" },
	{ HEADING HEADER ROWS "Totaal -8\n", "claim-value" },
	{ HEADING HEADER ROWS "Totaalbedrag 8\n", "claim-value" },
	{ LETTER HEADING, "table-twice" },
	{ "van de inzet (peildatum gisteren)\n" HEADER ROWS "Totaal 8\n", "date" },
	{ LETTER "Palestijnse gebieden, waar veel functionarissen", "claim-value" },
	{ LETTER "Palestijnse gebieden, waar vier functionarissen\n\nPalestijnse gebieden, waar 5 "
		 "functionarissen",
	  "claim-ambiguous" },
};

START_TEST(what_is_wrong_with_a_letter_is_said_once)
{
	read_text(broken[_i].text);
	expect_code(0, broken[_i].code);
	ck_assert_uint_eq((size_t)fake.findings, 1);
}
END_TEST

START_TEST(an_end_that_is_not_there_is_an_error)
{
	table.claim_items.count = 0;
	table.end = "^Bron:";
	read_text(HEADING HEADER ROWS "\nGroet\n");
	ck_assert_str_eq(rows, ROW_1 ROW_2 ROW_3);
	expect_code(0, "no-end");
	teardown();
	setup();
	table.claim_items.count = 0;
	table.end = "^Bron:";
	read_text(HEADING HEADER ROWS "\nBron: politie\n");
	ck_assert_str_eq(rows, ROW_1 ROW_2 ROW_3);
	ck_assert_uint_eq((size_t)fake.findings, 0);
}
END_TEST

START_TEST(a_table_may_end_with_a_blank_line)
{
	table.claim_items.count = 0;
	read_text(HEADING HEADER "\n" ROWS "\nDe inzet in Mali en Irak begon in het jaar 2013\n");
	ck_assert_str_eq(rows, ROW_1 ROW_2 ROW_3);
	ck_assert_uint_eq((size_t)fake.findings, 0);
}
END_TEST

START_TEST(rows_behind_a_blank_line_are_told)
{
	table.claim_items.count = 0;
	read_text(HEADING HEADER "\n" ROWS "\nEUAM Irak Irak 1\n");
	ck_assert_str_eq(rows, ROW_1 ROW_2 ROW_3);
	ck_assert_uint_eq((size_t)fake.findings, 1);
	expect_code(0, "continues");
	ck_assert_ptr_nonnull(strstr(fake.messages[0], "EUAM Irak Irak 1"));
}
END_TEST

/* What stands behind the last claim, the lines of it that are told, and with which code. */
static const struct {
	const char *text;
	size_t findings;
	const char *code;
} behind_last[] = {
	{ "EUAM Irak Irak 4\nTotaal 4\n", 2, "continues" },
	{ "Nagekomen:\nEUAM Irak Irak 4\n\nGroet\n", 1, "continues" },
	{ "\nEUAM Irak Irak 4\nEUMM Georgië 12\n\nTotaal 16\n", 3, "continues" },
	{ "\n\nEUAM Irak Irak 4\n", 1, "continues" },
	{ " \nPagina 3 van 9\n\fEUAM Irak Irak 4\n", 1, "continues" },
	{ "\f" HEADING "EUAM Irak Irak 4\n", 1, "continues" },
	{ "Totaal 11\n", 1, "continues" },
	{ "Totaal: 11\n", 1, "continues" },
	{ "Uitgezonden naar Mali 2013\n\nBijlage 1\nBijlage 2\n", 1, "continues" },
	{ "EUBAM  Libië Kosovo  1\n", 1, "continues" }, /* in whichever way it is cut */
	{ "\nOverzicht van anderen\n" HEADER "EUAM Irak Irak 4\nTotaal 4\n", 1, "unread-table" },
	{ "Missienaam Standplaats Aantal militairen\nEUAM Irak Irak 4\nTotaal 4\n", 1,
	  "unread-table" },
	{ "\nMissienaam Standplaats Sinds\nEUAM Irak 12-2019\n", 1, "unread-table" },
	/* Nothing of this is lost. */
	{ "Interpol bestaat dit jaar honderd jaar.\nSinds 1923 zijn er in Kosovo 4 bureaus.\n", 0,
	  NULL },
	{ "\nIk verwijs u naar de brief over de inzet van de politie in Mali 2013\n", 0, NULL },
	{ "\nIk verwijs u naar de brief over de inzet van de politie in Mali 12\n", 0, NULL },
	{ "Totaal zijn er dus minder mensen uitgezonden dan in 2022\n", 0, NULL },
	{ "\nMissienaam Standplaats Aantal\nworden hieronder toegelicht.\n", 0, NULL },
	{ "(Kosovo Kosovo 4)\n", 0, NULL }, /* skip */
	{ "\nInhoud\nvan de inzet (peildatum 24 november 2023) ..... 3\nVervolg ..... 4\n", 0,
	  NULL },
};

START_TEST(what_goes_on_behind_the_last_claim_is_told)
{
	char text[2048];

	snprintf(text, sizeof text, "%s%s", HEADING HEADER ROWS "Totaal 8\n", behind_last[_i].text);
	read_text(text);
	ck_assert_uint_eq((size_t)fake.findings, behind_last[_i].findings);
	for (size_t i = 0; i < behind_last[_i].findings; i++)
		expect_code(i, behind_last[_i].code);
	ck_assert_str_eq(rows, ROW_1 ROW_2 ROW_3 TOTAL);
}
END_TEST

START_TEST(what_is_known_and_not_read_is_not_told)
{
	static const char *unread[] = { "anderen\\b" };

	self.layout.unread = (struct mu_texts){ 1, unread };
	read_text(LETTER "Overzicht van anderen\n" HEADER "EUAM Irak Irak 4\nTotaal 4\n\n"
			 "EUMM Georgië Georgië 3\n");
	ck_assert_uint_eq((size_t)fake.findings, 1);
	expect_code(0, "continues");
	ck_assert_ptr_nonnull(strstr(fake.messages[0], "EUMM Georgië Georgië 3"));
}
END_TEST

START_TEST(a_table_that_is_described_is_not_told)
{
	static struct claim total[] = { { .name = "total", .match = "^Totaal", .last = true } };
	static struct table both[2];

	total[0].pattern = NULL;
	both[0] = both[1] = table;
	both[0].claim_items.count = 1;
	both[1].name = "others";
	both[1].begin = "Inzet van anderen";
	both[1].column_items = (struct mu_items){ 3, columns + 1 };
	both[1].claim_items = (struct mu_items){ 1, total };
	self.layout.table_items = (struct mu_items){ 2, both };
	self.layout.claim_items.count = 0;
	read_text(LETTER "Inzet van anderen\n" HEADER "EUAM Irak Irak 4\nTotaal 4\n");
	ck_assert_uint_eq((size_t)fake.findings, 0);
	ck_assert_uint_eq(self.scan->n_records, 6);
}
END_TEST

START_TEST(an_end_behind_the_last_claim_ends_the_search)
{
	table.end = "^Bron";
	read_text(HEADING HEADER ROWS "Totaal 8\nBron: politie\nEUAM Irak Irak 4\n");
	ck_assert_uint_eq((size_t)fake.findings, 0);
	teardown();
	setup();
	table.end = "^Bron";
	read_text(HEADING HEADER ROWS "Totaal 8\nEUAM Irak Irak 4\nBron: politie\n");
	ck_assert_uint_eq((size_t)fake.findings, 1);
	expect_code(0, "continues");
}
END_TEST

START_TEST(many_lines_behind_a_table_are_counted)
{
	char text[4096] = HEADING HEADER ROWS "Totaal 8\n", *end = text + strlen(text);

	for (int i = 0; i < 30; i++)
		end = stpcpy(end, "EUAM Irak Irak 4\n");
	read_text(text);
	ck_assert_uint_eq((size_t)fake.findings, 21);
	ck_assert_ptr_nonnull(strstr(fake.messages[20], "10 more lines"));
}
END_TEST

START_TEST(a_heading_in_a_table_of_contents_is_no_table)
{
	read_text("Inhoud\nvan de inzet (peildatum 24 november 2023) ....... 3\nVervolg .... "
		  "4\n\n" LETTER);
	ck_assert_str_eq(rows, ROW_1 ROW_2 ROW_3 TOTAL);
	ck_assert_uint_eq((size_t)fake.findings, 0);
}
END_TEST

/* What stands behind three rows; the line of its total for each row and claim in turn, as a
 * character from '0' on; how many findings there are. */
static const struct {
	const char *text, *groups;
	unsigned findings;
} grouped[] = {
	{ "Totaal 8\n", "...-", 0 },
	{ "Totaal 8\nEUAM Irak Irak 4\nTotaal 4\n", "9999;;", 0 },
	{ "Totaal 8\n\nEUAM Irak Irak 4\nTotaal 4\nTotaal 12\nGroet\n", "9999<<-", 0 },
	{ "Totaal 8\n(verder)\nEUAM Irak Irak 4\nTotaal 4\n", "9999<<", 0 },
	{ "Totaal 8\nNagekomen:\nEUAM Irak Irak 4\nTotaal 4\n", "...-", 2 },
	{ "Totaal 8\nEUAM Irak Irak 4\n", "...-", 1 },
	{ "Totaal 8\nTotaal is dat minder dan in 2022\n", "...-", 0 },
};

START_TEST(rows_belong_to_the_total_below_them)
{
	static struct column with[5];
	char text[1024], found[64] = "";

	memcpy(with, columns, sizeof columns);
	with[4] = (struct column){ .name = "group", .place = true, .group = GROUP_BELOW };
	table.column_items = (struct mu_items){ 5, with };
	snprintf(text, sizeof text, "%s%s", HEADING HEADER ROWS, grouped[_i].text);
	read_text(text);
	for (size_t i = 0; i < self.scan->n_records; i++) {
		const struct record *r = &self.scan->records[i];
		const struct line *line =
			&self.pages
				 .lines[pages_line_of_flat(&self.pages, r->group - (r->group > 0))];

		found[i] = (char)(r->group ? '0' + (int)line->number : r->claim ? '-' : '.');
	}
	ck_assert_str_eq(found, grouped[_i].groups);
	ck_assert_uint_eq((size_t)fake.findings, grouped[_i].findings);
}
END_TEST

START_TEST(an_optional_sentence_is_missed_where_its_cue_is)
{
	read_text(LETTER "In de Palestijnse gebieden werken vier mensen.\n");
	ck_assert_uint_eq((size_t)fake.findings, 1);
	expect_code(0, "claim-absent");
	teardown();
	setup();
	text_claims[0].cue = NULL;
	read_text(LETTER);
	text_claims[0].cue = "Palestijnse gebieden\\W+(waar|werken)";
	ck_assert_uint_eq((size_t)fake.findings, 1);
	expect_code(0, "claim-absent");
}
END_TEST

START_TEST(claims_have_keys_and_measures)
{
	read_text("In de Palestijnse\ngebieden, waar drie\nfunctionarissen werken.\n" HEADING HEADER
			  ROWS "Waarvan in Kosovo 4\nTotaal 8\n");
	ck_assert_uint_eq((size_t)fake.findings, 0);
	ck_assert_str_eq(rows, ROW_1 ROW_2 ROW_3
			 "part: 24 november 2023||Kosovo|4\n" TOTAL
			 "sentence: 24 november 2023||Palestijnse gebieden|drie\n");
	ck_assert_int_eq(self.scan->data[5 * 4 + 3].value.integer, 3);
}
END_TEST

START_TEST(a_table_that_is_optional_may_be_absent)
{
	table.optional = true;
	read_text("Geachte voorzitter,\n");
	ck_assert_uint_eq((size_t)fake.findings, 0);
	ck_assert_uint_eq(self.scan->n_records, 0);
}
END_TEST

START_TEST(rows_come_in_batches)
{
	struct ArrowArray batch = { 0 };
	struct mu_column cells;

	open_document(LETTER, strlen(LETTER));
	ck_assert_int_eq(document_parse(&fake.ctx, &self, &batch), 0);
	ck_assert_int_eq(batch.length, 4);
	cells = mu_column_named(&self.schema, &batch, "headcount");
	ck_assert_int_eq(mu_get_integer(&cells, 3), 8);
	cells = mu_column_named(&self.schema, &batch, MU_CLAIM);
	ck_assert(mu_null(&cells, 0));
	ck_assert(mu_string_is(mu_get_string(&cells, 3), "total"));
	mu_array_release(&batch);
	batch = (struct ArrowArray){ 0 };
	ck_assert_int_eq(document_parse(&fake.ctx, &self, &batch), 0);
	ck_assert(!batch.release);
}
END_TEST

/* Where the k-th record of the letter is, by a fresh instance. */
static struct mu_place locate(const char *text, size_t k, const char *field)
{
	struct mu_place place = { .size = sizeof place };
	uint64_t position;

	read_text(text);
	position = self.scan->records[k].position;
	document_close(&fake.ctx, &self);
	struct layout layout = self.layout;
	self = (struct self){ .layout = { .language = layout.language,
					  .max_size = layout.max_size,
					  .max_lines = layout.max_lines,
					  .furniture = layout.furniture,
					  .table_items = layout.table_items,
					  .claim_items = layout.claim_items } };
	open_document(text, strlen(text));
	ck_assert_int_eq(document_locate(&fake.ctx, &self, position, field, &place), 0);
	return place;
}

static bool place_is(const struct mu_place *p, uint64_t line, uint64_t column, const char *value)
{
	return p->line == line && p->column == column && p->value_len == strlen(value) &&
	       !memcmp(p->value, value, p->value_len);
}

START_TEST(every_value_is_found_again)
{
	struct mu_place p = locate(LETTER, 2, "station");

	ck_assert(place_is(&p, 10, 13, "Palestijnse gebieden, Westelijke Jordaanoever"));
	ck_assert_uint_eq(p.width, 45);
	ck_assert_uint_eq(p.page, 0);
	teardown();
	setup();
	p = locate("\f" LETTER, 0, "headcount");
	ck_assert(place_is(&p, 8, 34, "1"));
	ck_assert_uint_eq(p.page, 2);
	teardown();
	setup();
	p = locate(LETTER, 3, NULL);
	ck_assert(place_is(&p, 11, 1, "Totaal  8"));
	teardown();
	setup();
	p = locate(LETTER, 0, "as_of");
	ck_assert(place_is(&p, 3, 35, "24 november "));
}
END_TEST

START_TEST(places_differ_even_on_one_line)
{
	size_t n;

	self.layout.claim_items.count = 0;
	read_text(LETTER);
	n = self.scan->n_records;
	for (size_t i = 0; i < 3; i++)
		ck_assert_int_eq(record_add(self.scan, NULL, "x", self.scan->records[0].flat, 3),
				 0);
	for (size_t i = 0; i < 3; i++)
		ck_assert_uint_eq(self.scan->records[n + i].position,
				  self.scan->records[0].position + 1 + i);
}
END_TEST

START_TEST(a_letter_cut_anywhere_breaks_nothing)
{
	static const char letter[] =
		"\f" LETTER "Palestijnse gebieden, waar vier functionarissen\n";

	teardown();
	for (size_t len = 0; len < sizeof letter; len++) {
		char *exact = malloc(len ? len : 1);

		ck_assert_ptr_nonnull(exact);
		memcpy(exact, letter, len);
		setup();
		read_bytes(exact, len);
		/* What is cut off is never passed over in silence. */
		if (len <
		    sizeof letter -
			    strlen("Groet\nPalestijnse gebieden, waar vier functionarissen\n") - 4)
			ck_assert_uint_gt((size_t)fake.findings, 0);
		for (size_t i = 0; i < self.scan->n_records; i++) {
			struct mu_place place = { .size = sizeof place };

			ck_assert_int_eq(document_locate(&fake.ctx, &self,
							 self.scan->records[i].position,
							 "headcount", &place),
					 0);
		}
		teardown();
		free(exact);
	}
	setup();
}
END_TEST

START_TEST(a_letter_with_any_byte_changed_breaks_nothing)
{
	static const char bytes[] = { '\0', ' ', '\n', '\f', '(', '9', '\t' };
	size_t len = strlen(LETTER);
	char *letter = malloc(len);

	ck_assert_ptr_nonnull(letter);
	teardown();
	for (size_t i = 0; i < len; i++) {
		memcpy(letter, LETTER, len);
		/* What is no UTF-8 is the matter of another part. */
		if ((unsigned char)letter[i] >= 0x80)
			continue;
		letter[i] = bytes[i % sizeof bytes];
		setup();
		read_bytes(letter, len);
		teardown();
	}
	free(letter);
	setup();
}
END_TEST

static int configure_with(const struct column *with, size_t n, struct claim *claim)
{
	struct column items[4];
	int err;

	memcpy(items, with, n * sizeof *items);
	fake_release(&fake);
	setup();
	table.column_items = (struct mu_items){ n, items };
	if (claim)
		table.claim_items = (struct mu_items){ 1, claim };
	self.layout.claim_items.count = 0;
	err = document_configure(&fake.ctx, &self);
	layout_release(&self.layout);
	self.layout = (struct layout){ 0 };
	return err;
}

START_TEST(senseless_options_are_refused)
{
	struct column bad[2] = { columns[1], columns[3] };
	struct claim claim = { .name = "x", .match = "(?<nobody>a)" };

	ck_assert_int_eq(configure_with(bad, 2, NULL), 0 + EINVAL); /* captures of a claim */
	ck_assert_int_eq(configure_with(columns, 4, NULL), 0);
	ck_assert_int_eq(configure_with(columns, 4, &claim), EINVAL);
	bad[1] = bad[0];
	ck_assert_int_eq(configure_with(bad, 2, NULL), EINVAL);
	bad[1] = columns[0];
	bad[1].capture = "nothing";
	ck_assert_int_eq(configure_with(bad, 2, NULL), EINVAL);
	bad[1] = columns[3];
	bad[1].type = COLUMN_STRING;
	ck_assert_int_eq(configure_with(bad, 2, NULL), EINVAL);
}
END_TEST

static int programs_run;

static int print_words(struct mu_ctx *ctx, const struct mu_program *program, struct mu_printed *out)
{
	static const char printed[] =
		"\n<doc>\n<page width=\"9\" height=\"9\">\n"
		"<word xMin=\"1\" yMin=\"1\" xMax=\"2\" yMax=\"2\">Missienaam</word>\n"
		"</page>\n</doc>\n";

	(void)ctx, (void)program;
	*out = (struct mu_printed){ .data = (const uint8_t *)printed,
				    .len = strlen(printed),
				    .message = "" };
	programs_run++;
	return 0;
}

/* Whether another layout that allows so many bytes reads the same document anew. */
static bool reads_anew(int64_t max_output)
{
	struct self other = { .layout = { .max_lines = 100, .max_output = max_output } };
	int before = programs_run;

	ck_assert_int_eq(document_adopt(&fake.ctx, &other, &self), 0);
	ck_assert_int_eq(document_pages(&fake.ctx, &other, false), 0);
	ck_assert_uint_eq(other.pages.n_lines, 1);
	document_close(&fake.ctx, &other);
	return programs_run > before;
}

START_TEST(words_of_a_pdf_are_read_once_for_all_layouts)
{
	self.layout.max_output = 4096;
	fake.ctx.program_run = print_words;
	open_document("%PDF-1.4", 8);
	ck_assert_int_eq(document_pages(&fake.ctx, &self, false), 0);
	ck_assert(reads_anew(8192));
	ck_assert(!reads_anew(4096));
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("document");
	TCase *tests = tcase_create("document");
	SRunner *runner;
	int failures;

	tcase_set_timeout(tests, 120);
	tcase_add_checked_fixture(tests, setup, teardown);
	tcase_add_test(tests, lines_flow_together);
	tcase_add_test(tests, a_text_with_too_many_lines_is_refused);
	tcase_add_test(tests, no_break_spaces_hold_numbers_together);
	tcase_add_test(tests, furniture_and_page_breaks_are_no_lines);
	tcase_add_test(tests, a_header_may_stand_on_several_lines);
	tcase_add_test(tests, another_header_is_not_taken_for_it);
	tcase_add_test(tests, an_optional_column_may_be_absent);
	tcase_add_loop_test(tests, lines_are_cut_by_gaps_numbers_and_names, 0,
			    (int)(sizeof cuts / sizeof *cuts));
	tcase_add_loop_test(tests, a_line_that_is_no_row_is_an_error_and_stays, 0,
			    (int)(sizeof mistakes / sizeof *mistakes));
	tcase_add_test(tests, a_line_that_can_be_cut_in_several_ways_is_undecided);
	tcase_add_loop_test(tests, a_mission_that_is_known_decides, 0,
			    sizeof mission_cuts / sizeof *mission_cuts);
	tcase_add_test(tests, a_name_does_not_lose_its_brackets);
	tcase_add_test(tests, a_number_that_no_column_takes_is_told);
	tcase_add_test(tests, an_endless_line_costs_little);
	tcase_add_test(tests, a_letter_gives_its_rows_and_its_total);
	tcase_add_loop_test(tests, letters_that_look_otherwise_say_the_same, 0,
			    (int)(sizeof same / sizeof *same));
	tcase_add_loop_test(tests, what_is_wrong_with_a_letter_is_said_once, 0,
			    (int)(sizeof broken / sizeof *broken));
	tcase_add_test(tests, an_end_that_is_not_there_is_an_error);
	tcase_add_test(tests, a_table_may_end_with_a_blank_line);
	tcase_add_test(tests, rows_behind_a_blank_line_are_told);
	tcase_add_loop_test(tests, what_goes_on_behind_the_last_claim_is_told, 0,
			    sizeof behind_last / sizeof *behind_last);
	tcase_add_test(tests, what_is_known_and_not_read_is_not_told);
	tcase_add_test(tests, a_table_that_is_described_is_not_told);
	tcase_add_test(tests, an_end_behind_the_last_claim_ends_the_search);
	tcase_add_test(tests, many_lines_behind_a_table_are_counted);
	tcase_add_test(tests, a_heading_in_a_table_of_contents_is_no_table);
	tcase_add_loop_test(tests, rows_belong_to_the_total_below_them, 0,
			    sizeof grouped / sizeof *grouped);
	tcase_add_test(tests, an_optional_sentence_is_missed_where_its_cue_is);
	tcase_add_test(tests, claims_have_keys_and_measures);
	tcase_add_test(tests, a_table_that_is_optional_may_be_absent);
	tcase_add_test(tests, rows_come_in_batches);
	tcase_add_test(tests, every_value_is_found_again);
	tcase_add_test(tests, places_differ_even_on_one_line);
	tcase_add_test(tests, a_letter_cut_anywhere_breaks_nothing);
	tcase_add_test(tests, a_letter_with_any_byte_changed_breaks_nothing);
	tcase_add_test(tests, senseless_options_are_refused);
	tcase_add_test(tests, words_of_a_pdf_are_read_once_for_all_layouts);
	suite_add_tcase(suite, tests);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failures = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failures != 0;
}
