/* exit() when an exporter is closed.
 *     exit 3
 *     line muster: dataset[1] (export/exit): called exit(0) in close
 */
#include "bad.h"

BAD_CLOSE(exit(0))
VALIDATOR("exit", .export = good_show, .close = bad_close)
