/* A crash while it is loaded.
 *     exit 139
 *     line muster: plugin parse/constructor-crash: crashed with SIGSEGV in a constructor, at work on 
 */
#include <signal.h>

#include "bad.h"

__attribute__((constructor)) static void begin(void)
{
	raise(SIGSEGV);
}

PARSER("constructor-crash", .open = good_open, .parse = good_parse)
