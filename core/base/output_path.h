/*
 * Which paths the files of a dataset can have.
 */
#ifndef OUTPUT_PATH_H
#define OUTPUT_PATH_H

#include <stdbool.h>

/* What muster itself writes: always, and with `on_error: reject`. */
#define PACKAGE "datapackage.json"
#define REJECTS "rejects.csv"

/* Why a file cannot have that path, relative to the output folder; NULL: it can.  With
 * `rejects` that of rejects.csv is taken. */
const char *output_path_wrong(const char *path, bool rejects);

/* Why two files of one dataset cannot have these paths; NULL: they can. */
const char *output_paths_clash(const char *path, const char *other);

#endif
