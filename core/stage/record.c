#include "stage/record.h"

#include <errno.h>

#include "stage/run.h"

int record_count(struct run *run, struct record *r, const struct ArrowSchema *schema)
{
	if (balance_init(&r->counted, schema, run_table(run)))
		return run_fail(run, r->config, E2BIG, "more measures than can be counted");
	r->out = &r->counted;
	return 0;
}

void record_end(struct record *r, struct stage *s)
{
	findings_merge(&r->findings, &s->findings);
	checks_add(r->checks, s->checks);
	r->reported += s->reported;
	r->seconds += s->seconds;
	if (r->stage == s)
		r->stage = NULL;
	stage_close(s);
}
