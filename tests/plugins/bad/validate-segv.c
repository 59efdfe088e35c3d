/* A null pointer.
 *     exit 139
 *     line muster: sources.list[2] (validate/segv): crashed with SIGSEGV in validate, at work on list.csv
 */
#include "bad.h"

BAD_SHOW(int *volatile nowhere = NULL; *nowhere = 1)
VALIDATOR("segv", .validate = bad_show)
