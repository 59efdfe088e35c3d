/*
 * The schema of a dataset: a file in JSON after Table Schema, version 1
 * (https://specs.frictionlessdata.io/table-schema/).
 *
 * Of the specification, this is understood:
 *
 *     fields      name, type (string, the default; integer, number, boolean, date), format
 *                 (default), constraints (required, unique, enum, minimum, maximum, pattern)
 *     primaryKey
 *     foreignKeys reference.resource is a path of a CSV file, relative to the schema's
 *                 folder or to reference/ in it
 *
 * and of our own, `"measure": true` for an integer field whose sum every stage
 * must conserve.  What only describes (title, description, example, rdfType,
 * name, $schema, profile) may stand there.  Any other key is an error: no
 * constraint is silently left unchecked.
 */
#ifndef TABLESCHEMA_H
#define TABLESCHEMA_H

#include <muster/plugin.h>

#define TABLESCHEMA_BYTES_MAX  ((size_t)1 << 20)
#define TABLESCHEMA_FIELDS_MAX ((size_t)1000)

struct tableschema;

/* What is wrong, without the name of the file. */
struct tableschema_error {
	int line, column; /* from 1, column in characters; 0 when it has no one place */
	char message[512];
};

/* Reads a schema.  0; EINVAL when it is none or uses what is not understood;
 * or why the file could not be read.  On error `*out` is NULL and all of `err`
 * is set. */
int tableschema_read(const char *path, struct tableschema **out, struct tableschema_error *err);
void tableschema_free(struct tableschema *schema); /* NULL is fine */

/* Lives as long as the schema; paths in it are absolute. */
const struct mu_table_schema *tableschema_table(const struct tableschema *schema);

/* The bytes of the file; ended by a zero byte that `len` does not count. */
const char *tableschema_text(const struct tableschema *schema, size_t *len);

#endif
