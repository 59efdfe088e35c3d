/*
 * What exporters write into the staging folder: publish_output(), publish_append() and
 * publish_measure() of publish.h, and what is looked at before it is published.
 */
#ifndef OUTPUTS_H
#define OUTPUTS_H

#include "store/publishing.h"

/* Whether the staging folder has no file that is not an output: nothing is published that
 * datapackage.json does not list.  0, or an errno value with a message. */
int outputs_check(const struct publish *p, struct text *why);

/* Whether each output is still what was measured.  0, or an errno value with a message. */
int outputs_compare(const struct publish *p, struct text *why);

/* Has the bytes on their way to the disk when a later sync waits for them, so that several files
 * are hardly more to wait for than one. */
void outputs_write_out(int fd);

typedef int output_folder(const struct publish *p, const char *folder, struct text *why);

/* Calls `visit` with each folder of an output below the staging folder: one of them as often as
 * outputs are in it.  0, or the first value that was not. */
int outputs_each_folder(const struct publish *p, output_folder *visit, struct text *why);

#endif
