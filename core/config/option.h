/*
 * Option tables: YAML nodes to the members of a plugin's struct.
 *
 * The same table gives types, bounds, defaults, help, the errors and the JSON
 * Schema.  Every mistake is a diagnostic at its node, with a did-you-mean for
 * names; all are found in one go.
 */
#ifndef OPTION_H
#define OPTION_H

#include <muster/plugin.h>

#include "base/mem.h"
#include "base/text.h"
#include "config/diagnostic.h"
#include "config/yaml.h"

/* Which node gave a member its value, so that a plugin can blame an option by
 * the member's address. */
struct option_place {
	const void *address;
	const struct yaml_node *node;
};

struct option_fill {
	struct arena *arena;     /* texts and lists live here */
	const char *folder;      /* of the pipeline file, for paths */
	const char *what;        /* "parse/csv", for messages */
	struct diagnostics *out; /* NULL: the nodes are known to be right */
	struct secrets *secrets; /* where values of secret options are added; or NULL */
	const char *const *others; /* keys that are no options; NULL: none */
	struct option_place *places; /* filled; free() it */
	size_t n_places;
};

/* Fills `self` (zeroed, of the plugin's self_size) from the map.  The key `skip`
 * of the map is no option (the one that names the plugin); NULL: there is none.
 * false when something was wrong. */
bool option_fill(struct option_fill *fill, const struct mu_option *table,
		 const struct yaml_node *map, const char *skip, void *self);

/* The mark of the node behind an address of self; when there is none (a
 * default), that of the map. */
struct mark option_mark(const struct option_fill *fill, const struct yaml_node *map,
			const void *address);

/* "text", "list of mappings" ...; NULL for a type that this muster does not know. */
const char *option_type_name(uint32_t type);

/* Whether the type of an option is bounded: by .min, and by .max unless that is
 * less (a lone .min leaves .max zero). */
bool option_has_min(const struct mu_option *option);
bool option_has_max(const struct mu_option *option);

/* A bound as the user would write it: "10", "64Ki", "30s". */
void option_bound(struct text *out, const struct mu_option *option, double bound);

#endif
