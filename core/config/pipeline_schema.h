/*
 * The JSON Schema (draft 7, which editors know best) of pipeline files, out of
 * the option tables of the plugins that are installed.
 *
 * It accepts all that muster reads, and more: what a ${name} stands for, and
 * what only a plugin can tell, muster check says.
 */
#ifndef PIPELINE_SCHEMA_H
#define PIPELINE_SCHEMA_H

#include <jansson.h>

#include "config/loader.h"

/* NULL, with a message, when a plugin cannot be loaded. */
json_t *pipeline_schema(struct loader *loader, struct text *why);

/* JSON values that are never NULL; text is made fit to be shown. */
json_t *json_text(const char *text);
void json_put(json_t *object, const char *key, json_t *value); /* takes the value */
void json_add(json_t *array, json_t *value);                   /* likewise */

/* A number without a fraction as an integer. */
json_t *json_number(double number);

#endif
