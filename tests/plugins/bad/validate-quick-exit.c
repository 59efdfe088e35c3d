/* quick_exit().
 *     exit 3
 *     line muster: sources.list[2] (validate/quick-exit): called quick_exit() in validate
 */
#include "bad.h"

BAD_SHOW(quick_exit(0))
VALIDATOR("quick-exit", .validate = bad_show)
