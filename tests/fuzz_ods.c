/*
 * Tables of OpenDocument to rows and findings.
 *
 * The first byte chooses options, the second whether the others are content.xml as it
 * stands, put together from pieces, or all of a document.
 */
#include "fuzz.h"
#include "workbook.h"

#include "../plugins/parse/ods/ods.c"
#include "../plugins/parse/ods/value.c"
#include "../plugins/parse/ods/content.c"

static const char head[] = "<o:document-content xmlns:o='" OFFICE "' xmlns:t='" TABLES
			   "' xmlns:x='" TEXTS "' xmlns:c='" CALC "'><o:body><o:spreadsheet>"
			   "<t:table t:name='S 1'>",
		  tail[] = "</t:table></o:spreadsheet></o:body></o:document-content>";

/* What a table is made of. */
static const char *const pieces[] = {
	"<t:table-row>",
	"</t:table-row>",
	"<t:table-row t:number-rows-repeated='3'>",
	"<t:table-row t:visibility='collapse'>",
	"<t:table-row t:number-rows-repeated='1048575'/>",
	"<t:table-cell/>",
	"<t:table-cell t:number-columns-repeated='16384'/>",
	"<t:table-cell o:value-type='float' o:value='12' t:number-columns-repeated='3'/>",
	"<t:table-cell o:value-type='date' o:date-value='2001-02-03T04:05:06.7'/>",
	"<t:table-cell o:value-type='time' o:time-value='PT14H30M05.25S'/>",
	"<t:table-cell o:value-type='boolean' o:boolean-value='true'/>",
	"<t:table-cell o:value-type='string' o:string-value='a'/>",
	"<t:table-cell t:number-rows-spanned='2' t:number-columns-spanned='2'>",
	"<t:table-cell c:value-type='error' o:value-type='string'>",
	"<t:table-cell t:formula='of:=1'>",
	"</t:table-cell>",
	"<t:covered-table-cell/>",
	"<x:p>",
	"</x:p>",
	"<x:p>a  b</x:p>",
	"<x:s x:c='3'/>",
	"<x:tab/>",
	"<x:line-break/>",
	"<o:annotation><x:p>n</x:p></o:annotation>",
	"<t:table t:name='inner'><t:table-row/></t:table>",
	"</t:table><t:table t:name='2'>",
	"-",
	" ",
	"\xc3\xab",
	"12",
	"<t:table-column t:visibility='collapse' t:number-columns-repeated='2'/>",
};

static size_t content_make(char *out, const uint8_t *data, size_t len)
{
	size_t size = sizeof head - 1;

	memcpy(out, head, size);
	size += pieces_join(out + size, data, len, pieces, sizeof pieces / sizeof *pieces, 0);
	memcpy(out + size, tail, sizeof tail - 1);
	return size + sizeof tail - 1;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct outcome outcome = { .err = 0 };
	struct zipped zip = { .len = 0 };
	struct self self;
	char *text;
	size_t len;

	if (size < 2)
		return 0;
	self = (struct self){ .book = book_choose(data[0]) };
	if (data[0] & 64)
		self.book.sheet.sheet = "2";
	text = malloc(size * 100 + 1000);
	if (!text)
		abort();
	len = size - 2;
	if (data[1] & 1)
		len = content_make(text, data + 2, len);
	else
		memcpy(text, data + 2, len);
	zipped_add(&zip, "content.xml", text, len);
	zipped_end(&zip);
	if (data[1] == 2)
		outcome_go(&outcome, &muster_plugin, &self, data + 2, size - 2);
	else
		outcome_go(&outcome, &muster_plugin, &self, zip.bytes, zip.len);
	outcome_release(&outcome);
	zipped_release(&zip);
	free(text);
	return 0;
}
