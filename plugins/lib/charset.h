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
};

/* Whether the machine can decode an encoding of that name. */
bool charset_known(const char *encoding);

/* Decodes the whole of ctx->document.  `declared` may be NULL.  Memory is the
 * stage's.  Reports `encoding` (error; the text is then empty) and, when
 * `reporting`, `encoding-guessed` (note).  0, what mu_report() or mu_data() gave,
 * or EFBIG with a message when the document has more than `max` bytes. */
int charset_decode(struct mu_ctx *ctx, const char *declared, int64_t max, bool reporting,
		   struct charset_text *out);

#endif
