/* A stack without an end, on the thread of a parser.
 *     exit 139
 *     line muster: sources.list[1] (parse/stack): crashed with SIGSEGV in parse, at work on list.csv
 */
#include "bad.h"

/* The depth is more than any stack has; the compiler need not know. */
static int deep(int left) // NOLINT(misc-no-recursion)
{
	volatile char here[4096];

	here[0] = (char)left;
	return left ? deep(left - 1) + here[0] : 0;
}

BAD_PARSE(return deep(1 << 30))
PARSER("stack", .open = good_open, .parse = bad_parse)
