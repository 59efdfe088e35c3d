/*
 * What an output folder holds before it is replaced: the former dataset, which its
 * datapackage.json lists, and files of others, which are kept.
 */
#ifndef FORMER_H
#define FORMER_H

#include <jansson.h>
#include <stdbool.h>

#include "base/text.h"

/* Reads a datapackage.json.  *package is NULL when there is no such file.  0, EBADMSG when
 * it is no JSON, or another errno value; with the reason, without the path. */
int package_read(const char *path, json_t **package, struct text *why);

struct former {
	const char *out, *shown; /* the folder; both are the caller's */
	json_t *paths;           /* an object with the paths that are listed; NULL: no dataset */
};

/* Looks at an output folder; one that is not there is fine.  0, or errno with a message:
 * EEXIST when it is none to replace. */
int former_open(struct former *former, const char *out, const char *shown, struct text *why);
void former_close(struct former *former);

/* Whether a folder holds a dataset that muster has published. */
bool former_is_dataset(const char *folder);

/* Whether the former dataset has that file; its datapackage.json is one. */
bool former_has(const struct former *former, const char *path);

/* Gives each file that is not the former dataset's a second name in the folder `into`: EEXIST,
 * with a message, when another one has it there. */
int former_keep(const struct former *former, const char *into, struct text *why);

#endif
