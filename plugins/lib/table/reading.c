#include "table/reading.h"

#include <math.h>

#include "table/raised.h"
#include "text/phrase.h"

static bool text_find(const struct mu_string *texts, size_t n, struct mu_string text,
		      struct mu_string *out)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (text_equal(texts[i], text)) {
			*out = texts[i];
			return true;
		}
	return false;
}

static bool read_whole(const struct cell *cell, int64_t *out)
{
	double value = cell->number;

	if (cell->text.len && mu_parse_integer(cell->text, out))
		return true;
	if (cell->text.len && !mu_parse_number(cell->text, &value))
		return false;
	if (!(fabs(value) <= 0x1p53) || trunc(value) != value)
		return false;
	*out = (int64_t)value;
	return true;
}

/* Also "12.0".  Three zeros may be a group of thousands instead, and are nothing that can be
 * told. */
static bool read_whole_text(struct mu_string text, int64_t *out)
{
	const char *point = text.len ? memchr(text.data, '.', text.len) : NULL;
	size_t whole = point ? (size_t)(point - text.data) : text.len,
	       zeros = point ? text.len - whole - 1 : 0, i = whole + 1;

	if (point && (!zeros || zeros == 3))
		return false;
	while (i < text.len && text.data[i] == '0')
		i++;
	return i >= text.len && mu_parse_integer((struct mu_string){ text.data, whole }, out);
}

static bool read_integer(const struct cell *cell, struct reading *r)
{
	if (cell->kind == CELL_TEXT)
		return read_whole_text(mu_trim(cell->text), &r->as.integer);
	return cell->kind == CELL_NUMBER && read_whole(cell, &r->as.integer);
}

static bool read_number(const struct cell *cell, struct reading *r)
{
	if (cell->kind == CELL_TEXT)
		return mu_parse_number(mu_trim(cell->text), &r->as.number);
	if (cell->kind != CELL_NUMBER)
		return false;
	if (cell->text.len)
		return mu_parse_number(cell->text, &r->as.number);
	r->as.number = cell->number;
	return isfinite(cell->number);
}

static bool read_boolean(const struct cell *cell, struct reading *r)
{
	char space[MU_FORMAT_MAX];

	if (cell->kind == CELL_DATE)
		return false;
	return mu_parse_boolean(mu_trim(cell_text(cell, space)), &r->as.boolean);
}

static bool read_date(const struct cell *cell, struct reading *r)
{
	if (cell->kind == CELL_TEXT)
		return mu_parse_date(mu_trim(cell->text), &r->as.date);
	r->as.date = cell->days;
	return cell->kind == CELL_DATE && !cell->milliseconds;
}

/* Of a cell that is not blank and not named in an option. */
static bool read_typed(enum mu_data type, const struct cell *cell, struct reading *r)
{
	switch (type) {
	case MU_STRING:
		r->as.text = cell_text(cell, r->space);
		return true;
	case MU_INTEGER:
		return read_integer(cell, r);
	case MU_NUMBER:
		return read_number(cell, r);
	case MU_BOOLEAN:
		return read_boolean(cell, r);
	case MU_DATE:
		return read_date(cell, r);
	default:
		return false;
	}
}

static void read_zero(enum mu_data type, struct reading *r)
{
	if (type == MU_NUMBER)
		r->as.number = 0;
	else
		r->as.integer = 0;
}

/* Whether the options of a column say what a cell means. */
static bool read_named(const struct table_column *c, const struct cell *cell, struct reading *r)
{
	struct mu_string text, found;

	if (!c->option || !(c->option->missing.count + c->option->zero.count))
		return false;
	text = mu_trim(cell_text(cell, r->space));
	if (text_find(c->zero, c->option->zero.count, text, &found)) {
		read_zero(c->type, r);
		return true;
	}
	if (!text_find(c->missing, c->option->missing.count, text, &found))
		return false;
	r->outcome = READ_NOTHING;
	r->why = found.len ? found : mu_string("blank");
	return true;
}

/* Why nothing can be said of what a cell holds, or NULL. */
static const char *cell_trouble(const struct table_columns *columns, const struct cell *cell,
				bool plain)
{
	if (cell->kind != CELL_TEXT)
		return NULL;
	if (cell->text.len > (size_t)columns->options->max_field)
		return "too-long";
	if (!plain && cell->text.len && memchr(cell->text.data, '\0', cell->text.len))
		return "zero-byte";
	return NULL;
}

bool cell_is_broken(const struct table_columns *columns, const struct cell *cell, bool plain)
{
	return cell->kind == CELL_BROKEN || cell_trouble(columns, cell, plain);
}

/* Whether a text would be a number but for raised digits at its end. */
static bool number_is_raised(enum mu_data type, const struct cell *cell)
{
	struct mu_string text = mu_trim(cell->text);
	size_t mark;
	double value;

	if (cell->kind != CELL_TEXT || (type != MU_INTEGER && type != MU_NUMBER) ||
	    !raised_at_end(text))
		return false;
	while ((mark = raised_at_end(text)))
		text.len -= mark;
	return mu_parse_number(mu_trim(text), &value);
}

void reading_take(const struct table_columns *columns, const struct table_column *c,
		  const struct cell *cell, bool plain, struct reading *r)
{
	r->outcome = READ_VALUE;
	r->odd = false;
	r->code = cell_trouble(columns, cell, plain);
	if (r->code || cell->kind == CELL_BROKEN) {
		r->outcome = READ_WRONG;
		return;
	}
	if (read_named(c, cell, r))
		return;
	if (cell_is_blank(cell)) {
		r->outcome = READ_NOTHING;
		r->why = mu_string("blank");
	} else if (cell->kind == CELL_ERROR) {
		r->outcome = READ_WRONG;
		r->code = "cell-error";
	} else if (!read_typed(c->type, cell, r)) {
		r->outcome = READ_WRONG;
		r->code = number_is_raised(c->type, cell) ? "raised" : mu_data_name(c->type);
	} else {
		r->odd = cell->kind == CELL_TEXT && columns->form.typed &&
			 (c->type == MU_INTEGER || c->type == MU_NUMBER);
	}
}

/* What is wrong with a cell, behind its column's name and its text. */
static const char *wrong_words(const struct cell *cell, const struct reading *r)
{
	static const char *const wanted[][2] = {
		{ "integer", "is not a whole number in digits that fits 64 bits, such as 1204" },
		{ "number", "is not a number in digits, such as 1204.5" },
		{ "boolean", "is not true or false" },
		{ "date", "is not a date such as 2023-11-24" },
		{ "cell-error", "is an error, and no value" },
		{ "too-long", "is longer than max_field allows" },
		{ "zero-byte", "holds a zero byte" },
		{ "raised", "is a number with a raised mark, which is no part of it" },
	};
	size_t i = 0;

	if (!r->code)
		return "is text, and was taken for a number";
	if (!strcmp(r->code, "number") && mu_number_loss(mu_trim(cell->text)))
		return mu_number_loss(mu_trim(cell->text));
	if (!strcmp(r->code, "date") && cell->kind == CELL_NUMBER)
		return "is a number, and not formatted as a date";
	if (!strcmp(r->code, "date") && cell->kind == CELL_DATE)
		return "has a time of day, so it is not a date alone";
	while (strcmp(wanted[i][0], r->code) != 0)
		i++;
	return wanted[i][1];
}

/* A character of a text that nobody sees, if there is one. */
static int report_control(struct mu_ctx *ctx, const struct table_column *c, struct mu_string text,
			  uint64_t at)
{
	struct mu_finding odd = { .severity = MU_WARNING,
				  .code = "control",
				  .at = at,
				  .field = c->name,
				  .value = text.data,
				  .value_len = cell_shown_length(text) };

	if (charset_is_plain(text) || !charset_control(text))
		return 0;
	return mu_report(ctx, odd, "%s has the character U+%04X, %s", c->name,
			 charset_control(text), charset_control_kind(charset_control(text)));
}

int reading_report(struct mu_ctx *ctx, const struct table_column *c, const struct cell *cell,
		   const struct reading *r, uint64_t at)
{
	struct mu_finding wrong = { .severity = r->code ? MU_ERROR : MU_WARNING,
				    .code = r->code ? r->code : "text-number",
				    .at = at };
	struct phrase shown = { .len = 0 };
	char space[MU_FORMAT_MAX];
	struct mu_string text;

	if (!r->code && !r->odd)
		return r->outcome == READ_VALUE && c->type == MU_STRING
			       ? report_control(ctx, c, r->as.text, at)
			       : 0;
	if (ctx->findings_counted)
		return mu_finding_count(ctx, wrong);
	text = cell_text(cell, space);
	wrong.field = c->name;
	wrong.value = text.data;
	wrong.value_len = cell_shown_length(text);
	phrase_add(&shown, text.data, text.len);
	if (cell->kind == CELL_ERROR && text.len && text.data[0] != '#')
		return mu_report(ctx, wrong, "%s has no value: %s", c->name, shown.text);
	return mu_report(ctx, wrong, "%s '%s' %s", c->name, shown.text, wrong_words(cell, r));
}
