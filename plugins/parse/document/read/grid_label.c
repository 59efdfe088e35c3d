#include "read/grid_state.h"

struct datum datum_join(const struct grid *g, const struct column *c, struct datum a,
			struct mu_string b)
{
	struct mu_string text = datum_text(g->scan, &a);
	char *joined = mu_alloc(g->scan->ctx, text.len + b.len + 2);

	memcpy(joined, text.data, text.len);
	joined[text.len] = ' ';
	memcpy(joined + text.len + 1, b.data, b.len);
	a.joined = joined;
	a.joined_len = text.len + 1 + b.len;
	a.value = value_read(g->scan->reader, c, (struct mu_string){ joined, a.joined_len }, false);
	return a;
}

/* A new label of a column takes away those of the groups within it. */
static void label_set(struct grid *g, size_t column, struct datum datum, size_t line)
{
	g->carried[column] = (struct carried){ .datum = datum, .line = line, .set = true };
	for (size_t c = column + 1; c < g->header.n_columns; c++)
		g->carried[c].set = false;
}

int label_add(struct grid *g, size_t column, struct mu_string text, size_t line)
{
	const struct column *c = g->header.columns[column];
	struct carried *carried = &g->carried[column];
	bool goes_on = carried->set && !carried->used && carried->line + 1 == line;
	int err;

	if (goes_on) {
		carried->datum = datum_join(g, c, carried->datum, text);
		carried->line = line;
		return 0;
	}
	err = value_strip(g->scan->reader, c, &text);
	if (!err)
		label_set(g, column, datum_read(g->scan, c, text, false), line);
	return err;
}
