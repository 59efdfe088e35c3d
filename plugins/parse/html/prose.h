/*
 * Texts of a web page in the making, as a browser shows them: white space, no-break
 * spaces too, is one blank, a line break is one line feed, and there is neither at the
 * ends; references to characters are those characters.
 *
 * Texts stand one behind the other in one memory; prose_begin() begins the next.
 */
#ifndef HTML_PROSE_H
#define HTML_PROSE_H

#include <muster/table.h>

enum prose_gap { GAP_NONE, GAP_BLANK, GAP_LINE };

/* An element begins or ends that may set digits apart from those before, or from a word. */
enum prose_edge { EDGE_NONE, EDGE_DIGIT, EDGE_WORD };

/* Zeroed is empty. */
struct prose {
	char *data;
	size_t len, room;
	size_t start, most;   /* of the text at hand: where it begins, and how long it may be */
	enum prose_gap gap;   /* that stands before what is added next */
	struct mu_string odd; /* the first reference that is unknown, as the page has it;
				 until somebody clears it */
	enum prose_edge edge; /* at which the next text is added: digits that would be read as
				 part of what is before become raised ones */
	bool raised;          /* what is added is raised: see raised.h */
	bool broken;          /* memory is out */
};

void prose_clear(struct prose *prose);
void prose_release(struct prose *prose);

/* Begins a text.  Of what is longer than `most` bytes some is left out, but it stays
 * longer than that. */
void prose_begin(struct prose *prose, size_t most);

/* Adds text as the page has it. */
void prose_add(struct prose *prose, struct mu_string text);

/* Adds a text of the caller's as it is, which is then the text at hand. */
void prose_copy(struct prose *prose, struct mu_string text);

/* Puts white space before what is added next. */
void prose_space(struct prose *prose, enum prose_gap gap);

/* The text at hand; until something is added. */
static inline struct mu_string prose_text(const struct prose *prose)
{
	return (struct mu_string){ prose->len > prose->start ? prose->data + prose->start : "",
				   prose->len - prose->start };
}

#endif
