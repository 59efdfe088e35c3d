/*
 * The Arrow C data interface: how rows travel between stages.
 *
 * Declared as its specification asks every speaker to declare it
 * (https://arrow.apache.org/docs/format/CDataInterface.html).  The struct is
 * its holder's, the contents are its producer's: `release` gives them back,
 * and is NULL once that has happened.  Moving one is copying the struct and
 * setting the `release` of the old one to NULL.
 */
#ifndef MUSTER_ARROW_H
#define MUSTER_ARROW_H

#include <stdint.h>

#ifndef ARROW_C_DATA_INTERFACE
#define ARROW_C_DATA_INTERFACE

#define ARROW_FLAG_DICTIONARY_ORDERED 1
#define ARROW_FLAG_NULLABLE           2
#define ARROW_FLAG_MAP_KEYS_SORTED    4

/* The type of an array: of a batch its columns are `children`. */
struct ArrowSchema {
	const char *format;
	const char *name;
	const char *metadata;
	int64_t flags;
	int64_t n_children;
	struct ArrowSchema **children;
	struct ArrowSchema *dictionary;
	void (*release)(struct ArrowSchema *);
	void *private_data;
};

/* The values of an array, as its schema says; which buffers there are is said by the format. */
struct ArrowArray {
	int64_t length;
	int64_t null_count;
	int64_t offset;
	int64_t n_buffers;
	int64_t n_children;
	const void **buffers;
	struct ArrowArray **children;
	struct ArrowArray *dictionary;
	void (*release)(struct ArrowArray *);
	void *private_data;
};

#endif
#endif
