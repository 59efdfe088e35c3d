#include "guess/guess.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/interrupt.h"
#include "guess/guess_columns.h"
#include "run/schedule.h"
#include "stage/check.h"
#include "stage/services.h"

enum { FINDINGS_SHOWN = 5 };

#define SURE 0.6 /* of a parser that says less it is said */

/* What is going to be a draft. */
struct draft {
	struct loader *loader;
	const char *path;
	char *name; /* of the pipeline, its source and its output */
	const struct plugin *parser;
	struct text options;          /* of the parser, as it drafted them */
	struct guess_columns columns; /* likewise, as the runner drafted them */
	struct text noticed;          /* lines that say what was wrong before there were columns */
	char *header;                 /* option of its columns for their names */
	bool named;                   /* the options name the columns */
	bool sampled;                 /* the columns are those of the first rows */
	double score;
};

/* Asks one parser; it is taken when it is surer than those before.  Why it could not
 * answer, when it could not, goes to `why`. */
static void ask(struct draft *g, const struct plugin *parser, struct run *run, struct text *why)
{
	static const struct yaml_node nothing = { .kind = YAML_MAP };
	struct stage_config config = { .name = "guess", .plugin = parser, .map = &nothing };
	struct mu_guess guess;
	struct stage s = { 0 };
	int err = stage_guess(&s, &config, run, run->documents.items[0], &guess);

	if (err && !why->len) {
		text_printf(why, "%s: ", parser->full);
		stage_failure(&s, err, why);
	}
	if (!err && guess.score <= 0 && s.failure.len && !why->len)
		text_printf(why, "%s: %s", parser->full, s.failure.data);
	if (!err && guess.score > g->score) {
		g->parser = parser;
		g->score = guess.score;
		g->named = guess.columns;
		free(g->header);
		g->header = mem_copy(guess.header ? guess.header : "header");
		text_clear(&g->options);
		text_puts(&g->options, guess.options ? guess.options : "");
	}
	stage_close(&s);
}

static void ask_each(struct draft *g, struct run *run, struct text *why)
{
	const char *const *names = loader_names(g->loader, STEP_PARSE);
	struct text unusable = { 0 };

	for (; *names && !interrupt_signal(); names++) {
		const struct plugin *p =
			loader_find(g->loader, STEP_PARSE, *names, &unusable, NULL);

		if (p && p->api.guess)
			ask(g, p, run, why);
		else if (!p && !why->len)
			text_puts(why, unusable.data);
		text_clear(&unusable);
	}
	text_release(&unusable);
}

static int ask_all(struct draft *g, struct text *why)
{
	struct pipeline pipeline = { .folder = "/", .name = "guess" };
	struct run run = { .pipeline = &pipeline, .loader = g->loader, .services = &services };
	struct mu_document d = { .size = sizeof d, .path = g->path, .uri = g->path };
	struct text failure = { 0 };
	int err = documents_add(&run.documents, &d, "guess", 0, why);

	pthread_mutex_init(&run.lock, NULL);
	rejections_init(&run.rejections);
	if (!err)
		ask_each(g, &run, &failure);
	run_release(&run);
	if (!err && !g->parser) {
		text_printf(why, "%s: no parser knows such a document", g->path);
		if (failure.len)
			text_printf(why, " (%s)", failure.data);
		err = EINVAL;
	}
	text_release(&failure);
	return err;
}

static void add_options(struct text *out, const char *options)
{
	while (*options) {
		size_t len = strcspn(options, "\n");

		text_puts(out, len ? "      " : "");
		text_add(out, options, len);
		text_putc(out, '\n');
		options += len + (options[len] == '\n');
	}
}

static const char *string_of(const struct text *text)
{
	return text->data ? text->data : "";
}

/* The pipeline as it is known so far. */
static void add_pipeline(struct text *out, const struct draft *g)
{
	text_printf(out, "muster: 1\nname: %s\n\nsources:\n  %s:\n    - fetch: file\n      path: ",
		    g->name, g->name);
	guess_scalar(out, g->path);
	text_printf(out, "\n    - parse: %s\n", g->parser->name);
	add_options(out, string_of(&g->options));
	text_puts(out, string_of(&g->columns.options));
	if (g->columns.cast.len)
		text_printf(out, "    - transform: columns\n%s", g->columns.cast.data);
	if (g->named || g->columns.claims)
		text_puts(out, "    - validate: totals\n");
	if (g->columns.by.len)
		text_printf(out, "      by: %s\n", g->columns.by.data);
	text_printf(out, "\ndataset:\n  - export: csv\n    path: %s.csv\n", g->name);
}

/* A run of a draft, to be released together with its pipeline. */
struct trial {
	struct pipeline pipeline;
	struct run run;
	struct text why; /* it did not run to its end */
};

/* Runs a draft without publishing; with `sample` until there are so many rows, which then
 * are in run.rows. */
static void try(const struct draft *g, const char *text, size_t sample, struct trial *t)
{
	*t = (struct trial){ 0 };
	t->run = (struct run){
		.pipeline = &t->pipeline,
		.loader = g->loader,
		.options = { .dry_run = true,
			     .no_hash = true,
			     .compare = sample > 0,
			     .sample = sample,
			     .verbosity = -1 },
	};
	if (!pipeline_read_text(&t->pipeline, "draft", text, g->loader) &&
	    !pipeline_check(&t->pipeline))
		run_pipeline(&t->run);
	if (t->pipeline.diagnostics.count)
		diagnostics_print(&t->pipeline.diagnostics, &t->why, false);
	else
		text_puts(&t->why, string_of(&t->run.failure));
}

static void trial_release(struct trial *t)
{
	if (t->run.records)
		run_release(&t->run);
	pipeline_release(&t->pipeline);
	text_release(&t->why);
}

/* Lines of a comment. */
static void add_comment(struct text *out, const char *text)
{
	while (*text) {
		size_t len = strcspn(text, "\n");

		text_puts(out, "#   ");
		text_add_visible(out, text, len);
		text_putc(out, '\n');
		text += len + (text[len] == '\n');
	}
}

static void add_findings(struct text *out, const struct run *run, const char *known)
{
	size_t i, shown = 0;

	for (i = 0; i < run->findings.count; i++) {
		const char *message = run->findings.items[i].message;

		if (strstr(known, message))
			continue;
		if (shown++ < FINDINGS_SHOWN)
			add_comment(out, message);
	}
	if (shown > FINDINGS_SHOWN)
		text_printf(out, "#   and %zu more\n", shown - FINDINGS_SHOWN);
}

static bool has_option(const struct plugin *plugin, const char *name)
{
	const struct mu_option *option = plugin->api.options;

	while (option && option->name && strcmp(option->name, name) != 0)
		option++;
	return option && option->name;
}

/* Reads all columns as texts, and finds out what they hold. */
static int read_columns(struct draft *g, struct text *why)
{
	struct text draft = { 0 };
	struct trial t;
	const struct rowset *rows;
	int err = 0;

	add_pipeline(&draft, g);
	try(g, draft.data, GUESS_ROWS, &t);
	rows = t.run.rows;
	if (rows && rows->count && rows->n_columns) {
		guess_columns(rows, &t.run.findings, g->header, has_option(g->parser, "notes"),
			      &g->columns);
		g->sampled = rows->full;
		add_findings(&g->noticed, &t.run, "");
	} else {
		text_printf(why, "%s: has no rows with named columns as %s reads it%s%s", g->path,
			    g->parser->full, t.why.len ? ": " : "", string_of(&t.why));
		err = EINVAL;
	}
	text_release(&draft);
	trial_release(&t);
	return err;
}

static void add_counts(struct text *out, const struct run *run)
{
	text_puts(out, "# Run as it is, it gives ");
	text_add_count(out, run->dataset.rows, "row");
	text_puts(out, ", ");
	text_add_count(out, run->counts[MU_ERROR], "error");
	text_puts(out, ", ");
	text_add_count(out, run->counts[MU_WARNING], "warning");
	if (run->checks[MU_PASS] || run->checks[MU_FAIL] || run->checks[MU_UNEVALUATED])
		text_printf(out, "; of its totals %llu add up, %llu do not, %llu cannot be told",
			    (unsigned long long)run->checks[MU_PASS],
			    (unsigned long long)run->checks[MU_FAIL],
			    (unsigned long long)run->checks[MU_UNEVALUATED]);
	text_puts(out, ".\n");
}

/* What the columns show better once they have types. */
static void add_noticed(struct text *out, const struct draft *g)
{
	struct text more = { 0 };
	const char *line = string_of(&g->noticed);

	while (*line) {
		size_t len = strcspn(line, "\n") + 1;
		struct text one = { 0 };

		text_add(&one, line, len);
		if (!strstr(out->data, one.data))
			text_puts(&more, one.data);
		text_release(&one);
		line += len;
	}
	if (more.len)
		text_printf(out, "# Read with all columns as they are:\n%s", more.data);
	text_release(&more);
}

/* What came of the draft when it was run. */
static void add_outcome(struct text *out, const struct draft *g, const char *draft)
{
	struct trial t;

	text_puts(out, "# A first draft for ");
	text_add_visible(out, g->path, strlen(g->path));
	text_puts(out, ", to be read line by line.\n");
	if (g->score < SURE)
		text_printf(out, "# Whether %s is right for it is not certain.\n", g->parser->full);
	if (g->sampled)
		text_printf(out, "# Its first %zu rows show what the columns hold.\n", GUESS_ROWS);
	try(g, draft, 0, &t);
	if (t.why.len) {
		text_puts(out, "# It does not run yet:\n");
		add_comment(out, t.why.data);
	} else {
		add_counts(out, &t.run);
	}
	add_findings(out, &t.run, "");
	add_noticed(out, g);
	trial_release(&t);
}

/* A pipeline's name from that of the file. */
static char *name_of(const char *path)
{
	const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path;
	size_t len = strcspn(name, "."), i;
	struct text out = { 0 };

	for (i = 0; i < len; i++) {
		char c = name[i] >= 'A' && name[i] <= 'Z' ? (char)(name[i] - 'A' + 'a') : name[i];
		bool fits = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');

		if (fits)
			text_putc(&out, c);
		else if (out.len && out.data[out.len - 1] != '-')
			text_putc(&out, '-');
	}
	while (out.len && out.data[out.len - 1] == '-')
		out.data[--out.len] = '\0';
	if (!out.len)
		text_puts(&out, "draft");
	return out.data;
}

/* A pipeline file is UTF-8, so it cannot name every file. */
static int check_path(const char *path, struct text *why)
{
	size_t len = strlen(path), size, i;
	uint32_t code;

	for (i = 0; i < len; i += size)
		if (!text_character(path + i, len - i, &code, &size)) {
			text_printf(why,
				    "%s: a pipeline cannot name it, since its name is not "
				    "UTF-8: rename it",
				    path);
			return EINVAL;
		}
	return 0;
}

static int draft_make(struct draft *g, struct text *out, struct text *why)
{
	struct text draft = { 0 };
	int err = check_path(g->path, why);

	if (!err)
		err = ask_all(g, why);
	if (!err && !g->named)
		err = read_columns(g, why);
	if (!err) {
		add_pipeline(&draft, g);
		add_outcome(out, g, draft.data);
		text_puts(out, draft.data);
	}
	if (interrupt_signal()) {
		text_clear(why);
		text_printf(why, "stopped by signal %d", interrupt_signal());
		err = ECANCELED;
	}
	text_release(&draft);
	return err;
}

int guess_file(struct loader *loader, const char *path, struct text *out, struct text *why)
{
	struct draft g = { .loader = loader, .path = path, .name = name_of(path) };
	int err = draft_make(&g, out, why);

	text_release(&g.options);
	guess_columns_release(&g.columns);
	text_release(&g.noticed);
	free(g.header);
	free(g.name);
	return err;
}
