/*
 * What becomes of claims on their way.
 *
 * A claim covers the rows that have its values.  A stage that leaves out a column takes
 * from it one of these, and a null means "all": then it would claim more than its
 * source does.  So a transform remembers which claims that is true of, and a validator behind
 * it asks before it compares.  The question goes back from stage to stage, since a
 * transform may have given the claim another place.
 */
#ifndef CLAIM_H
#define CLAIM_H

#include "stage/run.h"

/* Asks the stages before `config`, from the nearest on.  0, or what one of them gave. */
int claim_ask(struct run *run, const struct stage_config *config, struct mu_claim *claim);

#endif
