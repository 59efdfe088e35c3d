/*
 * A YAML file as nodes that know where they stand.
 *
 * Read with libyaml's events.  Aliases give the same node again and are counted
 * each time as all the nodes under them, so that a few bytes cannot stand for
 * billions.  A merge key (<<) takes in the keys of a mapping, or of several in a list,
 * that its own mapping does not have; of several the first counts.  One document; no tags
 * but the standard ones; keys are scalars and each occurs once.
 *
 * Limits: 1 MiB of text, 64 levels, 100,000 nodes.
 */
#ifndef CORE_YAML_H
#define CORE_YAML_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/mem.h"
#include "config/diagnostic.h"

enum yaml_kind { YAML_SCALAR, YAML_LIST, YAML_MAP };

struct yaml_node {
	enum yaml_kind kind;
	struct mark mark;
	const char *text; /* scalar: ends in a zero byte, holds no other */
	size_t len;
	bool quoted;      /* scalar: written with quotes or as a block */
	bool from_set;    /* scalar: begins with the value of a --set */
	bool replaced;    /* scalar: its ${name} have been seen to */
	bool broken;      /* scalar: one of them was wrong, which has been said */
	size_t count;     /* items of a list, pairs of a map */
	struct mark use;  /* key: the << that took it in; line 0: it stands here */
	struct yaml_node **items; /* list: its items; map: its values */
	struct mark *places;      /* list: where each stands in it, such as an alias */
	struct yaml_node **keys;  /* map: scalars */
};

/* The value of a key, or NULL. */
struct yaml_node *yaml_get(const struct yaml_node *map, const char *key);

/* A plain scalar that stands for nothing: empty, ~ or null. */
bool yaml_is_null(const struct yaml_node *node);

/* Reads out->text; nodes live in the arena.  What is wrong is in `out`: then
 * NULL, or, when it was no more than a key that cannot be used (twice, a merge
 * key of no mapping) or a strange tag, the tree without it, for further mistakes to be found. */
struct yaml_node *yaml_read(struct arena *arena, struct diagnostics *out);

#endif
