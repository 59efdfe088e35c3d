/*
 * Plugins: where they are found, and what makes one fit to be called.
 *
 * Searched in this order, each with KIND/NAME.so in it: the folders of
 * MUSTER_PLUGIN_PATH (absolute ones only), the folder plugins beside the
 * program (the build tree), PREFIX/lib/muster/plugins where PREFIX is the parent
 * of the program's folder.  Never the current folder.  Found first is taken.
 *
 * Loaded with RTLD_NOW | RTLD_LOCAL and never unloaded.  Before that: the file is as
 * long as its headers say.  Before anything of it is called: the symbol muster_plugin
 * is there, its abi is ours, exactly one step is set and fits the folder, its name fits
 * the file.  Tables made with smaller structs are copied into ours, what they lack
 * being zero.
 */
#ifndef LOADER_H
#define LOADER_H

#include <muster/plugin.h>

#include "base/mem.h"
#include "base/text.h"

enum step { STEP_FETCH, STEP_PARSE, STEP_VALIDATE, STEP_TRANSFORM, STEP_EXPORT };
#define N_STEPS 5
extern const char *const step_names[N_STEPS + 1]; /* "fetch" ...; NULL-ended */

struct plugin {
	enum step step;
	const char *name; /* "csv" */
	const char *full; /* "parse/csv" */
	const char *path; /* of the .so */
	bool foreign; /* none that came with muster: what it does and gives is checked */
	struct mu_plugin api; /* as large as ours; `options` and `codes` too */
};

struct loader;

struct loader *loader_new(void); /* never NULL */

/* From now on each plugin is loaded in a process of its own first, so that one that
 * crashes or exits meanwhile is refused: for commands that look at all that there are. */
void loader_try_first(struct loader *loader);

/* Whether a plugin that did not come with muster has been loaded by any loader. */
bool loader_met_others(void);

void loader_free(struct loader *loader);

/* The plugin, loaded on first use; NULL with a message in `why` (and, in `hint`
 * unless NULL, a line of advice) that says which folders were searched, or what
 * is wrong with the file found. */
const struct plugin *loader_find(struct loader *loader, enum step step, const char *name,
				 struct text *why, struct text *hint);

/* Names of what is there for a step, sorted, each once, NULL-ended; owned by the
 * loader.  They need not load. */
const char *const *loader_names(struct loader *loader, enum step step);

/* Where a file that comes with muster is: `name` relative to share, such as
 * "schemas/reference/countries.csv".  In the build tree that is the project's
 * folder, else PREFIX/share/muster.  NULL when there is none; caller frees. */
char *loader_shared(struct loader *loader, const char *name);

#endif
