#include "text/slip.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#define DIGITS 24

/* How often each kind happens, of all slips of one number.  That a single digit
 * is misread or mistyped is the commonest; the rest share what is left. */
static const double priors[SLIPS] = {
	[SLIP_DIGIT] = 0.36, [SLIP_SWAPPED] = 0.14, [SLIP_LOST] = 0.12,      [SLIP_DOUBLED] = 0.08,
	[SLIP_ADDED] = 0.06, [SLIP_MARK] = 0.14,    [SLIP_SEPARATOR] = 0.06, [SLIP_SIGN] = 0.04,
};

struct pair {
	char right[DIGITS], stands[DIGITS]; /* digits without sign */
	size_t n_right, n_stands;
	size_t same; /* digits that are the same from the left */
	size_t tail; /* and from the right, behind these */
};

static void digits_write(int64_t value, char out[DIGITS])
{
	uint64_t size = value < 0 ? -(uint64_t)value : (uint64_t)value;

	snprintf(out, DIGITS, "%" PRIu64, size);
}

static struct pair compare(int64_t right, int64_t stands)
{
	struct pair p;

	digits_write(right, p.right);
	digits_write(stands, p.stands);
	p.n_right = strlen(p.right);
	p.n_stands = strlen(p.stands);
	for (p.same = 0; p.same < p.n_right && p.same < p.n_stands; p.same++)
		if (p.right[p.same] != p.stands[p.same])
			break;
	for (p.tail = 0; p.same + p.tail < p.n_right && p.same + p.tail < p.n_stands; p.tail++)
		if (p.right[p.n_right - 1 - p.tail] != p.stands[p.n_stands - 1 - p.tail])
			break;
	return p;
}

static double digit(const struct pair *p)
{
	if (p->n_right != p->n_stands || p->same + p->tail + 1 != p->n_right)
		return 0;
	return 1.0 / (9.0 * (double)p->n_right);
}

static double swapped(const struct pair *p)
{
	size_t i = p->same;

	if (p->n_right != p->n_stands || p->same + p->tail + 2 != p->n_right)
		return 0;
	if (p->right[i] != p->stands[i + 1] || p->right[i + 1] != p->stands[i])
		return 0;
	return 1.0 / (double)(p->n_right - 1);
}

/* In how many places the one digit could be taken out that `longer` has more. */
static double places(const char *longer, size_t n, size_t same)
{
	size_t first = same, last = same;

	while (first && longer[first - 1] == longer[same])
		first--;
	while (last + 1 < n && longer[last + 1] == longer[same])
		last++;
	return (double)(last - first + 1);
}

/* Of a number that begins with a zero then, nobody would say that it is one. */
static double lost(const struct pair *p)
{
	if (p->n_right != p->n_stands + 1 || p->same + p->tail != p->n_stands)
		return 0;
	return places(p->right, p->n_right, p->same) / (double)p->n_right;
}

static bool one_more(const struct pair *p)
{
	return p->n_stands == p->n_right + 1 && p->same + p->tail == p->n_right;
}

static double doubled(const struct pair *p)
{
	char c = p->stands[p->same];
	bool twice = (p->same && p->stands[p->same - 1] == c) ||
		     (p->same + 1 < p->n_stands && p->stands[p->same + 1] == c);

	/* A run of one digit grows by doubling any of it. */
	return one_more(p) && twice
		       ? (places(p->stands, p->n_stands, p->same) - 1) / (double)p->n_right
		       : 0;
}

static double added(const struct pair *p)
{
	return one_more(p) ? places(p->stands, p->n_stands, p->same) / (10.0 * (double)p->n_stands)
			   : 0;
}

/* Notes are counted from 1; few tables have more than nine. */
static double mark(const struct pair *p)
{
	size_t more = p->n_stands - p->n_right;

	if (p->n_stands <= p->n_right || more > 2 || p->same < p->n_right ||
	    p->stands[p->n_right] == '0' || p->right[0] == '0')
		return 0;
	return more == 1 ? 0.9 / 9 : 0.1 / 90;
}

/* 1.204 read as 1, or 1204 for 1.2: the three digits behind are lost, or the
 * number has three zeros too many. */
static double separator(const struct pair *p)
{
	if (p->right[0] == '0' || p->stands[0] == '0')
		return 0;
	if (p->n_right == p->n_stands + 3 && p->same == p->n_stands)
		return 0.5;
	if (p->n_stands == p->n_right + 3 && p->same == p->n_right &&
	    !strcmp(p->stands + p->n_right, "000"))
		return 0.5;
	return 0;
}

enum slip slip_find(int64_t right, int64_t stands, double *likelihood)
{
	double of[SLIPS] = { 0 }, best = 0;
	enum slip found = SLIP_NONE;
	struct pair p;
	int i;

	*likelihood = 0;
	if (right == stands)
		return SLIP_NONE;
	p = compare(right, stands);
	if (right == (int64_t) - (uint64_t)stands) {
		of[SLIP_SIGN] = 1;
	} else if ((right < 0) == (stands < 0)) {
		of[SLIP_DIGIT] = digit(&p);
		of[SLIP_SWAPPED] = swapped(&p);
		of[SLIP_LOST] = lost(&p);
		of[SLIP_DOUBLED] = doubled(&p);
		of[SLIP_ADDED] = added(&p);
		of[SLIP_MARK] = mark(&p);
		of[SLIP_SEPARATOR] = separator(&p);
	}
	for (i = 0; i < SLIPS; i++) {
		double weight = priors[i] * of[i];

		*likelihood += weight;
		if (weight > best) {
			best = weight;
			found = (enum slip)i;
		}
	}
	return found;
}

const char *slip_kind(enum slip slip)
{
	static const char *const kinds[SLIPS] = {
		"value-wrong", "digit-wrong",   "digits-swapped", "digit-lost", "digit-doubled",
		"digit-added", "footnote-mark", "separator",      "sign",
	};

	return kinds[slip];
}

const char *slip_phrase(enum slip slip)
{
	static const char *const phrases[SLIPS] = {
		"the number is another one",
		"one digit is wrong",
		"two digits are swapped",
		"a digit is lost",
		"a digit is doubled",
		"a digit is too many",
		"the mark of a footnote is glued to the number",
		"a separator of thousands was taken for a decimal point, or the reverse",
		"the sign is wrong",
	};

	return phrases[slip];
}
