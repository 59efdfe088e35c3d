#include "run/ending.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "base/exit_code.h"
#include "base/interrupt.h"
#include "base/progress.h"
#include "publish/datapackage.h"
#include "publish/rejects.h"
#include "publish/verdict.h"
#include "rows/reader.h"
#include "stage/part.h"
#include "stage/place.h"
#include "stage/rejected.h"

static int store(struct run *run)
{
	struct text package = { 0 }, why = { 0 };
	size_t i;
	int err;

	for (i = 0; i < run->publish.n_outputs; i++)
		run->publish.outputs[i].rows =
			run->pipeline->on_error == ON_ERROR_REJECT &&
					!strcmp(run->publish.outputs[i].path, REJECTS)
				? run->withheld.rows + rejected_count(run).rejected
				: run->dataset.rows;
	datapackage_write(run, &package);
	err = publish_commit(&run->publish, package.data, package.len, &why);
	if (err)
		run_fail(run, NULL, err, why.data);
	run->published = !err;
	text_release(&package);
	text_release(&why);
	return err;
}

/* Makes the sha256 of every document, for the report and for what is published.  A
 * run that has failed goes without those that cannot be had. */
static int hash_documents(struct run *run)
{
	struct text why = { 0 };
	size_t i;
	int err = 0;

	for (i = 0; i < run->documents.count; i++) {
		int wrong = document_sha256(run->documents.items[i], &why);

		if (wrong && !err)
			err = run_fail(run, NULL, wrong, why.data);
		text_clear(&why);
	}
	text_release(&why);
	return err;
}

static void tell(struct run *run, struct text *line)
{
	struct text shown = { 0 };

	secrets_redact(&run->pipeline->secrets, line, 0);
	text_add_visible(&shown, line->data, line->len);
	progress_line(run->progress, shown.data);
	text_release(&shown);
	text_clear(line);
}

/* For -vv: which documents came, and what each stage had to do. */
static void tell_work(struct run *run)
{
	struct text line = { 0 };
	size_t i;

	for (i = 0; run->options.verbosity > 1 && i < run->documents.count; i++) {
		const struct document *d = run->documents.items[i];

		text_printf(&line, "%s: %s: ", d->public.source, d->public.uri);
		text_add_count(&line, d->public.bytes, "byte");
		text_puts(&line, d->unread ? ", not read" : "");
		tell(run, &line);
	}
	for (i = 0; run->options.verbosity > 1 && i < run->n_records; i++) {
		const struct record *r = &run->records[i];

		if (!r->opened)
			continue;
		text_printf(&line, "%s (%s): ", r->config->name, r->config->plugin->full);
		if (r->out) {
			text_add_count(&line, r->out->rows, "row");
			text_puts(&line, " and ");
			text_add_count(&line, r->out->claims, "claim");
			text_puts(&line, " given out, ");
		}
		text_add_count(&line,
			       r->findings.of[MU_ERROR] + r->findings.of[MU_WARNING] +
				       r->findings.of[MU_NOTE],
			       "finding");
		text_printf(&line, ", %.3f s of work", r->seconds);
		tell(run, &line);
	}
	text_release(&line);
}

/* The status and the exit code. */
static void judge(struct run *run, int err, bool valid)
{
	int number = interrupt_signal();

	if (number && !run->published) {
		run->status = STATUS_FAILED;
		run->exit = EXIT_SIGNAL + number;
		return;
	}
	if (err || run->failure.len) {
		run->status = STATUS_FAILED;
		run->exit = run->wrong_configuration ? EXIT_USAGE : EXIT_FAILED;
	} else {
		run->status = valid ? STATUS_VALID : STATUS_INVALID;
		run->exit = valid ? EXIT_VALID : EXIT_INVALID;
	}
	if (run->differs && (run->exit == EXIT_INVALID || run->exit == EXIT_FAILED))
		run->exit = EXIT_DIFFERS;
}

void run_end(struct run *run, int err)
{
	int number = interrupt_signal();
	bool valid;

	if (number && err) {
		text_clear(&run->failure);
		text_printf(&run->failure, "stopped by signal %d", number);
	}
	/* A plugin can give ECANCELED though nobody has asked it to end. */
	if (err && !number && !run->failure.len)
		text_printf(&run->failure, "a stage did not go on, and gave no reason but: %s",
			    strerror(err));
	tell_work(run);
	parts_forget(run);
	valid = verdict_gather(run);
	if (!run->options.no_hash && (run->options.details || (!err && valid && run->exported))) {
		int wrong = hash_documents(run);

		err = err ? err : wrong;
	}
	if (!err && !run->failure.len && valid && run->publish.staging)
		err = run->exported ? store(run)
				    : run_fail(run, NULL, EPROTO, "outputs were not finished");
	if (!run->published)
		publish_rollback(&run->publish);
	judge(run, err, valid);
	places_find(run);
	locators_free(run);
	reader_free(run->reader);
	run->reader = NULL;
}
