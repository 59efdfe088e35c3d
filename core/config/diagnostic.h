/*
 * What is wrong with a configuration file, said all in one go:
 *
 *     pipeline.yaml:12:7: error: parse/csv has no option 'delimeter'
 *        12 |       delimeter: ";"
 *           |       ^~~~~~~~~
 *        did you mean 'delimiter'?
 */
#ifndef DIAGNOSTIC_H
#define DIAGNOSTIC_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/text.h"

/* A place in the file.  line 0: the file as a whole. */
struct mark {
	uint32_t line, column; /* from 1; column in characters */
	uint32_t width;        /* in characters; 0 and 1 give a lone caret */
};

struct diagnostic {
	struct mark mark;
	char *message; /* without the place; may be followed by a line of hint */
	char *hint;    /* or NULL */
};

struct diagnostics {
	const char *path;      /* as the user gave it */
	const char *text;      /* the file's bytes, for excerpts; NULL: none */
	size_t len;
	const struct secrets *secrets; /* to redact, or NULL */
	struct diagnostic *items; /* the first DIAGNOSTICS_KEPT of them */
	size_t count;
};

#define DIAGNOSTICS_KEPT 100

/* Adds one; what was said already is not said again, and more than
 * DIAGNOSTICS_KEPT are only counted.  `hint` is a whole line ("did you mean
 * 'x'?") or NULL. */
void diagnose(struct diagnostics *d, struct mark mark, const char *hint, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));
void diagnose_va(struct diagnostics *d, struct mark mark, const char *hint, const char *fmt,
		 va_list ap) __attribute__((format(printf, 4, 0)));

/* The same with the hint made from what may stand there (NULL-ended): the one
 * that was probably meant, else all of them. */
void diagnose_name(struct diagnostics *d, struct mark mark, const char *name,
		   const char *const *candidates, const char *fmt, ...)
	__attribute__((format(printf, 5, 6)));

/* All of them in the order of the file, ready for a terminal. */
void diagnostics_print(struct diagnostics *d, struct text *out, bool color);
/* Forgets all but the first `count`. */
void diagnostics_cut(struct diagnostics *d, size_t count);
void diagnostics_release(struct diagnostics *d);

#endif
