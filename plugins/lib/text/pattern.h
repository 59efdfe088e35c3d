/*
 * Patterns of the pipeline file: PCRE2, UTF, compiled with JIT, run under a
 * match limit so that no text can make one run for ever.
 */
#ifndef PATTERN_H
#define PATTERN_H

#include <muster/table.h>

struct pattern;

/* Compiles the text of an option.  `option` is its address, for the error.
 * With `whole`, all of the text must match.  0, or EINVAL with a message. */
int pattern_compile(struct mu_ctx *ctx, const void *option, const char *text, bool whole,
		    struct pattern **out);
void pattern_free(struct pattern *pattern); /* NULL is fine */

/* A match: where it is, and its captures. */
struct pattern_match {
	size_t start, end;
};

/* Finds the first match at or after `from`.  1 found, 0 not, or a negative
 * errno value with a message (the match limit: -ELOOP). */
int pattern_find(struct mu_ctx *ctx, struct pattern *pattern, struct mu_string text,
		 size_t from, struct pattern_match *out);

/* The named captures of a pattern: their number and names, and what one
 * matched in the latest find (data NULL: did not take part). */
size_t pattern_captures(const struct pattern *pattern);
const char *pattern_capture_name(const struct pattern *pattern, size_t i);
struct mu_string pattern_capture(const struct pattern *pattern, size_t i);

/* Likewise of all groups in parentheses, named or not, counted from 1; group 0
 * is the whole match. */
size_t pattern_groups(const struct pattern *pattern);
struct mu_string pattern_group(const struct pattern *pattern, size_t number);

#endif
