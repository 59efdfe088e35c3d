/* A column without its values.
 *     exit 3
 *     line muster: sources.list[1] (parse/buffers): list.csv: the plugin gave out a batch whose column 'share' is broken: it has not the buffers or the length that it needs
 */
#include "bad.h"

BAD_PARSE(free((void *)(uintptr_t)out->children[1]->buffers[1]);
	  out->children[1]->buffers[1] = NULL)
PARSER("buffers", .open = good_open, .parse = bad_parse)
