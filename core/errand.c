#include "errand.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "interrupt.h"
#include "watch.h"

static int write_report(const struct run *run, const struct wanted_report *r, int color)
{
	struct text out = { 0 };
	int err = 0;

	r->format->write(run, &out,
			 !r->path && color_wanted((enum color_choice)color, STDOUT_FILENO));
	text_add(&out, "", 0);
	secrets_redact(&run->pipeline->secrets, &out, 0);
	if (r->path)
		err = text_store(&out, r->path);
	else if (out.len && (fwrite(out.data, 1, out.len, stdout) != out.len || fflush(stdout)))
		err = errno ? errno : EIO;
	if (err)
		fprintf(stderr, "muster: the report cannot be written to %s: %s\n",
			r->path ? r->path : "standard output", strerror(err));
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

int errand_run(struct errand *s)
{
	struct pipeline p = { 0 };
	struct run run = { .pipeline = &p, .options = s->options };
	struct wanted_report text = { .format = report_format("text") };
	int code = EXIT_USAGE, wrong, err;
	bool standard = false;
	size_t i;

	interrupt_listen();
	mem_at_exhaustion(publish_abandon);
	watch_begin(publish_abandon);
	run.loader = loader_new();
	wrong = pipeline_read(&p, s->pipeline, run.loader, s->settings.items, s->settings.count);
	err = pipeline_check(&p);
	if (err || wrong) {
		code = err && err != EINVAL ? EXIT_FAILED : EXIT_USAGE;
		print_diagnostics(&p, s->color);
	} else {
		run_pipeline(&run);
		if (s->then)
			s->then(&run);
		code = run.exit;
		print_diagnostics(&p, s->color);
		print_failure(&run);
		if (code != EXIT_USAGE) {
			for (i = 0; i < s->n_reports; i++) {
				standard = standard || !s->reports[i].path;
				if (write_report(&run, &s->reports[i], s->color))
					code = EXIT_FAILED;
			}
			if (!standard && write_report(&run, &text, s->color))
				code = EXIT_FAILED;
		}
		run_release(&run);
	}
	pipeline_release(&p);
	loader_free(run.loader);
	watch_end();
	return code;
}
