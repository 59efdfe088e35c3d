/* A second process that goes on with the run.
 *     exit 0
 *     line list: valid: 3 rows
 */
#include "bad.h"

BAD_SHOW(if (rows && fork() < 0) abort())
VALIDATOR("fork", .validate = bad_show)
