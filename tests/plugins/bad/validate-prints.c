/* Words on standard output, where the report goes.
 *     exit 0
 *     args --report json=-
 *     line it was here
 */
#include "bad.h"

BAD_SHOW(printf("it was here\n"); fflush(stdout); printf("and here\n"))
VALIDATOR("prints", .validate = bad_show)
