#include <stdio.h>

#include <muster/plugin.h>

struct self {
	const char *path;
	FILE *file;
};

static const struct mu_option options[] = {
	MU_OPT_TEXT(struct self, path, .required = true, .help = "file to write"),
	{ 0 },
};

static int loose_open(struct mu_ctx *ctx, void *data, struct ArrowSchema *out)
{
	struct self *self = data;
	const char *staged;
	int err = mu_output(ctx, self->path, &staged);

	(void)out;
	if (!err)
		self->file = fopen(staged, "w");
	return err;
}

/* Neither flushes its stream nor closes it. */
static int loose_export(struct mu_ctx *ctx, void *data, const struct ArrowArray *rows)
{
	struct self *self = data;

	(void)ctx;
	if (rows)
		fprintf(self->file, "%d rows\n", (int)rows->length);
	return 0;
}

MUSTER_PLUGIN(.name = "loose", .summary = "leaves its stream open",
	      .self_size = sizeof(struct self), .options = options, .open = loose_open,
	      .export = loose_export);
