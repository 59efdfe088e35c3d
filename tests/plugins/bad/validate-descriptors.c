/* Standard input, output and error, closed.
 *     exit 0
 *     line list: valid: 3 rows
 */
#include "bad.h"

BAD_SHOW(close(0); close(1); close(2))
VALIDATOR("descriptors", .validate = bad_show)
