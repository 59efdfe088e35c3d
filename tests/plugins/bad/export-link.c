/* An output that is the document as well.
 *     exit 3
 *     line muster: mine.csv: is another file as well, by a hard link
 */
#include "bad.h"

BAD_OPEN(const char *path;
	 if (!mu_output(ctx, "mine.csv", &path) && link("list.csv", path)) return EIO)
VALIDATOR("link", .open = bad_open, .export = good_show)
