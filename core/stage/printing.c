#include "stage/printing.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "stage/run.h"
#include "store/program.h"

static bool stop(void *data)
{
	return mu_cancelled(data);
}

/* Runs a program on the document that a parser reads. */
static int run_on_document(struct stage *s, const struct mu_program *program,
			   struct mu_printed *out, struct text *why)
{
	const struct printout *from = NULL;
	int err = filter_run(s->document, program, stop, &s->ctx, &from, why);

	if (err)
		return err;
	if (from->data)
		out->data = from->data;
	out->len = from->len;
	out->end = (uint32_t)from->ending.end;
	out->status = from->ending.status;
	out->message = from->ending.message;
	return 0;
}

/* A program at work for a fetcher. */
struct printing {
	struct stage *stage;
	const char *name;
	int out; /* what it prints */
};

static void printing_tell(const struct printing *p, uint32_t state)
{
	struct mu_transfer t = { .state = state, .name = p->name };
	struct stat st;

	if (!fstat(p->out, &st))
		t.done = (uint64_t)st.st_size;
	mu_progress(&p->stage->ctx, t);
}

static bool printing_stop(void *data)
{
	struct printing *p = data;

	printing_tell(p, MU_UNDER_WAY);
	return mu_cancelled(&p->stage->ctx);
}

/* Runs a program for a fetcher; what it prints is an incoming file.  Its message loses
 * the secrets here, while they are whole in it. */
static int run_incoming(struct stage *s, const struct mu_program *program, struct mu_printed *out,
			struct text *why)
{
	struct ending ending = { 0 };
	struct text message = { 0 };
	struct printing printing = { .stage = s, .name = program->argv[0] };
	int err = cache_incoming(&s->run->cache, &out->path, why);

	if (err)
		return err;
	printing.out = open(out->path, O_WRONLY | O_CLOEXEC);
	if (printing.out < 0)
		return errno;
	err = program_run(program, NULL, printing.out, printing_stop, &printing, &ending, why);
	printing_tell(&printing, err || ending.end != MU_END_OK ? MU_GAVE_UP : MU_ARRIVED);
	close(printing.out);
	if (!err) {
		text_puts(&message, ending.message);
		secrets_redact(&s->pipeline->secrets, &message, 0);
		out->message = arena_copy(&s->arena, message.data, message.len);
		text_release(&message);
	}
	out->data = NULL;
	out->len = (size_t)ending.output;
	out->end = (uint32_t)ending.end;
	out->status = ending.status;
	ending_release(&ending);
	return err;
}

int printing_run(struct stage *s, const struct mu_program *program, struct mu_printed *out,
		 struct text *why)
{
	return s->document ? run_on_document(s, program, out, why)
			   : run_incoming(s, program, out, why);
}
