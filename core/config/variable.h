/*
 * The variables of a pipeline file, and ${name} where they are used.
 *
 * A variable is a text, or comes from the environment: {env: NAME, secret: true,
 * default: text}.  Its value may use those above it; --set takes its place.
 * ${name} is replaced in the text of a parsed scalar, which stays one scalar
 * whatever the value holds; $${ stands for ${.
 *
 * Limits: 1,000 variables; 1 MiB of text that comes out of replacing.
 */
#ifndef VARIABLE_H
#define VARIABLE_H

#include "config/pipeline.h"

struct variable {
	const char *name, *value;
	bool from_set; /* the value begins with one of --set */
	bool broken;   /* it has none, which has been said */
};

struct variables {
	struct pipeline *pipeline; /* for its arena, diagnostics and secrets */
	const struct yaml_node *vars; /* that are being read, or NULL */
	struct variable *items;
	const char **names; /* NULL-ended, for did-you-mean */
	size_t count;
	size_t bytes; /* that came out of replacing */
};

/* The options of a variable that is a mapping. */
extern const struct mu_option variable_options[];

/* Reads the mapping `vars`, which may be NULL, and says which settings it has. */
void variables_read(struct variables *v, const struct yaml_node *vars, struct setting *settings,
		    size_t n_settings);

/* Replaces in every value of the tree, once. */
void variables_replace(struct variables *v, struct yaml_node *node);

void variables_release(struct variables *v);

#endif
