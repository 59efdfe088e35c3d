/*
 * How often validate/totals names the true cause of an error: tables as they
 * were printed, an error planted at a random place, and where the cause stands
 * among the explanations.
 *
 *     bench_explain [CORPUS [PLANTS [SEED]]]
 *
 * prints a table in Markdown, the same for the same seed but for times.
 *     A       tables of the United Nations with claims for each mission and
 *             type, each country and type, each type, and for all
 *     A wide  the same with two measures, male and female
 *     A2      the same as A, with two errors
 *     B       eleven rows and one grand total
 *
 * An answer is an explanation, or several that are proposed together: all but
 * the first of those begin with "and ".  It is right when it undoes what was
 * planted and proposes nothing else.  Its rank is one more than the number of
 * answers with a higher score, so that equal ones share theirs.  What stands
 * under "one of k equal" shares the first rank with one that is wrong.
 */
#include <time.h>

#include "rig.h"
#include "sheet.h"
#include "totals.h"

#define SHEETS    6
#define PLANTS    300
#define ATTEMPTS  10000               /* to plant an error that changes something */
#define ARENA_MAX ((size_t)256 << 20) /* what the validator may allocate */
#define CONFIDENT 0.9
#define SAME      1e-9 /* between scores */

static const char *const fields[NUMBERS] = { "male", "female", "total" };

/* What an explanation has to say to be right. */
struct truth {
	enum { TRUE_NUMBER, TRUE_MISSING, TRUE_EXTRA } what;
	uint64_t at, twin; /* an extra row may have one that is as good */
	const char *field;
	int64_t value;
};

/* An error, once it is planted. */
struct plant {
	struct truth truths[2];
	size_t n_truths;
	const char *both;          /* a kind that alone says as much as both truths */
	const struct sheet *other; /* stands in the run as another document */
	char text[24];
};

/* Where the right answer was. */
struct verdict {
	bool any, right, tied, misled;
	size_t rank; /* the best, over all findings */
};

struct setting {
	const char *name;
	const struct sheet *sheets;
	size_t n_sheets, n_planted; /* errors go into the first few only */
	int named;                  /* the key that tells rows of one claim from each other */
	bool wide;
};

struct bench {
	struct rig rig; /* the first, see bench_of() */
	struct totals self;
	const struct setting *setting;
	struct sheet work; /* the table with the error in it */
	struct plant plant;
	struct verdict verdict;
	char *arena;
	size_t used;
	uint64_t random;
};

/* A class of errors. */
struct flaw {
	const char *name;
	bool (*plant)(struct bench *b, int how); /* false: draw again */
	int how;
	unsigned where; /* bits of settings */
};

static uint64_t mix(uint64_t z)
{
	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
	z = (z ^ z >> 27) * 0x94d049bb133111eb;
	return z ^ z >> 31;
}

/* splitmix64 (Steele, Lea and Flood 2014). */
static size_t below(struct bench *b, size_t n)
{
	return mix(b->random += 0x9e3779b97f4a7c15) % n;
}

static struct line *row_pick(struct bench *b)
{
	return &b->work.lines[below(b, b->work.n_rows)];
}

static struct line *claim_pick(struct bench *b)
{
	return &b->work.lines[b->work.n_rows + below(b, b->work.n_lines - b->work.n_rows)];
}

/* The claim of a key, or the first one. */
static struct line *claim_find(struct bench *b, const struct line *key)
{
	size_t i;

	for (i = b->work.n_rows; i < b->work.n_lines; i++)
		if (same_key(&b->work.lines[i], key))
			return &b->work.lines[i];
	return &b->work.lines[b->work.n_rows];
}

/* Notes what a number is before it is made wrong. */
static void truth_is_number(struct bench *b, const struct line *line, int number)
{
	b->plant.truths[b->plant.n_truths++] = (struct truth){ .what = TRUE_NUMBER,
							       .at = line->at,
							       .field = fields[number],
							       .value = line->n[number] };
}

/* A number of at least a digit, misread; false when nobody would read that. */
static bool digits_misread(struct bench *b, int slip, char *digits)
{
	size_t len = strlen(digits), i = below(b, len);
	char *digit = digits + i, first = *digit;

	switch (slip) {
	case SLIP_DIGIT:
		*digit = (char)('0' + below(b, 10));
		break;
	case SLIP_SWAPPED:
		if (!digit[1])
			return false;
		digit[0] = digit[1];
		digit[1] = first;
		break;
	case SLIP_LOST:
		memmove(digit, digit + 1, len - i);
		break;
	case SLIP_DOUBLED:
		memmove(digit + 1, digit, len - i + 1);
		break;
	case SLIP_MARK:
		memcpy(digits + len, (char[]){ (char)('1' + below(b, 9)), 0 }, 2);
		break;
	case SLIP_SEPARATOR:
		if (len < 4)
			return false;
		if (below(b, 2))
			memcpy(digits + len, "000", 4);
		else
			digits[len - 3] = 0;
		break;
	default:
		memmove(digits + 1, digits, len + 1);
		digits[0] = '-';
	}
	return digits[0] && (digits[0] != '0' || !digits[1]);
}

static bool misread(struct bench *b, int slip, struct line *line)
{
	char digits[32];

	truth_is_number(b, line, TOTAL);
	snprintf(digits, sizeof digits, "%" PRId64, line->n[TOTAL]);
	if (!digits_misread(b, slip, digits))
		return false;
	line->n[TOTAL] = strtoll(digits, NULL, 10);
	return line->n[TOTAL] != b->plant.truths[b->plant.n_truths - 1].value;
}

static bool plant_number(struct bench *b, int slip)
{
	return misread(b, slip, row_pick(b));
}

static bool plant_two_numbers(struct bench *b, int slip)
{
	struct line *one = row_pick(b), *two = row_pick(b);

	return !same_text(one->key[MISSION], two->key[MISSION]) &&
	       !same_text(one->key[COUNTRY], two->key[COUNTRY]) && misread(b, slip, one) &&
	       misread(b, slip, two);
}

static bool plant_claim(struct bench *b, int slip)
{
	return misread(b, slip, claim_pick(b));
}

/* The grand total of another table, in a run with that table. */
static bool plant_stale(struct bench *b, int unused)
{
	const struct sheet *other = &b->setting->sheets[below(b, b->setting->n_sheets)];
	struct line *claim = claim_pick(b);
	size_t i;

	(void)unused;
	b->plant.other = other;
	for (i = other->n_rows; i < other->n_lines && !same_key(&other->lines[i], claim); i++)
		;
	if (claim->key[MISSION] || claim->key[COUNTRY] || i == other->n_lines)
		return false;
	truth_is_number(b, claim, TOTAL);
	claim->n[TOTAL] = other->lines[i].n[TOTAL];
	return claim->n[TOTAL] != b->plant.truths[0].value;
}

static bool plant_missing(struct bench *b, int unused)
{
	struct line *row = row_pick(b), *end = b->work.lines + b->work.n_lines;

	(void)unused;
	truth_is_number(b, row, TOTAL);
	b->plant.truths[0].what = TRUE_MISSING;
	memmove(row, row + 1, (size_t)(end - row - 1) * sizeof *row);
	b->work.n_rows--;
	b->work.n_lines--;
	return b->plant.truths[0].value;
}

enum { TWICE, SUBTOTAL, YEAR, PART };

/* A row too many behind another one; with 0 nobody could tell. */
static bool plant_extra(struct bench *b, int what)
{
	size_t i = below(b, b->work.n_rows);
	struct line row = b->work.lines[i], claim = row;

	row.at++;
	b->plant.truths[b->plant.n_truths++] = (struct truth){
		.what = TRUE_EXTRA, .at = row.at, .twin = what == TWICE ? row.at - 1 : 0
	};
	if (what == SUBTOTAL) {
		row.key[b->setting->named] = "Total";
		claim.key[COUNTRY] = NULL;
		row.n[TOTAL] = claim_find(b, &claim)->n[TOTAL];
	} else if (what == YEAR) {
		row.n[TOTAL] = 2015 + (int64_t)below(b, 11);
		snprintf(b->plant.text, sizeof b->plant.text, "%" PRId64, row.n[TOTAL]);
		row.key[b->setting->named] = below(b, 2) ? b->plant.text : "Country";
	} else if (what == PART) {
		row.key[b->setting->named] = "of which women";
		row.n[TOTAL] =
			row.n[TOTAL] < 2 ? 0 : 1 + (int64_t)below(b, (size_t)row.n[TOTAL] - 1);
	}
	line_insert(&b->work, i + 1, &row);
	b->work.n_rows++;
	return row.n[TOTAL];
}

static bool plant_swap(struct bench *b, int unused)
{
	struct line *one = &b->work.lines[below(b, b->work.n_rows - 1)], *two = one + 1;

	(void)unused;
	b->plant.both = "values-swapped";
	truth_is_number(b, one, TOTAL);
	truth_is_number(b, two, TOTAL);
	one->n[TOTAL] = b->plant.truths[1].value;
	two->n[TOTAL] = b->plant.truths[0].value;
	return one->n[TOTAL] != two->n[TOTAL];
}

enum { SHIFTED, EXCHANGED_COLUMNS };

/* The men stand under women, and under men the women, or nothing or a number of
 * the next row. */
static bool plant_shift(struct bench *b, int how)
{
	struct line *row = &b->work.lines[below(b, b->work.n_rows - 1)];
	int64_t male = row->n[FEMALE], female = row->n[MALE];

	if (how == SHIFTED)
		male = below(b, 2) ? row[1].n[FEMALE] : 0;
	b->plant.both = "columns-shifted";
	if (male != row->n[MALE])
		truth_is_number(b, row, MALE);
	if (female != row->n[FEMALE])
		truth_is_number(b, row, FEMALE);
	row->n[MALE] = male;
	row->n[FEMALE] = female;
	return b->plant.n_truths;
}

static struct bench *bench_of(struct mu_ctx *ctx)
{
	return (struct bench *)rig_of(ctx);
}

static bool says(const struct mu_explanation *e, const struct truth *truth)
{
	static const char *const out[] = { "row-twice", "subtotal-counted", "year-counted",
					   "part-counted", "row-extra" };
	bool number = e->suggested && strtoll(e->suggested, NULL, 10) == truth->value;
	size_t i;

	switch (truth->what) {
	case TRUE_NUMBER:
		return number && e->at == truth->at && same_text(e->field, truth->field);
	case TRUE_MISSING:
		return number && same_text(e->kind, "row-missing");
	default:
		for (i = 0; i < 5; i++)
			if (same_text(e->kind, out[i]))
				return e->at && (e->at == truth->at || e->at == truth->twin);
		return false;
	}
}

/* Whether an answer of n explanations says the truth and nothing else. */
static bool is_right(const struct plant *plant, const struct mu_explanation *e, size_t n)
{
	bool said[2] = { false };
	size_t i, t;

	if (n == 1 && plant->both && !strcmp(e->kind, plant->both))
		return e->at == plant->truths[0].at ||
		       e->at == plant->truths[plant->n_truths - 1].at;
	for (i = 0; i < n; i++) {
		bool any = false;

		for (t = 0; t < plant->n_truths; t++) {
			any = any || says(&e[i], &plant->truths[t]);
			said[t] = said[t] || says(&e[i], &plant->truths[t]);
		}
		if (!any)
			return false;
	}
	return said[0] && (plant->n_truths == 1 || said[1]);
}

/* How many explanations are proposed together with the one at i. */
static size_t answer_size(const struct mu_finding *f, size_t i)
{
	size_t n = 1;

	while (i + n < f->n_explanations &&
	       !strncmp(f->explanations[i + n].message, "and ", strlen("and ")))
		n++;
	return n;
}

static int bench_report(struct mu_ctx *ctx, const struct mu_finding *f, const char *fmt, va_list ap)
{
	const struct plant *plant = &bench_of(ctx)->plant;
	struct verdict *v = &bench_of(ctx)->verdict;
	const struct mu_explanation *e = f->explanations;
	size_t i, right, rank = 1;
	bool tied = false;

	(void)fmt;
	(void)ap;
	for (right = 0; right < f->n_explanations; right += answer_size(f, right))
		if (is_right(plant, &e[right], answer_size(f, right)))
			break;
	if (!f->n_explanations)
		return 0;
	v->any = true;
	v->misled = v->misled || (right > 0 && e->score >= CONFIDENT);
	if (right == f->n_explanations)
		return 0;
	for (i = 0; i < f->n_explanations; i += answer_size(f, i)) {
		rank += e[i].score > e[right].score + SAME;
		tied = tied || (fabs(e[i].score - e[right].score) <= SAME &&
				!is_right(plant, &e[i], answer_size(f, i)));
	}
	if (!v->right || rank < v->rank) {
		v->rank = rank;
		v->tied = tied && rank == 1;
	}
	v->right = true;
	return 0;
}

/* The rig has room for a few pieces of memory; explanations are many. */
static void *bench_alloc(struct mu_ctx *ctx, size_t size)
{
	struct bench *b = bench_of(ctx);
	void *memory = b->arena + b->used;

	b->used += (size + 15) & ~(size_t)15;
	if (b->used > ARENA_MAX)
		abort();
	return memory;
}

static void options_default(void *self)
{
	const struct mu_option *o;

	for (o = muster_plugin.options; o->name; o++)
		if (o->type == MU_INT && o->fallback)
			*(int64_t *)((char *)self + o->offset) = strtoll(o->fallback, NULL, 10);
}

static void sheet_feed(struct bench *b, const struct sheet *s, uint32_t document)
{
	struct mu_builder *to = &b->rig.builder;
	size_t i, k;

	for (i = 0; i < s->n_lines; i++) {
		const struct line *line = &s->lines[i];

		for (k = 0; k < KEYS; k++)
			if (line->key[k])
				mu_put_string(to, (int64_t)k, mu_string(line->key[k]));
		mu_put_integer(to, KEYS, line->n[b->setting->wide ? MALE : TOTAL]);
		if (b->setting->wide)
			mu_put_integer(to, KEYS + 1, line->n[FEMALE]);
		mu_end_row_at(to, mu_at(document, mu_at_position(line->at)), line->level);
	}
}

/* Milliseconds that it took. */
static double run(struct bench *b)
{
	struct timespec from, to;

	if (b->setting->wide)
		rig_init(&b->rig, "mission", "country", "type", "male:measure", "female:measure",
			 (char *)NULL);
	else
		rig_init(&b->rig, "mission", "country", "type", "total:measure", (char *)NULL);
	b->rig.ctx.report = bench_report;
	b->rig.ctx.alloc = bench_alloc;
	b->self = (struct totals){ .expect = NULL };
	options_default(&b->self);
	sheet_feed(b, &b->work, 1);
	if (b->plant.other)
		sheet_feed(b, b->plant.other, 2);
	rig_flush(&b->rig);
	clock_gettime(CLOCK_MONOTONIC, &from);
	if (rig_validate(&b->rig, &muster_plugin, &b->self)) {
		fprintf(stderr, "bench_explain: %s\n", b->rig.why);
		exit(1);
	}
	clock_gettime(CLOCK_MONOTONIC, &to);
	muster_plugin.close(&b->rig.ctx, &b->self);
	memset(b->arena, 0, b->used);
	b->used = 0;
	rig_release(&b->rig);
	return (double)(to.tv_sec - from.tv_sec) * 1e3 + (double)(to.tv_nsec - from.tv_nsec) / 1e6;
}

static bool plant_one(struct bench *b, const struct flaw *flaw)
{
	size_t i, j;

	for (i = 0; i < ATTEMPTS; i++) {
		const struct sheet *s = &b->setting->sheets[below(b, b->setting->n_planted)];

		for (j = b->work.n_lines = 0; j < s->n_lines; j++)
			line_insert(&b->work, j, &s->lines[j]);
		b->work.n_rows = s->n_rows;
		b->plant = (struct plant){ .n_truths = 0 };
		if (flaw->plant(b, flaw->how) && b->plant.other != s)
			return true;
	}
	return false;
}

static void flaw_try(struct bench *b, const struct flaw *flaw, size_t plants)
{
	enum { FIRST, THIRD, RIGHT, TIED, MISLED, NOTHING, COUNTS };
	size_t counts[COUNTS] = { 0 }, n, i;
	const struct verdict *v = &b->verdict;
	double ms = 0;

	for (n = 0; n < plants && plant_one(b, flaw); n++) {
		b->verdict = (struct verdict){ .any = false };
		ms += run(b);
		counts[FIRST] += v->right && v->rank == 1;
		counts[THIRD] += v->right && v->rank <= 3;
		counts[RIGHT] += v->right;
		counts[TIED] += v->tied;
		counts[MISLED] += v->misled;
		counts[NOTHING] += !v->any;
	}
	printf("| %s | %s | %zu |", b->setting->name, flaw->name, n);
	for (i = 0; i < COUNTS && n; i++)
		printf(" %.1f %% |", 100.0 * (double)counts[i] / (double)n);
	printf(n ? " %.2f |\n" : " | | | | | | |\n", ms / (double)n);
}

enum { IN_A = 1, IN_WIDE = 2, IN_A2 = 4, IN_B = 8 };

/* With one-digit numbers and one total, B has no place for some of them. */
static const struct flaw flaws[] = {
	{ "row-missing", plant_missing, 0, IN_A | IN_B },
	{ "row-twice", plant_extra, TWICE, IN_A | IN_B },
	{ "subtotal-counted", plant_extra, SUBTOTAL, IN_A | IN_B },
	{ "year-counted", plant_extra, YEAR, IN_A | IN_B },
	{ "part-counted", plant_extra, PART, IN_A | IN_B },
	{ "digit-wrong", plant_number, SLIP_DIGIT, IN_A | IN_B },
	{ "digits-swapped", plant_number, SLIP_SWAPPED, IN_A },
	{ "digit-lost", plant_number, SLIP_LOST, IN_A },
	{ "digit-doubled", plant_number, SLIP_DOUBLED, IN_A | IN_B },
	{ "footnote-mark", plant_number, SLIP_MARK, IN_A | IN_B },
	{ "separator", plant_number, SLIP_SEPARATOR, IN_A },
	{ "sign", plant_number, SLIP_SIGN, IN_A | IN_B },
	{ "values-swapped", plant_swap, 0, IN_A },
	{ "claim-wrong", plant_claim, SLIP_DIGIT, IN_A | IN_B },
	{ "claim-stale", plant_stale, 0, IN_A | IN_B },
	{ "column-shifted", plant_shift, SHIFTED, IN_WIDE },
	{ "columns-swapped", plant_shift, EXCHANGED_COLUMNS, IN_WIDE },
	{ "two-digits-wrong", plant_two_numbers, SLIP_DIGIT, IN_A2 },
};

static void bench_run(const struct setting *settings, size_t n, size_t plants, uint64_t seed)
{
	struct bench b = { .arena = calloc(1, ARENA_MAX) };
	size_t s, f;

	if (!b.arena)
		abort();
	printf("| setting | class | n | first | top 3 | shown | one of k equal | "
	       "confident and wrong | nothing shown | ms |\n"
	       "|---|---|--:|--:|--:|--:|--:|--:|--:|--:|\n");
	for (s = 0; s < n; s++)
		for (f = 0; f < sizeof flaws / sizeof *flaws; f++) {
			b.setting = &settings[s];
			b.random = mix(seed ^ mix(100 * s + f + 1));
			if (flaws[f].where & 1U << s)
				flaw_try(&b, &flaws[f], plants);
		}
	sheet_release(&b.work);
	free(b.arena);
}

/* Eleven missions of which nothing is stated but what all add up to. */
static void letter_make(struct sheet *s, const int64_t *numbers)
{
	static const char *const names[11] = { "Alba",  "Bor",  "Cendra", "Dorna", "Eskil", "Far",
					       "Gelde", "Harb", "Istra",  "June",  "Kest" };
	size_t i;

	for (i = 0; i < 11; i++)
		row_add(s, (struct line){ .key = { names[i], "abroad", "police" },
					  .n = { numbers[i], 0, numbers[i] } });
	claims_make(s, false);
}

int main(int argc, char **argv)
{
	/* Spread over the years; in some others a key is there twice, or no mission. */
	static const char *const months[SHEETS] = { "2015_01", "2016_11", "2018_01",
						    "2019_11", "2021_01", "2025_01" };
	static const int64_t counts[2][11] = { { 4, 1, 3, 5, 2, 1, 6, 1, 2, 2, 1 },
					       { 5, 1, 3, 4, 2, 2, 8, 1, 1, 3, 1 } };
	struct sheet sheets[SHEETS + 2] = { { .text = NULL } };
	const struct setting settings[] = {
		{ "A", sheets, SHEETS, SHEETS, COUNTRY, false },
		{ "A wide", sheets, SHEETS, SHEETS, COUNTRY, true },
		{ "A2", sheets, SHEETS, SHEETS, COUNTRY, false },
		{ "B", sheets + SHEETS, 2, 1, MISSION, false },
	};
	char path[4096];
	size_t i;

	for (i = 0; i < SHEETS; i++) {
		snprintf(path, sizeof path, "%s/un-contributions/golden/%s.csv",
			 argc > 1 ? argv[1] : "../shared/corpus", months[i]);
		if (!sheet_read(&sheets[i], path)) {
			fprintf(stderr, "bench_explain: %s is no table to use\n", path);
			return 2;
		}
		claims_make(&sheets[i], true);
	}
	for (i = 0; i < 2; i++)
		letter_make(&sheets[SHEETS + i], counts[i]);
	bench_run(settings, 4, argc > 2 ? strtoull(argv[2], NULL, 10) : PLANTS,
		  argc > 3 ? strtoull(argv[3], NULL, 10) : 1);
	for (i = 0; i < SHEETS + 2; i++)
		sheet_release(&sheets[i]);
	return 0;
}
