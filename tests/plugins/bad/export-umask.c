/* A mask that leaves new files no mode at all.
 *     exit 0
 */
#include <sys/stat.h>

#include "bad.h"

BAD_OPEN(umask(0777))
BAD_SHOW(umask(0777))
VALIDATOR("umask", .open = bad_open, .export = bad_show)
