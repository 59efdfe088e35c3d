/*
 * The words of a PDF, from poppler's pdftotext.
 */
#ifndef DOCUMENT_EXTRACT_H
#define DOCUMENT_EXTRACT_H

#include "words/pdf.h"

/* Whether a document is a PDF: %PDF- stands in its first kilobyte. */
bool is_pdf(const uint8_t *bytes, size_t len);

/* How long pdftotext may take, and how many bytes it may use and print. */
struct extract_limits {
	double seconds;
	uint64_t memory, output;
};

/* Reads ctx->document.  A document that cannot be read, or has no text, is reported
 * and leaves `out` empty.  0, or a positive errno value with a message. */
int extract(struct mu_ctx *ctx, const struct extract_limits *limits, bool quiet,
	    struct pdf *out);

/* The findings that it can make. */
#define EXTRACT_CODES \
	{ "damaged", "A PDF is damaged: not all of it can be read.", \
	  "Fetch the document again, or ask its publisher for a whole one." }, \
		{ "encrypted", "A PDF cannot be read without a password.", \
		  "Ask the publisher for a document without one." }, \
		{ "no-text", "A PDF has no text: its pages are pictures, scanned perhaps.", \
		  "Ask the publisher for the document as text, or have the pictures read by a " \
		  "program and the result checked by a person." }, \
	{ \
		"too-much", "A PDF is larger than the options allow, or takes longer to be read.", \
			"If the document is worth it, raise the option that the message names." \
	}

#endif
