/* More rows in the output of another exporter.
 *     exit 3
 *     line muster: list.csv: was changed by somebody else than dataset[0], whose output it is
 */
#include <string.h>

#include "bad.h"

struct self {
	const char *path;
};

static int appends_open(struct mu_ctx *ctx, void *data, struct ArrowSchema *out)
{
	struct self *self = data;

	(void)out;
	return mu_output(ctx, "mine.csv", &self->path);
}

static int appends_export(struct mu_ctx *ctx, void *data, const struct ArrowArray *rows)
{
	const struct self *self = data;
	char other[4096];
	FILE *file;

	if (rows)
		return mu_append(ctx, self->path, "mine\n", 5);
	snprintf(other, sizeof other, "%.*slist.csv",
		 (int)(strlen(self->path) - strlen("mine.csv")), self->path);
	file = fopen(other, "a");
	fprintf(file, "Denmark,3.5\n");
	return fclose(file);
}

MUSTER_PLUGIN(.name = "appends", .summary = "bad", .self_size = sizeof(struct self),
	      .open = appends_open, .export = appends_export);
