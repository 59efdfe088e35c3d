#include "aggregate/tally.h"

#define GROUPS_MAX (UINT32_MAX - 1)

void tally_init(struct tally *tally, size_t width, size_t n_measures, uint64_t most)
{
	size_t numbers = (1 + width) * sizeof(uint32_t);

	*tally = (struct tally){ .width = width,
				 .n_measures = n_measures,
				 .most = most < GROUPS_MAX ? most : GROUPS_MAX };
	tally->groups.size =
		sizeof(struct group) + n_measures * sizeof(int64_t) + (numbers + 7) / 8 * 8;
	tally->odds.size = n_measures * sizeof(struct sum);
}

void tally_release(struct tally *tally)
{
	pile_release(&tally->groups);
	pile_release(&tally->odds);
	tally_unindex(tally);
}

/* The odd of a group, a sum for each measure; NULL when memory is out. */
static struct sum *odd_of(struct tally *tally, struct group *group)
{
	uint32_t *odd = group_odd(tally, group);

	if (!*odd) {
		if (!pile_add(&tally->odds))
			return NULL;
		*odd = (uint32_t)tally->odds.count;
	}
	return pile_at(&tally->odds, *odd - 1);
}

bool sum_carry(struct tally *tally, struct group *group, size_t measure, int64_t value)
{
	struct sum *odd = odd_of(tally, group);

	if (!odd)
		return false;
	odd[measure].value += group->sums[measure];
	group->sums[measure] = value;
	return true;
}

static bool is_before(uint64_t a, uint64_t b)
{
	return (a & ~MU_AT_REJECTED) < (b & ~MU_AT_REJECTED);
}

bool sum_unknown(struct tally *tally, struct group *group, size_t measure, uint64_t rows,
		 uint64_t at)
{
	struct sum *odd = odd_of(tally, group);

	if (!odd)
		return false;
	odd += measure;
	if (!odd->unknown || is_before(at, odd->unknown_at))
		odd->unknown_at = at;
	odd->unknown += rows;
	return true;
}

struct sum tally_sum(const struct tally *tally, const struct group *group, size_t measure)
{
	uint32_t odd = *group_odd(tally, group);
	struct sum sum = { .value = 0 };

	if (odd)
		sum = ((const struct sum *)pile_at(&tally->odds, odd - 1))[measure];
	sum.value += group->sums[measure];
	return sum;
}

static bool odd_merge(struct tally *to, struct group *group, const struct sum *parts)
{
	struct sum *odd = odd_of(to, group);
	size_t m;

	for (m = 0; odd && m < to->n_measures; m++) {
		odd[m].value += parts[m].value;
		if (parts[m].unknown)
			sum_unknown(to, group, m, parts[m].unknown, parts[m].unknown_at);
	}
	return odd;
}

bool tally_merge(struct tally *to, struct group *group, const struct tally *from,
		 const struct group *other)
{
	uint32_t odd = *group_odd(from, other);
	size_t m;

	group->rows += other->rows;
	for (m = 0; m < to->n_measures; m++)
		if (!sum_add(to, group, m, other->sums[m]))
			return false;
	return !odd || odd_merge(to, group, pile_at(&from->odds, odd - 1));
}
