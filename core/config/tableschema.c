#include "config/tableschema.h"

#include <fcntl.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <muster/table.h>

#include "base/mem.h"
#include "base/text.h"

struct tableschema {
	struct arena arena;
	struct mu_table_schema table;
	struct text text;
};

struct reading {
	struct arena *arena;
	struct mu_table_schema *table;
	struct mu_field *fields; /* those of table, still to be written */
	const char *folder;      /* of the file */
	struct tableschema_error *err;
};

static const char *const schema_keys[] = {
	"fields",      "primaryKey", "foreignKeys", "name", "title",
	"description", "$schema",    "profile",     NULL,
};
static const char *const field_keys[] = {
	"name",    "type",    "format",      "title",   "description",
	"example", "rdfType", "constraints", "measure", NULL,
};
static const char *const constraint_keys[] = {
	"required", "unique", "enum", "minimum", "maximum", "pattern", NULL,
};
static const char *const foreign_key_keys[] = { "fields", "reference", NULL };
static const char *const reference_keys[] = { "resource", "fields", NULL };
static const char *const type_names[] = {
	"string", "integer", "number", "boolean", "date", NULL,
};

__attribute__((format(printf, 3, 0))) static void message_set(struct tableschema_error *err,
							      struct text *text, const char *fmt,
							      va_list ap)
{
	size_t keep;

	text_vprintf(text, fmt, ap);
	keep = text_cut(text->data, text->len, sizeof err->message - 1);
	memcpy(err->message, text->data, keep);
	err->message[keep] = '\0';
	text_release(text);
}

/* Says what is wrong with the schema; gives EINVAL. */
__attribute__((format(printf, 2, 3))) static int wrong(struct reading *r, const char *fmt, ...)
{
	struct text text = { 0 };
	va_list ap;

	va_start(ap, fmt);
	message_set(r->err, &text, fmt, ap);
	va_end(ap);
	return EINVAL;
}

/* Says that `name` is none of `known`. */
static int unknown(struct reading *r, const char *what, const char *name, const char *const *known)
{
	const char *near = mu_nearest(name, known);
	struct text list = { 0 };
	int err;

	for (size_t i = 0; known[i]; i++)
		text_printf(&list, "%s%s", i ? ", " : "", known[i]);
	if (near)
		text_printf(&list, "; did you mean '%s'", near);
	err = wrong(r, "%s '%s' is not supported; those that are: %s", what, name, list.data);
	text_release(&list);
	return err;
}

static bool is_one_of(const char *name, const char *const *names)
{
	for (; *names; names++)
		if (!strcmp(name, *names))
			return true;
	return false;
}

static int object_check(struct reading *r, const char *what, json_t *object,
			const char *const *known)
{
	const char *key;
	json_t *value;

	if (!json_is_object(object))
		return wrong(r, "%s is no object", what);
	json_object_foreach(object, key, value)
		if (!is_one_of(key, known))
			return unknown(r, arena_printf(r->arena, "%s: property", what), key, known);
	return 0;
}

/* A member that is text, into *out; left alone when it is absent. */
static int text_get(struct reading *r, const char *what, const json_t *object, const char *key,
		    const char **out)
{
	const json_t *value = json_object_get(object, key);

	if (!value)
		return 0;
	if (!json_is_string(value))
		return wrong(r, "%s: '%s' is no text", what, key);
	*out = arena_copy(r->arena, json_string_value(value), json_string_length(value));
	return 0;
}

static int boolean_get(struct reading *r, const char *what, const json_t *object, const char *key,
		       bool *out)
{
	const json_t *value = json_object_get(object, key);

	if (!value)
		return 0;
	if (!json_is_boolean(value))
		return wrong(r, "%s: '%s' is neither true nor false", what, key);
	*out = json_is_true(value);
	return 0;
}

/* A text or a list of texts as a NULL-ended list of at least one, all different. */
static int names_get(struct reading *r, const char *what, const json_t *value,
		     const char *const **out)
{
	size_t count = json_is_array(value) ? json_array_size(value) : 1;
	const char **names = arena_alloc(r->arena, (count + 1) * sizeof *names);

	if (!count || count > TABLESCHEMA_FIELDS_MAX)
		return wrong(r, "%s names %s fields", what, count ? "too many" : "no");
	for (size_t i = 0; i < count; i++) {
		const json_t *item = json_is_array(value) ? json_array_get(value, i) : value;

		if (!json_is_string(item))
			return wrong(r, "%s is no name and no list of names", what);
		if (is_one_of(json_string_value(item), names))
			return wrong(r, "%s names '%s' twice", what, json_string_value(item));
		names[i] = arena_copy(r->arena, json_string_value(item), json_string_length(item));
	}
	*out = names;
	return 0;
}

/* In the fewest digits that read back as the same. */
static const char *real_text(struct arena *arena, double value)
{
	const char *text = NULL;
	double back;

	for (int digits = 15; digits <= 17; digits++) {
		text = arena_printf(arena, "%.*g", digits, value);
		if (mu_parse_number(mu_string(text), &back) && !(back < value) && !(back > value))
			break;
	}
	return text;
}

/* The text of a value of a type, written in JSON as such or as text; NULL when it
 * is no such value. */
static const char *value_text(struct arena *arena, enum mu_data type, const json_t *value)
{
	const char *text = NULL;
	int64_t integer;
	double number;
	int32_t days;
	bool boolean;

	if (json_is_string(value))
		text = arena_copy(arena, json_string_value(value), json_string_length(value));
	else if (json_is_integer(value) && type != MU_STRING)
		text = arena_printf(arena, "%" JSON_INTEGER_FORMAT, json_integer_value(value));
	else if (json_is_real(value) && type != MU_STRING)
		text = real_text(arena, json_real_value(value));
	else if (json_is_boolean(value) && type == MU_BOOLEAN)
		text = json_is_true(value) ? "true" : "false";
	if (!text || (type == MU_INTEGER && !mu_parse_integer(mu_string(text), &integer)) ||
	    (type == MU_NUMBER && !mu_parse_number(mu_string(text), &number)) ||
	    (type == MU_BOOLEAN && !mu_parse_boolean(mu_string(text), &boolean)) ||
	    (type == MU_DATE && !mu_parse_date(mu_string(text), &days)))
		return NULL;
	return text;
}

/* Whether value a of a type is above b; both read as it. */
static bool is_above(enum mu_data type, const char *a, const char *b)
{
	int64_t integers[2] = { 0 };
	double numbers[2] = { 0 };
	int32_t days[2] = { 0 };

	switch (type) {
	case MU_INTEGER:
		return mu_parse_integer(mu_string(a), &integers[0]) &&
		       mu_parse_integer(mu_string(b), &integers[1]) && integers[0] > integers[1];
	case MU_NUMBER:
		return mu_parse_number(mu_string(a), &numbers[0]) &&
		       mu_parse_number(mu_string(b), &numbers[1]) && numbers[0] > numbers[1];
	default:
		return mu_parse_date(mu_string(a), &days[0]) &&
		       mu_parse_date(mu_string(b), &days[1]) && days[0] > days[1];
	}
}

static int bound_read(struct reading *r, const char *what, const struct mu_field *field,
		      const json_t *constraints, const char *key, const char **out)
{
	const json_t *value = json_object_get(constraints, key);
	enum mu_data type = mu_data_by_name(field->type);

	if (!value)
		return 0;
	if (type == MU_STRING || type == MU_BOOLEAN)
		return wrong(r, "%s: a %s has no %s", what, field->type, key);
	*out = value_text(r->arena, type, value);
	return *out ? 0 : wrong(r, "%s: the %s is no %s", what, key, field->type);
}

static int enum_read(struct reading *r, const char *what, struct mu_field *field,
		     const json_t *list)
{
	enum mu_data type = mu_data_by_name(field->type);
	size_t count = json_array_size(list);
	const char **values;

	if (!list)
		return 0;
	if (!count)
		return wrong(r, "%s: enum is no list of values", what);
	values = arena_alloc(r->arena, (count + 1) * sizeof *values);
	for (size_t i = 0; i < count; i++) {
		values[i] = value_text(r->arena, type, json_array_get(list, i));
		if (!values[i])
			return wrong(r, "%s: value %zu of enum is no %s", what, i + 1, field->type);
	}
	field->values = values;
	return 0;
}

static int constraints_read(struct reading *r, const char *what, struct mu_field *field,
			    json_t *constraints)
{
	int err;

	if (!constraints)
		return 0;
	if (!json_is_object(constraints))
		return wrong(r, "%s: constraints is no object", what);
	(void)((err = object_check(r, arena_printf(r->arena, "%s: constraints", what), constraints,
				   constraint_keys)) ||
	       (err = boolean_get(r, what, constraints, "required", &field->required)) ||
	       (err = boolean_get(r, what, constraints, "unique", &field->unique)) ||
	       (err = enum_read(r, what, field, json_object_get(constraints, "enum"))) ||
	       (err = bound_read(r, what, field, constraints, "minimum", &field->minimum)) ||
	       (err = bound_read(r, what, field, constraints, "maximum", &field->maximum)) ||
	       (err = text_get(r, what, constraints, "pattern", &field->pattern)));
	if (err)
		return err;
	if (field->pattern && mu_data_by_name(field->type) != MU_STRING)
		return wrong(r, "%s: only a string can have a pattern", what);
	if (field->minimum && field->maximum &&
	    is_above(mu_data_by_name(field->type), field->minimum, field->maximum))
		return wrong(r, "%s: the minimum %s is above the maximum %s", what, field->minimum,
			     field->maximum);
	return 0;
}

/* The name of field `i`, and `what` it is called in messages. */
static int name_read(struct reading *r, const json_t *object, size_t i, const char **what)
{
	struct mu_field *field = &r->fields[i];
	int err = text_get(r, *what, object, "name", &field->name);

	if (err)
		return err;
	if (!field->name || !*field->name)
		return wrong(r, "%s has no name", *what);
	if (!strcmp(field->name, MU_AT) || !strcmp(field->name, MU_CLAIM))
		return wrong(r, "%s: the name '%s' is taken by muster", *what, field->name);
	for (size_t j = 0; j < i; j++)
		if (!strcmp(r->fields[j].name, field->name))
			return wrong(r, "fields %zu and %zu are both called '%s'", j + 1, i + 1,
				     field->name);
	*what = arena_printf(r->arena, "field '%s'", field->name);
	return 0;
}

static int field_read(struct reading *r, json_t *object, size_t i)
{
	struct mu_field *field = &r->fields[i];
	const char *what = arena_printf(r->arena, "field %zu", i + 1), *format = "default";
	int err;

	if (!json_is_object(object))
		return wrong(r, "%s is no object", what);
	field->type = "string";
	(void)((err = name_read(r, object, i, &what)) ||
	       (err = object_check(r, what, object, field_keys)) ||
	       (err = text_get(r, what, object, "type", &field->type)) ||
	       (err = text_get(r, what, object, "format", &format)) ||
	       (err = text_get(r, what, object, "title", &field->title)) ||
	       (err = boolean_get(r, what, object, "measure", &field->measure)));
	if (err)
		return err;
	if (!mu_data_by_name(field->type))
		return unknown(r, arena_printf(r->arena, "%s: type", what), field->type,
			       type_names);
	if (strcmp(format, "default"))
		return wrong(r, "%s: format '%s' is not supported; the one that is: default", what,
			     format);
	if (field->measure && mu_data_by_name(field->type) != MU_INTEGER)
		return wrong(r, "%s: a measure is an integer, not a %s", what, field->type);
	return constraints_read(r, what, field, json_object_get(object, "constraints"));
}

static int fields_read(struct reading *r, const json_t *list)
{
	size_t count = json_array_size(list);
	int err = 0;

	if (!count)
		return wrong(r, "'fields' is no list of fields");
	if (count > TABLESCHEMA_FIELDS_MAX)
		return wrong(r, "there are %zu fields, more than %zu", count,
			     TABLESCHEMA_FIELDS_MAX);
	r->fields = arena_alloc(r->arena, count * sizeof *r->fields);
	r->table->fields = r->fields;
	r->table->n_fields = count;
	for (size_t i = 0; i < count && !err; i++)
		err = field_read(r, json_array_get(list, i), i);
	return err;
}

/* Like names_get(), for names of fields of the schema. */
static int field_names_get(struct reading *r, const char *what, const json_t *value,
			   const char *const **out)
{
	int err = names_get(r, what, value, out);

	for (const char *const *name = *out; !err && *name; name++) {
		size_t i = 0;

		while (i < r->table->n_fields && strcmp(r->table->fields[i].name, *name))
			i++;
		if (i == r->table->n_fields)
			err = wrong(r, "%s: no field is called '%s'", what, *name);
	}
	return err;
}

/* 0, ENOENT when no file is there, or why that cannot be told. */
static int file_look(const char *path)
{
	struct stat st;

	if (stat(path, &st))
		return errno == ENOTDIR ? ENOENT : errno;
	return S_ISREG(st.st_mode) ? 0 : ENOENT;
}

/* The file of a foreign key's list. */
static int resource_find(struct reading *r, const char *what, const char *name, const char **out)
{
	const char *path = name;
	int err;

	if (*name != '/')
		path = arena_printf(r->arena, "%s/%s", r->folder, name);
	err = file_look(path);
	if (err == ENOENT && *name != '/') {
		path = arena_printf(r->arena, "%s/reference/%s", r->folder, name);
		err = file_look(path);
	}
	if (err == ENOENT)
		return wrong(r,
			     "%s: there is no file '%s' in the schema's folder or in reference/ "
			     "there",
			     what, name);
	if (err)
		return wrong(r, "%s: %s: cannot be read: %s", what, path, strerror(err));
	*out = path;
	return 0;
}

static size_t names_count(const char *const *names)
{
	size_t count = 0;

	while (names[count])
		count++;
	return count;
}

static int foreign_key_read(struct reading *r, const char *what, json_t *object,
			    struct mu_foreign_key *out)
{
	const char *columns = arena_printf(r->arena, "%s: reference", what), *resource = NULL;
	json_t *reference;
	int err = object_check(r, what, object, foreign_key_keys);

	if (err)
		return err;
	reference = json_object_get(object, "reference");
	(void)((err = field_names_get(r, what, json_object_get(object, "fields"), &out->fields)) ||
	       (err = object_check(r, columns, reference, reference_keys)) ||
	       (err = text_get(r, columns, reference, "resource", &resource)) ||
	       (err = names_get(r, columns, json_object_get(reference, "fields"), &out->columns)));
	if (err)
		return err;
	if (!resource || !*resource)
		return wrong(r, "%s: 'resource' must name a CSV file", columns);
	if (names_count(out->fields) != names_count(out->columns))
		return wrong(r, "%s: %zu fields cannot refer to %zu columns", what,
			     names_count(out->fields), names_count(out->columns));
	return resource_find(r, what, resource, &out->resource);
}

static int foreign_keys_read(struct reading *r, const json_t *list)
{
	struct mu_foreign_key *keys;
	size_t count = json_array_size(list);
	int err = 0;

	if (!list)
		return 0;
	if (!json_is_array(list))
		return wrong(r, "'foreignKeys' is no list");
	keys = arena_alloc(r->arena, count * sizeof *keys);
	for (size_t i = 0; i < count && !err; i++)
		err = foreign_key_read(r, arena_printf(r->arena, "foreign key %zu", i + 1),
				       json_array_get(list, i), &keys[i]);
	r->table->foreign_keys = keys;
	r->table->n_foreign_keys = count;
	return err;
}

static int schema_read(struct reading *r, json_t *root)
{
	const json_t *primary = json_object_get(root, "primaryKey");
	int err;

	(void)((err = object_check(r, "the schema", root, schema_keys)) ||
	       (err = text_get(r, "the schema", root, "name", &r->table->name)) ||
	       (err = fields_read(r, json_object_get(root, "fields"))) ||
	       (err = primary ? field_names_get(r, "the primary key", primary,
						&r->table->primary_key)
			      : 0) ||
	       (err = foreign_keys_read(r, json_object_get(root, "foreignKeys"))));
	return err;
}

/* O_NONBLOCK, lest a pipe without a writer stop everything. */
static int bytes_read(const char *path, struct text *out)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK), err = 0;
	char block[16384];
	struct stat st;
	ssize_t got = 0;

	if (fd < 0)
		return errno;
	if (fstat(fd, &st))
		err = errno;
	else if (!S_ISREG(st.st_mode))
		err = S_ISDIR(st.st_mode) ? EISDIR : EINVAL;
	while (!err && out->len <= TABLESCHEMA_BYTES_MAX) {
		got = read(fd, block, sizeof block);
		if (got > 0)
			text_add(out, block, (size_t)got);
		else if (!got)
			break;
		else if (errno != EINTR)
			err = errno;
	}
	close(fd);
	text_puts(out, ""); /* for its zero byte */
	return err ? err : out->len > TABLESCHEMA_BYTES_MAX ? EFBIG : 0;
}

static int file_wrong(struct reading *r, int err)
{
	if (err == ENOENT)
		wrong(r, "there is no such file");
	else if (err == EFBIG)
		wrong(r, "the file is larger than %zu bytes", TABLESCHEMA_BYTES_MAX);
	else if (err == EINVAL)
		wrong(r, "this is not a file");
	else
		wrong(r, "cannot be read: %s", strerror(err));
	return err;
}

static int json_wrong(struct reading *r, const json_error_t *error)
{
	if (json_error_code(error) == json_error_out_of_memory)
		mem_exhausted();
	wrong(r, "no JSON: %s", error->text);
	r->err->line = error->line > 0 ? error->line : 0;
	r->err->column = error->line > 0 && error->column > 0 ? error->column : 0;
	return EINVAL;
}

static int folder_find(struct reading *r, const char *path)
{
	char *real = realpath(path, NULL);

	if (!real && errno == ENOMEM)
		mem_exhausted();
	if (!real)
		return file_wrong(r, errno);
	r->folder = arena_copy(r->arena, real, (size_t)(strrchr(real, '/') - real));
	free(real);
	return 0;
}

int tableschema_read(const char *path, struct tableschema **out, struct tableschema_error *err)
{
	struct tableschema *schema = mem_alloc(sizeof *schema);
	struct reading r = { .arena = &schema->arena, .table = &schema->table, .err = err };
	json_error_t error = { 0 };
	json_t *root = NULL;
	int code;

	*out = NULL;
	*err = (struct tableschema_error){ 0 };
	code = bytes_read(path, &schema->text);
	if (code) {
		file_wrong(&r, code);
	} else {
		root = json_loadb(schema->text.data, schema->text.len, JSON_REJECT_DUPLICATES,
				  &error);
		code = root ? folder_find(&r, path) : json_wrong(&r, &error);
		if (!code)
			code = schema_read(&r, root);
	}
	json_decref(root);
	if (code)
		tableschema_free(schema);
	else
		*out = schema;
	return code;
}

void tableschema_free(struct tableschema *schema)
{
	if (!schema)
		return;
	arena_release(&schema->arena);
	text_release(&schema->text);
	free(schema);
}

const struct mu_table_schema *tableschema_table(const struct tableschema *schema)
{
	return &schema->table;
}

const char *tableschema_text(const struct tableschema *schema, size_t *len)
{
	*len = schema->text.len;
	return schema->text.data;
}
