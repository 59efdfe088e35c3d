/* A crash when what it made is released.
 *     exit 139
 *     line muster: sources.list[1] (parse/release-crash): crashed with SIGSEGV in release, at work on list.csv
 */
#include <signal.h>

#include "bad.h"

static void crash(struct ArrowArray *rows)
{
	(void)rows;
	raise(SIGSEGV);
}

BAD_PARSE(out->release = crash)
PARSER("release-crash", .open = good_open, .parse = bad_parse)
