/* A file that it makes itself, with no mode at all.
 *     exit 0
 */
#include <sys/stat.h>

#include "bad.h"

static int bad_open(struct mu_ctx *ctx, void *self, struct ArrowSchema *out)
{
	const char *path;
	int err = mu_output(ctx, "own.csv", &path);
	FILE *file;

	(void)self, (void)out;
	umask(0777);
	file = err ? NULL : fopen(path, "w");
	if (!file || fputs("mine\n", file) < 0 || fclose(file))
		return mu_fail(ctx, EIO, "it cannot be written");
	return 0;
}

VALIDATOR("mode", .open = bad_open, .export = good_show)
