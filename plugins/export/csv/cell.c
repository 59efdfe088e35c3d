#include "cell.h"

struct dialect dialect(char delimiter, const char *null, bool escape)
{
	struct dialect d = { .null = mu_string(null), .escape = escape };

	memset(&d.delimiter, delimiter, sizeof d.delimiter);
	return d;
}

/* A cell that begins in a way that makes a spreadsheet run it. */
static bool is_formula(struct mu_string text)
{
	return text.len && begins_formula(*text.data) && !mu_is_number(text);
}

static bool needs_quotes(const struct dialect *d, struct mu_string text)
{
	char rest[sizeof(cell_block)] = { 0 };
	size_t i;

	for (i = 0; text.len - i >= sizeof rest; i += sizeof rest)
		if (block_any(block_quotes(d, text.data + i, sizeof rest)))
			return true;
	memcpy(rest, text.data + i, text.len - i);
	return block_any(block_quotes(d, rest, sizeof rest)) || mu_string_is(text, d->null.data);
}

struct written_cell cell_of_text(const struct dialect *d, struct mu_string text)
{
	struct written_cell cell = cell_of_value(d, text);

	cell.apostrophe = d->escape && is_formula(text);
	cell.quotes |= cell.apostrophe && *d->delimiter == '\'';
	return cell;
}

struct written_cell cell_of_value(const struct dialect *d, struct mu_string text)
{
	return (struct written_cell){ .text = text, .quotes = needs_quotes(d, text) };
}

char *cell_begin(const struct written_cell *cell, char *at)
{
	if (cell->quotes)
		*at++ = '"';
	if (cell->apostrophe)
		*at++ = '\'';
	return at;
}

char *cell_part(const struct written_cell *cell, char *at, struct mu_string part)
{
	const char *quote;
	size_t len;

	while (cell->quotes && part.len && (quote = memchr(part.data, '"', part.len))) {
		len = (size_t)(quote - part.data) + 1;
		memcpy(at, part.data, len);
		at += len;
		*at++ = '"';
		part = (struct mu_string){ part.data + len, part.len - len };
	}
	memcpy(at, part.data, part.len);
	return at + part.len;
}

char *cell_end(const struct written_cell *cell, char *at)
{
	if (cell->quotes)
		*at++ = '"';
	return at;
}

char *cell_write(const struct written_cell *cell, char *at)
{
	return cell_end(cell, cell_part(cell, cell_begin(cell, at), cell->text));
}
