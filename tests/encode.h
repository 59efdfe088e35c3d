/*
 * Text in dictionaries: a batch whose columns of text are plain becomes the same batch
 * with codes and words.
 */
#ifndef ENCODE_H
#define ENCODE_H

#include <stdlib.h>

#include <muster/table.h>

static void encoded_release(struct ArrowArray *array)
{
	if (array->dictionary)
		mu_array_release(array->dictionary);
	for (int64_t i = 0; i < array->n_buffers; i++)
		free((void *)array->buffers[i]);
	free(array->dictionary);
	free(array->buffers);
	array->release = NULL;
}

static void *encoded_alloc(size_t size)
{
	void *memory = calloc(1, size ? size : 1);

	if (!memory)
		abort();
	return memory;
}

static struct mu_view encoded_view(struct mu_string text, char *texts, int32_t *len)
{
	struct mu_view view = { .len = (int32_t)text.len };

	if (text.len <= sizeof view.bytes) {
		memcpy(view.bytes, text.data, text.len);
		return view;
	}
	memcpy(view.at.prefix, text.data, sizeof view.at.prefix);
	view.at.offset = *len;
	memcpy(texts + *len, text.data, text.len);
	*len += (int32_t)text.len;
	return view;
}

/* Each value becomes a code of the first word that is the same. */
static void encode_column(struct ArrowArray *array, const struct mu_column *cells)
{
	size_t n = (size_t)array->length;
	struct mu_view *words = encoded_alloc(n * sizeof *words);
	int32_t *codes = encoded_alloc(n * sizeof *codes), len = 0;
	uint8_t *valid = encoded_alloc(n / 8 + 1);
	char *texts = encoded_alloc((size_t)((const int32_t *)cells->values)[n] + 1);
	const void **buffers = encoded_alloc(2 * sizeof *buffers);
	struct mu_column made = { .words = words, .texts = (const void *const[]){ texts } };
	struct ArrowArray *dictionary = encoded_alloc(sizeof *dictionary);
	int64_t nulls = array->null_count;

	for (int64_t row = 0; row < array->length; row++) {
		struct mu_string text = mu_get_string(cells, row);
		int64_t code = 0;

		codes[row] = INT32_MIN; /* nobody may look at those of nulls */
		if (mu_null(cells, row))
			continue;
		while (code < made.n_words && !(mu_word(&made, code).len == text.len &&
						!memcmp(mu_word(&made, code).data, text.data, text.len)))
			code++;
		if (code == made.n_words)
			words[made.n_words++] = encoded_view(text, texts, &len);
		codes[row] = (int32_t)code;
		valid[row / 8] |= (uint8_t)(1u << (row & 7));
	}
	*dictionary = (struct ArrowArray){ .length = made.n_words,
					   .n_buffers = 3,
					   .buffers = encoded_alloc(3 * sizeof(void *)),
					   .release = encoded_release };
	dictionary->buffers[1] = words;
	dictionary->buffers[2] = texts;
	buffers[0] = valid;
	buffers[1] = codes;
	mu_array_release(array);
	*array = (struct ArrowArray){ .length = (int64_t)n,
				      .null_count = nulls,
				      .n_buffers = 2,
				      .buffers = buffers,
				      .dictionary = dictionary,
				      .release = encoded_release };
}

/* Encodes all columns of text but the hidden ones. */
static inline void encode(const struct ArrowSchema *schema, struct ArrowArray *batch)
{
	for (int64_t i = 0; i < mu_schema_visible(schema) && batch->length; i++) {
		struct mu_column cells = mu_column(schema, batch, i);

		if (cells.type == MU_STRING)
			encode_column(batch->children[i], &cells);
	}
}

#endif
