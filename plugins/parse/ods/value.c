#include "ods.h"

#include <inttypes.h>
#include <stdio.h>

static bool is_white(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

/* OpenDocument 1.3, part 3, 6.1.2. */
size_t paragraph_collapse(char *text, size_t len)
{
	static const char stands_for[] = {
		[SIGN_BLANK] = ' ', [SIGN_TAB] = '\t', [SIGN_BREAK] = '\n'
	};
	size_t i, to = 0, solid = 0;

	for (i = 0; i < len; i++) {
		if (is_white(text[i])) {
			if (to && text[to - 1] != ' ')
				text[to++] = ' ';
			continue;
		}
		text[to++] = text[i];
		solid = to;
	}
	for (i = 0; i < solid; i++)
		if (text[i] >= SIGN_BLANK && text[i] <= SIGN_BREAK)
			text[i] = stands_for[(unsigned char)text[i]];
	return solid;
}

/* A duration such as PT14H30M05.5S as 14:30:05.500; false for anything else. */
static bool time_read(const char *text, struct cell *out, char space[MU_FORMAT_MAX])
{
	uint64_t parts[3] = { 0 }, ms = 0, unit = 100;
	bool negative = *text == '-';
	const char *c = text + negative;
	size_t at;
	int len;

	if (strncmp(c, "PT", 2) != 0)
		return false;
	for (c += 2; *c; c++) {
		uint64_t value = 0;

		for (; *c >= '0' && *c <= '9' && value < 100000000; c++)
			value = value * 10 + (uint64_t)(*c - '0');
		if (*c == '.' || *c == ',')
			for (c++; *c >= '0' && *c <= '9'; c++, unit /= 10)
				ms += (uint64_t)(*c - '0') * unit;
		at = *c ? strcspn("HMS", (char[]){ *c, 0 }) : 3;
		if (at == 3)
			return false;
		parts[at] = value;
	}
	len = snprintf(space, MU_FORMAT_MAX, "%s%02" PRIu64 ":%02" PRIu64 ":%02" PRIu64,
		       negative ? "-" : "", parts[0], parts[1], parts[2]);
	if (ms)
		len += snprintf(space + len, MU_FORMAT_MAX - (size_t)len, ".%03" PRIu64, ms);
	*out = (struct cell){ .kind = CELL_TEXT, .text = { space, (size_t)len } };
	return true;
}

/* The value of a type that has an attribute for it; false when there is none in it. */
static bool value_of_type(const struct xml *xml, const char *type, struct cell *out,
			  char space[MU_FORMAT_MAX])
{
	const char *const *values = xml->values;
	bool truth;

	if (!strcmp(type, "float") || !strcmp(type, "percentage") || !strcmp(type, "currency")) {
		struct mu_string digits = mu_trim(mu_string(values[VALUE] ? values[VALUE] : ""));

		if (digits.len)
			*out = (struct cell){ .kind = CELL_NUMBER, .text = digits };
		return digits.len;
	}
	if (!strcmp(type, "date"))
		return values[DATE_VALUE] && sheet_date_parse(mu_string(values[DATE_VALUE]), out);
	if (!strcmp(type, "time"))
		return values[TIME_VALUE] && time_read(values[TIME_VALUE], out, space);
	if (strcmp(type, "boolean") != 0 || !values[BOOLEAN_VALUE] ||
	    !mu_parse_boolean(mu_trim(mu_string(values[BOOLEAN_VALUE])), &truth))
		return false;
	*out = (struct cell){ .kind = CELL_BOOLEAN, .truth = truth };
	return true;
}

void value_read(const struct xml *xml, struct sheet *sheet, struct open_cell *cell)
{
	const char *type = xml->values[VALUE_TYPE], *calc = xml->values[CALC_TYPE];
	struct cell value = { .kind = CELL_ERROR,
			      .text = mu_string("a value that is none of its type") };
	char space[MU_FORMAT_MAX];

	if (!type || !strcmp(type, "void")) {
		cell->formula = xml->values[FORMULA] != NULL;
		cell->wants = CELL_TEXT;
	} else if (calc && !strcmp(calc, "error")) {
		cell->wants = CELL_ERROR;
	} else if (strcmp(type, "string") != 0) {
		value_of_type(xml, type, &value, space);
		*cell->made = value;
		if (value.text.len)
			sheet_text(sheet, cell->made, value.text.data, value.text.len);
	} else if (xml->values[STRING_VALUE]) {
		cell->made->kind = CELL_TEXT;
		sheet_text(sheet, cell->made, xml->values[STRING_VALUE],
			   strlen(xml->values[STRING_VALUE]));
	} else {
		cell->wants = CELL_TEXT;
	}
}
