/* Likewise, and another folder, while it is loaded.
 *     exit 0
 */
#include <sys/stat.h>

#include "bad.h"

__attribute__((constructor)) static void begin(void)
{
	umask(0777);
	if (chdir("/"))
		abort();
}

PARSER("constructor-umask", .open = good_open, .parse = good_parse)
