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
#define FIGURE_COLUMNS  44   /* beside a name */
#define NAME_COLUMNS    20   /* of a name at least, unless the terminal is narrower */

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
	size_t drawn; /* lines above the cursor that are the area */
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

static void size_put(struct text *out, const char *before, double bytes, const char *after,
		     int columns)
{
	struct text size = { 0 };

	text_add_size(&size, bytes);
	text_printf(out, "%s%*s%s", before, columns, size.data, after);
	text_release(&size);
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

/* Where the last bytes begin that take at most so many columns. */
static size_t end_within(const char *text, size_t len, size_t columns)
{
	size_t all = text_columns(text, len);

	return all > columns ? start_within(text, len, all - columns) : 0;
}

/* What people know an address by is its host and how it ends. */
static void name_put(struct text *out, const char *name, size_t columns)
{
	const char *host = strstr(name, "://");
	size_t len = strlen(name), head;

	if (text_columns(name, len) > columns && host) {
		len -= (size_t)(host + 3 - name);
		name = host + 3;
	}
	if (text_columns(name, len) <= columns) {
		text_puts(out, name);
		return;
	}
	head = columns / 3;
	text_add(out, name, start_within(name, len, head));
	text_puts(out, "…");
	text_puts(out, name + end_within(name, len, columns - head - 1));
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
	size_put(out, ", ", (double)s->bytes, "", 0);
	if (rate > 0)
		size_put(out, ", ", rate, "/s", 0);
	text_printf(out, ", %zu under way", s->n_under_way);
}

/* "sources.un[0]: https://example.org/a.csv: 3.4 MB of 12.0 MB, 1.2 MB/s, 0:07 left" */
static void transfer_put(const struct source *s, const struct transfer *t, struct text *out,
			 double at)
{
	double rate = pace_rate(&t->pace, at, t->done), left = seconds_left(t, rate);

	text_printf(out, "%s: %s: ", s->stage, t->name);
	size_put(out, "", (double)t->done, "", 0);
	if (t->total)
		size_put(out, " of ", (double)t->total, "", 0);
	if (rate > 0)
		size_put(out, ", ", rate, "/s", 0);
	if (left >= 0)
		left_put(out, ", ", left);
	if (t->note.len)
		text_printf(out, ", %s", t->note.data);
}

static void plain_line(struct progress *p, double at)
{
	struct source *s = &p->source;
	struct text line = { 0 };

	if (s->n_under_way == 1)
		transfer_put(s, s->under_way, &line, at);
	else
		source_put(s, &line, at);
	progress_line(p, line.data);
	text_release(&line);
	s->gap = 2 * s->gap < SECONDS_PLAIN ? 2 * s->gap : SECONDS_PLAIN;
	s->next_line = at + s->gap;
}

static void ended_line(struct progress *p, const struct transfer *t, bool arrived, double at)
{
	struct text line = { 0 };

	text_printf(&line, "%s: %s: ", p->source.stage, t->name);
	size_put(&line, arrived ? "" : "gave up after ", (double)t->done, "", 0);
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
	size_put(&line, ", ", (double)s->bytes, "", 0);
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

/* Lines and columns of the terminal. */
static struct winsize window_of(int fd)
{
	const char *columns = getenv("COLUMNS"), *lines = getenv("LINES");
	struct winsize w = { 0 };

	if (ioctl(fd, TIOCGWINSZ, &w))
		w = (struct winsize){ 0 };
	if (!w.ws_col && columns)
		w.ws_col = (unsigned short)strtoul(columns, NULL, 10);
	if (!w.ws_row && lines)
		w.ws_row = (unsigned short)strtoul(lines, NULL, 10);
	w.ws_col = w.ws_col ? w.ws_col : 80;
	w.ws_row = w.ws_row ? w.ws_row : 24;
	return w;
}

/* The shell's prompt may be where the area was. */
static bool in_background(int fd)
{
	pid_t group = tcgetpgrp(fd);

	return group > 0 && group != getpgrp();
}

static void area_leave(struct progress *p, struct text *out)
{
	if (p->drawn && !in_background(p->options.fd))
		text_printf(out, "\r\033[%zuA", p->drawn);
}

static void area_remove(struct progress *p)
{
	struct text out = { 0 };

	area_leave(p, &out);
	if (out.len)
		text_puts(&out, "\033[J");
	put_out(p, &out);
	text_release(&out);
	p->drawn = 0;
	p->next_drawing = 0;
}

/* The last column stays empty: some terminals begin a new line behind it. */
static void area_add(struct progress *p, struct text *out, const struct text *line, size_t columns)
{
	text_add(out, line->data, start_within(line->data, line->len, columns - 1));
	text_puts(out, "\033[K\n");
	p->drawn++;
}

static void transfer_show(const struct transfer *t, struct text *out, size_t columns, double at)
{
	double rate = pace_rate(&t->pace, at, t->done), left = seconds_left(t, rate);
	size_t room = columns > FIGURE_COLUMNS + NAME_COLUMNS ? columns - FIGURE_COLUMNS - 1
							      : NAME_COLUMNS;
	size_t used;

	name_put(out, t->name, room);
	used = text_columns(out->data, out->len);
	text_repeat(out, ' ', room > used ? room - used : 0);
	size_put(out, " ", (double)t->done, "", 8);
	if (t->total)
		size_put(out, " of ", (double)t->total, "", 8);
	if (t->note.len) {
		text_printf(out, "  %s", t->note.data);
		return;
	}
	if (rate > 0)
		size_put(out, "", rate, "/s", t->total ? 10 : 22);
	if (left >= 0)
		left_put(out, "  ", left);
}

/* The lines of the area: as many transfers as fit in `room`. */
static void area_fill(struct progress *p, struct text *out, size_t room, size_t columns, double at)
{
	const struct source *s = &p->source;
	struct text line = { 0 };
	size_t n = 0, i;

	if (s->n_under_way != 1 || s->n_arrived || s->n_gave_up) {
		source_put(s, &line, at);
		area_add(p, out, &line, columns);
	}
	for (i = 0; i < s->n_under_way; i++)
		n += at - s->under_way[i].since >= SECONDS_UNSEEN;
	for (i = 0; n && i < s->n_under_way; i++) {
		if (at - s->under_way[i].since < SECONDS_UNSEEN)
			continue;
		text_clear(&line);
		if (p->drawn + 1 < room || n == 1)
			transfer_show(&s->under_way[i], &line, columns, at);
		else
			text_printf(&line, "and %zu more", n);
		n = p->drawn + 1 < room ? n - 1 : 0;
		area_add(p, out, &line, columns);
	}
	text_release(&line);
}

static void area_draw(struct progress *p, double at)
{
	struct winsize window = window_of(p->options.fd);
	struct text out = { 0 };

	if (in_background(p->options.fd)) {
		p->drawn = 0;
		return;
	}
	area_leave(p, &out);
	p->drawn = 0;
	area_fill(p, &out, window.ws_row > 2 ? window.ws_row - 1u : 1, window.ws_col, at);
	text_puts(&out, "\033[J");
	put_out(p, &out);
	text_release(&out);
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
	area_remove(p);
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
		area_draw(p, at);
}

void progress_end(struct progress *p)
{
	double at = now(p);

	area_remove(p);
	if (p->source.stage && (p->options.each || at - p->source.since >= SECONDS_LONG))
		source_line(p, at);
	source_release(&p->source);
}

void progress_line(struct progress *p, const char *line)
{
	struct text out = { 0 };

	area_remove(p);
	text_printf(&out, "%s\n", line);
	put_out(p, &out);
	text_release(&out);
}
