/*
 * XML of a package's part, as a stream.
 *
 * A reader knows the names of some elements and attributes, and is told of these by
 * their number.  All else is passed over, but it counts: hostile documents are refused
 * with mu_fail(), those that have a document type (so there are no entities either), are
 * nested deeply, or have tags without end or more names than can be.
 *
 * Most of a large document is the same few elements, over and over, and written in the
 * same plain way.  A reader may know that way better than expat: between two elements
 * it is shown the bytes that follow, and takes as many as it can read.  It must take
 * whole elements, and only what expat would find no fault with; expat then goes on as if
 * they had not been there.
 */
#ifndef XML_H
#define XML_H

#include <expat.h>

#include <muster/map.h>

#include "sheet/package.h"

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
	/* Or NULL: takes plain elements from the bytes at hand, in which it may write, and
	 * says how many bytes that are; fewer than there are plain ones after xml_pause() or
	 * xml_stop().  Called where `until` has been read, and is the last thing that was. */
	size_t (*plain)(struct xml *xml, char *bytes, size_t len);
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

	/* For form->plain: the text of a tag behind which it is to be asked; NULL: never. */
	const char *until;

	/* The rest is private. */
	struct mu_ctx *ctx;
	struct package_part part;
	XML_Parser parser;
	struct mu_map strange; /* names that are in no table */
	int open[XML_DEPTH];   /* the numbers of elements that are open */
	int skipped;           /* the depth of the element that is passed over, or 0 */
	size_t text_room;
	char *bytes; /* that expat was not given yet: `left` of them, from `from` on */
	size_t from, left;
	uint64_t fed, event;    /* bytes given to expat; where its last event ended */
	struct mu_map prefixes; /* of namespaces, in all of the document */
	bool other;             /* its encoding is not UTF-8 */
	bool at_until, feeding; /* it was given all up to `until`; expat is at work */
	bool last, stopped, paused, suspended; /* last: all bytes were read */
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

/* For the reader: passes over the element that begins, and all in it; no end comes. */
void xml_skip(struct xml *xml);

/* For the reader: puts text where it is collected. */
void xml_text_add(struct xml *xml, const char *text, size_t len);

/* For the reader: the text collected from `from` on is raised: see raised.h. */
void xml_text_raise(struct xml *xml, size_t from);

/* For form->plain: whether a prefix of names means something. */
bool xml_has_prefix(const struct xml *xml, const char *prefix, size_t len);

/* For the reader, where an element ends: nothing comes until the next xml_read(). */
void xml_pause(struct xml *xml);

/* For the reader: wants no more; xml_read() gives `err`, which has a message or is 0. */
void xml_stop(struct xml *xml, int err);

/* Whole numbers of attributes; false when it is none, or not from 0 to `most`. */
bool xml_number(const char *text, uint64_t most, uint64_t *out);

/* "true" or "1". */
bool xml_true(const char *text);

#endif
