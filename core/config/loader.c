#include "config/loader.h"

#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <muster/table.h>

#include "base/surroundings.h"
#include "base/watch.h"
#include "config/object.h"
#include "config/option.h"

/* The plugins that come with muster, "fetch/file fetch/http ...", as the Makefile knows
 * them.  Only these are taken for muster's own, and only in its own folder. */
#ifndef SHIPPED
#define SHIPPED ""
#endif

/* Beyond these a table or struct is not large but wrong. */
#define STRUCT_MAX  4096
#define SELF_MAX    ((size_t)16 << 20)
#define OPTIONS_MAX 256
#define CODES_MAX   256
#define FIELDS_DEEP 8
#define LETTERS_MAX 64
#define TRY_SECONDS 10

const char *const step_names[N_STEPS + 1] = { "fetch",     "parse",  "validate",
					      "transform", "export", NULL };

struct loader {
	struct arena arena;
	char *home;     /* the folder of the program */
	char **folders; /* searched, absolute */
	size_t n_folders;
	size_t n_given; /* how many of them, the first ones, others have named */
	bool try_first;
	struct text refused;     /* what of MUSTER_PLUGIN_PATH is not searched */
	struct plugin **plugins; /* loaded */
	size_t n_plugins;
	const char **names[N_STEPS]; /* made on first use */
};

static void folder_add(struct loader *loader, const char *folder)
{
	loader->folders =
		mem_resize(loader->folders, loader->n_folders + 1, sizeof *loader->folders);
	loader->folders[loader->n_folders++] = arena_copy(&loader->arena, folder, strlen(folder));
}

static void path_variable_read(struct loader *loader, const char *list)
{
	size_t len;

	for (; list && *list; list += len + (list[len] == ':')) {
		char *folder;

		len = strcspn(list, ":");
		folder = arena_copy(&loader->arena, list, len);
		if (*folder == '/')
			folder_add(loader, folder);
		else if (*folder)
			text_printf(&loader->refused, "%s'%s'", loader->refused.len ? ", " : "",
				    folder);
	}
}

/* The folder of the running program, or "" when nobody knows.  Where there is no /proc, the
 * kernel has told by which path the program was started. */
static char *home_find(struct loader *loader)
{
	const char *started = (const char *)getauxval(AT_EXECFN);
	char *path = realpath("/proc/self/exe", NULL), *home;

	if (!path && started)
		path = realpath(started, NULL);
	home = arena_printf(&loader->arena, "%s", path ? path : "");
	free(path);
	if (strrchr(home, '/'))
		*strrchr(home, '/') = '\0';
	return home;
}

struct loader *loader_new(void)
{
	struct loader *loader = mem_alloc(sizeof *loader);

	loader->home = home_find(loader);
	path_variable_read(loader, secure_getenv("MUSTER_PLUGIN_PATH"));
	loader->n_given = loader->n_folders;
	if (*loader->home) {
		const char *prefix = arena_printf(&loader->arena, "%s/..", loader->home);
		char *real = realpath(prefix, NULL);

		folder_add(loader, arena_printf(&loader->arena, "%s/plugins", loader->home));
		folder_add(loader, arena_printf(&loader->arena, "%s/lib/muster/plugins",
						real && strcmp(real, "/") ? real : ""));
		free(real);
	}
	return loader;
}

void loader_try_first(struct loader *loader)
{
	loader->try_first = true;
}

static bool met_others;

bool loader_met_others(void)
{
	return met_others;
}

void loader_free(struct loader *loader)
{
	size_t i;

	if (!loader)
		return;
	for (i = 0; i < N_STEPS; i++)
		free(loader->names[i]);
	free(loader->plugins);
	free(loader->folders);
	text_release(&loader->refused);
	arena_release(&loader->arena);
	free(loader);
}

char *loader_shared(struct loader *loader, const char *name)
{
	/* From the program's folder: build/ and build/MODE/ of the source tree,
	 * which have the plugins beside it, and bin/ of an installation. */
	static const char *const from_build[] = { "..", "../..", NULL };
	static const char *const from_bin[] = { "../share/muster", NULL };
	const char *const *folder;
	struct text path = { 0 };
	struct stat st;

	if (!*loader->home)
		return NULL;
	text_printf(&path, "%s/plugins", loader->home);
	folder = !stat(path.data, &st) && S_ISDIR(st.st_mode) ? from_build : from_bin;
	for (; *folder; folder++) {
		text_clear(&path);
		text_printf(&path, "%s/%s/%s", loader->home, *folder, name);
		if (!access(path.data, F_OK)) {
			char *real = realpath(path.data, NULL);

			text_release(&path);
			return real;
		}
	}
	text_release(&path);
	return NULL;
}

static bool name_is_sound(const char *name, size_t len)
{
	return len && len <= LETTERS_MAX &&
	       strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-") >=
		       len;
}

static int name_compare(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static void folder_list(struct loader *loader, const char *folder, enum step step, size_t *n)
{
	struct text path = { 0 };
	struct dirent *entry;
	DIR *dir;

	text_printf(&path, "%s/%s", folder, step_names[step]);
	dir = opendir(path.data);
	text_release(&path);
	while (dir && (entry = readdir(dir))) {
		size_t len = strlen(entry->d_name);

		if (len < 4 || strcmp(entry->d_name + len - 3, ".so") ||
		    !name_is_sound(entry->d_name, len - 3))
			continue;
		loader->names[step] =
			mem_resize(loader->names[step], *n + 2, sizeof *loader->names[step]);
		loader->names[step][(*n)++] = arena_copy(&loader->arena, entry->d_name, len - 3);
	}
	if (dir)
		closedir(dir);
}

const char *const *loader_names(struct loader *loader, enum step step)
{
	size_t n = 0, kept = 0, i;
	const char **names;

	if (loader->names[step])
		return loader->names[step];
	loader->names[step] = mem_resize(NULL, 1, sizeof *loader->names[step]);
	for (i = 0; i < loader->n_folders; i++)
		folder_list(loader, loader->folders[i], step, &n);
	names = loader->names[step];
	qsort(names, n, sizeof *names, name_compare);
	for (i = 0; i < n; i++)
		if (!kept || strcmp(names[kept - 1], names[i]))
			names[kept++] = names[i];
	names[kept] = NULL;
	return names;
}

/* A plugin being examined. */
struct candidate {
	struct loader *loader;
	struct plugin *plugin;
	struct text *why, *hint;
};

__attribute__((format(printf, 2, 3))) static bool refuse(const struct candidate *c, const char *fmt,
							 ...)
{
	va_list ap;

	text_printf(c->why, "plugin %s cannot be used: %s ", c->plugin->full, c->plugin->path);
	va_start(ap, fmt);
	text_vprintf(c->why, fmt, ap);
	va_end(ap);
	return false;
}

static void advise(struct text *hint, const char *words)
{
	if (hint)
		text_puts(hint, words);
}

static const char *step_with(struct loader *loader, enum step but, const char *name)
{
	size_t step, i;

	for (step = 0; step < N_STEPS; step++) {
		const char *const *names = loader_names(loader, (enum step)step);

		for (i = 0; step != but && names[i]; i++)
			if (!strcmp(names[i], name))
				return step_names[step];
	}
	return NULL;
}

static void not_found(struct loader *loader, enum step step, const char *name, struct text *why,
		      struct text *hint)
{
	const char *const *names = loader_names(loader, step);
	const char *nearest = mu_nearest(name, names), *other = step_with(loader, step, name);
	size_t i;

	text_printf(why, "there is no plugin %s/%s", step_names[step], name);
	if (loader->refused.len)
		text_printf(why,
			    " (of MUSTER_PLUGIN_PATH only absolute folders are searched, "
			    "not %s)",
			    loader->refused.data);
	if (!hint)
		return;
	if (nearest) {
		text_printf(hint, "did you mean '%s'?", nearest);
		return;
	}
	if (other) {
		text_printf(hint, "there is %s/%s: did you mean '%s: %s'?", other, name, other,
			    name);
		return;
	}
	for (i = 0; names[i]; i++)
		text_printf(hint, "%s%s", i ? ", " : "one of: ", names[i]);
	text_puts(hint, names[0] ? "; searched:" : "searched:");
	for (i = 0; i < loader->n_folders; i++)
		text_printf(hint, "%s %s", i ? "," : "", loader->folders[i]);
}

/* Copies a struct between ages: what one side lacks is zero, what the other
 * lacks is left out. */
static void copy(void *out, size_t out_size, const void *in, size_t in_size)
{
	memset(out, 0, out_size);
	memcpy(out, in, in_size < out_size ? in_size : out_size);
}

static bool struct_size_is_sound(size_t size, size_t least)
{
	return size >= least && size <= STRUCT_MAX && size % sizeof(void *) == 0;
}

static size_t member_size(uint32_t type)
{
	static const size_t sizes[] = {
		[MU_TEXT] = sizeof(const char *),
		[MU_INT] = sizeof(int64_t),
		[MU_REAL] = sizeof(double),
		[MU_BOOL] = sizeof(bool),
		[MU_BYTES] = sizeof(int64_t),
		[MU_SECONDS] = sizeof(double),
		[MU_CHOICE] = sizeof(int),
		[MU_PATH] = sizeof(const char *),
		[MU_TEXTS] = sizeof(struct mu_texts),
		[MU_PAIRS] = sizeof(struct mu_pairs),
		[MU_ITEMS] = sizeof(struct mu_items),
		[MU_OUTPUT] = sizeof(const char *),
	};

	return type < sizeof sizes / sizeof sizes[0] ? sizes[type] : 0;
}

static bool option_check(const struct candidate *c, const struct mu_option *table, size_t i,
			 size_t self_size)
{
	const struct mu_option *o = &table[i];
	size_t size = member_size(o->type), j;

	if ((!size && o->type != MU_GONE) || !option_type_name(o->type))
		return refuse(c, "has an option '%s' of a type that this muster does not know: %u",
			      o->name, (unsigned)o->type);
	if (o->offset > self_size || size > self_size - o->offset)
		return refuse(c, "has an option '%s' outside of its struct", o->name);
	if (o->type == MU_CHOICE && (!o->choices || !o->choices[0]))
		return refuse(c, "has an option '%s' without choices", o->name);
	if (o->type == MU_GONE && !o->help)
		return refuse(c, "has an option '%s' that is gone, without help", o->name);
	if (o->type == MU_ITEMS && (!o->fields || !o->item_size || o->item_size > SELF_MAX))
		return refuse(c, "has an option '%s' without fields", o->name);
	if (!strcmp(o->name, step_names[c->plugin->step]))
		return refuse(c, "has an option '%s', which is the name of its step", o->name);
	for (j = 0; j < i; j++)
		if (!strcmp(table[j].name, o->name))
			return refuse(c, "has two options '%s'", o->name);
	return true;
}

/* The table with structs of our size; NULL when something is wrong. */
static struct mu_option *options_copy(const struct candidate *c, const struct mu_option *in,
				      size_t stride, size_t self_size, int deep)
{
	const unsigned char *bytes = (const unsigned char *)in;
	struct mu_option *out, one;
	size_t n = 0, i;

	for (copy(&one, sizeof one, bytes, stride); one.name && n < OPTIONS_MAX;
	     copy(&one, sizeof one, bytes + n * stride, stride))
		n++;
	if (n == OPTIONS_MAX || deep == FIELDS_DEEP) {
		refuse(c, "has a table of options without an end");
		return NULL;
	}
	out = arena_alloc(&c->loader->arena, (n + 1) * sizeof *out);
	for (i = 0; i < n; i++) {
		copy(&out[i], sizeof *out, bytes + i * stride, stride);
		if (!option_check(c, out, i, self_size))
			return NULL;
		if (out[i].type != MU_ITEMS)
			continue;
		out[i].fields = options_copy(c, out[i].fields, stride, out[i].item_size, deep + 1);
		if (!out[i].fields)
			return NULL;
	}
	return out;
}

static bool options_take(const struct candidate *c)
{
	struct mu_plugin *api = &c->plugin->api;

	if (!api->options)
		return true;
	if (!struct_size_is_sound(api->option_size, sizeof(struct mu_option)))
		return refuse(c, "has options of %u bytes each, which cannot be",
			      (unsigned)api->option_size);
	api->options = options_copy(c, api->options, api->option_size, api->self_size, 0);
	api->option_size = sizeof *api->options;
	return api->options != NULL;
}

static bool code_check(const struct candidate *c, const struct mu_code *codes, size_t i)
{
	size_t j;

	if (!codes[i].name[0] ||
	    codes[i].name[strspn(codes[i].name, "abcdefghijklmnopqrstuvwxyz0123456789-")])
		return refuse(c, "has a code '%s': lower case letters, digits and - are allowed",
			      codes[i].name);
	if (!codes[i].meaning || !codes[i].remedy)
		return refuse(c, "does not say what its code '%s' means or how to mend it",
			      codes[i].name);
	for (j = 0; j < i; j++)
		if (!strcmp(codes[j].name, codes[i].name))
			return refuse(c, "has two codes '%s'", codes[i].name);
	return true;
}

static bool codes_take(const struct candidate *c)
{
	struct mu_plugin *api = &c->plugin->api;
	const unsigned char *bytes = (const unsigned char *)api->codes;
	struct mu_code *out, one;
	size_t n = 0, i;

	if (!api->codes)
		return true;
	if (!struct_size_is_sound(api->code_size, sizeof *out))
		return refuse(c, "has codes of %u bytes each, which cannot be",
			      (unsigned)api->code_size);
	for (copy(&one, sizeof one, bytes, api->code_size); one.name && n < CODES_MAX;
	     copy(&one, sizeof one, bytes + n * api->code_size, api->code_size))
		n++;
	if (n == CODES_MAX)
		return refuse(c, "has a table of codes without an end");
	out = arena_alloc(&c->loader->arena, (n + 1) * sizeof *out);
	for (i = 0; i < n; i++) {
		copy(&out[i], sizeof *out, bytes + i * api->code_size, api->code_size);
		if (!code_check(c, out, i))
			return false;
	}
	api->codes = out;
	api->code_size = sizeof *out;
	return true;
}

static bool step_check(const struct candidate *c)
{
	const struct mu_plugin *api = &c->plugin->api;
	const bool set[N_STEPS] = { api->fetch, api->parse, api->validate, api->transform,
				    api->export };
	size_t step, found = N_STEPS;

	for (step = 0; step < N_STEPS; step++) {
		if (!set[step])
			continue;
		if (found < N_STEPS)
			return refuse(c, "performs two steps, %s and %s", step_names[found],
				      step_names[step]);
		found = step;
	}
	if (found == N_STEPS)
		return refuse(c, "performs no step");
	if (found != c->plugin->step)
		return refuse(c, "performs the step %s and belongs into the folder of that name",
			      step_names[found]);
	return true;
}

/* Everything that can be known of a plugin without calling it. */
static bool plugin_take(const struct candidate *c, const struct mu_plugin *in)
{
	struct mu_plugin *api = &c->plugin->api;

	if (in->abi != MUSTER_ABI)
		return refuse(c, "was built for plugin interface %u, and this muster has %u",
			      (unsigned)in->abi, (unsigned)MUSTER_ABI);
	if (!struct_size_is_sound(in->size, offsetof(struct mu_plugin, configure)))
		return refuse(c, "says that its struct has %u bytes, which cannot be",
			      (unsigned)in->size);
	copy(api, sizeof *api, in, in->size);
	api->size = sizeof *api;
	if (!api->name || strcmp(api->name, c->plugin->name))
		return refuse(c, "calls itself '%s'", api->name ? api->name : "");
	if (!api->summary || !*api->summary)
		return refuse(c, "has no summary");
	if (api->self_size > SELF_MAX)
		return refuse(c, "asks for %zu bytes for each instance", api->self_size);
	return step_check(c) && options_take(c) && codes_take(c);
}

/* What the linker says is "FILE: REASON", FILE being the plugin or a library
 * that it needs. */
static bool refuse_unlinked(const struct candidate *c, const char *error)
{
	static const char gone[] = ": cannot open shared object file: ";
	size_t len = strlen(c->plugin->path);
	const char *end;

	if (object_lacks_memory(error))
		mem_exhausted();
	if (object_is_forbidden(error))
		advise(c->hint, "its file system seems to be mounted with noexec");
	if (!strncmp(error, c->plugin->path, len) && !strncmp(error + len, ": ", 2))
		return refuse(c, "cannot be loaded: %s", error + len + 2);
	end = strstr(error, gone);
	/* It may be there, and cannot be opened for want of descriptors. */
	if (!end || strcmp(end + sizeof gone - 1, strerror(ENOENT)) != 0)
		return refuse(c, "cannot be loaded: %s", error);
	text_printf(c->why, "plugin %s cannot be used: it needs the library %.*s", c->plugin->full,
		    (int)(end - error), error);
	advise(c->hint, "install the package that has this library");
	return false;
}

static void *object_load(const struct candidate *c)
{
	struct turn turn = { .plugin = c->plugin->full,
			     .call = "a constructor",
			     .document = c->plugin->path };
	void *so;

	turn_begin(&turn);
	so = dlopen(c->plugin->path, RTLD_NOW | RTLD_LOCAL);
	turn_end(&turn);
	surroundings_restore();
	return so;
}

/* `back` is set when loading was survived. */
_Noreturn static void try_run(const struct candidate *c, volatile char *back)
{
	struct rlimit none = { 0 };
	int null = open("/dev/null", O_RDWR);

	dup2(null, STDOUT_FILENO);
	dup2(null, STDERR_FILENO);
	setrlimit(RLIMIT_CORE, &none);
	alarm(TRY_SECONDS);
	object_load(c);
	*back = 1;
	watch_exit(0);
}

static bool refuse_tried(const struct candidate *c, int status)
{
	if (WIFSIGNALED(status) && WTERMSIG(status) == SIGALRM)
		return refuse(c, "is not loaded within %d s", TRY_SECONDS);
	if (WIFSIGNALED(status))
		return refuse(c, "crashes while it is loaded: %s", strsignal(WTERMSIG(status)));
	return refuse(c, "ends the program, with %d, while it is loaded", WEXITSTATUS(status));
}

/* Where no process can be made it is loaded as it is. */
static bool survives_loading(const struct candidate *c)
{
	char *back = mmap(NULL, 1, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	int status = 0;
	bool good = true;
	pid_t child;

	if (back == MAP_FAILED)
		return true;
	child = fork();
	if (!child)
		try_run(c, back);
	while (child > 0 && waitpid(child, &status, 0) < 0 && errno == EINTR)
		;
	if (child > 0 && !*back)
		good = refuse_tried(c, status);
	munmap(back, 1);
	return good;
}

static bool refuse_unread(const struct candidate *c, int err)
{
	if (err == ENOMEM)
		mem_exhausted();
	return refuse(c, "cannot be read: %s", strerror(err));
}

/* Releases `what`. */
static bool refuse_object(const struct candidate *c, struct text *what)
{
	refuse(c, "%s", what->data);
	text_release(what);
	return false;
}

static bool plugin_open(const struct candidate *c)
{
	const struct mu_plugin *api;
	struct text what = { 0 };
	const char *error;
	struct stat st;
	void *so;

	if (stat(c->plugin->path, &st))
		return refuse_unread(c, errno);
	if (!S_ISREG(st.st_mode))
		return refuse(c, "is not a file");
	if (access(c->plugin->path, R_OK))
		return refuse_unread(c, errno);
	if (!object_is_sound(c->plugin->path, (uint64_t)st.st_size, &what))
		return refuse_object(c, &what);
	if (c->plugin->foreign) {
		surroundings_keep();
		met_others = true;
	}
	if (c->loader->try_first && !survives_loading(c))
		return false;
	so = object_load(c);
	error = so ? NULL : dlerror();
	if (error && object_is_mappable(error)) {
		so = object_load(c);
		error = so ? NULL : dlerror();
	}
	if (error)
		return refuse_unlinked(c, error);
	api = dlsym(so, "muster_plugin");
	if (!api)
		return refuse(c, "does not define muster_plugin");
	return plugin_take(c, api);
}

/* Whether muster has a plugin of that name itself. */
static bool is_shipped(enum step step, const char *name)
{
	size_t kind = strlen(step_names[step]), len = strlen(name);
	const char *at;

	for (at = SHIPPED; *at; at += strspn(at, " ")) {
		size_t n = strcspn(at, " ");

		if (n == kind + 1 + len && !memcmp(at, step_names[step], kind) && at[kind] == '/' &&
		    !memcmp(at + kind + 1, name, len))
			return true;
		at += n;
	}
	return false;
}

/* Whether there is something by the name, be it a broken link. */
static const char *plugin_path(struct loader *loader, enum step step, const char *name,
			       bool *foreign)
{
	struct stat st;
	size_t i;

	for (i = 0; i < loader->n_folders; i++) {
		const char *path = arena_printf(&loader->arena, "%s/%s/%s.so", loader->folders[i],
						step_names[step], name);

		if (!lstat(path, &st) || (errno != ENOENT && errno != ENOTDIR)) {
			*foreign = i < loader->n_given || !is_shipped(step, name);
			return path;
		}
	}
	return NULL;
}

const struct plugin *loader_find(struct loader *loader, enum step step, const char *name,
				 struct text *why, struct text *hint)
{
	struct candidate c = { .loader = loader, .why = why, .hint = hint };
	const char *path;
	bool foreign = false;
	size_t i;

	for (i = 0; i < loader->n_plugins; i++)
		if (loader->plugins[i]->step == step && !strcmp(loader->plugins[i]->name, name))
			return loader->plugins[i];
	if (!name_is_sound(name, strlen(name))) {
		text_printf(why, "'%s' cannot be the name of a plugin", name);
		advise(hint, "names are made of letters, digits, - and _");
		return NULL;
	}
	path = plugin_path(loader, step, name, &foreign);
	if (!path) {
		not_found(loader, step, name, why, hint);
		return NULL;
	}
	c.plugin = arena_alloc(&loader->arena, sizeof *c.plugin);
	c.plugin->step = step;
	c.plugin->name = arena_copy(&loader->arena, name, strlen(name));
	c.plugin->full = arena_printf(&loader->arena, "%s/%s", step_names[step], name);
	c.plugin->path = path;
	c.plugin->foreign = foreign;
	if (!plugin_open(&c))
		return NULL;
	loader->plugins =
		mem_resize(loader->plugins, loader->n_plugins + 1, sizeof *loader->plugins);
	loader->plugins[loader->n_plugins++] = c.plugin;
	return c.plugin;
}
