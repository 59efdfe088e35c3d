#include "sources/recognise.h"

#include <stdlib.h>
#include <string.h>

#include <muster/map.h>

#include "base/interrupt.h"
#include "stage/rejected.h"
#include "stage/run.h"

/* The same file, as several sources fetched it. */
struct group {
	size_t *documents; /* indices, in the order of sources */
	size_t count;
	struct answer {
		bool asked, yes;
		char *expected, *found;
	} * answers;                       /* one a document */
	struct findings findings;          /* what parsers said of it */
	const struct stage_config *parser; /* who said so */
	bool given_up;                     /* one of them could not read it */
	int err;
};

struct asking {
	struct run *run;
	struct group *groups;
	size_t count;
	atomic_size_t next;
};

static const struct stage_config *parser_of(const struct run *run, const struct document *d)
{
	return chain_parser(run_chain(run, run->sources[d->source].name));
}

/* Like run_report(), and an error is pinned to the document. */
static void say_of(struct run *run, enum mu_severity severity, const char *code, struct document *d,
		   struct text *message)
{
	struct finding f = { .severity = severity,
			     .code = mem_copy(code),
			     .message = mem_copy(message->data),
			     .source = d->public.source,
			     .document = d->public.id };

	rejected_note(run, d, &f);
	findings_add(&run->findings, &f);
	text_release(message);
}

/* Has up to as many threads as the run may have, of which this is one, do what there is
 * for `n`. */
static void in_threads(const struct run *run, size_t n, void *(*work)(void *), void *data)
{
	size_t wanted = run_jobs(run), made = 0;
	pthread_t *threads;

	if (!n)
		return;
	threads = mem_alloc((wanted + 1) * sizeof *threads);
	while (made + 1 < wanted && made + 1 < n &&
	       !pthread_create(&threads[made], NULL, work, data))
		made++;
	work(data);
	while (made)
		pthread_join(threads[--made], NULL);
	free(threads);
}

/* The index of the entry that is the key now, or the one that was before. */
static size_t entry_of(struct mu_map *map, const struct text *key, bool *added)
{
	size_t before = map->count, entry = mu_map_add(map, key->data, key->len);

	if (entry == SIZE_MAX)
		mem_exhausted();
	*added = map->count > before;
	return entry;
}

/* What is known of a document, from the length to all of it: who has no like in that has
 * no twin. */
enum look { BY_LENGTH, BY_SAMPLES, BY_SKETCH, LOOKS };

#define SMALL 65536 /* bytes; of such a document samples cost as much as the sha256 */

static int look_at(struct run *run, struct document *d, enum look look, struct text *key)
{
	const uint64_t known[] = { d->source, d->public.bytes };
	uint64_t sketch[4] = { 0 };
	struct text why = { 0 };
	int err = 0;

	if (look != BY_LENGTH && d->public.bytes > SMALL)
		err = document_sketch(d, look == BY_SKETCH, sketch, &why);
	if (err)
		run_fail(run, NULL, err, why.data);
	text_release(&why);
	text_clear(key);
	text_add(key, (const char *)known, sizeof known);
	text_add(key, (const char *)sketch, sizeof sketch);
	return err;
}

/* Takes those from `tied` that have no like in their source. */
static int untie(struct run *run, enum look look, bool *tied)
{
	size_t n = run->documents.count, i, *entries = mem_alloc((n + 1) * sizeof *entries);
	struct mu_map likes = { 0 };
	struct text key = { 0 };
	bool added;
	int err = 0;

	for (i = 0; !err && i < n; i++) {
		if (!tied[i])
			continue;
		err = interrupt_signal() ? ECANCELED
					 : look_at(run, run->documents.items[i], look, &key);
		if (err)
			break;
		entries[i] = entry_of(&likes, &key, &added);
		likes.entries[entries[i]].value++;
	}
	for (i = 0; !err && i < n; i++)
		tied[i] = tied[i] && likes.entries[entries[i]].value > 1;
	mu_map_release(&likes);
	text_release(&key);
	free(entries);
	return err;
}

/* `seen` has the first document of each source and content. */
static int twin_find(struct run *run, size_t index, struct mu_map *seen, struct mu_map *said)
{
	struct document *d = run->documents.items[index];
	struct text key = { 0 }, message = { 0 }, why = { 0 };
	size_t entry;
	bool added;
	int err = document_sha256(d, &why);

	if (err) {
		run_fail(run, NULL, err, why.data);
		text_release(&why);
		return err;
	}
	text_printf(&key, "%zu %s", d->source, d->public.sha256);
	entry = entry_of(seen, &key, &added);
	if (added) {
		seen->entries[entry].value = index;
		text_release(&key);
		return 0;
	}
	d->unread = d->twin = true;
	text_clear(&key);
	text_puts(&key, d->public.path);
	entry_of(said, &key, &added);
	text_release(&key);
	if (!added)
		return 0;
	text_printf(&message, "has the same bytes as %s and is not read again",
		    run->documents.items[seen->entries[entry].value]->public.uri);
	say_of(run, MU_WARNING, "run/same-bytes", d, &message);
	return 0;
}

/* Documents whose sha256 is asked for. */
struct hashing {
	struct run *run;
	const bool *wanted; /* of each document */
	atomic_size_t next;
};

/* One that cannot be hashed is told by who asks for it next. */
static void *hash_some(void *data)
{
	struct hashing *h = data;
	struct text why = { 0 };
	size_t i;

	while ((i = atomic_fetch_add(&h->next, 1)) < h->run->documents.count && !interrupt_signal())
		if (h->wanted[i])
			document_sha256(h->run->documents.items[i], &why);
	text_release(&why);
	return NULL;
}

/* A document of the same source with the same bytes is not read again. */
static int twins_find(struct run *run)
{
	size_t n = run->documents.count, n_tied = 0, i;
	bool *tied = mem_alloc(n + 1);
	struct hashing h = { .run = run, .wanted = tied };
	struct mu_map seen = { 0 }, said = { 0 };
	enum look look;
	int err = 0;

	memset(tied, true, n);
	for (look = BY_LENGTH; !err && look < LOOKS; look++)
		err = untie(run, look, tied);
	for (i = 0; !err && i < n; i++)
		n_tied += tied[i];
	in_threads(run, n_tied, hash_some, &h);
	for (i = 0; !err && i < n; i++)
		if (tied[i])
			err = twin_find(run, i, &seen, &said);
	mu_map_release(&seen);
	mu_map_release(&said);
	free(tied);
	return err;
}

static void groups_find(struct asking *a)
{
	struct mu_map files = { 0 };
	struct text key = { 0 };
	size_t i;

	for (i = 0; i < a->run->documents.count; i++) {
		const struct document *d = a->run->documents.items[i];
		struct group *g;
		size_t entry;
		bool added;

		if (d->unread || !parser_of(a->run, d)->plugin->api.recognise)
			continue;
		text_clear(&key);
		document_file(d, &key);
		entry = entry_of(&files, &key, &added);
		if (added) {
			files.entries[entry].value = a->count;
			a->groups = mem_resize(a->groups, a->count + 1, sizeof *a->groups);
			a->groups[a->count++] = (struct group){ 0 };
		}
		g = &a->groups[files.entries[entry].value];
		g->documents = mem_resize(g->documents, g->count + 1, sizeof *g->documents);
		g->documents[g->count++] = i;
	}
	mu_map_release(&files);
	text_release(&key);
}

static void groups_release(struct asking *a)
{
	size_t i, j;

	for (i = 0; i < a->count; i++) {
		struct group *g = &a->groups[i];

		for (j = 0; g->answers && j < g->count; j++) {
			free(g->answers[j].expected);
			free(g->answers[j].found);
		}
		findings_release(&g->findings);
		free(g->answers);
		free(g->documents);
	}
	free(a->groups);
}

static char *copy_or_null(const char *text)
{
	return text ? mem_copy(text) : NULL;
}

/* Opens a parser for a document of which `before` has been asked: what that one has read is
 * not read again. */
static int parser_open(struct run *run, const struct stage_config *parser, struct document *d,
		       struct stage *before, struct stage *s)
{
	int err = stage_init(s, parser, run, &run->pipeline->diagnostics);

	if (!err)
		err = stage_open(s, NULL, d);
	if (!err && before->self && before->config->plugin == parser->plugin &&
	    parser->plugin->api.adopt)
		err = stage_adopt(s, before);
	return err;
}

/* Asks one source, with an instance that stays open; whether others are still to be asked. */
static bool ask(struct run *run, struct group *g, size_t i, struct stage *before, struct stage *s)
{
	struct document *d = run->documents.items[g->documents[i]];
	const struct stage_config *parser = parser_of(run, d);
	struct mu_recognition said = { .size = sizeof said };
	int err = parser_open(run, parser, d, before, s);

	if (!err)
		err = stage_recognise(s, &said);
	if (err && err != ECANCELED) {
		struct text why = { 0 };

		stage_failure(s, err, &why);
		g->given_up = rejected_give_up(run, parser, d, err, why.data);
		text_clear(&why);
		text_printf(&why, "%s: ", d->public.uri);
		stage_failure(s, err, &why);
		if (!g->given_up)
			run_fail(run, parser, err, why.data);
		text_release(&why);
	}
	if (g->given_up)
		err = 0;
	g->err = err;
	g->answers[i] = (struct answer){ .asked = !err,
					 .yes = said.yes,
					 .expected = copy_or_null(said.expected),
					 .found = copy_or_null(said.found) };
	err = err || g->given_up || s->findings.of[MU_ERROR];
	g->parser = parser;
	findings_append(&g->findings, &s->findings);
	return !err;
}

static void group_ask(struct run *run, struct group *g)
{
	struct stage instances[2] = { 0 };
	bool go_on = true;
	size_t i;

	g->answers = mem_alloc(g->count * sizeof *g->answers);
	for (i = 0; i < g->count && go_on; i++) {
		struct stage *s = &instances[i % 2], *before = &instances[(i + 1) % 2];

		go_on = ask(run, g, i, before, s);
		stage_close(before);
	}
	stage_close(&instances[(i + 1) % 2]);
}

static void *work(void *data)
{
	struct asking *a = data;

	for (;;) {
		size_t i = atomic_fetch_add(&a->next, 1);

		if (i >= a->count || interrupt_signal())
			return NULL;
		if (a->groups[i].count > 1)
			group_ask(a->run, &a->groups[i]);
	}
}

static void say_ambiguous(struct run *run, const struct group *g)
{
	struct text message = { 0 };
	const char *comma = "";
	size_t i;

	text_puts(&message, "several sources recognise it as theirs: ");
	for (i = 0; i < g->count; i++) {
		if (!g->answers[i].yes)
			continue;
		text_printf(&message, "%s%s", comma,
			    run->documents.items[g->documents[i]]->public.source);
		comma = ", ";
	}
	say_of(run, MU_ERROR, "run/ambiguous-document", run->documents.items[g->documents[0]],
	       &message);
}

static void say_unrecognised(struct run *run, const struct group *g)
{
	struct text message = { 0 };
	const char * or = "it should have ", *found = NULL;
	size_t i;

	text_puts(&message, "no source recognises it: ");
	for (i = 0; i < g->count; i++) {
		const struct answer *answer = &g->answers[i];

		found = found ? found : answer->found;
		if (!answer->expected)
			continue;
		text_printf(&message, "%s%s (%s)", or, answer->expected,
			    run->documents.items[g->documents[i]]->public.source);
		or = " or ";
	}
	if (found)
		text_printf(&message, "; it has %s", found);
	say_of(run, MU_ERROR, "run/unrecognised-document", run->documents.items[g->documents[0]],
	       &message);
}

static void decide(struct run *run, struct group *g)
{
	bool wrong = g->given_up || g->findings.of[MU_ERROR] > 0;
	size_t yes = 0, i;

	for (i = 0; i < g->count; i++)
		yes += g->answers[i].yes;
	findings_append(&run_record(run, g->parser)->findings, &g->findings);
	for (i = 0; i < g->count; i++)
		if (wrong || yes != 1 || !g->answers[i].yes)
			run->documents.items[g->documents[i]]->unread = true;
	if (wrong)
		return;
	if (yes > 1)
		say_ambiguous(run, g);
	else if (!yes)
		say_unrecognised(run, g);
}

int documents_recognise(struct run *run)
{
	struct asking a = { .run = run };
	size_t i;
	int err = twins_find(run);

	if (err)
		return err;
	groups_find(&a);
	in_threads(run, a.count, work, &a);
	for (i = 0; i < a.count && !err; i++)
		err = a.groups[i].err;
	if (!err && interrupt_signal())
		err = ECANCELED;
	for (i = 0; i < a.count && !err; i++)
		if (a.groups[i].count > 1)
			decide(run, &a.groups[i]);
	groups_release(&a);
	return err;
}
