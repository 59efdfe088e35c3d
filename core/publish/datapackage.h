/*
 * The datapackage.json beside the outputs: what they are, so that others can
 * read them and muster knows them again (https://specs.frictionlessdata.io/data-package/).
 */
#ifndef DATAPACKAGE_H
#define DATAPACKAGE_H

#include "stage/run.h"

void datapackage_write(const struct run *run, struct text *out);

#endif
