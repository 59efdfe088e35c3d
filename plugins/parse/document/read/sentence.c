#include "read/sentence.h"

#include "read/line.h"

enum { SENTENCE_MAX = 60 }; /* words of a sentence that are looked at for a number */

/* Whether two matches of a sentence say the same. */
static bool same_statement(const struct scan *s, const struct pattern *pattern,
			   const struct datum *a, const struct datum *b)
{
	for (size_t i = 0; i < pattern_captures(pattern); i++) {
		const struct column *c =
			layout_column(s->layout, NULL, pattern_capture_name(pattern, i));
		const struct datum *x = &a[c->index], *y = &b[c->index];
		bool same = x->value.state == y->value.state;

		if (same && x->value.state == VALUE_KNOWN && c->type == COLUMN_INTEGER)
			same = x->value.integer == y->value.integer;
		else if (same)
			same = x->len == y->len &&
			       !memcmp(datum_text(s, x).data, datum_text(s, y).data, x->len);
		if (!same)
			return false;
	}
	return true;
}

/* Looks whether the sentence of the latest record, which ends at `from`, is
 * there again with other values. */
static int scan_again(struct scan *s, const struct claim *claim, size_t from)
{
	const struct datum *said = latest_datum(s, s->layout->fields[0].column);
	struct mu_string flat = { s->pages->flat, s->pages->flat_len };
	struct mu_finding finding = line_finding(s, "claim-ambiguous");
	struct datum again[COLUMNS_MAX] = { 0 };
	struct pattern_match match;
	int found;

	while ((found = pattern_find(s->ctx, claim->pattern, flat, from, &match)) > 0) {
		if (mu_cancelled(s->ctx))
			return ECANCELED;
		memset(again, 0, sizeof again);
		captures_read(s, NULL, claim->pattern, true, again);
		if (!same_statement(s, claim->pattern, said, again)) {
			finding.other = flat_at(s, match.start);
			return scan_report(s, finding,
					   "'%s' is stated more than once, and not the same",
					   claim->name);
		}
		from = behind(flat, match);
	}
	return -found;
}

/* Whether a place is in a table that was read. */
static bool is_in_table(const struct scan *s, size_t flat)
{
	size_t line = pages_line_of_flat(s->pages, flat);

	for (size_t i = 0; i < s->layout->n_tables; i++)
		if (s->tables[i].scanned && line >= s->tables[i].first && line < s->tables[i].stop)
			return true;
	return false;
}

/* Goes on to the first match of a claim that ends behind a place.  1, 0 when there is none, or
 * a negative errno value; `match` is the one before at first. */
static int match_advance(const struct scan *s, const struct claim *claim, size_t at,
			 struct pattern_match *match)
{
	struct mu_string flat = { s->pages->flat, s->pages->flat_len };
	int found = 1;

	while (found > 0 && match->end <= at) {
		if (mu_cancelled(s->ctx))
			return -ECANCELED;
		found = pattern_find(s->ctx, claim->pattern, flat, behind(flat, *match), match);
	}
	/* Behind the last one there is no more to look for. */
	if (!found)
		*match = (struct pattern_match){ flat.len, SIZE_MAX };
	return found;
}

/* Whether a sentence that goes on from a place has a number. */
static bool states_number(const struct scan *s, size_t at)
{
	struct mu_string rest = { s->pages->flat + at, s->pages->flat_len - at };
	int64_t ignored;

	for (size_t words = 0; rest.len && words < SENTENCE_MAX; words++) {
		size_t len = 0;
		struct mu_string word;

		while (len < rest.len && !space_len((struct mu_string){ rest.data + len, 1 }))
			len++;
		word = (struct mu_string){ rest.data, len };
		while (word.len && memchr(",.;:()", word.data[word.len - 1], 6))
			word.len--;
		if (has_digit(word) || language_small(s->reader->language, word, &ignored))
			return true;
		if (len && memchr(".!?", rest.data[len - 1], 3))
			return false;
		len += len < rest.len;
		rest = (struct mu_string){ rest.data + len, rest.len - len };
	}
	return false;
}

/* Looks at each place where the cue of a claim is, whose first match is given: a sentence with
 * other words may state another number. */
static int cues_check(const struct scan *s, const struct claim *claim, struct pattern_match first)
{
	struct mu_string flat = { s->pages->flat, s->pages->flat_len };
	struct mu_finding finding = { .code = "claim-absent" };
	struct pattern_match match;
	size_t from = 0;
	int found = 0, err = 0;

	if (!claim->cue_pattern)
		return 0;
	while (!err && (found = pattern_find(s->ctx, claim->cue_pattern, flat, from, &match)) > 0) {
		struct phrase said = quote(flat_text(s, match.start, match.end - match.start));
		int more = match_advance(s, claim, match.start, &first);

		if (more < 0 || mu_cancelled(s->ctx))
			return more < 0 ? -more : ECANCELED;
		from = behind(flat, match);
		if (first.start <= match.start || is_in_table(s, match.start))
			continue;
		finding.other = flat_at(s, match.start);
		finding.severity = states_number(s, match.start) ? MU_ERROR : MU_WARNING;
		err = scan_report(s, finding,
				  "'%s' tells that the claim '%s' is there once more, but it does "
				  "not match '%s'",
				  said.text, claim->name, claim->match);
	}
	return err ? err : -found;
}

/* An optional sentence that nothing matches: an error where its cue says that it is there, a
 * note where nothing can tell. */
static int sentence_absent(const struct scan *s, const struct claim *claim)
{
	struct mu_string flat = { s->pages->flat, s->pages->flat_len };
	struct mu_finding finding = { .code = "claim-absent" };
	struct pattern_match match;
	size_t from = 0;
	int found = 0;

	if (!claim->cue_pattern) {
		finding.severity = MU_NOTE;
		return scan_report(s, finding,
				   "the text says nothing that matches '%s', so the optional claim "
				   "'%s' was not checked",
				   claim->match, claim->name);
	}
	while ((found = pattern_find(s->ctx, claim->cue_pattern, flat, from, &match)) > 0) {
		struct phrase said = quote(flat_text(s, match.start, match.end - match.start));

		if (mu_cancelled(s->ctx))
			return ECANCELED;
		from = behind(flat, match);
		if (is_in_table(s, match.start))
			continue;
		finding.other = flat_at(s, match.start);
		return scan_report(s, finding,
				   "'%s' tells that the claim '%s' is there, but it does not match "
				   "'%s'",
				   said.text, claim->name, claim->match);
	}
	return -found;
}

int scan_sentence(struct scan *s, const struct claim *claim)
{
	struct mu_string flat = { s->pages->flat, s->pages->flat_len };
	const struct found_table *table = claim->of == SIZE_MAX ? NULL : &s->tables[claim->of];
	struct pattern_match match;
	int found = pattern_find(s->ctx, claim->pattern, flat, 0, &match), err;

	if (found < 0)
		return -found;
	if (!found && claim->optional)
		return sentence_absent(s, claim);
	if (!found)
		return scan_report(s, (struct mu_finding){ .code = "claim-absent" },
				   "the text says nothing that matches '%s', the claim '%s'",
				   claim->match, claim->name);
	err = record_add(s, table, claim->name, match.start, match.end - match.start);
	if (err)
		return err;
	captures_read(s, NULL, claim->pattern, true, latest_datum(s, s->layout->fields[0].column));
	err = captures_report(s, NULL, claim);
	if (!err)
		err = scan_again(s, claim, behind(flat, match));
	return err ? err : cues_check(s, claim, match);
}
