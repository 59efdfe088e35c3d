#include "table/lines.h"

#include "text/phrase.h"

void table_lines_close(struct table_lines *lines)
{
	size_t n = lines->columns ? lines->columns->options->claims.count : 0, i;

	for (i = 0; lines->patterns && i < n; i++)
		pattern_free(lines->patterns[i]);
	notes_close(&lines->notes);
	marks_release(&lines->marks);
}

void table_lines_resolve(struct mu_ctx *ctx, struct table_lines *lines)
{
	const struct declared_claim *claims = lines->columns->options->claims.items;
	size_t n = lines->columns->options->claims.count, i;

	lines->all = mu_alloc(ctx, (lines->columns->n + 1) * sizeof *lines->all);
	lines->claim_columns = mu_alloc(ctx, (n + 1) * sizeof *lines->claim_columns);
	lines->matches = mu_alloc(ctx, (n + 1) * sizeof *lines->matches);
	lines->patterns = mu_alloc(ctx, (n + 1) * sizeof *lines->patterns);
	lines->seen = mu_alloc(ctx, (n + 1) * sizeof *lines->seen);
	for (i = 0; i < n; i++) {
		lines->claim_columns[i] =
			table_columns_named(lines->columns, mu_string(claims[i].column));
		if (claims[i].match)
			lines->matches[i] = mu_trim(mu_string(claims[i].match));
	}
}

void table_lines_merge(struct table_lines *lines, const struct table_lines *other)
{
	notes_merge(&lines->notes, &other->notes);
	for (size_t i = 0; lines->seen && other->seen && i < lines->columns->options->claims.count;
	     i++)
		lines->seen[i] = lines->seen[i] || other->seen[i];
}

int table_lines_report(struct mu_ctx *ctx, const struct table_lines *lines)
{
	const struct declared_claim *claims = lines->columns->options->claims.items;
	struct mu_finding missing = { .code = "claim-missing" };
	int err = notes_report(ctx, &lines->notes);

	for (size_t i = 0; !err && i < lines->columns->options->claims.count; i++) {
		struct phrase pattern = { .len = 0 };

		if (lines->seen[i] || !claims[i].pattern || claims[i].optional)
			continue;
		phrase_puts(&pattern, claims[i].pattern);
		err = mu_report(ctx, missing, "no row is the claim '%s': '%s' is found in no %s",
				claims[i].name, pattern.text, claims[i].column);
	}
	return err;
}

int table_lines_begin(struct mu_ctx *ctx, struct table_lines *lines, const struct line *line,
		      struct table_row *out)
{
	size_t most = (size_t)lines->columns->options->max_columns;

	*out = (struct table_row){ .cells = line->cells,
				   .n = line->n < most ? line->n : most,
				   .at = mu_at(ctx->document->id, line->at) };
	if (!marks_drop(&lines->marks, &out->cells, out->n, &out->plain))
		return mu_fail(ctx, ENOMEM, "out of memory");
	return 0;
}

int table_row_is_note(struct mu_ctx *ctx, struct table_lines *lines, const struct table_row *row,
		      bool *out)
{
	struct mu_string text = { NULL, 0 };
	size_t i;
	int err = 0;

	*out = false;
	for (i = 0; i < row->n; i++) {
		const struct cell *cell = &row->cells[i];

		if (cell_is_blank(cell))
			continue;
		if (cell->kind != CELL_TEXT ||
		    (text.data && !text_equal(text, mu_trim(cell->text))) ||
		    cell_is_broken(lines->columns, cell, row->plain))
			return 0;
		text = mu_trim(cell->text);
	}
	if (!lines->notes.n)
		err = notes_open(ctx, &lines->notes, &lines->columns->options->notes);
	return err ? err : notes_match(ctx, &lines->notes, text, row->at, out);
}

/* Whether a claim is told by a text of its column, without white space around it. */
static int claim_fits(struct mu_ctx *ctx, const struct table_lines *lines, size_t i,
		      struct mu_string text, bool *out)
{
	const struct declared_claim *claim =
		(const struct declared_claim *)lines->columns->options->claims.items + i;
	struct pattern_match match;
	int found;

	*out = claim->match && text_equal(text, lines->matches[i]);
	if (claim->match)
		return 0;
	if (!lines->patterns[i] &&
	    pattern_compile(ctx, &claim->pattern, claim->pattern, false, &lines->patterns[i]))
		return EINVAL;
	found = pattern_find(ctx, lines->patterns[i], text, 0, &match);
	*out = found > 0;
	return found < 0 ? -found : 0;
}

int table_claim_of(struct mu_ctx *ctx, const struct table_lines *lines,
		   const struct table_column *c, struct mu_string text, uint32_t *out)
{
	bool fits;
	int err = 0;

	*out = 0;
	for (size_t i = 0; !err && i < lines->columns->options->claims.count; i++) {
		if (lines->claim_columns[i] != c)
			continue;
		err = claim_fits(ctx, lines, i, mu_trim(text), &fits);
		if (!err && fits)
			*out = (uint32_t)i + 1;
	}
	return err;
}

int table_row_find_claim(struct mu_ctx *ctx, struct table_lines *lines, struct table_row *row)
{
	const struct table_columns *columns = lines->columns;
	char space[MU_FORMAT_MAX];
	bool fits;
	size_t i;
	int err = 0;

	row->claim = 0;
	if (!columns->options->claims.count)
		return 0;
	memset(lines->all, 0, columns->n * sizeof *lines->all);
	for (i = 0; !err && i < columns->options->claims.count; i++) {
		const struct table_column *c = lines->claim_columns[i];
		const struct cell *cell = c && c->cell != SIZE_MAX ? table_row_cell(row, c) : NULL;

		if (!cell || cell->kind == CELL_ERROR)
			continue;
		err = claim_fits(ctx, lines, i, mu_trim(cell_text(cell, space)), &fits);
		if (err || !fits || cell_is_broken(columns, cell, row->plain))
			continue;
		row->claim = (uint32_t)i + 1;
		lines->all[c - columns->items] = true;
	}
	if (row->claim)
		lines->seen[row->claim - 1] = true;
	return err;
}

const char *table_row_claim_name(const struct table_lines *lines, const struct table_row *row)
{
	const struct declared_claim *claims = lines->columns->options->claims.items;

	return row->claim ? claims[row->claim - 1].name : lines->columns->options->all_claims;
}

void table_row_read_status(const struct table_lines *lines, const struct table_row *row,
			   const struct table_column *of, struct reading *out)
{
	struct reading value;

	if (of->cell == SIZE_MAX || table_row_claim_name(lines, row))
		return;
	reading_take(lines->columns, of, table_row_cell(row, of), row->plain, &value);
	if (value.outcome == READ_VALUE)
		return;
	out->outcome = READ_VALUE;
	out->as.text = value.outcome == READ_WRONG ? mu_string("unreadable") : value.why;
}
