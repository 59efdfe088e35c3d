#include "config/yaml.h"

#include <stdlib.h>
#include <string.h>
#include <yaml.h>

#include "base/text.h"

#define MAX_BYTES   ((size_t)1 << 20)
#define MAX_DEPTH   64
#define MAX_NODES   100000
#define MAX_ANCHORS 1000

/* What a node and all under it amount to. */
struct extent {
	size_t nodes;
	unsigned levels;
};

struct anchor {
	char *name;
	struct yaml_node *node; /* NULL while it is being read */
	struct extent extent;
};

struct reader {
	yaml_parser_t parser;
	yaml_event_t event;
	struct arena *arena;
	struct diagnostics *out;
	size_t nodes;
	struct anchor *anchors;
	size_t n_anchors;
};

static struct yaml_node *node_read(struct reader *r, unsigned depth, struct extent *extent);

struct yaml_node *yaml_get(const struct yaml_node *map, const char *key)
{
	size_t i;

	for (i = 0; i < map->count && map->kind == YAML_MAP; i++)
		if (!strcmp(map->keys[i]->text, key))
			return map->items[i];
	return NULL;
}

bool yaml_is_null(const struct yaml_node *node)
{
	static const char *const words[] = { "", "~", "null", "Null", "NULL" };
	size_t i;

	if (node->kind != YAML_SCALAR || node->quoted)
		return false;
	for (i = 0; i < sizeof words / sizeof words[0]; i++)
		if (!strcmp(node->text, words[i]))
			return true;
	return false;
}

/* What YAML takes for a line break or refuses, but no editor shows. */
static bool character_is_strange(uint32_t code)
{
	return (code < 0x20 && code != '\t' && code != '\n' && code != '\r') ||
	       (code >= 0x7f && code <= 0x9f) || code == 0x2028 || code == 0x2029 ||
	       code == 0xfeff || code == 0xfffe || code == 0xffff;
}

/* Sees to it that libyaml counts lines as an editor does, and that its own
 * messages, which have no place, for bytes that it cannot read never come. */
static bool bytes_check(struct diagnostics *out, const char *at, size_t len)
{
	struct mark mark = { 1, 1, 1 };
	uint32_t code;
	size_t size;

	for (; len; at += size, len -= size) {
		if (!text_character(at, len, &code, &size)) {
			diagnose(out, mark, "save the file as UTF-8", "byte \\x%02x is not UTF-8",
				 (unsigned)(unsigned char)*at);
			return false;
		}
		if (character_is_strange(code)) {
			diagnose(out, mark, code ? "in double quotes it can be escaped" : NULL,
				 "character U+%04X cannot stand in the file", (unsigned)code);
			return false;
		}
		if (code == '\n' || (code == '\r' && (len == 1 || at[1] != '\n'))) {
			mark.line++;
			mark.column = 1;
		} else {
			mark.column++;
		}
	}
	return true;
}

static bool text_check(struct diagnostics *out, const char **text, size_t *len)
{
	const struct mark whole = { 0 };

	*text = out->text;
	*len = out->len;
	if (*len > MAX_BYTES) {
		diagnose(out, whole, NULL, "the file is larger than 1 MiB");
		return false;
	}
	if (*len >= 2 && (!memcmp(*text, "\xff\xfe", 2) || !memcmp(*text, "\xfe\xff", 2))) {
		diagnose(out, whole, "save the file as UTF-8", "the file is UTF-16");
		return false;
	}
	if (*len >= 3 && !memcmp(*text, "\xef\xbb\xbf", 3)) {
		*text += 3;
		*len -= 3;
	}
	return bytes_check(out, *text, *len);
}

static struct mark mark_of(yaml_mark_t start, yaml_mark_t end)
{
	struct mark mark = { (uint32_t)start.line + 1, (uint32_t)start.column + 1, 0 };

	if (end.line == start.line && end.column > start.column)
		mark.width = (uint32_t)(end.column - start.column);
	return mark;
}

static struct mark event_mark(const struct reader *r)
{
	return mark_of(r->event.start_mark, r->event.end_mark);
}

/* What libyaml says, and what mostly is the reason. */
static const char *syntax_hint(const char *problem)
{
	static const struct {
		const char *problem, *hint;
	} hints[] = {
		{ "found character that cannot start any token",
		  "indent with spaces, not tabs; a text that begins with @, ` or % needs quotes" },
		{ "did not find expected key",
		  "is it indented like the lines above? is a quote or bracket missing?" },
		{ "mapping values are not allowed in this context",
		  "is it indented like the lines above? a text with ': ' in it needs quotes" },
		{ "could not find expected ':'",
		  "a key is followed by ': '; is it indented like the lines above?" },
		{ "did not find expected '-' indicator", "is it indented like the items above?" },
		{ "found unknown escape character",
		  "in double quotes a backslash is written \\\\; in single quotes as it is" },
		{ "found unexpected end of stream", "is a closing quote missing?" },
		{ "did not find expected ',' or",
		  "between { } and [ ] a text with ${name}, a comma or ': ' in it needs quotes" },
		{ "found a tab character", "indent with spaces, not tabs" },
	};
	size_t i;

	for (i = 0; i < sizeof hints / sizeof hints[0]; i++)
		if (!strncmp(problem, hints[i].problem, strlen(hints[i].problem)))
			return hints[i].hint;
	return NULL;
}

static bool syntax_error(struct reader *r)
{
	const yaml_parser_t *p = &r->parser;
	const char *problem = p->problem ? p->problem : "cannot be read";

	if (p->error == YAML_MEMORY_ERROR)
		mem_exhausted();
	if (p->context && p->context_mark.line != p->problem_mark.line)
		diagnose(r->out, mark_of(p->problem_mark, p->problem_mark), syntax_hint(problem),
			 "not YAML: %s, %s that begins in line %zu", problem, p->context,
			 p->context_mark.line + 1);
	else
		diagnose(r->out, mark_of(p->problem_mark, p->problem_mark), syntax_hint(problem),
			 "not YAML: %s", problem);
	return false;
}

static bool event_next(struct reader *r)
{
	yaml_event_delete(&r->event);
	return yaml_parser_parse(&r->parser, &r->event) ? true : syntax_error(r);
}

static struct anchor *anchor_find(struct reader *r, const char *name)
{
	size_t i;

	for (i = r->n_anchors; i; i--)
		if (!strcmp(r->anchors[i - 1].name, name))
			return &r->anchors[i - 1];
	return NULL;
}

/* Its index for anchor_set(), SIZE_MAX when the node has none. */
static bool anchor_add(struct reader *r, const yaml_char_t *name, size_t *index)
{
	*index = SIZE_MAX;
	if (!name)
		return true;
	if (r->n_anchors == MAX_ANCHORS) {
		diagnose(r->out, event_mark(r), NULL, "more than %d anchors", MAX_ANCHORS);
		return false;
	}
	*index = r->n_anchors;
	r->anchors = mem_resize(r->anchors, r->n_anchors + 1, sizeof *r->anchors);
	r->anchors[r->n_anchors++] = (struct anchor){ .name = mem_copy((const char *)name) };
	return true;
}

static void anchor_set(struct reader *r, size_t index, struct yaml_node *node,
		       const struct extent *extent)
{
	if (index == SIZE_MAX)
		return;
	r->anchors[index].node = node;
	r->anchors[index].extent = *extent;
}

/* Counts nodes before they are made, or pointed to once more. */
static bool node_count(struct reader *r, const struct extent *extent, unsigned depth)
{
	if (extent->nodes > MAX_NODES - r->nodes) {
		diagnose(r->out, event_mark(r), NULL,
			 "more than 100,000 nodes, each alias being counted as all it stands for");
		return false;
	}
	if (extent->levels > MAX_DEPTH - depth) {
		diagnose(r->out, event_mark(r), NULL, "nested deeper than %d levels", MAX_DEPTH);
		return false;
	}
	r->nodes += extent->nodes;
	return true;
}

static void tag_check(struct reader *r, const yaml_char_t *tag, enum yaml_kind kind)
{
	static const char *const known[][7] = {
		[YAML_SCALAR] = { "!", YAML_STR_TAG, YAML_INT_TAG, YAML_FLOAT_TAG, YAML_BOOL_TAG,
				  YAML_NULL_TAG, NULL },
		[YAML_LIST] = { "!", YAML_SEQ_TAG, NULL },
		[YAML_MAP] = { "!", YAML_MAP_TAG, NULL },
	};
	const char *const *one;

	for (one = known[kind]; tag && *one; one++)
		if (!strcmp(*one, (const char *)tag))
			return;
	if (tag)
		diagnose(r->out, event_mark(r), "leave it out: the option says what is expected",
			 "tag '%s' does not belong here", (const char *)tag);
}

static struct yaml_node *node_new(struct reader *r, enum yaml_kind kind)
{
	struct yaml_node *node = arena_alloc(r->arena, sizeof *node);

	node->kind = kind;
	node->mark = event_mark(r);
	/* Of a list or mapping the event is only its beginning. */
	if (kind != YAML_SCALAR)
		node->mark.width = 0;
	return node;
}

static struct yaml_node *scalar_read(struct reader *r)
{
	const yaml_char_t *tag = r->event.data.scalar.tag;
	const char *text = (const char *)r->event.data.scalar.value;
	struct yaml_node *node = node_new(r, YAML_SCALAR);

	tag_check(r, tag, YAML_SCALAR);
	node->text = arena_copy(r->arena, text, r->event.data.scalar.length);
	node->len = strlen(node->text);
	node->quoted = r->event.data.scalar.style != YAML_PLAIN_SCALAR_STYLE ||
		       (tag && (!strcmp((const char *)tag, YAML_STR_TAG) || tag[1] == '\0'));
	if (node->len != r->event.data.scalar.length)
		diagnose(r->out, node->mark, NULL, "a text cannot hold the character U+0000");
	return node;
}

static struct yaml_node *alias_read(struct reader *r, unsigned depth, struct extent *extent)
{
	const char *name = (const char *)r->event.data.alias.anchor;
	const struct anchor *anchor = anchor_find(r, name);

	if (!anchor) {
		diagnose(r->out, event_mark(r), "a text that begins with * needs quotes",
			 "no anchor '&%s' stands above", name);
		return NULL;
	}
	if (!anchor->node) {
		diagnose(r->out, event_mark(r), NULL, "'*%s' stands inside what it stands for",
			 name);
		return NULL;
	}
	*extent = anchor->extent;
	return node_count(r, extent, depth) ? anchor->node : NULL;
}

/* Items, or keys and values in turn, as they are read. */
struct nodes {
	struct yaml_node **items;
	struct mark *places; /* where each was read */
	size_t count, room;
};

static void nodes_add(struct nodes *nodes, struct yaml_node *node, struct mark place)
{
	if (nodes->count == nodes->room) {
		nodes->room = nodes->room ? 2 * nodes->room : 8;
		nodes->items = mem_resize(nodes->items, nodes->room, sizeof *nodes->items);
		nodes->places = mem_resize(nodes->places, nodes->room, sizeof *nodes->places);
	}
	nodes->places[nodes->count] = place;
	nodes->items[nodes->count++] = node;
}

static void extent_add(struct extent *extent, const struct extent *part)
{
	extent->nodes += part->nodes;
	if (extent->levels < part->levels + 1)
		extent->levels = part->levels + 1;
}

static bool items_read(struct reader *r, unsigned depth, yaml_event_type_t end, struct nodes *nodes,
		       struct extent *extent)
{
	struct extent part;
	struct yaml_node *node;

	while (event_next(r)) {
		struct mark place = event_mark(r);

		if (r->event.type == end)
			return true;
		node = node_read(r, depth + 1, &part);
		if (!node)
			return false;
		nodes_add(nodes, node, place);
		extent_add(extent, &part);
	}
	return false;
}

static void list_fill(struct reader *r, struct yaml_node *list, const struct nodes *nodes)
{
	list->places = arena_alloc(r->arena, nodes->count * sizeof *list->places);
	if (nodes->count)
		memcpy(list->places, nodes->places, nodes->count * sizeof *list->places);
	list->count = nodes->count;
	list->items = arena_alloc(r->arena, nodes->count * sizeof *list->items);
	if (nodes->count)
		memcpy(list->items, nodes->items, nodes->count * sizeof *list->items);
}

static bool key_check(struct reader *r, const struct yaml_node *key)
{
	if (key->kind != YAML_SCALAR) {
		diagnose(r->out, key->mark, "a text that begins with [ or { needs quotes",
			 "a key has to be a text, not a %s",
			 key->kind == YAML_LIST ? "list" : "mapping");
		return false;
	}
	return true;
}

static bool is_merge(const struct yaml_node *key)
{
	return key->kind == YAML_SCALAR && !key->quoted && !strcmp(key->text, "<<");
}

/* Adds the pairs of a mapping, with keys of their own that know where they are used.  They
 * are no more than the nodes that the alias was counted as. */
static void map_merge(struct reader *r, const struct yaml_node *from, struct mark use,
		      struct nodes *pairs)
{
	size_t i;

	for (i = 0; i < from->count; i++) {
		struct yaml_node *key = arena_alloc(r->arena, sizeof *key);

		*key = *from->keys[i];
		key->use = use;
		nodes_add(pairs, key, use);
		nodes_add(pairs, from->items[i], use);
	}
}

static void merge_read(struct reader *r, const struct yaml_node *key, const struct yaml_node *value,
		       struct nodes *pairs)
{
	bool is_list = value->kind == YAML_LIST;
	size_t n = is_list ? value->count : 1, i;

	for (i = 0; i < n; i++) {
		const struct yaml_node *one = is_list ? value->items[i] : value;

		if (one->kind == YAML_MAP)
			map_merge(r, one, is_list ? value->places[i] : key->mark, pairs);
		else
			diagnose(r->out, is_list ? value->places[i] : key->mark,
				 "write '<<: *name', where &name is a mapping",
				 "<< takes in a mapping, or a list of them");
	}
}

/* By text, then as they stand in the file: an array of pointers into one. */
static int key_compare(const void *a, const void *b)
{
	struct yaml_node *const *x = *(struct yaml_node *const *const *)a;
	struct yaml_node *const *y = *(struct yaml_node *const *const *)b;
	int order = strcmp((*x)->text, (*y)->text);

	return order ? order : (x > y) - (x < y);
}

/* Blanks the later ones of equal keys in `pairs`: key, value, key ...  Those behind the
 * first `own` were taken in, and give way without a word. */
static void duplicates_blank(struct reader *r, struct nodes *pairs, size_t own)
{
	size_t count = pairs->count / 2, i;
	struct yaml_node ***order = mem_alloc(count * sizeof *order);
	const struct yaml_node *first = NULL;

	for (i = 0; i < count; i++)
		order[i] = &pairs->items[2 * i];
	qsort(order, count, sizeof *order, key_compare);
	for (i = 0; i < count; i++) {
		const struct yaml_node *key = *order[i];

		if (first && !strcmp(first->text, key->text)) {
			if (order[i] < pairs->items + own)
				diagnose(r->out, key->mark, NULL,
					 "key '%s' stands in line %u already", key->text,
					 (unsigned)first->mark.line);
			*order[i] = NULL;
		} else {
			first = key;
		}
	}
	free(order);
}

static void map_fill(struct reader *r, struct yaml_node *map, struct nodes *pairs)
{
	const struct yaml_node *merge = NULL, *merged = NULL;
	size_t i, n = 0;

	for (i = 0; i < pairs->count; i += 2) {
		const struct yaml_node *key = pairs->items[i];

		if (!key_check(r, key))
			continue;
		if (is_merge(key) && !merge) {
			merge = key;
			merged = pairs->items[i + 1];
			continue;
		}
		if (is_merge(key)) {
			diagnose(r->out, key->mark, "write '<<: [*one, *other]'",
				 "key '<<' stands in line %u already", (unsigned)merge->mark.line);
			continue;
		}
		pairs->items[n++] = pairs->items[i];
		pairs->items[n++] = pairs->items[i + 1];
	}
	pairs->count = n;
	if (merge)
		merge_read(r, merge, merged, pairs);
	duplicates_blank(r, pairs, n);
	n = pairs->count;
	map->keys = arena_alloc(r->arena, n / 2 * sizeof *map->keys);
	map->items = arena_alloc(r->arena, n / 2 * sizeof *map->items);
	for (i = 0; i < n; i += 2) {
		if (!pairs->items[i])
			continue;
		map->keys[map->count] = pairs->items[i];
		map->items[map->count++] = pairs->items[i + 1];
	}
}

static struct yaml_node *collection_read(struct reader *r, unsigned depth, struct extent *extent)
{
	bool is_list = r->event.type == YAML_SEQUENCE_START_EVENT;
	struct yaml_node *node = node_new(r, is_list ? YAML_LIST : YAML_MAP);
	struct nodes nodes = { 0 };
	bool done;

	tag_check(r, is_list ? r->event.data.sequence_start.tag : r->event.data.mapping_start.tag,
		  node->kind);
	done = items_read(r, depth, is_list ? YAML_SEQUENCE_END_EVENT : YAML_MAPPING_END_EVENT,
			  &nodes, extent);
	if (done && is_list)
		list_fill(r, node, &nodes);
	else if (done)
		map_fill(r, node, &nodes);
	free(nodes.items);
	free(nodes.places);
	return done ? node : NULL;
}

/* The node that begins with the event at hand.  NULL after a diagnostic. */
static struct yaml_node *node_read(struct reader *r, unsigned depth, struct extent *extent)
{
	struct yaml_node *node;
	size_t anchor;

	*extent = (struct extent){ .nodes = 1 };
	switch (r->event.type) {
	case YAML_ALIAS_EVENT:
		return alias_read(r, depth, extent);
	case YAML_SCALAR_EVENT:
		if (!node_count(r, extent, depth) ||
		    !anchor_add(r, r->event.data.scalar.anchor, &anchor))
			return NULL;
		node = scalar_read(r);
		break;
	default:
		extent->levels = 1;
		if (!node_count(r, extent, depth) ||
		    !anchor_add(r,
				r->event.type == YAML_SEQUENCE_START_EVENT
					? r->event.data.sequence_start.anchor
					: r->event.data.mapping_start.anchor,
				&anchor))
			return NULL;
		node = collection_read(r, depth, extent);
	}
	if (node)
		anchor_set(r, anchor, node, extent);
	return node;
}

static struct yaml_node *document_read(struct reader *r)
{
	struct yaml_node *root;
	struct extent extent;

	if (!event_next(r) || !event_next(r))
		return NULL;
	if (r->event.type == YAML_STREAM_END_EVENT) {
		diagnose(r->out, (struct mark){ 0 }, NULL, "the file is empty");
		return NULL;
	}
	if (!event_next(r))
		return NULL;
	root = node_read(r, 0, &extent);
	if (!root || !event_next(r) || !event_next(r))
		return NULL;
	if (r->event.type != YAML_STREAM_END_EVENT) {
		diagnose(r->out, event_mark(r), "give each a file of its own",
			 "a second document begins here");
		return NULL;
	}
	return root;
}

struct yaml_node *yaml_read(struct arena *arena, struct diagnostics *out)
{
	struct reader r = { .arena = arena, .out = out };
	struct yaml_node *root;
	const char *text;
	size_t len, i;

	if (!text_check(out, &text, &len))
		return NULL;
	if (!yaml_parser_initialize(&r.parser))
		mem_exhausted();
	yaml_parser_set_encoding(&r.parser, YAML_UTF8_ENCODING);
	yaml_parser_set_input_string(&r.parser, (const unsigned char *)text, len);
	root = document_read(&r);
	yaml_event_delete(&r.event);
	yaml_parser_delete(&r.parser);
	for (i = 0; i < r.n_anchors; i++)
		free(r.anchors[i].name);
	free(r.anchors);
	return root;
}
