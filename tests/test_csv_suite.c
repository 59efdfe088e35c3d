/*
 * What is in public test suites for CSV, in files of our own: each with the rows that
 * parse/csv gives and what it says of them.
 *
 * The plugin is loaded as the runner loads it, takes its options from YAML, and reads
 * each document as a whole or, where it can split, on one to three instances that take
 * turns; rows, lines and findings must be the same.  docs/csv.md tells which suites were
 * compared, and where muster differs from them on purpose.
 */
#include <check.h>
#include <dlfcn.h>
#include <inttypes.h>
#include <string.h>

#include "fake.h"
#include "config/option.h"

enum { INSTANCES = 3, ROWS = 300000 };

struct example {
	const char *name;
	const char *options; /* lines of YAML; NULL: none */
	const char *bytes;
	size_t len;
	const char *rows; /* "LINE:cell|cell", ~ is null */
	const char *says; /* codes of findings, in the order of their rows */
};

#define BYTES(text) .bytes = (text), .len = sizeof(text) - 1

static const struct example examples[] = {
	/* RFC 4180, section 2, rule by rule */
	{ "each record on a line of its own", NULL, BYTES("a,b\r\nx,y\r\nz,w\r\n"),
	  "2:x|y\n3:z|w\n", "" },
	{ "no line break behind the last record", NULL, BYTES("a,b\r\nx,y\r\nz,w"),
	  "2:x|y\n3:z|w\n", "" },
	{ "spaces are part of a cell", NULL, BYTES("a,b\r\n x ,  y\r\n"), "2: x |  y\n", "" },
	{ "the last cell has no delimiter behind it", NULL, BYTES("a,b\r\nx,y,\r\n"), "2:x|y\n",
	  "ragged" },
	{ "quotes around some cells", NULL, BYTES("a,\"b\"\r\n\"x\",y\r\nz,\"w\"\r\n"),
	  "2:x|y\n3:z|w\n", "" },
	{ "quotes around all cells", NULL, BYTES("\"a\",\"b\"\r\n\"x\",\"y\"\r\n"), "2:x|y\n", "" },
	{ "a delimiter in quotes", NULL, BYTES("a,b\r\n\"Gambia, The\",7\r\n"), "2:Gambia, The|7\n",
	  "" },
	{ "a line break in quotes", NULL, BYTES("a,b\r\n\"x\r\ny\",1\r\nz,2\r\n"),
	  "2:x\r\ny|1\n4:z|2\n", "" },
	{ "a doubled quote in quotes", NULL, BYTES("a,b\r\n\"the \"\"new\"\" one\",1\r\n"),
	  "2:the \"new\" one|1\n", "" },

	/* line breaks */
	{ "LF", NULL, BYTES("a,b\nx,y\nz,w\n"), "2:x|y\n3:z|w\n", "" },
	{ "CR", NULL, BYTES("a,b\rx,y\rz,w\r"), "2:x|y\n3:z|w\n", "" },
	{ "CR at the very end, none before", NULL, BYTES("a\rx\r"), "2:x\n", "" },
	{ "all kinds in one file", NULL, BYTES("a,b\r\nx,y\rz,w\nu,v\r\n"), "2:x|y\n3:z|w\n4:u|v\n",
	  "" },
	{ "a blank line behind each", NULL, BYTES("a,b\n\nx,y\n\n\nz,w\n\n"), "3:x|y\n6:z|w\n",
	  "" },
	{ "LF CR, which is two breaks", NULL, BYTES("a,b\n\rx,y\n\r"), "3:x|y\n", "" },
	{ "all kinds within cells", NULL,
	  BYTES("a,b\n\"1\n2\",\"1\r2\"\n\"1\r\n2\",\"\n\"\n\"\r\",\"\r\n\r\n\"\nx,y\n"),
	  "2:1\n2|1\r2\n5:1\r\n2|~\n8:~|~\n12:x|y\n", "" },
	{ "a break in the first and in the last cell of a row", NULL,
	  BYTES("a,b,c\n\"x\n\",y,\"\nz\"\nu,v,w\n"), "2:x\n|y|\nz\n5:u|v|w\n", "" },
	{ "a break in a name of the header", NULL, BYTES("a,\"b\nc\"\nx,y\n"), "3:x|y\n",
	  "control" },
	{ "what ends lines elsewhere does not here", NULL,
	  BYTES("a,b\nx\v,y\f\nu\xc2\x85,v\xe2\x80\xa8w\n"),
	  "2:x\v|y\f\n3:u\xc2\x85|v\xe2\x80\xa8w\n", "control control control" },

	/* nothing, and next to nothing */
	{ "an empty file", NULL, BYTES(""), "", "empty" },
	{ "one line break", NULL, BYTES("\n"), "", "empty" },
	{ "nothing but line breaks", NULL, BYTES("\r\n\n\r\r\n"), "", "empty" },
	{ "nothing but a byte order mark", NULL, BYTES("\xef\xbb\xbf"), "", "empty" },
	{ "a header alone", NULL, BYTES("a,b\n"), "", "no-rows" },
	{ "a header alone, without a break", NULL, BYTES("a,b"), "", "no-rows" },
	{ "blank lines before the header", NULL, BYTES("\n\na,b\nx,y\n"), "4:x|y\n", "" },
	{ "one cell", NULL, BYTES("a\nx"), "2:x\n", "" },
	{ "one column, and one cell of it empty in quotes", NULL, BYTES("a\nx\n\"\"\n\ny\n"),
	  "2:x\n3:~\n5:y\n", "" },
	{ "one column in quotes that hold quotes", NULL, BYTES("a\n\"\"\"\"\"\"\n\"x\"\n"),
	  "2:\"\"\n3:x\n", "" },
	{ "a line of spaces is no blank line", NULL, BYTES("a,b\nx,y\n  \nz,w\n"),
	  "2:x|y\n3:~|~\n4:z|w\n", "ragged" },

	/* empty cells */
	{ "empty cells everywhere", NULL, BYTES("a,b,c\n,,\nx,,\n,x,\n,,x\n"),
	  "2:~|~|~\n3:x|~|~\n4:~|x|~\n5:~|~|x\n", "" },
	{ "empty in quotes is empty", NULL, BYTES("a,b,c\n\"\",x,\"\"\n\"\",\"\",\"\"\n"),
	  "2:~|x|~\n3:~|~|~\n", "" },
	{ "empty at the very end", NULL, BYTES("a,b\nx,\n,"), "2:x|~\n3:~|~\n", "" },
	{ "empty in quotes at the very end", NULL, BYTES("a,b\nx,\"\""), "2:x|~\n", "" },
	{ "a cell of spaces is empty", NULL, BYTES("a,b\n  ,\"\t \"\n"), "2:~|~\n", "" },
	{ "the word null is a text like others", NULL, BYTES("a,b\nnull,NULL\n"), "2:null|NULL\n",
	  "" },
	{ "unless it is named", "columns: [{name: a, missing: ['null']}, {name: b}]",
	  BYTES("a,b\nnull,NULL\n"), "2:~|NULL\n", "" },

	/* quotes */
	{ "nothing but quotes in quotes", NULL, BYTES("a,b,c\n\"\"\"\",\"\"\"\"\"\",x\n"),
	  "2:\"|\"\"|x\n", "" },
	{ "quotes beside delimiters in quotes", NULL,
	  BYTES("a,b,c\n\"\"\",\"\"\",\",\"\"\",\"\"\",\"\n"), "2:\",\"|,\"|\",\n", "" },
	{ "quotes beside breaks in quotes", NULL,
	  BYTES("a,b\n\"\"\"\n\",\"\n\"\"\"\n\"\"\"\r\n\"\"\",z\n"), "2:\"\n|\n\"\n5:\"\r\n\"|z\n",
	  "" },
	{ "a quote at the end of quotes at the end of the file", NULL, BYTES("a\n\"x\"\"\""),
	  "2:x\"\n", "" },
	{ "text in JSON", NULL,
	  BYTES("n,geo\n1,\"{\"\"type\"\": \"\"Point\"\", \"\"at\"\": [4.5, 52]}\"\n"),
	  "2:1|{\"type\": \"Point\", \"at\": [4.5, 52]}\n", "" },
	{ "an inch", NULL, BYTES("a,b\n5\" gun,1\n6,2\n"), "2:5\" gun|1\n3:6|2\n", "stray-quote" },
	{ "a word in quotes in a cell without", NULL, BYTES("a,b\nthe \"new\" one,1\n"),
	  "2:the \"new\" one|1\n", "stray-quote" },
	{ "a quote at the end of a cell without", NULL, BYTES("a,b\nx\",1\n"), "2:x\"|1\n",
	  "stray-quote" },
	{ "doubled quotes in a cell without", NULL, BYTES("a,b\nx\"\"y,1\n"), "2:x\"\"y|1\n",
	  "stray-quote" },
	{ "spaces before quotes", NULL, BYTES("a,b\n \"x\",1\n"), "2: \"x\"|1\n", "stray-quote" },
	{ "a delimiter in quotes behind a space", NULL, BYTES("a,b\n \"x,y\",1\n"), "2: \"x|y\"\n",
	  "ragged stray-quote stray-quote" },
	{ "spaces behind quotes", NULL, BYTES("a,b\n\"x\" ,1\nz,2\n"), "2:~|1\n3:z|2\n", "quote" },
	{ "letters behind quotes", NULL, BYTES("a,b\n\"x\"y,1\nz,2\n"), "2:~|1\n3:z|2\n", "quote" },
	{ "a quote that should have been doubled", NULL, BYTES("a,b\n\"the \"new\" one\",1\nz,2\n"),
	  "2:~|1\n3:z|2\n", "quote" },
	{ "letters behind quotes at the end of a row", NULL, BYTES("a,b\n1,\"x\"y\n2,z\n"),
	  "2:1|~\n3:2|z\n", "quote" },
	{ "quotes that close at once", NULL, BYTES("a,b\n\"\"x\" y\",1\nz,2\n"), "2:~|1\n3:z|2\n",
	  "quote" },
	{ "a backslash escapes nothing", NULL, BYTES("a,b\n\"x\\\"y\",1\nz\\,2\n"),
	  "2:~|1\n3:z\\|2\n", "quote" },
	{ "no closing quote, rows behind it", NULL, BYTES("a,b\n1,\"x\n2,y\n3,z\n"), "2:1|~\n",
	  "quote unclosed" },
	{ "no closing quote in the last row", NULL, BYTES("a,b\n1,y\n2,\"x"), "2:1|y\n3:2|~\n",
	  "quote" },
	{ "nothing but an opening quote at the end", NULL, BYTES("a,b\n1,\""), "2:1|~\n", "quote" },
	{ "an opening quote too much swallows the next", NULL, BYTES("a,b\n\"x,1\n\"y\",2\n"),
	  "2:~|2\n", "quote" },
	{ "apostrophes are no quotes", NULL, BYTES("a,b\n'x','y z'\nd'or,'\n"),
	  "2:'x'|'y z'\n3:d'or|'\n", "" },
	{ "unless they are declared", "quote: \"'\"", BYTES("a,b\n'x,y','it''s'\n\"z,w\n"),
	  "2:x,y|it's\n3:\"z|w\n", "" },
	{ "quotes are letters when there are none", "quote: ''", BYTES("a,b\n\"x,y\"\n"),
	  "2:\"x|y\"\n", "" },

	/* widths */
	{ "a row too short", NULL, BYTES("a,b,c\n1,2\n1,2,3\n"), "2:1|2|~\n3:1|2|3\n", "ragged" },
	{ "a row too long", NULL, BYTES("a,b,c\n1,2,3,4\n1,2,3\n"), "2:1|2|3\n3:1|2|3\n",
	  "ragged" },
	{ "a delimiter too much at the end of each line", NULL, BYTES("a,b,\n1,2,\n3,4,\n"),
	  "2:1|2\n3:3|4\n", "header" },
	{ "two columns of one name", NULL, BYTES("a,b,a\n1,2,3\n"), "2:1|2\n", "column-twice" },

	/* delimiters */
	{ "semicolons", NULL, BYTES("a;b\nx, y;1,5\nz;2,5\n"), "2:x, y|1,5\n3:z|2,5\n", "" },
	{ "tabs", NULL, BYTES("a\tb\nx, y\t1;5\nz \t\"\t\"\n"), "2:x, y|1;5\n3:z |~\n", "" },
	{ "bars", NULL, BYTES("a|b\nx, y|1;5\n\"z|\"|2\n"), "2:x, y|1;5\n3:z||2\n", "" },
	{ "others only when declared", "delimiter: '^'", BYTES("a^b\nx,y^1\n"), "2:x,y|1\n", "" },
	{ "a space", "delimiter: ' '", BYTES("a b\n\"x y\" 1\n"), "2:x y|1\n", "" },

	/* characters */
	{ "UTF-8", NULL, BYTES("land,n\nCôte d'Ivoire,1\nTürkiye,2\n日本,3\n🏳,4\n"),
	  "2:Côte d'Ivoire|1\n3:Türkiye|2\n4:日本|3\n5:🏳|4\n", "" },
	{ "a byte order mark", NULL,
	  BYTES("\xef\xbb\xbf"
		"a,b\nx,y\n"),
	  "2:x|y\n", "" },
	{ "a byte order mark before quotes", NULL, BYTES("\xef\xbb\xbf\"a\",\"b\"\n\"x\",y\n"),
	  "2:x|y\n", "" },
	{ "a byte order mark elsewhere is no part of a cell", NULL, BYTES("a,b\n\xef\xbb\xbfx,y\n"),
	  "2:x|y\n", "" },
	{ "Windows' letters", "encoding: windows-1252", BYTES("a,b\nT\xfcrkiye,\x80\n"),
	  "2:Türkiye|€\n", "" },
	{ "a zero byte", NULL, BYTES("a,b\nx\0y,1\nz,2\n"), "2:~|1\n3:z|2\n", "zero-byte" },
	{ "a zero byte in quotes", NULL, BYTES("a,b\n\"x\0\",1\n\"\0\",2\n"), "2:~|1\n3:~|2\n",
	  "zero-byte zero-byte" },
	{ "a zero byte beside a delimiter and a break", NULL, BYTES("a,b\n\0,1\n2,\0\n"),
	  "2:~|1\n3:2|~\n", "zero-byte zero-byte" },
	{ "the end of MS-DOS is a cell", NULL, BYTES("a,b\nx,y\n\x1a"), "2:x|y\n3:\x1a|~\n",
	  "ragged control" },

	/* headers, comments, types */
	{ "no header", "header_rows: 0\ncolumns: [{name: a}, {name: b}]", BYTES("x,y\nz,w\n"),
	  "1:x|y\n2:z|w\n", "" },
	{ "lines before the header", "skip: 2", BYTES("Roster, 2024\n\"\na,b\nx,y\n"), "4:x|y\n",
	  "" },
	{ "there are no comments", NULL, BYTES("a,b\n#x,y\n"), "2:#x|y\n", "" },
	{ "columns in another order, and some not wanted",
	  "columns: [{name: n, header: Number, type: integer}, {name: a}]",
	  BYTES("b,Number,a\nx,7,y\n\"x\n\",8,z\n"), "2:7|y\n3:8|z\n", "" },
	{ "a column that may be absent, and is", "columns: [{name: a}, {name: b, optional: true}]",
	  BYTES("a\nx\n"), "2:x|~\n", "" },
	{ "quotes and spaces do not matter to numbers and dates",
	  "columns: [{name: n, type: integer}, {name: d, type: date}]",
	  BYTES("n,d\n\"12\",\" 2024-02-29\"\n -3 ,2023-02-28 \n"),
	  "2:12|2024-02-29\n3:-3|2023-02-28\n", "" },
	{ "what is no number", "columns: [{name: n, type: integer}, {name: b}]",
	  BYTES("n,b\n1x,1\n+1,2\n1.5,3\n\"1,000\",4\n9223372036854775808,5\n0x1,6\n1 2,7\n"),
	  "2:~|1\n3:~|2\n4:~|3\n5:~|4\n6:~|5\n7:~|6\n8:~|7\n",
	  "integer integer integer integer integer integer integer" },
	{ "numbers at their limits", "columns: [{name: n, type: integer}]",
	  BYTES("n\n9223372036854775807\n-9223372036854775808\n007\n-0\n"),
	  "2:9223372036854775807\n3:-9223372036854775808\n4:7\n5:0\n", "" },
	{ "what is no date", "columns: [{name: d, type: date}]",
	  BYTES("d\n2023-02-29\n2024-13-01\n2024-00-10\n2024-1-31\n24-01-31\n20240131\n"),
	  "2:~\n3:~\n4:~\n5:~\n6:~\n7:~\n", "date date date date date date" },
	{ "a claim",
	  "columns: [{name: a}, {name: n, type: integer}]\n"
	  "claims: [{name: total, column: a, match: Total}]",
	  BYTES("a,n\nx,1\n\" Total\",1\n"), "2:x|1\n3:~|1 total\n", "" },
};

static const struct mu_plugin *plugin;

static void plugin_load(void)
{
	void *library = dlopen(BUILD "/plugins/parse/csv.so", RTLD_NOW | RTLD_LOCAL);

	ck_assert_msg(library, "%s", dlerror());
	plugin = dlsym(library, "muster_plugin");
	ck_assert_ptr_nonnull(plugin);
}

/* An instance of the plugin, with a runner of its own. */
struct instance {
	struct fake fake;
	struct ArrowSchema schema;
	void *self;
};

struct row {
	uint64_t at, line;
	const char *text;
};

struct said {
	uint64_t at;
	char code[64];
};

static struct arena arena;
static struct instance instances[INSTANCES], locator;
static struct mu_piece pieces[1000];
static size_t n_pieces;
static struct row rows[ROWS];
static size_t n_rows;
static struct said said[1000];
static size_t n_said;

static int read_bytes(struct mu_ctx *ctx, uint64_t offset, void *out, size_t len, size_t *got)
{
	struct fake *f = fake_of(ctx);

	*got = offset < f->len ? f->len - (size_t)offset : 0;
	if (*got > len)
		*got = len;
	if (*got)
		memcpy(out, f->bytes + offset, *got);
	return 0;
}

static void options_fill(const char *text, void *self)
{
	char *yaml = arena_printf(&arena, "parse: csv\n%s\n", text ? text : "");
	struct diagnostics found = { .path = "x.yaml", .text = yaml, .len = strlen(yaml) };
	struct option_fill fill = { .arena = &arena, .folder = "/", .what = "parse/csv" };

	fill.out = &found;
	ck_assert(option_fill(&fill, plugin->options, yaml_read(&arena, &found), "parse", self));
	free(fill.places);
	diagnostics_release(&found);
}

static void instance_open(struct instance *it, const struct example *e)
{
	fake_init(&it->fake);
	it->fake.ctx.read = read_bytes;
	fake_document(&it->fake, e->bytes, e->len);
	it->self = calloc(1, plugin->self_size);
	options_fill(e->options, it->self);
	ck_assert_int_eq(plugin->configure(&it->fake.ctx, it->self), 0);
	ck_assert_int_eq(plugin->open(&it->fake.ctx, it->self, &it->schema), 0);
}

static void findings_keep(const struct fake *f)
{
	size_t i;

	for (i = 0; i < f->findings; i++) {
		ck_assert_uint_lt(n_said, sizeof said / sizeof *said);
		said[n_said].at = f->ats[i];
		memcpy(said[n_said++].code, f->codes[i], sizeof said->code);
	}
}

static void instance_close(struct instance *it)
{
	findings_keep(&it->fake);
	plugin->close(&it->fake.ctx, it->self);
	mu_schema_release(&it->schema);
	free(it->self);
	fake_release(&it->fake);
}

static void row_keep(const struct ArrowSchema *schema, const struct ArrowArray *batch, int64_t i)
{
	struct mu_rows hidden = mu_rows(schema, batch);
	char space[MU_FORMAT_MAX];
	struct text text = { 0 };
	struct mu_string value;
	int64_t c;

	for (c = 0; c < mu_schema_visible(schema); c++) {
		struct mu_column column = mu_column(schema, batch, c);

		text_puts(&text, c ? "|" : "");
		value = mu_format(&column, i, space);
		if (mu_null(&column, i))
			text_puts(&text, "~");
		else
			text_add(&text, value.data, value.len);
	}
	if (mu_row_is_claim(&hidden, i)) {
		value = mu_get_string(&hidden.claim, i);
		text_printf(&text, " %.*s", (int)value.len, value.data);
	}
	ck_assert_uint_lt(n_rows, ROWS);
	rows[n_rows++] = (struct row){ .at = mu_row_at(&hidden, i),
				       .text = arena_copy(&arena, text.data, text.len) };
	text_release(&text);
}

static void parse_all(struct instance *it)
{
	struct ArrowArray batch;
	int64_t i;

	for (;;) {
		ck_assert_int_eq(plugin->parse(&it->fake.ctx, it->self, &batch), 0);
		if (!batch.release)
			return;
		for (i = 0; i < batch.length; i++)
			row_keep(&it->schema, &batch, i);
		mu_array_release(&batch);
	}
}

/* In pieces, which the instances take in turn. */
static void parse_split(size_t count)
{
	struct mu_piece piece = { .from = 0 };
	size_t turn;

	for (turn = 0;; turn++) {
		struct instance *it = &instances[turn % count];
		struct mu_piece begin = piece;

		ck_assert_int_eq(plugin->split(&it->fake.ctx, it->self, &piece), 0);
		if (piece.to == piece.from)
			break;
		ck_assert_uint_lt(n_pieces, sizeof pieces / sizeof *pieces);
		pieces[n_pieces++] = (struct mu_piece){ begin.from, piece.to, begin.mark };
		parse_all(it);
		piece.from = piece.to;
	}
	for (turn = 1; turn < count; turn++) {
		ck_assert_int_eq(plugin->merge(&instances[0].fake.ctx, instances[0].self,
					       instances[turn].self),
				 0);
		instance_close(&instances[turn]);
	}
	ck_assert_int_eq(plugin->split(&instances[0].fake.ctx, instances[0].self, &piece), 0);
	ck_assert_uint_eq(piece.to, piece.from);
	parse_all(&instances[0]);
}

static int compare_rows(const void *a, const void *b)
{
	const struct row *one = a, *other = b;

	return (one->at > other->at) - (one->at < other->at);
}

/* Findings of no row come last; those of one row keep their order. */
static void said_sort(void)
{
	size_t i, j;

	for (i = 1; i < n_said; i++) {
		struct said s = said[i];

		for (j = i; j && said[j - 1].at - 1 > s.at - 1; j--)
			said[j] = said[j - 1];
		said[j] = s;
	}
}

static void rows_locate(const struct example *e)
{
	struct mu_place place;
	size_t i;

	instance_open(&locator, e);
	locator.fake.ctx.pieces = pieces;
	locator.fake.ctx.n_pieces = n_pieces;
	for (i = 0; i < n_rows; i++) {
		place = (struct mu_place){ .size = sizeof place };
		ck_assert_int_eq(plugin->locate(&locator.fake.ctx, locator.self,
						mu_at_position(rows[i].at), NULL, &place),
				 0);
		rows[i].line = place.line;
	}
	locator.fake.findings = 0;
	instance_close(&locator);
}

/* Reads it on `count` instances; 0: as a whole. */
static void document_read(const struct example *e, size_t count)
{
	size_t i;

	n_rows = n_said = n_pieces = 0;
	for (i = 0; i < (count ? count : 1); i++)
		instance_open(&instances[i], e);
	if (count)
		parse_split(count);
	else
		parse_all(&instances[0]);
	instance_close(&instances[0]);
	qsort(rows, n_rows, sizeof *rows, compare_rows);
	for (i = 1; i < n_rows; i++)
		ck_assert_uint_lt(rows[i - 1].at, rows[i].at);
	said_sort();
	rows_locate(e);
}

static void rows_are(const struct example *e, size_t from, size_t to, uint64_t line,
		     const char *wanted)
{
	struct text seen = { 0 };
	size_t i;

	for (i = from; i < to && i < n_rows; i++)
		text_printf(&seen, "%" PRIu64 ":%s\n", rows[i].line - line, rows[i].text);
	ck_assert_msg(!strcmp(seen.data ? seen.data : "", wanted),
		      "%s: expected\n%sbut there is\n%s", e->name, wanted,
		      seen.data ? seen.data : "");
	text_release(&seen);
}

static void said_is(const struct example *e)
{
	struct text seen = { 0 };
	size_t i;

	for (i = 0; i < n_said; i++)
		text_printf(&seen, "%s%s", i ? " " : "", said[i].code);
	ck_assert_msg(!strcmp(seen.data ? seen.data : "", e->says),
		      "%s: expected '%s', but it says '%s'", e->name, e->says,
		      seen.data ? seen.data : "");
	text_release(&seen);
}

static void example_is_read(const struct example *e)
{
	size_t count, from = plugin->split ? 1 : 0, to = plugin->split ? INSTANCES : 0;

	for (count = from; count <= to; count++) {
		document_read(e, count);
		rows_are(e, 0, n_rows, 0, e->rows);
		said_is(e);
		arena_release(&arena);
	}
}

START_TEST(examples_are_read)
{
	plugin_load();
	example_is_read(&examples[_i]);
}
END_TEST

/* The examples that are a header of two columns in the first line, in a file so long that
 * it is cut, at other places each time. */
static bool has_plain_header(const struct example *e)
{
	static const char header[] = "a,b\n";

	return !e->options && e->len > sizeof header && !memcmp(e->bytes, header, 4) &&
	       !strstr(e->says, "unclosed") && e->bytes[e->len - 1] == '\n';
}

static void filler_add(struct text *text, size_t bytes, unsigned width)
{
	size_t until = text->len + bytes;

	while (text->len < until)
		text_printf(text, "%0*u,\"%s\"\n", (int)width, 1u,
			    width & 1 ? "x\n\"\"y\"\"," : "z");
}

static uint64_t lines_count(const char *bytes, size_t len)
{
	uint64_t lines = 0;
	size_t i;

	for (i = 0; i < len; i++)
		lines += bytes[i] == '\n';
	return lines;
}

static size_t rows_count(const char *wanted)
{
	size_t count = 0;

	for (; *wanted; wanted++)
		count += wanted[0] >= '0' && wanted[0] <= '9' && wanted[1] == ':';
	return count;
}

static void example_is_read_amid(const struct example *e, size_t before, unsigned width)
{
	struct example longer = *e;
	struct text text = { 0 };
	size_t first;
	uint64_t line;

	text_add(&text, e->bytes, 4);
	filler_add(&text, before, width);
	line = lines_count(text.data, text.len) - 1;
	text_add(&text, e->bytes + 4, e->len - 4);
	filler_add(&text, 200000, width);
	longer.bytes = text.data;
	longer.len = text.len;
	document_read(&longer, plugin->split ? 2 : 0);
	for (first = 0; first < n_rows && rows[first].line < line + 2; first++)
		;
	rows_are(e, first, first + rows_count(e->rows), line, e->rows);
	said_is(e);
	text_release(&text);
	arena_release(&arena);
}

START_TEST(examples_are_read_amid_other_rows)
{
	size_t i = (size_t)_i;

	plugin_load();
	if (has_plain_header(&examples[i]))
		example_is_read_amid(&examples[i], (1 << 18) - 60 + i, (unsigned)(3 + i % 7));
}
END_TEST

START_TEST(a_cell_can_be_very_long)
{
	static const char *const around[] = { "", "\"" };
	struct text text = { 0 }, wanted = { 0 };
	struct example e = { .name = "a very long cell", .says = "" };
	size_t i;

	plugin_load();
	for (i = 0; i < 2; i++) {
		text_clear(&text);
		text_clear(&wanted);
		text_printf(&text, "a,b\n%s", around[i]);
		text_repeat(&text, 'x', 1 << 20);
		text_printf(&text, "%s,1\nz,2\n", around[i]);
		text_puts(&wanted, "2:");
		text_repeat(&wanted, 'x', 1 << 20);
		text_puts(&wanted, "|1\n3:z|2\n");
		e.bytes = text.data;
		e.len = text.len;
		e.rows = i ? "2:~|1\n3:z|2\n" : wanted.data; /* the quotes count */
		e.says = i ? "too-long" : "";
		example_is_read(&e);
	}
	text_release(&text);
	text_release(&wanted);
}
END_TEST

START_TEST(a_cell_can_have_very_many_lines)
{
	struct text text = { 0 }, wanted = { 0 };
	struct example e = { .name = "a cell of many lines", .says = "" };

	plugin_load();
	text_puts(&text, "a,b\n\"");
	text_repeat(&text, '\n', 300000);
	text_puts(&text, "x\",1\nz,2\n");
	text_puts(&wanted, "2:");
	text_repeat(&wanted, '\n', 300000);
	text_puts(&wanted, "x|1\n300003:z|2\n");
	e.bytes = text.data;
	e.len = text.len;
	e.rows = wanted.data;
	example_is_read(&e);
	text_release(&text);
	text_release(&wanted);
}
END_TEST

START_TEST(there_can_be_very_many_columns)
{
	enum { N = 1000 };
	struct text text = { 0 }, wanted = { 0 };
	struct example e = { .name = "many columns", .says = "" };
	int i;

	plugin_load();
	for (i = 0; i < N; i++)
		text_printf(&text, "c%d%c", i, i == N - 1 ? '\n' : ',');
	for (i = 0; i < N; i++)
		text_printf(&text, i % 3 ? "%d%c" : "\"%d\"%c", i, i == N - 1 ? '\n' : ',');
	text_repeat(&text, ',', N - 1);
	text_puts(&wanted, "2:0");
	for (i = 1; i < N; i++)
		text_printf(&wanted, "|%d", i);
	text_puts(&wanted, "\n3:~");
	for (i = 1; i < N; i++)
		text_puts(&wanted, "|~");
	text_puts(&wanted, "\n");
	e.bytes = text.data;
	e.len = text.len;
	e.rows = wanted.data;
	example_is_read(&e);
	text_release(&text);
	text_release(&wanted);
}
END_TEST

int main(void)
{
	enum { N = sizeof examples / sizeof *examples };
	Suite *suite = suite_create("csv suite");
	TCase *csv = tcase_create("csv suite");
	SRunner *runner = srunner_create(suite);
	int failed;

	tcase_set_timeout(csv, 120);
	tcase_add_loop_test(csv, examples_are_read, 0, N);
	tcase_add_loop_test(csv, examples_are_read_amid_other_rows, 0, N);
	tcase_add_test(csv, a_cell_can_be_very_long);
	tcase_add_test(csv, a_cell_can_have_very_many_lines);
	tcase_add_test(csv, there_can_be_very_many_columns);
	suite_add_tcase(suite, csv);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed != 0;
}
