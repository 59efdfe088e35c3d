/* No byte may be written any more.
 *     exit 0
 */
#include <sys/resource.h>

#include "bad.h"

static void lower(int what)
{
	struct rlimit limit;

	if (getrlimit((__rlimit_resource_t)what, &limit))
		abort();
	limit.rlim_cur = 0;
	setrlimit((__rlimit_resource_t)what, &limit);
}

BAD_SHOW(lower(RLIMIT_FSIZE); lower(RLIMIT_NOFILE))
VALIDATOR("limits", .validate = bad_show)
