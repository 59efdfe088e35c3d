/*
 * XML of a package's part, as a stream.
 *
 * A reader knows the names of some elements and attributes, and is told of these by
 * their number.  All else is passed over, but it counts: hostile documents are refused
 * with mu_fail(), those that have a document type (so there are no entities either), are
 * nested deeply, or have tags without end or more names than can be.
 */
#ifndef XML_H
#define XML_H

#include <expat.h>

#include <muster/map.h>

#include "package.h"

enum {
	XML_DEPTH = 100,
	XML_ATTRIBUTES = 24, /* names of attributes that a form may have */
};

/* A name, in a namespace and another one that means the same.  NULL: none. */
struct xml_name {
	const char *space, *other, *local;
};

struct xml;

/* A kind of document.  Elements and attributes are numbered from 1, in the order of these
 * tables, which end with { 0 }. */
struct xml_form {
	const struct xml_name *elements, *attributes;
	/* What begins and ends.  While an element is begun, xml->values are its attributes. */
	void (*start)(struct xml *xml, int element);
	void (*end)(struct xml *xml, int element);
};

/* Zeroed is closed. */
struct xml {
	const struct xml_form *form;
	void *user;                             /* the reader's */
	const char *values[XML_ATTRIBUTES + 1]; /* by number; NULL: not there */
	int depth;                              /* how many elements are open around it */

	/* Text, from where the reader sets `collects` until it takes that back; it is for
	 * the reader to set text_len to 0.  No more than text_most bytes are kept. */
	bool collects;
	char *text;
	size_t text_len, text_most;

	bool ended; /* the document has, or the reader wanted no more */

	/* The rest is private. */
	struct mu_ctx *ctx;
	struct package_part part;
	XML_Parser parser;
	struct mu_map strange; /* names that are in no table */
	int open[XML_DEPTH];   /* the numbers of elements that are open */
	int skipped;           /* the depth of the element that is passed over, or 0 */
	size_t text_room;
	uint64_t fed;
	bool last, stopped, paused; /* last: all bytes are fed */
	int err;
};

/* Begins to read a part.  0, or an error with a message. */
int xml_open(struct mu_ctx *ctx, struct xml *xml, const struct package *package, const char *part,
	     const struct xml_form *form, void *user);
void xml_close(struct xml *xml);

/* Reads on, some 64 KiB, or up to where the reader paused. */
int xml_read(struct mu_ctx *ctx, struct xml *xml);

/* Reads to the end. */
int xml_read_all(struct mu_ctx *ctx, struct xml *xml);

/* For the reader: passes over what is inside the element that begins. */
void xml_skip(struct xml *xml);

/* For the reader: puts text where it is collected. */
void xml_text_add(struct xml *xml, const char *text, size_t len);

/* For the reader, where an element ends: nothing comes until the next xml_read(). */
void xml_pause(struct xml *xml);

/* For the reader: wants no more; xml_read() gives `err`, which has a message or is 0. */
void xml_stop(struct xml *xml, int err);

/* Whole numbers of attributes; false when it is none, or not from 0 to `most`. */
bool xml_number(const char *text, uint64_t most, uint64_t *out);

#endif
