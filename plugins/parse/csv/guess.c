#include "csv.h"

#include <inttypes.h>
#include <stdio.h>

enum {
	SKIPS = 20, /* lines above the header, at most */
	OPTIONS_BYTES = 128,
};

/* How documents of other kinds begin. */
static bool begins_otherwise(const uint8_t *data, size_t len)
{
	static const char *const magic[] = { "%PDF", "PK\003\004", "\xd0\xcf\x11\xe0", "\x1f\x8b",
					     NULL };
	size_t i;

	for (i = 0; magic[i]; i++)
		if (len >= strlen(magic[i]) && !memcmp(data, magic[i], strlen(magic[i])))
			return true;
	for (i = len >= 3 && !memcmp(data, "\xef\xbb\xbf", 3) ? 3 : 0; i < len; i++)
		if (data[i] != ' ' && data[i] != '\t' && data[i] != '\r' && data[i] != '\n')
			return data[i] == '<' || data[i] == '{' || data[i] == '[';
	return true;
}

/* The share of records that have as many cells as the first, but for notes at the end. */
static double evenness(const struct division *d)
{
	size_t records = d->alike > 2 && d->alone <= d->alike ? d->records - d->alone : d->records;

	if (d->cells < 2 || records < 2)
		return 0;
	return (double)d->alike / (double)records;
}

/* Tries from which line on the text is divided most evenly. */
static int try_skips(struct mu_ctx *ctx, struct self *self, struct division *best, int64_t *skip)
{
	struct division d;
	int64_t i;
	int err = 0;

	*best = (struct division){ 0 };
	for (i = 0; !err && i <= SKIPS && evenness(best) < 1; i++) {
		self->skip = i;
		self->at = csv_skip_lines(self);
		if (self->at >= self->text.len)
			break;
		err = csv_sniff(ctx, self, &d);
		if (!err && evenness(&d) > evenness(best)) {
			*best = d;
			*skip = i;
		}
	}
	return err;
}

int csv_guess(struct mu_ctx *ctx, void *state, struct mu_guess *out)
{
	struct self *self = state;
	struct division best;
	const uint8_t *data;
	int64_t skip = 0;
	size_t len, n = 0;
	char *options;
	int err = mu_data(ctx, &data, &len);

	if (err || begins_otherwise(data, len))
		return err;
	self->dialect.quote = *self->quote;
	err = csv_decode(ctx, self);
	if (!err && !self->unreadable)
		err = try_skips(ctx, self, &best, &skip);
	if (err || self->unreadable || evenness(&best) < 0.8)
		return err;
	options = mu_alloc(ctx, OPTIONS_BYTES);
	if (best.delimiter != ',')
		n += (size_t)snprintf(options, OPTIONS_BYTES, "delimiter: %s\n",
				      best.delimiter == '\t'  ? "\"\\t\""
				      : best.delimiter == ';' ? "';'"
							      : "'|'");
	if (skip)
		snprintf(options + n, OPTIONS_BYTES - n,
			 "skip: %" PRId64 "  # lines above the header\n", skip);
	out->score = 0.9 * evenness(&best);
	out->options = options;
	return 0;
}
