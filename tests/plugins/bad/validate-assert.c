/* A plugin that finds itself wrong.
 *     exit 134
 *     line muster: sources.list[2] (validate/assert): gave up with SIGABRT in validate, at work on list.csv
 */
#include <assert.h>

#include "bad.h"

BAD_SHOW(assert(!rows))
VALIDATOR("assert", .validate = bad_show)
