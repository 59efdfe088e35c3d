/* A word that its dictionary has not.
 *     exit 3
 *     line muster: sources.list[1] (parse/words): list.csv: the plugin gave out a batch whose column 'country' is broken: row 3 has word 7 of 1
 */
#include "bad.h"

/* Nothing here is given back; the program ends soon. */
static void words_release(struct ArrowArray *words)
{
	words->release = NULL;
}

static void encode(struct ArrowArray *column)
{
	static const struct mu_view view = { .len = 5, .bytes = "Chile" };
	static const int64_t lengths[1];
	static const void *word_buffers[] = { NULL, &view, lengths };
	static const int32_t codes[] = { 0, 0, 7 };
	static const void *buffers[] = { NULL, codes };
	static struct ArrowArray words = {
		.length = 1, .n_buffers = 3, .buffers = word_buffers, .release = words_release
	};

	column->n_buffers = 2;
	column->buffers = buffers;
	column->dictionary = &words;
	column->release = words_release;
}

BAD_PARSE(encode(out->children[0]))
PARSER("words", .open = good_open, .parse = bad_parse)
