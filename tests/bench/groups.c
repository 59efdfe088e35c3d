/*
 * A roster as pipelines/roster-totals reads it, with as many groups of period and
 * mission as one likes, and their totals:
 *
 *     groups GROUPS BYTES ROSTER TOTALS
 *
 * Each row is of a group chosen at random, the same ones each time; nothing in it is
 * wrong.  Up to 10 missions, and periods from 1900-01-01 on.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MISSIONS = 10 };

/* Of the group: what its rows add up to; UINT64_MAX while it has none. */
struct groups {
	uint64_t count, *totals;
};

static const char *const countries[][2] = {
	{ "ARG", "Argentina" },
	{ "BGD", "Bangladesh" },
	{ "BOL", "\"Bolivia, Plurinational State of\"" },
	{ "CIV", "Côte d'Ivoire" },
	{ "GHA", "Ghana" },
	{ "NLD", "Netherlands" },
	{ "TUR", "Türkiye" },
	{ "URY", "Uruguay" },
};

static const char *const kinds[] = { "Experts on Mission", "Individual Police", "Staff Officer",
				     "Troops" };

/* Marsaglia, "Xorshift RNGs" (2003). */
static uint64_t random_next(uint64_t *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 7;
	*state ^= *state << 17;
	return *state;
}

/* The day of a period, in a calendar whose months have 28 days. */
static void print_group(FILE *file, uint64_t group)
{
	uint64_t day = group / MISSIONS;

	fprintf(file, "%04" PRIu64 "-%02" PRIu64 "-%02" PRIu64, 1900 + day / 336, day / 28 % 12 + 1,
		day % 28 + 1);
}

static void write_roster(FILE *file, struct groups *groups, int64_t bytes)
{
	uint64_t state = 88172645463325252;

	fputs("period,iso3,country,mission,personnel_type,female,male,total\n", file);
	while (ftello(file) < bytes) {
		uint64_t group = random_next(&state) % groups->count, r = random_next(&state);
		uint64_t female = r >> 8 & 127, male = r >> 16 & 1023;
		uint64_t *total = &groups->totals[group];

		print_group(file, group);
		fprintf(file, ",%s,%s,MISSION%" PRIu64 ",%s,%" PRIu64 ",%" PRIu64 ",%" PRIu64 "\n",
			countries[r & 7][0], countries[r & 7][1], group % MISSIONS,
			kinds[r >> 3 & 3], female, male, female + male);
		*total = (*total == UINT64_MAX ? 0 : *total) + female + male;
	}
}

static void write_totals(FILE *file, const struct groups *groups)
{
	uint64_t i;

	fputs("period,mission,total\n", file);
	for (i = 0; i < groups->count; i++)
		if (groups->totals[i] != UINT64_MAX) {
			print_group(file, i);
			fprintf(file, ",MISSION%" PRIu64 ",%" PRIu64 "\n", i % MISSIONS,
				groups->totals[i]);
		}
}

static FILE *file_open(const char *path)
{
	FILE *file = fopen(path, "w");

	if (!file)
		fprintf(stderr, "groups: %s: %s\n", path, strerror(errno));
	return file;
}

/* Whether all could be written. */
static bool file_close(FILE *file)
{
	return !file || fclose(file) == 0;
}

int main(int argc, char **argv)
{
	struct groups groups = { 0 };
	FILE *roster, *totals;
	bool good;

	groups.count = argc == 5 ? strtoull(argv[1], NULL, 10) : 0;
	if (!groups.count || groups.count > 10000000) {
		fputs("usage: groups GROUPS BYTES ROSTER TOTALS, at most 10000000 groups\n",
		      stderr);
		return 2;
	}
	groups.totals = malloc(groups.count * sizeof *groups.totals);
	roster = file_open(argv[3]);
	totals = file_open(argv[4]);
	good = groups.totals && roster && totals;
	if (good) {
		memset(groups.totals, 0xff, groups.count * sizeof *groups.totals);
		write_roster(roster, &groups, strtoll(argv[2], NULL, 10));
		write_totals(totals, &groups);
	}
	good = file_close(roster) && good;
	good = file_close(totals) && good;
	free(groups.totals);
	return !good;
}
