#include "command/errand.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/interrupt.h"
#include "base/standard.h"
#include "base/watch.h"
#include "run/schedule.h"
#include "stage/check.h"

static int write_report(const struct run *run, struct wanted_report *r, int color)
{
	struct text out = { 0 };
	int err;

	r->format->write(run, &out,
			 !r->to.shown &&
				 color_wanted((enum color_choice)color, fileno(standard_output())));
	text_add(&out, "", 0);
	err = destination_write(&r->to, &out);
	if (err)
		fprintf(stderr, "muster: the report cannot be written to %s: %s%s%s\n",
			r->to.shown ? r->to.shown : "standard output", strerror(err),
			run->published ? "; the dataset is published in " : "",
			run->published ? run->publish.shown : "");
	text_release(&out);
	return err;
}

/* Without a place in the file a failure has none to show. */
static void print_failure(const struct run *run)
{
	struct text redacted = { 0 }, shown = { 0 };

	if (!run->failure.len)
		return;
	text_add(&redacted, run->failure.data, run->failure.len);
	secrets_redact(&run->pipeline->secrets, &redacted, 0);
	text_add_visible(&shown, redacted.data, redacted.len);
	fprintf(stderr, "muster: %s\n", shown.data);
	text_release(&redacted);
	text_release(&shown);
}

static void print_diagnostics(struct pipeline *p, int color)
{
	struct text out = { 0 };

	diagnostics_print(&p->diagnostics, &out,
			  color_wanted((enum color_choice)color, STDERR_FILENO));
	fputs(out.data ? out.data : "", stderr);
	text_release(&out);
}

static int open_reports(struct errand *s)
{
	struct text why = { 0 }, shown = { 0 };
	int err = 0;
	size_t i;

	for (i = 0; !err && i < s->n_reports; i++)
		err = destination_open(&s->reports[i].to, s->reports[i].path, &why);
	if (err) {
		text_add_visible(&shown, why.data, why.len);
		fprintf(stderr, "muster: %s\n", shown.data);
	}
	text_release(&why);
	text_release(&shown);
	return err;
}

/* Two reports must not go to one place, nor what is printed to a file that is replaced. */
static const char *find_clash(const struct errand *s, size_t index)
{
	const struct destination *d = &s->reports[index].to;
	struct destination standard;
	struct text why = { 0 };
	struct stat st;
	size_t i;

	for (i = 0; i < index; i++)
		if (destinations_clash(d, &s->reports[i].to))
			return "another report goes there";
	if (!d->path || destination_open(&standard, NULL, &why))
		return NULL;
	if (destinations_clash(d, &standard) ||
	    (!fstat(STDERR_FILENO, &st) && destination_is_file(d, st.st_dev, st.st_ino)))
		return "what is printed goes there";
	return NULL;
}

/* What a report would replace that the run reads, as far as is known before anything is
 * fetched, or writes. */
static const char *find_use(const struct errand *s, const struct pipeline *p, const struct run *run,
			    const struct destination *d)
{
	const struct mu_table_schema *schema = p->schema ? tableschema_table(p->schema) : NULL;
	struct text path = { 0 };
	const char *use = NULL;
	char *folder;
	size_t i;

	if (destination_is(d, s->pipeline))
		return "it is the pipeline";
	if (p->schema_path && destination_is(d, p->schema_path))
		return "it is the schema of the dataset";
	for (i = 0; schema && i < schema->n_foreign_keys; i++)
		if (destination_is(d, schema->foreign_keys[i].resource))
			return "it is a reference list of the schema";
	for (i = 0; i < p->n_inputs; i++)
		if (destination_is(d, p->inputs[i]))
			return "a stage of the pipeline reads it";
	text_printf(&path, "%s/muster.lock", p->folder);
	if (destination_is(d, path.data))
		use = "it is the pipeline's lock";
	text_clear(&path);
	text_printf(&path, "%s/reference", p->folder);
	if (destination_is_within(d, path.data))
		use = "it is a reference list of the pipeline";
	text_clear(&path);
	run_out(run, &path);
	folder = publish_folder(path.data);
	if (destination_is_within(d, folder) || destination_is(d, folder))
		use = "it is in the output folder, which holds the dataset alone";
	free(folder);
	text_release(&path);
	return use;
}

/* Gives the exit code. */
static int check_reports(const struct errand *s, const struct run *run)
{
	size_t i;

	for (i = 0; i < s->n_reports; i++) {
		const struct destination *d = &s->reports[i].to;
		const char *wrong = find_clash(s, i);

		if (!wrong)
			wrong = find_use(s, run->pipeline, run, d);
		if (wrong)
			return usage_error(&command_run, "--report: '%s' cannot be written: %s",
					   s->reports[i].path ? s->reports[i].path
							      : s->reports[i].format->name,
					   wrong);
	}
	return EXIT_VALID;
}

/* A document that comes from this machine is known only when it has come. */
static const char *find_document(void *data, const struct document *document)
{
	const struct errand *s = data;
	size_t i;

	for (i = 0; i < s->n_reports; i++)
		if (destination_is_file(&s->reports[i].to, document->device, document->file))
			return s->reports[i].path;
	return NULL;
}

static int write_reports(struct errand *s, const struct run *run)
{
	struct wanted_report text = { .format = report_format("text") };
	int code = run->exit;
	bool standard = false;
	size_t i;

	for (i = 0; i < s->n_reports; i++) {
		standard = standard || !s->reports[i].to.shown;
		if (write_report(run, &s->reports[i], s->color))
			code = EXIT_FAILED;
	}
	if (!standard && write_report(run, &text, s->color))
		code = EXIT_FAILED;
	return code;
}

static int run_it(struct errand *s, struct run *run)
{
	int code = check_reports(s, run);

	if (code != EXIT_VALID)
		return code;
	run_pipeline(run);
	if (s->then)
		s->then(run);
	code = run->exit;
	print_diagnostics(run->pipeline, s->color);
	print_failure(run);
	if (run->publish.unremoved)
		fprintf(stderr,
			"muster: %s is published, and what was there before cannot be removed: "
			"%s; the next run tries it again\n",
			run->publish.shown, strerror(run->publish.unremoved));
	if (code != EXIT_USAGE)
		code = write_reports(s, run);
	run_release(run);
	return code;
}

/* Not on the stack: a plugin may end the thread, and then what was staged is still to be
 * removed, by what is known of it here. */
struct errand_work {
	struct pipeline pipeline;
	struct run run;
};

int errand_run(struct errand *s)
{
	struct errand_work *work = mem_alloc(sizeof *work);
	struct pipeline *p = &work->pipeline;
	struct run *run = &work->run;
	int code = EXIT_USAGE, wrong, err;
	size_t i;

	run->pipeline = p;
	run->options = s->options;
	run->options.excerpts = !s->options.details;
	interrupt_listen();
	mem_at_exhaustion(publish_abandon);
	watch_begin(publish_abandon);
	run->options.wanted = find_document;
	run->options.asked = s;
	/* Before other files are open: a descriptor may be meant. */
	wrong = open_reports(s);
	if (wrong) {
		code = EXIT_FAILED;
	} else {
		run->loader = loader_new();
		wrong = pipeline_read(p, s->pipeline, run->loader, s->settings.items,
				      s->settings.count);
		err = pipeline_check(p);
		if (err && err != EINVAL)
			code = EXIT_FAILED;
		if (err || wrong)
			print_diagnostics(p, s->color);
		else
			code = run_it(s, run);
		pipeline_release(p);
		loader_free(run->loader);
	}
	for (i = 0; i < s->n_reports; i++)
		destination_close(&s->reports[i].to);
	watch_end();
	free(work);
	return code;
}
