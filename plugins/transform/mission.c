/*
 * Names of missions, in any spelling, to acronym and organisation.
 *
 *     - transform: mission
 *       from: mission
 *       to: mission
 *       organisation: organisation
 *       as_of: as_of
 *
 * "EUMM Georgië" becomes EUMM Georgia of the EU.  What is known stands in the
 * reference list missions.csv: acronyms, full names and aliases, with the first
 * and last day of each mission (where only the month is known, its first and last
 * day).  Case, accents and punctuation do not matter; nothing is matched in part.
 *
 * `to` is the column that gets the acronym.  It may be the same as `from`, which
 * is then replaced; else it is added behind `from`.  Behind it comes the column
 * named by `organisation`, unless that is "".
 *
 * A mission that is not in the list keeps the name it has, its organisation is
 * null, and a warning says so once for each name; with `unknown: error` each of
 * its rows has an error.  One name can mean several
 * missions: "UNOSOM" was two.  Then the date in the column `as_of` decides; where
 * it does not, or there is none, the row has an error.  A mission that on that
 * date had not begun, or had ended, gives a warning, once for each mission.
 *
 * Claims are looked up as data are; null stays null.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include <muster/map.h>
#include <muster/table.h>

#include "names/mission.h"
#include "table/added.h"
#include "text/icu_memory.h"
#include "text/phrase.h"

/* A document can invent more names than is worth searching for. */
enum { SUGGESTED_MAX = 100 };

struct self {
	const char *from, *to, *organisation, *as_of;
	int unknown;

	struct mission_index *index;
	struct added added;        /* the acronym and the organisation */
	struct mu_map names;       /* that were complained of; value: candidates */
	struct mu_map not_running; /* missions that were */
	int64_t from_at, as_of_at; /* columns that come in; as_of_at may be -1 */
	struct answer *answers;    /* of each word of the batch at hand */
	size_t room;
};

enum unknown { UNKNOWN_WARNING, UNKNOWN_ERROR };

/* What a word meant on the day on which it was looked up last. */
struct answer {
	bool known, several;
	int32_t day;
	const struct mission *mission;
};

static int mission_configure(struct mu_ctx *ctx, void *p)
{
	struct self *self = p;

	icu_memory_set(ctx);
	if (!*self->to)
		return mu_invalid(ctx, &self->to, "to needs the name of a column");
	if (!strcmp(self->organisation, self->to) || !strcmp(self->organisation, self->from))
		return mu_invalid(ctx, &self->organisation,
				  "the organisation needs a column of its own, not '%s'",
				  self->organisation);
	return 0;
}

/* The column that an option names. */
static int column_find(struct mu_ctx *ctx, const char *const *option, enum mu_data type,
		       int64_t *out)
{
	enum mu_data found;
	int err = mu_option_column(ctx, option, out);

	if (err)
		return err;
	found = mu_schema_type(ctx->schema->children[*out]);
	if (found != type)
		return mu_invalid(ctx, option,
				  "column '%s' is of type %s, and has to be of type %s", *option,
				  mu_data_name(found), mu_data_name(type));
	return 0;
}

/* Two columns of one name would come out. */
static int column_is_free(struct mu_ctx *ctx, const char *const *option)
{
	if (mu_schema_find(ctx->schema, *option) >= 0)
		return mu_invalid(ctx, option, "there is a column '%s' already", *option);
	return 0;
}

static int mission_transform_open(struct mu_ctx *ctx, void *p, struct ArrowSchema *out)
{
	struct self *self = p;
	const char *names[] = { self->to, self->organisation };
	int err = column_find(ctx, &self->from, MU_STRING, &self->from_at);

	self->as_of_at = -1;
	if (!err && self->as_of)
		err = column_find(ctx, &self->as_of, MU_DATE, &self->as_of_at);
	if (!err && strcmp(self->to, self->from) != 0)
		err = column_is_free(ctx, &self->to);
	if (!err && *self->organisation)
		err = column_is_free(ctx, &self->organisation);
	if (!err)
		err = mission_open(ctx, &self->index);
	if (!err)
		err = added_open(ctx, &self->added, self->from_at, names,
				 *self->organisation ? 2 : 1, out);
	return err;
}

static void mission_transform_close(struct mu_ctx *ctx, void *p)
{
	struct self *self = p;

	(void)ctx;
	mission_close(self->index);
	added_close(&self->added);
	mu_map_release(&self->names);
	mu_map_release(&self->not_running);
	free(self->answers);
}

static const char *date_text(int32_t days, char out[16])
{
	int year, month, day;

	mu_date_to_civil(days, &year, &month, &day);
	snprintf(out, 16, "%04d-%02d-%02d", year % 10000, month % 100, day % 100);
	return out;
}

/* The candidates for a name, which are looked for once; `first` says whether it
 * was now.  NULL: out of memory. */
static const char *candidates(struct mu_ctx *ctx, struct self *self, struct mu_string name,
			      bool *first)
{
	size_t entry = mu_map_add(&self->names, name.data, name.len);
	uint64_t *known;

	if (entry == SIZE_MAX)
		return NULL;
	known = &self->names.entries[entry].value;
	*first = !*known;
	if (*first)
		*known = (uintptr_t)(self->names.count <= SUGGESTED_MAX
					     ? mission_candidates(ctx, self->index, name, 3)
					     : "");
	return (const char *)(uintptr_t)*known;
}

/* A name that means no mission, or several. */
static int report_name(struct mu_ctx *ctx, struct self *self, struct mu_finding finding,
		       bool several)
{
	struct mu_string name = { finding.value, finding.value_len };
	struct phrase shown = { .len = 0 };
	const char *near;
	bool first;

	near = candidates(ctx, self, name, &first);
	if (!near)
		return mu_fail(ctx, ENOMEM, "out of memory");
	phrase_add(&shown, name.data, name.len);
	if (several)
		return mu_report(ctx, finding, "mission '%s' can be %s%s", shown.text, near,
				 self->as_of ? "" : ": name a date column with as_of");
	if (!first && !finding.reject && finding.severity != MU_ERROR)
		return 0;
	return mu_report(ctx, finding, "mission '%s' is not in the list of missions%s%s",
			 shown.text, *near ? "; near are: " : "", near);
}

static int report_not_running(struct mu_ctx *ctx, struct self *self, struct mu_finding finding,
			      const struct mission *mission, int32_t day)
{
	bool early = day < mission->start;
	char limit[16], then[16];
	size_t entry;

	if (!early && day <= mission->end)
		return 0;
	entry = mu_map_add(&self->not_running, &mission, sizeof mission);
	if (entry == SIZE_MAX)
		return mu_fail(ctx, ENOMEM, "out of memory");
	if (self->not_running.entries[entry].value++)
		return 0;
	return mu_report(ctx, finding, "mission %s %s on %s, %s %s", mission->acronym,
			 early ? "began" : "ended",
			 date_text(early ? mission->start : mission->end, limit),
			 early ? "after" : "before", date_text(day, then));
}

/* The columns that rows are read from. */
struct input {
	struct mu_rows rows;
	struct mu_column name, day;
};

/* Makes room for what each word of a batch means.  False when memory is out. */
static bool answers_begin(struct self *self, const struct mu_column *names)
{
	size_t n = names->words ? (size_t)names->n_words : 0;

	if (n > self->room) {
		free(self->answers);
		self->answers = reallocarray(NULL, n, sizeof *self->answers);
		self->room = self->answers ? n : 0;
	}
	for (size_t i = 0; i < n && self->answers; i++)
		self->answers[i].known = false;
	return !n || self->answers;
}

/* What the name in a row means on a day; one in a dictionary is looked up once for
 * each run of rows of one day. */
static struct answer answer_of(struct self *self, const struct mu_column *names, int64_t row,
			       int32_t day)
{
	struct answer found = { .known = true, .day = day };
	struct answer *word = names->words ? &self->answers[mu_get_code(names, row)] : NULL;

	if (word && word->known && word->day == day)
		return *word;
	found.mission = mission_find(self->index, mu_get_string(names, row), day, &found.several);
	if (word)
		*word = found;
	return found;
}

static int row_look_up(struct mu_ctx *ctx, struct self *self, const struct input *in, int64_t row)
{
	struct mu_string name = mu_get_string(&in->name, row);
	int32_t day = self->as_of_at >= 0 && !mu_null(&in->day, row) ? mu_get_date(&in->day, row)
								     : INT32_MIN;
	struct mu_finding finding = { .at = mu_row_at(&in->rows, row),
				      .field = self->from,
				      .value = name.data,
				      .value_len = name.len,
				      /* In a claim no organisation would mean all of them. */
				      .reject = *self->organisation &&
						mu_row_is_claim(&in->rows, row) };
	struct answer answer = answer_of(self, &in->name, row, day);
	const struct mission *mission = answer.mission;

	if (!mission) {
		mu_put_string(&self->added.builder, 0, name);
		finding.severity =
			answer.several || self->unknown == UNKNOWN_ERROR ? MU_ERROR : MU_WARNING;
		finding.code = answer.several ? "undecided" : "unknown";
		return report_name(ctx, self, finding, answer.several);
	}
	mu_put_string(&self->added.builder, 0, mu_string(mission->acronym));
	if (*self->organisation && *mission->organisation)
		mu_put_string(&self->added.builder, 1, mu_string(mission->organisation));
	finding.severity = MU_WARNING;
	finding.reject = false;
	finding.code = "not-running";
	return day == INT32_MIN ? 0 : report_not_running(ctx, self, finding, mission, day);
}

static int rows_look_up(struct mu_ctx *ctx, void *p, const struct ArrowArray *batch)
{
	struct self *self = p;
	struct input in = { .rows = mu_rows(ctx->schema, batch),
			    .name = mu_column(ctx->schema, batch, self->from_at) };
	int err = answers_begin(self, &in.name) ? 0 : mu_fail(ctx, ENOMEM, "out of memory");

	if (self->as_of_at >= 0)
		in.day = mu_column(ctx->schema, batch, self->as_of_at);
	for (int64_t row = 0; row < batch->length && !err; row++) {
		if (!mu_null(&in.name, row))
			err = row_look_up(ctx, self, &in, row);
		mu_end_row(&self->added.builder);
	}
	return err;
}

static int mission_transform(struct mu_ctx *ctx, void *p, struct ArrowArray *out)
{
	struct self *self = p;

	return added_transform(ctx, &self->added, rows_look_up, self, "missions", out);
}

/* Without merge: that a name or a mission was warned of has to be known in all rows. */

static void mission_uses(struct mu_ctx *ctx, void *p, const bool *out, bool *in)
{
	const struct self *self = p;

	added_uses(&self->added, mu_schema_visible(ctx->schema), out, in);
	if (self->as_of_at >= 0)
		in[self->as_of_at] = true;
}

static const char *const unknown_choices[] = { "warning", "error", NULL };

static const struct mu_option options[] = {
	MU_OPT_TEXT(struct self, from, .required = true,
		    .help = "the column with the names as printed"),
	MU_OPT_TEXT(struct self, to, .fallback = "mission",
		    .help = "the column for the acronyms; may be the same"),
	MU_OPT_TEXT(struct self, organisation, .fallback = "organisation",
		    .help = "the column for the organisations; \"\" for none"),
	MU_OPT_TEXT(struct self, as_of,
		    .help = "the date column that decides between missions of one name"),
	MU_OPT_CHOICE(struct self, unknown, .choices = unknown_choices, .fallback = "warning",
		      .help = "what a name is that is not in the list"),
	{ 0 },
};

static const struct mu_code codes[] = {
	{ "unknown",
	  "A mission is not in the reference list, so it keeps the name it has and its "
	  "organisation is unknown.",
	  "Correct the name, or add the mission or this spelling of it to missions.csv." },
	{ "undecided", "The name of a mission is that of several, and no date says which.",
	  "Name a date column with as_of, or write the name of one of them." },
	{ "not-running", "A mission has people on a day on which it had not begun or had ended.",
	  "Check the date and the name; the days are those of missions.csv." },
	{ 0 },
};

MUSTER_PLUGIN(.name = "mission", .summary = "names of missions to acronyms and organisations",
	      .options = options, .codes = codes, .self_size = sizeof(struct self),
	      .configure = mission_configure, .open = mission_transform_open,
	      .close = mission_transform_close, .transform = mission_transform,
	      .uses = mission_uses);
