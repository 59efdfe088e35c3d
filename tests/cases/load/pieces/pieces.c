#include <stdio.h>
#include <stdlib.h>

#include <muster/table.h>

/* Lines of "COUNTRY NUMBER", some thousand to a piece; a number below 0 is wrong. */
enum { PIECE = 1 << 16 };

struct pieces {
	char text[PIECE];
	size_t len, at;
	uint64_t from, rows;
};

static int pieces_open(struct mu_ctx *ctx, void *state, struct ArrowSchema *out)
{
	(void)ctx;
	(void)state;
	if (mu_schema_init(out) || mu_schema_add(out, "country", MU_STRING, false, NULL) ||
	    mu_schema_add(out, "number", MU_INTEGER, true, NULL))
		return ENOMEM;
	return mu_schema_add_hidden(out);
}

static int pieces_split(struct mu_ctx *ctx, void *state, struct mu_piece *piece)
{
	struct pieces *self = state;
	size_t got = 0;
	int err = mu_read(ctx, piece->from, self->text, sizeof self->text, &got);

	while (got && self->text[got - 1] != '\n')
		got--;
	self->len = got;
	self->at = 0;
	self->from = piece->from;
	piece->to = piece->from + got;
	for (size_t i = 0; i < got; i++)
		piece->mark += self->text[i] == '\n';
	return err;
}

static int pieces_row(struct mu_ctx *ctx, struct pieces *self, struct mu_builder *b)
{
	char *line = self->text + self->at, *end = memchr(line, '\n', self->len - self->at);
	struct mu_string country = { line, 3 };
	uint64_t at = mu_at(ctx->document->id, self->from + self->at);
	long number = strtol(line + 4, NULL, 10);

	self->at += (size_t)(end - line) + 1;
	self->rows++;
	mu_put_string(b, 0, country);
	mu_put_integer(b, 1, number);
	mu_end_row_at(b, at, NULL);
	if (number >= 0)
		return 0;
	return mu_report(ctx, (struct mu_finding){ .code = "negative", .at = at, .field = "number" },
			 "nobody counts to %ld", number);
}

static int pieces_parse(struct mu_ctx *ctx, void *state, struct ArrowArray *out)
{
	struct pieces *self = state;
	struct mu_builder b = { 0 };
	struct ArrowSchema schema = { 0 };
	int err = pieces_open(ctx, state, &schema);

	if (!err)
		err = mu_builder_init(&b, &schema);
	while (!err && self->at < self->len && b.rows < 1000)
		err = pieces_row(ctx, self, &b);
	if (!err)
		err = mu_builder_finish(&b, out);
	mu_builder_release(&b);
	mu_schema_release(&schema);
	if (!err && !out->release && !self->len)
		err = mu_report(ctx, (struct mu_finding){ .code = "rows", .severity = MU_NOTE },
				"the document has %llu rows", (unsigned long long)self->rows);
	return err;
}

static int pieces_merge(struct mu_ctx *ctx, void *state, void *other)
{
	struct pieces *self = state, *from = other;

	(void)ctx;
	self->rows += from->rows;
	return 0;
}

/* The line is counted from where the piece begins. */
static int pieces_locate(struct mu_ctx *ctx, void *state, uint64_t position, const char *field,
			 struct mu_place *out)
{
	const struct mu_piece *piece = ctx->pieces;
	const uint8_t *data;
	size_t len;
	int err = mu_data(ctx, &data, &len);

	(void)state;
	if (err)
		return err;
	while (piece->to <= position)
		piece++;
	out->line = piece->mark + 1;
	for (size_t i = piece->from; i < position; i++)
		out->line += data[i] == '\n';
	out->column = field && !strcmp(field, "number") ? 5 : 1;
	return 0;
}

static const struct mu_code codes[] = {
	{ "negative", "A number is below 0.", "Correct it." },
	{ "rows", "How many rows there are.", "Nothing is to be done." },
	{ 0 },
};

MUSTER_PLUGIN(.name = "pieces", .summary = "reads a document in pieces", .codes = codes,
	      .self_size = sizeof(struct pieces), .open = pieces_open, .parse = pieces_parse,
	      .split = pieces_split, .merge = pieces_merge, .locate = pieces_locate);
