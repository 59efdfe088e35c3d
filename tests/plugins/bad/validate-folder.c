/* Likewise, on the first thread.
 *     exit 0
 */
#include "bad.h"

BAD_SHOW(if (chdir("/")) abort())
VALIDATOR("folder", .validate = bad_show)
