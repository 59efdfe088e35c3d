/*
 * What the plugins of this folder have in common.  Each has one fault.  The comment on top
 * of it says which, and in lines that begin with a word what comes of it:
 *
 *     exit N      the exit status
 *     line TEXT   what a line of standard error or output has in it; may stand more than once
 *     stop N      SIGTERM is sent after N seconds, and the run ends within 5 more
 *     published yes   though it does not end with 0
 *     args WORDS  more arguments
 *
 * KIND-NAME.c is the plugin KIND/NAME.  tests/plugins.sh runs each.
 */
#ifndef BAD_H
#define BAD_H

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <muster/table.h>

/* Columns and rows as a good parser has them: country, share, and the hidden ones. */
static inline int good_open(struct mu_ctx *ctx, void *self, struct ArrowSchema *out)
{
	int err = mu_schema_init(out);

	(void)ctx, (void)self;
	if (!err)
		err = mu_schema_add(out, "country", MU_STRING, false, NULL);
	if (!err)
		err = mu_schema_add(out, "share", MU_NUMBER, false, NULL);
	return err ? err : mu_schema_add_hidden(out);
}

static inline int good_rows(struct mu_ctx *ctx, struct ArrowArray *out)
{
	static const char *const names[] = { "Albania", "Belgium", "Chile" };
	struct ArrowSchema schema = { 0 };
	struct mu_builder b = { 0 };
	int err = good_open(ctx, NULL, &schema);

	if (!err)
		err = mu_builder_init(&b, &schema);
	for (size_t i = 0; i < 3 && !err; i++) {
		mu_put_string(&b, 0, mu_string(names[i]));
		mu_put_number(&b, 1, (double)i + 0.5);
		mu_end_row_at(&b, mu_at(ctx->document->id, 10 * (i + 1)), NULL);
	}
	if (!err)
		err = mu_builder_finish(&b, out);
	mu_builder_release(&b);
	mu_schema_release(&schema);
	return err;
}

/* Good rows the first time, then the end.  self is an int. */
static inline int good_parse(struct mu_ctx *ctx, void *self, struct ArrowArray *out)
{
	int *times = self;

	return (*times)++ ? 0 : good_rows(ctx, out);
}

/* Of a stage that has rows before it, good itself. */
static inline int good_show(struct mu_ctx *ctx, void *self, const struct ArrowArray *rows)
{
	(void)ctx, (void)self, (void)rows;
	return 0;
}

/* Functions of a plugin that has `fault`, code with ctx, and rows or out, at hand. */
#define BAD_OPEN(fault) \
	static int bad_open(struct mu_ctx *ctx, void *self, struct ArrowSchema *out) \
	{ \
		(void)ctx, (void)self, (void)out; \
		fault; \
		return 0; \
	}
#define BAD_CLOSE(fault) \
	static void bad_close(struct mu_ctx *ctx, void *self) \
	{ \
		(void)ctx, (void)self; \
		fault; \
	}
#define BAD_SHOW(fault) \
	static int bad_show(struct mu_ctx *ctx, void *self, const struct ArrowArray *rows) \
	{ \
		(void)ctx, (void)self, (void)rows; \
		fault; \
		return 0; \
	}
#define BAD_TRANSFORM(fault) \
	static int bad_transform(struct mu_ctx *ctx, void *self, struct ArrowArray *out) \
	{ \
		(void)self; \
		int err = mu_pull(ctx, out); \
		if (err || !out->release) \
			return err; \
		fault; \
		return 0; \
	}
/* Good rows, of which `fault` makes bad ones. */
#define BAD_PARSE(fault) \
	static int bad_parse(struct mu_ctx *ctx, void *self, struct ArrowArray *out) \
	{ \
		int *times = self, err = *times ? 0 : good_rows(ctx, out); \
		if (err || (*times)++) \
			return err; \
		fault; \
		return 0; \
	}

#define CODES \
	.codes = (const struct mu_code[]) \
	{ \
		{ "wrong", "It is wrong.", "Mend it." }, \
		{ \
			0 \
		} \
	}

#define VALIDATOR(n, ...) MUSTER_PLUGIN(.name = n, .summary = "bad", __VA_ARGS__);
#define PARSER(n, ...) \
	MUSTER_PLUGIN(.name = n, .summary = "bad", .self_size = sizeof(int), __VA_ARGS__);

#endif
