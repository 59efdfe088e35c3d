#include "config/variable.h"

#include <stdlib.h>
#include <string.h>

#define MAX_VARIABLES 1000
#define MAX_BYTES     ((size_t)1 << 20)

/* A variable that is a mapping. */
struct origin {
	const char *env, *fallback;
	bool secret;
};

const struct mu_option variable_options[] = {
	MU_OPT_TEXT(struct origin, env, .required = true,
		    .help = "name of the environment variable that has the value"),
	MU_OPT_BOOL(struct origin, secret, .help = "whether the value must never be shown"),
	{ .name = "default",
	  .type = MU_TEXT,
	  .help = "value when the environment has none",
	  .offset = MU_OFFSET(struct origin, fallback, const char *) },
	{ .name = NULL },
};

static const struct variable *variable_find(const struct variables *v, const char *name)
{
	size_t i;

	for (i = 0; i < v->count; i++)
		if (!strcmp(v->items[i].name, name))
			return &v->items[i];
	return NULL;
}

/* The character after the one at `at`, and its mark. */
static const char *step_on(const char *at, const char *end, struct mark *mark)
{
	uint32_t code;
	size_t size;

	text_character(at, (size_t)(end - at), &code, &size);
	if (code == '\n' || (code == '\r' && (at + 1 == end || at[1] != '\n'))) {
		mark->line++;
		mark->column = 1;
	} else {
		mark->column++;
	}
	return at + size;
}

/* Where in the file the ${ at `at` in the scalar's text stands.  What the file
 * has before it may be escaped or folded, so the ${ are counted. */
static struct mark mark_inside(const struct variables *v, const struct yaml_node *node,
			       const char *at, size_t len)
{
	const struct diagnostics *d = &v->pipeline->diagnostics;
	const char *file = d->text, *end = d->text + d->len, *hit;
	struct mark mark = { 1, 1, 0 };
	size_t before = 0;

	/* Not worth a search: it would only be counted. */
	if (d->count >= DIAGNOSTICS_KEPT)
		return node->mark;
	for (hit = node->text; (hit = strstr(hit, "${")) && hit < at; hit += 2)
		before++;
	if (d->len >= 3 && !memcmp(file, "\xef\xbb\xbf", 3))
		file += 3;
	while (file < end && (mark.line != node->mark.line || mark.column != node->mark.column))
		file = step_on(file, end, &mark);
	for (; end - file >= 2; file = step_on(file, end, &mark))
		if (file[0] == '$' && file[1] == '{' && !before--)
			break;
	if ((size_t)(end - file) < len || memcmp(file, at, len))
		return node->mark;
	for (hit = file; hit < file + len; mark.width++) {
		struct mark unused = mark;

		hit = step_on(hit, end, &unused);
	}
	return mark;
}

static void reference_wrong(const struct variables *v, struct mark mark, const char *name)
{
	struct diagnostics *out = &v->pipeline->diagnostics;

	if (v->vars && yaml_get(v->vars, name))
		diagnose(out, mark, "a value can use the variables above it",
			 "variable '%s' does not stand above", name);
	else if (v->count)
		diagnose_name(out, mark, name, v->names, "there is no variable '%s' in vars", name);
	else
		diagnose(out, mark, "a literal ${ is written $${",
			 "there is no variable '%s': the pipeline has no vars%s", name,
			 v->vars ? " above it" : "");
}

/* The variable that `at` begins to name with "${", and how long that is. */
static const struct variable *reference_read(const struct variables *v,
					     const struct yaml_node *node, const char *at,
					     size_t *len)
{
	struct diagnostics *out = &v->pipeline->diagnostics;
	const struct variable *found;
	const char *end = strchr(at, '}');
	char *name;

	if (!end) {
		*len = strlen(at);
		diagnose(out, mark_inside(v, node, at, 2), "a literal ${ is written $${",
			 "'${' without a '}' after it");
		return NULL;
	}
	*len = (size_t)(end - at) + 1;
	name = arena_copy(&v->pipeline->arena, at + 2, *len - 3);
	found = variable_find(v, name);
	if (found)
		return found;
	reference_wrong(v, mark_inside(v, node, at, *len), name);
	return NULL;
}

/* The text with every reference replaced; false when one was wrong. */
static bool text_replace(struct variables *v, const struct yaml_node *node, struct text *out,
			 bool *from_set)
{
	const struct variable *found;
	const char *at = node->text;
	bool ok = true;
	size_t len;

	while (*at) {
		if (!strncmp(at, "$${", 3)) {
			text_puts(out, "${");
			at += 3;
			continue;
		}
		if (strncmp(at, "${", 2)) {
			len = 1 + strcspn(at + 1, "$");
			text_add(out, at, len);
			at += len;
			continue;
		}
		found = reference_read(v, node, at, &len);
		ok = ok && found && !found->broken;
		if (found && !found->broken)
			text_puts(out, found->value);
		*from_set = *from_set || (at == node->text && found && found->from_set);
		at += len;
		if (out->len > MAX_BYTES - v->bytes) {
			diagnose(&v->pipeline->diagnostics, node->mark, NULL,
				 "variables make more than 1 MiB of text");
			return false;
		}
	}
	return ok;
}

static void scalar_replace(struct variables *v, struct yaml_node *node)
{
	struct text out = { 0 };

	if (node->replaced)
		return;
	node->replaced = true;
	if (!strstr(node->text, "${"))
		return;
	if (text_replace(v, node, &out, &node->from_set)) {
		v->bytes += out.len;
		node->text = arena_copy(&v->pipeline->arena, out.data ? out.data : "", out.len);
		node->len = out.len;
		node->quoted = true; /* a value "null" or "" is a text */
	} else {
		node->broken = true;
	}
	text_release(&out);
}

void variables_replace(struct variables *v, struct yaml_node *node)
{
	size_t i;

	if (node->kind == YAML_SCALAR)
		scalar_replace(v, node);
	for (i = 0; i < node->count; i++)
		variables_replace(v, node->items[i]);
}

static bool is_utf8(const char *text)
{
	size_t len = strlen(text), size;
	uint32_t code;

	for (; len; text += size, len -= size)
		if (!text_character(text, len, &code, &size))
			return false;
	return true;
}

static struct setting *setting_find(struct setting *settings, size_t count, const char *name)
{
	struct setting *found = NULL;
	size_t i;

	/* The last one counts, and the others are not strange for that. */
	for (i = 0; i < count; i++) {
		if (strcmp(settings[i].name, name))
			continue;
		settings[i].used = true;
		found = &settings[i];
	}
	return found;
}

/* The text of a variable that is a mapping; NULL after a diagnostic. */
static const char *origin_read(struct variables *v, const char *name, const struct yaml_node *map,
			       const struct setting *set)
{
	struct pipeline *p = v->pipeline;
	struct option_fill fill = { .arena = &p->arena,
				    .folder = p->folder,
				    .what = arena_printf(&p->arena, "variable '%s'", name),
				    .out = &p->diagnostics };
	struct origin origin = { 0 };
	const char *value;
	bool ok = option_fill(&fill, variable_options, map, NULL, &origin);

	free(fill.places);
	value = set ? set->value : origin.env ? secure_getenv(origin.env) : NULL;
	if (origin.secret && value)
		secrets_add(&p->secrets, value);
	if (origin.secret && origin.fallback)
		secrets_add(&p->secrets, origin.fallback);
	if (!ok || value || origin.fallback)
		return !ok ? NULL : value ? value : origin.fallback;
	diagnose(&p->diagnostics, yaml_get(map, "env")->mark, NULL,
		 "variable '%s' comes from the environment, where %s is not set", name, origin.env);
	return NULL;
}

static const char *value_read(struct variables *v, const char *name, struct yaml_node *node,
			      const struct setting *set)
{
	struct diagnostics *out = &v->pipeline->diagnostics;

	variables_replace(v, node);
	if (node->kind == YAML_MAP)
		return origin_read(v, name, node, set);
	if (set)
		return set->value;
	if (node->broken)
		return NULL;
	if (yaml_is_null(node)) {
		diagnose(out, node->mark, "an empty text is written \"\"", "variable '%s' is empty",
			 name);
		return NULL;
	}
	if (node->kind == YAML_LIST) {
		diagnose(out, node->mark, NULL,
			 "variable '%s' has to be a text or {env: NAME}, not a list", name);
		return NULL;
	}
	return node->text;
}

static bool name_check(struct variables *v, const struct yaml_node *key)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				      "0123456789_-";

	if (v->count == MAX_VARIABLES) {
		diagnose(&v->pipeline->diagnostics, key->mark, NULL, "more than %d variables",
			 MAX_VARIABLES);
		return false;
	}
	if (key->len && !key->text[strspn(key->text, letters)])
		return true;
	diagnose(&v->pipeline->diagnostics, key->mark, "names are made of letters, digits, - and _",
		 "'%s' cannot be the name of a variable", key->text);
	return false;
}

static void variable_read(struct variables *v, const struct yaml_node *key, struct yaml_node *node,
			  const struct setting *set)
{
	struct variable one = { .name = key->text };

	one.value = value_read(v, key->text, node, set);
	one.from_set = set || (node->kind == YAML_SCALAR && node->from_set);
	if (one.value && !is_utf8(one.value)) {
		diagnose(&v->pipeline->diagnostics, node->mark, NULL,
			 "the value of variable '%s' is not UTF-8", key->text);
		one.value = NULL;
	}
	one.broken = !one.value;
	v->items = mem_resize(v->items, v->count + 1, sizeof *v->items);
	v->items[v->count++] = one;
	v->names = mem_resize(v->names, v->count + 1, sizeof *v->names);
	v->names[v->count - 1] = one.name;
	v->names[v->count] = NULL;
}

static void settings_check(struct variables *v, const struct setting *settings, size_t count)
{
	struct diagnostics *out = &v->pipeline->diagnostics;
	const struct mark whole = { 0 };
	size_t i;

	for (i = 0; i < count; i++) {
		if (settings[i].used)
			continue;
		if (v->count)
			diagnose_name(out, whole, settings[i].name, v->names,
				      "--set %s: there is no variable of this name in vars",
				      settings[i].name);
		else
			diagnose(out, whole, NULL, "--set %s: the pipeline has no vars",
				 settings[i].name);
	}
}

void variables_read(struct variables *v, const struct yaml_node *vars, struct setting *settings,
		    size_t n_settings)
{
	size_t i;

	if (vars && vars->kind != YAML_MAP)
		diagnose(&v->pipeline->diagnostics, vars->mark, NULL,
			 "'vars' takes a mapping of names to values");
	v->vars = vars && vars->kind == YAML_MAP ? vars : NULL;
	for (i = 0; v->vars && i < vars->count; i++)
		if (name_check(v, vars->keys[i]))
			variable_read(v, vars->keys[i], vars->items[i],
				      setting_find(settings, n_settings, vars->keys[i]->text));
	v->vars = NULL;
	if (!vars || vars->kind == YAML_MAP)
		settings_check(v, settings, n_settings);
}

void variables_release(struct variables *v)
{
	free(v->items);
	free(v->names);
	*v = (struct variables){ 0 };
}
