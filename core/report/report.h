/*
 * What a run found, for people and for programs.
 */
#ifndef REPORT_H
#define REPORT_H

#include "stage/run.h"

struct report_format {
	const char *name;
	void (*write)(const struct run *run, struct text *out, bool color);
	bool details; /* it has all places, and the sha256 of documents */
};

/* Ended by a NULL name; NULL for one that is none. */
extern const struct report_format report_formats[];
const struct report_format *report_format(const char *name);

/* Findings with the excerpt of the document and a caret under the cell, then
 * what was counted and what was published. */
void report_text(const struct run *run, struct text *out, bool color);

/* As schemas/report.schema.json describes it. */
void report_json(const struct run *run, struct text *out, bool color);

#endif
