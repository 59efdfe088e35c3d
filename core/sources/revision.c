#include "sources/revision.h"

#include <string.h>

#include "sources/lock.h"
#include "stage/run.h"

static struct finding about(const struct document *d, enum mu_severity severity)
{
	return (struct finding){ .severity = severity, .document = d->public.id };
}

static void say_revision(struct run *run, const struct document *d, const struct version *v,
			 const char *which)
{
	char day[48], fetched[48] = "";

	date_write(d->as_of, day, sizeof day);
	if (v->fetched)
		date_write((int32_t)(v->fetched / 86400), fetched, sizeof fetched);
	run_report(run, "run/silent-revision", about(d, MU_WARNING),
		   "was changed without a new date: it says %s, and so did the %s version%s%s, "
		   "which had other bytes (sha256 %.12s... then, %.12s... now)",
		   day, which, v->fetched ? " of " : "", fetched, v->sha256, d->public.sha256);
}

static void say_change(struct run *run, const struct document *d, const struct version *v)
{
	char old[48] = "none", now[48] = "none";

	if (v->dated)
		date_write(v->as_of, old, sizeof old);
	if (d->dated)
		date_write(d->as_of, now, sizeof now);
	if (v->dated || d->dated)
		run_report(run, "run/changed", about(d, MU_NOTE),
			   "has changed since it was locked; its date was %s and is %s", old, now);
	else
		run_report(run, "run/changed", about(d, MU_NOTE),
			   "has changed since it was locked, and states no date");
}

/* `before`: "were locked", "came as URI". */
static void say_two_dates(struct run *run, const struct document *d, const char *before,
			  int32_t other)
{
	char now[48], then[48];

	date_write(d->as_of, now, sizeof now);
	date_write(other, then, sizeof then);
	run_report(run, "run/two-dates", about(d, MU_WARNING),
		   "is read as of %s, and the same bytes %s as of %s", now, before, then);
}

static bool same_bytes(const struct document *d, const struct version *v)
{
	return !strcmp(d->public.sha256, v->sha256);
}

static void compare_locked(struct run *run, const struct document *d, const struct version *v)
{
	bool same_date = d->dated && v->dated && d->as_of == v->as_of;

	if (same_bytes(d, v) && d->dated && v->dated && !same_date)
		say_two_dates(run, d, "were locked", v->as_of);
	else if (!same_bytes(d, v) && same_date)
		say_revision(run, d, v, "locked");
	else if (!same_bytes(d, v) && !run->options.locked)
		say_change(run, d, v);
}

/* Compares with what the cache knows of the address. */
static void compare_cached(struct run *run, const struct document *d)
{
	struct version versions[CACHE_VERSIONS];
	size_t n = cache_versions(&run->cache, d->public.uri, d->public.request, versions), i;

	for (i = 0; i < n; i++) {
		const struct version *v = &versions[i];

		if (!v->dated || (v->as_of == d->as_of) == same_bytes(d, v))
			continue;
		if (same_bytes(d, v))
			say_two_dates(run, d, "were read before", v->as_of);
		else
			say_revision(run, d, v, "former");
		break;
	}
}

static int remember_date(struct run *run, const struct document *d, struct text *why)
{
	struct version versions[CACHE_VERSIONS], own = version_of(&d->public);
	size_t n = cache_versions(&run->cache, d->public.uri, d->public.request, versions), i;

	for (i = 0; i < n; i++)
		if (same_bytes(d, &versions[i]) && versions[i].dated &&
		    versions[i].as_of == d->as_of)
			return 0;
	own.as_of = d->as_of;
	own.dated = true;
	return cache_remember(&run->cache, &own, &run->pipeline->secrets, why);
}

/* `seen` has the first document of each content that states a date. */
static void compare_others(struct run *run, size_t index, struct mu_map *seen)
{
	const struct document *d = run->documents.items[index], *other;
	size_t before = seen->count, entry;
	struct text came = { 0 };

	entry = mu_map_add(seen, d->public.sha256, 64);
	if (entry == SIZE_MAX)
		mem_exhausted();
	if (seen->count > before) {
		seen->entries[entry].value = index;
		return;
	}
	other = run->documents.items[seen->entries[entry].value];
	if (other->as_of == d->as_of)
		return;
	text_printf(&came, "came as %s", other->public.uri);
	say_two_dates(run, d, came.data, other->as_of);
	text_release(&came);
}

/* A day of grace, since it is tomorrow already in the east. */
static void check_future(struct run *run, const struct document *d)
{
	char day[48], now[48];
	int32_t today;

	if (!d->dated || mu_today(&today) || d->as_of - 1 <= today)
		return;
	date_write(d->as_of, day, sizeof day);
	date_write(today, now, sizeof now);
	run_report(run, "run/future-date", about(d, MU_WARNING),
		   "is read as of %s, which is after today, %s", day, now);
}

static int compare_one(struct run *run, struct document *d, struct text *why)
{
	const struct version *locked = lock_version(run->pins, run, d);
	bool cached = d->dated && d->public.fetched && !run->options.offline;
	int err = locked ? document_sha256(d, why) : 0;

	if (err)
		return err;
	if (locked)
		compare_locked(run, d, locked);
	else if (cached)
		compare_cached(run, d);
	return cached ? remember_date(run, d, why) : 0;
}

int revisions_find(struct run *run, struct text *why)
{
	struct mu_map seen = { 0 };
	size_t i;
	int err = 0;

	for (i = 0; !err && i < run->documents.count; i++) {
		struct document *d = run->documents.items[i];

		if (d->unread)
			continue;
		check_future(run, d);
		err = compare_one(run, d, why);
		if (err || !d->dated || (run->options.no_hash && !d->public.sha256))
			continue;
		err = document_sha256(d, why);
		if (!err)
			compare_others(run, i, &seen);
	}
	mu_map_release(&seen);
	return err;
}
