#include "table/cell.h"

#include <math.h>
#include <stdio.h>

#include "text/utf8.h"

enum {
	SHOWN_BYTES = 1000, /* of a value in a finding */
	DAY_MS = 86400000,
};

static struct mu_string format_integer(int64_t value, char space[MU_FORMAT_MAX])
{
	struct mu_column one = { .type = MU_INTEGER, .values = &value };

	return mu_format(&one, 0, space);
}

/* Whole numbers that a double holds exactly have all their digits. */
static struct mu_string format_number(double value, char space[MU_FORMAT_MAX])
{
	struct mu_column one = { .type = MU_NUMBER, .values = &value };

	if (fabs(value) <= 0x1p53 && trunc(value) == value)
		return format_integer((int64_t)value, space);
	return mu_format(&one, 0, space);
}

static struct mu_string format_date(const struct cell *cell, char space[MU_FORMAT_MAX])
{
	struct mu_column one = { .type = MU_DATE, .values = &cell->days };
	struct mu_string date = mu_format(&one, 0, space);
	unsigned ms = (unsigned)cell->milliseconds;
	int len;

	if (!ms || ms >= DAY_MS)
		return date;
	len = snprintf(space + date.len, MU_FORMAT_MAX - date.len, "T%02u:%02u:%02u", ms / 3600000,
		       ms / 60000 % 60, ms / 1000 % 60);
	date.len += (size_t)len;
	if (ms % 1000) {
		len = snprintf(space + date.len, MU_FORMAT_MAX - date.len, ".%03u", ms % 1000);
		date.len += (size_t)len;
	}
	return date;
}

/* Whether digits are those that the whole number would be printed in, be it too large for
 * a number. */
static bool digits_are_plain(struct mu_string digits)
{
	size_t i = digits.len && digits.data[0] == '-';

	if (digits.len > i && digits.data[i] == '0')
		return digits.len == 1;
	for (; i < digits.len; i++)
		if (digits.data[i] < '0' || digits.data[i] > '9')
			return false;
	return true;
}

struct mu_string cell_text(const struct cell *cell, char space[MU_FORMAT_MAX])
{
	double value;

	switch (cell->kind) {
	case CELL_BLANK:
		break;
	case CELL_TEXT:
	case CELL_BROKEN:
	case CELL_ERROR:
		return cell->text;
	case CELL_NUMBER:
		if (!cell->text.len)
			return format_number(cell->number, space);
		if (cell->padded || digits_are_plain(cell->text) ||
		    !mu_parse_number(cell->text, &value))
			return cell->text;
		return format_number(value, space);
	case CELL_BOOLEAN:
		return mu_string(cell->truth ? "true" : "false");
	case CELL_DATE:
		return format_date(cell, space);
	}
	return (struct mu_string){ "", 0 };
}

size_t cell_shown_length(struct mu_string text)
{
	return utf8_cut(text.data, text.len, SHOWN_BYTES);
}
