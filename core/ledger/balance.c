#include "ledger/balance.h"

#include <inttypes.h>
#include <stdlib.h>

static bool schema_says(const struct mu_table_schema *table, const char *name)
{
	size_t i;

	for (i = 0; table && i < table->n_fields; i++)
		if (!strcmp(table->fields[i].name, name))
			return table->fields[i].measure;
	return false;
}

int balance_init(struct balance *b, const struct ArrowSchema *schema,
		 const struct mu_table_schema *table)
{
	int64_t i;

	*b = (struct balance){ .claim_column = mu_schema_find(schema, MU_CLAIM) };
	for (i = 0; i < mu_schema_visible(schema); i++) {
		const struct ArrowSchema *column = schema->children[i];
		struct balance_measure *m = &b->measures[b->n_measures];

		if (mu_schema_type(column) != MU_INTEGER ||
		    !(mu_schema_measure(column) || schema_says(table, column->name)))
			continue;
		if (b->n_measures == BALANCE_MEASURES)
			return E2BIG;
		m->name = mem_copy(column->name);
		m->column = i;
		b->n_measures++;
	}
	return 0;
}

/* Four values at a time, in registers where the machine has such. */
typedef uint64_t four __attribute__((vector_size(32)));

/* Values between this and its negative, of one batch, cannot be too many for 64 bits. */
#define PLAIN ((uint64_t)1 << 40)

/* Sums up values of which none is null, or says that they are too large for that. */
static bool plain_sum(const int64_t *values, int64_t rows, int64_t *out)
{
	four sums = { 0 }, seen = { 0 };
	uint64_t sum, all;
	int64_t i = 0;

	if (rows >= 1 << 22)
		return false;
	for (; i + 4 <= rows; i += 4) {
		four v;

		memcpy(&v, values + i, sizeof v);
		sums += v;
		seen |= v + PLAIN;
	}
	sum = sums[0] + sums[1] + sums[2] + sums[3];
	all = seen[0] | seen[1] | seen[2] | seen[3];
	for (; i < rows; i++) {
		sum += (uint64_t)values[i];
		all |= (uint64_t)values[i] + PLAIN;
	}
	*out = (int64_t)sum;
	return all < 2 * PLAIN;
}

static void sum_add(struct balance_measure *m, int64_t by)
{
	if (__builtin_add_overflow(m->sum, by, &m->sum))
		m->overflow = true;
}

static void measure_add(struct balance_measure *m, const struct mu_column *value,
			const struct mu_column *claim, uint64_t claims, int64_t rows)
{
	int64_t i, sum;

	if (!value->valid && !claims &&
	    plain_sum((const int64_t *)value->values + value->offset, rows, &sum)) {
		sum_add(m, sum);
		return;
	}
	for (i = 0; i < rows; i++)
		if ((!claims || mu_null(claim, i)) && !mu_null(value, i))
			sum_add(m, mu_get_integer(value, i));
}

void balance_add(struct balance *b, const struct ArrowSchema *schema, const struct ArrowArray *rows)
{
	struct mu_column claim = mu_column(schema, rows, b->claim_column);
	bool none = mu_rows(schema, rows).no_claims;
	uint64_t claims = 0;
	size_t j;
	int64_t i;

	for (i = 0; !none && i < rows->length; i++)
		claims += !mu_null(&claim, i);
	b->claims += claims;
	b->rows += (uint64_t)rows->length - claims;
	for (j = 0; j < b->n_measures; j++) {
		struct mu_column value = mu_column(schema, rows, b->measures[j].column);

		measure_add(&b->measures[j], &value, &claim, claims, rows->length);
	}
}

void balance_merge(struct balance *b, const struct balance *other)
{
	size_t j;

	b->rows += other->rows;
	b->claims += other->claims;
	for (j = 0; j < b->n_measures; j++) {
		const struct balance_measure *m = balance_measure(other, b->measures[j].name);

		if (!m)
			continue;
		sum_add(&b->measures[j], m->sum);
		b->measures[j].overflow |= m->overflow;
	}
}

void balance_subtract(struct balance *b, const struct balance *other)
{
	size_t j;

	b->rows -= other->rows < b->rows ? other->rows : b->rows;
	b->claims -= other->claims < b->claims ? other->claims : b->claims;
	for (j = 0; j < b->n_measures; j++) {
		const struct balance_measure *m = balance_measure(other, b->measures[j].name);

		if (m && (__builtin_sub_overflow(b->measures[j].sum, m->sum, &b->measures[j].sum) ||
			  m->overflow))
			b->measures[j].overflow = true;
	}
}

void balance_copy(struct balance *b, const struct balance *from)
{
	size_t j;

	balance_release(b);
	*b = *from;
	for (j = 0; j < b->n_measures; j++)
		b->measures[j].name = mem_copy(from->measures[j].name);
}

void balance_release(struct balance *b)
{
	size_t j;

	for (j = 0; j < b->n_measures; j++) {
		free(b->measures[j].name);
	}
	*b = (struct balance){ 0 };
}

const struct balance_measure *balance_measure(const struct balance *b, const char *name)
{
	size_t j;

	for (j = 0; j < b->n_measures; j++)
		if (!strcmp(b->measures[j].name, name))
			return &b->measures[j];
	return NULL;
}

/* Wide enough for sums of sums. */
__extension__ typedef __int128 wide;

static wide adjusted(const struct adjustment *a, size_t n, const char *measure)
{
	wide sum = 0;
	size_t i;

	for (i = 0; i < n; i++) {
		bool same =
			measure ? a[i].measure && !strcmp(a[i].measure, measure) : !a[i].measure;

		if (same)
			sum += a[i].by;
	}
	return sum;
}

/* For messages: one beyond 64 bits is shown as the nearest that is not. */
static int64_t narrow(wide value)
{
	return value > INT64_MAX ? INT64_MAX : value < INT64_MIN ? INT64_MIN : (int64_t)value;
}

static bool measure_conserved(const struct balance_measure *m, const struct balance *out,
			      const struct adjustment *a, size_t n, struct text *why)
{
	const struct balance_measure *after = balance_measure(out, m->name);
	int64_t found = after ? after->sum : 0;
	wide by = adjusted(a, n, m->name);

	/* That is said by itself. */
	if (m->overflow || (after && after->overflow) || m->sum + by == found)
		return true;
	text_printf(why,
		    "%s: %" PRId64 " went in, %+" PRId64 " was stated as changed, %" PRId64
		    " came out%s",
		    m->name, m->sum, narrow(by), found, after ? "" : " (the column is gone)");
	return false;
}

bool balance_conserved(const struct balance *in, const struct balance *out,
		       const struct adjustment *a, size_t n, struct text *why)
{
	wide by = adjusted(a, n, NULL), claims = adjusted(a, n, MU_CLAIM);
	size_t j;

	if (in->claims + claims != out->claims) {
		text_add_count(why, in->claims, "claim");
		text_puts(why, " went in, ");
		if (claims)
			text_printf(why, "%+" PRId64 " was stated as changed, ", narrow(claims));
		text_printf(why, "%" PRIu64 " came out", out->claims);
		return false;
	}
	if (in->rows + by != out->rows) {
		text_add_count(why, in->rows, "row");
		text_printf(why,
			    " went in, %+" PRId64 " was stated as changed, %" PRIu64 " came out",
			    narrow(by), out->rows);
		return false;
	}
	for (j = 0; j < in->n_measures; j++)
		if (!measure_conserved(&in->measures[j], out, a, n, why))
			return false;
	return true;
}
