#include "config/option.h"

#include <muster/table.h>

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* One value on its way into a member. */
struct value {
	struct option_fill *fill;
	const char *what; /* whose option: "parse/csv", "parse/document: tables[0]" */
	const struct mu_option *option;
	const struct yaml_node *node;
	void *member;
	bool written; /* by the user, not a fallback */
};

struct type {
	const char *name;     /* for help */
	const char *expected; /* "takes ..." */
	bool (*fill)(const struct value *v);
};

static const struct type *type_find(uint32_t type);
static bool table_fill(struct option_fill *fill, const char *what, const struct mu_option *table,
		       const struct yaml_node *map, const char *skip, void *self);

__attribute__((format(printf, 4, 5))) static bool mistake(const struct option_fill *fill,
							  struct mark mark, const char *hint,
							  const char *fmt, ...)
{
	va_list ap;

	if (!fill->out)
		return false;
	va_start(ap, fmt);
	diagnose_va(fill->out, mark, hint, fmt, ap);
	va_end(ap);
	return false;
}

/* The value at `node`, which may be part of a list, is not of the option's kind. */
static bool mismatch(const struct value *v, const struct yaml_node *node, const char *hint)
{
	const char *expected = type_find(v->option->type)->expected;

	if (node->broken)
		return false;
	if (yaml_is_null(node))
		return mistake(v->fill, node->mark, hint, "%s: '%s' is empty: it takes %s", v->what,
			       v->option->name, expected);
	if (node->kind != YAML_SCALAR)
		return mistake(v->fill, node->mark, hint, "%s: '%s' takes %s, not a %s", v->what,
			       v->option->name, expected,
			       node->kind == YAML_LIST ? "list" : "mapping");
	return mistake(v->fill, node->mark, hint, "%s: '%s' takes %s, not '%s'", v->what,
		       v->option->name, expected, node->text);
}

/* A part of the value is not what the option takes there. */
static bool part_mismatch(const struct value *v, const struct yaml_node *part, const char *what)
{
	const char *is = part->kind == YAML_LIST  ? "a list"
			 : part->kind == YAML_MAP ? "a mapping"
			 : yaml_is_null(part)     ? "empty"
						  : "a text";

	if (part->broken)
		return false;
	return mistake(v->fill, part->mark, NULL, "%s: '%s' takes %s: %s is %s", v->what,
		       v->option->name, type_find(v->option->type)->expected, what, is);
}

static bool is_scalar(const struct yaml_node *node)
{
	return node->kind == YAML_SCALAR && !node->broken && !yaml_is_null(node);
}

static struct mu_string node_string(const struct yaml_node *node)
{
	return (struct mu_string){ node->text, node->len };
}

static void place_add(const struct value *v, const void *address, const struct yaml_node *node)
{
	struct option_fill *fill = v->fill;

	if (!v->written)
		return;
	/* Room in powers of two. */
	if (!(fill->n_places & (fill->n_places - 1)))
		fill->places = mem_resize(fill->places, fill->n_places ? 2 * fill->n_places : 1,
					  sizeof *fill->places);
	fill->places[fill->n_places++] = (struct option_place){ address, node };
}

bool option_has_min(const struct mu_option *option)
{
	return option->min != 0 || option->max != 0;
}

bool option_has_max(const struct mu_option *option)
{
	return option_has_min(option) && option->max >= option->min;
}

void option_bound(struct text *out, const struct mu_option *option, double bound)
{
	static const char *const units[] = { "", "Ki", "Mi", "Gi" };
	size_t unit = 0;

	/* Divided by 1024 a double loses nothing but its fraction. */
	while (option->type == MU_BYTES && unit < 3 && bound >= 1024 &&
	       (double)(int64_t)(bound / 1024) == bound / 1024) {
		bound /= 1024;
		unit++;
	}
	text_printf(out, "%.15g%s", bound, option->type == MU_SECONDS ? "s" : units[unit]);
}

/* What a value is, or how many a list has. */
static bool bounds_check(const struct value *v, double found)
{
	const struct mu_option *o = v->option;
	bool list = o->type >= MU_TEXTS && o->type <= MU_ITEMS;
	struct text range = { 0 };

	if (!(option_has_min(o) && found < o->min) && !(option_has_max(o) && found > o->max))
		return true;
	text_puts(&range, option_has_max(o) ? "from " : "at least ");
	option_bound(&range, o, o->min);
	if (option_has_max(o)) {
		text_puts(&range, " to ");
		option_bound(&range, o, o->max);
	}
	if (list)
		mistake(v->fill, v->node->mark, NULL, "%s: '%s' has %.0f items, and needs %s",
			v->what, o->name, found, range.data);
	else
		mistake(v->fill, v->node->mark, NULL, "%s: '%s' has to be %s, not %s", v->what,
			o->name, range.data, v->node->text);
	text_release(&range);
	return false;
}

static bool text_fill(const struct value *v)
{
	if (!is_scalar(v->node))
		return mismatch(v, v->node,
				yaml_is_null(v->node) ? "an empty text is written \"\"" : NULL);
	*(const char **)v->member = v->node->text;
	return true;
}

static bool all_digits(const char *text)
{
	text += *text == '-';
	return *text && !text[strspn(text, "0123456789")];
}

static bool int_fill(const struct value *v)
{
	int64_t number;

	if (!is_scalar(v->node))
		return mismatch(v, v->node, NULL);
	if (!mu_parse_integer(node_string(v->node), &number)) {
		if (all_digits(v->node->text))
			return mistake(v->fill, v->node->mark, NULL,
				       "%s: '%s' does not fit 64 bits: %s", v->what,
				       v->option->name, v->node->text);
		return mismatch(v, v->node, NULL);
	}
	*(int64_t *)v->member = number;
	return bounds_check(v, (double)number);
}

static bool real_fill(const struct value *v)
{
	double number;

	if (!is_scalar(v->node) || !mu_parse_number(node_string(v->node), &number) ||
	    number - number != 0) /* neither infinite nor no number */
		return mismatch(v, v->node, NULL);
	*(double *)v->member = number;
	return bounds_check(v, number);
}

static bool bool_fill(const struct value *v)
{
	static const char *const others[] = { "yes",   "no",   "on",    "off", "True",
					      "False", "TRUE", "FALSE", "Yes", "No",
					      "On",    "Off",  "y",     "n",   NULL };
	bool truth = is_scalar(v->node) && !strcmp(v->node->text, "true");
	const char *const *other;

	if (!truth && !(is_scalar(v->node) && !strcmp(v->node->text, "false"))) {
		for (other = others; is_scalar(v->node) && *other; other++)
			if (!strcmp(*other, v->node->text))
				return mismatch(v, v->node,
						"yes, no, on and off are texts in YAML 1.2");
		return mismatch(v, v->node, NULL);
	}
	*(bool *)v->member = truth;
	return true;
}

/* The digits at the start of `text`: false when there are none, or too many. */
static bool digits_read(const char **text, int64_t *out)
{
	struct mu_string digits = { *text, strspn(*text, "0123456789") };

	*text += digits.len;
	return digits.len && mu_parse_integer(digits, out);
}

static bool bytes_fill(const struct value *v)
{
	static const char *const units[] = { "", "Ki", "Mi", "Gi" };
	const char *at = v->node->text;
	int64_t number;
	size_t unit;

	if (!is_scalar(v->node) || !digits_read(&at, &number))
		return mismatch(v, v->node, NULL);
	for (unit = 0; unit < 4 && strcmp(at, units[unit]); unit++)
		;
	if (unit == 4)
		return mismatch(v, v->node, "units are Ki, Mi and Gi: 1024 times each");
	if (number > INT64_MAX >> (10 * unit))
		return mistake(v->fill, v->node->mark, NULL, "%s: '%s' does not fit 64 bits: %s",
			       v->what, v->option->name, v->node->text);
	number <<= 10 * unit;
	*(int64_t *)v->member = number;
	return bounds_check(v, (double)number);
}

static bool seconds_fill(const struct value *v)
{
	static const struct {
		const char *name;
		double seconds;
	} units[] = { { "", 1 }, { "ms", 1e-3 }, { "s", 1 }, { "m", 60 }, { "h", 3600 } };
	struct mu_string digits = { v->node->text, 0 };
	double number;
	size_t unit;

	if (!is_scalar(v->node))
		return mismatch(v, v->node, NULL);
	digits.len = strspn(digits.data, "0123456789.");
	for (unit = 0; unit < 5 && strcmp(digits.data + digits.len, units[unit].name); unit++)
		;
	if (!mu_parse_number(digits, &number) || unit == 5)
		return mismatch(v, v->node, "units are ms, s, m and h");
	number *= units[unit].seconds;
	*(double *)v->member = number;
	return bounds_check(v, number);
}

static bool choice_fill(const struct value *v)
{
	const char *const *choices = v->option->choices;
	int i;

	if (!is_scalar(v->node))
		return mismatch(v, v->node, NULL);
	for (i = 0; choices[i]; i++) {
		if (!strcmp(choices[i], v->node->text)) {
			*(int *)v->member = i;
			return true;
		}
	}
	if (v->fill->out)
		diagnose_name(v->fill->out, v->node->mark, v->node->text, choices,
			      "%s: '%s' cannot be '%s'", v->what, v->option->name, v->node->text);
	return false;
}

static bool path_fill(const struct value *v)
{
	const char *folder = v->fill->folder;
	char *here = NULL;

	if (!is_scalar(v->node) || !v->node->len)
		return mismatch(v, v->node, NULL);
	/* The user who types a path means it from where they are. */
	if (v->node->from_set)
		folder = here = getcwd(NULL, 0);
	if (v->node->text[0] == '/' || !folder)
		*(const char **)v->member = v->node->text;
	else
		*(const char **)v->member = arena_printf(
			v->fill->arena, "%s/%s", strcmp(folder, "/") ? folder : "", v->node->text);
	free(here);
	return true;
}

static const char *item_name(const struct value *v, size_t i)
{
	return arena_printf(v->fill->arena, "item %zu", i + 1);
}

static bool texts_fill(const struct value *v)
{
	bool alone = v->node->kind == YAML_SCALAR, ok = true;
	struct mu_texts texts = { .count = alone ? 1 : v->node->count };
	size_t i;

	if (v->node->kind == YAML_MAP)
		return mismatch(v, v->node, NULL);
	texts.items = arena_alloc(v->fill->arena, (texts.count + 1) * sizeof *texts.items);
	for (i = 0; i < texts.count; i++) {
		const struct yaml_node *node = alone ? v->node : v->node->items[i];

		if (!is_scalar(node)) {
			ok = alone ? mismatch(v, node, NULL)
				   : part_mismatch(v, node, item_name(v, i));
			continue;
		}
		texts.items[i] = node->text;
		place_add(v, &texts.items[i], node);
	}
	*(struct mu_texts *)v->member = texts;
	return ok && bounds_check(v, (double)texts.count);
}

static bool pairs_fill(const struct value *v)
{
	struct mu_pairs pairs = { 0 };
	bool ok = true;
	size_t i;

	if (v->node->kind != YAML_MAP)
		return mismatch(v, v->node, NULL);
	pairs.count = v->node->count;
	pairs.items = arena_alloc(v->fill->arena, (pairs.count + 1) * sizeof *pairs.items);
	for (i = 0; i < pairs.count; i++) {
		const struct yaml_node *key = v->node->keys[i], *item = v->node->items[i];

		if (!is_scalar(item)) {
			ok = part_mismatch(v, item,
					   arena_printf(v->fill->arena, "that of '%s'", key->text));
			continue;
		}
		pairs.items[i] = (struct mu_pair){ key->text, item->text };
		place_add(v, &pairs.items[i].name, key);
		place_add(v, &pairs.items[i].value, item);
	}
	*(struct mu_pairs *)v->member = pairs;
	return ok && bounds_check(v, (double)pairs.count);
}

static bool items_fill(const struct value *v)
{
	struct option_fill *fill = v->fill;
	size_t size = v->option->item_size, i;
	struct mu_items items = { 0 };
	bool ok = true;

	if (v->node->kind != YAML_LIST)
		return mismatch(v, v->node,
				v->node->kind == YAML_MAP ? "begin each with '- '" : NULL);
	items.count = v->node->count;
	if (size && items.count > SIZE_MAX / size)
		mem_exhausted();
	items.items = arena_alloc(fill->arena, items.count * size);
	for (i = 0; i < items.count; i++) {
		const struct yaml_node *node = v->node->items[i];
		unsigned char *item = (unsigned char *)items.items + i * size;
		const char *what;

		if (node->kind != YAML_MAP) {
			ok = part_mismatch(v, node, item_name(v, i));
			continue;
		}
		what = arena_printf(fill->arena, "%s%s%s[%zu]", v->what,
				    strchr(v->what, ':') ? "." : ": ", v->option->name, i);
		place_add(v, item, node);
		ok = table_fill(fill, what, v->option->fields, node, NULL, item) && ok;
	}
	*(struct mu_items *)v->member = items;
	return ok && bounds_check(v, (double)items.count);
}

static bool gone_fill(const struct value *v)
{
	return mistake(v->fill, v->node->mark, NULL, "%s has no option '%s' any more: %s", v->what,
		       v->option->name, v->option->help);
}

static const struct type types[] = {
	[MU_TEXT] = { "text", "a text", text_fill },
	[MU_INT] = { "whole number", "a whole number such as 10", int_fill },
	[MU_REAL] = { "number", "a number such as 0.5", real_fill },
	[MU_BOOL] = { "true or false", "true or false", bool_fill },
	[MU_BYTES] = { "size", "a size in bytes such as 512, 64Ki or 10Mi", bytes_fill },
	[MU_SECONDS] = { "duration", "a duration such as 250ms, 30s or 5m", seconds_fill },
	[MU_CHOICE] = { "choice", "one text out of a few", choice_fill },
	[MU_PATH] = { "path", "a path", path_fill },
	[MU_TEXTS] = { "list of texts", "a text or a list of texts", texts_fill },
	[MU_PAIRS] = { "mapping of texts", "a mapping of names to texts", pairs_fill },
	[MU_ITEMS] = { "list of mappings", "a list of mappings", items_fill },
	[MU_OUTPUT] = { "path", "a path in the output folder", text_fill },
	[MU_GONE] = { "nothing", "nothing", gone_fill },
};

/* The loader refuses plugins with other types. */
static const struct type *type_find(uint32_t type)
{
	return type && type < sizeof types / sizeof types[0] ? &types[type] : NULL;
}

const char *option_type_name(uint32_t type)
{
	const struct type *found = type_find(type);

	return found ? found->name : NULL;
}

static const struct mu_option *option_find(const struct mu_option *table, const char *name)
{
	for (; table && table->name; table++)
		if (!strcmp(table->name, name))
			return table;
	return NULL;
}

/* Keys of the map itself that are none of the table's; NULL-ended. */
static const char *const *others_of(const struct option_fill *fill, const char *what)
{
	static const char *const none[] = { NULL };

	return what == fill->what && fill->others ? fill->others : none;
}

static bool is_other(const char *const *others, const char *name)
{
	while (*others && strcmp(*others, name))
		others++;
	return *others != NULL;
}

static bool unknown_option(struct option_fill *fill, const char *what,
			   const struct mu_option *table, const struct yaml_node *key)
{
	const char *const *others = others_of(fill, what);
	const char **names;
	size_t room = 1, n = 0, i;

	if (!fill->out)
		return false;
	for (i = 0; table && table[i].name; i++)
		room++;
	for (i = 0; others[i]; i++)
		room++;
	names = mem_alloc(room * sizeof *names);
	for (; table && table->name; table++)
		if (table->type != MU_GONE)
			names[n++] = table->name;
	while (*others)
		names[n++] = *others++;
	if (key->use.line)
		diagnose_name(fill->out, key->mark, key->text, names,
			      "%s has no option '%s', which << in line %u takes in", what,
			      key->text, (unsigned)key->use.line);
	else
		diagnose_name(fill->out, key->mark, key->text, names, "%s has no option '%s'", what,
			      key->text);
	free(names);
	return false;
}

/* Whether one of the keys seems to be meant for the option, as has been said of
 * that key. */
static bool is_misspelt(const struct mu_option *table, const struct mu_option *option,
			const struct yaml_node *map)
{
	const char *const names[] = { option->name, NULL };
	size_t i;

	for (i = 0; i < map->count; i++)
		if (!option_find(table, map->keys[i]->text) &&
		    mu_nearest(map->keys[i]->text, names))
			return true;
	return false;
}

/* An option that the map does not have. */
static bool absent_fill(struct option_fill *fill, const char *what, const struct mu_option *option,
			struct mark mark, void *member)
{
	struct yaml_node node = { .kind = YAML_SCALAR, .mark = mark, .quoted = true };
	struct value value = { fill, what, option, &node, member, false };
	char *hint = NULL;

	if (option->required) {
		if (option->help)
			hint = arena_printf(fill->arena, "%s: %s", option->name, option->help);
		return mistake(fill, mark, hint, "%s needs '%s'", what, option->name);
	}
	if (!option->fallback)
		return true;
	node.text = option->fallback;
	node.len = strlen(option->fallback);
	return type_find(option->type)->fill(&value);
}

static void secret_add(struct secrets *secrets,
		       const struct yaml_node *node) // NOLINT(misc-no-recursion)
{
	size_t i;

	if (node->kind == YAML_SCALAR && !node->broken)
		secrets_add(secrets, node->text);
	for (i = 0; i < node->count; i++)
		secret_add(secrets, node->items[i]);
}

static bool table_fill(struct option_fill *fill, const char *what, const struct mu_option *table,
		       const struct yaml_node *map, const char *skip, void *self)
{
	const struct yaml_node *blamed = skip ? yaml_get(map, skip) : NULL;
	struct mark mark = blamed ? blamed->mark : map->mark;
	const struct mu_option *option;
	bool ok = true;
	size_t i;

	for (i = 0; i < map->count; i++) {
		if ((skip && !strcmp(map->keys[i]->text, skip)) ||
		    is_other(others_of(fill, what), map->keys[i]->text))
			continue;
		option = option_find(table, map->keys[i]->text);
		if (option) {
			struct value value = { fill,
					       what,
					       option,
					       map->items[i],
					       (unsigned char *)self + option->offset,
					       true };

			if (option->secret && fill->secrets)
				secret_add(fill->secrets, map->items[i]);
			place_add(&value, value.member, value.node);
			ok = type_find(option->type)->fill(&value) && ok;
		} else {
			ok = unknown_option(fill, what, table, map->keys[i]);
		}
	}
	for (option = table; option && option->name; option++) {
		if (yaml_get(map, option->name) ||
		    (option->required && !ok && is_misspelt(table, option, map)))
			continue;
		ok = absent_fill(fill, what, option, mark,
				 (unsigned char *)self + option->offset) &&
		     ok;
	}
	return ok;
}

bool option_fill(struct option_fill *fill, const struct mu_option *table,
		 const struct yaml_node *map, const char *skip, void *self)
{
	return table_fill(fill, fill->what, table, map, skip, self);
}

struct mark option_mark(const struct option_fill *fill, const struct yaml_node *map,
			const void *address)
{
	size_t i;

	/* The last one: an item shares its address with its first member, and
	 * that is the narrower of the two. */
	for (i = fill->n_places; i; i--)
		if (fill->places[i - 1].address == address)
			return fill->places[i - 1].node->mark;
	return map->mark;
}
