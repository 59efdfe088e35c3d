#include "table/rows_state.h"

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

static bool read_whole(const struct cell_value *cell, int64_t *out)
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

static bool read_integer(const struct cell_value *cell, struct reading *r)
{
	if (cell->kind == CELL_TEXT)
		return mu_parse_integer(mu_trim(cell->text), &r->as.integer);
	return cell->kind == CELL_NUMBER && read_whole(cell, &r->as.integer);
}

static bool read_number(const struct cell_value *cell, struct reading *r)
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

static bool read_boolean(const struct cell_value *cell, struct reading *r)
{
	char space[MU_FORMAT_MAX];

	if (cell->kind == CELL_DATE)
		return false;
	return mu_parse_boolean(mu_trim(cell_text(cell, space)), &r->as.boolean);
}

static bool read_date(const struct cell_value *cell, struct reading *r)
{
	if (cell->kind == CELL_TEXT)
		return mu_parse_date(mu_trim(cell->text), &r->as.date);
	r->as.date = cell->days;
	return cell->kind == CELL_DATE && !cell->milliseconds;
}

/* Of a cell that is not blank and not named in an option. */
static bool read_typed(enum mu_data type, const struct cell_value *cell, struct reading *r,
		       char space[MU_FORMAT_MAX])
{
	switch (type) {
	case MU_STRING:
		r->as.text = cell_text(cell, space);
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
static bool read_named(const struct rows_field *f, const struct cell_value *cell, struct reading *r,
		       char space[MU_FORMAT_MAX])
{
	struct mu_string text, found;

	if (!f->option || !(f->option->missing.count + f->option->zero.count))
		return false;
	text = mu_trim(cell_text(cell, space));
	if (text_find(f->zero, f->option->zero.count, text, &found)) {
		read_zero(f->type, r);
		return true;
	}
	if (!text_find(f->missing, f->option->missing.count, text, &found))
		return false;
	r->outcome = READ_NOTHING;
	r->why = found.len ? found : mu_string("blank");
	return true;
}

const char *cell_broken(const struct rows *rows, const struct cell_value *cell, bool plain)
{
	if (cell->kind != CELL_TEXT)
		return NULL;
	if (cell->text.len > (size_t)rows->options->max_field)
		return "too-long";
	if (!plain && cell->text.len && memchr(cell->text.data, '\0', cell->text.len))
		return "zero-byte";
	return NULL;
}

/* Whether a text would be a number but for raised digits at its end. */
static bool number_is_raised(enum mu_data type, const struct cell_value *cell)
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

void reading_take(const struct rows *rows, const struct rows_field *f,
		  const struct cell_value *cell, bool plain, struct reading *r,
		  char space[MU_FORMAT_MAX])
{
	*r = (struct reading){ .outcome = READ_VALUE, .code = cell_broken(rows, cell, plain) };
	if (r->code) {
		r->outcome = READ_WRONG;
		return;
	}
	if (read_named(f, cell, r, space))
		return;
	if (cell_is_blank(cell)) {
		r->outcome = READ_NOTHING;
		r->why = mu_string("blank");
	} else if (cell->kind == CELL_ERROR) {
		r->outcome = READ_WRONG;
		r->code = "cell-error";
	} else if (!read_typed(f->type, cell, r, space)) {
		r->outcome = READ_WRONG;
		r->code = number_is_raised(f->type, cell) ? "raised" : mu_data_name(f->type);
	} else {
		r->odd = cell->kind == CELL_TEXT && rows->source.typed &&
			 (f->type == MU_INTEGER || f->type == MU_NUMBER);
	}
}

/* What is wrong with a cell, behind its column's name and its text. */
static const char *wrong_words(const struct cell_value *cell, const struct reading *r)
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

int reading_report(struct mu_ctx *ctx, const struct rows_field *f, const struct cell_value *cell,
		   const struct reading *r, uint64_t at)
{
	char space[MU_FORMAT_MAX];
	struct mu_string text = cell_text(cell, space);
	struct mu_finding wrong = { .severity = r->code ? MU_ERROR : MU_WARNING,
				    .code = r->code ? r->code : "text-number",
				    .at = at,
				    .field = f->name,
				    .value = text.data,
				    .value_len = cell_shown_length(text) };
	struct phrase shown = { .len = 0 };

	phrase_add(&shown, text.data, text.len);
	if (cell->kind == CELL_ERROR && text.len && text.data[0] != '#')
		return mu_report(ctx, wrong, "%s has no value: %s", f->name, shown.text);
	return mu_report(ctx, wrong, "%s '%s' %s", f->name, shown.text, wrong_words(cell, r));
}

int control_report(struct mu_ctx *ctx, const struct rows_field *f, struct mu_string text,
		   uint64_t at)
{
	struct mu_finding odd = { .severity = MU_WARNING,
				  .code = "control",
				  .at = at,
				  .field = f->name,
				  .value = text.data,
				  .value_len = cell_shown_length(text) };

	return mu_report(ctx, odd, "%s has the character U+%04X, %s", f->name,
			 charset_control(text), charset_control_kind(charset_control(text)));
}
