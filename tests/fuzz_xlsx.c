/*
 * A sheet to rows and findings, by expat alone and with plain rows read faster: both give
 * the same, whatever it holds.
 *
 * The first byte chooses options, the second what the others are: a sheet, or another
 * part, as they stand or put together from pieces; or all of a document.
 */
#include "fuzz.h"
#include "workbook.h"

#include "../plugins/parse/xlsx/xlsx.c"
#include "../plugins/parse/xlsx/serial.c"
#include "../plugins/parse/xlsx/strings.c"
#include "../plugins/parse/xlsx/styles.c"
#include "../plugins/parse/xlsx/workbook.c"
#include "../plugins/parse/xlsx/plain.c"
#include "../plugins/parse/xlsx/cells.c"

#define PACKAGE "http://schemas.openxmlformats.org/package/2006/relationships"
#define KIND    "http://schemas.openxmlformats.org/officeDocument/2006/relationships"

static const struct {
	const char *name, *text;
} parts[] = {
	{ "xl/worksheets/sheet1.xml",
	  "<worksheet xmlns='" MAIN "'><sheetData><row r='1'><c r='A1' t='s'><v>0</v></c></row>"
	  "<row r='2'><c r='A2' s='1'><v>45017</v></c></row></sheetData></worksheet>" },
	{ "xl/sharedStrings.xml",
	  "<sst xmlns='" MAIN
	  "'><si><t>a</t></si><si><t>b</t></si><si><t> x_x000A_</t></si></sst>" },
	{ "xl/styles.xml",
	  "<styleSheet xmlns='" MAIN "'><numFmts><numFmt numFmtId='164' formatCode='[h]:mm'/>"
	  "</numFmts><cellXfs><xf numFmtId='0'/><xf numFmtId='14'/><xf numFmtId='164'/></cellXfs>"
	  "</styleSheet>" },
	{ "xl/workbook.xml", "<workbook xmlns='" MAIN "' xmlns:r='" KIND "'><sheets>"
			     "<sheet name='S 1' r:id='s'/></sheets></workbook>" },
	{ "xl/_rels/workbook.xml.rels",
	  "<Relationships xmlns='" PACKAGE "'>"
	  "<Relationship Id='s' Type='" KIND "/worksheet' Target='worksheets/sheet1.xml'/>"
	  "<Relationship Id='t' Type='" KIND "/sharedStrings' Target='sharedStrings.xml'/>"
	  "<Relationship Id='u' Type='" KIND "/styles' Target='styles.xml'/></Relationships>" },
	{ "_rels/.rels",
	  "<Relationships xmlns='" PACKAGE "'><Relationship Id='a' "
	  "Type='" KIND "/officeDocument' Target='xl/workbook.xml'/></Relationships>" },
};

enum { PARTS = sizeof parts / sizeof *parts };

/* What a sheet is made of. */
static const char *const pieces[] = {
	"<row>",
	"</row>",
	"<row r=\"2\" spans=\"1:3\">",
	"<row r=\"5\" hidden=\"1\">",
	"<row r=\"9\" x:y=\"1\">",
	"<c>",
	"<c/>",
	"<c t=\"s\"><v>1</v></c>",
	"<c s=\"1\"><v>60</v></c>",
	"<c s=\"2\"><v>1.5</v></c>",
	"<c r=\"C2\"><f>A1</f></c>",
	"<c r=\"B5\" t=\"str\"><f>A1</f><v>",
	"<c t=\"inlineStr\"><is><t>",
	"</t></is></c>",
	"</v></c>",
	"<c t=\"b\"><v>1</v></c>",
	"<c t=\"e\"><v>#REF!</v></c>",
	"<c t=\"d\"><v>2001-02-03T04:05</v></c>",
	"<v>",
	"a",
	"12",
	"-1E5",
	"&lt;",
	"&#65;",
	"\xc3\xab",
	"\xed\xa0\x80",
	"]]>",
	"\r\n",
	" ",
	"_x0041_",
	"<!-- </row> -->",
	"<![CDATA[<c>]]>",
	"<row/>",
	"<sheetData>",
	"</sheetData>",
	"<row><c><v>1</v></c><c><v>2</v></c></row>",
	"<row><c t=\"inlineStr\"><is><t xml:space=\"preserve\"> a</t></is></c></row>",
	"<row><c r=\"AB7\" r=\"AB7\"/></row>",
	"</sheetData><mergeCells><mergeCell ref=\"A1:B3\"/></mergeCells><sheetData>",
};

static size_t sheet_make(char *out, const uint8_t *data, size_t len)
{
	static const char head[] = "<worksheet xmlns=\"" MAIN "\" xmlns:x=\"u\"><sheetData>",
			  tail[] = "</sheetData></worksheet>";
	size_t size = sizeof head - 1;

	memcpy(out, head, size);
	size += pieces_join(out + size, data, len, pieces, sizeof pieces / sizeof *pieces, 0);
	memcpy(out + size, tail, sizeof tail - 1);
	return size + sizeof tail - 1;
}

static void document_run(const struct self *model, const uint8_t *bytes, size_t len)
{
	struct outcome outcomes[2] = { { .err = 0 } };

	for (int slowly = 0; slowly < 2; slowly++) {
		struct self *self = malloc(sizeof *self);

		if (!self)
			abort();
		*self = *model;
		self->slowly = slowly;
		outcome_go(&outcomes[slowly], &muster_plugin, self, bytes, len);
		free(self);
	}
	if (outcomes[0].err != outcomes[1].err ||
	    strcmp(outcomes[0].lines.text ? outcomes[0].lines.text : "",
		   outcomes[1].lines.text ? outcomes[1].lines.text : "") != 0) {
		fprintf(stderr, "%s---\n%s", outcomes[0].lines.text, outcomes[1].lines.text);
		abort();
	}
	outcome_release(&outcomes[0]);
	outcome_release(&outcomes[1]);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct zipped zip = { .len = 0 };
	struct self model;
	size_t part, len, i;
	char *text;

	if (size < 2)
		return 0;
	model = (struct self){ .book = book_choose(data[0]) };
	part = data[1] % (PARTS + 4);
	if (part == PARTS) {
		document_run(&model, data + 2, size - 2);
		return 0;
	}
	text = malloc(size * 100 + 1000);
	if (!text)
		abort();
	len = size - 2;
	if (part > PARTS)
		len = sheet_make(text, data + 2, len);
	else
		memcpy(text, data + 2, len);
	for (i = 0; i < PARTS; i++)
		if (i == part || (!i && part > PARTS))
			zipped_add(&zip, parts[i].name, text, len);
		else
			zipped_add(&zip, parts[i].name, parts[i].text, strlen(parts[i].text));
	zipped_end(&zip);
	document_run(&model, zip.bytes, zip.len);
	zipped_release(&zip);
	free(text);
	return 0;
}
