/* Another exit status when the program ends.
 *     exit 0
 */
#include "bad.h"

__attribute__((destructor)) static void end(void)
{
	_exit(9);
}

VALIDATOR("destructor", .validate = good_show)
