/*
 * How a run over a real document compares with its right reading.
 *
 *     corpus CONTRIBUTIONS.csv REJECTS.csv REPORT.json GOLDEN.csv MONTH
 *
 * GOLDEN.csv has the columns mission, country, type, male, female, total as printed in the
 * document of a month, YYYY_MM.  Prints a line of a table in Markdown: how many of its rows
 * are published just so, how many were rejected, how many are published and were not
 * expected, how many claims the document makes, how many of them hold, and the findings.
 */
#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FIELDS_MAX = 32 };

struct rows {
	char **items;
	size_t count;
};

static void fail(const char *name, const char *why)
{
	fprintf(stderr, "corpus: %s: %s\n", name, why);
	exit(2);
}

static char *file_read(const char *name)
{
	FILE *f = fopen(name, "r");
	char *text;
	long len = 0;

	if (!f || fseek(f, 0, SEEK_END) || (len = ftell(f)) < 0)
		fail(name, "cannot be read");
	rewind(f);
	text = calloc(1, (size_t)len + 1);
	if (!text || fread(text, 1, (size_t)len, f) != (size_t)len)
		fail(name, "cannot be read");
	fclose(f);
	return text;
}

/* Splits the next record of a CSV text in place; false at its end. */
static bool record_next(char **text, char **fields, size_t *n)
{
	char *in = *text, *out = *text;
	bool quoted = false;

	if (!*in)
		return false;
	*n = 0;
	fields[(*n)++] = out;
	for (; *in; in++) {
		if (*in == '"') {
			quoted = quoted ? in[1] == '"' : true;
			if (quoted && in[1] == '"' && in > *text && *n)
				*out++ = *++in;
			continue;
		}
		if (!quoted && (*in == ',' || *in == '\n')) {
			bool end = *in == '\n';

			*out++ = '\0';
			if (end) {
				*text = in + 1;
				return true;
			}
			if (*n == FIELDS_MAX)
				fail("csv", "too many fields");
			fields[(*n)++] = out;
			continue;
		}
		if (*in != '\r')
			*out++ = *in;
	}
	*out = '\0';
	*text = in;
	return true;
}

static size_t column(char **fields, size_t n, const char *name)
{
	for (size_t i = 0; i < n; i++)
		if (!strcmp(fields[i], name))
			return i;
	fail(name, "there is no such column");
	return 0;
}

static void row_add(struct rows *rows, char **fields, const size_t columns[6])
{
	size_t len = 8;
	char *key, *end;

	for (size_t i = 0; i < 6; i++)
		len += strlen(fields[columns[i]]) + 1;
	key = calloc(1, len);
	rows->items = realloc(rows->items, (rows->count + 1) * sizeof *rows->items);
	if (!key || !rows->items)
		exit(2);
	end = key;
	for (size_t i = 0; i < 6; i++)
		end = stpcpy(stpcpy(end, fields[columns[i]]), "|");
	rows->items[rows->count++] = key;
}

static int by_text(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static bool is_month(const char *document, const char *month)
{
	return strstr(document, month) != NULL;
}

/* The rows of a file; with `month`, of the documents of that month. */
static struct rows rows_read(const char *name, const char *month, const char *const names[6])
{
	char *text = file_read(name), *at = text, *fields[FIELDS_MAX];
	size_t n, columns[6], document = 0;
	struct rows rows = { 0 };

	if (!record_next(&at, fields, &n))
		fail(name, "is empty");
	for (size_t i = 0; i < 6; i++)
		columns[i] = column(fields, n, names[i]);
	if (month)
		document = column(fields, n, "document");
	while (record_next(&at, fields, &n))
		if (!month || (n > document && is_month(fields[document], month)))
			row_add(&rows, fields, columns);
	if (rows.count)
		qsort(rows.items, rows.count, sizeof *rows.items, by_text);
	free(text);
	return rows;
}

static size_t rows_common(const struct rows *a, const struct rows *b)
{
	size_t i = 0, k = 0, common = 0;

	while (i < a->count && k < b->count) {
		int c = strcmp(a->items[i], b->items[k]);

		common += !c;
		i += c <= 0;
		k += c >= 0;
	}
	return common;
}

static size_t rejected(const char *name, const char *month)
{
	char *text = file_read(name), *at = text, *fields[FIELDS_MAX];
	size_t n, count = 0;

	record_next(&at, fields, &n);
	while (record_next(&at, fields, &n))
		count += n > 1 && is_month(fields[1], month);
	free(text);
	return count;
}

/* The findings about a month's document but those about rejected rows, as "code n, ...". */
static void findings_print(json_t *report, const char *month)
{
	const char *codes[64] = { NULL };
	size_t counts[64], n = 0, i, k;
	json_t *finding;

	json_array_foreach(json_object_get(report, "findings"), i, finding) {
		const char *document = json_string_value(json_object_get(finding, "document"));
		const char *code = json_string_value(json_object_get(finding, "code"));

		if (!document || !is_month(document, month))
			continue;
		for (k = 0; k < n && strcmp(codes[k], code) != 0; k++)
			;
		if (k == n && n < 64) {
			codes[n] = code;
			counts[n++] = 0;
		}
		if (k < n)
			counts[k]++;
	}
	for (k = 0; k < n; k++)
		printf("%s%zu %s", k ? ", " : "", counts[k], codes[k]);
}

static void rows_free(struct rows *rows)
{
	for (size_t i = 0; i < rows->count; i++)
		free(rows->items[i]);
	free(rows->items);
}

/* How many claims the document made, and how many of them were not found to hold. */
static void claims_count(json_t *report, size_t *claims, size_t *open)
{
	json_t *item;
	size_t i;

	*claims = *open = 0;
	json_array_foreach(json_object_get(report, "stages"), i, item) {
		const char *plugin = json_string_value(json_object_get(item, "plugin"));

		if (plugin && !strcmp(plugin, "validate/totals"))
			*claims += (size_t)json_integer_value(json_object_get(item, "claims"));
	}
	json_array_foreach(json_object_get(report, "findings"), i, item) {
		const char *code = json_string_value(json_object_get(item, "code"));

		*open += code &&
			 (!strcmp(code, "totals/mismatch") || !strcmp(code, "totals/unevaluated"));
	}
}

static void month_print(char **argv, json_t *report, const char *month)
{
	static const char *const golden_names[6] = {
		"mission", "country_as_printed", "personnel_type_as_printed", "male", "female",
		"total"
	};
	static const char *const names[6] = { "mission_printed", "contributor_printed",
					      "type_printed",    "male",
					      "female",          "headcount" };
	struct rows golden, published;
	size_t common, out = rejected(argv[2], month), claims, open;

	claims_count(report, &claims, &open);
	golden = rows_read(argv[4], NULL, golden_names);
	published = rows_read(argv[1], month, names);
	common = rows_common(&golden, &published);
	printf("| %s | %zu | %zu | %zu | %zu | %zu | %zu | ", month, golden.count, common, out,
	       published.count - common, claims, claims - open);
	findings_print(report, month);
	printf(" |\n");
	rows_free(&golden);
	rows_free(&published);
}

int main(int argc, char **argv)
{
	json_t *report;

	if (argc != 6) {
		fputs("usage: corpus CONTRIBUTIONS REJECTS REPORT GOLDEN MONTH\n", stderr);
		return 2;
	}
	report = json_load_file(argv[3], 0, NULL);
	if (!report)
		fail(argv[3], "cannot be read");
	month_print(argv, report, argv[5]);
	json_decref(report);
	return 0;
}
