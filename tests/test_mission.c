/* Missions: the reference list, finding by name and day, and transform/mission. */
#include <check.h>
#include <sys/wait.h>
#include <unicode/uclean.h>
#include <unistd.h>

#include "../plugins/transform/mission.c"

#include "names/list.h"
#include "rig.h"

static const char *list = "schemas/reference/missions.csv";
static char written[64]; /* a list of the test's own */

static int reference(struct mu_ctx *ctx, const char *name, const char **path)
{
	(void)ctx;
	ck_assert_str_eq(name, "missions.csv");
	*path = list;
	return 0;
}

static void list_write(const char *bytes, size_t len)
{
	int file;

	snprintf(written, sizeof written, "%s", "/tmp/muster-missions.XXXXXX");
	file = mkstemp(written);
	ck_assert(file >= 0 && write(file, bytes, len) == (ssize_t)len && !close(file));
	list = written;
}

static void teardown(void)
{
	if (*written)
		unlink(written);
	*written = '\0';
	list = "schemas/reference/missions.csv";
}

static int32_t day(const char *text)
{
	int32_t days = INT32_MIN;

	ck_assert(!text || mu_parse_date(mu_string(text), &days));
	return days;
}

/* What a name means: an acronym, "unknown" or "several". */
static const char *meaning(struct mission_index *index, const char *name, const char *on)
{
	bool several;
	const struct mission *m = mission_find(index, mu_string(name), day(on), &several);

	return m ? m->acronym : several ? "several" : "unknown";
}

static void ctx_init(struct rig *rig)
{
	rig_init(rig, "mission", "headcount:measure", (char *)NULL);
	rig->ctx.reference = reference;
}

START_TEST(any_spelling_finds_the_mission)
{
	static const char *const names[][2] = {
		{ "OVSE West-Balkan", "OSCE Western Balkans" },
		{ "EULEX Kosovo", "EULEX Kosovo" },
		{ "EUMM Georgië", "EUMM Georgia" },
		{ "EUMA Armenië", "EUMA" },
		{ "EUCAP Somalië", "EUCAP Somalia" },
		{ "EUCAP SAHEL Mali", "EUCAP Sahel Mali" },
		{ "EUAM Oekraïne", "EUAM Ukraine" },
		{ "EUBAM Libië", "EUBAM Libya" },
		{ "EUPOL COPPS", "EUPOL COPPS" },
		{ "EUAM Irak", "EUAM Iraq" },
		{ "USSC", "USSC" },
		{ "  minusma ", "MINUSMA" },
		{ "United Nations Operation in Côte d’Ivoire", "UNOCI" },
		{ "united nations operation in cote d'ivoire", "UNOCI" },
		{ "United Nations Stabilisation Mission in Haiti", "MINUSTAH" },
	};
	struct mission_index *index;
	struct rig rig;

	ctx_init(&rig);
	ck_assert_int_eq(mission_open(&rig.ctx, &index), 0);
	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		ck_assert_str_eq(meaning(index, names[i][0], NULL), names[i][1]);
	mission_close(index);
	rig_release(&rig);
}
END_TEST

START_TEST(nothing_is_matched_in_part)
{
	static const char *const names[] = {
		"", " ", "-", "EU", "EULEX Kosov", "EUCAP Sahel", "EUAM Ukraine 2", "UN", "\xff\xfe"
	};
	struct mission_index *index;
	struct rig rig;
	char longest[4096];

	ctx_init(&rig);
	ck_assert_int_eq(mission_open(&rig.ctx, &index), 0);
	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		ck_assert_str_eq(meaning(index, names[i], NULL), "unknown");
	memset(longest, 'x', sizeof longest - 1);
	longest[sizeof longest - 1] = '\0';
	ck_assert_str_eq(meaning(index, longest, NULL), "unknown");
	ck_assert_str_eq(mission_candidates(&rig.ctx, index, mu_string(longest), 3), "");
	mission_close(index);
	rig_release(&rig);
}
END_TEST

START_TEST(the_day_decides_between_missions_of_one_name)
{
	struct mission_index *index;
	struct rig rig;

	ctx_init(&rig);
	ck_assert_int_eq(mission_open(&rig.ctx, &index), 0);
	ck_assert_str_eq(meaning(index, "UNOSOM", NULL), "several");
	ck_assert_str_eq(meaning(index, "UNOSOM", "1992-12-31"), "UNOSOM I");
	ck_assert_str_eq(meaning(index, "UNOSOM", "1994-01-01"), "UNOSOM II");
	ck_assert_str_eq(meaning(index, "UNOSOM", "1993-03-15"), "several");
	ck_assert_str_eq(meaning(index, "UNOSOM", "2020-01-01"), "several");
	ck_assert_str_eq(meaning(index, "UNOSOM II", "2020-01-01"), "UNOSOM II");
	ck_assert_str_eq(meaning(index, "EUMM", "2005-01-01"), "EUMM");
	ck_assert_str_eq(meaning(index, "EUMM", "2023-11-24"), "EUMM Georgia");
	mission_close(index);
	rig_release(&rig);
}
END_TEST

START_TEST(candidates_are_near_or_all_that_is_meant)
{
	struct mission_index *index;
	struct rig rig;

	ctx_init(&rig);
	ck_assert_int_eq(mission_open(&rig.ctx, &index), 0);
	ck_assert_str_eq(mission_candidates(&rig.ctx, index, mu_string("UNOSOM"), 1),
			 "UNOSOM I (from 1992-04-01 to 1993-03-31), "
			 "UNOSOM II (from 1993-03-01 to 1995-03-31)");
	ck_assert_str_eq(mission_candidates(&rig.ctx, index, mu_string("EUAM Oekraine 2"), 1),
			 "EUAM Oekraïne (EUAM Ukraine)");
	ck_assert_str_eq(mission_candidates(&rig.ctx, index, mu_string("MINUSMAA"), 1), "MINUSMA");
	ck_assert_str_eq(mission_candidates(&rig.ctx, index, mu_string("xyzzy plugh"), 3), "");
	mission_close(index);
	rig_release(&rig);
}
END_TEST

START_TEST(facts_of_a_mission_are_there)
{
	const struct mission *m;
	struct mission_index *index;
	struct rig rig;
	bool several;

	ctx_init(&rig);
	ck_assert_int_eq(mission_open(&rig.ctx, &index), 0);
	m = mission_find(index, mu_string("MINUSTAH"), INT32_MIN, &several);
	ck_assert_str_eq(m->organisation, "UN");
	ck_assert_str_eq(m->name, "United Nations Stabilization Mission in Haiti");
	ck_assert_str_eq(m->hosts, "HTI");
	ck_assert_str_eq(m->successor, "MINUJUSTH");
	ck_assert_int_eq(m->start, day("2004-06-01"));
	ck_assert_int_eq(m->end, day("2017-10-15"));
	m = mission_find(index, mu_string("UNTSO"), INT32_MIN, &several);
	ck_assert_str_eq(m->hosts, "EGY ISR JOR LBN SYR");
	ck_assert_str_eq(m->successor, "");
	ck_assert_int_eq(m->end, INT32_MAX);
	mission_close(index);
	rig_release(&rig);
}
END_TEST

enum { ACRONYM, ORGANISATION, NAME, START, END, HOST, ALIASES, SUCCESSOR, FIELDS };

static const char *const mission_fields[FIELDS] = {
	"acronym", "organisation", "name", "start", "end", "host", "aliases", "successor",
};
static const char *const code_fields[] = { "alpha3", "name" };

static void shipped_open(struct rig *rig, struct list *shipped, const char *path,
			 const char *const *fields, size_t count)
{
	ck_assert_int_eq(list_open(&rig->ctx, path, 1 << 20, shipped), 0);
	ck_assert_int_eq(list_header(shipped, fields, count), 0);
}

static void codes_read(struct rig *rig, struct mu_map *iso)
{
	struct list shipped;
	char *row[2];

	shipped_open(rig, &shipped, "schemas/reference/iso3166.csv", code_fields, 2);
	while (list_more(&shipped)) {
		ck_assert_int_eq(list_row(&shipped, row, 2), 0);
		ck_assert(mu_map_add(iso, row[0], strlen(row[0])) != SIZE_MAX);
	}
	list_close(&shipped);
}

static void mission_check(char *row[FIELDS], const struct mu_map *iso)
{
	int32_t start = INT32_MIN, end = INT32_MAX;
	char *at = row[HOST];

	ck_assert_msg(!*row[START] || mu_parse_date(mu_string(row[START]), &start), "%s",
		      row[ACRONYM]);
	ck_assert_msg(!*row[END] || mu_parse_date(mu_string(row[END]), &end), "%s", row[ACRONYM]);
	ck_assert_msg(start <= end, "%s", row[ACRONYM]);
	for (; *at; at += at[3] ? 4 : 3)
		ck_assert_msg(strlen(at) >= 3 && mu_map_find(iso, at, 3) != SIZE_MAX, "%s: %s",
			      row[ACRONYM], at);
}

/* Each name of a mission means it on its first day, or several: never another one. */
static void names_check(struct mission_index *index, char *row[FIELDS])
{
	const char *on = *row[START] ? row[START] : NULL, *found;
	char *alias, *rest = NULL;

	found = meaning(index, row[ACRONYM], on);
	ck_assert_msg(!strcmp(found, row[ACRONYM]), "%s is %s", row[ACRONYM], found);
	for (alias = strtok_r(row[ALIASES], "|", &rest); alias;
	     alias = strtok_r(NULL, "|", &rest)) {
		found = meaning(index, alias, on);
		ck_assert_msg(!strcmp(found, row[ACRONYM]) || !strcmp(found, "several"),
			      "%s is %s, and not %s", alias, found, row[ACRONYM]);
	}
}

START_TEST(the_shipped_missions_agree_with_each_other)
{
	struct mu_map iso = { 0 }, keys = { 0 }, acronyms = { 0 }, successors = { 0 };
	struct mission_index *index;
	struct list shipped;
	char *row[FIELDS], key[256];
	struct rig rig;

	ctx_init(&rig);
	codes_read(&rig, &iso);
	ck_assert_int_eq(mission_open(&rig.ctx, &index), 0);
	shipped_open(&rig, &shipped, list, mission_fields, FIELDS);
	while (list_more(&shipped)) {
		size_t known = keys.count;
		int len;

		ck_assert_int_eq(list_row(&shipped, row, FIELDS), 0);
		len = snprintf(key, sizeof key, "%s|%s", row[ACRONYM], row[ORGANISATION]);
		ck_assert_msg(mu_map_add(&keys, key, (size_t)len) == known, "%s twice", key);
		mu_map_add(&acronyms, row[ACRONYM], strlen(row[ACRONYM]));
		if (*row[SUCCESSOR])
			mu_map_add(&successors, row[SUCCESSOR], strlen(row[SUCCESSOR]));
		mission_check(row, &iso);
		names_check(index, row);
	}
	ck_assert_uint_gt(keys.count, 150);
	for (size_t i = 0; i < successors.count; i++) {
		const struct mu_map_entry *e = &successors.entries[i];

		ck_assert_msg(mu_map_find(&acronyms, e->key, e->len) != SIZE_MAX, "%.*s",
			      (int)e->len, (const char *)e->key);
	}
	list_close(&shipped);
	mission_close(index);
	mu_map_release(&iso);
	mu_map_release(&keys);
	mu_map_release(&acronyms);
	mu_map_release(&successors);
	rig_release(&rig);
}
END_TEST

#define HEADER "acronym,organisation,name,start,end,host,aliases,successor\n"

static const struct {
	const char *bytes, *why; /* behind the path */
} malformed_lists[] = {
	{ "", ":1: the list is empty" },
	{ "acronym,organisation\n", ":1: there are fewer than 8 fields" },
	{ "acronym,organisation,name,begin,end,host,aliases,successor\n",
	  ":1: column 4 is called 'begin', and should be 'start'" },
	{ HEADER "A,UN,Mission A,,,,,\nB,UN,Mission B\n", ":3: there are fewer than 8 fields" },
	{ HEADER "A,UN,Mission, A,,,,,\n", ":2: there are more than 8 fields" },
	{ HEADER "A,UN,\"Mission A,,,,,\n", ":2: a quote is not closed" },
	{ HEADER "A,UN,\"Mission\" A,,,,,\n", ":2: text follows a closing quote" },
	{ HEADER "A,UN,Mission\rA,,,,,\n", ":2: a carriage return stands inside of a field" },
	{ HEADER "A,UN,\"Mission\nA\",,,,,\n\r\n,UN,,,,,,\n", ":5: acronym is empty" },
	{ HEADER "A,UN,Mission \"A\",,,,,\n", ":2: a quote stands inside of a field" },
	{ HEADER "A,UN,,2023-13-01,,,,\n",
	  ":2: start is no date such as 2023-11-24: '2023-13-01'" },
	{ HEADER "A,UN,,2023-02-01,2023-01-01,,,\n", ":2: A ends before it starts" },
	{ HEADER "A,UN,,,,Kosovo,,\n",
	  ":2: host is not made of alpha-3 codes with a space between them: 'Kosovo'" },
	{ HEADER "A,UN,,,,XKX ,,\n",
	  ":2: host is not made of alpha-3 codes with a space between them: 'XKX '" },
	{ HEADER ",UN,Mission A,,,,,\n", ":2: acronym is empty" },
	{ HEADER "A,UN,,,,,x||y,\n", ":2: a name is empty, too long or no UTF-8: ''" },
	{ HEADER "A,UN,\xff,,,,,\n", ":2: a name is empty, too long or no UTF-8: '\xff'" },
	{ HEADER "A,UN,,,,,,B\nC,UN,,,,,,\n", ":2: successor is the acronym of no mission: 'B'" },
};

START_TEST(a_malformed_list_is_refused_with_its_line)
{
	struct mission_index *index;
	struct rig rig;

	ctx_init(&rig);
	list_write(malformed_lists[_i].bytes, strlen(malformed_lists[_i].bytes));
	ck_assert_int_eq(mission_open(&rig.ctx, &index), EINVAL);
	ck_assert_ptr_null(index);
	ck_assert_str_eq(rig.why + strlen(list), malformed_lists[_i].why);
	rig_release(&rig);
}
END_TEST

static void *memory_none(const void *context, size_t size)
{
	(void)context;
	(void)size;
	return NULL;
}

static void *memory_not_more(const void *context, void *block, size_t size)
{
	(void)block;
	return memory_none(context, size);
}

static void memory_back(const void *context, void *block)
{
	(void)context;
	(void)block;
}

/* In a process of its own, which keeps an ICU without memory. */
static void names_without_memory(void)
{
	UErrorCode status = U_ZERO_ERROR;
	struct mission_index *index;
	struct rig rig;
	int err;

	u_setMemoryFunctions(NULL, memory_none, memory_not_more, memory_back, &status);
	ctx_init(&rig);
	err = mission_open(&rig.ctx, &index);
	_exit(status == U_ZERO_ERROR && err == ENOMEM && !strcmp(rig.why, "out of memory") ? 0 : 1);
}

/* It comes first, since ICU asks for memory once. */
START_TEST(a_name_that_icu_has_no_memory_for_is_not_called_bad)
{
	int status = -1;
	pid_t child;

	list_write(HEADER "A,UN,\xce\x91\xce\xb8\xce\xae\xce\xbd\xce\xb1,,,,,\n",
		   sizeof HEADER "A,UN,xxxxxxxxxx,,,,,\n" - 1);
	child = fork();
	if (!child)
		names_without_memory();
	ck_assert_int_eq(waitpid(child, &status, 0), child);
	ck_assert_int_eq(status, 0);
}
END_TEST

START_TEST(a_list_cut_anywhere_is_read_or_refused)
{
	static const char bytes[] = HEADER "A,UN,\"Mission \"\"A\"\", b\",2001-02-03,2004-05-06,"
					   "XKX SRB,a1|\"b\",B\r\nB,EU,,,,,,\n";
	struct mission_index *index;
	struct rig rig;

	for (size_t len = 0; len < sizeof bytes; len++) {
		ctx_init(&rig);
		list_write(bytes, len);
		if (!mission_open(&rig.ctx, &index))
			mission_close(index);
		rig_release(&rig);
		teardown();
	}
}
END_TEST

START_TEST(a_list_may_have_quotes_a_mark_and_crlf)
{
	static const char bytes[] = "\xef\xbb\xbf"
				    "acronym,organisation,name,start,end,host,aliases,successor\r\n"
				    "\"A\",UN,\"First \"\"A\"\", of two\",,,,a one|the a|A,\r\n";
	struct mission_index *index;
	struct rig rig;

	ctx_init(&rig);
	list_write(bytes, sizeof bytes - 1);
	ck_assert_int_eq(mission_open(&rig.ctx, &index), 0);
	ck_assert_str_eq(meaning(index, "first \"a\", of two", NULL), "A");
	ck_assert_str_eq(meaning(index, "The A", NULL), "A");
	mission_close(index);
	rig_release(&rig);
}
END_TEST

struct stage {
	struct rig rig;
	struct self self;
	struct ArrowSchema out;
	char rows[4096]; /* "at as_of mission headcount ..." as it comes out */
};

/* Columns as_of, mission and headcount, and hidden ones. */
static void stage_init(struct stage *s, const char *to, const char *as_of)
{
	*s = (struct stage){ .self = { .from = "mission",
				       .to = to,
				       .organisation = "organisation",
				       .as_of = as_of } };
	ctx_init(&s->rig);
	mu_builder_release(&s->rig.builder);
	mu_schema_release(&s->rig.schema);
	ck_assert(!mu_schema_init(&s->rig.schema) &&
		  !mu_schema_add(&s->rig.schema, "as_of", MU_DATE, false, NULL) &&
		  !mu_schema_add(&s->rig.schema, "mission", MU_STRING, false, "Missienaam") &&
		  !mu_schema_add(&s->rig.schema, "headcount", MU_INTEGER, true, NULL) &&
		  !mu_schema_add_hidden(&s->rig.schema) &&
		  !mu_builder_init(&s->rig.builder, &s->rig.schema));
}

static void row(struct stage *s, uint64_t at, const char *claim, const char *on,
		const char *mission)
{
	if (on)
		mu_put_date(&s->rig.builder, 0, day(on));
	if (mission)
		mu_put_string(&s->rig.builder, 1, mu_string(mission));
	mu_put_integer(&s->rig.builder, 2, (int64_t)at);
	mu_end_row_at(&s->rig.builder, mu_at(1, at), claim);
}

static void rows_see(struct stage *s, const struct ArrowArray *batch)
{
	struct mu_rows rows = mu_rows(&s->out, batch);
	char space[MU_FORMAT_MAX];
	size_t len = strlen(s->rows);

	for (int64_t i = 0; i < batch->length; i++) {
		len += (size_t)snprintf(s->rows + len, sizeof s->rows - len, "%s%" PRIu64,
					mu_row_is_claim(&rows, i) ? "claim " : "",
					mu_at_position(mu_row_at(&rows, i)));
		for (int64_t j = 0; j < mu_schema_visible(&s->out); j++) {
			struct mu_column cells = mu_column(&s->out, batch, j);
			struct mu_string value = mu_format(&cells, i, space);
			bool null = mu_null(&cells, i);

			len += (size_t)snprintf(s->rows + len, sizeof s->rows - len, "|%.*s",
						null ? 1 : (int)value.len, null ? "~" : value.data);
		}
		len += (size_t)snprintf(s->rows + len, sizeof s->rows - len, "\n");
	}
}

static int stage_run(struct stage *s)
{
	struct ArrowArray batch = { .release = NULL };
	int err = mission_configure(&s->rig.ctx, &s->self);

	rig_flush(&s->rig);
	if (!err)
		err = mission_transform_open(&s->rig.ctx, &s->self, &s->out);
	while (!err && !(err = mission_transform(&s->rig.ctx, &s->self, &batch)) && batch.release) {
		rows_see(s, &batch);
		mu_array_release(&batch);
	}
	return err;
}

static void stage_release(struct stage *s)
{
	mission_transform_close(&s->rig.ctx, &s->self);
	mu_schema_release(&s->out);
	rig_release(&s->rig);
}

START_TEST(names_become_acronyms_and_organisations)
{
	struct stage s;
	char from[64];

	stage_init(&s, "mission", "as_of");
	row(&s, 1, NULL, "2023-11-24", "EUMM Georgië");
	row(&s, 2, NULL, NULL, NULL);
	rig_flush(&s.rig);
	row(&s, 3, "total", NULL, "EUAM Irak");
	row(&s, 4, "total", NULL, NULL);
	ck_assert_int_eq(stage_run(&s), 0);
	ck_assert_str_eq(s.rows, "1|2023-11-24|EUMM Georgia|EU|1\n2|~|~|~|2\n"
				 "claim 3|~|EUAM Iraq|EU|3\nclaim 4|~|~|~|4\n");
	ck_assert_str_eq(s.rig.said, "");
	ck_assert_str_eq(s.out.children[1]->name, "mission");
	ck_assert_str_eq(s.out.children[2]->name, "organisation");
	ck_assert(mu_schema_from(s.out.children[2], from, sizeof from));
	ck_assert_str_eq(from, "Missienaam");
	ck_assert(mu_schema_measure(s.out.children[3]));
	stage_release(&s);
}
END_TEST

START_TEST(the_acronym_can_be_a_column_of_its_own)
{
	struct stage s;

	stage_init(&s, "acronym", NULL);
	s.self.organisation = "";
	row(&s, 1, NULL, NULL, "EUMM Georgië");
	ck_assert_int_eq(stage_run(&s), 0);
	ck_assert_str_eq(s.rows, "1|~|EUMM Georgië|EUMM Georgia|1\n");
	ck_assert_str_eq(s.out.children[2]->name, "acronym");
	stage_release(&s);
}
END_TEST

START_TEST(an_unknown_mission_keeps_its_name_with_one_warning)
{
	struct stage s;

	stage_init(&s, "mission", NULL);
	row(&s, 1, NULL, NULL, "EULEX Kosovoo");
	row(&s, 2, NULL, NULL, "EULEX Kosovoo");
	row(&s, 3, NULL, NULL, "Starfleet");
	ck_assert_int_eq(stage_run(&s), 0);
	ck_assert_str_eq(s.rows, "1|~|EULEX Kosovoo|~|1\n2|~|EULEX Kosovoo|~|2\n"
				 "3|~|Starfleet|~|3\n");
	ck_assert_str_eq(s.rig.said,
			 "warning unknown 1 mission: mission 'EULEX Kosovoo' is not in the list "
			 "of missions; near are: EULEX Kosovo\n"
			 "warning unknown 3 mission: mission 'Starfleet' is not in the list of "
			 "missions\n");
	stage_release(&s);
}
END_TEST

START_TEST(an_undecided_name_is_an_error_in_each_row)
{
	struct stage s;

	stage_init(&s, "mission", "as_of");
	row(&s, 1, NULL, "1992-06-01", "UNOSOM");
	row(&s, 2, NULL, NULL, "UNOSOM");
	row(&s, 3, NULL, "2001-01-01", "UNOSOM");
	ck_assert_int_eq(stage_run(&s), 0);
	ck_assert_str_eq(s.rows, "1|1992-06-01|UNOSOM I|UN|1\n2|~|UNOSOM|~|2\n"
				 "3|2001-01-01|UNOSOM|~|3\n");
	ck_assert_str_eq(s.rig.said, "undecided 2 mission: mission 'UNOSOM' can be "
				     "UNOSOM I (from 1992-04-01 to 1993-03-31), "
				     "UNOSOM II (from 1993-03-01 to 1995-03-31)\n"
				     "undecided 3 mission: mission 'UNOSOM' can be "
				     "UNOSOM I (from 1992-04-01 to 1993-03-31), "
				     "UNOSOM II (from 1993-03-01 to 1995-03-31)\n");
	stage_release(&s);
}
END_TEST

START_TEST(a_mission_that_does_not_run_is_a_warning_once)
{
	struct stage s;

	stage_init(&s, "mission", "as_of");
	row(&s, 1, NULL, "2023-12-31", "MINUSMA");
	row(&s, 2, NULL, "2024-01-01", "MINUSMA");
	row(&s, 3, NULL, "2024-02-01", "MINUSMA");
	row(&s, 4, NULL, "2020-01-01", "EUMA");
	ck_assert_int_eq(stage_run(&s), 0);
	ck_assert_str_eq(s.rig.said,
			 "warning not-running 2 mission: mission MINUSMA ended on 2023-12-31, "
			 "before 2024-01-01\n"
			 "warning not-running 4 mission: mission EUMA began on 2023-01-23, after "
			 "2020-01-01\n");
	ck_assert_ptr_nonnull(strstr(s.rows, "3|2024-02-01|MINUSMA|UN|3\n"));
	stage_release(&s);
}
END_TEST

START_TEST(columns_that_cannot_be_are_refused)
{
	static const struct {
		const char *from, *to, *organisation, *as_of, *why;
	} wrong[] = {
		{ "misson", "mission", "organisation", NULL,
		  "no column is called 'misson'; there are 'as_of', 'mission', 'headcount'; did "
		  "you "
		  "mean 'mission'?" },
		{ "_claim", "mission", "organisation", NULL,
		  "no column is called '_claim'; there are 'as_of', 'mission', 'headcount'" },
		{ "headcount", "m", "organisation", NULL,
		  "column 'headcount' is of type integer, and has to be of type string" },
		{ "mission", "headcount", "organisation", NULL,
		  "there is a column 'headcount' already" },
		{ "mission", "mission", "headcount", NULL,
		  "there is a column 'headcount' already" },
		{ "mission", "m", "m", NULL,
		  "the organisation needs a column of its own, not 'm'" },
		{ "mission", "mission", "organisation", "mission",
		  "column 'mission' is of type string, and has to be of type date" },
		{ "mission", "", "organisation", NULL, "to needs the name of a column" },
	};
	struct stage s;

	stage_init(&s, wrong[_i].to, wrong[_i].as_of);
	s.self.from = wrong[_i].from;
	s.self.organisation = wrong[_i].organisation;
	ck_assert_int_eq(stage_run(&s), EINVAL);
	ck_assert_str_eq(s.rig.why, wrong[_i].why);
	stage_release(&s);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("mission");
	TCase *tcase = tcase_create("mission");
	SRunner *runner = srunner_create(suite);
	int failed;

	tcase_add_checked_fixture(tcase, NULL, teardown);
	tcase_add_test(tcase, a_name_that_icu_has_no_memory_for_is_not_called_bad);
	tcase_add_test(tcase, any_spelling_finds_the_mission);
	tcase_add_test(tcase, nothing_is_matched_in_part);
	tcase_add_test(tcase, the_day_decides_between_missions_of_one_name);
	tcase_add_test(tcase, candidates_are_near_or_all_that_is_meant);
	tcase_add_test(tcase, facts_of_a_mission_are_there);
	tcase_add_test(tcase, the_shipped_missions_agree_with_each_other);
	tcase_add_loop_test(tcase, a_malformed_list_is_refused_with_its_line, 0,
			    (int)(sizeof malformed_lists / sizeof *malformed_lists));
	tcase_add_test(tcase, a_list_cut_anywhere_is_read_or_refused);
	tcase_add_test(tcase, a_list_may_have_quotes_a_mark_and_crlf);
	tcase_add_test(tcase, names_become_acronyms_and_organisations);
	tcase_add_test(tcase, the_acronym_can_be_a_column_of_its_own);
	tcase_add_test(tcase, an_unknown_mission_keeps_its_name_with_one_warning);
	tcase_add_test(tcase, an_undecided_name_is_an_error_in_each_row);
	tcase_add_test(tcase, a_mission_that_does_not_run_is_a_warning_once);
	tcase_add_loop_test(tcase, columns_that_cannot_be_are_refused, 0, 8);
	suite_add_tcase(suite, tcase);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? 1 : 0;
}
