#include "stage/check.h"

#include <errno.h>
#include <string.h>

#include "stage/services.h"
#include "stage/stage.h"

/* Whether it is the machine that failed, and not what a file says. */
static bool of_machine(int err)
{
	return err == ENOMEM || err == EIO || err == ENOSPC || err == EMFILE || err == ENFILE ||
	       err == EINTR || err == EAGAIN;
}

static int chain_check(struct pipeline *p, const struct chain *chain)
{
	int worst = 0;
	size_t i;

	for (i = 0; i < chain->count; i++) {
		const struct stage_config *config = &chain->stages[i];
		struct stage s = { 0 };
		int err;

		/* Without the schema that was declared none can be checked against. */
		if (!config->valid || (p->schema_path && !p->schema))
			continue;
		err = stage_try(&s, &services, config, p);
		if (err && s.failure.len)
			diagnose(&p->diagnostics, config->map->mark, NULL, "%s", s.failure.data);
		else if (err && !s.invalid)
			diagnose(&p->diagnostics, config->map->mark, NULL, "%s: %s",
				 config->plugin->full, strerror(err));
		if (err && !of_machine(worst))
			worst = of_machine(err) ? err : EINVAL;
		stage_close(&s);
	}
	return worst;
}

int pipeline_check(struct pipeline *p)
{
	int worst = chain_check(p, &p->dataset), err;
	size_t i;

	for (i = 0; i < p->n_sources; i++) {
		err = chain_check(p, &p->sources[i]);
		if (err && !of_machine(worst))
			worst = err;
	}
	return worst;
}
