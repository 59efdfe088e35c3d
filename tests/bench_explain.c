/*
 * How often validate/totals names the true cause of an error: tables as they
 * were printed, an error planted at a random place, and where the cause stands
 * among the explanations.
 *
 *     bench_explain [CORPUS [PLANTS [SEED]]]
 *
 * prints a table in Markdown.  It is the same for the same seed, but for times.
 *
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
#include <dirent.h>
#include <time.h>

#include "../plugins/validate/totals/check.c"
#include "../plugins/validate/totals/explain.c"
#include "../plugins/validate/totals/tally.c"
#include "../plugins/validate/totals/totals.c"

#include "rig.h"

#define SHEETS    6
#define PLANTS    300
#define ATTEMPTS  10000 /* to plant an error that changes something */
#define CONFIDENT 0.9
#define SAME      1e-9 /* between scores */

enum { MALE, FEMALE, TOTAL, NUMBERS };
enum { MISSION, COUNTRY, TYPE, KEYS };

static const char *const fields[NUMBERS] = { "male", "female", "total" };

/* A row of data, or a claim, which has a level; a key of a claim may be NULL. */
struct line {
	const char *level;
	const char *key[KEYS];
	int64_t n[NUMBERS];
	uint64_t at;
};

/* A table: first its rows, then its claims. */
struct sheet {
	char *text; /* what the keys point into, or NULL */
	struct line *lines;
	size_t n_rows, n_lines, room;
};

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

struct block {
	struct block *next;
	max_align_t memory[];
};

struct bench {
	struct rig rig; /* the first, see bench_of() */
	struct totals self;
	struct block *blocks;
	const struct setting *setting;
	struct sheet work; /* the table with the error in it */
	struct plant plant;
	struct verdict verdict;
	uint64_t random;
};

struct setting {
	const char *name;
	const struct sheet *sheets;
	size_t n_sheets, n_planted; /* errors go into the first few only */
	int named;                  /* the key that tells rows of one claim from each other */
	bool wide;
};

/* A class of errors. */
struct flaw {
	const char *name;
	unsigned where;                                          /* bits of settings */
	bool (*plant)(struct bench *b, const struct flaw *flaw); /* false: draw again */
	bool (*mistype)(struct bench *b, char *digits);          /* likewise */
};

static void *room_for(void *old, size_t count, size_t size)
{
	void *memory = reallocarray(old, count, size);

	if (!memory)
		abort();
	return memory;
}

/* ---------------------------------------------------------------- chance */

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

/* ---------------------------------------------------------------- tables */

static void line_add(struct sheet *s, const struct line *line)
{
	if (s->n_lines == s->room) {
		s->room = s->room ? 2 * s->room : 64;
		s->lines = room_for(s->lines, s->room, sizeof *s->lines);
	}
	s->lines[s->n_lines++] = *line;
}

static void line_insert(struct sheet *s, size_t index, struct line line)
{
	line_add(s, &line);
	memmove(&s->lines[index + 1], &s->lines[index],
		(s->n_lines - 1 - index) * sizeof *s->lines);
	s->lines[index] = line;
	s->n_rows++;
}

static void row_add(struct sheet *s, struct line line)
{
	line.at = mu_at(1, 10 * (s->n_rows + 1));
	line_add(s, &line);
	s->n_rows++;
}

static bool same_text(const char *a, const char *b)
{
	return a == b || (a && b && !strcmp(a, b));
}

static bool same_key(const struct line *a, const struct line *b)
{
	return same_text(a->key[COUNTRY], b->key[COUNTRY]) &&
	       same_text(a->key[MISSION], b->key[MISSION]) && same_text(a->key[TYPE], b->key[TYPE]);
}

/* Adds a line to the claim that covers it, which may be new. */
static void claim_add(struct sheet *s, struct line claim)
{
	size_t i, n;

	for (i = s->n_rows; i < s->n_lines; i++)
		if (same_key(&s->lines[i], &claim))
			break;
	if (i == s->n_lines) {
		claim.at = mu_at(1, 1000000 + 10 * i);
		line_add(s, &claim);
		return;
	}
	for (n = 0; n < NUMBERS; n++)
		s->lines[i].n[n] += claim.n[n];
}

static void claims_make(struct sheet *s, bool levels)
{
	static const struct {
		const char *level;
		bool keeps[KEYS];
	} all[] = {
		{ "total", { false, false, false } },
		{ "type", { false, false, true } },
		{ "mission", { true, false, true } },
		{ "country", { false, true, true } },
	};
	size_t l, i, k;

	for (l = 0; l < (levels ? 4 : 1); l++)
		for (i = 0; i < s->n_rows; i++) {
			struct line claim = s->lines[i];

			claim.level = all[l].level;
			for (k = 0; k < KEYS; k++)
				if (!all[l].keeps[k])
					claim.key[k] = NULL;
			claim_add(s, claim);
		}
}

/* The next field of a CSV file, ended by 0 where it stands. */
static char *field_next(char **text)
{
	char *from = *text, *to = from, *field = from;
	bool quoted = *from == '"';

	for (from += quoted; *from && (quoted || (*from != ',' && *from != '\n')); from++) {
		if (quoted && *from == '"' && *++from != '"') {
			quoted = false;
			from--;
		} else {
			*to++ = *from;
		}
	}
	*text = from + (*from != 0);
	*to = 0;
	if (to > field && to[-1] == '\r')
		to[-1] = 0;
	return field;
}

static char *file_read(const char *path)
{
	FILE *file = fopen(path, "re");
	char *text = NULL;
	size_t room = 0;

	if (!file || getdelim(&text, &room, 0, file) < 0) {
		free(text);
		text = NULL;
	}
	if (file)
		fclose(file);
	return text;
}

/* False when it is no table of rows that their keys tell apart. */
static bool sheet_read(struct sheet *s, const char *path)
{
	char *text = s->text = file_read(path);
	size_t i, k;

	for (i = 0; text && i < KEYS + NUMBERS; i++)
		field_next(&text);
	while (text && *text) {
		struct line line = { .level = NULL };

		for (k = 0; k < KEYS; k++)
			line.key[k] = field_next(&text);
		for (k = 0; k < NUMBERS; k++)
			if (!mu_parse_integer(mu_string(field_next(&text)), &line.n[k]))
				return false;
		if (!*line.key[MISSION])
			return false;
		for (i = 0; i < s->n_rows; i++)
			if (same_key(&s->lines[i], &line))
				return false;
		row_add(s, line);
	}
	return s->n_rows;
}

static void sheet_release(struct sheet *s)
{
	free(s->text);
	free(s->lines);
	*s = (struct sheet){ .text = NULL };
}

/* Eleven missions of which the letter states nothing but what all add up to. */
static void letter_make(struct sheet *s, const int64_t *numbers)
{
	static const char *const names[11][2] = {
		{ "Aldern", "Mali" },   { "Borvik", "Kosovo" },   { "Cendra", "Libya" },
		{ "Dorna", "Iraq" },    { "Eskil", "Ukraine" },   { "Farrow", "Somalia" },
		{ "Gelden", "Niger" },  { "Harbin", "Kenya" },    { "Istra", "Cyprus" },
		{ "Juneau", "Jordan" }, { "Kestrel", "Moldova" },
	};
	size_t i;

	for (i = 0; i < 11; i++)
		row_add(s, (struct line){ .key = { names[i][0], names[i][1], "police" },
					  .n = { numbers[i], 0, numbers[i] } });
	claims_make(s, false);
}

static int is_csv(const struct dirent *entry)
{
	size_t len = strlen(entry->d_name);

	return len > 4 && !strcmp(entry->d_name + len - 4, ".csv");
}

/* Takes SHEETS tables, spread over all of them that will do; false: too few. */
static bool sheets_read(struct sheet sheets[SHEETS], const char *corpus)
{
	struct dirent **entries;
	char folder[4096], path[8192];
	struct sheet *all;
	int n, i, fit = 0;

	snprintf(folder, sizeof folder, "%s/un-contributions/golden", corpus);
	n = scandir(folder, &entries, is_csv, alphasort);
	if (n < 0)
		return false;
	all = room_for(NULL, (size_t)n + 1, sizeof *all);
	for (i = 0; i < n; i++) {
		all[fit] = (struct sheet){ .text = NULL };
		snprintf(path, sizeof path, "%s/%s", folder, entries[i]->d_name);
		free(entries[i]);
		if (sheet_read(&all[fit], path))
			fit++;
		else
			sheet_release(&all[fit]);
	}
	free(entries);
	for (i = 0; fit >= SHEETS && i < SHEETS; i++) {
		struct sheet *from = &all[i * (fit - 1) / (SHEETS - 1)];

		sheets[i] = *from;
		*from = (struct sheet){ .text = NULL };
		claims_make(&sheets[i], true);
	}
	for (i = 0; i < fit; i++)
		sheet_release(&all[i]);
	free(all);
	return fit >= SHEETS;
}

/* ----------------------------------------------------------- wrong numbers */

static bool digit_is_wrong(struct bench *b, char *digits)
{
	size_t i = below(b, strlen(digits));

	digits[i] = (char)('0' + below(b, 10));
	return digits[0] != '0' || !digits[1];
}

static bool digits_are_swapped(struct bench *b, char *digits)
{
	size_t len = strlen(digits), i;
	char first;

	if (len < 2)
		return false;
	i = below(b, len - 1);
	first = digits[i];
	digits[i] = digits[i + 1];
	digits[i + 1] = first;
	return digits[0] != '0';
}

static bool digit_is_lost(struct bench *b, char *digits)
{
	size_t len = strlen(digits), i = below(b, len);

	memmove(digits + i, digits + i + 1, len - i);
	return digits[0] && (digits[0] != '0' || !digits[1]);
}

static bool digit_is_doubled(struct bench *b, char *digits)
{
	size_t len = strlen(digits), i = below(b, len);

	memmove(digits + i + 1, digits + i, len - i + 1);
	return true;
}

static bool mark_is_glued(struct bench *b, char *digits)
{
	size_t len = strlen(digits);

	digits[len] = (char)('1' + below(b, 9));
	digits[len + 1] = 0;
	return digits[0] != '0';
}

static bool separator_is_misread(struct bench *b, char *digits)
{
	size_t len = strlen(digits);

	if (len < 4)
		return false;
	if (below(b, 2))
		memcpy(digits + len, "000", 4);
	else
		digits[len - 3] = 0;
	return true;
}

static bool sign_is_wrong(struct bench *b, char *digits)
{
	(void)b;
	memmove(digits + 1, digits, strlen(digits) + 1);
	digits[0] = '-';
	return true;
}

/* ------------------------------------------------------------------ plants */

static struct line *row_pick(struct bench *b)
{
	return &b->work.lines[below(b, b->work.n_rows)];
}

static struct line *claim_pick(struct bench *b)
{
	return &b->work.lines[b->work.n_rows + below(b, b->work.n_lines - b->work.n_rows)];
}

/* Notes what a number is before it is made wrong. */
static void truth_is_number(struct bench *b, const struct line *line, int number)
{
	b->plant.truths[b->plant.n_truths++] = (struct truth){ .what = TRUE_NUMBER,
							       .at = line->at,
							       .field = fields[number],
							       .value = line->n[number] };
}

static bool mistype(struct bench *b, const struct flaw *flaw, struct line *line)
{
	char digits[32];

	truth_is_number(b, line, TOTAL);
	snprintf(digits, sizeof digits, "%" PRId64, line->n[TOTAL]);
	if (!flaw->mistype(b, digits))
		return false;
	line->n[TOTAL] = strtoll(digits, NULL, 10);
	return line->n[TOTAL] != b->plant.truths[b->plant.n_truths - 1].value;
}

static bool plant_number(struct bench *b, const struct flaw *flaw)
{
	return mistype(b, flaw, row_pick(b));
}

static bool plant_two_numbers(struct bench *b, const struct flaw *flaw)
{
	struct line *one = row_pick(b), *two = row_pick(b);

	return !same_text(one->key[MISSION], two->key[MISSION]) &&
	       !same_text(one->key[COUNTRY], two->key[COUNTRY]) && mistype(b, flaw, one) &&
	       mistype(b, flaw, two);
}

static bool plant_claim(struct bench *b, const struct flaw *flaw)
{
	return mistype(b, flaw, claim_pick(b));
}

/* The grand total of another table, in a run with that table. */
static bool plant_stale(struct bench *b, const struct flaw *flaw)
{
	const struct sheet *other = &b->setting->sheets[below(b, b->setting->n_sheets)];
	struct line *claim = claim_pick(b);
	size_t i;

	(void)flaw;
	b->plant.other = other;
	for (i = other->n_rows; i < other->n_lines; i++)
		if (same_key(&other->lines[i], claim))
			break;
	if (claim->key[MISSION] || claim->key[COUNTRY] || i == other->n_lines)
		return false;
	truth_is_number(b, claim, TOTAL);
	claim->n[TOTAL] = other->lines[i].n[TOTAL];
	return claim->n[TOTAL] != b->plant.truths[0].value;
}

static bool plant_missing(struct bench *b, const struct flaw *flaw)
{
	struct line *row = row_pick(b), *end = b->work.lines + b->work.n_lines;

	(void)flaw;
	truth_is_number(b, row, TOTAL);
	b->plant.truths[0].what = TRUE_MISSING;
	memmove(row, row + 1, (size_t)(end - row - 1) * sizeof *row);
	b->work.n_rows--;
	b->work.n_lines--;
	return b->plant.truths[0].value;
}

/* Puts a row where there is none; not 0, or nobody could tell. */
static bool row_plant(struct bench *b, size_t index, const struct line *row, uint64_t twin)
{
	b->plant.truths[b->plant.n_truths++] =
		(struct truth){ .what = TRUE_EXTRA, .at = row->at, .twin = twin };
	line_insert(&b->work, index, *row);
	return row->n[TOTAL];
}

static bool plant_twice(struct bench *b, const struct flaw *flaw)
{
	size_t i = below(b, b->work.n_rows);
	struct line row = b->work.lines[i];

	(void)flaw;
	row.at++;
	return row_plant(b, i + 1, &row, row.at - 1);
}

/* The line of a claim among its rows: of a mission, or the only one. */
static bool plant_subtotal(struct bench *b, const struct flaw *flaw)
{
	struct line row = *claim_pick(b);
	size_t i, k, last = b->work.n_rows - 1;

	(void)flaw;
	if (!row.key[MISSION] && b->work.n_lines - b->work.n_rows > 1)
		return false;
	for (i = 0; row.key[MISSION] && i < b->work.n_rows; i++)
		if (same_text(b->work.lines[i].key[MISSION], row.key[MISSION]) &&
		    same_text(b->work.lines[i].key[TYPE], row.key[TYPE]))
			last = i;
	row.level = NULL;
	row.at = b->work.lines[last].at + 1;
	for (k = 0; k < KEYS; k++)
		if (!row.key[k])
			row.key[k] = "Total";
	return row_plant(b, last + 1, &row, 0);
}

/* The year of a header before a row. */
static bool plant_year(struct bench *b, const struct flaw *flaw)
{
	size_t i = below(b, b->work.n_rows);
	struct line row = b->work.lines[i];

	(void)flaw;
	row.at--;
	row.n[TOTAL] = 2015 + (int64_t)below(b, 11);
	snprintf(b->plant.text, sizeof b->plant.text, "%" PRId64, row.n[TOTAL]);
	row.key[b->setting->named] = below(b, 2) ? b->plant.text : "Country";
	return row_plant(b, i, &row, 0);
}

static bool plant_part(struct bench *b, const struct flaw *flaw)
{
	size_t i = below(b, b->work.n_rows);
	struct line row = b->work.lines[i];

	(void)flaw;
	if (row.n[TOTAL] < 2)
		return false;
	row.at++;
	row.key[b->setting->named] = "of which women";
	row.n[TOTAL] = 1 + (int64_t)below(b, (size_t)row.n[TOTAL] - 1);
	return row_plant(b, i + 1, &row, 0);
}

static bool plant_swap(struct bench *b, const struct flaw *flaw)
{
	struct line *one = &b->work.lines[below(b, b->work.n_rows - 1)], *two = one + 1;

	(void)flaw;
	b->plant.both = "values-swapped";
	truth_is_number(b, one, TOTAL);
	truth_is_number(b, two, TOTAL);
	one->n[TOTAL] = b->plant.truths[1].value;
	two->n[TOTAL] = b->plant.truths[0].value;
	return one->n[TOTAL] != two->n[TOTAL];
}

static bool row_shift(struct bench *b, struct line *row, int64_t male)
{
	int64_t female = row->n[MALE];

	b->plant.both = "columns-shifted";
	if (male != row->n[MALE])
		truth_is_number(b, row, MALE);
	if (female != row->n[FEMALE])
		truth_is_number(b, row, FEMALE);
	row->n[MALE] = male;
	row->n[FEMALE] = female;
	return b->plant.n_truths;
}

/* The men stand under women, and under men nothing or a number of another row. */
static bool plant_shift(struct bench *b, const struct flaw *flaw)
{
	struct line *row = &b->work.lines[below(b, b->work.n_rows - 1)];

	(void)flaw;
	return row_shift(b, row, below(b, 2) ? row[1].n[FEMALE] : 0);
}

static bool plant_exchange(struct bench *b, const struct flaw *flaw)
{
	struct line *row = row_pick(b);

	(void)flaw;
	return row_shift(b, row, row->n[FEMALE]);
}

/* ---------------------------------------------------------------- judging */

static struct bench *bench_of(struct mu_ctx *ctx)
{
	return (struct bench *)rig_of(ctx);
}

static bool takes_out(const char *kind)
{
	static const char *const kinds[] = { "row-twice", "subtotal-counted", "year-counted",
					     "part-counted", "row-extra" };
	size_t i;

	for (i = 0; i < sizeof kinds / sizeof *kinds; i++)
		if (!strcmp(kind, kinds[i]))
			return true;
	return false;
}

static bool says(const struct mu_explanation *e, const struct truth *truth)
{
	bool number = e->suggested && strtoll(e->suggested, NULL, 10) == truth->value;

	switch (truth->what) {
	case TRUE_NUMBER:
		return number && e->at == truth->at &&
		       (!e->field || !strcmp(e->field, truth->field));
	case TRUE_MISSING:
		return number && !strcmp(e->kind, "row-missing");
	default:
		return takes_out(e->kind) && e->at && (e->at == truth->at || e->at == truth->twin);
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

/* The place of the first answer that is right, or n_explanations. */
static size_t right_find(const struct mu_finding *f, const struct plant *plant)
{
	size_t i;

	for (i = 0; i < f->n_explanations; i += answer_size(f, i))
		if (is_right(plant, &f->explanations[i], answer_size(f, i)))
			break;
	return i;
}

static int bench_report(struct mu_ctx *ctx, const struct mu_finding *f, const char *fmt, va_list ap)
{
	const struct plant *plant = &bench_of(ctx)->plant;
	struct verdict *v = &bench_of(ctx)->verdict;
	const struct mu_explanation *e = f->explanations;
	size_t i, right = right_find(f, plant), rank = 1;
	bool tied = false;

	(void)fmt;
	(void)ap;
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

/* ---------------------------------------------------------------- running */

/* The rig has room for a few pieces of memory; explanations are many. */
static void *bench_alloc(struct mu_ctx *ctx, size_t size)
{
	struct block *block = calloc(1, sizeof *block + size);

	if (!block)
		abort();
	block->next = bench_of(ctx)->blocks;
	bench_of(ctx)->blocks = block;
	return block->memory;
}

static void blocks_release(struct bench *b)
{
	while (b->blocks) {
		struct block *next = b->blocks->next;

		free(b->blocks);
		b->blocks = next;
	}
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
	blocks_release(b);
	rig_release(&b->rig);
	return (double)(to.tv_sec - from.tv_sec) * 1e3 + (double)(to.tv_nsec - from.tv_nsec) / 1e6;
}

static bool plant_one(struct bench *b, const struct flaw *flaw)
{
	size_t i, j;

	for (i = 0; i < ATTEMPTS; i++) {
		const struct sheet *s = &b->setting->sheets[below(b, b->setting->n_planted)];

		b->work.n_lines = 0;
		for (j = 0; j < s->n_lines; j++)
			line_add(&b->work, &s->lines[j]);
		b->work.n_rows = s->n_rows;
		b->plant = (struct plant){ .n_truths = 0 };
		if (flaw->plant(b, flaw) && b->plant.other != s)
			return true;
	}
	return false;
}

static void flaw_try(struct bench *b, const struct flaw *flaw, size_t plants)
{
	size_t n, first = 0, third = 0, right = 0, tied = 0, misled = 0, nothing = 0;
	double ms = 0, share;

	for (n = 0; n < plants && plant_one(b, flaw); n++) {
		const struct verdict *v = &b->verdict;

		b->verdict = (struct verdict){ .any = false };
		ms += run(b);
		right += v->right;
		first += v->right && v->rank == 1;
		third += v->right && v->rank <= 3;
		tied += v->tied;
		misled += v->misled;
		nothing += !v->any;
	}
	share = 100 / (double)(n ? n : 1);
	printf("| %s | %s | %zu | %.1f %% | %.1f %% | %.1f %% | %.1f %% | %.1f %% | %.1f %% | %.2f "
	       "|\n",
	       b->setting->name, flaw->name, n, share * (double)first, share * (double)third,
	       share * (double)right, share * (double)tied, share * (double)misled,
	       share * (double)nothing, ms / (double)(n ? n : 1));
	fflush(stdout);
}

enum { IN_A = 1, IN_WIDE = 2, IN_A2 = 4, IN_B = 8 };

/* With one-digit numbers and one total, B has no place for some of them. */
static const struct flaw flaws[] = {
	{ "row-missing", IN_A | IN_B, plant_missing, NULL },
	{ "row-twice", IN_A | IN_B, plant_twice, NULL },
	{ "subtotal-counted", IN_A | IN_B, plant_subtotal, NULL },
	{ "year-counted", IN_A | IN_B, plant_year, NULL },
	{ "part-counted", IN_A | IN_B, plant_part, NULL },
	{ "digit-wrong", IN_A | IN_B, plant_number, digit_is_wrong },
	{ "digits-swapped", IN_A, plant_number, digits_are_swapped },
	{ "digit-lost", IN_A, plant_number, digit_is_lost },
	{ "digit-doubled", IN_A | IN_B, plant_number, digit_is_doubled },
	{ "footnote-mark", IN_A | IN_B, plant_number, mark_is_glued },
	{ "separator", IN_A, plant_number, separator_is_misread },
	{ "sign", IN_A | IN_B, plant_number, sign_is_wrong },
	{ "values-swapped", IN_A, plant_swap, NULL },
	{ "claim-wrong", IN_A | IN_B, plant_claim, digit_is_wrong },
	{ "claim-stale", IN_A | IN_B, plant_stale, NULL },
	{ "column-shifted", IN_WIDE, plant_shift, NULL },
	{ "columns-swapped", IN_WIDE, plant_exchange, NULL },
	{ "two-digits-wrong", IN_A2, plant_two_numbers, digit_is_wrong },
};

static void bench_run(const struct setting *settings, size_t n, size_t plants, uint64_t seed)
{
	struct bench b = { .setting = NULL };
	size_t s, f;

	printf("| setting | class | n | first | top 3 | shown | one of k equal | confident and "
	       "wrong | "
	       "nothing shown | ms |\n|---|---|--:|--:|--:|--:|--:|--:|--:|--:|\n");
	for (s = 0; s < n; s++)
		for (f = 0; f < sizeof flaws / sizeof *flaws; f++) {
			if (!(flaws[f].where & 1U << s))
				continue;
			b.setting = &settings[s];
			b.random = mix(seed ^ mix(100 * s + f + 1));
			flaw_try(&b, &flaws[f], plants);
		}
	sheet_release(&b.work);
}

int main(int argc, char **argv)
{
	static const int64_t now[11] = { 4, 1, 3, 5, 2, 1, 6, 1, 2, 2, 1 };
	static const int64_t before[11] = { 5, 1, 3, 4, 2, 2, 8, 1, 1, 3, 1 };
	const char *corpus = argc > 1 ? argv[1] : "../shared/corpus";
	struct sheet sheets[SHEETS] = { { .text = NULL } }, letters[2] = { { .text = NULL } };
	const struct setting settings[] = {
		{ "A", sheets, SHEETS, SHEETS, COUNTRY, false },
		{ "A wide", sheets, SHEETS, SHEETS, COUNTRY, true },
		{ "A2", sheets, SHEETS, SHEETS, COUNTRY, false },
		{ "B", letters, 2, 1, MISSION, false },
	};
	size_t plants = argc > 2 ? strtoull(argv[2], NULL, 10) : PLANTS, i;
	uint64_t seed = argc > 3 ? strtoull(argv[3], NULL, 10) : 1;

	if (!sheets_read(sheets, corpus)) {
		fprintf(stderr, "bench_explain: %s/un-contributions/golden has not %d tables\n",
			corpus, SHEETS);
		return 2;
	}
	letter_make(&letters[0], now);
	letter_make(&letters[1], before);
	bench_run(settings, sizeof settings / sizeof *settings, plants, seed);
	for (i = 0; i < SHEETS; i++)
		sheet_release(&sheets[i]);
	sheet_release(&letters[0]);
	sheet_release(&letters[1]);
	return 0;
}
