/*
 * What is said of the solutions that were found.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "explain.h"

#define SHOWN         20   /* explanations of a document at the most */
#define NONE_OF_THESE 0.02 /* of all that is found */

static int by_weight(const void *a, const void *b)
{
	const struct solution *x = a, *y = b;

	if (x->weight != y->weight)
		return x->weight > y->weight ? -1 : 1;
	if (x->changes[0].what != y->changes[0].what)
		return x->changes[0].what < y->changes[0].what ? -1 : 1;
	return (x->changes[0].index > y->changes[0].index) -
	       (x->changes[0].index < y->changes[0].index);
}

static char *text_keep(struct mu_ctx *ctx, const char *text)
{
	size_t len = strlen(text);
	char *kept = mu_alloc(ctx, len + 1);

	return memcpy(kept, text, len + 1);
}

static const char *number_text(struct mu_ctx *ctx, wide value)
{
	char text[32];

	snprintf(text, sizeof text, "%" PRId64, (int64_t)value);
	return text_keep(ctx, text);
}

static void tell_number(struct problem *p, const struct change *c, struct mu_explanation *out)
{
	const struct amount *cell = cell_of(p, c->index, c->measure);
	char text[256];

	snprintf(text, sizeof text, "%s reads %" PRId64 ", %" PRId64 " would fit: %s", out->field,
		 cell->value, (int64_t)(cell->value + c->by), c->phrase);
	out->at = row_of(p, c->index)->at;
	out->suggested = number_text(p->ctx, cell->value + c->by);
	out->message = text_keep(p->ctx, text);
}

/* What a measure lacks, as far as its claims fail; 0 when they hold. */
static wide lacking(const struct problem *p, size_t measure)
{
	size_t i;

	for (i = 0; i < p->n_broken; i++)
		if (p->edits[p->broken[i]].measure == measure)
			return residual(&p->edits[p->broken[i]]);
	return 0;
}

/* A row that mends all `alone` has a number for each measure that lacks one. */
static void tell_missing(struct problem *p, const struct change *c, bool alone,
			 struct mu_explanation *out)
{
	struct phrase phrase = { .len = 0 };
	const char *before = "a row with ";
	char text[96];
	size_t m;

	for (m = 0; m < p->totals->n_measures; m++) {
		wide by = m == c->measure ? c->by : alone ? lacking(p, m) : 0;

		if (!by)
			continue;
		snprintf(text, sizeof text, "%s%s %" PRId64, before, p->totals->measures[m].name,
			 (int64_t)by);
		phrase_puts(&phrase, text);
		before = ", ";
	}
	phrase_puts(&phrase, " is missing");
	memset(p->key, 0, p->totals->block.width * sizeof *p->key);
	key_join(p, scope_of(p, c->index));
	if (c->other)
		key_join(p, scope_of(p, c->other - 1));
	phrase_key(&phrase, p->totals, p->key);
	out->suggested = number_text(p->ctx, c->by);
	out->message = text_keep(p->ctx, phrase.text);
}

static void tell_claim(struct problem *p, const struct change *c, struct mu_explanation *out)
{
	const struct claim *claim = claim_at(p->totals, c->index);
	const struct mu_map_entry *level = &p->totals->levels.entries[claim->level];
	int64_t states = claim->values[c->measure];
	struct phrase phrase = { .len = 0 };
	char text[256];

	phrase_puts(&phrase, "claim '");
	phrase_add(&phrase, (const char *)level->key, level->len);
	snprintf(text, sizeof text, "' states %" PRId64 ", %" PRId64 " would fit: %s", states,
		 (int64_t)(states + c->by), c->phrase);
	phrase_puts(&phrase, text);
	out->at = claim->at;
	out->suggested = number_text(p->ctx, states + c->by);
	out->message = text_keep(p->ctx, phrase.text);
}

static void tell(struct problem *p, const struct solution *s, size_t i, double share,
		 struct mu_explanation *out)
{
	const struct change *c = &s->changes[i];

	*out = (struct mu_explanation){ .kind = c->kind,
					.score = share,
					.field = p->totals->measures[c->measure].name };
	switch (c->what) {
	case NUMBER:
		tell_number(p, c, out);
		break;
	case ROW_EXTRA:
		out->at = row_of(p, c->index)->at;
		out->message = c->phrase;
		break;
	case ROW_MISSING:
		tell_missing(p, c, s->count == 1, out);
		break;
	case CLAIM:
		tell_claim(p, c, out);
		break;
	}
	if (s->count > 1) {
		struct phrase phrase = { .len = 0 };

		phrase_puts(&phrase, i               ? "and at the same time: "
				     : s->count == 2 ? "two changes together: "
						     : "several changes together: ");
		phrase_puts(&phrase, out->message);
		out->message = text_keep(p->ctx, phrase.text);
	}
}

void account_write(struct problem *p, struct account *account)
{
	double all = 0;
	size_t i, j;

	qsort(p->found, p->n_found, sizeof *p->found, by_weight);
	for (i = 0; i < p->n_found; i++)
		all += p->found[i].weight;
	all /= 1 - NONE_OF_THESE;
	account->items = mu_alloc(p->ctx, (SHOWN + CHANGES_MAX) * sizeof *account->items);
	for (i = 0; i < p->n_found && account->count < SHOWN; i++) {
		const struct solution *s = &p->found[i];

		/* What is a thousand times less likely only hides the rest. */
		if (s->weight < p->found[0].weight / 1000)
			break;
		account->equal += s->weight >= p->found[0].weight * (1 - 1e-9);
		for (j = 0; j < s->count; j++)
			tell(p, s, j, s->weight / all, &account->items[account->count++]);
	}
	account->otherwise =
		p->gave_up ? GIVEN_UP : "no change of a few rows or totals explains it";
}
