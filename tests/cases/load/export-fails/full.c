#include <stdio.h>

#include <muster/plugin.h>

static int full_open(struct mu_ctx *ctx, void *self, struct ArrowSchema *out)
{
	const char *staged;
	int err = mu_output(ctx, "full.txt", &staged);
	FILE *file = err ? NULL : fopen(staged, "w");

	(void)self;
	(void)out;
	if (file)
		fclose(file);
	return err;
}

/* Comes to the last step and cannot do it. */
static int full_export(struct mu_ctx *ctx, void *self, const struct ArrowArray *rows)
{
	(void)self;
	return rows ? 0 : mu_fail(ctx, ENOSPC, "no space left for full.txt");
}

MUSTER_PLUGIN(.name = "full", .summary = "fails at the end", .open = full_open,
	      .export = full_export);
