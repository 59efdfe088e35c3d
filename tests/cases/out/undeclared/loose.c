#include <stdio.h>
#include <string.h>

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
	static char more[4096];
	int err = mu_output(ctx, self->path, &staged);

	(void)out;
	if (!err)
		self->file = fopen(staged, "w");
	if (!err)
		fclose(fopen(strcat(strcpy(more, staged), ".more"), "w"));
	return err;
}

/* Writes a second file, of which nobody knows. */
static int loose_export(struct mu_ctx *ctx, void *data, const struct ArrowArray *rows)
{
	struct self *self = data;

	(void)ctx;
	if (rows)
		fprintf(self->file, "%d rows\n", (int)rows->length);
	return 0;
}

MUSTER_PLUGIN(.name = "loose", .summary = "writes too much", .self_size = sizeof(struct self),
	      .options = options, .open = loose_open, .export = loose_export);
