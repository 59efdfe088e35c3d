/*
 * Faults at every point of a run, and a look at what each of them leaves.
 *
 *     build/tests/sweep                 all points
 *     build/tests/sweep --thin          some of each kind, from each place that calls
 *     build/tests/sweep --run letter --fault ENOSPC --sticky --at 123
 *                                       one point, with what was printed
 *     build/tests/sweep --program PATH  another muster
 *     build/tests/sweep --self-test     whether violations that are planted are found
 *
 * Ends with 0 when there is no violation, 1 when there are, 2 when it cannot be set up and
 * 77 where processes cannot be traced.
 */
#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "place.h"
#include "verdict.h"

#define CANNOT      77
#define MAX_POINTS  400000
#define MAX_CALLS   20000
#define MAX_JOBS    64
#define MAX_TOLD    1000 /* violations that are printed; counts go on */
/* In a thinned sweep allocations fail for good at every so many places. */
#define EACH_STICKY 4
#define FRAMES_TOLD 12

static const struct job jobs[] = {
	{ .name = "csv",
	  .pipeline = "tests/sweep/csv",
	  .input = "input.txt",
	  .variable = "input",
	  .former = "s/EULEX Kosovo/EULEX/",
	  .invalid = "s/^Total,33/Total,34/" },
	{ .name = "letter",
	  .pipeline = "pipelines/nl-police-missions",
	  .input = "data/letter.txt",
	  .variable = "letter",
	  .former = "s/peildatum 24 november/peildatum 23 november/",
	  .invalid = "s/^Totaal  28/Totaal  29/" },
	{ .name = "slow", /* as csv, where folders cannot be exchanged */
	  .pipeline = "tests/sweep/csv",
	  .input = "input.txt",
	  .variable = "input",
	  .former = "s/EULEX Kosovo/EULEX/",
	  .invalid = "s/^Total,33/Total,34/",
	  .without_exchange = true },
};

#define N_JOBS (sizeof jobs / sizeof *jobs)

struct point {
	size_t job;
	struct injected injected;
};

struct result {
	unsigned violations;
	bool done, hit;
	struct seen call;
	char why[400], frames[2000];
};

struct points {
	size_t count;
	struct point items[MAX_POINTS];
};

/* What the workers share. */
struct work {
	atomic_size_t next;
	struct result results[]; /* one a point */
};

struct options {
	const char *program, *preload, *run;
	const char *planted, *plant, *muster; /* for the self-test */
	enum fault_id fault;
	long at, jobs;
	bool sticky, thin, self_test, other;
	char folder[MAX_PATH];
};

struct survey {
	size_t calls;
	struct seen seen[MAX_CALLS];
};

static void note(const struct seen *seen, void *data)
{
	struct survey *s = data;

	if (s->calls == MAX_CALLS)
		return;
	s->seen[s->calls] = *seen;
	name_normalise(s->seen[s->calls].where);
	s->calls++;
}

static bool gives(const struct seen *seen, enum fault_id fault)
{
	if (faults[fault].signal)
		return true;
	if (fault == FAULT_ENOSPC && seen->call->flags >= 0 && strstr(seen->call->name, "open"))
		return seen->creates;
	return (seen->call->can & (1U << fault)) && (!seen->call->after || seen->writes);
}

/* Reads are short but once in a while, or the dynamic loader would give up. */
static bool stays(const struct seen *seen, enum fault_id fault)
{
	return fault != FAULT_SHORT || (seen->call->can & (1U << FAULT_ENOSPC));
}

static bool same_place(const struct seen *a, const struct seen *b)
{
	return a->call == b->call && !strcmp(a->where, b->where);
}

/* The first and the last call of its kind at its file stand for those between. */
static bool stands_out(const struct survey *s, size_t at)
{
	bool first = true, last = true;
	size_t i;

	for (i = 0; i < at && first; i++)
		first = !same_place(&s->seen[i], &s->seen[at]);
	for (i = at + 1; i < s->calls && last; i++)
		last = !same_place(&s->seen[i], &s->seen[at]);
	return first || last;
}

static void add(struct points *points, size_t job, enum fault_id fault, bool sticky, size_t at)
{
	if (points->count == MAX_POINTS)
		return;
	points->items[points->count++] =
		(struct point){ .job = job,
				.injected = { .fault = fault,
					      .sticky = sticky,
					      .at = (long)at,
					      .without_exchange = jobs[job].without_exchange } };
}

static bool wanted(const struct options *o, enum fault_id fault)
{
	return o->fault == FAULT_NONE || o->fault == fault;
}

static void add_calls(struct points *points, const struct options *o, const struct survey *s,
		      size_t job, enum fault_id fault)
{
	size_t i;

	for (i = 0; i < s->calls; i++) {
		if (!gives(&s->seen[i], fault) || (o->thin && !stands_out(s, i)))
			continue;
		add(points, job, fault, false, i + 1);
		if (faults[fault].sticky && stays(&s->seen[i], fault))
			add(points, job, fault, true, i + 1);
	}
}

static bool new_site(const struct shared *shared, long at)
{
	long i;

	for (i = 0; i < at; i++)
		if (shared->site[i] == shared->site[at])
			return false;
	return true;
}

static void add_allocations(struct points *points, const struct options *o,
			    const struct shared *shared, size_t job)
{
	long n = shared->count < MAX_ALLOCS ? shared->count : MAX_ALLOCS, i, sites = 0;

	for (i = 0; i < n; i++) {
		if (o->thin && !new_site(shared, i))
			continue;
		add(points, job, FAULT_ALLOC, false, (size_t)i + 1);
		if (!o->thin || sites++ % EACH_STICKY == 0)
			add(points, job, FAULT_ALLOC, true, (size_t)i + 1);
	}
}

static void place_open(struct place *place, size_t job, const struct options *o, const char *name)
{
	char folder[2 * MAX_PATH];
	const char *wrong;

	snprintf(folder, sizeof folder, "%s/%s.%s", o->folder, jobs[job].name, name);
	if (o->plant)
		place_plant(place, o->plant, o->muster);
	wrong = place_make(place, &jobs[job], o->program, o->preload, folder);
	if (wrong) {
		fprintf(stderr, "sweep: %s: %s\n", jobs[job].name, wrong);
		exit(2);
	}
}

static void survey(struct points *points, const struct options *o, size_t job)
{
	static struct place place;
	static struct survey s;
	struct injected none = { .fault = FAULT_NONE,
				 .without_exchange = jobs[job].without_exchange };
	struct outcome outcome;
	int err, fault;

	memset(&place, 0, sizeof place);
	place_open(&place, job, o, "survey");
	place_restore(&place);
	s.calls = 0;
	err = place_run(&place, INPUT_FRESH, &none, &outcome, note, &s);
	if (err) {
		fprintf(stderr,
			"sweep: NOT RUN: processes cannot be traced here (%s): allow ptrace and "
			"seccomp\n",
			strerror(err));
		exit(CANNOT);
	}
	if (outcome.status || !s.calls) {
		fprintf(stderr, "sweep: %s: a traced run without a fault ended otherwise (%x)\n",
			jobs[job].name, (unsigned)outcome.status);
		exit(2);
	}
	for (fault = 0; fault < FAULT_ALLOC; fault++)
		if (wanted(o, (enum fault_id)fault))
			add_calls(points, o, &s, job, (enum fault_id)fault);
	if (wanted(o, FAULT_ALLOC) && !none.without_exchange) {
		place_restore(&place);
		place.shared->sites = true;
		place_run(&place, INPUT_FRESH, &none, &outcome, NULL, NULL);
		place.shared->sites = false;
		if (outcome.status) {
			fprintf(stderr, "sweep: %s: a counted run ended otherwise (%x)\n",
				jobs[job].name, (unsigned)outcome.status);
			exit(2);
		}
		add_allocations(points, o, place.shared, job);
	}
}

static void try_point(struct place *place, const struct point *point, struct result *result)
{
	struct outcome outcome;

	place_restore(place);
	if (place_run(place, INPUT_FRESH, &point->injected, &outcome, NULL, NULL))
		return;
	result->hit = outcome.hit;
	result->call = outcome.first;
	name_normalise(result->call.where);
	snprintf(result->frames, sizeof result->frames, "%s", place->shared->where);
	if (outcome.hit)
		result->violations =
			judge(place, &point->injected, &outcome, result->why, sizeof result->why);
	result->done = true;
}

static void worker(const struct points *points, struct work *work, const struct options *o,
		   long number)
{
	static struct place places[N_JOBS];
	char name[32];
	size_t i;

	snprintf(name, sizeof name, "%ld", number);
	while ((i = atomic_fetch_add(&work->next, 1)) < points->count) {
		struct place *place = &places[points->items[i].job];

		if (!place->job)
			place_open(place, points->items[i].job, o, name);
		try_point(place, &points->items[i], &work->results[i]);
	}
}

static bool try_all(const struct points *points, struct work *work, const struct options *o)
{
	bool good = true;
	int status;
	long i;

	fflush(NULL);
	for (i = 0; i < o->jobs; i++)
		if (!fork()) {
			worker(points, work, o, i);
			exit(0);
		}
	while (wait(&status) > 0)
		good = good && !status;
	return good;
}

struct frame {
	char raw[200], told[200];
};

/* Function and line that called, as addr2line has them; the file and the place in it when
 * it does not know. */
static void frame_resolve(struct frame *frame)
{
	const char *plus = strrchr(frame->raw, '+'), *slash = strrchr(frame->raw, '/');
	const char *file = slash ? slash + 1 : frame->raw;
	char command[MAX_PATH], function[80], line[80];
	FILE *pipe;

	snprintf(frame->told, sizeof frame->told, "%s", file);
	if (!plus || strstr(frame->raw, "/usr/") || strstr(frame->raw, "/lib"))
		return;
	snprintf(command, sizeof command, "addr2line -f -s -e '%.*s' 0x%lx 2>/dev/null",
		 (int)(plus - frame->raw), frame->raw, strtoul(plus + 1, NULL, 16) - 1);
	pipe = popen(command, "r");
	if (pipe && fgets(function, sizeof function, pipe) && fgets(line, sizeof line, pipe))
		snprintf(frame->told, sizeof frame->told, "%.*s %.*s %.*s", (int)(plus - file),
			 file, (int)strcspn(function, "\n"), function, (int)strcspn(line, " \n"),
			 line);
	if (pipe)
		pclose(pipe);
}

static const char *frame_told(const char *raw, int len)
{
	static struct frame known[512];
	static size_t count;
	struct frame *f;
	size_t i;

	for (i = 0; i < count; i++)
		if (!strncmp(known[i].raw, raw, (size_t)len) && !known[i].raw[len])
			return known[i].told;
	f = &known[count < 511 ? count++ : 511];
	snprintf(f->raw, sizeof f->raw, "%.*s", len, raw);
	frame_resolve(f);
	return f->told;
}

static void print_frames(const char *frames)
{
	const char *end;
	int n;

	for (n = 0; n < FRAMES_TOLD && (end = strchr(frames, '\n')); n++, frames = end + 1)
		if (!strstr(frames, "sweep_alloc") || strstr(frames, "sweep_alloc") > end)
			printf("        %s\n", frame_told(frames, (int)(end - frames)));
}

static void print_point(const struct point *p, const struct result *r, const struct options *o)
{
	const struct injected *in = &p->injected;
	int i;

	printf("%s, %s%s at %ld", jobs[p->job].name, faults[in->fault].name,
	       in->sticky ? " from then on" : "", in->at);
	if (r->call.call)
		printf(", %s %s", r->call.call->name,
		       strncmp(r->call.where, o->folder, strlen(o->folder)) != 0
			       ? r->call.where
			       : r->call.where + strlen(o->folder));
	printf(":");
	for (i = 0; i < VIOLATIONS; i++)
		if (r->violations & (1U << i))
			printf(" [%s]", violation_names[i]);
	printf(" %s\n", r->why);
	if (in->fault == FAULT_ALLOC)
		print_frames(r->frames);
	printf("    again: %s/tests/sweep%s%s --run %s --fault %s%s --at %ld\n", BUILD,
	       o->other ? " --program " : "", o->other ? o->program : "", jobs[p->job].name,
	       faults[in->fault].name, in->sticky ? " --sticky" : "", in->at);
}

struct tally {
	size_t points, unreached, violating, by[VIOLATIONS];
};

static void print_tally(const char *run, const char *fault, const char *how, const struct tally *t)
{
	int i;

	printf("%-8s %-7s %-7s %7zu %9zu %10zu ", run, fault, how, t->points, t->unreached,
	       t->violating);
	for (i = 0; i < VIOLATIONS; i++)
		printf(" %7zu", t->by[i]);
	printf("\n");
}

static void count(struct tally *t, const struct result *r)
{
	int i;

	t->points++;
	t->unreached += !r->hit;
	t->violating += r->violations != 0;
	for (i = 0; i < VIOLATIONS; i++)
		t->by[i] += (r->violations >> i) & 1;
}

static void print_heads(void)
{
	int i;

	printf("\n%-8s %-7s %-7s %7s %9s %10s ", "run", "fault", "how", "points", "unreached",
	       "violations");
	for (i = 0; i < VIOLATIONS; i++)
		printf(" %7s", violation_names[i]);
	printf("\n");
}

static struct tally print_table(const struct points *points, const struct work *work)
{
	static struct tally tallies[N_JOBS][FAULTS][2];
	struct tally all = { 0 };
	size_t i, j;
	int f, s;

	for (i = 0; i < points->count; i++) {
		const struct point *p = &points->items[i];

		count(&tallies[p->job][p->injected.fault][p->injected.sticky], &work->results[i]);
		count(&all, &work->results[i]);
	}
	print_heads();
	for (j = 0; j < N_JOBS; j++)
		for (f = 0; f < FAULTS; f++)
			for (s = 0; s < 2; s++)
				if (tallies[j][f][s].points)
					print_tally(jobs[j].name, faults[f].name,
						    s ? "stays" : "once", &tallies[j][f][s]);
	print_tally("all", "", "", &all);
	return all;
}

static struct points points;

/* Tries all points that are wanted; NULL when that did not come to its end. */
static struct work *try_wanted(const struct options *o)
{
	struct work *work;
	size_t size, i;

	points.count = 0;
	for (i = 0; i < N_JOBS; i++)
		if (!o->run || !strcmp(o->run, jobs[i].name))
			survey(&points, o, i);
	size = sizeof *work + points.count * sizeof *work->results;
	work = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (work == MAP_FAILED || !try_all(&points, work, o)) {
		fprintf(stderr, "sweep: some points were not tried\n");
		return NULL;
	}
	return work;
}

static int sweep(const struct options *o)
{
	time_t began = time(NULL);
	size_t told = 0, i;
	struct tally all;
	struct work *work = try_wanted(o);

	if (!work)
		return 2;
	for (i = 0; i < points.count; i++)
		if (work->results[i].violations && told++ < MAX_TOLD)
			print_point(&points.items[i], &work->results[i], o);
	all = print_table(&points, work);
	printf("%ld seconds\n", (long)(time(NULL) - began));
	if (!all.points || all.unreached > all.points / 100) {
		fprintf(stderr, "sweep: too many points were not reached\n");
		return 2;
	}
	return all.violating ? 1 : 0;
}

/* A run that is fine but for what tests/sweep/planted.sh does: just that is to be found. */
static int self_test(struct options *o)
{
	char folder[sizeof o->folder];
	bool good = true;
	int plant;

	memcpy(folder, o->folder, sizeof folder);
	o->muster = o->program;
	o->program = o->planted;
	o->run = "csv";
	o->fault = FAULT_ENOSPC;
	for (plant = 0; plant <= VIOLATIONS; plant++) {
		struct tally all = { 0 };
		struct work *work;
		size_t i;

		o->plant = plant < VIOLATIONS ? violation_names[plant] : "none";
		snprintf(o->folder, sizeof o->folder, "%.400s/%s", folder, o->plant);
		mkdir(o->folder, 0700);
		work = try_wanted(o);
		for (i = 0; work && i < points.count; i++)
			count(&all, &work->results[i]);
		if (plant < VIOLATIONS ? !all.by[plant] : !all.points || all.violating) {
			fprintf(stderr, "sweep: plant '%s': %zu points, %zu violations\n", o->plant,
				all.points, all.violating);
			good = false;
		}
	}
	if (good)
		printf("sweep: each violation that was planted was found\n");
	return good ? 0 : 1;
}

static int repeat(const struct options *o)
{
	static struct place place;
	static struct result result;
	struct outcome outcome;
	struct point point = { .injected = {
				       .fault = o->fault, .sticky = o->sticky, .at = o->at } };
	char text[8192];

	while (point.job < N_JOBS - 1 && strcmp(o->run, jobs[point.job].name) != 0)
		point.job++;
	point.injected.without_exchange = jobs[point.job].without_exchange;
	place_open(&place, point.job, o, "again");
	place_restore(&place);
	try_point(&place, &point, &result);
	print_point(&point, &result, o);
	/* What was printed was by the run that came next. */
	place_restore(&place);
	place_run(&place, INPUT_FRESH, &point.injected, &outcome, NULL, NULL);
	place_printed(place.command.out, text, sizeof text);
	printf("%s", text);
	place_printed(place.command.err, text, sizeof text);
	printf("%s", text);
	if (!result.hit)
		printf("the point was not reached\n");
	return result.violations ? 1 : !result.hit ? 2 : 0;
}

static int usage(void)
{
	fprintf(stderr, "usage: sweep [--thin] [--run NAME] [--fault NAME [--sticky] [--at N]] "
			"[--jobs N] [--program PATH]\n       sweep --self-test\n");
	return 2;
}

static bool take_value(struct options *o, const char *name, const char *value)
{
	int f;

	if (!strcmp(name, "--run")) {
		o->run = value;
	} else if (!strcmp(name, "--program")) {
		o->program = value;
		o->other = true;
	} else if (!strcmp(name, "--at")) {
		o->at = strtol(value, NULL, 10);
	} else if (!strcmp(name, "--jobs")) {
		o->jobs = strtol(value, NULL, 10);
	} else if (!strcmp(name, "--fault")) {
		for (f = 0; f < FAULTS && strcmp(value, faults[f].name) != 0; f++)
			;
		o->fault = (enum fault_id)f;
		return f < FAULTS;
	} else {
		return false;
	}
	return true;
}

static bool take(struct options *o, int argc, char **argv)
{
	int i;

	for (i = 1; i < argc; i++) {
		if (!strcmp(argv[i], "--thin"))
			o->thin = true;
		else if (!strcmp(argv[i], "--self-test"))
			o->self_test = true;
		else if (!strcmp(argv[i], "--sticky"))
			o->sticky = true;
		else if (i + 1 == argc || !take_value(o, argv[i], argv[i + 1]))
			return false;
		else
			i++;
	}
	return o->jobs >= 1 && o->jobs <= MAX_JOBS &&
	       (!o->at || (o->run && o->fault != FAULT_NONE));
}

static char folder[MAX_PATH];
static pid_t owner;

static void folder_end(void)
{
	if (getpid() == owner)
		folder_remove(folder);
}

static bool folder_make(struct options *o)
{
	const char *parent = access("/dev/shm", W_OK) ? getenv("TMPDIR") : "/dev/shm";

	snprintf(o->folder, sizeof o->folder, "%s/sweep.XXXXXX", parent ? parent : "/tmp");
	if (!mkdtemp(o->folder))
		return false;
	memcpy(folder, o->folder, sizeof folder);
	owner = getpid();
	return !atexit(folder_end);
}

int main(int argc, char **argv)
{
	struct options o = { .program = BUILD "/muster",
			     .fault = FAULT_NONE,
			     .jobs = sysconf(_SC_NPROCESSORS_ONLN) };
	static char program[PATH_MAX], preload[PATH_MAX], planted[PATH_MAX];

	if (!take(&o, argc, argv))
		return usage();
	if (!realpath(o.program, program) || !realpath(BUILD "/tests/sweep_alloc.so", preload) ||
	    !realpath("tests/sweep/planted.sh", planted)) {
		fprintf(stderr, "sweep: %s: %s\n", o.program, strerror(errno));
		return 2;
	}
	o.program = program;
	o.preload = preload;
	if (!folder_make(&o))
		return usage();
	o.planted = planted;
	if (o.self_test)
		return self_test(&o);
	return o.at ? repeat(&o) : sweep(&o);
}
