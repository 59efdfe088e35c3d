#include "base/progress.h"

#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/mem.h"

#define SECONDS_UNSEEN  0.5 /* what ends before is not shown */
#define SECONDS_LONG    10.0
#define SECONDS_PLAIN   60.0 /* between two plain lines, in the end */
#define SECONDS_REDRAWN 0.1
#define NAME_BYTES      2000 /* of a name or a note that are kept */

/* How much had come at some moments of the last seconds, the oldest first. */
#define PACE_SAMPLES 10
#define PACE_GAP     0.5
struct pace {
	struct {
		double at;
		uint64_t bytes;
	} samples[PACE_SAMPLES];
	size_t count;
};

struct transfer {
	uint32_t id;
	char *name;       /* fit to be shown, as is */
	struct text note; /* the note */
	uint64_t done, total;
	double since;
	struct pace pace;
};

/* A source that is being fetched; `stage` is NULL: none is. */
struct source {
	char *stage;
	struct transfer *under_way;
	size_t n_under_way, n_arrived, n_gave_up;
	uint64_t bytes; /* that came in, also those of tries that failed */
	double since;
	struct pace pace;
	double next_line, gap; /* of plain lines */
};

struct progress {
	struct progress_options options;
	struct source source;
	double next_drawing;
	bool drawn; /* the live line stands there, and the cursor in it */
};

static double system_now(void *clock)
{
	(void)clock;
	return clock_now();
}

static double now(const struct progress *p)
{
	return p->options.now(p->options.clock);
}

static void pace_forget(struct pace *pace)
{
	pace->count--;
	memmove(pace->samples, pace->samples + 1, pace->count * sizeof *pace->samples);
}

static void pace_note(struct pace *pace, double at, uint64_t bytes)
{
	bool waits = pace->count == 1 && bytes == pace->samples[0].bytes;

	/* Time begins with the first byte, and anew when a transfer does. */
	if (pace->count && (waits || bytes < pace->samples[pace->count - 1].bytes))
		pace->count = 0;
	while (pace->count > 1 && at - pace->samples[1].at >= PACE_SAMPLES * PACE_GAP)
		pace_forget(pace);
	if (pace->count && at - pace->samples[pace->count - 1].at < PACE_GAP)
		return;
	if (pace->count == PACE_SAMPLES)
		pace_forget(pace);
	pace->samples[pace->count].at = at;
	pace->samples[pace->count++].bytes = bytes;
}

/* Bytes a second; 0 when there are none, or it is too early to tell. */
static double pace_rate(const struct pace *pace, double at, uint64_t bytes)
{
	double seconds = pace->count ? at - pace->samples[0].at : 0;

	if (seconds < PACE_GAP || bytes < pace->samples[0].bytes)
		return 0;
	return (double)(bytes - pace->samples[0].bytes) / seconds;
}

static void size_put(struct text *out, const char *before, double bytes, const char *after)
{
	text_puts(out, before);
	text_add_size(out, bytes);
	text_puts(out, after);
}

/* The time left, "0:42" or "1:02:03"; -1 when nobody knows. */
static double seconds_left(const struct transfer *t, double rate)
{
	return t->total > t->done && rate >= 1 ? (double)(t->total - t->done) / rate : -1;
}

static void left_put(struct text *out, const char *before, double seconds)
{
	uint64_t whole = (uint64_t)(seconds < 359999 ? seconds + 0.99 : 359999);

	text_puts(out, before);
	if (whole >= 3600)
		text_printf(out, "%d:%02d", (int)(whole / 3600), (int)(whole / 60 % 60));
	else
		text_printf(out, "%d", (int)(whole / 60));
	text_printf(out, ":%02d left", (int)(whole % 60));
}

/* The first bytes of a text that take at most so many columns. */
static size_t start_within(const char *text, size_t len, size_t columns)
{
	size_t at = 0, size, used = 0;
	uint32_t code;

	for (; at < len; at += size) {
		used += text_character(text + at, len - at, &code, &size)
				? text_character_columns(code)
				: 1;
		if (used > columns)
			break;
	}
	return at;
}

/* A text of a plugin as it may be shown. */
static void shown_put(const struct progress *p, struct text *out, const char *given)
{
	struct text whole = { 0 };

	text_puts(&whole, given);
	if (p->options.secrets)
		secrets_redact(p->options.secrets, &whole, 0);
	if (whole.len > NAME_BYTES) {
		text_add_visible(out, whole.data, NAME_BYTES / 2);
		text_puts(out, "…");
		text_add_visible(out, whole.data + whole.len - NAME_BYTES / 2, NAME_BYTES / 2);
	} else {
		text_add_visible(out, whole.data, whole.len);
	}
	text_add(out, "", 0);
	text_release(&whole);
}

static struct transfer *transfer_find(struct progress *p, const struct mu_transfer *given,
				      double at)
{
	struct source *s = &p->source;
	struct text name = { 0 };
	size_t i;

	for (i = 0; i < s->n_under_way; i++)
		if (s->under_way[i].id == given->id)
			return &s->under_way[i];
	shown_put(p, &name, given->name ? given->name : "");
	s->under_way = mem_resize(s->under_way, s->n_under_way + 1, sizeof *s->under_way);
	s->under_way[s->n_under_way] = (struct transfer){
		.id = given->id,
		.name = name.data,
		.since = at,
	};
	return &s->under_way[s->n_under_way++];
}

/* What a try that begins anew brings comes in once more. */
static void transfer_update(struct progress *p, struct transfer *t, const struct mu_transfer *given,
			    double at)
{
	struct source *s = &p->source;

	s->bytes += given->done < t->done ? given->done : given->done - t->done;
	t->done = given->done;
	t->total = given->total;
	text_clear(&t->note);
	if (given->note)
		shown_put(p, &t->note, given->note);
	pace_note(&t->pace, at, t->done);
	pace_note(&s->pace, at, s->bytes);
}

static void transfer_release(struct transfer *t)
{
	free(t->name);
	text_release(&t->note);
}

/* "sources.un[0]: 12 arrived, 8.3 MB, 1.4 MB/s, 2 under way" */
static void source_put(const struct source *s, struct text *out, double at)
{
	double rate = pace_rate(&s->pace, at, s->bytes);

	text_printf(out, "%s: %zu arrived", s->stage, s->n_arrived);
	size_put(out, ", ", (double)s->bytes, "");
	if (rate > 0)
		size_put(out, ", ", rate, "/s");
	text_printf(out, ", %zu under way", s->n_under_way);
}

/* "sources.un[0]: 3.4 MB of 12.0 MB, 1.2 MB/s, 0:07 left, https://example.org/a.csv": the name
 * last, since a terminal may be too narrow for it. */
static void transfer_put(const struct source *s, const struct transfer *t, struct text *out,
			 double at)
{
	double rate = pace_rate(&t->pace, at, t->done), left = seconds_left(t, rate);

	text_printf(out, "%s: ", s->stage);
	size_put(out, "", (double)t->done, "");
	if (t->total)
		size_put(out, " of ", (double)t->total, "");
	if (rate > 0)
		size_put(out, ", ", rate, "/s");
	if (left >= 0)
		left_put(out, ", ", left);
	if (t->note.len)
		text_printf(out, ", %s", t->note.data);
	text_printf(out, ", %s", t->name);
}

/* How the source stands: its one transfer, or all of them together. */
static void standing_put(const struct source *s, struct text *out, double at)
{
	if (s->n_under_way == 1 && !s->n_arrived && !s->n_gave_up)
		transfer_put(s, s->under_way, out, at);
	else
		source_put(s, out, at);
}

static void plain_line(struct progress *p, double at)
{
	struct source *s = &p->source;
	struct text line = { 0 };

	standing_put(s, &line, at);
	progress_line(p, line.data);
	text_release(&line);
	s->gap = 2 * s->gap < SECONDS_PLAIN ? 2 * s->gap : SECONDS_PLAIN;
	s->next_line = at + s->gap;
}

static void ended_line(struct progress *p, const struct transfer *t, bool arrived, double at)
{
	struct text line = { 0 };

	text_printf(&line, "%s: %s: ", p->source.stage, t->name);
	size_put(&line, arrived ? "" : "gave up after ", (double)t->done, "");
	text_printf(&line, " in %.1f s", at - t->since);
	if (t->note.len)
		text_printf(&line, ", %s", t->note.data);
	progress_line(p, line.data);
	text_release(&line);
}

static void source_line(struct progress *p, double at)
{
	const struct source *s = &p->source;
	struct text line = { 0 };

	text_printf(&line, "%s: %zu arrived", s->stage, s->n_arrived);
	if (s->n_gave_up)
		text_printf(&line, ", %zu did not", s->n_gave_up);
	size_put(&line, ", ", (double)s->bytes, "");
	text_printf(&line, " in %.1f s", at - s->since);
	progress_line(p, line.data);
	text_release(&line);
}

/* What does not go out is of no use later. */
static void put_out(const struct progress *p, const struct text *text)
{
	size_t at = 0;

	while (at < text->len) {
		ssize_t n = write(p->options.fd, text->data + at, text->len - at);

		if (n < 0 && errno != EINTR)
			return;
		at += n > 0 ? (size_t)n : 0;
	}
}

static size_t columns_of(int fd)
{
	const char *columns = getenv("COLUMNS");
	struct winsize w = { 0 };

	if (ioctl(fd, TIOCGWINSZ, &w))
		w = (struct winsize){ 0 };
	if (!w.ws_col && columns)
		w.ws_col = (unsigned short)strtoul(columns, NULL, 10);
	return w.ws_col ? w.ws_col : 80;
}

/* The shell's prompt may be where the line was. */
static bool in_background(int fd)
{
	pid_t group = tcgetpgrp(fd);

	return group > 0 && group != getpgrp();
}

static void live_remove(struct progress *p)
{
	struct text out = { 0 };

	if (p->drawn && !in_background(p->options.fd))
		text_puts(&out, "\r\033[K");
	put_out(p, &out);
	text_release(&out);
	p->drawn = false;
	p->next_drawing = 0;
}

/* The last column stays empty: some terminals begin a new line behind it. */
static void live_draw(struct progress *p, double at)
{
	struct text line = { 0 }, out = { 0 };

	p->drawn = !in_background(p->options.fd);
	if (!p->drawn)
		return;
	standing_put(&p->source, &line, at);
	text_puts(&out, "\r");
	text_add(&out, line.data, start_within(line.data, line.len, columns_of(p->options.fd) - 1));
	text_puts(&out, "\033[K");
	put_out(p, &out);
	text_release(&out);
	text_release(&line);
	p->next_drawing = at + SECONDS_REDRAWN;
}

enum progress_style progress_style(int fd, int verbosity)
{
	const char *term = getenv("TERM"), *ci = getenv("CI");

	if (verbosity < 0)
		return PROGRESS_NONE;
	if (!term || !*term || !strcmp(term, "dumb") || (ci && *ci) || !isatty(fd))
		return PROGRESS_PLAIN;
	return PROGRESS_LIVE;
}

struct progress *progress_new(const struct progress_options *options)
{
	struct progress *p = mem_alloc(sizeof *p);

	p->options = *options;
	if (!p->options.now)
		p->options.now = system_now;
	return p;
}

static void source_release(struct source *s)
{
	size_t i;

	for (i = 0; i < s->n_under_way; i++)
		transfer_release(&s->under_way[i]);
	free(s->under_way);
	free(s->stage);
	*s = (struct source){ 0 };
}

void progress_free(struct progress *p)
{
	if (!p)
		return;
	live_remove(p);
	source_release(&p->source);
	free(p);
}

static void transfer_end(struct progress *p, struct transfer *t, bool arrived, double at)
{
	struct source *s = &p->source;
	size_t index = (size_t)(t - s->under_way);

	s->n_arrived += arrived;
	s->n_gave_up += !arrived;
	if (p->options.each)
		ended_line(p, t, arrived, at);
	transfer_release(t);
	s->n_under_way--;
	memmove(t, t + 1, (s->n_under_way - index) * sizeof *t);
}

void progress_tell(struct progress *p, const char *stage, const struct mu_transfer *given)
{
	struct source *s = &p->source;
	struct transfer *t;
	double at;

	if (p->options.style == PROGRESS_NONE)
		return;
	at = now(p);
	if (!s->stage)
		*s = (struct source){ .stage = mem_copy(stage),
				      .since = at,
				      .next_line = at + SECONDS_LONG,
				      .gap = SECONDS_LONG };
	t = transfer_find(p, given, at);
	transfer_update(p, t, given, at);
	if (given->state != MU_UNDER_WAY)
		transfer_end(p, t, given->state == MU_ARRIVED, at);
	if (p->options.style == PROGRESS_PLAIN && at >= s->next_line)
		plain_line(p, at);
	if (p->options.style == PROGRESS_LIVE && at >= p->next_drawing &&
	    at - s->since >= SECONDS_UNSEEN)
		live_draw(p, at);
}

void progress_end(struct progress *p)
{
	double at = now(p);

	live_remove(p);
	if (p->source.stage && (p->options.each || at - p->source.since >= SECONDS_LONG))
		source_line(p, at);
	source_release(&p->source);
}

void progress_line(struct progress *p, const char *line)
{
	struct text out = { 0 };

	live_remove(p);
	text_printf(&out, "%s\n", line);
	put_out(p, &out);
	text_release(&out);
}
