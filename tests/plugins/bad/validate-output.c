/* A service that is not for validators.
 *     exit 3
 *     line muster: sources.list[2] (validate/output): the plugin calls mu_output(), which is not for who performs 'validate'
 */
#include "bad.h"

BAD_SHOW(const char *path; mu_output(ctx, "mine.csv", &path))
VALIDATOR("output", .validate = bad_show)
