/*
 * Columns and claims as pipelines declare them for parsers of tables:
 *
 *     columns:
 *       - {name: mission, header: Missie}
 *       - {name: headcount, header: Aantal, type: integer, measure: true, missing: [n/a]}
 *     claims:
 *       - {name: total, column: mission, match: Totaal}
 *
 * What tells a column in the document, such as `header`, is for each parser to say.
 */
#ifndef COLUMN_H
#define COLUMN_H

#include <muster/table.h>

enum { COLUMN_NAME_MAX = 1024 }; /* bytes */

struct declared_column {
	const char *name, *status_of;
	struct mu_texts header; /* none: its name */
	int64_t position;       /* from 1; 0: not said */
	int type;               /* enum mu_data, counted from 0 */
	bool measure, optional;
	struct mu_texts missing, zero;
};

struct declared_claim {
	const char *name, *column, *match;
};

extern const char *const column_types[]; /* by declared_column.type */

/* For a table of options: the first of them, and those behind what tells the column. */
#define COLUMN_OPTION_NAME \
	MU_OPT_TEXT(struct declared_column, name, .required = true, .help = "name of the column")
#define COLUMN_OPTIONS \
	MU_OPT_CHOICE(struct declared_column, type, .fallback = "string", .choices = column_types, \
		      .help = "what its cells hold"), \
	MU_OPT_BOOL(struct declared_column, measure, \
		    .help = "whether it counts something, such as heads"), \
	MU_OPT_BOOL(struct declared_column, optional, \
		    .help = "whether a document may do without it"), \
	MU_OPT_TEXTS(struct declared_column, missing, \
		     .help = "texts that mean that there is no value"), \
	MU_OPT_TEXTS(struct declared_column, zero, .help = "texts that mean 0, such as a dash"), \
	MU_OPT_TEXT(struct declared_column, status_of, \
		    .help = "instead of a cell: why the column of this name has no value")

extern const struct mu_option claim_options[];

/* configure: each says all that is wrong, and gives 0 or EINVAL.  The first two are for
 * any parser, the last for tables without a header: there, columns are either told by
 * position or are in order. */
int columns_check(struct mu_ctx *ctx, const struct mu_items *columns);
int claims_check(struct mu_ctx *ctx, const struct mu_items *columns, const struct mu_items *claims,
		 const char *const *all_claims);
int positions_check(struct mu_ctx *ctx, const struct mu_items *columns);

/* Why a name that a document has cannot be that of a column; NULL when it can. */
const char *column_name_problem(struct mu_string name);

static inline bool text_equal(struct mu_string a, struct mu_string b)
{
	return a.len == b.len && (!a.len || !memcmp(a.data, b.data, a.len));
}

#endif
