/* An output outside of the folder.
 *     exit 2
 *     line muster: dataset[1] (export/path): the output path '../mine.csv' cannot be
 */
#include "bad.h"

BAD_OPEN(const char *path; mu_output(ctx, "../mine.csv", &path))
VALIDATOR("path", .open = bad_open, .export = good_show)
