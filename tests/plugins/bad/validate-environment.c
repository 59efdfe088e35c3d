/* An environment without the folder for temporary files, and others.
 *     exit 0
 */
#include "bad.h"

BAD_SHOW(clearenv(); setenv("TMPDIR", "/nowhere", 1); setenv("PATH", "/nowhere", 1))
VALIDATOR("environment", .validate = bad_show)
