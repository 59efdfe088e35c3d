#include "store/version.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <muster/table.h>

#define MAX_BYTES ((json_int_t)1 << 40)

void date_write(int32_t days, char *out, size_t size)
{
	int year, month, day;

	mu_date_to_civil(days, &year, &month, &day);
	snprintf(out, size, "%04d-%02d-%02d", year, month, day);
}

void time_write(int64_t seconds, char *out, size_t size)
{
	time_t t = (time_t)seconds;
	struct tm tm = { 0 };

	gmtime_r(&t, &tm);
	strftime(out, size, "%FT%TZ", &tm);
}

struct version version_of(const struct mu_document *d)
{
	return (struct version){
		.uri = d->uri,
		.request = d->request,
		.name = d->name,
		.sha256 = d->sha256,
		.final_uri = d->final_uri,
		.media_type = d->media_type,
		.etag = d->etag,
		.last_modified = d->last_modified,
		.bytes = d->bytes,
		.fetched = d->fetched,
	};
}

struct mu_document version_document(const struct version *v)
{
	return (struct mu_document){
		.size = sizeof(struct mu_document),
		.uri = v->uri,
		.name = v->name,
		.media_type = v->media_type,
		.sha256 = v->sha256,
		.bytes = v->bytes,
		.final_uri = v->final_uri,
		.etag = v->etag,
		.last_modified = v->last_modified,
		.request = v->request,
		.fetched = v->fetched,
	};
}

char *version_clean(const char *text, const struct secrets *secrets)
{
	struct text out = { 0 };

	text_puts(&out, text);
	text_add(&out, "", 0);
	secrets_redact(secrets, &out, 0);
	text_remove_users(&out);
	return out.data ? out.data : mem_copy("");
}

static void set(json_t *object, const char *key, json_t *value)
{
	if (!value || json_object_set_new(object, key, value))
		mem_exhausted();
}

static void set_text(json_t *object, const char *key, const char *value,
		     const struct secrets *secrets)
{
	struct text quoted = { 0 };
	char *clean;

	if (!value)
		return;
	clean = version_clean(value, secrets);
	text_add_json(&quoted, clean, strlen(clean));
	set(object, key, json_loads(quoted.data, JSON_DECODE_ANY, NULL));
	text_release(&quoted);
	free(clean);
}

json_t *version_to_json(const struct version *v, const struct secrets *secrets)
{
	json_t *json = json_object();
	char text[48];

	set_text(json, "uri", v->uri, secrets);
	set_text(json, "request", v->request, secrets);
	set_text(json, "name", v->name, secrets);
	set_text(json, "final_uri", v->final_uri, secrets);
	set_text(json, "media_type", v->media_type, secrets);
	set_text(json, "etag", v->etag, secrets);
	set_text(json, "last_modified", v->last_modified, secrets);
	set(json, "sha256", json_string(v->sha256));
	set(json, "bytes", json_integer((json_int_t)v->bytes));
	if (v->fetched) {
		time_write(v->fetched, text, sizeof text);
		set(json, "fetched", json_string(text));
	}
	if (v->dated) {
		date_write(v->as_of, text, sizeof text);
		set(json, "as_of", json_string(text));
	}
	return json;
}

/* A text that may be absent; false when it is something else. */
static bool get_text(const json_t *json, const char *key, struct arena *arena, const char **out)
{
	const json_t *value = json_object_get(json, key);

	*out = NULL;
	if (!value)
		return true;
	if (!json_is_string(value))
		return false;
	*out = arena_copy(arena, json_string_value(value), json_string_length(value));
	return true;
}

static bool is_sha256(const char *text)
{
	return text && strlen(text) == 64 && strspn(text, "0123456789abcdef") == 64;
}

static bool get_fetched(const char *text, int64_t *out)
{
	struct tm tm = { 0 };
	const char *end = text ? strptime(text, "%Y-%m-%dT%H:%M:%SZ", &tm) : NULL;

	*out = end ? (int64_t)timegm(&tm) : 0;
	return !text || (end && !*end);
}

bool version_from_json(const json_t *json, struct arena *arena, struct version *out)
{
	const json_t *bytes = json_object_get(json, "bytes");
	const char *fetched, *as_of;

	*out = (struct version){ 0 };
	if (!json_is_object(json) || !json_is_integer(bytes) || json_integer_value(bytes) < 0 ||
	    json_integer_value(bytes) > MAX_BYTES)
		return false;
	out->bytes = (uint64_t)json_integer_value(bytes);
	out->dated = json_object_get(json, "as_of") != NULL;
	return get_text(json, "uri", arena, &out->uri) && out->uri &&
	       get_text(json, "request", arena, &out->request) &&
	       get_text(json, "name", arena, &out->name) &&
	       get_text(json, "final_uri", arena, &out->final_uri) &&
	       get_text(json, "media_type", arena, &out->media_type) &&
	       get_text(json, "etag", arena, &out->etag) &&
	       get_text(json, "last_modified", arena, &out->last_modified) &&
	       get_text(json, "sha256", arena, &out->sha256) && is_sha256(out->sha256) &&
	       get_text(json, "fetched", arena, &fetched) && get_fetched(fetched, &out->fetched) &&
	       get_text(json, "as_of", arena, &as_of) &&
	       (!as_of || mu_parse_date(mu_string(as_of), &out->as_of));
}
