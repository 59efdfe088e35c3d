#include "config/pipeline.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <muster/table.h>

#include "base/address.h"
#include "base/output_path.h"
#include "config/variable.h"

#define FORMAT     1
#define READ_BYTES (((size_t)1 << 20) + 1) /* one more than yaml_read() takes */

struct head {
	int64_t muster;
	const char *name, *title, *description, *schema;
	int on_error;
};

static const char *const on_error_names[] = {
	[ON_ERROR_STOP] = "stop",
	[ON_ERROR_REJECT] = "reject",
	NULL,
};

const struct mu_option pipeline_options[] = {
	MU_OPT_INT(struct head, muster, .required = true, .help = "version of the format: 1"),
	MU_OPT_TEXT(struct head, name, .required = true,
		    .help = "name of the pipeline: lower case letters, digits and -"),
	MU_OPT_TEXT(struct head, title, .help = "title for people"),
	MU_OPT_TEXT(struct head, description, .help = "what the pipeline does"),
	MU_OPT_PATH(struct head, schema, .help = "Table Schema file of the dataset"),
	MU_OPT_CHOICE(struct head, on_error, .choices = on_error_names, .fallback = "stop",
		      .help = "what becomes of rows and documents that cannot be right"),
	{ .name = NULL },
};

/* Keys that are read here, beside the options. */
static const char *const other_keys[] = { "max_rejected", "vars",    "shared",
					  "sources",      "dataset", NULL };

/* Few can be looked at, whatever their share; many are hardly the documents' fault.  One
 * document is no few where it is half of all. */
static const struct max_rejected max_rejected_fallback = {
	.documents = { .number = 1, .percent = 10, .fewer = true },
	.rows = { .number = 100, .percent = 10 },
};

/* A pipeline being read. */
struct reading {
	struct pipeline *p;
	struct loader *loader;
	const struct yaml_node *root;
};

/* One stage as the file has it. */
struct entry {
	const struct yaml_node *map;  /* NULL: it is none */
	const struct yaml_node *name; /* of the plugin */
	struct mark mark;             /* of the key that names the step */
	enum step step;
};

static bool bytes_read(int fd, struct text *out)
{
	char bytes[16384];
	ssize_t got;

	while (out->len < READ_BYTES) {
		got = read(fd, bytes, sizeof bytes);
		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			return got == 0;
		text_add(out, bytes, (size_t)got);
	}
	return true;
}

static bool file_read(struct pipeline *p)
{
	struct text text = { 0 };
	char *real = realpath(p->path, NULL);
	int fd = real ? open(p->path, O_RDONLY | O_CLOEXEC) : -1;
	bool ok = fd >= 0 && bytes_read(fd, &text);

	if (!ok)
		diagnose(&p->diagnostics, (struct mark){ 0 }, NULL, "cannot be read: %s",
			 strerror(errno));
	if (fd >= 0)
		close(fd);
	text_puts(&text, "");
	p->text = text.data;
	p->diagnostics.text = p->text;
	p->diagnostics.len = text.len;
	if (real)
		p->folder = arena_copy(
			&p->arena, real,
			real == strrchr(real, '/') ? 1 : (size_t)(strrchr(real, '/') - real));
	free(real);
	return ok;
}

/* The mark of a key, which says more than that of a list's first item. */
static struct mark key_mark(const struct yaml_node *map, const char *key)
{
	size_t i;

	for (i = 0; i < map->count; i++)
		if (!strcmp(map->keys[i]->text, key))
			return map->keys[i]->mark;
	return map->mark;
}

static void name_check(const struct reading *r, const char *name)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyz0123456789-";

	if (!name || (*name && *name != '-' && !name[strspn(name, letters)]))
		return;
	diagnose(&r->p->diagnostics, yaml_get(r->root, "name")->mark,
		 "names are made of lower case letters, digits and -, and do not begin with -",
		 "'%s' cannot be the name of a pipeline", name);
}

static void schema_read(const struct reading *r)
{
	struct pipeline *p = r->p;
	struct tableschema_error error = { 0 };
	struct mark mark = yaml_get(r->root, "schema")->mark;

	if (!tableschema_read(p->schema_path, &p->schema, &error))
		return;
	p->schema = NULL;
	if (error.line > 0)
		diagnose(&p->diagnostics, mark, NULL, "the schema is not usable: %s:%d:%d: %s",
			 p->schema_path, error.line, error.column, error.message);
	else
		diagnose(&p->diagnostics, mark, NULL, "the schema is not usable: %s: %s",
			 p->schema_path, error.message);
}

/* "100" or "2.5%"; false when it is neither. */
static bool limit_parse(const struct yaml_node *node, struct limit *out)
{
	static const char digits[] = "0123456789";
	size_t whole, all;

	if (node->kind != YAML_SCALAR)
		return false;
	whole = strspn(node->text, digits);
	all = whole;
	if (whole && node->text[whole] == '.')
		all += 1 + strspn(node->text + whole + 1, digits);
	if (!whole || whole > 18 || node->text[all - 1] == '.')
		return false;
	*out = (struct limit){ 0 };
	if (!node->text[all] && all == whole) {
		out->number = strtoull(node->text, NULL, 10);
		return true;
	}
	out->percent = strtod(node->text, NULL);
	return !strcmp(node->text + all + strspn(node->text + all, " "), "%") &&
	       out->percent <= 100;
}

static void limit_read(const struct reading *r, const struct yaml_node *key,
		       const struct yaml_node *node)
{
	static const char *const names[] = { "documents", "rows", NULL };
	struct max_rejected *limits = &r->p->max_rejected;
	struct diagnostics *out = &r->p->diagnostics;

	if (strcmp(key->text, names[0]) != 0 && strcmp(key->text, names[1]) != 0)
		diagnose_name(out, key->mark, key->text, names, "max_rejected has no '%s'",
			      key->text);
	else if (!limit_parse(node,
			      !strcmp(key->text, names[0]) ? &limits->documents : &limits->rows) &&
		 !node->broken)
		diagnose(
			out, node->kind == YAML_SCALAR ? node->mark : key->mark, NULL,
			"%s of max_rejected takes a whole number or a share of all, such as 100 or "
			"10%%",
			key->text);
}

static void limits_read(const struct reading *r)
{
	const struct yaml_node *map = yaml_get(r->root, "max_rejected");
	struct mark mark = key_mark(r->root, "max_rejected");
	size_t i;

	r->p->max_rejected = max_rejected_fallback;
	if (!map)
		return;
	if (map->kind != YAML_MAP) {
		diagnose(
			&r->p->diagnostics, mark, "write {documents: 10%, rows: 100}",
			"max_rejected says how many documents, and how many rows, may be rejected");
		return;
	}
	if (r->p->on_error != ON_ERROR_REJECT)
		diagnose(&r->p->diagnostics, mark, "add `on_error: reject`, or leave it out",
			 "nothing is rejected, so max_rejected says nothing");
	for (i = 0; i < map->count; i++)
		limit_read(r, map->keys[i], map->items[i]);
}

/* false when the file has another format, so that nothing else can be said. */
static bool head_read(const struct reading *r)
{
	struct pipeline *p = r->p;
	struct option_fill fill = { .arena = &p->arena,
				    .folder = p->folder,
				    .what = "the pipeline",
				    .out = &p->diagnostics,
				    .others = other_keys };
	const struct yaml_node *version = yaml_get(r->root, "muster");
	struct head head = { .muster = FORMAT };

	/* Asked first, on its own: another format has other keys. */
	if (version && version->kind == YAML_SCALAR && version->len &&
	    !version->text[strspn(version->text, "0123456789")] && strcmp(version->text, "1")) {
		diagnose(&p->diagnostics, version->mark, NULL,
			 "the file has format %s, and this muster reads format %d", version->text,
			 FORMAT);
		return false;
	}
	option_fill(&fill, pipeline_options, r->root, NULL, &head);
	free(fill.places);
	name_check(r, head.name);
	p->name = head.name;
	p->title = head.title;
	p->on_error = (enum on_error)head.on_error;
	limits_read(r);
	p->schema_path = head.schema;
	if (p->schema_path)
		schema_read(r);
	return true;
}

/* Where a key is used that may have been taken in. */
static struct mark used_at(const struct yaml_node *key)
{
	return key->use.line ? key->use : key->mark;
}

static bool step_find(const char *name, enum step *step)
{
	size_t i;

	for (i = 0; i < N_STEPS; i++) {
		if (!strcmp(step_names[i], name)) {
			*step = (enum step)i;
			return true;
		}
	}
	return false;
}

static bool step_missing(const struct reading *r, const struct yaml_node *map)
{
	static const char message[] = "the stage does not say what it does: one of its keys is "
				      "fetch, parse, validate, transform or export";
	const char *near = NULL;
	struct mark mark = map->mark;
	char *hint;
	size_t i;

	for (i = 0; i < map->count && !near; i++) {
		near = mu_nearest(map->keys[i]->text, step_names);
		mark = map->keys[near ? i : 0]->mark;
	}
	hint = near ? arena_printf(&r->p->arena, "did you mean '%s'?", near) : NULL;
	diagnose(&r->p->diagnostics, mark, hint, "%s", message);
	return false;
}

/* Which step a stage is, and the plugin's name; false after a diagnostic. */
static bool entry_read(const struct reading *r, const struct yaml_node *node, struct entry *e)
{
	struct diagnostics *out = &r->p->diagnostics;
	const struct yaml_node *first = NULL;
	enum step step;
	size_t i;

	if (node->kind != YAML_MAP) {
		diagnose(out, node->mark, NULL,
			 "a stage is a mapping that begins with its step, "
			 "such as 'fetch: file'");
		return false;
	}
	for (i = 0; i < node->count; i++) {
		if (!step_find(node->keys[i]->text, &step))
			continue;
		if (first) {
			diagnose(out, used_at(node->keys[i]), "begin each stage with '- '",
				 "the stage is a %s already, and cannot be a %s too", first->text,
				 step_names[step]);
			return false;
		}
		first = node->keys[i];
		*e = (struct entry){ node, node->items[i], used_at(first), step };
	}
	if (!first)
		return step_missing(r, node);
	if (e->name->kind == YAML_SCALAR && !yaml_is_null(e->name))
		return true;
	diagnose(out, e->name->kind == YAML_SCALAR ? first->mark : e->name->mark, NULL,
		 "'%s' takes the name of a plugin", first->text);
	return true; /* of its step and place more can be said */
}

/* Whoever writes a password or a token into an address does not want to see it printed. */
static void addresses_hide(struct secrets *secrets, // NOLINT(misc-no-recursion)
			   const struct yaml_node *node)
{
	size_t i;

	if (node->kind == YAML_SCALAR)
		address_secrets(secrets, node->text);
	for (i = 0; i < node->count; i++)
		addresses_hide(secrets, node->items[i]);
}

static void input_add(struct pipeline *p, const char *path)
{
	p->inputs = mem_resize(p->inputs, p->n_inputs + 1, sizeof *p->inputs);
	p->inputs[p->n_inputs++] = arena_copy(&p->arena, path, strlen(path));
}

/* A path that another export has, or that muster itself needs, is none for this one. */
static void output_add(struct pipeline *p, const char *path, struct mark mark)
{
	const char *wrong = output_path_wrong(path, p->on_error == ON_ERROR_REJECT);
	size_t i;

	for (i = 0; !wrong && i < p->n_outputs; i++)
		wrong = output_paths_clash(path, p->outputs[i].path);
	if (wrong)
		diagnose(&p->diagnostics, mark, NULL, "the output path '%s' cannot be: %s", path,
			 wrong);
	p->outputs = mem_resize(p->outputs, p->n_outputs + 1, sizeof *p->outputs);
	p->outputs[p->n_outputs++] =
		(struct pipeline_output){ .path = arena_copy(&p->arena, path, strlen(path)),
					  .mark = mark };
}

/* Takes note of the files that a stage's options name. */
static void files_note(struct pipeline *p, const struct option_fill *fill,
		       const struct stage_config *stage, const unsigned char *self)
{
	const struct mu_option *o;

	for (o = stage->plugin->api.options; o && o->name; o++) {
		const void *member = self + o->offset;
		const char *path;

		if (o->type != MU_PATH && o->type != MU_OUTPUT)
			continue;
		path = *(const char *const *)member;
		if (path && o->type == MU_PATH)
			input_add(p, path);
		else if (path && stage->plugin->step == STEP_EXPORT)
			output_add(p, path, option_mark(fill, stage->map, member));
	}
}

/* Fills the options once, to find what is wrong with them. */
static bool stage_try(const struct reading *r, const struct stage_config *stage)
{
	const struct mu_plugin *api = &stage->plugin->api;
	struct arena arena = { 0 };
	struct option_fill fill = { .arena = &arena,
				    .folder = r->p->folder,
				    .what = stage->plugin->full,
				    .out = &r->p->diagnostics,
				    .secrets = &r->p->secrets };
	void *self = mem_alloc(api->self_size);
	bool ok =
		option_fill(&fill, api->options, stage->map, step_names[stage->plugin->step], self);

	if (stage->plugin->step == STEP_FETCH)
		addresses_hide(&r->p->secrets, stage->map);
	files_note(r->p, &fill, stage, self);
	free(self);
	free(fill.places);
	arena_release(&arena);
	return ok;
}

static void stage_add(const struct reading *r, struct chain *chain, const struct entry *e,
		      size_t index)
{
	struct pipeline *p = r->p;
	struct stage_config stage = { .source = chain->name, .map = e->map };
	struct text why = { 0 }, hint = { 0 };

	if (e->name->kind != YAML_SCALAR || yaml_is_null(e->name) || e->name->broken)
		return;
	stage.plugin = loader_find(r->loader, e->step, e->name->text, &why, &hint);
	if (!stage.plugin)
		diagnose(&p->diagnostics, e->name->mark, hint.data, "%s", why.data);
	text_release(&why);
	text_release(&hint);
	if (!stage.plugin)
		return;
	stage.name = chain->name ? arena_printf(&p->arena, "sources.%s[%zu]", chain->name, index)
				 : arena_printf(&p->arena, "dataset[%zu]", index);
	stage.valid = stage_try(r, &stage);
	chain->stages[chain->count++] = stage;
}

/* Reads all that are in a list; the entries are the caller's to free. */
static struct entry *chain_read(const struct reading *r, const struct yaml_node *list,
				struct chain *chain)
{
	struct entry *entries = mem_alloc((list->count + 1) * sizeof *entries);
	size_t i;

	chain->stages = arena_alloc(&r->p->arena, list->count * sizeof *chain->stages);
	for (i = 0; i < list->count; i++) {
		const struct mark *place = &list->places[i], *mark = &list->items[i]->mark;

		if (!entry_read(r, list->items[i], &entries[i])) {
			entries[i].map = NULL;
			continue;
		}
		/* Of an alias it is the place that can be wrong. */
		if (place->line != mark->line || place->column != mark->column)
			entries[i].mark = *place;
		stage_add(r, chain, &entries[i], i);
	}
	return entries;
}

/* A source is fetch, parse, then validate and transform.  Of what stands where
 * it must not, the first says it all. */
static void source_order_check(const struct reading *r, const struct entry *entries, size_t count,
			       struct mark mark)
{
	struct diagnostics *out = &r->p->diagnostics;
	bool said = false;
	size_t i;

	for (i = 0; i < count; i++) {
		const struct entry *e = &entries[i];
		const char *step = step_names[e->step];

		if (!e->map)
			continue;
		if (e->step == STEP_EXPORT) {
			diagnose(out, e->mark, NULL,
				 "an export belongs at the end of dataset, not in a source");
			continue;
		}
		if (said || (i < 2 ? (size_t)e->step == i : e->step > STEP_PARSE))
			continue;
		said = true;
		if (i < 2)
			diagnose(out, e->mark, NULL,
				 "a source begins with fetch and parse: its %s stage is %s, not %s",
				 i ? "second" : "first", step_names[i], step);
		else
			diagnose(out, e->mark, NULL, "%s can only be the %s stage of a source",
				 step, e->step == STEP_FETCH ? "first" : "second");
	}
	if (count < 2 && !said)
		diagnose(out, mark, NULL, "a source needs a fetch and a parse");
}

static void dataset_order_check(const struct reading *r, const struct entry *entries, size_t count)
{
	struct diagnostics *out = &r->p->diagnostics;
	bool exports = false;
	size_t i;

	for (i = 0; i < count; i++) {
		const struct entry *e = &entries[i];

		if (!e->map) {
			continue;
		} else if (e->step <= STEP_PARSE) {
			diagnose(out, e->mark, NULL, "%s belongs in a source, not in dataset",
				 step_names[e->step]);
		} else if (e->step == STEP_EXPORT) {
			exports = true;
		} else if (exports) {
			diagnose(out, e->mark, NULL,
				 "%s has to stand before the exports: they "
				 "come last",
				 step_names[e->step]);
		}
	}
	if (!exports)
		diagnose(out, key_mark(r->root, "dataset"), "add `- export: csv`, for instance",
			 "the dataset goes nowhere: its last stage has to be an export");
}

static bool is_schema_check(const struct entry *e)
{
	return e->map && e->step == STEP_VALIDATE && e->name->kind == YAML_SCALAR &&
	       !strcmp(e->name->text, "schema");
}

/* What checks a schema has one ... */
static void schema_present_check(const struct reading *r, const struct entry *entries, size_t count)
{
	size_t i;

	if (yaml_get(r->root, "schema"))
		return;
	for (i = 0; i < count; i++)
		if (is_schema_check(&entries[i]))
			diagnose(&r->p->diagnostics, entries[i].name->mark,
				 "add `schema: FILE` at the top of the pipeline",
				 "there is no schema to validate against");
}

/* ... and a declared one is checked. */
static void schema_used_check(const struct reading *r, const struct entry *entries, size_t count)
{
	const struct yaml_node *schema = yaml_get(r->root, "schema");
	size_t i;

	for (i = 0; schema && i < count; i++)
		if (is_schema_check(&entries[i]))
			return;
	if (schema)
		diagnose(&r->p->diagnostics, schema->mark, "add `- validate: schema` to dataset",
			 "the schema is declared but never checked");
}

static bool list_check(const struct reading *r, const struct yaml_node *node, struct mark mark,
		       const char *what)
{
	if (node->kind == YAML_LIST && node->count)
		return true;
	diagnose(&r->p->diagnostics, mark, "begin each stage with '- '",
		 node->kind == YAML_LIST || yaml_is_null(node) ? "%s has no stages"
							       : "%s has to be a list of stages",
		 what);
	return false;
}

static void source_read(const struct reading *r, const struct yaml_node *key,
			const struct yaml_node *list)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				      "0123456789_-";
	struct chain *chain = &r->p->sources[r->p->n_sources++];
	struct entry *entries;

	chain->name = key->text;
	if (!key->len || key->text[strspn(key->text, letters)])
		diagnose(&r->p->diagnostics, key->mark,
			 "names are made of letters, digits, - and _",
			 "'%s' cannot be the name of a source", key->text);
	if (!list_check(r, list, key->mark, arena_printf(&r->p->arena, "source '%s'", key->text)))
		return;
	entries = chain_read(r, list, chain);
	source_order_check(r, entries, list->count, key->mark);
	schema_present_check(r, entries, list->count);
	free(entries);
}

static void sources_read(const struct reading *r)
{
	const struct yaml_node *map = yaml_get(r->root, "sources");
	size_t i;

	if (!map) {
		diagnose(&r->p->diagnostics, r->root->mark, NULL, "the pipeline needs 'sources'");
		return;
	}
	if (map->kind != YAML_MAP || !map->count) {
		diagnose(&r->p->diagnostics, key_mark(r->root, "sources"),
			 "name each source: its stages are a list under the name",
			 map->kind == YAML_MAP || yaml_is_null(map)
				 ? "'sources' is empty: the pipeline needs at least one"
				 : "'sources' has to be a mapping of names to lists of stages");
		return;
	}
	r->p->sources = arena_alloc(&r->p->arena, map->count * sizeof *r->p->sources);
	for (i = 0; i < map->count; i++)
		source_read(r, map->keys[i], map->items[i]);
}

static void dataset_read(const struct reading *r)
{
	const struct yaml_node *list = yaml_get(r->root, "dataset");
	struct entry *entries;

	if (!list) {
		diagnose(&r->p->diagnostics, r->root->mark, NULL, "the pipeline needs 'dataset'");
		return;
	}
	if (!list_check(r, list, key_mark(r->root, "dataset"), "'dataset'"))
		return;
	entries = chain_read(r, list, &r->p->dataset);
	dataset_order_check(r, entries, list->count);
	schema_present_check(r, entries, list->count);
	schema_used_check(r, entries, list->count);
	free(entries);
}

static void variables_use(const struct reading *r, struct setting *settings, size_t n_settings)
{
	struct variables variables = { .pipeline = r->p };
	struct yaml_node *vars = yaml_get(r->root, "vars");
	size_t i;

	variables_read(&variables, vars, settings, n_settings);
	for (i = 0; i < r->root->count; i++)
		if (r->root->items[i] != vars)
			variables_replace(&variables, r->root->items[i]);
	variables_release(&variables);
}

bool settings_add(struct settings *settings, const char *text)
{
	const char *equals = strchr(text, '=');
	char *name;

	if (!equals || equals == text)
		return false;
	name = mem_copy(text);
	name[equals - text] = '\0';
	settings->items = mem_resize(settings->items, settings->count + 1, sizeof *settings->items);
	settings->items[settings->count++] = (struct setting){
		.name = name,
		.value = name + (equals - text) + 1,
	};
	return true;
}

void settings_release(struct settings *settings)
{
	size_t i;

	/* A name and its value are one text, which begins with the name. */
	for (i = 0; i < settings->count; i++)
		free((char *)(uintptr_t)settings->items[i].name);
	free(settings->items);
	*settings = (struct settings){ 0 };
}

static void name_set(struct pipeline *p, const char *path)
{
	p->path = arena_copy(&p->arena, path, strlen(path));
	p->diagnostics.path = p->path;
	p->diagnostics.secrets = &p->secrets;
}

/* Of p->text. */
static int text_read(struct pipeline *p, struct loader *loader, struct setting *settings,
		     size_t n_settings)
{
	struct reading r = { .p = p, .loader = loader };
	size_t i;

	for (i = 0; i < n_settings; i++)
		settings[i].used = false;
	r.root = yaml_read(&p->arena, &p->diagnostics);
	if (!r.root)
		return EINVAL;
	if (r.root->kind != YAML_MAP) {
		diagnose(&p->diagnostics, r.root->mark, NULL,
			 "a pipeline is a mapping that begins with 'muster: %d'", FORMAT);
		return EINVAL;
	}
	variables_use(&r, settings, n_settings);
	if (head_read(&r)) {
		sources_read(&r);
		dataset_read(&r);
	}
	return p->diagnostics.count ? EINVAL : 0;
}

int pipeline_read(struct pipeline *p, const char *path, struct loader *loader,
		  struct setting *settings, size_t n_settings)
{
	name_set(p, path);
	return file_read(p) ? text_read(p, loader, settings, n_settings) : EINVAL;
}

int pipeline_read_text(struct pipeline *p, const char *name, const char *text,
		       struct loader *loader)
{
	char *folder = getcwd(NULL, 0);

	name_set(p, name);
	p->folder = arena_copy(&p->arena, folder ? folder : "/", folder ? strlen(folder) : 1);
	free(folder);
	p->text = mem_copy(text);
	p->diagnostics.text = p->text;
	p->diagnostics.len = strlen(text);
	return text_read(p, loader, NULL, 0);
}

/* Whether a validator asks what became of claims. */
static bool asks_claims(const struct stage_config *config)
{
	return config->plugin && config->plugin->step == STEP_VALIDATE && config->plugin->api.claim;
}

static bool chain_asks_claims(const struct chain *chain, const struct stage_config *behind)
{
	size_t i;

	for (i = 0; i < chain->count; i++)
		if ((!behind || &chain->stages[i] > behind) && asks_claims(&chain->stages[i]))
			return true;
	return false;
}

/* Stages that are in no chain, as of a plugin that is tried alone, have nobody behind them. */
bool pipeline_asks_claims(const struct pipeline *p, const struct stage_config *behind)
{
	size_t i;

	for (i = 0; i < p->n_sources; i++) {
		const struct chain *chain = &p->sources[i];

		if (behind >= chain->stages && behind < chain->stages + chain->count)
			return chain_asks_claims(chain, behind) ||
			       chain_asks_claims(&p->dataset, NULL);
	}
	return chain_asks_claims(&p->dataset, behind);
}

void pipeline_release(struct pipeline *p)
{
	tableschema_free(p->schema);
	free(p->inputs);
	free(p->outputs);
	diagnostics_release(&p->diagnostics);
	secrets_release(&p->secrets);
	arena_release(&p->arena);
	free(p->text);
	*p = (struct pipeline){ 0 };
}
