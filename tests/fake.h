/*
 * A stand-in for the runner, for tests of one part or one plugin: it keeps what
 * is said, hands out one document, and finds reference lists in the project.
 * Incoming files are made in f->folder, if a test gives one, and removed in the end.
 */
#ifndef FAKE_H
#define FAKE_H

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <muster/table.h>

#define FAKE_KEPT   256
#define FAKE_BLOCKS 65536

struct fake {
	struct mu_ctx ctx; /* first, so that the one leads to the other */
	struct mu_document document;
	const uint8_t *bytes;
	size_t len;
	size_t findings; /* all; the first FAKE_KEPT are kept */
	char codes[FAKE_KEPT][64];
	char messages[FAKE_KEPT][512];
	uint64_t ats[FAKE_KEPT];
	char failed[512]; /* what mu_fail() or mu_invalid() said last */
	char path[256];
	const char *folder;
	unsigned incoming; /* files made: folder/1, folder/2 ... */
	int append_error;  /* what mu_append() is to give */
	void **blocks;
	size_t n_blocks;
};

static inline struct fake *fake_of(struct mu_ctx *ctx)
{
	return (struct fake *)(void *)ctx;
}

static inline int fake_data(struct mu_ctx *ctx, const uint8_t **data, size_t *len)
{
	*data = fake_of(ctx)->bytes;
	*len = fake_of(ctx)->len;
	return 0;
}

static inline int fake_read(struct mu_ctx *ctx, uint64_t offset, void *out, size_t len, size_t *got)
{
	struct fake *f = fake_of(ctx);

	*got = offset < f->len ? f->len - (size_t)offset : 0;
	if (*got > len)
		*got = len;
	if (*got)
		memcpy(out, f->bytes + offset, *got);
	return 0;
}

__attribute__((format(printf, 3, 0)))
static inline int fake_report(struct mu_ctx *ctx, const struct mu_finding *finding,
			      const char *fmt, va_list ap)
{
	struct fake *f = fake_of(ctx);
	size_t i = f->findings++;

	if (i >= FAKE_KEPT)
		return 0;
	snprintf(f->codes[i], sizeof f->codes[i], "%s", finding->code);
	vsnprintf(f->messages[i], sizeof f->messages[i], fmt, ap);
	f->ats[i] = finding->at;
	return 0;
}

__attribute__((format(printf, 3, 0)))
static inline int fake_failed(struct mu_ctx *ctx, int err, const char *fmt, va_list ap)
{
	vsnprintf(fake_of(ctx)->failed, sizeof fake_of(ctx)->failed, fmt, ap);
	return err;
}

__attribute__((format(printf, 3, 0)))
static inline int fake_invalid(struct mu_ctx *ctx, const void *option, const char *fmt, va_list ap)
{
	(void)option;
	return fake_failed(ctx, EINVAL, fmt, ap);
}

__attribute__((format(printf, 3, 0)))
static inline void fake_log(struct mu_ctx *ctx, uint32_t level, const char *fmt, va_list ap)
{
	(void)ctx, (void)level, (void)fmt, (void)ap;
}

static inline void *fake_alloc(struct mu_ctx *ctx, size_t size)
{
	struct fake *f = fake_of(ctx);
	void *block = calloc(1, size ? size : 1);

	if (!block || f->n_blocks == FAKE_BLOCKS)
		abort();
	f->blocks[f->n_blocks++] = block;
	return block;
}

static inline bool fake_cancelled(struct mu_ctx *ctx)
{
	(void)ctx;
	return false;
}

static inline int fake_checked(struct mu_ctx *ctx, uint32_t outcome, uint64_t times)
{
	(void)ctx, (void)outcome, (void)times;
	return 0;
}

static inline int fake_as_of(struct mu_ctx *ctx, int32_t days)
{
	(void)ctx, (void)days;
	return 0;
}

static inline int fake_reference(struct mu_ctx *ctx, const char *name, const char **path)
{
	struct fake *f = fake_of(ctx);

	snprintf(f->path, sizeof f->path, "schemas/reference/%s", name);
	*path = f->path;
	return 0;
}

static inline int fake_incoming(struct mu_ctx *ctx, const char **path)
{
	struct fake *f = fake_of(ctx);
	char *made = *path ? NULL : fake_alloc(ctx, 256);
	FILE *out;

	if (made) {
		snprintf(made, 256, "%s/%u", f->folder, ++f->incoming);
		*path = made;
	}
	out = fopen(*path, "w");
	return out && !fclose(out) ? 0 : EIO;
}

static inline int fake_append(struct mu_ctx *ctx, const char *staged, const void *data, size_t len)
{
	struct fake *f = fake_of(ctx);
	FILE *out = f->append_error ? NULL : fopen(staged, "a");
	bool written = out && fwrite(data ? data : "", 1, len, out) == len;

	if (out && fclose(out))
		written = false;
	return written ? 0 : mu_fail(ctx, f->append_error ? f->append_error : EIO,
				     "nothing can be written");
}

static inline int fake_takes(struct mu_ctx *ctx, const char *part)
{
	(void)ctx, (void)part;
	return 0;
}

static inline void fake_init(struct fake *f)
{
	*f = (struct fake){ .ctx = { .size = sizeof f->ctx,
				     .data = fake_data,
				     .read = fake_read,
				     .report = fake_report,
				     .failed = fake_failed,
				     .invalid = fake_invalid,
				     .log = fake_log,
				     .alloc = fake_alloc,
				     .cancelled = fake_cancelled,
				     .checked = fake_checked,
				     .as_of = fake_as_of,
				     .reference = fake_reference,
				     .incoming = fake_incoming,
				     .append = fake_append,
				     .takes = fake_takes },
			    .document = { .size = sizeof f->document,
					  .id = 1,
					  .source = "letter",
					  .uri = "letter.txt",
					  .name = "letter.txt" } };
	f->ctx.document = &f->document;
	f->blocks = calloc(FAKE_BLOCKS, sizeof *f->blocks);
	if (!f->blocks)
		abort();
}

static inline void fake_document(struct fake *f, const void *bytes, size_t len)
{
	f->bytes = bytes;
	f->len = len;
	f->document.bytes = len;
}

static inline void fake_release(struct fake *f)
{
	for (char path[256]; f->incoming; f->incoming--) {
		snprintf(path, sizeof path, "%s/%u", f->folder, f->incoming);
		unlink(path);
	}
	while (f->n_blocks)
		free(f->blocks[--f->n_blocks]);
	free(f->blocks);
	f->blocks = NULL;
}

#endif
