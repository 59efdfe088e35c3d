/*
 * Whether what a plugin gave out is what it says: the seam between two stages.
 *
 * Of every batch the shape is checked: as many columns as were declared, with the
 * buffers that their types have.  Of plugins that did not come with muster all of it is:
 * what every buffer holds, so that whoever reads the batch next can trust it.
 */
#ifndef BATCH_H
#define BATCH_H

#include <muster/table.h>

#include "base/text.h"

/* Columns that a stage may declare: named, each once, of known types, and the hidden ones
 * last.  Else a message in `why`. */
bool columns_are_sound(const struct ArrowSchema *schema, struct text *why);

bool batch_has_shape(const struct ArrowSchema *schema, const struct ArrowArray *rows,
		     struct text *why);

/* What the places of a batch may be. */
struct places_allowed {
	uint32_t document;  /* the only one they are in; 0: any up to */
	uint32_t documents;
	bool marked;        /* rows may be marked as rejected */
};

/* Everything about a batch that has its shape. */
bool batch_is_sound(const struct ArrowSchema *schema, const struct ArrowArray *rows,
		    const struct places_allowed *allowed, struct text *why);

/* A number that is another one when anything in the batch has changed. */
uint64_t batch_digest(const struct ArrowSchema *schema, const struct ArrowArray *rows);

#endif
