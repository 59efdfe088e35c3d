/*
 * References to characters in a web page: &eacute;, &#233; and &#xe9;, as browsers read
 * them (https://html.spec.whatwg.org/multipage/parsing.html, character reference state).
 *
 * Of the names that HTML has, these are known: all of HTML 4, and of the later ones those
 * of Latin letters and of punctuation.  Names of Latin 1 do without their semicolon.
 */
#ifndef HTML_REFERENCE_H
#define HTML_REFERENCE_H

#include <muster/table.h>

enum reference {
	REFERENCE_NONE, /* a "&" that stands for itself */
	REFERENCE_KNOWN,
	REFERENCE_ODD, /* a name that is not known here, which is left as it stands; or a
			  number that is none of a character, which becomes U+FFFD */
};

/* Reads what `text`, which begins with "&", begins with.  `used` is how many bytes that
 * are, `out` what they mean in UTF-8: never more bytes than `used`, and none of an odd
 * name.  Of an "&" that stands for itself neither says anything. */
enum reference reference_read(struct mu_string text, size_t *used, char out[4], size_t *len);

#endif
