/* exit() while it is loaded.
 *     exit 3
 *     line muster: plugin parse/constructor-exit: called exit(0) in a constructor, at work on 
 */
#include "bad.h"

__attribute__((constructor)) static void begin(void)
{
	exit(0);
}

PARSER("constructor-exit", .open = good_open, .parse = good_parse)
