#include "claim.h"

#include <string.h>

#include "link.h"

static bool asks(const struct stage_config *config)
{
	return config->plugin && config->plugin->step == STEP_VALIDATE && config->plugin->api.claim;
}

static bool chain_asks(const struct chain *chain, const struct stage_config *behind)
{
	size_t i;

	for (i = 0; i < chain->count; i++)
		if ((!behind || &chain->stages[i] > behind) && asks(&chain->stages[i]))
			return true;
	return false;
}

/* Stages that are in no chain, as of a plugin that is tried alone, have nobody behind them. */
bool claims_asked(const struct pipeline *pipeline, const struct stage_config *config)
{
	size_t i;

	for (i = 0; i < pipeline->n_sources; i++) {
		const struct chain *chain = &pipeline->sources[i];

		if (config >= chain->stages && config < chain->stages + chain->count)
			return chain_asks(chain, config) || chain_asks(&pipeline->dataset, NULL);
	}
	return chain_asks(&pipeline->dataset, config);
}

/* The links of the source that a claim is of; NULL when it is of no document. */
static const struct links *links_of(struct run *run, uint64_t at)
{
	const struct document *d = documents_get(&run->documents, mu_at_document(at));
	size_t i;

	for (i = 0; d && run->chains && i < run->n_sources; i++)
		if (!strcmp(run->sources[i].name, d->public.source))
			return run->chains[i];
	return NULL;
}

static size_t links_before(const struct links *links, const struct stage_config *config)
{
	size_t n = 0;

	while (n < links->count && links->items[n].stage.config != config)
		n++;
	return n;
}

/* What the last `n` links of a chain say, backwards.  One that was ended may be accounted
 * for by a validator on either side of where that was. */
static int links_ask(const struct links *links, size_t n, struct mu_claim *claim, bool *compared)
{
	int err = 0;

	while (n && claim->at && !err) {
		struct stage *s = &links->items[--n].stage;
		struct mu_claim said = *claim;

		if (!s->config->plugin->api.claim || !s->self)
			continue;
		said.end = MU_CLAIM_GOES_ON;
		err = stage_claim(s, &said);
		claim->at = said.at;
		if (said.end == MU_CLAIM_COMPARED)
			*compared = true;
		if (said.end != MU_CLAIM_ENDED)
			continue;
		claim->end = MU_CLAIM_ENDED;
		claim->column = said.column;
		claim->stage = s->config->name;
	}
	return err;
}

int claim_ask(struct run *run, const struct stage_config *config, struct mu_claim *claim)
{
	const struct links *own = links_of(run, claim->at);
	bool compared = false;
	uint64_t at = claim->at;
	int err = 0;

	if (run->joined && !config->source)
		err = links_ask(run->joined, links_before(run->joined, config), claim, &compared);
	if (own && !err)
		err = links_ask(own, links_before(own, config), claim, &compared);
	claim->at = at;
	if (claim->end == MU_CLAIM_ENDED && compared)
		claim->end = MU_CLAIM_COMPARED;
	return err;
}
