/*
 * Bytes of a document to UTF-8.
 *
 * Decided in this order: a byte order mark; strict UTF-8; the pattern of zero
 * bytes that UTF-16 has in Latin script; what the pipeline declares; else
 * windows-1252, which is said in a note.  (A declared encoding in which ASCII
 * means something else, or that shifts by escapes, goes before UTF-8, since
 * bytes in it can look like that.)  A byte that has no meaning in the
 * encoding is an error with its offset and never becomes a replacement
 * character in silence.
 */
#ifndef CHARSET_H
#define CHARSET_H

#include <muster/table.h>

/* The findings that a plugin that decodes must have in its codes. */
#define CHARSET_CODES \
	{ "encoding-guessed", "The document is not valid UTF-8 and says nothing of its encoding, so it was read as windows-1252.", \
	  "Look at the accented letters; when they are wrong, declare the option encoding." }, \
	{ "encoding", "The document has bytes that mean nothing in its encoding.", \
	  "Declare the right encoding with the option encoding, or get an undamaged copy." }

struct charset_text {
	struct mu_string text;   /* without a byte order mark; into the document's own
				    bytes where those are UTF-8 */
	const char *encoding;    /* what was used: "UTF-8", "UTF-16LE", "windows-1252" ... */
	size_t skipped;          /* bytes of the mark, so that text offset + skipped is a
				    document offset where the document is UTF-8 */
	bool direct;             /* the document is UTF-8 */
	bool guessed;            /* nothing says that it is windows-1252 */
	size_t checked;          /* of a direct one, so many bytes of the text were found to
				    be UTF-8 */
};

/* Whether the machine can decode an encoding of that name. */
bool charset_known(const char *encoding);

/* Decodes the whole of ctx->document.  `declared` may be NULL.  Memory is the
 * stage's.  Reports `encoding` (error; the text is then empty) and, when
 * `reporting`, `encoding-guessed` (note).  0, what mu_report() or mu_data() gave,
 * or EFBIG with a message when the document has more than `max` bytes. */
int charset_decode(struct mu_ctx *ctx, const char *declared, int64_t max, bool reporting,
		   struct charset_text *out);

/* The same in steps, for documents that are not read as a whole.
 *
 * charset_find() decides, and sets the text of a direct one.  It looks at `looked_at`
 * bytes to see whether they are UTF-8, and the rest of the text is to be checked by the
 * caller.  Only where something else than UTF-8 is declared it looks at all of them.
 *
 * charset_convert() sets the text of one that is not direct, with EFBIG when the
 * document has more than `max` bytes. */
int charset_find(struct mu_ctx *ctx, const char *declared, int64_t max, size_t looked_at,
		 struct charset_text *out);
int charset_convert(struct mu_ctx *ctx, int64_t max, struct charset_text *out);

/* Reports `encoding-guessed`, if it was. */
int charset_report_guessed(struct mu_ctx *ctx, const struct charset_text *text);

/* Reports `encoding`: a byte of the document that means nothing. */
int charset_report_broken(struct mu_ctx *ctx, const char *encoding, const uint8_t *data,
			  size_t offset);

/* How many bytes from the start are UTF-8: all, or up to the first that is not. */
size_t charset_utf8_length(struct mu_string text);

#endif
