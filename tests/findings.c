/*
 * The findings of a JSON report, a line "CODE LINE COLUMN" each, for the cases:
 *
 *     findings report.json
 *
 * A dash stands for what a finding does not say.
 */
#include <stdio.h>

#include <jansson.h>

static void number_print(const json_t *number)
{
	if (json_is_integer(number))
		printf(" %" JSON_INTEGER_FORMAT, json_integer_value(number));
	else
		fputs(" -", stdout);
}

int main(int argc, char **argv)
{
	json_error_t error;
	json_t *report, *findings, *finding;
	size_t i;

	if (argc != 2) {
		fputs("usage: findings REPORT.json\n", stderr);
		return 2;
	}
	report = json_load_file(argv[1], JSON_REJECT_DUPLICATES, &error);
	findings = json_object_get(report, "findings");
	if (!json_is_array(findings)) {
		fprintf(stderr, "%s:%d: %s\n", argv[1], report ? 1 : error.line,
			report ? "no list of findings" : error.text);
		json_decref(report);
		return 1;
	}
	json_array_foreach(findings, i, finding) {
		const char *code = json_string_value(json_object_get(finding, "code"));

		fputs(code ? code : "-", stdout);
		number_print(json_object_get(finding, "line"));
		number_print(json_object_get(finding, "column_number"));
		putchar('\n');
	}
	json_decref(report);
	return fflush(stdout) || ferror(stdout);
}
