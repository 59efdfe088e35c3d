#include "table/added.h"

/* All columns that come in, with the new ones in their place. */
static int schema_make(const struct added *added, const struct ArrowSchema *in,
		       struct ArrowSchema *out)
{
	int err = mu_schema_init(out);

	for (int64_t i = 0; i < in->n_children && !err; i++) {
		if (i != added->from || !added->replaced)
			err = mu_schema_add_copy(out, in->children[i], NULL);
		for (int64_t j = 0; i == added->from && j < added->schema.n_children && !err; j++)
			err = mu_schema_add_copy(out, added->schema.children[j], NULL);
	}
	return err;
}

int added_open(struct mu_ctx *ctx, struct added *added, int64_t from, const char *const *names,
	       size_t count, struct ArrowSchema *out)
{
	const struct ArrowSchema *column = ctx->schema->children[from];
	int err = mu_schema_init(&added->schema);

	added->from = from;
	added->replaced = !strcmp(names[0], column->name);
	for (size_t i = 0; i < count && !err; i++)
		err = mu_schema_add_copy(&added->schema, column, names[i]);
	if (!err)
		err = mu_builder_init(&added->builder, &added->schema);
	if (!err)
		err = schema_make(added, ctx->schema, out);
	return err ? mu_fail(ctx, err, "out of memory") : 0;
}

void added_close(struct added *added)
{
	mu_builder_release(&added->builder);
	mu_schema_release(&added->schema);
}

void added_uses(const struct added *added, int64_t visible, const bool *out, bool *in)
{
	int64_t behind = added->schema.n_children - added->replaced;

	for (int64_t i = 0; i < visible; i++)
		if (i == added->from || out[i < added->from ? i : i + behind])
			in[i] = true;
}

/* As schema_make(), and nothing is copied. */
static int batch_make(const struct added *added, struct ArrowArray *batch,
		      struct ArrowArray *columns, struct ArrowArray *out)
{
	int64_t n = batch->n_children + columns->n_children - added->replaced, at = 0;
	int err = mu_batch_init(out, n, batch->length);

	for (int64_t i = 0; i < batch->n_children && !err; i++) {
		if (i != added->from || !added->replaced)
			mu_batch_move(out, at++, batch, i);
		for (int64_t j = 0; i == added->from && j < columns->n_children; j++)
			mu_batch_move(out, at++, columns, j);
	}
	return err;
}

int added_transform(struct mu_ctx *ctx, struct added *added, added_fill *fill, void *self,
		    const char *rows, struct ArrowArray *out)
{
	struct ArrowArray batch = { .release = NULL }, columns = { .release = NULL };
	int err;

	err = mu_pull(ctx, &batch);
	if (err || !batch.release)
		return err;
	err = fill(ctx, self, &batch);
	if (!err) {
		err = mu_builder_finish_batch(&added->builder, &columns);
		if (err)
			mu_fail(ctx, err, "a batch of %s cannot be made: %s", rows, strerror(err));
	}
	if (!err && batch_make(added, &batch, &columns, out))
		err = mu_fail(ctx, ENOMEM, "out of memory");
	mu_array_release(&columns);
	mu_array_release(&batch);
	return err;
}
