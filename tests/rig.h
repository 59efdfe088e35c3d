/*
 * A validator or transform at work without a runner: rows from short texts, and
 * what the stage said of them as text.
 *
 *     rig_init(&rig, "mission", "country", "headcount:measure", (char *)NULL);
 *     rig_row(&rig, mu_at(1, 7), NULL, "EULEX|XKX|4");   ~ is null
 *     rig_row(&rig, mu_at(1, 8), "total", "~|~|4");
 *     rig_flush(&rig);                                   ends a batch
 */
#ifndef RIG_H
#define RIG_H

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <muster/table.h>

struct rig {
	struct mu_ctx ctx;
	struct ArrowSchema schema;
	struct mu_builder builder;
	struct ArrowArray *batches;
	size_t n_batches, next;
	char said[16384]; /* a line "code at [field] [expected/found]: message" each */
	size_t said_len;
	char why[1024]; /* of mu_fail() and mu_invalid() */
	uint64_t findings, checks[3];
	int64_t adjusted_rows, adjusted_claims, adjusted; /* `adjusted`: all measures */
	int report_gives;                                 /* what mu_report() returns */
	int sha256_gives;                                 /* mu_sha256() of document two */
	void **memory;
	size_t n_memory;
};

static inline struct rig *rig_of(struct mu_ctx *ctx)
{
	return (struct rig *)((char *)ctx - offsetof(struct rig, ctx));
}

static void rig_say(struct rig *rig, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

static void rig_say(struct rig *rig, const char *fmt, ...)
{
	size_t room = sizeof rig->said - rig->said_len;
	va_list ap;
	int len;

	va_start(ap, fmt);
	len = vsnprintf(rig->said + rig->said_len, room, fmt, ap);
	va_end(ap);
	rig->said_len += len < 0 ? 0 : (size_t)len < room ? (size_t)len : room - 1;
}

__attribute__((format(printf, 3, 0))) static int rig_report(struct mu_ctx *ctx,
							    const struct mu_finding *f,
							    const char *fmt, va_list ap)
{
	static const char *const severities[] = { "", "warning ", "note " };
	struct rig *rig = rig_of(ctx);
	char message[1024];

	rig->findings++;
	vsnprintf(message, sizeof message, fmt, ap);
	rig_say(rig, "%s%s %" PRIu64, severities[f->severity], f->code, mu_at_position(f->at));
	if (f->other)
		rig_say(rig, "~%" PRIu64, mu_at_position(f->other));
	if (f->field)
		rig_say(rig, " %s", f->field);
	if (f->numbers)
		rig_say(rig, " %" PRId64 "/%" PRId64, f->expected, f->found);
	rig_say(rig, ": %s\n", message);
	return rig->report_gives;
}

/* A line "counted code at". */
static int rig_finding_count(struct mu_ctx *ctx, const struct mu_finding *f)
{
	struct rig *rig = rig_of(ctx);

	rig->findings++;
	rig_say(rig, "counted %s %" PRIu64 "\n", f->code, mu_at_position(f->at));
	return rig->report_gives;
}

__attribute__((format(printf, 3, 0))) static int rig_failed(struct mu_ctx *ctx, int err,
							    const char *fmt, va_list ap)
{
	vsnprintf(rig_of(ctx)->why, sizeof rig_of(ctx)->why, fmt, ap);
	return err;
}

__attribute__((format(printf, 3, 0))) static int rig_invalid(struct mu_ctx *ctx, const void *option,
							     const char *fmt, va_list ap)
{
	(void)option;
	return rig_failed(ctx, EINVAL, fmt, ap);
}

static void *rig_alloc(struct mu_ctx *ctx, size_t size)
{
	struct rig *rig = rig_of(ctx);
	void *memory = calloc(1, size ? size : 1);

	rig->memory = reallocarray(rig->memory, rig->n_memory + 1, sizeof *rig->memory);
	if (!memory || !rig->memory)
		abort();
	rig->memory[rig->n_memory++] = memory;
	return memory;
}

static int rig_pull(struct mu_ctx *ctx, struct ArrowArray *out)
{
	struct rig *rig = rig_of(ctx);

	*out = (struct ArrowArray){ .release = NULL };
	if (rig->next < rig->n_batches) {
		*out = rig->batches[rig->next];
		rig->batches[rig->next++].release = NULL;
	}
	return 0;
}

static bool rig_cancelled(struct mu_ctx *ctx)
{
	(void)ctx;
	return false;
}

static int rig_checked(struct mu_ctx *ctx, uint32_t outcome, uint64_t times)
{
	rig_of(ctx)->checks[outcome] += times;
	return 0;
}

static int rig_adjusted(struct mu_ctx *ctx, const char *measure, int64_t by)
{
	struct rig *rig = rig_of(ctx);
	int64_t *what = !measure                    ? &rig->adjusted_rows
			: strcmp(measure, MU_CLAIM) ? &rig->adjusted
						    : &rig->adjusted_claims;

	*what = (int64_t)((uint64_t)*what + (uint64_t)by);
	return 0;
}

static const struct mu_document *rig_document(struct mu_ctx *ctx, uint32_t id)
{
	static const struct mu_document documents[] = {
		{ .id = 1, .name = "one.csv" },
		{ .id = 2, .name = "two.csv" },
	};

	(void)ctx;
	return id - 1 < 2 ? &documents[id - 1] : NULL;
}

/* Not of document two, which cannot be read any more. */
static int rig_sha256(struct mu_ctx *ctx, uint32_t id, const char **out)
{
	*out = id == 1 ? "5891b5b5" : NULL;
	return id == 2 ? rig_of(ctx)->sha256_gives : 0;
}

/* Columns are "name" for text and "name:measure". */
static void rig_init(struct rig *rig, ...)
{
	const char *column;
	char name[64];
	va_list ap;
	int err;

	*rig = (struct rig){ .ctx = { .size = sizeof rig->ctx,
				      .pull = rig_pull,
				      .report = rig_report,
				      .finding_count = rig_finding_count,
				      .failed = rig_failed,
				      .invalid = rig_invalid,
				      .alloc = rig_alloc,
				      .cancelled = rig_cancelled,
				      .checked = rig_checked,
				      .adjusted = rig_adjusted,
				      .document_by_id = rig_document,
				      .sha256 = rig_sha256 } };
	err = mu_schema_init(&rig->schema);
	va_start(ap, rig);
	while ((column = va_arg(ap, const char *)) && !err) {
		size_t len = strcspn(column, ":");

		snprintf(name, sizeof name, "%.*s", (int)len, column);
		err = mu_schema_add(&rig->schema, name, column[len] ? MU_INTEGER : MU_STRING,
				    column[len], NULL);
	}
	va_end(ap);
	if (err || mu_schema_add_hidden(&rig->schema) ||
	    mu_builder_init(&rig->builder, &rig->schema))
		abort();
	rig->ctx.schema = &rig->schema;
}

static inline void rig_row(struct rig *rig, uint64_t at, const char *claim, const char *cells)
{
	int64_t i, number;

	for (i = 0; i < mu_schema_visible(&rig->schema); i++) {
		struct mu_string cell = { cells, strcspn(cells, "|") };

		cells += cell.len + (cells[cell.len] == '|');
		if (mu_string_is(cell, "~"))
			continue;
		if (mu_schema_type(rig->schema.children[i]) == MU_STRING)
			mu_put_string(&rig->builder, i, cell);
		else if (mu_parse_integer(cell, &number))
			mu_put_integer(&rig->builder, i, number);
		else
			abort();
	}
	mu_end_row_at(&rig->builder, at, claim);
}

static void rig_flush(struct rig *rig)
{
	rig->batches = realloc(rig->batches, (rig->n_batches + 1) * sizeof *rig->batches);
	if (!rig->batches)
		abort();
	rig->batches[rig->n_batches] = (struct ArrowArray){ .release = NULL };
	if (mu_builder_finish(&rig->builder, &rig->batches[rig->n_batches]))
		abort();
	if (rig->batches[rig->n_batches].release)
		rig->n_batches++;
}

/* Opens a validator and shows it all rows and the end. */
static inline int rig_validate(struct rig *rig, const struct mu_plugin *plugin, void *self)
{
	struct ArrowSchema none = { .release = NULL };
	struct ArrowArray batch;
	int err = plugin->open(&rig->ctx, self, &none);

	rig_flush(rig);
	while (!err && !rig_pull(&rig->ctx, &batch) && batch.release) {
		err = plugin->validate(&rig->ctx, self, &batch);
		mu_array_release(&batch);
	}
	return err ? err : plugin->validate(&rig->ctx, self, NULL);
}

static void rig_release(struct rig *rig)
{
	size_t i;

	for (i = 0; i < rig->n_batches; i++)
		mu_array_release(&rig->batches[i]);
	for (i = 0; i < rig->n_memory; i++)
		free(rig->memory[i]);
	free(rig->memory);
	free(rig->batches);
	mu_builder_release(&rig->builder);
	mu_schema_release(&rig->schema);
}

#endif
