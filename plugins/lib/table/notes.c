#include "table/notes.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>

int notes_check(struct mu_ctx *ctx, const struct mu_texts *patterns)
{
	struct pattern *pattern;
	size_t i;
	int err = 0;

	for (i = 0; i < patterns->count; i++) {
		pattern = NULL;
		if (pattern_compile(ctx, &patterns->items[i], patterns->items[i], false, &pattern))
			err = EINVAL;
		pattern_free(pattern);
	}
	return err;
}

int notes_open(struct mu_ctx *ctx, struct notes *notes, const struct mu_texts *patterns)
{
	int err = 0;

	*notes = (struct notes){ .n = 0 };
	if (!patterns->count)
		return 0;
	notes->patterns = calloc(patterns->count, sizeof(struct pattern *));
	if (!notes->patterns)
		return mu_fail(ctx, ENOMEM, "out of memory");
	for (; !err && notes->n < patterns->count; notes->n++)
		err = pattern_compile(ctx, &patterns->items[notes->n], patterns->items[notes->n],
				      false, &notes->patterns[notes->n]);
	return err;
}

void notes_close(struct notes *notes)
{
	size_t i;

	for (i = 0; i < notes->n; i++)
		pattern_free(notes->patterns[i]);
	free(notes->patterns);
	*notes = (struct notes){ .n = 0 };
}

int notes_match(struct mu_ctx *ctx, struct notes *notes, struct mu_string text, uint64_t at,
		bool *out)
{
	struct pattern_match match;
	size_t i;
	int found = 0;

	for (i = 0; !found && i < notes->n; i++)
		found = pattern_find(ctx, notes->patterns[i], text, 0, &match);
	*out = found > 0;
	if (found < 0)
		return -found;
	if (found && !notes->rows++)
		notes->first_at = at;
	return 0;
}

void notes_merge(struct notes *notes, const struct notes *other)
{
	if (!notes->rows || (other->rows && other->first_at < notes->first_at))
		notes->first_at = other->first_at;
	notes->rows += other->rows;
}

int notes_report(struct mu_ctx *ctx, const struct notes *notes)
{
	struct mu_finding passed = { .severity = MU_NOTE, .code = "notes", .at = notes->first_at };

	if (!notes->rows)
		return 0;
	return mu_report(ctx, passed, "%" PRIu64 " row%s passed over as notes", notes->rows,
			 notes->rows == 1 ? " was" : "s were");
}
