/* Transforms that give out a batch for each that comes in: the same rows and findings
 * however batches are shared out among instances, and whether or not text is in
 * dictionaries. */
#include <check.h>
#include <dlfcn.h>

#include "encode.h"
#include "rig.h"

enum { INSTANCES = 3, BATCHES = 12 };

struct lane {
	void *self;
	struct ArrowSchema out;
};

struct fixture {
	struct rig rig;
	void *handle;
	const struct mu_plugin *plugin;
	struct lane lanes[INSTANCES];
	size_t n_lanes;
	char rows[65536]; /* what came out: "batch: position cells" */
	size_t len;
	char path[256];
	void **blocks; /* of options */
	size_t n_blocks;
};

static void *keep(struct fixture *f, size_t size)
{
	f->blocks = reallocarray(f->blocks, f->n_blocks + 1, sizeof *f->blocks);
	ck_assert_ptr_nonnull(f->blocks);
	return f->blocks[f->n_blocks++] = encoded_alloc(size);
}

static const struct mu_option *option_named(const struct mu_option *options, const char *name)
{
	while (strcmp(options->name, name) != 0)
		options++;
	return options;
}

static void set_text(const struct mu_option *options, void *self, const char *name,
		     const char *value)
{
	*(const char **)((char *)self + option_named(options, name)->offset) = value;
}

static void set_choice(const struct mu_option *options, void *self, const char *name,
		       const char *choice)
{
	const struct mu_option *option = option_named(options, name);
	int i = 0;

	while (strcmp(option->choices[i], choice) != 0)
		i++;
	*(int *)((char *)self + option->offset) = i;
}

static void set_texts(struct fixture *f, void *self, const char *name, const char *value)
{
	struct mu_texts *texts =
		(struct mu_texts *)((char *)self + option_named(f->plugin->options, name)->offset);

	texts->items = keep(f, sizeof *texts->items);
	texts->items[texts->count++] = value;
}

static void set_pair(struct fixture *f, const struct mu_option *options, void *self,
		     const char *option, const char *name, const char *value)
{
	struct mu_pairs *pairs =
		(struct mu_pairs *)((char *)self + option_named(options, option)->offset);

	pairs->items = keep(f, sizeof *pairs->items);
	pairs->items[pairs->count++] = (struct mu_pair){ name, value };
}

/* The items of a list of mappings, all zero. */
static void *set_items(struct fixture *f, void *self, const char *name, size_t count)
{
	const struct mu_option *option = option_named(f->plugin->options, name);
	struct mu_items *items = (struct mu_items *)((char *)self + option->offset);

	*items = (struct mu_items){ count, keep(f, count * option->item_size) };
	return items->items;
}

typedef void configure_fn(struct fixture *f, void *self);

static void configure_columns(struct fixture *f, void *self)
{
	const struct mu_option *sets = option_named(f->plugin->options, "set");
	const struct mu_option *normals = option_named(f->plugin->options, "normalise");
	const struct mu_option *casts = option_named(f->plugin->options, "cast");
	char *set = set_items(f, self, "set", 4), *cast = set_items(f, self, "cast", 1);
	void *normal = set_items(f, self, "normalise", 1);

	set_text(sets->fields, set, "name", "year");
	set_text(sets->fields, set, "column", "text");
	set_text(sets->fields, set, "match", "of (\\d+)");
	set_choice(sets->fields, set, "type", "integer");
	set_text(sets->fields, set + sets->item_size, "name", "kind");
	set_choice(sets->fields, set + sets->item_size, "origin", "name");
	set_text(sets->fields, set + sets->item_size, "match", "^[a-z]+");
	set_text(sets->fields, set + 2 * sets->item_size, "name", "hash");
	set_choice(sets->fields, set + 2 * sets->item_size, "origin", "sha256");
	set_text(sets->fields, set + 3 * sets->item_size, "name", "constant");
	set_text(sets->fields, set + 3 * sets->item_size, "value", "7");
	set_choice(sets->fields, set + 3 * sets->item_size, "type", "integer");
	set_text(normals->fields, normal, "name", "station");
	set_choice(normals->fields, normal, "case", "upper");
	set_text(casts->fields, cast, "name", "constant");
	set_choice(casts->fields, cast, "type", "string");
}

static void configure_country(struct fixture *f, void *self)
{
	set_text(f->plugin->options, self, "from", "station");
	set_text(f->plugin->options, self, "to", "country");
	set_texts(f, self, "language", "nl");
}

static void configure_mission(struct fixture *f, void *self)
{
	set_text(f->plugin->options, self, "from", "text");
	set_text(f->plugin->options, self, "to", "mission");
	set_text(f->plugin->options, self, "organisation", "organisation");
}

static void configure_unpivot(struct fixture *f, void *self)
{
	const struct mu_option *parts = option_named(f->plugin->options, "parts");
	char *part = set_items(f, self, "parts", 1);

	set_text(f->plugin->options, self, "to", "type");
	set_choice(f->plugin->options, self, "zero", "drop");
	set_text(parts->fields, part, "value", "all");
	set_pair(f, parts->fields, part, "columns", "heads", "headcount");
}

static void configure_unknown(struct fixture *f, void *self)
{
	const struct mu_option *rules = option_named(f->plugin->options, "rules");
	char *rule = set_items(f, self, "rules", 1);

	set_text(rules->fields, rule, "column", "headcount");
	set_text(rules->fields, rule, "when", "headcount");
	set_text(rules->fields, rule, "to", "0");
	set_text(rules->fields, rule, "status", "station");
	set_text(rules->fields, rule, "reason", "nobody knows");
}

static const struct {
	const char *name;
	configure_fn *configure;
	bool merges;
} plugins[] = {
	{ "columns", configure_columns, true },  { "country", configure_country, true },
	{ "mission", configure_mission, false }, { "unpivot", configure_unpivot, true },
	{ "unknown", configure_unknown, true },
};

static int reference(struct mu_ctx *ctx, const char *name, const char **path)
{
	struct fixture *f = (struct fixture *)(void *)rig_of(ctx);

	snprintf(f->path, sizeof f->path, "schemas/reference/%s", name);
	*path = f->path;
	return 0;
}

static void batch_add(struct rig *rig, unsigned *random, uint64_t batch)
{
	static const char *const stations[] = { "Kosovo", "Tunesië",
						"Palestijnse gebieden, Westelijke Jordaanoever",
						"Nergens", "~" };
	static const char *const texts[] = { "report of 2023", "EULEX Kosovo", "~",
					     "minutes of a meeting of 1999", "" };
	char cells[200];

	for (uint64_t i = 0; i < batch * 7 % 30; i++) {
		int r = rand_r(random);

		snprintf(cells, sizeof cells, "%s|%s|%d", stations[r % 5], texts[r / 5 % 5],
			 batch % 4 == 2 ? 0 : r / 25 % 3);
		rig_row(rig,
			mu_at(1 + (uint32_t)(r / 75 % 2), batch * 10000 + 100 * i) |
				(r / 150 % 9 ? 0 : MU_AT_REJECTED),
			r / 1350 % 9 ? NULL : "total", cells);
	}
	rig->batches = reallocarray(rig->batches, rig->n_batches + 1, sizeof *rig->batches);
	ck_assert_ptr_nonnull(rig->batches);
	ck_assert_int_eq(mu_builder_finish_batch(&rig->builder, &rig->batches[rig->n_batches++]),
			 0);
}

static void row_see(struct fixture *f, const struct ArrowSchema *schema,
		    const struct ArrowArray *batch, int64_t row)
{
	struct mu_rows rows = mu_rows(schema, batch);
	char *at = f->rows + f->len, *end = f->rows + sizeof f->rows;

	at += snprintf(at, (size_t)(end - at), "%zu: %s%" PRIu64, f->rig.next,
		       mu_row_is_claim(&rows, row) ? "claim " : "", mu_row_at(&rows, row));
	for (int64_t i = 0; i < mu_schema_visible(schema); i++) {
		struct mu_column cells = mu_column(schema, batch, i);
		char space[MU_FORMAT_MAX];
		struct mu_string value = mu_format(&cells, row, space);

		at += snprintf(at, (size_t)(end - at), "|%.*s",
			       mu_null(&cells, row) ? 1 : (int)value.len,
			       mu_null(&cells, row) ? "~" : value.data);
	}
	at += snprintf(at, (size_t)(end - at), "\n");
	ck_assert(at < end);
	f->len = (size_t)(at - f->rows);
}

static void begin(struct fixture *f, size_t plugin, size_t lanes)
{
	char path[256];

	*f = (struct fixture){ .n_lanes = lanes };
	rig_init(&f->rig, "station", "text", "headcount:measure", (char *)NULL);
	f->rig.ctx.reference = reference;
	snprintf(path, sizeof path, "%s/plugins/transform/%s.so", BUILD, plugins[plugin].name);
	f->handle = dlopen(path, RTLD_NOW | RTLD_LOCAL);
	ck_assert_msg(f->handle != NULL, "%s", dlerror());
	f->plugin = dlsym(f->handle, "muster_plugin");
	ck_assert_ptr_nonnull(f->plugin);
	for (size_t i = 0; i < lanes; i++) {
		struct lane *lane = &f->lanes[i];

		lane->self = encoded_alloc(f->plugin->self_size);
		plugins[plugin].configure(f, lane->self);
		if (f->plugin->configure)
			ck_assert_int_eq(f->plugin->configure(&f->rig.ctx, lane->self), 0);
		ck_assert_msg(!f->plugin->open(&f->rig.ctx, lane->self, &lane->out), "%s",
			      f->rig.why);
	}
}

static void end(struct fixture *f)
{
	for (size_t i = 0; i < f->n_lanes; i++) {
		f->plugin->close(&f->rig.ctx, f->lanes[i].self);
		mu_schema_release(&f->lanes[i].out);
		free(f->lanes[i].self);
	}
	for (size_t i = 0; i < f->n_blocks; i++)
		free(f->blocks[i]);
	free(f->blocks);
	rig_release(&f->rig);
	dlclose(f->handle);
}

static void run(struct fixture *f, unsigned seed, bool encoded)
{
	unsigned random = seed, who = seed;
	struct ArrowArray out;

	for (uint64_t i = 0; i < BATCHES; i++)
		batch_add(&f->rig, &random, i);
	for (size_t i = 0; encoded && i < f->rig.n_batches; i++)
		encode(&f->rig.schema, &f->rig.batches[i]);
	for (size_t i = 0; i <= BATCHES; i++) {
		struct lane *lane = &f->lanes[(size_t)rand_r(&who) % f->n_lanes];

		out = (struct ArrowArray){ .release = NULL };
		ck_assert_msg(!f->plugin->transform(&f->rig.ctx, lane->self, &out), "%s",
			      f->rig.why);
		ck_assert_int_eq(out.release != NULL, i < BATCHES);
		ck_assert_uint_eq(f->rig.next, i < BATCHES ? i + 1 : i);
		for (int64_t row = 0; out.release && row < out.length; row++)
			row_see(f, &lane->out, &out, row);
		mu_array_release(&out);
	}
	for (size_t i = 1; i < f->n_lanes; i++)
		ck_assert_int_eq(f->plugin->merge(&f->rig.ctx, f->lanes[0].self, f->lanes[i].self),
				 0);
}

static void is_the_same(size_t plugin, size_t lanes, bool encoded)
{
	struct fixture a, b;

	for (unsigned seed = 1; seed <= 20; seed++) {
		begin(&a, plugin, 1);
		begin(&b, plugin, lanes);
		run(&a, seed, false);
		run(&b, seed, encoded);
		ck_assert_uint_gt(a.len, 0);
		ck_assert_str_eq(a.rows, b.rows);
		ck_assert_str_eq(a.rig.said, b.rig.said);
		ck_assert_int_eq(a.rig.adjusted, b.rig.adjusted);
		ck_assert_int_eq(a.rig.adjusted_rows, b.rig.adjusted_rows);
		ck_assert_int_eq(a.rig.adjusted_claims, b.rig.adjusted_claims);
		end(&a);
		end(&b);
	}
}

START_TEST(words_give_what_plain_text_gives)
{
	is_the_same((size_t)_i, 1, true);
}
END_TEST

START_TEST(rows_that_are_shared_out_give_what_they_give_one_instance)
{
	if (!plugins[_i].merges)
		return;
	is_the_same((size_t)_i, INSTANCES, false);
	is_the_same((size_t)_i, INSTANCES, true);
}
END_TEST

/* Which of station, text and headcount are looked at when one column that comes out is,
 * or none (-1). */
static void uses_are(size_t plugin, int64_t out, const char *expected)
{
	bool wanted[16] = { false }, in[3] = { false };
	char seen[4] = "---";
	struct fixture f;

	begin(&f, plugin, 1);
	if (out >= 0)
		wanted[out] = true;
	f.plugin->uses(&f.rig.ctx, f.lanes[0].self, wanted, in);
	for (size_t i = 0; i < 3; i++)
		if (in[i])
			seen[i] = "sth"[i];
	ck_assert_str_eq(seen, expected);
	end(&f);
}

START_TEST(what_makes_findings_is_looked_at_and_else_what_is_wanted)
{
	enum { COLUMNS, COUNTRY, MISSION, UNPIVOT, UNKNOWN };

	uses_are(COLUMNS, -1, "st-"); /* the case and the pattern */
	uses_are(COLUMNS, 2, "sth");  /* headcount */
	uses_are(COLUMNS, 5, "st-");  /* hash */
	uses_are(COUNTRY, -1, "s--");
	uses_are(COUNTRY, 1, "s--"); /* the country itself */
	uses_are(COUNTRY, 2, "st-");
	uses_are(MISSION, -1, "-t-");
	uses_are(MISSION, 0, "st-");
	uses_are(MISSION, 4, "-th");
	uses_are(UNPIVOT, -1, "--h");
	uses_are(UNPIVOT, 1, "-th");
	uses_are(UNKNOWN, -1, "--h");
	uses_are(UNKNOWN, 0, "s-h");
	uses_are(UNKNOWN, 1, "-th");
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("rowwise");
	TCase *all = tcase_create("all");
	int n = sizeof plugins / sizeof *plugins, failed;
	SRunner *runner;

	tcase_set_timeout(all, 120);
	tcase_add_loop_test(all, words_give_what_plain_text_gives, 0, n);
	tcase_add_loop_test(all, rows_that_are_shared_out_give_what_they_give_one_instance, 0, n);
	tcase_add_test(all, what_makes_findings_is_looked_at_and_else_what_is_wanted);
	suite_add_tcase(suite, all);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
