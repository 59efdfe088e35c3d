#include "sources/lock.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/json_file.h"
#include "base/whole_file.h"
#include "stage/run.h"

#define NAME      "muster.lock"
#define MAX_BYTES ((off_t)256 << 20)

static const char *key_of(const struct pipeline *p)
{
	const char *slash = strrchr(p->path, '/');

	return slash ? slash + 1 : p->path;
}

static int wrong(const struct lock *lock, struct text *why, const char *what)
{
	text_printf(why, "%s: %s: it is written by muster lock, which can make it anew", lock->path,
		    what);
	return EINVAL;
}

static int bytes_load(struct lock *lock, int fd, struct text *why)
{
	json_error_t error;
	struct stat st;
	int err = fstat(fd, &st) ? errno : 0;

	if (!err && (!S_ISREG(st.st_mode) || st.st_size > MAX_BYTES))
		return wrong(lock, why, "is no lock");
	if (!err)
		err = json_file_read(fd, &lock->json, &error);
	if (err == EBADMSG) {
		text_printf(why,
			    "%s:%d:%d: %s: it is written by muster lock, which can make it anew",
			    lock->path, error.line, error.column, error.text);
		return EINVAL;
	}
	if (err)
		text_printf(why, "%s: %s", lock->path, strerror(err));
	return err;
}

static int file_load(struct lock *lock, struct text *why)
{
	int fd = open(lock->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK), err = errno;

	if (fd >= 0) {
		err = bytes_load(lock, fd, why);
		close(fd);
	} else if (err == ENOENT) {
		err = 0;
	} else {
		text_printf(why, "%s: %s", lock->path, strerror(err));
	}
	return err;
}

/* The documents in the order in which they were delivered. */
static bool order_apply(struct lock *lock, struct lock_source *s, const json_t *order)
{
	struct version *sorted = s->documents;
	bool *seen = arena_alloc(&lock->arena, s->count + 1);
	size_t i;

	if (!order)
		return true;
	if (!json_is_array(order) || json_array_size(order) != s->count)
		return false;
	s->documents = arena_alloc(&lock->arena, (s->count + 1) * sizeof *s->documents);
	for (i = 0; i < s->count; i++) {
		json_int_t at = json_integer_value(json_array_get(order, i));

		if (!json_is_integer(json_array_get(order, i)) || at < 0 ||
		    (size_t)at >= s->count || seen[at])
			return false;
		seen[at] = true;
		s->documents[i] = sorted[at];
	}
	return true;
}

static bool source_read(struct lock *lock, const char *name, const json_t *json)
{
	struct lock_source *s = &lock->sources[lock->count++];
	const json_t *documents = json_object_get(json, "documents"), *item;
	size_t i;

	*s = (struct lock_source){
		.name = arena_copy(&lock->arena, name, strlen(name)),
		.plugin = json_string_value(json_object_get(json, "plugin")),
		.options = json_object_get(json, "options"),
	};
	if (!s->plugin || !json_is_object(s->options) || !json_is_array(documents))
		return false;
	s->documents =
		arena_alloc(&lock->arena, (json_array_size(documents) + 1) * sizeof *s->documents);
	json_array_foreach(documents, i, item)
		if (!version_from_json(item, &lock->arena, &s->documents[s->count++]))
			return false;
	return order_apply(lock, s, json_object_get(json, "order"));
}

int lock_read(struct lock *lock, const struct pipeline *p, struct text *why)
{
	json_t *pipelines, *sources, *source;
	const char *name;
	int err;

	lock->path = arena_printf(&lock->arena, "%s/" NAME, p->folder);
	err = file_load(lock, why);
	if (err || !lock->json)
		return err;
	pipelines = json_object_get(lock->json, "pipelines");
	if (json_integer_value(json_object_get(lock->json, "muster")) != 1 ||
	    !json_is_object(pipelines))
		return wrong(lock, why, "is no lock of this version of muster");
	sources = json_object_get(json_object_get(pipelines, key_of(p)), "sources");
	lock->sources =
		arena_alloc(&lock->arena, (json_object_size(sources) + 1) * sizeof *lock->sources);
	json_object_foreach(sources, name, source)
		if (!source_read(lock, name, source)) {
			text_printf(why, "source %s: ", name);
			return wrong(lock, why, "cannot be read");
		}
	return 0;
}

void lock_release(struct lock *lock)
{
	json_decref(lock->json);
	arena_release(&lock->arena);
	*lock = (struct lock){ 0 };
}

const struct lock_source *lock_find(const struct lock *lock, const char *source)
{
	size_t i;

	for (i = 0; i < lock->count; i++)
		if (!strcmp(lock->sources[i].name, source))
			return &lock->sources[i];
	return NULL;
}

/* Whether a version is one of a file that was there, and not fetched. */
static bool is_file(const struct version *v)
{
	return !v->fetched;
}

/* The address as a lock has it, to be freed. */
static char *locked_uri(const struct run *run, const struct mu_document *d)
{
	return version_clean(d->published, &run->pipeline->secrets);
}

/* The address as a fetcher gives it out. */
static const char *full_uri(const struct run *run, struct arena *arena, const struct version *v)
{
	if (is_file(v) && *v->uri != '/')
		return arena_printf(arena, "%s/%s", run->pipeline->folder, v->uri);
	return v->uri;
}

static bool same_text(const char *a, const char *b)
{
	return a && b ? !strcmp(a, b) : a == b;
}

static const struct version *version_find(const struct lock_source *s, const char *uri,
					  const char *request)
{
	size_t i;

	for (i = 0; s && i < s->count; i++)
		if (!strcmp(s->documents[i].uri, uri) &&
		    same_text(s->documents[i].request, request))
			return &s->documents[i];
	return NULL;
}

const struct version *lock_version(const struct lock *lock, const struct run *run,
				   const struct document *d)
{
	char *uri = locked_uri(run, &d->public), *request = NULL;
	const struct version *v;

	if (d->public.request)
		request = version_clean(d->public.request, &run->pipeline->secrets);
	v = version_find(lock_find(lock, d->public.source), uri, request);
	free(uri);
	free(request);
	return v;
}

/* A file of this machine that is still the one that was locked. */
static bool file_is(const char *path, const char *sha256)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	char found[65] = "";
	struct stat st;
	uint64_t bytes;
	bool same = fd >= 0 && !fstat(fd, &st) && S_ISREG(st.st_mode) &&
		    !sha256_file(fd, found, &bytes) && !strcmp(found, sha256);

	if (fd >= 0)
		close(fd);
	return same;
}

static int deliver(const struct version *v, struct run *run, struct arena *arena, size_t source,
		   struct text *why)
{
	struct mu_document d = version_document(v);
	bool damaged;
	int err = cache_find(&run->cache, v->sha256, &d.path, &damaged, why);

	if (err)
		return err;
	d.uri = full_uri(run, arena, v);
	if (!d.path && is_file(v) && file_is(d.uri, v->sha256))
		d.path = d.uri;
	if (d.path)
		return documents_add(&run->documents, &d, run->sources[source].name, source, why);
	text_printf(why,
		    "%s: the locked copy, sha256 %.12s..., %s; without --offline it can be fetched",
		    d.uri, v->sha256,
		    damaged ? "was damaged in the cache and has been removed"
			    : "is not in the cache: it was locked on another machine, or removed "
			      "since");
	return ENOENT;
}

int lock_deliver(const struct lock *lock, struct run *run, size_t source, struct text *why)
{
	const struct lock_source *s = lock_find(lock, run->sources[source].name);
	struct arena arena = { 0 };
	size_t i;
	int err = 0;

	if (!s) {
		text_printf(why, "source %s is not in %s: muster lock pins it",
			    run->sources[source].name, lock->path);
		return ENOENT;
	}
	for (i = 0; !err && i < s->count; i++)
		err = deliver(&s->documents[i], run, &arena, source, why);
	arena_release(&arena);
	return err;
}

static json_t *node_to_json(const struct yaml_node *node,
			    const char *skip, // NOLINT(misc-no-recursion)
			    const struct secrets *secrets)
{
	json_t *json;
	char *clean;
	size_t i;

	if (node->kind == YAML_SCALAR) {
		struct text quoted = { 0 };

		clean = version_clean(node->text, secrets);
		text_add_json(&quoted, clean, strlen(clean));
		json = json_loads(quoted.data, JSON_DECODE_ANY, NULL);
		text_release(&quoted);
		free(clean);
		return json;
	}
	json = node->kind == YAML_LIST ? json_array() : json_object();
	for (i = 0; i < node->count; i++)
		if (node->kind == YAML_LIST)
			json_array_append_new(json, node_to_json(node->items[i], NULL, secrets));
		else if (!skip || strcmp(node->keys[i]->text, skip) != 0)
			json_object_set_new(json, node->keys[i]->text,
					    node_to_json(node->items[i], NULL, secrets));
	return json;
}

static json_t *options_of(const struct run *run, const struct stage_config *config)
{
	return node_to_json(config->map, step_names[STEP_FETCH], &run->pipeline->secrets);
}

static void compare_options(struct run *run, const struct lock_source *s)
{
	const struct stage_config *config = chain_fetcher(run_chain(run, s->name));
	const struct finding about = { .severity = MU_WARNING, .source = s->name };
	json_t *options = options_of(run, config);

	if (strcmp(config->plugin->full, s->plugin) != 0)
		run_report(run, "run/lock-options", about,
			   "was locked when %s fetched it, and now %s does", s->plugin,
			   config->plugin->full);
	else if (!json_equal(options, s->options))
		run_report(run, "run/lock-options", about, "was locked with other options of %s",
			   s->plugin);
	json_decref(options);
}

static void compare_document(const struct lock *lock, struct run *run, const struct document *d)
{
	const struct version *v = lock_version(lock, run, d);
	const struct finding about = { .severity = MU_ERROR, .document = d->public.id };

	if (!v)
		run_report(run, "run/lock-added", about, "is not in the lock");
	else if (strcmp(v->sha256, d->public.sha256) != 0)
		run_report(run, "run/lock-differs", about,
			   "differs from its lock: %llu byte%s with sha256 %.12s... were locked, "
			   "%llu with %.12s... came",
			   (unsigned long long)v->bytes, mu_plural(v->bytes), v->sha256,
			   (unsigned long long)d->public.bytes, d->public.sha256);
}

/* Those that were locked and did not come. */
static void compare_missing(struct run *run, const struct lock_source *s,
			    const struct source_result *result)
{
	struct mu_map came = { 0 };
	size_t i;

	for (i = 0; i < result->n_documents; i++) {
		char *uri =
			locked_uri(run, &run->documents.items[result->first_document + i]->public);

		if (mu_map_add(&came, uri, strlen(uri)) == SIZE_MAX)
			mem_exhausted();
		free(uri);
	}
	for (i = 0; i < s->count; i++) {
		const char *uri = s->documents[i].uri;

		if (mu_map_find(&came, uri, strlen(uri)) == SIZE_MAX)
			run_report(run, "run/lock-missing",
				   (struct finding){ .severity = MU_ERROR, .source = s->name },
				   "%s is in the lock and did not come", uri);
	}
	mu_map_release(&came);
}

int lock_compare(const struct lock *lock, struct run *run, struct text *why)
{
	uint64_t said = run->findings.of[MU_ERROR];
	size_t i, j;
	int err = 0;

	for (i = 0; i < run->n_sources && !err; i++) {
		const struct source_result *result = &run->sources[i];
		const struct lock_source *s = lock_find(lock, result->name);

		if (!s) {
			run_report(run, "run/lock-added",
				   (struct finding){ .severity = MU_ERROR, .source = result->name },
				   "the source is not in the lock: muster lock pins it");
			continue;
		}
		compare_options(run, s);
		for (j = 0; j < result->n_documents && !err; j++) {
			struct document *d = run->documents.items[result->first_document + j];

			err = document_sha256(d, why);
			if (!err)
				compare_document(lock, run, d);
		}
		if (!err)
			compare_missing(run, s, result);
	}
	run->differs = run->findings.of[MU_ERROR] > said;
	return err;
}

/* A document that came, as it is written. */
struct entry {
	json_t *json;
	const char *uri;
	size_t came; /* as which one, from 0 */
};

static int by_uri(const void *a, const void *b)
{
	const struct entry *x = a, *y = b;
	int order = strcmp(x->uri, y->uri);

	return order ? order : (x->came > y->came) - (x->came < y->came);
}

/* Moves the entries into the arrays; `order` stays empty when it says nothing. */
static void entries_write(struct entry *entries, size_t n, json_t *documents, json_t *order)
{
	size_t *indices = mem_alloc((n + 1) * sizeof *indices), i;
	bool moved = false;

	qsort(entries, n, sizeof *entries, by_uri);
	for (i = 0; i < n; i++) {
		indices[entries[i].came] = i;
		moved = moved || entries[i].came != i;
		json_array_append_new(documents, entries[i].json);
	}
	for (i = 0; moved && i < n; i++)
		json_array_append_new(order, json_integer((json_int_t)indices[i]));
	free(indices);
}

static int entry_make(struct lock *lock, struct run *run, struct document *d, struct entry *out,
		      struct text *why)
{
	const struct version *former;
	struct version v;
	char *uri;
	int err = cache_copy(&run->cache, d, why);

	if (err)
		return err;
	v = version_of(&d->public);
	v.as_of = d->as_of;
	v.dated = d->dated;
	former = lock_version(lock, run, d);
	if (former && v.fetched && !strcmp(former->sha256, v.sha256))
		v.fetched = former->fetched;
	uri = locked_uri(run, &d->public);
	v.uri = out->uri = arena_copy(&lock->arena, uri, strlen(uri));
	free(uri);
	out->json = version_to_json(&v, &run->pipeline->secrets);
	return 0;
}

static int source_write(struct lock *lock, struct run *run, const struct source_result *result,
			json_t *sources, struct text *why)
{
	const struct stage_config *config = chain_fetcher(run_chain(run, result->name));
	struct entry *entries = mem_alloc((result->n_documents + 1) * sizeof *entries);
	json_t *json, *documents = json_array(), *order = json_array();
	size_t i, n = 0;
	int err = 0;

	for (i = 0; !err && i < result->n_documents; i++) {
		entries[n].came = i;
		err = entry_make(lock, run, run->documents.items[result->first_document + i],
				 &entries[n], why);
		n += !err;
	}
	entries_write(entries, n, documents, order);
	json = json_pack("{s:s, s:o, s:o}", "plugin", config->plugin->full, "options",
			 options_of(run, config), "documents", documents);
	if (json_array_size(order))
		json_object_set(json, "order", order);
	json_decref(order);
	if (!json || json_object_set_new(sources, result->name, json))
		mem_exhausted();
	free(entries);
	return err;
}

/* The member of an object that is an object, too; made when it is not there. */
static json_t *member(json_t *object, const char *key)
{
	json_t *value = json_object_get(object, key);

	if (json_is_object(value))
		return value;
	json_object_set_new(object, key, json_object());
	return json_object_get(object, key);
}

/* Sources that the pipeline has no longer. */
static void drop_others(const struct pipeline *p, json_t *sources)
{
	const char *name;
	json_t *value;
	void *next;
	size_t i;

	json_object_foreach_safe(sources, next, name, value)
	{
		for (i = 0; i < p->n_sources && strcmp(p->sources[i].name, name) != 0; i++)
			;
		if (i == p->n_sources)
			json_object_del(sources, name);
	}
}

static int file_write(const struct lock *lock, struct text *why)
{
	char *dump = json_dumps(lock->json, JSON_INDENT(2) | JSON_SORT_KEYS);
	struct text all = { 0 };
	int err;

	if (!dump)
		mem_exhausted();
	text_puts(&all, dump);
	text_putc(&all, '\n');
	free(dump);
	err = whole_file_write(lock->path, all.data, all.len);
	if (err)
		text_printf(why, "%s: cannot be written: %s", lock->path, strerror(err));
	text_release(&all);
	return err;
}

int lock_write(struct lock *lock, struct run *run, struct text *why)
{
	json_t *json = lock->json ? json_deep_copy(lock->json) : json_pack("{s:i}", "muster", 1);
	json_t *sources =
		member(member(member(json, "pipelines"), key_of(run->pipeline)), "sources");
	size_t i;
	int err = 0;

	drop_others(run->pipeline, sources);
	for (i = 0; !err && i < run->n_sources; i++)
		err = source_write(lock, run, &run->sources[i], sources, why);
	/* What was read of the former one points into it. */
	if (!err)
		err = cache_root(&run->cache, lock->path, why);
	if (!err) {
		json_t *former = lock->json;

		lock->json = json;
		err = file_write(lock, why);
		lock->json = former;
	}
	json_decref(json);
	return err;
}
