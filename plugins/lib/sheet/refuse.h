/*
 * Documents that are refused as a whole: a finding of the document, and a number that
 * callers pass up to where it is known what to leave undone.
 *
 *     if (it is no archive)
 *             return refuse(ctx, "damaged", "it is no %s file", kind);
 *     ...
 *     if (err == REFUSED)
 *             no rows come, and the run goes on
 */
#ifndef REFUSE_H
#define REFUSE_H

#include <stdarg.h>
#include <stdio.h>

#include <muster/plugin.h>

/* No file system gives it. */
enum { REFUSED = EMEDIUMTYPE };

/* Reports an error without a row.  REFUSED, or what mu_report() gave. */
__attribute__((format(printf, 3, 4))) static inline int refuse(struct mu_ctx *ctx, const char *code,
							       const char *fmt, ...)
{
	struct mu_finding refused = { .code = code };
	char message[1024];
	va_list ap;
	int err;

	va_start(ap, fmt);
	vsnprintf(message, sizeof message, fmt, ap);
	va_end(ap);
	err = mu_report(ctx, refused, "%s", message);
	return err ? err : REFUSED;
}

#endif
