#include "balance.h"

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

static void measure_add(struct balance_measure *m, const struct mu_column *value,
			const struct mu_column *claim, int64_t rows)
{
	int64_t i;

	for (i = 0; i < rows; i++)
		if (mu_null(claim, i) && !mu_null(value, i) &&
		    __builtin_add_overflow(m->sum, mu_get_integer(value, i), &m->sum))
			m->overflow = true;
}

void balance_add(struct balance *b, const struct ArrowSchema *schema, const struct ArrowArray *rows)
{
	struct mu_column claim = mu_column(schema, rows, b->claim_column);
	uint64_t claims = 0;
	size_t j;
	int64_t i;

	for (i = 0; i < rows->length; i++)
		claims += !mu_null(&claim, i);
	b->claims += claims;
	b->rows += (uint64_t)rows->length - claims;
	for (j = 0; j < b->n_measures; j++) {
		struct mu_column value = mu_column(schema, rows, b->measures[j].column);

		measure_add(&b->measures[j], &value, &claim, rows->length);
	}
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

static int64_t adjusted(const struct adjustment *a, size_t n, const char *measure, bool *overflow)
{
	int64_t sum = 0;
	size_t i;

	for (i = 0; i < n; i++) {
		bool same =
			measure ? a[i].measure && !strcmp(a[i].measure, measure) : !a[i].measure;

		if (same && __builtin_add_overflow(sum, a[i].by, &sum))
			*overflow = true;
	}
	return sum;
}

static bool measure_conserved(const struct balance_measure *m, const struct balance *out,
			      const struct adjustment *a, size_t n, struct text *why)
{
	const struct balance_measure *after = balance_measure(out, m->name);
	int64_t expected = 0, found = after ? after->sum : 0;
	bool overflow = m->overflow || (after && after->overflow);
	int64_t by = adjusted(a, n, m->name, &overflow);

	if (overflow || __builtin_add_overflow(m->sum, by, &expected))
		return true;
	if (expected == found)
		return true;
	text_printf(why,
		    "%s: %" PRId64 " went in, %+" PRId64 " was stated as changed, %" PRId64
		    " came out%s",
		    m->name, m->sum, by, found, after ? "" : " (the column is gone)");
	return false;
}

bool balance_conserved(const struct balance *in, const struct balance *out,
		       const struct adjustment *a, size_t n, struct text *why)
{
	bool overflow = false;
	int64_t by = adjusted(a, n, NULL, &overflow), claims = adjusted(a, n, MU_CLAIM, &overflow);
	size_t j;

	if ((int64_t)in->claims + claims != (int64_t)out->claims) {
		text_printf(why, "%" PRIu64 " claims went in, ", in->claims);
		if (claims)
			text_printf(why, "%+" PRId64 " was stated as changed, ", claims);
		text_printf(why, "%" PRIu64 " came out", out->claims);
		return false;
	}
	if (overflow || (int64_t)in->rows + by != (int64_t)out->rows) {
		text_printf(why,
			    "%" PRIu64 " rows went in, %+" PRId64 " was stated as changed, "
			    "%" PRIu64 " came out",
			    in->rows, by, out->rows);
		return false;
	}
	for (j = 0; j < in->n_measures; j++)
		if (!measure_conserved(&in->measures[j], out, a, n, why))
			return false;
	return true;
}
