#include "words/extract.h"

#include "text/phrase.h"

enum {
	MAGIC_WITHIN = 1024,
	WORD_BYTES = 40, /* the least that pdftotext prints for a word */
};

bool is_pdf(const uint8_t *bytes, size_t len)
{
	size_t within = len < MAGIC_WITHIN ? len : MAGIC_WITHIN;

	return within && memmem(bytes, within, "%PDF-", 5);
}

static const struct mu_string nothing = { "", 0 };

static int report(struct mu_ctx *ctx, bool quiet, const char *code, const char *message,
		  struct mu_string detail)
{
	struct phrase phrase = { 0 };

	if (quiet)
		return 0;
	phrase_add(&phrase, detail.data, detail.len);
	return mu_report(ctx, (struct mu_finding){ .code = code }, "%s%s%s", message,
			 detail.len ? ": " : "", phrase.text);
}

/* The first line of what pdftotext complains of, "" when it does not.  Fonts that it
 * does not know are no loss of text. */
static struct mu_string complaint(const char *message)
{
	const char *end = message;

	for (; *message; message = *end ? end + 1 : end) {
		struct mu_string line;

		end = message + strcspn(message, "\n");
		line = (struct mu_string){ message, (size_t)(end - message) };
		if (memmem(line.data, line.len, "Error", 5) &&
		    !memmem(line.data, line.len, "ont", 3))
			return line;
	}
	return (struct mu_string){ "", 0 };
}

/* How pdftotext ended when it did not end well. */
static int report_end(struct mu_ctx *ctx, bool quiet, const struct mu_printed *printed)
{
	switch (printed->end) {
	case MU_END_TIME:
		return report(ctx, quiet, "too-much",
			      "pdftotext has not read it in the time that the option timeout gives",
			      nothing);
	case MU_END_OUTPUT:
		return report(ctx, quiet, "too-much",
			      "pdftotext prints more than the option max_output allows", nothing);
	case MU_END_SIGNAL:
		return report(ctx, quiet, "damaged", "pdftotext crashed on it", nothing);
	default:
		if (strstr(printed->message, "password"))
			return report(ctx, quiet, "encrypted",
				      "it cannot be read without a password", nothing);
		return report(ctx, quiet, "damaged", "pdftotext cannot read it",
			      complaint(printed->message));
	}
}

int extract(struct mu_ctx *ctx, const struct extract_limits *limits, bool quiet, struct pdf *out)
{
	static const char *const argv[] = { "pdftotext", "-raw", "-bbox", "-enc",
					    "UTF-8",     "{}",   "-",     NULL };
	struct mu_program program = { .size = sizeof program,
				      .argv = argv,
				      .package = "poppler-utils",
				      .seconds = limits->seconds,
				      .memory = limits->memory,
				      .output = limits->output };
	struct mu_printed printed;
	int err = mu_program_run(ctx, &program, &printed);

	if (err)
		return err;
	if (printed.end)
		return report_end(ctx, quiet, &printed);
	if (complaint(printed.message).len)
		return report(ctx, quiet, "damaged", "pdftotext cannot read all of it",
			      complaint(printed.message));
	err = pdf_read((struct mu_string){ (const char *)printed.data, printed.len },
		       (int64_t)(limits->output / WORD_BYTES), out);
	if (!err && out->n_boxes)
		return 0;
	pdf_release(out);
	if (err == ENOMEM)
		return mu_fail(ctx, err, "out of memory");
	if (err)
		return report(ctx, quiet, "damaged", "what pdftotext prints of it breaks off",
			      nothing);
	return report(ctx, quiet, "no-text", "its pages have no text", nothing);
}
