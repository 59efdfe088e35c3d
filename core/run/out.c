#include "run/out.h"

#include <errno.h>
#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>

#include "store/publish.h"

/* Whether a path or a pattern that a stage names means a file, whose path has no links. */
static bool names(const char *pattern, const char *file)
{
	size_t len = strcspn(pattern, "*?[");
	struct text folder = { 0 };
	char *real;
	bool named;

	while (len && pattern[len - 1] != '/')
		len--;
	text_add(&folder, len ? pattern : "./", len ? len : 2);
	real = publish_folder(folder.data);
	named = !strncmp(file, real, strlen(real)) && file[strlen(real)] == '/' &&
		!fnmatch(pattern + len, file + strlen(real) + 1, FNM_PATHNAME | FNM_PERIOD);
	free(real);
	text_release(&folder);
	return named;
}

static int spare_inputs(const struct pipeline *p, const char *out, const char *path,
			struct text *why)
{
	char *folder = publish_folder(out);
	struct text file = { 0 };
	int err = 0;
	size_t i;

	text_printf(&file, "%s/%s", folder, path);
	for (i = 0; !err && i < p->n_inputs; i++) {
		if (!names(p->inputs[i], file.data))
			continue;
		text_printf(why,
			    "%s: the next run would read the output '%s' there, which is one of "
			    "%s; name another folder with --out",
			    out, path, p->inputs[i]);
		err = EINVAL;
	}
	text_release(&file);
	free(folder);
	return err;
}

int out_check(const struct pipeline *p, const char *out, struct text *why)
{
	int err = publish_check(out, why);
	size_t i;

	for (i = 0; !err && i < p->n_outputs; i++)
		err = spare_inputs(p, out, p->outputs[i].path, why);
	if (!err && p->on_error == ON_ERROR_REJECT)
		err = spare_inputs(p, out, REJECTS, why);
	return err ? err : spare_inputs(p, out, PACKAGE, why);
}
