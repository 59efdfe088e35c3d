/* Lines of a name and a number, "Albania 3": a parser built against an installed muster. */
#include <muster/table.h>

struct lines {
	const uint8_t *data;
	size_t len, at;
	struct ArrowSchema schema;
};

static int lines_open(struct mu_ctx *ctx, void *data, struct ArrowSchema *out)
{
	struct lines *self = data;
	int err = mu_schema_init(&self->schema);

	if (!err)
		err = mu_schema_add(&self->schema, "country", MU_STRING, false, NULL);
	if (!err)
		err = mu_schema_add(&self->schema, "heads", MU_INTEGER, true, NULL);
	if (!err)
		err = mu_schema_add_hidden(&self->schema);
	if (!err)
		err = mu_schema_copy(out, &self->schema);
	return err ? mu_fail(ctx, err, "out of memory") : 0;
}

static void lines_close(struct mu_ctx *ctx, void *data)
{
	struct lines *self = data;

	(void)ctx;
	mu_schema_release(&self->schema);
}

/* The line at `from`, without its end. */
static struct mu_string line_at(const struct lines *self, size_t from)
{
	const char *text = (const char *)self->data + from;
	const char *end = memchr(text, '\n', self->len - from);

	return (struct mu_string){ text, end ? (size_t)(end - text) : self->len - from };
}

static int line_put(struct mu_ctx *ctx, struct mu_builder *rows, struct mu_string line, size_t at)
{
	uint64_t place = mu_at(ctx->document->id, at);
	size_t space = line.len;
	struct mu_string number;
	int64_t heads;
	int err = 0;

	while (space && line.data[space - 1] != ' ')
		space--;
	number = (struct mu_string){ line.data + space, line.len - space };
	mu_put_string(rows, 0, mu_trim((struct mu_string){ line.data, space }));
	if (mu_parse_integer(number, &heads))
		mu_put_integer(rows, 1, heads);
	else
		err = mu_report(ctx,
				(struct mu_finding){ .code = "number",
						     .at = place,
						     .field = "heads",
						     .value = number.data,
						     .value_len = number.len },
				"it is no number");
	mu_end_row_at(rows, place, NULL);
	return err;
}

static int lines_parse(struct mu_ctx *ctx, void *data, struct ArrowArray *out)
{
	struct lines *self = data;
	struct mu_builder rows;
	int err = mu_data(ctx, &self->data, &self->len);

	if (!err)
		err = mu_builder_init(&rows, &self->schema);
	if (err)
		return err;
	while (!err && self->at < self->len) {
		struct mu_string line = line_at(self, self->at);

		err = line_put(ctx, &rows, line, self->at);
		self->at += line.len + 1;
	}
	if (!err)
		err = mu_builder_finish(&rows, out);
	mu_builder_release(&rows);
	return err;
}

static int lines_locate(struct mu_ctx *ctx, void *data, uint64_t position, const char *field,
			struct mu_place *out)
{
	struct lines *self = data;
	struct mu_string line;
	int err = mu_data(ctx, &self->data, &self->len);

	(void)field;
	if (err || position >= self->len)
		return err;
	line = line_at(self, position);
	out->text = line.data;
	out->text_len = line.len;
	out->line = 1;
	for (size_t i = 0; i < position; i++)
		out->line += self->data[i] == '\n';
	return 0;
}

MUSTER_PLUGIN(.name = "lines", .summary = "lines of a name and a number",
	      .self_size = sizeof(struct lines), .open = lines_open, .close = lines_close,
	      .parse = lines_parse, .locate = lines_locate,
	      .codes = (const struct mu_code[]){
		      { "number", "The last word of a line is no number.", "Mend the line." },
		      { NULL, NULL, NULL } });
