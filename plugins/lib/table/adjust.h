/*
 * Measures that come and go in a transform.
 */
#ifndef ADJUST_H
#define ADJUST_H

#include <muster/table.h>

/* Tells the runner of a measure that comes with the `n` rows of a batch (`sign` 1), or
 * goes (-1): `sign` times its sum over all but claims, however large.  0, or what
 * mu_adjusted() gave. */
int adjust_measure(struct mu_ctx *ctx, const char *name, const struct mu_column *cells,
		   const struct mu_rows *rows, int64_t n, int sign);

#endif
