/*
 * JSON pointers (RFC 6901): "/data/rows/0", and "" for the whole; "~1" is a slash in a
 * name and "~0" a tilde.
 */
#ifndef POINTER_H
#define POINTER_H

#include "text/phrase.h"

/* The names of a pointer, in memory of the stage. */
struct pointer {
	struct mu_string *names;
	size_t n;
};

/* Reads one from a text, which must be a sound one. */
struct pointer pointer_read(struct mu_ctx *ctx, const char *text);

/* What is wrong with a text that is to be a pointer; NULL: nothing. */
const char *pointer_problem(const char *text);

/* The index that a name is in an array; false when it is none. */
bool pointer_index(struct mu_string name, uint64_t *out);

/* Writes a name as a part of a pointer, with the slash before it, as far as there is
 * room: the length. */
size_t pointer_add(char *out, size_t room, struct mu_string name);

#endif
