#include "stage/claim.h"

#include <string.h>

#include "stage/run.h"

static bool is_of(const struct record *r, const char *source)
{
	return source && r->config->source ? !strcmp(r->config->source, source)
					   : source == r->config->source;
}

/* One that was ended may be accounted for by a validator on either side of where that was. */
static int stage_ask(struct stage *s, struct mu_claim *claim, bool *compared)
{
	struct mu_claim said = *claim;
	int err;

	if (!s->config->plugin->api.claim || !s->self)
		return 0;
	said.end = MU_CLAIM_GOES_ON;
	err = stage_claim(s, &said);
	claim->at = said.at;
	if (said.end == MU_CLAIM_COMPARED)
		*compared = true;
	if (said.end == MU_CLAIM_ENDED) {
		claim->end = MU_CLAIM_ENDED;
		claim->column = said.column;
		claim->stage = s->config->name;
	}
	return err;
}

/* Asks backwards the stages of a source (NULL: of the dataset) that come before a record. */
static int stages_ask(struct run *run, const char *source, size_t before, struct mu_claim *claim,
		      bool *compared)
{
	size_t i;
	int err = 0;

	for (i = before; i-- > 0 && claim->at && !err;)
		if (run->records[i].stage && is_of(&run->records[i], source))
			err = stage_ask(run->records[i].stage, claim, compared);
	return err;
}

int claim_ask(struct run *run, const struct stage_config *config, struct mu_claim *claim)
{
	const struct document *d = documents_get(&run->documents, mu_at_document(claim->at));
	size_t own = (size_t)(run_record(run, config) - run->records);
	bool compared = false;
	uint64_t at = claim->at;
	int err = 0;

	if (!config->source)
		err = stages_ask(run, NULL, own, claim, &compared);
	if (d && !err)
		err = stages_ask(run, d->public.source, own, claim, &compared);
	claim->at = at;
	if (claim->end == MU_CLAIM_ENDED && compared)
		claim->end = MU_CLAIM_COMPARED;
	return err;
}
