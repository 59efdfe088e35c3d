#include "stage/part.h"

#include <string.h>

/* The file and the part. */
static struct text key_of(const struct document *document, const char *part)
{
	struct text key = { 0 };

	text_puts(&key, document->public.path);
	text_putc(&key, '\0');
	text_puts(&key, part);
	return key;
}

void part_take(struct run *run, const struct document *document, const char *part)
{
	struct text key = key_of(document, part);

	pthread_mutex_lock(&run->lock);
	if (mu_map_add(&run->taken, key.data, key.len) == SIZE_MAX)
		mem_exhausted();
	pthread_mutex_unlock(&run->lock);
	text_release(&key);
}

static bool is_taken(struct run *run, const struct finding *f)
{
	const struct document *document = documents_get(&run->documents, f->document);
	struct text key;
	bool taken;

	if (run->options.select && run->pipeline->n_sources > 1)
		return true;
	key = key_of(document, f->part);
	taken = mu_map_find(&run->taken, key.data, key.len) != SIZE_MAX;
	text_release(&key);
	return taken;
}

/* Whether nobody has said so yet: each source of a document says the same of it. */
static bool is_new(struct run *run, const struct finding *f, struct mu_map *said)
{
	struct text key = key_of(documents_get(&run->documents, f->document), f->part);
	size_t before = said->count, i;

	text_puts(&key, f->code);
	i = mu_map_add(said, key.data, key.len);
	text_release(&key);
	if (i == SIZE_MAX)
		mem_exhausted();
	return said->count > before;
}

static void findings_forget(struct run *run, struct findings *findings, struct mu_map *said)
{
	size_t i, kept = 0;

	for (i = 0; i < findings->count; i++) {
		struct finding *f = &findings->items[i];

		if (f->part && f->document && (is_taken(run, f) || !is_new(run, f, said))) {
			findings->of[f->severity]--;
			finding_release(f);
		} else {
			findings->items[kept++] = *f;
		}
	}
	findings->count = kept;
}

void parts_forget(struct run *run)
{
	struct mu_map said = { 0 };

	for (size_t i = 0; i < run->n_records; i++)
		findings_forget(run, &run->records[i].findings, &said);
	mu_map_release(&said);
}
