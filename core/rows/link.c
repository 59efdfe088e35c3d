#include "rows/link.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"

static int validate_end(struct link *l)
{
	struct stage *s = &l->stage;
	double start = clock_now();
	int err;

	if (l->ended)
		return 0;
	l->ended = true;
	err = stage_validate(s, NULL);
	s->seconds += clock_now() - start;
	return stage_failed(l->run, s, err);
}

static int validate_next(void *from, struct ArrowArray *out)
{
	struct link *l = from;
	struct stage *s = &l->stage;
	double start;
	int err = s->input.next(s->input.from, out);

	if (err)
		return err;
	if (!out->release)
		return validate_end(l);
	start = clock_now();
	err = stage_validate(s, out);
	s->seconds += clock_now() - start;
	if (err)
		mu_array_release(out);
	else if (s->rejecting)
		rejections_mark(&l->run->rejections, s->input.schema, out);
	l->named = s->rejecting;
	s->rejecting = false;
	return stage_failed(l->run, s, err);
}

static int not_conserved(struct link *l, const char *why)
{
	const struct stage_config *config = l->stage.config;
	struct text message = { 0 };

	text_printf(&message, "the stage does not give out what it took in: %s", why);
	run_report(l->run, "run/not-conserved",
		   (struct finding){
			   .severity = MU_ERROR, .stage = config->name, .source = config->source },
		   "%s", message.data);
	run_fail(l->run, config, EPROTO, message.data);
	text_release(&message);
	return EPROTO;
}

static int transform_end(struct link *l)
{
	struct record *r = l->record;
	struct text why = { 0 };
	int err = 0;

	l->ended = true;
	if (!l->stage.input_ended)
		text_puts(&why, "it stopped before the end of its rows");
	else
		balance_conserved(r->in, r->out, l->stage.adjustments, l->stage.n_adjustments,
				  &why);
	if (why.len)
		err = not_conserved(l, why.data);
	text_release(&why);
	return err;
}

/* `last`: there may be an end of rows. */
static int transform_step(struct link *l, struct ArrowArray *out, bool *last)
{
	struct stage *s = &l->stage;
	double start = clock_now();
	int err;

	*out = (struct ArrowArray){ 0 };
	s->pulling = 0;
	err = stage_transform(s, out);
	s->seconds += clock_now() - start - s->pulling;
	*last = !err && !out->release;
	if (*last)
		return 0;
	if (!err) {
		balance_add(l->counted, stage_schema(s), out);
		l->named = true;
		rejections_mark(&l->run->rejections, stage_schema(s), out);
	} else {
		mu_array_release(out);
	}
	return stage_failed(l->run, s, err);
}

static int transform_next(void *from, struct ArrowArray *out)
{
	struct link *l = from;
	bool last;
	int err;

	*out = (struct ArrowArray){ 0 };
	if (l->ended)
		return 0;
	err = transform_step(l, out, &last);
	return last ? transform_end(l) : err;
}

/* A transform on a lane, or one that batches are pushed through: no rows now are not
 * the end of them. */
static int transform_push(void *from, struct ArrowArray *out)
{
	bool last;

	return transform_step(from, out, &last);
}

static int validate_push(void *from, struct ArrowArray *out)
{
	struct link *l = from;

	l->ended = true; /* until links_end() */
	return validate_next(from, out);
}

static bool is_transform(const struct link *l)
{
	return l->stage.config->plugin->step == STEP_TRANSFORM;
}

static bool can_be_shared(const struct stage *s)
{
	return s->config->plugin->api.merge && !s->serial;
}

static int link_open(struct run *run, struct link *l, const struct stage_config *config,
		     const struct flow *input)
{
	int err;

	l->run = run;
	l->record = run_record(run, config);
	l->record->opened = true;
	err = stage_init(&l->stage, config, run, &run->pipeline->diagnostics);
	if (!err)
		err = stage_open(&l->stage, input, NULL);
	return stage_failed(run, &l->stage, err);
}

static int link_count(struct link *l, const struct balance **balance)
{
	int err = 0;

	l->record->in = l->record->out = *balance;
	if (is_transform(l))
		err = record_count(l->run, l->record, stage_schema(&l->stage));
	l->counted = &l->record->counted;
	*balance = l->record->out;
	return err;
}

int links_open(struct run *run, struct links *links, const struct chain *chain, size_t first,
	       struct flow *end, const struct balance **balance)
{
	bool shared = true;
	size_t i;
	int err = 0;

	links->items = mem_alloc((chain->count + 1) * sizeof *links->items);
	for (i = first; !err && i < chain->count; i++) {
		struct link *l = &links->items[links->count];

		if (chain->stages[i].plugin->step == STEP_EXPORT)
			break;
		links->count++;
		err = link_open(run, l, &chain->stages[i], end);
		l->record->stage = &l->stage;
		l->stage.item = &run->item;
		if (!err)
			err = link_count(l, balance);
		shared = shared && !err && can_be_shared(&l->stage);
		links->shared += shared;
		*end = (struct flow){ .from = l,
				      .next = is_transform(l) ? transform_next : validate_next,
				      .schema = stage_schema(&l->stage) };
	}
	return err;
}

static flow_step *pushing(const struct link *l)
{
	return is_transform(l) ? transform_push : validate_push;
}

static int feed_next(void *from, struct ArrowArray *out)
{
	struct feed *feed = from;

	*out = feed->batch;
	feed->batch = (struct ArrowArray){ 0 };
	return 0;
}

void links_share(struct links *links, const struct flow *rest, struct flow *end)
{
	size_t i;

	for (i = 0; i < links->shared; i++) {
		struct flow *input = &links->items[i].stage.input;

		input->from = i ? (void *)&links->items[i - 1] : &links->feed;
		input->next = i ? pushing(&links->items[i - 1]) : feed_next;
	}
	if (links->shared == links->count) {
		end->from = rest->from;
		end->next = rest->next;
	} else {
		links->items[links->shared].stage.input.from = rest->from;
		links->items[links->shared].stage.input.next = rest->next;
	}
}

int links_copy(const struct links *links, struct links *copy, const uint64_t *item)
{
	struct flow end = { .from = &copy->feed, .next = feed_next };
	size_t i;
	int err = 0;

	if (links->shared)
		end.schema = links->items[0].stage.input.schema;
	copy->items = mem_alloc((links->shared + 1) * sizeof *copy->items);
	copy->shared = links->shared;
	for (i = 0; !err && i < links->shared; i++) {
		struct link *l = &copy->items[copy->count++];
		const struct link *like = &links->items[i];

		err = link_open(like->run, l, like->stage.config, &end);
		l->stage.item = item;
		l->counted = &l->own;
		if (!err && is_transform(l) &&
		    balance_init(&l->own, stage_schema(&l->stage), run_table(like->run)))
			err = run_fail(like->run, like->stage.config, E2BIG,
				       "more measures than can be counted");
		end.from = l;
		end.next = pushing(l);
		end.schema = stage_schema(&l->stage);
	}
	return err;
}

int links_push(struct links *links, size_t count, struct ArrowArray *batch, bool *named)
{
	struct link *last;
	size_t i;
	int err;

	if (!count)
		return 0;
	last = &links->items[count - 1];
	links->feed.batch = *batch;
	*batch = (struct ArrowArray){ 0 };
	err = pushing(last)(last, batch);
	mu_array_release(&links->feed.batch); /* left alone after an error */
	links->feed.batch = (struct ArrowArray){ 0 };
	for (i = 0; i < count; i++)
		*named = *named || links->items[i].named;
	return err;
}

int links_merge(struct links *links, struct links *copy)
{
	size_t i;
	int err = 0;

	for (i = 0; i < copy->count; i++) {
		struct link *to = &links->items[i], *from = &copy->items[i];

		if (err || !from->stage.self) {
			record_end(from->record, &from->stage);
			continue;
		}
		err = stage_merge(&to->stage, &from->stage);
		if (is_transform(to))
			balance_merge(to->counted, &from->own);
		err = stage_failed(to->run, &to->stage, err);
	}
	links_close(copy);
	return err;
}

int links_end(struct links *links, size_t count)
{
	size_t i;
	int err = 0;

	for (i = 0; !err && i < count; i++) {
		struct link *l = &links->items[i];

		l->ended = false;
		l->stage.input_ended = true;
		err = is_transform(l) ? transform_end(l) : validate_end(l);
	}
	return err;
}

void batch_order(const struct ArrowSchema *first, const struct ArrowSchema *schema,
		 struct ArrowArray *batch)
{
	struct ArrowArray ordered = { 0 };
	int64_t i;

	if (first == schema)
		return;
	if (mu_batch_init(&ordered, first->n_children, batch->length))
		mem_exhausted();
	for (i = 0; i < first->n_children; i++)
		mu_batch_move(&ordered, i, batch, mu_schema_find(schema, first->children[i]->name));
	mu_array_release(batch);
	*batch = ordered;
}

void links_close(struct links *links)
{
	size_t i;

	for (i = 0; i < links->count; i++) {
		balance_release(&links->items[i].own);
		record_end(links->items[i].record, &links->items[i].stage);
	}
	free(links->items);
	*links = (struct links){ 0 };
}

static bool *some(const struct ArrowSchema *schema, bool all)
{
	size_t n = (size_t)mu_schema_visible(schema), i;
	bool *columns = mem_alloc(n + 1);

	for (i = 0; i < n; i++)
		columns[i] = all;
	return columns;
}

/* What is wanted before a link, given what is wanted behind it. */
static bool *link_uses(const struct link *l, bool *out)
{
	const struct mu_plugin *api = &l->stage.config->plugin->api;
	const struct ArrowSchema *in = l->stage.input.schema;
	struct stage *s = (struct stage *)&l->stage;
	bool *columns;

	if (!api->uses) {
		free(out);
		return some(in, true);
	}
	if (!is_transform(l)) {
		stage_failed(l->run, s, stage_uses(s, NULL, out));
		return out;
	}
	columns = some(in, false);
	stage_failed(l->run, s, stage_uses(s, out, columns));
	free(out);
	return columns;
}

bool *links_uses(const struct links *links, bool *columns)
{
	size_t i;

	for (i = links->count; i; i--)
		columns = link_uses(&links->items[i - 1], columns);
	return columns;
}
