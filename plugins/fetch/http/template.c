/*
 * Addresses from one with placeholders: http://host/{year}_{month}.pdf.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "http.h"

enum { DIGITS = 9 }; /* of a number in a range */

/* The values of a placeholder. */
struct series {
	struct mu_string name;
	const char **values;
	size_t count, room;
	size_t at; /* of the combination at hand */
};

struct template
{
	struct series *series; /* one for each name, in the order of the address */
	size_t count;
};

static int wrong(struct mu_ctx *ctx, const struct http *http, const struct mu_pair *pair,
		 const char *what)
{
	return mu_invalid(ctx, &http->range, "the range of '%s' is '%s', %s", pair->name,
			  pair->value, what);
}

static int value_add(struct mu_ctx *ctx, const struct http *http, struct series *s,
		     const char *value)
{
	if (s->count == (uint64_t)http->max_documents)
		return mu_invalid(ctx, &http->range,
				  "the range of '%.*s' has more than the %" PRId64
				  " values that max_documents allows",
				  (int)s->name.len, s->name.data, http->max_documents);
	if (s->count == s->room) {
		const char **old = s->values;

		s->room = s->room ? 2 * s->room : 16;
		s->values = mu_alloc(ctx, s->room * sizeof *s->values);
		if (old)
			memcpy(s->values, old, s->count * sizeof *old);
	}
	s->values[s->count++] = value;
	return 0;
}

static bool is_number(const char *text, size_t len)
{
	return len && len <= DIGITS && strspn(text, "0123456789") >= len;
}

/* "2015..2024"; numbers are as wide as the first one when that begins with a zero. */
static int numbers_add(struct mu_ctx *ctx, const struct http *http, const struct mu_pair *pair,
		       struct series *s, struct mu_string text)
{
	const char *dots = memmem(text.data, text.len, "..", 2), *last = dots + 2;
	size_t first_len = (size_t)(dots - text.data), last_len = text.len - first_len - 2;
	int width = *text.data == '0' ? (int)first_len : 0, err = 0;
	long at, end;

	if (!is_number(text.data, first_len) || !is_number(last, last_len))
		return wrong(ctx, http, pair, "which should be whole numbers, such as 2015..2024");
	at = strtol(text.data, NULL, 10);
	end = strtol(last, NULL, 10);
	if (at > end)
		return wrong(ctx, http, pair, "which ends before it begins");
	for (; !err && at <= end; at++)
		err = value_add(ctx, http, s, print(ctx, "%0*ld", width, at));
	return err;
}

/* "a,b,c", of which each may be a range of numbers. */
static int series_read(struct mu_ctx *ctx, const struct http *http, const struct mu_pair *pair,
		       struct series *s)
{
	const char *at = pair->value;
	int err = 0;

	for (; !err; at++) {
		struct mu_string item = { at, strcspn(at, ",") };

		at += item.len;
		if (!item.len)
			return wrong(ctx, http, pair, "in which a value is empty");
		if (memmem(item.data, item.len, "..", 2))
			err = numbers_add(ctx, http, pair, s, item);
		else
			err = value_add(ctx, http, s, print(ctx, "%.*s", (int)item.len, item.data));
		if (!*at)
			break;
	}
	return err;
}

static struct series *series_find(const struct template *t, struct mu_string name)
{
	size_t i;

	for (i = 0; i < t->count; i++)
		if (t->series[i].name.len == name.len &&
		    !memcmp(t->series[i].name.data, name.data, name.len))
			return &t->series[i];
	return NULL;
}

static const struct mu_pair *range_find(const struct http *http, struct mu_string name)
{
	size_t i;

	for (i = 0; i < http->range.count; i++)
		if (mu_string_is(name, http->range.items[i].name))
			return &http->range.items[i];
	return NULL;
}

static int placeholder_read(struct mu_ctx *ctx, const struct http *http, struct template *t,
			    struct mu_string name)
{
	const struct mu_pair *pair = range_find(http, name);

	if (series_find(t, name))
		return 0;
	if (!pair)
		return mu_invalid(ctx, &http->url,
				  "the url has the placeholder {%.*s}, and range has no '%.*s'; a "
				  "brace that is none is written %%7B",
				  (int)name.len, name.data, (int)name.len, name.data);
	t->series[t->count] = (struct series){ .name = name };
	return series_read(ctx, http, pair, &t->series[t->count++]);
}

/* The next placeholder from `*at` on, which moves behind it.  Its length is 0 when there is
 * none; false: a brace is not closed. */
static bool placeholder_next(const char **at, struct mu_string *name)
{
	const char *open = strchr(*at, '{'), *close = open ? strchr(open, '}') : NULL;

	*name = (struct mu_string){ "", 0 };
	if (!open)
		return true;
	if (!close || close == open + 1)
		return false;
	*name = (struct mu_string){ open + 1, (size_t)(close - open) - 1 };
	*at = close + 1;
	return true;
}

static int template_read(struct mu_ctx *ctx, const struct http *http, struct template *t)
{
	const char *at = http->url;
	struct mu_string name;
	size_t i;
	int err = 0;

	t->series = mu_alloc(ctx, (http->range.count + 1) * sizeof *t->series);
	while (!err) {
		if (!placeholder_next(&at, &name))
			return mu_invalid(ctx, &http->url,
					  "a brace of the url is not closed, or encloses nothing");
		if (!name.len)
			break;
		err = placeholder_read(ctx, http, t, name);
	}
	for (i = 0; !err && i < http->range.count; i++) {
		const char *range = http->range.items[i].name;

		if (!series_find(t, (struct mu_string){ range, strlen(range) }))
			return mu_invalid(ctx, &http->range,
					  "range has '%s', and the url has no placeholder {%s}",
					  range, range);
	}
	return err;
}

/* All combinations together are no more than documents may be. */
static int template_count(struct mu_ctx *ctx, const struct http *http, const struct template *t)
{
	uint64_t all = 1;
	size_t i;

	for (i = 0; i < t->count; i++) {
		all *= t->series[i].count;
		if (all > (uint64_t)http->max_documents)
			return mu_invalid(ctx, &http->range,
					  "the ranges stand for more addresses than the %" PRId64
					  " that max_documents allows",
					  http->max_documents);
	}
	return 0;
}

int template_check(struct mu_ctx *ctx, struct http *http)
{
	struct template t = { 0 };
	int err;

	if (!http->url)
		return http->range.count ? mu_invalid(ctx, &http->range,
						      "range is for the placeholders of url")
					 : 0;
	err = template_read(ctx, http, &t);
	return err ? err : template_count(ctx, http, &t);
}

static char *combination(struct mu_ctx *ctx, const struct http *http, const struct template *t)
{
	const char *at = http->url, *from = at;
	size_t len = strlen(at) + 1;
	struct mu_string name;
	char *out, *to;

	while (placeholder_next(&at, &name) && name.len) {
		const struct series *s = series_find(t, name);

		len += strlen(s->values[s->at]);
	}
	to = out = mu_alloc(ctx, len);
	for (at = from; placeholder_next(&at, &name) && name.len; from = at) {
		const struct series *s = series_find(t, name);

		to = mempcpy(to, from, (size_t)(name.data - 1 - from));
		to = mempcpy(to, s->values[s->at], strlen(s->values[s->at]));
	}
	memcpy(to, from, strlen(from));
	return out;
}

/* The last placeholder changes first.  false: that was the last combination. */
static bool combination_next(struct template *t)
{
	size_t i;

	for (i = t->count; i-- > 0;) {
		if (++t->series[i].at < t->series[i].count)
			return true;
		t->series[i].at = 0;
	}
	return false;
}

int template_expand(struct mu_ctx *ctx, struct http *http,
		    int (*add)(struct mu_ctx *, struct http *, const char *text))
{
	struct template t = { 0 };
	int err = template_read(ctx, http, &t);

	do {
		if (!err)
			err = add(ctx, http, combination(ctx, http, &t));
	} while (!err && combination_next(&t));
	return err;
}
