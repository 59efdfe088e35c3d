#include "guess.h"

#include <stdlib.h>
#include <string.h>

#include "run.h"

#define MARKS_MAX 4 /* texts that may stand for "there is no value" in a column */

/* What is going to be a draft. */
struct draft {
	struct loader *loader;
	const char *path;
	char *name; /* of the pipeline, its source and its output */
	const struct plugin *parser;
	struct text options; /* of the parser, as it drafted them */
	bool columns;        /* they name the columns */
	double score;
};

/* ---------------------------------------------------------------- parsers */

/* Asks one parser; it is taken when it is surer than those before. */
static void ask(struct draft *g, const struct plugin *parser, struct run *run)
{
	static const struct yaml_node nothing = { .kind = YAML_MAP };
	struct stage_config config = { .name = "guess", .plugin = parser, .map = &nothing };
	struct mu_guess guess;
	struct stage s = { 0 };
	int err = stage_guess(&s, &config, run->pipeline, run, run->documents.items[0], &guess);

	if (!err && guess.score > g->score) {
		g->parser = parser;
		g->score = guess.score;
		g->columns = guess.columns;
		text_clear(&g->options);
		text_puts(&g->options, guess.options ? guess.options : "");
	}
	stage_close(&s);
}

static int ask_all(struct draft *g, struct text *why)
{
	struct pipeline pipeline = { .folder = "/", .name = "guess" };
	struct run run = { .pipeline = &pipeline, .loader = g->loader };
	struct mu_document d = { .size = sizeof d, .path = g->path, .uri = g->path };
	const char *const *names = loader_names(g->loader, STEP_PARSE);
	struct text unused = { 0 };
	int err = documents_add(&run.documents, &d, "guess", 0, why);

	pthread_mutex_init(&run.lock, NULL);
	rejections_init(&run.rejections);
	for (; !err && *names; names++) {
		const struct plugin *p = loader_find(g->loader, STEP_PARSE, *names, &unused, NULL);

		if (p && p->api.guess)
			ask(g, p, &run);
	}
	text_release(&unused);
	run_release(&run);
	if (!err && !g->parser) {
		text_printf(why, "%s: no parser knows such a document", g->path);
		err = EINVAL;
	}
	return err;
}

/* ------------------------------------------------------------------- YAML */

static bool is_plain(const char *text)
{
	static const char *const words[] = { "true", "false", "null", "yes", "no",
					     "on",   "off",   "y",    "n",   NULL };
	static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_"
				      "0123456789";
	size_t i, len = strlen(text);

	for (i = 0; words[i]; i++)
		if (!strcasecmp(text, words[i]))
			return false;
	if (!len || !memchr(letters, *text, 53) || text[len - 1] == ' ')
		return false;
	for (i = 0; i < len; i++)
		if (!strchr(letters, text[i]) && text[i] != ' ' && text[i] != '-' &&
		    text[i] != '.' && text[i] != '/')
			return false;
	return true;
}

/* A scalar that gives this text again. */
static void add_scalar(struct text *out, const char *text)
{
	const char *at;

	if (is_plain(text)) {
		text_puts(out, text);
		return;
	}
	/* JSON is YAML, and "$${" is a "${" that names no variable. */
	for (at = text; strstr(at, "${"); at = strstr(at, "${") + 2)
		;
	if (at == text) {
		text_add_json(out, text, strlen(text));
	} else {
		struct text safe = { 0 };

		for (at = text; *at; at++) {
			if (at[0] == '$' && at[1] == '{')
				text_putc(&safe, '$');
			text_putc(&safe, *at);
		}
		text_add_json(out, safe.data, safe.len);
		text_release(&safe);
	}
}

/* ----------------------------------------------------------------- columns */

enum { IS_INTEGER, IS_NUMBER, IS_DATE, IS_BOOLEAN, IS_STRING };
static const char *const type_names[] = { "integer", "number", "date", "boolean", "string" };

struct column_guess {
	size_t reads[IS_STRING]; /* cells that read as each type */
	size_t filled;
	const char *marks[MARKS_MAX]; /* texts in other cells that mean no value */
	size_t n_marks;
	bool others; /* there are texts that do not */
	int type;
	bool measure;
};

static void cell_count(struct column_guess *c, const char *cell)
{
	struct mu_string s = mu_trim(mu_string(cell));
	int64_t integer;
	int32_t date;
	double number;
	bool boolean;

	c->reads[IS_INTEGER] += mu_parse_integer(s, &integer);
	c->reads[IS_NUMBER] += mu_parse_number(s, &number);
	c->reads[IS_DATE] += mu_parse_date(s, &date);
	c->reads[IS_BOOLEAN] += s.len > 1 && mu_parse_boolean(s, &boolean);
	c->filled++;
}

/* What people write where they have no number. */
static bool is_mark(const char *cell)
{
	static const char *const marks[] = { "NA",   "N/A",     "n/a",  "na",   "NULL", "null",
					     "NaN",  "nan",     "-",    "--",   "–",    "—",
					     ".",    "..",      "...",  "*",    "x",    "X",
					     "?",    ":",       "#N/A", "N.A.", "n.a.", "None",
					     "none", "unknown", NULL };
	size_t i;

	for (i = 0; marks[i]; i++)
		if (!strcmp(marks[i], cell))
			return true;
	return false;
}

static void mark_note(struct column_guess *c, const char *cell)
{
	size_t i;

	for (i = 0; i < c->n_marks; i++)
		if (!strcmp(c->marks[i], cell))
			return;
	if (c->n_marks < MARKS_MAX)
		c->marks[c->n_marks++] = cell;
	else
		c->others = true;
}

static bool is_blank(const char *cell)
{
	return !cell || !mu_trim(mu_string(cell)).len;
}

/* Names of columns whose whole numbers count nothing. */
static bool is_name_of_label(const char *name)
{
	static const char *const words[] = { "year",  "jaar",     "jahr",      "anno",  "annee",
					     "ano",   "month",    "day",       "id",    "code",
					     "ccode", "index",    "key",       "week",  "quarter",
					     "rank",  "nr",       "postcode",  "phone", "lat",
					     "lon",   "latitude", "longitude", NULL };
	const char *at = name;
	size_t len, i;

	while (*at) {
		at += strcspn(at, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ");
		len = strspn(at, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ");
		for (i = 0; words[i] && len; i++)
			if (len == strlen(words[i]) && !strncasecmp(words[i], at, len))
				return true;
		at += len;
	}
	return false;
}

/* The narrowest type that all cells have, but for marks. */
static void type_choose(struct column_guess *c, const char *name)
{
	static const int order[] = { IS_INTEGER, IS_DATE, IS_BOOLEAN, IS_NUMBER };
	size_t i, values = c->filled;

	c->type = IS_STRING;
	for (i = 0; i < sizeof order / sizeof *order && c->type == IS_STRING; i++)
		if (values && !c->others && c->reads[order[i]] == values)
			c->type = order[i];
	if (c->type == IS_STRING)
		c->n_marks = 0;
	c->measure = c->type == IS_INTEGER && !is_name_of_label(name);
}

static void column_look(const struct rowset *rows, size_t column, struct column_guess *c)
{
	const char *name = rows->schema.children[column]->name;
	size_t i;

	for (i = 0; i < rows->count; i++) {
		const char *cell = rows->rows[i].cells[column];

		if (is_blank(cell))
			continue;
		if (is_mark(cell))
			mark_note(c, cell);
		else
			cell_count(c, cell);
	}
	type_choose(c, name);
}

/* Letters and digits of the header, in lower case; the header itself where it has others. */
static void add_name(struct text *out, const char *header)
{
	const char *at;
	bool between = false;

	for (at = header; *at; at++)
		if ((unsigned char)*at >= 0x80)
			break;
	if (*at || !header[strcspn(header, "abcdefghijklmnopqrstuvwxyz"
					   "ABCDEFGHIJKLMNOPQRSTUVWXYZ")]) {
		text_puts(out, header);
		return;
	}
	for (at = header; *at; at++) {
		char c = *at >= 'A' && *at <= 'Z' ? (char)(*at - 'A' + 'a') : *at;

		if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9')) {
			if (between && out->len)
				text_putc(out, '_');
			text_putc(out, c);
			between = false;
		} else {
			between = true;
		}
	}
}

/* The names of all columns, each once; to be freed, they too. */
static char **names_make(const struct rowset *rows)
{
	char **names = mem_alloc((rows->n_columns + 1) * sizeof(char *));
	struct mu_map taken = { 0 };
	size_t i;

	for (i = 0; i < rows->n_columns; i++) {
		const char *header = rows->schema.children[i]->name;
		struct text name = { 0 };
		size_t before = taken.count;

		add_name(&name, header);
		if (mu_map_add(&taken, name.data, name.len) == SIZE_MAX)
			mem_exhausted();
		if (taken.count == before) {
			text_clear(&name);
			text_puts(&name, header);
		}
		names[i] = name.data;
	}
	mu_map_release(&taken);
	return names;
}

static void names_free(char **names, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		free(names[i]);
	free(names);
}

static void add_column(struct text *out, const struct column_guess *c, const char *name,
		       const char *header)
{
	size_t i;

	text_puts(out, "        - {name: ");
	add_scalar(out, name);
	if (strcmp(name, header) != 0) {
		text_puts(out, ", header: ");
		add_scalar(out, header);
	}
	if (c->type != IS_STRING)
		text_printf(out, ", type: %s", type_names[c->type]);
	if (c->measure)
		text_puts(out, ", measure: true");
	for (i = 0; i < c->n_marks; i++) {
		text_puts(out, i ? ", " : ", missing: [");
		text_add_json(out, c->marks[i], strlen(c->marks[i]));
	}
	text_puts(out, c->n_marks ? "]}\n" : "}\n");
}

/* ------------------------------------------------------------------ claims */

/* What totals are called in tables, as whole cells. */
static bool is_total(const char *cell)
{
	static const char *const words[] = { "total",   "totals",   "grand total", "totaal",
					     "totale",  "gesamt",   "insgesamt",   "summe",
					     "sum",     "subtotal", "sub-total",   "total général",
					     "totales", "all",      "overall",     "итого",
					     "всего",   "toplam",   "razem",       "celkem",
					     "totalt",  NULL };
	struct mu_string s = mu_trim(mu_string(cell));
	size_t i;

	if (s.len && s.data[s.len - 1] == ':')
		s.len--;
	for (i = 0; words[i]; i++)
		if (s.len == strlen(words[i]) && !strncasecmp(s.data, words[i], s.len))
			return true;
	return false;
}

/* A column of texts, of which fewer than half are one that totals have. */
static size_t add_claim(struct text *out, const struct rowset *rows, size_t column,
			const char *name, size_t said)
{
	const char *match = NULL;
	size_t n = 0, i;

	for (i = 0; i < rows->count; i++) {
		const char *cell = rows->rows[i].cells[column];

		if (is_blank(cell) || (match ? strcmp(cell, match) != 0 : !is_total(cell)))
			continue;
		match = cell;
		n++;
	}
	if (!n || 2 * n >= rows->count)
		return said;
	text_puts(out, said ? "" : "      claims:\n");
	text_printf(out, "        - {name: ");
	add_scalar(out, said ? name : "total");
	text_puts(out, ", column: ");
	add_scalar(out, name);
	text_puts(out, ", match: ");
	add_scalar(out, match);
	text_puts(out, "}\n");
	return said + 1;
}

/* ------------------------------------------------------------------- draft */

static void add_options(struct text *out, const char *options)
{
	while (*options) {
		size_t len = strcspn(options, "\n");

		text_puts(out, len ? "      " : "");
		text_add(out, options, len);
		text_putc(out, '\n');
		options += len + (options[len] == '\n');
	}
}

static void add_head(struct text *out, const struct draft *g)
{
	text_printf(out, "muster: 1\nname: %s\n\nsources:\n  %s:\n    - fetch: file\n      path: ",
		    g->name, g->name);
	add_scalar(out, g->path);
	text_printf(out, "\n    - parse: %s\n", g->parser->name);
	add_options(out, g->options.data ? g->options.data : "");
}

static void add_tail(struct text *out, const struct draft *g, bool totals)
{
	text_printf(out, "%s\ndataset:\n  - export: csv\n    path: %s.csv\n",
		    totals ? "    - validate: totals\n" : "", g->name);
}

static void add_columns(struct text *out, const struct rowset *rows, bool *totals)
{
	struct column_guess *columns = mem_alloc((rows->n_columns + 1) * sizeof *columns);
	char **names = names_make(rows);
	size_t claims = 0, measures = 0, i;

	text_puts(out, "      columns:\n");
	for (i = 0; i < rows->n_columns; i++) {
		column_look(rows, i, &columns[i]);
		/* More cannot be counted. */
		columns[i].measure = columns[i].measure && measures < BALANCE_MEASURES;
		measures += columns[i].measure;
		add_column(out, &columns[i], names[i], rows->schema.children[i]->name);
	}
	for (i = 0; measures && i < rows->n_columns; i++)
		if (columns[i].type == IS_STRING)
			claims = add_claim(out, rows, i, names[i], claims);
	*totals = claims > 0;
	names_free(names, rows->n_columns);
	free(columns);
}

/* A run of a draft, to be released together with its pipeline. */
struct trial {
	struct pipeline pipeline;
	struct run run;
};

/* Runs a draft without publishing; false when it is not even a pipeline, with the reason. */
static bool try(const struct draft *g, const char *text, size_t sample, struct trial *t,
		struct text *why)
{
	*t = (struct trial){ 0 };
	t->run = (struct run){
		.pipeline = &t->pipeline,
		.loader = g->loader,
		.options = { .dry_run = true, .compare = true, .sample = sample, .verbosity = -1 },
	};
	if (pipeline_read_text(&t->pipeline, "draft", text, g->loader) ||
	    pipeline_check(&t->pipeline)) {
		diagnostics_print(&t->pipeline.diagnostics, why, false);
		return false;
	}
	run_pipeline(&t->run);
	if (t->pipeline.diagnostics.count)
		diagnostics_print(&t->pipeline.diagnostics, why, false);
	else if (t->run.failure.len)
		text_puts(why, t->run.failure.data);
	return true;
}

static void trial_release(struct trial *t)
{
	if (t->run.loader && t->run.records)
		run_release(&t->run);
	pipeline_release(&t->pipeline);
}

/* Lines of a comment. */
static void add_comment(struct text *out, const char *text)
{
	struct text shown = { 0 };

	while (*text) {
		size_t len = strcspn(text, "\n");

		text_clear(&shown);
		text_add_visible(&shown, text, len);
		text_printf(out, "#   %s\n", shown.data ? shown.data : "");
		text += len + (text[len] == '\n');
	}
	text_release(&shown);
}

/* What came of the draft when it was run. */
static void add_outcome(struct text *out, const struct draft *g, const char *draft)
{
	struct trial t;
	struct text why = { 0 };
	const struct run *run = &t.run;
	size_t i, shown = 0;

	text_printf(out, "# A first draft for %s, to be read line by line.\n", g->path);
	try(g, draft, 0, &t, &why);
	if (why.len) {
		text_puts(out, "# It does not run yet:\n");
		add_comment(out, why.data);
	} else {
		text_printf(out, "# Run as it is, it gives %llu rows, %llu errors, %llu warnings",
			    (unsigned long long)run->dataset.rows,
			    (unsigned long long)run->counts[MU_ERROR],
			    (unsigned long long)run->counts[MU_WARNING]);
		if (run->checks[MU_PASS] || run->checks[MU_FAIL] || run->checks[MU_UNEVALUATED])
			text_printf(out,
				    "; of its totals %llu add up, %llu do not, %llu cannot be told",
				    (unsigned long long)run->checks[MU_PASS],
				    (unsigned long long)run->checks[MU_FAIL],
				    (unsigned long long)run->checks[MU_UNEVALUATED]);
		text_puts(out, ".\n");
	}
	for (i = 0; i < run->findings.count && shown < 5; i++, shown++)
		add_comment(out, run->findings.items[i].message);
	text_release(&why);
	trial_release(&t);
}

/* The draft as it is now, with its columns as texts. */
static int read_texts(const struct draft *g, struct text *columns, bool *totals, struct text *why)
{
	struct text draft = { 0 };
	struct trial t;
	int err = 0;

	add_head(&draft, g);
	add_tail(&draft, g, false);
	if (!try(g, draft.data, GUESS_ROWS, &t, why) || !t.run.rows || !t.run.rows->count)
		err = EINVAL;
	if (err && !why->len)
		text_printf(why, "%s: has no rows as parse/%s reads it", g->path, g->parser->name);
	if (!err) {
		text_clear(why);
		add_columns(columns, t.run.rows, totals);
	}
	text_release(&draft);
	trial_release(&t);
	return err;
}

/* A pipeline's name from that of the file. */
static char *name_of(const char *path)
{
	const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path;
	size_t len = strcspn(name, "."), i;
	struct text out = { 0 };

	for (i = 0; i < len; i++) {
		char c = name[i] >= 'A' && name[i] <= 'Z' ? (char)(name[i] - 'A' + 'a') : name[i];
		bool fits = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');

		if (fits)
			text_putc(&out, c);
		else if (out.len && out.data[out.len - 1] != '-')
			text_putc(&out, '-');
	}
	while (out.len && out.data[out.len - 1] == '-')
		out.data[--out.len] = '\0';
	if (!out.len)
		text_puts(&out, "draft");
	return out.data;
}

int guess_file(struct loader *loader, const char *path, struct text *out, struct text *why)
{
	struct draft g = { .loader = loader, .path = path, .name = name_of(path) };
	struct text columns = { 0 }, draft = { 0 };
	bool totals = false;
	int err = ask_all(&g, why);

	if (!err && !g.columns)
		err = read_texts(&g, &columns, &totals, why);
	if (!err) {
		add_head(&draft, &g);
		text_puts(&draft, columns.data ? columns.data : "");
		add_tail(&draft, &g, totals || g.columns);
		add_outcome(out, &g, draft.data);
		text_puts(out, draft.data);
	}
	text_release(&columns);
	text_release(&draft);
	text_release(&g.options);
	free(g.name);
	return err;
}
