#include "stage/run.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#define MAX_JOBS 256

const char *run_status_name(enum status status)
{
	static const char *const names[] = { "valid", "invalid", "failed" };

	return names[status];
}

struct record *run_record(struct run *run, const struct stage_config *config)
{
	size_t i = 0;

	while (run->records[i].config != config)
		i++;
	return &run->records[i];
}

const struct chain *run_chain(const struct run *run, const char *source)
{
	size_t i;

	for (i = 0; i < run->pipeline->n_sources; i++)
		if (!strcmp(run->pipeline->sources[i].name, source))
			return &run->pipeline->sources[i];
	return NULL;
}

const struct balance *run_parsed(struct run *run, size_t source)
{
	return &run_record(run, chain_parser(run_chain(run, run->sources[source].name)))->counted;
}

size_t run_jobs(const struct run *run)
{
	size_t wanted = run->options.jobs;
	long processors = sysconf(_SC_NPROCESSORS_ONLN);

	if (!wanted)
		wanted = processors > 0 ? (size_t)processors : 1;
	return wanted > MAX_JOBS ? MAX_JOBS : wanted;
}

static int note_failure(struct run *run, const struct stage_config *config, int err,
			const char *why, bool wrong_configuration)
{
	pthread_mutex_lock(&run->lock);
	if (!run->failure.len) {
		if (config)
			text_printf(&run->failure, "%s (%s): ", config->name, config->plugin->full);
		text_puts(&run->failure, why);
		run->wrong_configuration = wrong_configuration;
	}
	pthread_mutex_unlock(&run->lock);
	return err ? err : EIO;
}

int run_fail(struct run *run, const struct stage_config *config, int err, const char *why)
{
	return note_failure(run, config, err, why, false);
}

int run_refuse(struct run *run, const struct stage_config *config, int err, const char *why)
{
	return note_failure(run, config, err, why, true);
}

bool run_has_failed(struct run *run)
{
	bool failed;

	pthread_mutex_lock(&run->lock);
	failed = run->failure.len > 0;
	pthread_mutex_unlock(&run->lock);
	return failed;
}

void run_report(struct run *run, const char *code, struct finding about, const char *fmt, ...)
{
	struct text message = { 0 };
	va_list ap;

	va_start(ap, fmt);
	text_vprintf(&message, fmt, ap);
	va_end(ap);
	about.code = mem_copy(code);
	about.message = message.data;
	findings_add(&run->findings, &about);
}

const struct mu_table_schema *run_table(const struct run *run)
{
	return run->pipeline->schema ? tableschema_table(run->pipeline->schema) : NULL;
}

void run_said(struct run *run, enum mu_severity severity)
{
	if (run->pipeline->on_error == ON_ERROR_STOP &&
	    (severity == MU_ERROR || (severity == MU_WARNING && run->options.fail_on_warning)) &&
	    !atomic_load(&run->unfit)) /* which is written once, for threads share it */
		atomic_store(&run->unfit, true);
}

bool run_is_brief(const struct run *run)
{
	return run->options.excerpts && run->pipeline->on_error == ON_ERROR_REJECT;
}

void run_out(const struct run *run, struct text *out)
{
	if (run->options.out)
		text_puts(out, run->options.out);
	else
		text_printf(out, "%s/out", run->pipeline->folder);
}
