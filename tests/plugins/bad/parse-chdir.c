/* Another current folder.
 *     exit 0
 */
#include "bad.h"

BAD_PARSE(if (chdir("/")) abort())
PARSER("chdir", .open = good_open, .parse = bad_parse)
