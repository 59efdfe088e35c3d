#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <jansson.h>

#include "command/command.h"
#include "base/standard.h"
#include "config/pipeline_schema.h"
#include "store/cache_list.h"

enum { CACHE_JSON, CACHE_OLDER_THAN, CACHE_MAX_SIZE, CACHE_DRY };

static const struct flag flags[] = {
	[CACHE_JSON] = { "json", 0, NULL, "list: all that is known, as JSON" },
	[CACHE_OLDER_THAN] = { "older-than", 0, "AGE",
			       "prune: what no run has used for so long, such as 90d or 12h" },
	[CACHE_MAX_SIZE] = { "max-size", 0, "SIZE",
			     "prune: what is longest unused, until so much stays, such as 2Gi" },
	[CACHE_DRY] = { "dry-run", 0, NULL, "prune: remove nothing, say what would be" },
	{ .name = NULL },
};

enum action { LIST, VERIFY, PRUNE };

/* The command line, read. */
struct wishes {
	enum action action;
	bool named, json, dry;
	bool limited; /* --older-than or --max-size */
	uint64_t age, most;
};

static void time_put(struct text *out, int64_t seconds, bool short_one)
{
	time_t t = (time_t)seconds;
	struct tm tm;
	char text[48];

	if (gmtime_r(&t, &tm) &&
	    strftime(text, sizeof text, short_one ? "%Y-%m-%d %H:%M" : "%Y-%m-%dT%H:%M:%SZ", &tm))
		text_puts(out, text);
}

static void cell_end(struct text *out, size_t start, size_t columns)
{
	size_t len = out->len - start;

	text_repeat(out, ' ', len < columns ? columns - len : 0);
	text_puts(out, "  ");
}

/* A line of the list; `v` is NULL when nobody knows where the object came from. */
static void line_put(struct text *out, const struct cache_object *o, const struct version *v)
{
	size_t start;
	char date[48];

	text_printf(out, "%.12s  ", o->sha256);
	start = out->len;
	text_add_size(out, (double)o->bytes);
	cell_end(out, start, 8);
	start = out->len;
	if (v && v->fetched)
		time_put(out, v->fetched, true);
	cell_end(out, start, 16);
	start = out->len;
	if (v && v->dated) {
		date_write(v->as_of, date, sizeof date);
		text_puts(out, date);
	}
	cell_end(out, start, 10);
	text_puts(out, o->pinned ? "locked  " : "        ");
	if (v)
		text_add_visible(out, v->uri, strlen(v->uri));
	else
		text_puts(out, "-");
	text_putc(out, '\n');
}

typedef void visit(void *data, const struct cache_object *object, const struct version *version);

/* Every version whose object is there, by addresses, and then the objects that are no
 * version. */
static void visit_all(const struct cache_list *list, visit *call, void *data)
{
	size_t i, j;

	for (i = 0; i < list->n_addresses; i++)
		for (j = 0; j < list->addresses[i].count; j++) {
			const struct version *v = &list->addresses[i].versions[j];
			const struct cache_object *o = cache_list_object(list, v->sha256);

			if (o)
				call(data, o, v);
		}
	for (i = 0; i < list->n_objects; i++)
		if (!list->objects[i].remembered)
			call(data, &list->objects[i], NULL);
}

struct total {
	uint64_t objects, bytes;
};

static void total_add(struct total *total, const struct cache_object *object)
{
	total->objects++;
	total->bytes += object->bytes;
}

/* "3 objects, 34.5 MB" */
static void total_put(struct text *out, const struct total *total)
{
	text_add_count(out, total->objects, "object");
	text_puts(out, ", ");
	text_add_size(out, (double)total->bytes);
}

static void print_text(struct text *out)
{
	if (out->len)
		fwrite(out->data, 1, out->len, standard_output());
	text_release(out);
}

static void list_line(void *out, const struct cache_object *object, const struct version *version)
{
	line_put(out, object, version);
}

static void list_text(const struct cache *cache, const struct cache_list *list)
{
	struct total all = { 0 }, pinned = { 0 };
	struct text out = { 0 };
	size_t i;

	for (i = 0; i < list->n_objects; i++) {
		total_add(&all, &list->objects[i]);
		if (list->objects[i].pinned)
			total_add(&pinned, &list->objects[i]);
	}
	if (list->n_objects)
		text_puts(&out, "SHA256        SIZE      FETCHED (UTC)     AS OF               "
				"ADDRESS\n");
	visit_all(list, list_line, &out);
	total_put(&out, &all);
	if (pinned.objects)
		text_printf(&out, ", %" PRIu64 " of them locked", pinned.objects);
	text_puts(&out, ", in ");
	text_add_visible(&out, cache->folder, strlen(cache->folder));
	text_putc(&out, '\n');
	print_text(&out);
}

static void list_item(void *array, const struct cache_object *object, const struct version *version)
{
	json_t *one = version ? version_to_json(version, NULL) : json_object();
	struct text used = { 0 };

	time_put(&used, object->used, false);
	json_put(one, "sha256", json_text(object->sha256));
	json_put(one, "bytes", json_integer((json_int_t)object->bytes));
	json_put(one, "used", json_text(used.data));
	json_put(one, "locked", json_boolean(object->pinned));
	json_add(array, one);
	text_release(&used);
}

static void list_json(const struct cache *cache, const struct cache_list *list)
{
	json_t *root = json_object(), *documents = json_array();
	struct total all = { 0 };
	struct text shown = { 0 };
	size_t i;
	char *text;

	for (i = 0; i < list->n_objects; i++)
		total_add(&all, &list->objects[i]);
	visit_all(list, list_item, documents);
	json_put(root, "folder", json_text(cache->folder));
	json_put(root, "documents", documents);
	json_put(root, "objects", json_integer((json_int_t)all.objects));
	json_put(root, "bytes", json_integer((json_int_t)all.bytes));
	text = json_dumps(root, JSON_INDENT(2));
	if (!text)
		mem_exhausted();
	text_add_printable(&shown, text);
	standard_print("%s\n", shown.data);
	text_release(&shown);
	free(text);
	json_decref(root);
}

static void damaged_put(struct text *out, const struct cache_list *list,
			const struct cache_object *object)
{
	size_t i, j;

	text_puts(out, "damaged: ");
	text_add_visible(out, object->path, strlen(object->path));
	for (i = 0; i < list->n_addresses; i++)
		for (j = 0; j < list->addresses[i].count; j++) {
			const struct version *v = &list->addresses[i].versions[j];

			if (strcmp(v->sha256, object->sha256) != 0)
				continue;
			text_puts(out, ", from ");
			text_add_visible(out, v->uri, strlen(v->uri));
		}
	text_putc(out, '\n');
}

static int verify(struct cache_list *list, bool *good, struct text *why)
{
	struct total whole = { 0 }, damaged = { 0 };
	struct text out = { 0 };
	size_t i;
	int err = 0;

	for (i = 0; !err && i < list->n_objects; i++) {
		struct cache_object *o = &list->objects[i];
		bool ok = true;

		err = cache_list_check(o, &ok, why);
		total_add(ok ? &whole : &damaged, o);
		if (!ok)
			damaged_put(&out, list, o);
	}
	for (i = 0; i < list->n_strange; i++) {
		text_puts(&out, "not of the cache, or damaged: ");
		text_add_visible(&out, list->strange[i], strlen(list->strange[i]));
		text_putc(&out, '\n');
	}
	text_puts(&out, "whole: ");
	total_put(&out, &whole);
	if (damaged.objects) {
		text_puts(&out, "; damaged: ");
		total_put(&out, &damaged);
		text_puts(&out, ", which the next run that needs them fetches anew");
	}
	text_putc(&out, '\n');
	print_text(&out);
	*good = !damaged.objects && !list->n_strange;
	return err;
}

static void prune_line(void *out, const struct cache_object *object, const struct version *version)
{
	if (object->chosen)
		line_put(out, object, version);
}

static int prune(struct cache_list *list, const struct wishes *w, struct text *why)
{
	struct total gone = { 0 }, left = { 0 }, pinned = { 0 };
	int64_t now = (int64_t)time(NULL);
	struct text out = { 0 };
	size_t i;
	int err = 0;

	cache_list_choose(list, w->age < (uint64_t)now ? now - (int64_t)w->age : 0, w->most);
	for (i = 0; i < list->n_objects; i++) {
		total_add(list->objects[i].chosen ? &gone : &left, &list->objects[i]);
		if (list->objects[i].pinned)
			total_add(&pinned, &list->objects[i]);
	}
	if (w->dry)
		visit_all(list, prune_line, &out);
	else
		err = cache_list_remove(list, why);
	text_puts(&out, w->dry ? "would remove " : "removed ");
	total_put(&out, &gone);
	text_puts(&out, "; left: ");
	total_put(&out, &left);
	if (pinned.objects)
		text_printf(&out, ", %" PRIu64 " of them locked", pinned.objects);
	text_putc(&out, '\n');
	if (err)
		text_release(&out);
	print_text(&out);
	return err;
}

struct unit {
	const char *name;
	uint64_t times;
};

static const struct unit ages[] = {
	{ "s", 1 }, { "m", 60 }, { "h", 3600 }, { "d", 86400 }, { "w", 604800 }, { NULL, 0 },
};

static const struct unit sizes[] = {
	{ "", 1 },
	{ "Ki", (uint64_t)1 << 10 },
	{ "Mi", (uint64_t)1 << 20 },
	{ "Gi", (uint64_t)1 << 30 },
	{ "Ti", (uint64_t)1 << 40 },
	{ NULL, 0 },
};

static bool amount_read(const char *value, const struct unit *units, uint64_t *out)
{
	size_t digits = strspn(value, "0123456789");

	if (!digits || digits > 9)
		return false;
	while (units->name && strcmp(units->name, value + digits) != 0)
		units++;
	*out = (uint64_t)strtoul(value, NULL, 10) * units->times;
	return units->name != NULL;
}

static int take_action(const struct command *self, struct wishes *w, const char *word)
{
	static const char *const names[] = { "list", "verify", "prune", NULL };
	size_t i;

	if (w->named)
		return usage_error(self, "one at a time: '%s' is the second", word);
	for (i = 0; names[i]; i++)
		if (!strcmp(names[i], word)) {
			w->action = (enum action)i;
			w->named = true;
			return EXIT_VALID;
		}
	return usage_unknown(self, word, names,
			     "'%s' is not what can be done with the cache: list, verify or prune",
			     word);
}

static int take(const struct command *self, struct wishes *w, int flag, const char *value)
{
	switch (flag) {
	case FLAG_WORD:
		return take_action(self, w, value);
	case CACHE_JSON:
		w->json = true;
		return EXIT_VALID;
	case CACHE_DRY:
		w->dry = true;
		return EXIT_VALID;
	case CACHE_OLDER_THAN:
		w->limited = true;
		if (!amount_read(value, ages, &w->age))
			return usage_error(self, "--older-than takes 90d, 12h, 2w, not '%s'",
					   value);
		return EXIT_VALID;
	case CACHE_MAX_SIZE:
		w->limited = true;
		if (!amount_read(value, sizes, &w->most))
			return usage_error(self, "--max-size takes 2Gi, 500Mi, 0, not '%s'", value);
		return EXIT_VALID;
	default:
		return EXIT_USAGE;
	}
}

static int check(const struct command *self, const struct wishes *w)
{
	if (w->json && w->action != LIST)
		return usage_error(self, "--json is for list alone");
	if ((w->limited || w->dry) && w->action != PRUNE)
		return usage_error(self, "--older-than, --max-size and --dry-run are for prune");
	if (w->action == PRUNE && !w->limited)
		return usage_error(self, "prune needs --older-than, --max-size or both");
	return EXIT_VALID;
}

static int perform(const struct wishes *w, struct cache *cache, struct cache_list *list, bool *good,
		   struct text *why)
{
	int err = cache_open(cache, why);

	if (!err && w->action == PRUNE && !w->dry)
		err = cache_alone(cache, why);
	if (!err)
		err = cache_list_read(cache, list, why);
	if (err)
		return err;
	switch (w->action) {
	case VERIFY:
		return verify(list, good, why);
	case PRUNE:
		return prune(list, w, why);
	default:
		if (w->json)
			list_json(cache, list);
		else
			list_text(cache, list);
		return 0;
	}
}

static int cache_run(const struct command *self, int argc, char **argv)
{
	struct flags rest = { .command = self, .argc = argc, .next = 1, .argv = argv };
	struct wishes wishes = { .age = UINT64_MAX, .most = UINT64_MAX };
	struct cache cache = { 0 };
	struct cache_list list = { 0 };
	struct text why = { 0 }, shown = { 0 };
	const char *value;
	bool good = true;
	int code = EXIT_VALID, flag;

	while (code == EXIT_VALID && (flag = flags_next(&rest, &value)) != FLAG_END)
		code = take(self, &wishes, flag, value);
	if (code == EXIT_VALID)
		code = check(self, &wishes);
	if (code != EXIT_VALID)
		return code;
	if (perform(&wishes, &cache, &list, &good, &why)) {
		code = EXIT_FAILED;
		text_add_visible(&shown, why.data, why.len);
		fprintf(stderr, "muster: %s\n", shown.data);
	} else if (!good) {
		code = EXIT_INVALID;
	}
	cache_list_release(&list);
	cache_close(&cache);
	text_release(&why);
	text_release(&shown);
	return code;
}

const struct command command_cache = {
	.name = "cache",
	.usage = "[ACTION]",
	.summary = "list, verify or prune what came from elsewhere",
	.more = "Actions: list (when none is named) what is there, verify that it is whole, "
		"prune.\n"
		"What a lock file pins stays as long as that file is there.  prune waits for no\n"
		"run: it gives up when one is at work.\n"
		"Exit: 0, 1 something is damaged (verify), 2 usage, 3 it could not be done.",
	.flags = flags,
	.run = cache_run,
};
