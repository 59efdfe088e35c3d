/* The end of the first thread.
 *     exit 3
 *     line muster: sources.list[2] (validate/pthread-exit): called pthread_exit() in validate
 */
#include <pthread.h>

#include "bad.h"

BAD_SHOW(pthread_exit(NULL))
VALIDATOR("pthread-exit", .validate = bad_show)
