/* The document, made an output and written.
 *     exit 3
 *     line muster: dataset[1] (export/link-append): mine.csv: is another file as well, by a hard link
 */
#include "bad.h"

BAD_OPEN(const char *path; if (!mu_output(ctx, "mine.csv", &path) && !link("list.csv", path))
		 mu_append(ctx, path, "mine", 4))
VALIDATOR("link-append", .open = bad_open, .export = good_show)
