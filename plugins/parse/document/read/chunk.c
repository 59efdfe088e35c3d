#include "read/chunk.h"

#include <math.h>

#define CHUNK_GAP 0.45 /* of a word's height: more is between two chunks */

size_t chunks_find(const struct pages *pages, const struct word *words, size_t n, struct chunk *out)
{
	size_t count = 0;

	for (size_t i = 0; i < n; i++) {
		const struct word *w = &words[i];
		struct chunk *last = count ? &out[count - 1] : NULL;
		double gap = pages->boxes ? CHUNK_GAP * (w->y1 - w->y0) : pages->gap;

		if (last && w->x0 - last->x1 < gap) {
			last->end = i + 1;
			last->x1 = fmax(last->x1, w->x1);
			last->y0 = fmin(last->y0, w->y0);
			last->y1 = fmax(last->y1, w->y1);
			continue;
		}
		if (count == CHUNKS_MAX)
			return SIZE_MAX;
		out[count++] = (struct chunk){ i, i + 1, w->x0, w->x1, w->y0, w->y1 };
	}
	return count;
}

struct mu_string words_text(const struct word *words, size_t first, size_t end)
{
	const char *start = words[first].text.data;
	struct mu_string last = words[end - 1].text;

	return (struct mu_string){ start, (size_t)(last.data + last.len - start) };
}

struct mu_string chunk_text(const struct word *words, const struct chunk *c)
{
	return words_text(words, c->first, c->end);
}
