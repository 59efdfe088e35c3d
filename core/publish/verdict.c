#include "publish/verdict.h"

#include <string.h>

#include "stage/rejected.h"

/* How many of its documents a source reads, and how many it would read if they were not
 * rejected; it leaves the others to other sources. */
static struct tallied read_by(const struct run *run, size_t source)
{
	const struct source_result *s = &run->sources[source];
	struct tallied n = { 0 };
	size_t i;

	for (i = 0; i < s->n_documents; i++) {
		const struct document *d = run->documents.items[s->first_document + i];

		n.all += !d->unread;
		n.rejected += d->missed;
	}
	return n;
}

static void check_rows(struct run *run)
{
	bool said = false;
	size_t i;

	for (i = 0; i < run->n_sources; i++) {
		const struct balance *t = run_parsed(run, i);
		struct tallied n = read_by(run, i);

		if (t->rows || t->claims || !(n.all + n.rejected))
			continue;
		run_report(run, "run/no-rows",
			   (struct finding){ .severity = MU_ERROR, .source = run->sources[i].name },
			   n.all ? "the source has no rows"
				 : "the source has no rows, since all its documents are rejected");
		said = true;
	}
	if (!said && !run->dataset.rows && !run->options.select)
		run_report(run, "run/no-rows", (struct finding){ .severity = MU_ERROR },
			   "no row is left for the dataset");
}

static void check_overflow(struct run *run)
{
	size_t i, j;

	for (i = 0; i < run->n_records; i++) {
		const struct record *r = &run->records[i];

		for (j = 0; j < r->counted.n_measures; j++)
			if (r->counted.measures[j].overflow)
				run_report(run, "run/overflow",
					   (struct finding){ .severity = MU_ERROR,
							     .source = r->config->source },
					   "after %s the sum of %s does not fit 64 bits",
					   r->config->name, r->counted.measures[j].name);
	}
}

/* Rows of documents that are rejected as a whole do not count. */
static void check_rejected(struct run *run)
{
	const struct limit *limit = &run->pipeline->max_rejected.rows;
	uint64_t n = run->withheld.rows, all = n + run->dataset.rows;
	struct text allowed = { 0 };

	if (run->pipeline->on_error != ON_ERROR_REJECT || limit_allows(limit, n, all))
		return;
	limit_write(limit, &allowed);
	run_report(run, "run/too-many-rejected", (struct finding){ .severity = MU_ERROR },
		   "%llu of %llu row%s %s rejected, and max_rejected allows %s",
		   (unsigned long long)n, (unsigned long long)all, mu_plural(all),
		   n == 1 ? "is" : "are", allowed.data);
	text_release(&allowed);
}

static void forgive(struct run *run)
{
	size_t i;

	for (i = 0; i < run->rejections.count; i++) {
		uint64_t n = rejected_forgiven(run, &run->rejections.items[i]);

		run->counts[MU_ERROR] -= n;
		run->counts[MU_WARNING] += n;
	}
	for (i = 0; i < run->findings.count; i++) {
		struct finding *f = &run->findings.items[i];

		if (f->severity == MU_ERROR && f->at &&
		    ((f->lost && rejected_reconciled_before(run, f->stage)) ||
		     rejections_find_withheld(&run->rejections, f->at) != SIZE_MAX))
			f->severity = MU_WARNING;
	}
}

/* A check that failed, of which nobody was told what it was about. */
static bool fails_unsaid(const struct record *r, const struct stage *s)
{
	return r->checks[MU_FAIL] + (s ? s->checks[MU_FAIL] : 0) &&
	       !(r->reported + (s ? s->reported : 0));
}

static void say_unsaid(struct run *run, const struct record *r)
{
	run_report(run, "run/failed-check",
		   (struct finding){ .severity = MU_ERROR, .source = r->config->source },
		   "%s (%s) counts %llu failed check%s and reports no finding", r->config->name,
		   r->config->plugin->full, (unsigned long long)r->checks[MU_FAIL],
		   mu_plural(r->checks[MU_FAIL]));
}

/* Claims of a source behind whose parser no stage compares any. */
static uint64_t unchecked_claims(struct run *run, size_t source)
{
	const struct chain *chain = run_chain(run, run->sources[source].name);

	return pipeline_asks_claims(run->pipeline, chain_parser(chain))
		       ? 0
		       : run_parsed(run, source)->claims;
}

void verdict_claims(struct run *run)
{
	size_t i;

	for (i = 0; i < run->n_sources && !run->options.sample; i++) {
		uint64_t n = unchecked_claims(run, i);

		if (!n)
			continue;
		run->unchecked += n;
		run_report(
			run, "run/unchecked-claims",
			(struct finding){ .severity = MU_WARNING, .source = run->sources[i].name },
			"%llu %s compared with nothing: there is no validate: totals",
			(unsigned long long)n, n == 1 ? "claim is" : "claims are");
	}
}

void verdict_count(const struct run *run, struct verdict *v)
{
	size_t i;

	v->unevaluated = run->unchecked > 0;
	v->counts[MU_ERROR] += run->findings.of[MU_ERROR];
	v->counts[MU_WARNING] += run->findings.of[MU_WARNING] + run->withdrawn.of[MU_WARNING];
	for (i = 0; i < run->n_records; i++) {
		v->counts[MU_ERROR] += run->records[i].findings.of[MU_ERROR];
		v->counts[MU_WARNING] += run->records[i].findings.of[MU_WARNING];
		v->unevaluated |= run->records[i].checks[MU_UNEVALUATED] > 0;
	}
	for (i = 0; i < run->rejections.count; i++) {
		uint64_t n = rejected_forgiven(run, &run->rejections.items[i]);

		v->counts[MU_ERROR] -= n;
		v->counts[MU_WARNING] += n;
	}
}

void verdict_add_stage(struct verdict *v, const struct stage *s)
{
	if (s->config && s->run && fails_unsaid(run_record(s->run, s->config), s))
		v->counts[MU_ERROR]++;
	v->counts[MU_ERROR] += s->findings.of[MU_ERROR];
	v->counts[MU_WARNING] += s->findings.of[MU_WARNING];
	v->unevaluated |= s->checks[MU_UNEVALUATED] > 0;
}

bool verdict_is_fit(const struct run *run, const struct verdict *v)
{
	return !v->counts[MU_ERROR] && !(run->options.fail_on_warning && v->counts[MU_WARNING]) &&
	       !(run->options.strict && v->unevaluated);
}

void verdict_check(struct run *run, struct verdict *v)
{
	/* Of a sample nobody can say what all of it has. */
	if (v->counts[MU_ERROR] || run->options.sample)
		return;
	check_rows(run);
	check_overflow(run);
	check_rejected(run);
	v->counts[MU_ERROR] += run->findings.of[MU_ERROR];
}

bool verdict_gather(struct run *run)
{
	struct findings own;
	struct verdict v;
	size_t i;

	for (i = 0; i < run->n_records; i++)
		if (fails_unsaid(&run->records[i], NULL))
			say_unsaid(run, &run->records[i]);
	own = run->findings;
	run->findings = (struct findings){ 0 };
	for (i = 0; i < run->n_records; i++) {
		findings_gather(&run->findings, &run->records[i].findings);
		checks_add(run->checks, run->records[i].checks);
	}
	checks_add(run->checks, (uint64_t[3]){ [MU_UNEVALUATED] = run->unchecked });
	findings_gather(&run->findings, &run->withdrawn);
	findings_gather(&run->findings, &own);
	memcpy(run->counts, run->findings.of, sizeof run->counts);
	if (run->pipeline->on_error == ON_ERROR_REJECT)
		forgive(run);
	v = (struct verdict){ .unevaluated = run->checks[MU_UNEVALUATED] > 0 };
	memcpy(v.counts, run->counts, sizeof v.counts);
	return verdict_is_fit(run, &v);
}
