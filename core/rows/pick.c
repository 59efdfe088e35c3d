#include "rows/pick.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

struct picking {
	const struct stretch *stretches;
	size_t n;
	int64_t rows; /* in all of them */
};

/* What a column owns. */
struct owned {
	const void *buffers[3];
};

static void column_release(struct ArrowArray *column)
{
	struct owned *own = column->private_data;
	int i;

	for (i = 0; i < 3; i++)
		free((void *)own->buffers[i]);
	free(own);
	column->release = NULL;
}

static void *memory(int64_t count, size_t size)
{
	return mem_resize(NULL, (size_t)count + !count, size);
}

static void *pick_values(const struct picking *p, const char *from, size_t size)
{
	char *out = memory(p->rows, size), *at = out;
	size_t i;

	for (i = 0; i < p->n; i++) {
		size_t len = (size_t)p->stretches[i].count * size;

		memcpy(at, from + (size_t)p->stretches[i].first * size, len);
		at += len;
	}
	return out;
}

/* The next eight bits of a bitmap, or as many as it has: `n`. */
static unsigned bits_at(const uint8_t *from, int64_t i, int64_t n)
{
	unsigned shift = (unsigned)(i & 7), count = n < 8 ? (unsigned)n : 8;
	unsigned bits = (unsigned)from[i >> 3] >> shift;

	if (shift + count > 8)
		bits |= (unsigned)from[(i >> 3) + 1] << (8 - shift);
	return bits & ((1U << count) - 1);
}

static void *pick_bits(const struct picking *p, const uint8_t *from, int64_t offset)
{
	uint8_t *out = mem_alloc((size_t)p->rows / 8 + 2);
	int64_t row = 0, done;
	size_t i;

	for (i = 0; i < p->n; i++) {
		int64_t first = offset + p->stretches[i].first, n = p->stretches[i].count;

		for (done = 0; done < n; done += 8) {
			unsigned bits = bits_at(from, first + done, n - done) << (row & 7);

			out[row >> 3] |= (uint8_t)bits;
			out[(row >> 3) + 1] |= (uint8_t)(bits >> 8);
			row += n - done < 8 ? n - done : 8;
		}
	}
	return out;
}

static void pick_texts(const struct picking *p, const int32_t *from, const char *text,
		       struct owned *own)
{
	int32_t *out = memory(p->rows + 1, sizeof *out);
	int64_t row = 0, len = 0, j;
	char *texts;
	size_t i;

	for (i = 0; i < p->n; i++) {
		const int32_t *at = from + p->stretches[i].first;

		for (j = 0; j < p->stretches[i].count; j++)
			out[row++] = (int32_t)(len + at[j] - at[0]);
		len += at[j] - at[0];
	}
	out[row] = (int32_t)len;
	texts = memory(len, 1);
	own->buffers[1] = out;
	own->buffers[2] = texts;
	for (i = 0; i < p->n; i++) {
		const int32_t *at = from + p->stretches[i].first;
		size_t n = (size_t)(at[p->stretches[i].count] - at[0]);

		if (n)
			memcpy(texts, text + at[0], n);
		texts += n;
	}
}

/* Where all are null, or none is, that is known of any of them. */
static int64_t nulls_of(const struct picking *p, const struct ArrowArray *column)
{
	if (!column->null_count || !column->buffers[0])
		return 0;
	return column->null_count == column->length ? p->rows : -1;
}

static void pick_column(const struct picking *p, const struct ArrowSchema *schema,
			const struct ArrowArray *rows, int64_t i, struct ArrowArray *out)
{
	struct mu_column c = mu_column(schema, rows, i);
	const struct ArrowArray *from = rows->children[i];
	struct owned *own = mem_alloc(sizeof *own);
	bool plain = c.type == MU_STRING && !c.words;
	size_t size = c.type == MU_DATE || c.type == MU_STRING ? sizeof(int32_t) : sizeof(int64_t);

	*out = (struct ArrowArray){ .length = p->rows,
				    .null_count = nulls_of(p, from),
				    .n_buffers = plain ? 3 : 2,
				    .buffers = own->buffers,
				    .dictionary = from->dictionary,
				    .release = column_release,
				    .private_data = own };
	if (out->null_count)
		own->buffers[0] = out->null_count < 0 ? pick_bits(p, c.valid, c.offset)
						      : mem_alloc((size_t)p->rows / 8 + 1);
	if (plain)
		pick_texts(p, (const int32_t *)c.values + c.offset, c.text, own);
	else if (c.type == MU_BOOLEAN)
		own->buffers[1] = pick_bits(p, c.values, c.offset);
	else
		own->buffers[1] =
			pick_values(p, (const char *)c.values + (size_t)c.offset * size, size);
}

void rows_pick(const struct ArrowSchema *schema, const struct ArrowArray *rows,
	       const struct stretch *stretches, size_t n, struct ArrowArray *out)
{
	struct picking p = { .stretches = stretches, .n = n };
	int64_t i;

	for (; n; n--)
		p.rows += stretches[n - 1].count;
	if (mu_batch_init(out, rows->n_children, p.rows))
		mem_exhausted();
	for (i = 0; i < rows->n_children; i++)
		if (rows->children[i]->release)
			pick_column(&p, schema, rows, i, out->children[i]);
}
