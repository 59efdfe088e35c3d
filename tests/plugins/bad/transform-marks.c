/* A row that it marks as rejected itself.
 *     exit 3
 *     line muster: sources.list[2] (transform/marks): the plugin gave out a batch with row 2 marked as rejected
 */
#include "bad.h"

BAD_TRANSFORM(((uint64_t *)(uintptr_t)out->children[2]->buffers[1])[1] |= MU_AT_REJECTED)
VALIDATOR("marks", .transform = bad_transform)
