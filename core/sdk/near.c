/*
 * Names that are near what somebody wrote, and columns that an option names.
 */
#include <stdio.h>

#include <muster/table.h>

/* Names longer than this are near nothing. */
#define LETTERS_MAX 64

struct letters {
	uint32_t code[LETTERS_MAX]; /* the bytes of each character, ASCII in lower case */
	size_t count;
};

/* False when the name is too long. */
static bool letters_read(struct letters *out, const char *name)
{
	out->count = 0;
	while (*name) {
		uint32_t code = (unsigned char)*name++;

		if (out->count == LETTERS_MAX)
			return false;
		if (code >= 'A' && code <= 'Z')
			code += 'a' - 'A';
		while (mu_is_tail(*name) && code < 1u << 24)
			code = code << 8 | (unsigned char)*name++;
		out->code[out->count++] = code;
	}
	return true;
}

static size_t least_of(size_t a, size_t b)
{
	return a < b ? a : b;
}

/* Optimal string alignment: what inserting, deleting, replacing and swapping
 * two neighbours cost to make one of the other, no letter touched twice. */
static size_t letters_distance(const struct letters *a, const struct letters *b)
{
	size_t row[3][LETTERS_MAX + 1];
	size_t i, j;

	for (j = 0; j <= b->count; j++)
		row[0][j] = j;
	for (i = 1; i <= a->count; i++) {
		const size_t *above = row[(i - 1) % 3], *before = row[(i + 1) % 3];
		size_t *here = row[i % 3];

		here[0] = i;
		for (j = 1; j <= b->count; j++) {
			here[j] = above[j - 1] + (a->code[i - 1] != b->code[j - 1]);
			here[j] = least_of(here[j], least_of(above[j], here[j - 1]) + 1);
			if (i > 1 && j > 1 && a->code[i - 1] == b->code[j - 2] &&
			    a->code[i - 2] == b->code[j - 1])
				here[j] = least_of(here[j], before[j - 2] + 1);
		}
	}
	return row[a->count % 3][b->count];
}

/* The candidate that begins with all of the letters, when there is just one. */
static const char *beginning_with(const struct letters *start, const char *const *candidates)
{
	const char *found = NULL;
	struct letters other;

	if (start->count < 2)
		return NULL;
	for (; *candidates; candidates++) {
		if (!letters_read(&other, *candidates) || other.count < start->count ||
		    memcmp(other.code, start->code, start->count * sizeof *start->code) != 0)
			continue;
		if (found)
			return NULL;
		found = *candidates;
	}
	return found;
}

const char *mu_nearest(const char *name, const char *const *candidates)
{
	const char *nearest = NULL, *const * c;
	struct letters wanted, other;
	size_t least, distance;

	if (!letters_read(&wanted, name))
		return NULL;
	/* One slip is allowed in short names too. */
	least = wanted.count / 3 + 1;
	if (wanted.count == 2)
		least = 2;
	for (c = candidates; *c; c++) {
		if (!letters_read(&other, *c) || !other.count)
			continue;
		distance = letters_distance(&wanted, &other);
		if (distance < least && distance < other.count) {
			least = distance;
			nearest = *c;
		}
	}
	return nearest ? nearest : beginning_with(&wanted, candidates);
}

/* How much of the list of names a message has. */
#define LIST_MAX  400
#define NAMES_MAX 20

static void names_list(char *out, size_t size, const char *const *names)
{
	size_t used = 0, i;

	*out = '\0';
	for (i = 0; names[i] && i < NAMES_MAX && used + strlen(names[i]) + 32 < size; i++)
		used += (size_t)snprintf(out + used, size - used, "%s'%s'", i ? ", " : "",
					 names[i]);
	if (names[i])
		snprintf(out + used, size - used, "%s", i ? " and others" : "others");
}

int mu_no_column(struct mu_ctx *ctx, const char *const *option, const char *const *names)
{
	const char *near = mu_nearest(*option, names);
	char list[LIST_MAX];

	names_list(list, sizeof list, names);
	return mu_invalid(ctx, option, "no column is called '%s'; there are %s%s%s%s", *option,
			  names[0] ? list : "none", near ? "; did you mean '" : "",
			  near ? near : "", near ? "'?" : "");
}

int mu_option_column(struct mu_ctx *ctx, const char *const *option, int64_t *index)
{
	int64_t visible = mu_schema_visible(ctx->schema), i;
	const char **names;

	*index = mu_schema_find(ctx->schema, *option);
	if (*index >= 0 && *index < visible)
		return 0;
	names = mu_alloc(ctx, ((size_t)visible + 1) * sizeof *names);
	for (i = 0; i < visible; i++)
		names[i] = ctx->schema->children[i]->name;
	return mu_no_column(ctx, option, names);
}
