/*
 * Bytes of a document to UTF-8.
 *
 * Decided in this order: a byte order mark; strict UTF-8; the pattern of zero
 * bytes that UTF-16 has in Latin script; what the pipeline declares; else
 * windows-1252, which is said in a warning with a sample.  (A declared encoding in which
 * ASCII means something else, or that shifts by escapes, goes before UTF-8, since
 * bytes in it can look like that.)
 *
 * A document is UTF-8 with damaged places, too, when it has characters of UTF-8 beyond
 * ASCII, and at most four bytes that are part of none for each; where another encoding
 * is declared, at least eight characters for each such byte.  A byte that has no meaning
 * in the encoding is an error with its place and never becomes a replacement character
 * in silence.
 *
 * A byte order mark further on is no character of any text: whoever reads cells leaves
 * it away.
 */
#ifndef CHARSET_H
#define CHARSET_H

#include <muster/table.h>

#include "text/phrase.h"

/* For what charset_control() finds. */
#define CHARSET_CONTROL_CODE \
	{ \
		"control", \
			"A text has a zero byte, a control character, another character that " \
			"nobody sees, " \
			"such as a space of width 0 or a mark of direction, or U+FFFD, which " \
			"stands for a lost one. " \
			"Those of U+0080 to U+009F are mostly of windows-1252, read in another " \
			"encoding.", \
			"Correct the text, since names that look alike differ by it; declare the " \
			"option encoding: " \
			"windows-1252, or get an undamaged copy." \
	}

/* The findings that a plugin that decodes must have in its codes. */
#define CHARSET_CODES \
	{ "encoding-guessed", \
	  "The document is not valid UTF-8 and says nothing of its encoding, so it was read as " \
	  "windows-1252.", \
	  "Look at the accented letters, and declare the option encoding: windows-1252 when they " \
	  "are right, else the right one." }, \
	{ \
		"encoding", "The document has bytes that mean nothing in its encoding.", \
			"Declare the right encoding with the option encoding, or get an " \
			"undamaged copy." \
	}

struct charset_text {
	struct mu_string text; /* without a byte order mark; into the document's own
				    bytes where those are UTF-8 */
	const char *encoding;  /* what was used: "UTF-8", "UTF-16LE", "windows-1252" ... */
	size_t skipped;        /* bytes of the mark, so that text offset + skipped is a
				    document offset where the document is UTF-8 */
	bool direct;           /* the document is UTF-8 */
	bool guessed;          /* nothing says that it is windows-1252 */
	size_t checked;        /* of a direct one, so many bytes of the text were found to
				    be UTF-8 */
	bool mended;           /* the text is a copy with U+FFFD for each byte that means
				    nothing */
};

/* U+FEFF. */
#define CHARSET_MARK "\xef\xbb\xbf"

/* Whether the machine can decode an encoding of that name. */
bool charset_known(const char *encoding);

/* Decodes the whole of ctx->document, without marks.  `declared` may be NULL.  Memory is
 * the stage's.  Reports `encoding` (error; the text is then empty, unless it was mended)
 * and, when `reporting`, `encoding-guessed` (warning), what was mended,
 * and `control` (a warning, or an error of a zero byte).  0, what mu_report() or mu_data() gave,
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

/* Of a direct text: where bytes of it mean nothing it becomes a mended copy.  0. */
int charset_mend(struct mu_ctx *ctx, struct charset_text *out);

/* Reports `encoding` for each place that was mended, and for those past the twentieth
 * together. */
int charset_report_mended(struct mu_ctx *ctx, const struct charset_text *text);

/* Reports `encoding-guessed`, if it was. */
int charset_report_guessed(struct mu_ctx *ctx, const struct charset_text *text);

/* Reports `encoding`: a byte of the document that means nothing. */
int charset_report_broken(struct mu_ctx *ctx, const char *encoding, const uint8_t *data,
			  size_t offset);

/* How many bytes from the start are UTF-8: all, or up to the first that is not. */
size_t charset_utf8_length(struct mu_string text);

/* Whether a text has nothing but characters of ASCII that one can see, and blanks: neither
 * marks nor control characters.  Eight bytes at a time, for texts of cells. */
static inline bool charset_is_plain(struct mu_string text)
{
	const uint64_t ones = UINT64_MAX / 255, high = 128 * ones;
	const char *data = text.data;
	uint64_t word, odd = 0;
	uint32_t half, other;

	if (text.len < sizeof half) {
		for (; text.len; text.len--)
			odd |= (uint8_t)(data[text.len - 1] - 0x20) >= 0x5f;
		return !odd;
	}
	/* What is left over is looked at together with bytes before it. */
	if (text.len < sizeof word) {
		memcpy(&half, data, sizeof half);
		memcpy(&other, data + text.len - sizeof other, sizeof other);
		word = (uint64_t)half << 32 | other;
	} else {
		memcpy(&word, data + text.len - sizeof word, sizeof word);
	}
	for (;;) {
		/* a byte below 0x20, one from 0x7f on */
		odd |= ((word - 0x20 * ones) & ~word) | (word + ones) | word;
		if (text.len <= sizeof word)
			return !(odd & high);
		memcpy(&word, data, sizeof word);
		data += sizeof word;
		text.len -= sizeof word;
	}
}

/* The bytes of a mark that a text begins with, or 0; whether it has one anywhere. */
size_t charset_mark_length(struct mu_string text);
bool charset_has_mark(struct mu_string text);

/* The first character of a text that nobody sees, or that stands for one that was lost
 * (U+FFFD): control characters but for white space, marks of width 0 and of direction, joiners
 * and soft hyphens that do not stand between letters.  0: there is none.  The second form
 * begins at `from`, and gives the offset, or text.len. */
unsigned charset_control(struct mu_string text);

size_t charset_control_find(struct mu_string text, size_t from, unsigned *code);

/* Whether a text has a byte that one of these may begin with, or a mark, or a zero byte.  Much
 * quicker than to look for them. */
bool charset_may_hide(struct mu_string text);

/* The first such character of a column's name, any soft hyphen, or white space in it that is no
 * space, such as a line break or a no-break space: a name that looks like another one.  0: there
 * is none. */
unsigned charset_name_odd(struct mu_string name);

/* Whether two names that differ look the same: without what nobody sees, and with white space
 * of any kind and length as one space. */
bool charset_names_look_alike(struct mu_string a, struct mu_string b);

/* Adds a name to a message, in which white space beyond ASCII is written \u00a0.  What nobody
 * sees is written so in all messages. */
void charset_name_show(struct phrase *phrase, struct mu_string name);

/* What such a character is, for messages: "a control character that nobody sees". */
const char *charset_control_kind(unsigned code);

/* Copies a text without marks, also to where it stands; its new length. */
size_t charset_drop_marks(char *to, struct mu_string text);

#endif
