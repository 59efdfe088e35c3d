/* exit() in a callback.
 *     exit 3
 *     line muster: sources.list[2] (validate/exit): called exit(0) in validate, at work on list.csv, before the run had its end
 */
#include "bad.h"

BAD_SHOW(exit(0))
VALIDATOR("exit", .validate = bad_show)
