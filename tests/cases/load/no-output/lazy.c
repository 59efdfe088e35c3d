#include <muster/plugin.h>

static int lazy_open(struct mu_ctx *ctx, void *self, struct ArrowSchema *out)
{
	const char *staged;

	(void)self;
	(void)out;
	return mu_output(ctx, "lazy.txt", &staged);
}

/* Declares a file and never writes it. */
static int lazy_export(struct mu_ctx *ctx, void *self, const struct ArrowArray *rows)
{
	(void)ctx;
	(void)self;
	(void)rows;
	return 0;
}

MUSTER_PLUGIN(.name = "lazy", .summary = "writes nothing", .open = lazy_open,
	      .export = lazy_export);
