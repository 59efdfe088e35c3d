#include "store/filter.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "store/document.h"
#include "store/program.h"

static char *command_of(const struct mu_program *program)
{
	struct text text = { 0 };
	const char *const *arg;

	for (arg = program->argv; *arg; arg++)
		text_printf(&text, "%s\n", *arg);
	return text.data;
}

/* The document is still the one that came in. */
static int same_document(struct document *d, struct text *why)
{
	const uint8_t *data;
	size_t len;
	int err = document_map(d, false, &data, &len, why);

	if (!err)
		document_unmap(d);
	return err;
}

/* The file goes on as a mapping, so that any number of documents leaves none open. */
static int output_map(int fd, size_t len, struct printout *out, struct text *why)
{
	void *data = len ? mmap(NULL, len, PROT_READ, MAP_PRIVATE, fd, 0) : NULL;

	if (data == MAP_FAILED) {
		text_printf(why, "what a program printed cannot be mapped: %s", strerror(errno));
		return errno;
	}
	out->data = data;
	out->len = len;
	return 0;
}

static int filter_new(struct document *d, const struct mu_program *program, bool (*stop)(void *),
		      void *stop_data, struct printout *out, struct text *why)
{
	int fd = program_file(), err;

	if (fd < 0) {
		text_printf(why, "no temporary file can be made for %s: %s", program->argv[0],
			    strerror(errno));
		return errno;
	}
	err = program_run(program, d->public.path, fd, stop, stop_data, &out->ending, why);
	if (!err)
		err = output_map(fd, (size_t)out->ending.output, out, why);
	if (!err)
		err = same_document(d, why);
	close(fd);
	return err;
}

static void printouts_free(struct printout *p)
{
	while (p) {
		struct printout *next = p->next;

		if (p->data)
			munmap(p->data, p->len);
		free(p->command);
		ending_release(&p->ending);
		free(p);
		p = next;
	}
}

int filter_run(struct document *d, const struct mu_program *program, bool (*stop)(void *),
	       void *stop_data, const struct printout **out, struct text *why)
{
	char *command = command_of(program);
	struct filtered *f = d->filtered;
	struct printout *p;
	int err = 0;

	pthread_mutex_lock(&f->lock);
	for (p = f->printouts; p && strcmp(p->command, command) != 0; p = p->next)
		;
	if (!p) {
		p = mem_alloc(sizeof *p);
		p->command = command;
		command = NULL;
		err = filter_new(d, program, stop, stop_data, p, why);
		if (err) {
			printouts_free(p);
		} else {
			p->next = f->printouts;
			f->printouts = p;
		}
	}
	*out = err ? NULL : p;
	pthread_mutex_unlock(&f->lock);
	free(command);
	return err;
}

void filtered_init(struct filtered *f)
{
	*f = (struct filtered){ 0 };
	pthread_mutex_init(&f->lock, NULL);
}

void filtered_rest(struct filtered *f)
{
	pthread_mutex_lock(&f->lock);
	for (const struct printout *p = f->printouts; p; p = p->next)
		if (p->data)
			madvise(p->data, p->len, MADV_DONTNEED);
	pthread_mutex_unlock(&f->lock);
}

void filtered_release(struct filtered *f)
{
	pthread_mutex_destroy(&f->lock);
	printouts_free(f->printouts);
}
