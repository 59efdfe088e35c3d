/*
 * The markup of a web page, one tag or text at a time, as the HTML standard cuts it
 * (https://html.spec.whatwg.org/multipage/parsing.html, tokenization).
 *
 * Nothing is known here of elements, of what nests in what, or of characters' names.
 * Comments, declarations and processing instructions are passed over, so nothing that a
 * DOCTYPE declares has any meaning.  Everything is borrowed from the text; no memory is
 * taken, and each byte is looked at once.
 */
#ifndef HTML_TOKEN_H
#define HTML_TOKEN_H

#include <muster/table.h>

enum token_kind {
	TOKEN_NONE, /* the text is at its end */
	TOKEN_TEXT,
	TOKEN_START,
	TOKEN_END,
};

struct token {
	enum token_kind kind;
	size_t at;             /* where it begins */
	struct mu_string text; /* text as it stands; of a tag the name as it stands */

	/* Of a start tag: the attributes that anybody asks for, as they stand; `data` is
	 * NULL when one is not there. */
	struct mu_string colspan, rowspan, style, type;
	struct mu_string said; /* value or alt: what it shows instead of content */
	bool hidden;
	bool closed; /* it ends in "/>" */
};

struct tokens {
	struct mu_string text;
	size_t at;
};

void token_next(struct tokens *tokens, struct token *out);

/* Moves to the end tag of an element whose content is no markup, such as a script; to the
 * end of the text when there is none. */
void token_skip(struct tokens *tokens, struct mu_string name);

/* Whether a start tag says that its element is not shown and takes no place. */
bool token_style_hides(const struct token *token);

static inline bool token_is_hidden(const struct token *token)
{
	return token->hidden || (token->style.len && token_style_hides(token));
}

/* How else its style says that its text is shown. */
enum token_look {
	LOOK_PLAIN,
	LOOK_UNSEEN, /* it is not, but has a place */
	LOOK_STRUCK,
	LOOK_RAISED,
	LOOK_APART, /* on another line than what is around */
};

enum token_look token_style_look(const struct token *token);

static inline enum token_look token_look(const struct token *token)
{
	return token->style.len ? token_style_look(token) : LOOK_PLAIN;
}

static inline bool token_is_space(char c)
{
	return c == ' ' || c == '\n' || c == '\t' || c == '\r' || c == '\f';
}

/* Whether two names are the same but for the case of ASCII. */
bool token_same_name(struct mu_string a, struct mu_string b);

#endif
