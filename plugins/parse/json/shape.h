/*
 * Names of members to columns: what an object that columns are read from looks like.
 *
 * A shape has an entry for each name that was met, those that no column asks for too,
 * so that a name that is there twice is told.  Objects of a document mostly have the
 * same names in the same order: each entry remembers which came behind it.
 */
#ifndef SHAPE_H
#define SHAPE_H

#include <muster/map.h>

#define NO_COLUMN SIZE_MAX

struct entry {
	size_t column;       /* that takes the value, or NO_COLUMN */
	struct shape *below; /* of the value, where columns are read from what is in it */
	uint64_t visit;      /* of the shape that met it last */
	size_t next;         /* the entry that came behind it then */
};

/* Zeroed is empty, but for `most`. */
struct shape {
	struct mu_map map;
	struct entry *entries; /* to those of the map */
	size_t room;
	size_t known;       /* the first ones, which stay */
	size_t most;        /* names that an object may have */
	uint64_t visit;     /* counts objects */
	size_t last, count; /* the entry met last, and members of the object at hand */
	uint64_t elements;  /* of an array that may matter: 1 and the greatest index */
};

/* Adds what stays: the entry of a name.  NULL when memory is out. */
struct entry *shape_add(struct shape *shape, struct mu_string name);

/* Begins an object.  False when memory is out. */
bool shape_begin(struct shape *shape);

/* The entry of a name in it.  NULL when memory is out. */
struct entry *shape_meet(struct shape *shape, struct mu_string name);

/* Adds the names that another shape has met.  False when memory is out. */
bool shape_join(struct shape *shape, const struct shape *other);

void shape_release(struct shape *shape);

#endif
