#include <check.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "config/tableschema.h"

static char folder[] = "/tmp/muster-tableschema.XXXXXX";
static char path[64];

static void file_write(const char *name, const char *bytes, size_t len)
{
	char full[128];
	FILE *file;

	snprintf(full, sizeof full, "%s/%s", folder, name);
	file = fopen(full, "wb");
	ck_assert_ptr_nonnull(file);
	ck_assert_uint_eq(fwrite(bytes, 1, len, file), len);
	ck_assert_int_eq(fclose(file), 0);
}

static void folder_make(void)
{
	char reference[64];

	ck_assert_ptr_nonnull(mkdtemp(folder));
	snprintf(path, sizeof path, "%s/schema.json", folder);
	snprintf(reference, sizeof reference, "%s/reference", folder);
	ck_assert_int_eq(mkdir(reference, 0700), 0);
	file_write("codes.csv", "code\nA\n", 7);
	file_write("reference/names.csv", "name,sort\nA,1\n", 14);
}

static void folder_remove(void)
{
	static const char *const names[] = { "schema.json", "codes.csv", "reference/names.csv",
					     "reference", "" };
	char full[128];

	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		snprintf(full, sizeof full, "%s/%s", folder, names[i]);
		remove(full);
	}
	memcpy(strrchr(folder, '.'), ".XXXXXX", 7);
}

static int read_bytes(const char *json, size_t len, struct tableschema **out,
		      struct tableschema_error *err)
{
	file_write("schema.json", json, len);
	return tableschema_read(path, out, err);
}

static struct tableschema *read_good(const char *json)
{
	struct tableschema_error err;
	struct tableschema *schema;
	int code = read_bytes(json, strlen(json), &schema, &err);

	ck_assert_msg(!code, "%s", err.message);
	return schema;
}

static void refused_with(const char *json, const char *message)
{
	struct tableschema_error err;
	struct tableschema *schema;

	ck_assert_int_eq(read_bytes(json, strlen(json), &schema, &err), EINVAL);
	ck_assert_ptr_null(schema);
	ck_assert_str_eq(err.message, message);
	ck_assert_int_eq(err.line, 0);
	ck_assert_int_eq(err.column, 0);
}

/* A schema of one field, whose properties other than the name are given. */
static void field_refused_with(const char *properties, const char *message)
{
	char json[512];

	snprintf(json, sizeof json, "{\"fields\": [{\"name\": \"n\", %s}]}", properties);
	refused_with(json, message);
}

START_TEST(all_that_is_understood_is_kept)
{
	static const char json[] =
		"{\"name\": \"roster\", \"title\": \"t\", \"description\": \"d\", \"$schema\": "
		"\"s\",\n"
		" \"fields\": [\n"
		"  {\"name\": \"day\", \"type\": \"date\", \"title\": \"Day\", \"rdfType\": "
		"\"r\",\n"
		"   \"constraints\": {\"required\": true, \"minimum\": \"2000-01-01\"}},\n"
		"  {\"name\": \"code\", \"example\": \"x\", \"format\": \"default\",\n"
		"   \"constraints\": {\"unique\": true, \"pattern\": \"[A-Z]\", \"enum\": [\"A\", "
		"\"é\"]}},\n"
		"  {\"name\": \"heads\", \"type\": \"integer\", \"measure\": true,\n"
		"   \"constraints\": {\"minimum\": 0, \"maximum\": \"12\"}},\n"
		"  {\"name\": \"share\", \"type\": \"number\",\n"
		"   \"constraints\": {\"enum\": [0.1, 2], \"maximum\": 1e3}},\n"
		"  {\"name\": \"yes\", \"type\": \"boolean\", \"constraints\": {\"enum\": "
		"[true]}}],\n"
		" \"primaryKey\": [\"day\", \"code\"]}\n";
	struct tableschema *schema = read_good(json);
	const struct mu_table_schema *table = tableschema_table(schema);
	size_t len;

	ck_assert_str_eq(table->name, "roster");
	ck_assert_uint_eq(table->n_fields, 5);
	ck_assert_str_eq(table->fields[0].name, "day");
	ck_assert_str_eq(table->fields[0].title, "Day");
	ck_assert_str_eq(table->fields[0].type, "date");
	ck_assert_str_eq(table->fields[0].minimum, "2000-01-01");
	ck_assert(table->fields[0].required && !table->fields[0].unique);
	ck_assert_str_eq(table->fields[1].type, "string");
	ck_assert_str_eq(table->fields[1].pattern, "[A-Z]");
	ck_assert_str_eq(table->fields[1].values[1], "é");
	ck_assert_ptr_null(table->fields[1].values[2]);
	ck_assert(table->fields[1].unique && !table->fields[1].measure);
	ck_assert(table->fields[2].measure);
	ck_assert_str_eq(table->fields[2].minimum, "0");
	ck_assert_str_eq(table->fields[2].maximum, "12");
	ck_assert_str_eq(table->fields[3].values[0], "0.1");
	ck_assert_str_eq(table->fields[3].values[1], "2");
	ck_assert_str_eq(table->fields[3].maximum, "1000");
	ck_assert_str_eq(table->fields[4].values[0], "true");
	ck_assert_str_eq(table->primary_key[0], "day");
	ck_assert_str_eq(table->primary_key[1], "code");
	ck_assert_ptr_null(table->primary_key[2]);
	ck_assert_uint_eq(table->n_foreign_keys, 0);
	ck_assert_str_eq(tableschema_text(schema, &len), json);
	ck_assert_uint_eq(len, sizeof json - 1);
	tableschema_free(schema);
}
END_TEST

START_TEST(foreign_keys_are_found_beside_the_schema)
{
	static const char json[] =
		"{\"fields\": [{\"name\": \"a\"}, {\"name\": \"b\"}], \"foreignKeys\": [\n"
		" {\"fields\": \"a\", \"reference\": {\"resource\": \"codes.csv\", \"fields\": "
		"\"code\"}},\n"
		" {\"fields\": [\"b\", \"a\"],\n"
		"  \"reference\": {\"resource\": \"names.csv\", \"fields\": [\"name\", "
		"\"sort\"]}}]}";
	struct tableschema *schema = read_good(json);
	const struct mu_table_schema *table = tableschema_table(schema);
	char expected[128];

	ck_assert_uint_eq(table->n_foreign_keys, 2);
	snprintf(expected, sizeof expected, "%s/codes.csv", folder);
	ck_assert_str_eq(table->foreign_keys[0].resource, expected);
	ck_assert_str_eq(table->foreign_keys[0].columns[0], "code");
	snprintf(expected, sizeof expected, "%s/reference/names.csv", folder);
	ck_assert_str_eq(table->foreign_keys[1].resource, expected);
	ck_assert_str_eq(table->foreign_keys[1].fields[0], "b");
	ck_assert_str_eq(table->foreign_keys[1].columns[1], "sort");
	ck_assert_ptr_null(table->foreign_keys[1].columns[2]);
	tableschema_free(schema);
}
END_TEST

START_TEST(relative_paths_give_absolute_resources)
{
	struct tableschema_error err;
	struct tableschema *schema;
	char before[4096];

	tableschema_free(
		read_good("{\"fields\": [{\"name\": \"a\"}], \"foreignKeys\": [{\"fields\": \"a\", "
			  "\"reference\": {\"resource\": \"codes.csv\", \"fields\": \"code\"}}]}"));
	ck_assert_ptr_nonnull(getcwd(before, sizeof before));
	ck_assert_int_eq(chdir(folder), 0);
	ck_assert_int_eq(tableschema_read("schema.json", &schema, &err), 0);
	ck_assert_int_eq(tableschema_table(schema)->foreign_keys[0].resource[0], '/');
	tableschema_free(schema);
	ck_assert_int_eq(chdir(before), 0);
}
END_TEST

START_TEST(fields_that_are_not_understood_are_refused)
{
	field_refused_with("\"type\": \"intger\"",
			   "field 'n': type 'intger' is not supported; those that are: string, "
			   "integer, number, boolean, date; did you mean 'integer'");
	field_refused_with("\"type\": \"geojson\"",
			   "field 'n': type 'geojson' is not supported; those that are: string, "
			   "integer, number, boolean, date");
	field_refused_with("\"type\": 5", "field 'n': 'type' is no text");
	field_refused_with("\"format\": \"email\"",
			   "field 'n': format 'email' is not supported; the one that is: default");
	field_refused_with("\"decimalChar\": \",\"",
			   "field 'n': property 'decimalChar' is not supported; those that are: "
			   "name, type, format, title, description, example, rdfType, "
			   "constraints, measure");
	field_refused_with("\"measure\": true", "field 'n': a measure is an integer, not a string");
	field_refused_with("\"measure\": 1", "field 'n': 'measure' is neither true nor false");
}
END_TEST

START_TEST(constraints_that_are_not_understood_are_refused)
{
	field_refused_with("\"constraints\": {\"minLength\": 1}",
			   "field 'n': constraints: property 'minLength' is not supported; those "
			   "that are: required, unique, enum, minimum, maximum, pattern");
	field_refused_with("\"constraints\": {\"minimum\": \"a\"}",
			   "field 'n': a string has no minimum");
	field_refused_with("\"type\": \"integer\", \"constraints\": {\"minimum\": 1.5}",
			   "field 'n': the minimum is no integer");
	field_refused_with("\"type\": \"date\", \"constraints\": {\"maximum\": \"2023-02-29\"}",
			   "field 'n': the maximum is no date");
	field_refused_with("\"type\": \"integer\", \"constraints\": {\"minimum\": 9, "
			   "\"maximum\": 8}",
			   "field 'n': the minimum 9 is above the maximum 8");
	field_refused_with("\"type\": \"integer\", \"constraints\": {\"pattern\": \"1\"}",
			   "field 'n': only a string can have a pattern");
	field_refused_with("\"constraints\": {\"enum\": []}",
			   "field 'n': enum is no list of values");
	field_refused_with("\"constraints\": {\"enum\": [\"a\", 1]}",
			   "field 'n': value 2 of enum is no string");
	field_refused_with("\"constraints\": []", "field 'n': constraints is no object");
	field_refused_with("\"constraints\": {\"required\": \"true\"}",
			   "field 'n': 'required' is neither true nor false");
}
END_TEST

START_TEST(names_must_be_there_and_differ)
{
	refused_with("{\"fields\": [{\"name\": \"a\"}, {\"type\": \"string\"}]}",
		     "field 2 has no name");
	refused_with("{\"fields\": [{\"name\": \"\"}]}", "field 1 has no name");
	refused_with("{\"fields\": [{\"name\": \"a\"}, {\"name\": \"a\"}]}",
		     "fields 1 and 2 are both called 'a'");
	refused_with("{\"fields\": [{\"name\": \"_at\"}]}",
		     "field 1: the name '_at' is taken by muster");
	refused_with("{\"fields\": [5]}", "field 1 is no object");
	refused_with("{\"fields\": []}", "'fields' is no list of fields");
	refused_with("{}", "'fields' is no list of fields");
	refused_with("[]", "the schema is no object");
	refused_with("{\"feilds\": []}",
		     "the schema: property 'feilds' is not supported; those that are: fields, "
		     "primaryKey, foreignKeys, name, title, description, $schema, profile; did you "
		     "mean 'fields'");
}
END_TEST

START_TEST(keys_must_name_what_there_is)
{
#define SCHEMA(rest) "{\"fields\": [{\"name\": \"a\"}, {\"name\": \"b\"}], " rest "}"
#define FOREIGN(fields, reference) \
	SCHEMA("\"foreignKeys\": [{\"fields\": " fields ", \"reference\": {" reference "}}]")
	refused_with(SCHEMA("\"primaryKey\": \"c\""), "the primary key: no field is called 'c'");
	refused_with(SCHEMA("\"primaryKey\": [\"a\", \"a\"]"), "the primary key names 'a' twice");
	refused_with(SCHEMA("\"primaryKey\": []"), "the primary key names no fields");
	refused_with(SCHEMA("\"primaryKey\": 1"),
		     "the primary key is no name and no list of names");
	refused_with(SCHEMA("\"foreignKeys\": {}"), "'foreignKeys' is no list");
	refused_with(FOREIGN("\"c\"", "\"resource\": \"codes.csv\", \"fields\": \"code\""),
		     "foreign key 1: no field is called 'c'");
	refused_with(FOREIGN("\"a\"", "\"resource\": \"none.csv\", \"fields\": \"code\""),
		     "foreign key 1: there is no file 'none.csv' in the schema's folder or in "
		     "reference/ there");
	refused_with(FOREIGN("\"a\"", "\"resource\": \"\", \"fields\": \"b\""),
		     "foreign key 1: reference: 'resource' must name a CSV file");
	refused_with(FOREIGN("\"a\"", "\"resource\": \"codes.csv\", \"fields\": [\"x\", \"y\"]"),
		     "foreign key 1: 1 fields cannot refer to 2 columns");
	refused_with(FOREIGN("\"a\"", "\"resource\": \"codes.csv\""),
		     "foreign key 1: reference is no name and no list of names");
}
END_TEST

/* Not to know whether it is there is not that it is not. */
START_TEST(a_list_that_cannot_be_looked_for_is_not_told_to_be_missing)
{
	char link[128], expected[256];

	snprintf(link, sizeof link, "%s/codes.csv", folder);
	ck_assert_int_eq(remove(link), 0);
	ck_assert_int_eq(symlink("codes.csv", link), 0);
	snprintf(expected, sizeof expected,
		 "foreign key 1: %s: cannot be read: Too many levels of symbolic links", link);
	refused_with(FOREIGN("\"a\"", "\"resource\": \"codes.csv\", \"fields\": \"code\""),
		     expected);
}
END_TEST
#undef FOREIGN
#undef SCHEMA

START_TEST(what_is_no_json_has_a_place)
{
	static const char json[] = "{\n  \"fields\": [é]\n}";
	struct tableschema_error err;
	struct tableschema *schema;

	ck_assert_int_eq(read_bytes(json, sizeof json - 1, &schema, &err), EINVAL);
	ck_assert_int_eq(err.line, 2);
	ck_assert_int_gt(err.column, 10);
	ck_assert(!strncmp(err.message, "no JSON: ", 9));
	ck_assert_int_eq(read_bytes("{\"a\": 1, \"a\": 2}", 16, &schema, &err), EINVAL);
	ck_assert_int_eq(err.line, 1);
	ck_assert_int_eq(read_bytes("", 0, &schema, &err), EINVAL);
	ck_assert_int_eq(read_bytes("{\"\\u0000\": 1}", 13, &schema, &err), EINVAL);
}
END_TEST

START_TEST(what_is_no_file_is_told)
{
	struct tableschema_error err;
	struct tableschema *schema;
	char fifo[128];

	ck_assert_int_eq(tableschema_read("/nonexistent/x.json", &schema, &err), ENOENT);
	ck_assert_str_eq(err.message, "there is no such file");
	ck_assert_int_eq(tableschema_read(folder, &schema, &err), EISDIR);
	ck_assert_str_eq(err.message, "cannot be read: Is a directory");
	snprintf(fifo, sizeof fifo, "%s/fifo", folder);
	ck_assert_int_eq(mkfifo(fifo, 0600), 0);
	ck_assert_int_eq(tableschema_read(fifo, &schema, &err), EINVAL);
	ck_assert_str_eq(err.message, "this is not a file");
	ck_assert_int_eq(unlink(fifo), 0);
	ck_assert_ptr_null(schema);
}
END_TEST

/* `count` fields with names of a fixed length. */
static char *many_fields(size_t count, size_t *len)
{
	char *json = malloc(64 + count * 32);

	ck_assert_ptr_nonnull(json);
	*len = (size_t)snprintf(json, 64, "{\"fields\": [");
	for (size_t i = 0; i < count; i++)
		*len += (size_t)snprintf(json + *len, 32, "%s{\"name\": \"f%06zu\"}", i ? "," : "",
					 i);
	*len += (size_t)snprintf(json + *len, 8, "]}");
	return json;
}

START_TEST(size_is_limited)
{
	struct tableschema_error err;
	struct tableschema *schema;
	size_t len;
	char *json = many_fields(TABLESCHEMA_FIELDS_MAX, &len);

	ck_assert_int_eq(read_bytes(json, len, &schema, &err), 0);
	tableschema_free(schema);
	free(json);
	json = many_fields(TABLESCHEMA_FIELDS_MAX + 1, &len);
	ck_assert_int_eq(read_bytes(json, len, &schema, &err), EINVAL);
	ck_assert_str_eq(err.message, "there are 1001 fields, more than 1000");
	free(json);
	json = many_fields(60000, &len);
	ck_assert_uint_gt(len, TABLESCHEMA_BYTES_MAX);
	ck_assert_int_eq(read_bytes(json, len, &schema, &err), EFBIG);
	ck_assert_str_eq(err.message, "the file is larger than 1048576 bytes");
	free(json);
}
END_TEST

/* Long names end at a whole character in the message. */
START_TEST(messages_are_cut_between_characters)
{
	struct tableschema_error err;
	struct tableschema *schema;
	char name[1201] = "", json[2048];
	size_t len;

	for (size_t i = 0; i < sizeof name - 1; i += 2)
		memcpy(name + i, "é", 2);
	snprintf(json, sizeof json, "{\"fields\": [{\"name\": \"x%s\", \"type\": \"t\"}]}", name);
	ck_assert_int_eq(read_bytes(json, strlen(json), &schema, &err), EINVAL);
	len = strlen(err.message);
	ck_assert_uint_le(len, sizeof err.message - 1);
	ck_assert_uint_ge(len, sizeof err.message - 2);
	ck_assert_str_eq(err.message + len - 2, "é");
}
END_TEST

START_TEST(every_beginning_of_a_schema_is_survived)
{
	static const char json[] =
		"{\"fields\": [{\"name\": \"a\", \"type\": \"integer\", \"constraints\": "
		"{\"enum\": [1, 2], \"minimum\": 0}}], \"primaryKey\": \"a\", \"foreignKeys\": "
		"[{\"fields\": \"a\", \"reference\": {\"resource\": \"codes.csv\", "
		"\"fields\": \"code\"}}]}";
	struct tableschema_error err;
	struct tableschema *schema;

	for (size_t len = 0; len < sizeof json - 1; len++)
		ck_assert_int_eq(read_bytes(json, len, &schema, &err), EINVAL);
	ck_assert_int_eq(read_bytes(json, sizeof json - 1, &schema, &err), 0);
	tableschema_free(schema);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("tableschema");
	TCase *all = tcase_create("all");
	SRunner *runner = srunner_create(suite);
	int failed;

	tcase_add_checked_fixture(all, folder_make, folder_remove);
	tcase_add_test(all, all_that_is_understood_is_kept);
	tcase_add_test(all, foreign_keys_are_found_beside_the_schema);
	tcase_add_test(all, relative_paths_give_absolute_resources);
	tcase_add_test(all, fields_that_are_not_understood_are_refused);
	tcase_add_test(all, constraints_that_are_not_understood_are_refused);
	tcase_add_test(all, names_must_be_there_and_differ);
	tcase_add_test(all, keys_must_name_what_there_is);
	tcase_add_test(all, a_list_that_cannot_be_looked_for_is_not_told_to_be_missing);
	tcase_add_test(all, what_is_no_json_has_a_place);
	tcase_add_test(all, what_is_no_file_is_told);
	tcase_add_test(all, size_is_limited);
	tcase_add_test(all, messages_are_cut_between_characters);
	tcase_add_test(all, every_beginning_of_a_schema_is_survived);
	suite_add_tcase(suite, all);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
