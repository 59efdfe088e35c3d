/*
 * Why claims fail: the smallest changes of rows and claims after which all that
 * a document states agrees.
 *
 * This is error localisation as Fellegi and Holt put it ("A systematic approach
 * to automatic edit and imputation", 1976): of all changes that satisfy every
 * edit, take those of the fewest values.  The edits here are balance edits: each
 * claim is the sum of the rows that it covers.  One change of a row moves all
 * claims that cover it by the same amount, so a single wrong number shows as a
 * set of failing claims with one residual, which are just the claims that cover
 * some row.  Where there are totals of rows and of columns, they meet in it.
 *
 * Changes are tried in the order of their number: one number of a row is another
 * one, a row too many, a row that is missing, a number of a claim is another
 * one, two numbers stand in each other's place; then two of these together.
 * Claims that have no row in common, directly or over others, may well be wrong for
 * reasons of their own: when nothing mends all of a document, each such part is looked
 * at alone.
 *
 * What is proposed is ranked by how likely it is.  Deductive corrections of
 * typing errors by distance (Scholtus 2009; de Waal, Pannekoek and Scholtus 2011,
 * "Handbook of Statistical Data Editing and Imputation", chapters 2 and 3) give
 * the likelihood of one number being written for another, see slip.h; all
 * numbers of a table are taken to be equally prone to slips.  A row twice, a
 * subtotal or a year among the rows, and a claim that has the number of another
 * edition need other evidence, and so have likelihoods of their own.
 *
 * A score is the share of one explanation in all that were found and in the
 * chance that it was none of them.
 */
#include "explain.h"

#include <stdlib.h>

#define SCOPES_MAX 8000000 /* rows times patterns, and scopes, of all documents */
#define PARTS_MAX  1000    /* of one document that are looked at alone */

/* A new one at the end; its index, or SIZE_MAX when memory is out. */
static size_t account_add(struct totals *self, uint32_t document)
{
	struct account *grown = reallocarray(self->accounts, self->n_accounts + 1, sizeof *grown);

	if (!grown)
		return SIZE_MAX;
	self->accounts = grown;
	grown[self->n_accounts] = (struct account){ .document = document };
	return self->n_accounts++;
}

static int explain_part(struct problem *p, size_t edit)
{
	struct totals *self = p->totals;
	size_t index = account_add(self, p->document);

	if (index == SIZE_MAX)
		return out_of_memory(p->ctx);
	p->part = p->part_of[scope_of(p, edit)];
	for (size_t i = edit; i < p->n_edits; i++)
		if (p->part_of[scope_of(p, i)] == p->part)
			self->part_accounts[p->edits[i].claim] = (uint32_t)index + 1;
	p->steps += p->n_edits;
	return solve(p, &self->accounts[index]);
}

/* Looks at each part of a document alone, when there are several that fail. */
static int explain_parts(struct problem *p, size_t index)
{
	size_t parts = 0;
	bool several = false;
	int err = 0;

	parts_find(p);
	for (size_t i = 1; i < p->n_broken; i++)
		several = several || p->part_of[scope_of(p, p->broken[i])] !=
					     p->part_of[scope_of(p, p->broken[0])];
	if (!several)
		return 0;
	if (!p->totals->part_accounts)
		p->totals->part_accounts = mu_alloc(p->ctx, n_claims(p->totals) * sizeof(uint32_t));
	p->steps = 0;
	p->gave_up = false;
	for (size_t i = 0; i < p->n_edits && !err; i++) {
		if (!fails(&p->edits[i]) || p->totals->part_accounts[p->edits[i].claim])
			continue;
		if (p->gave_up || parts++ == PARTS_MAX) {
			p->totals->accounts[index].otherwise = GIVEN_UP;
			break;
		}
		err = explain_part(p, i);
	}
	return err;
}

static int explain_document(struct mu_ctx *ctx, struct totals *self, size_t index)
{
	struct account *account = &self->accounts[index];
	struct problem p = { .ctx = ctx, .totals = self, .document = account->document };
	int err;

	if (self->too_many) {
		account->otherwise = "not explained: there are more rows than max_explained";
		return 0;
	}
	p.key = mu_alloc(ctx, self->block.width * sizeof *p.key);
	p.meeting = mu_alloc(ctx, (self->patterns.count + 1) * sizeof *p.meeting);
	rows_list(&p);
	if (!p.n_rows) {
		account->otherwise = "there are no rows to look at";
		return 0;
	}
	self->explained += p.n_rows * self->patterns.count + n_scopes(self);
	if (self->explained > SCOPES_MAX) {
		account->otherwise = "not explained: too many rows, levels and documents to "
				     "look at all";
		return 0;
	}
	err = icu_open(ctx, &p.icu);
	if (err)
		return err;
	edits_list(&p);
	edits_index(&p);
	rows_index(&p);
	err = solve(&p, account);
	return err || account->count ? err : explain_parts(&p, index);
}

/* The document whose claims a claim is among; 0 with `within: all`. */
static uint32_t document_of(const struct totals *self, const struct claim *claim)
{
	return group_key(&self->scopes, tally_at(&self->scopes, claim->scope))[0];
}

const struct account *account_of(const struct totals *self, size_t claim)
{
	uint32_t document = document_of(self, claim_at(self, claim));
	size_t i;

	if (self->part_accounts && self->part_accounts[claim])
		return &self->accounts[self->part_accounts[claim] - 1];
	for (i = 0; i < self->n_accounts; i++)
		if (self->accounts[i].document == document)
			return &self->accounts[i];
	return NULL;
}

int explain(struct mu_ctx *ctx, struct totals *self)
{
	size_t i, m;

	for (i = 0; i < self->noted.count; i++) {
		const struct claim *claim = claim_at(self, noted_at(self, i));
		bool failed = false;
		size_t index;
		int err;

		for (m = 0; m < self->n_measures; m++)
			failed = failed || (is_compared(self, claim, m) &&
					    outcome_of(self, claim, m) == MU_FAIL);
		if (!failed || account_of(self, noted_at(self, i)))
			continue;
		index = account_add(self, document_of(self, claim));
		if (index == SIZE_MAX)
			return out_of_memory(ctx);
		err = explain_document(ctx, self, index);
		if (err || mu_cancelled(ctx))
			return err ? err : ECANCELED;
	}
	return 0;
}
