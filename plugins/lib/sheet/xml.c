#include "sheet/xml.h"

#include <stdlib.h>

#include "text/phrase.h"

#include "table/raised.h"

enum {
	CHUNK = 64 << 10,        /* bytes that are given to expat at once, */
	ROOM = 256 << 10,        /* and that are kept for form->plain */
	PENDING_MOST = 16 << 20, /* bytes of a tag, or of what else has no end */
	STRANGE_MOST = 10000,    /* names */
	SEPARATOR = '\n',        /* between a namespace and a name: in neither can it be */
};

/* Whether a name as expat has it is one of a table. */
static bool name_is(const struct xml_name *name, const char *space, size_t space_len,
		    const char *local)
{
	if (strcmp(local, name->local) != 0)
		return false;
	if (!space_len)
		return !name->space;
	return (name->space && strlen(name->space) == space_len &&
		!memcmp(name->space, space, space_len)) ||
	       (name->other && strlen(name->other) == space_len &&
		!memcmp(name->other, space, space_len));
}

/* The number of a name; 0 for one that is in no table, of which there are not many. */
static int name_find(struct xml *xml, const struct xml_name *table, const char *name)
{
	const char *end = strchr(name, SEPARATOR), *local = end ? end + 1 : name;
	size_t space_len = end ? (size_t)(end - name) : 0;
	int i;

	for (i = 0; table[i].local; i++)
		if (table[i].local[0] == local[0] && name_is(&table[i], name, space_len, local))
			return i + 1;
	if (mu_map_add(&xml->strange, name, strlen(name)) == SIZE_MAX)
		xml_stop(xml, mu_fail(xml->ctx, ENOMEM, "out of memory"));
	else if (xml->strange.count > STRANGE_MOST)
		xml_stop(xml, refuse(xml->ctx, "too-much", "its part '%s' has more than %d names",
				     xml->part.name, STRANGE_MOST));
	return 0;
}

/* Where the tag at hand ends. */
static void event_note(struct xml *xml)
{
	xml->event = (uint64_t)XML_GetCurrentByteIndex(xml->parser) +
		     (uint64_t)XML_GetCurrentByteCount(xml->parser);
}

static void started(void *user, const char *name, const char **attributes)
{
	struct xml *xml = user;
	int element, attribute;

	if (xml->stopped)
		return;
	event_note(xml);
	if (++xml->depth > XML_DEPTH) {
		xml_stop(xml, refuse(xml->ctx, "too-much", "its part '%s' is nested deeper than %d",
				     xml->part.name, XML_DEPTH));
		return;
	}
	memset(xml->values, 0, sizeof xml->values);
	element = name_find(xml, xml->form->elements, name);
	for (; *attributes && !xml->stopped; attributes += 2) {
		attribute = name_find(xml, xml->form->attributes, attributes[0]);
		if (attribute)
			xml->values[attribute] = attributes[1];
	}
	xml->open[xml->depth - 1] = element;
	if (element && !xml->skipped && !xml->stopped)
		xml->form->start(xml, element);
}

static void ended(void *user, const char *name)
{
	struct xml *xml = user;
	int element;

	(void)name;
	if (xml->stopped)
		return;
	event_note(xml);
	element = xml->open[--xml->depth];
	if (element && !xml->skipped)
		xml->form->end(xml, element);
	else if (xml->skipped == xml->depth + 1)
		xml->skipped = 0;
}

static void said(void *user, const char *text, int len)
{
	struct xml *xml = user;

	if (xml->collects && !xml->skipped && !xml->stopped)
		xml_text_add(xml, text, (size_t)len);
}

static void typed(void *user, const char *name, const char *system, const char *public, int inner)
{
	struct xml *xml = user;

	(void)name, (void)system, (void)public, (void)inner;
	xml_stop(xml, refuse(xml->ctx, "damaged", "its part '%s' has a DOCTYPE, which is refused",
			     xml->part.name));
}

static void declared(void *user, const char *version, const char *encoding, int standalone)
{
	struct xml *xml = user;

	(void)version, (void)standalone;
	xml->other = encoding && strcasecmp(encoding, "UTF-8") != 0;
}

/* Those of the outermost element are those of all of the document. */
static void prefixed(void *user, const char *prefix, const char *space)
{
	struct xml *xml = user;

	(void)space;
	if (!xml->depth && prefix && xml->prefixes.count < STRANGE_MOST)
		mu_map_add(&xml->prefixes, prefix, strlen(prefix));
}

bool xml_has_prefix(const struct xml *xml, const char *prefix, size_t len)
{
	return mu_map_find(&xml->prefixes, prefix, len) != SIZE_MAX;
}

void xml_skip(struct xml *xml)
{
	if (!xml->skipped)
		xml->skipped = xml->depth;
}

void xml_text_add(struct xml *xml, const char *text, size_t len)
{
	size_t room = xml->text_room ? xml->text_room : 256;
	char *grown;

	if (len > xml->text_most - xml->text_len)
		len = xml->text_most - xml->text_len;
	while (room < xml->text_len + len)
		room *= 2;
	if (room > xml->text_room) {
		grown = realloc(xml->text, room);
		if (!grown) {
			xml_stop(xml, mu_fail(xml->ctx, ENOMEM, "out of memory"));
			return;
		}
		xml->text = grown;
		xml->text_room = room;
	}
	if (len)
		memcpy(xml->text + xml->text_len, text, len);
	xml->text_len += len;
}

void xml_text_raise(struct xml *xml, size_t from)
{
	size_t len = xml->text_len - from, i;
	char *raised, digit[3];

	if (!len || !raised_glues((struct mu_string){ xml->text, from }))
		return;
	raised = malloc(len);
	if (!raised) {
		xml_stop(xml, mu_fail(xml->ctx, ENOMEM, "out of memory"));
		return;
	}
	memcpy(raised, xml->text + from, len);
	xml->text_len = from;
	for (i = 0; i < len; i++) {
		if (raised[i] < '0' || raised[i] > '9')
			xml_text_add(xml, raised + i, 1);
		else
			xml_text_add(xml, digit, raised_digit(raised[i], digit));
	}
	free(raised);
}

void xml_pause(struct xml *xml)
{
	xml->paused = true;
	if (xml->feeding)
		XML_StopParser(xml->parser, XML_TRUE);
}

void xml_stop(struct xml *xml, int err)
{
	if (xml->stopped)
		return;
	xml->stopped = true;
	xml->err = err;
	if (xml->feeding)
		XML_StopParser(xml->parser, XML_FALSE);
}

bool xml_number(const char *text, uint64_t most, uint64_t *out)
{
	uint64_t value = 0;

	if (!text || !*text)
		return false;
	for (; *text; text++) {
		if (*text < '0' || *text > '9' || value > most / 10)
			return false;
		value = value * 10 + (uint64_t)(*text - '0');
	}
	*out = value;
	return value <= most;
}

bool xml_true(const char *text)
{
	return text && (!strcmp(text, "1") || !strcmp(text, "true"));
}

int xml_open(struct mu_ctx *ctx, struct xml *xml, const struct package *package, const char *part,
	     const struct xml_form *form, void *user)
{
	int err;

	*xml = (struct xml){ .form = form, .user = user, .ctx = ctx };
	err = package_part_open(ctx, package, part, &xml->part);
	if (err)
		return err;
	xml->parser = XML_ParserCreateNS(NULL, SEPARATOR);
	if (!xml->parser)
		return mu_fail(ctx, ENOMEM, "out of memory");
	XML_SetUserData(xml->parser, xml);
	XML_SetElementHandler(xml->parser, started, ended);
	XML_SetCharacterDataHandler(xml->parser, said);
	XML_SetStartDoctypeDeclHandler(xml->parser, typed);
	if (!form->plain)
		return 0;
	XML_SetXmlDeclHandler(xml->parser, declared);
	XML_SetStartNamespaceDeclHandler(xml->parser, prefixed);
	xml->bytes = malloc(ROOM);
	return xml->bytes ? 0 : mu_fail(ctx, ENOMEM, "out of memory");
}

void xml_close(struct xml *xml)
{
	if (xml->parser)
		XML_ParserFree(xml->parser);
	package_part_close(&xml->part);
	mu_map_release(&xml->strange);
	mu_map_release(&xml->prefixes);
	free(xml->bytes);
	free(xml->text);
	*xml = (struct xml){ .form = NULL };
}

static int fail_broken(struct mu_ctx *ctx, const struct xml *xml)
{
	enum XML_Error code = XML_GetErrorCode(xml->parser);

	if (code == XML_ERROR_NO_MEMORY)
		return mu_fail(ctx, ENOMEM, "out of memory");
	return refuse(ctx, "damaged", "its part '%s' is damaged: %s", xml->part.name,
		      XML_ErrorString(code));
}

/* What expat said. */
static int status_check(struct mu_ctx *ctx, struct xml *xml, enum XML_Status status)
{
	xml->feeding = false;
	xml->suspended = status == XML_STATUS_SUSPENDED;
	if (xml->stopped)
		return xml->err;
	if (status == XML_STATUS_ERROR)
		return fail_broken(ctx, xml);
	if (!xml->suspended &&
	    xml->fed - (uint64_t)XML_GetCurrentByteIndex(xml->parser) > PENDING_MOST)
		return refuse(ctx, "too-much", "its part '%s' has a tag of more than %d bytes",
			      xml->part.name, PENDING_MOST);
	return 0;
}

/* Gives expat the next bytes as they come. */
static int chunk_parse(struct mu_ctx *ctx, struct xml *xml)
{
	void *buffer = XML_GetBuffer(xml->parser, CHUNK);
	size_t got;
	int err;

	if (!buffer)
		return fail_broken(ctx, xml);
	err = package_part_read(ctx, &xml->part, buffer, CHUNK, &got);
	if (err)
		return err;
	xml->fed += got;
	xml->last = !got;
	xml->feeding = true;
	return status_check(ctx, xml, XML_ParseBuffer(xml->parser, (int)got, !got));
}

/* Gives expat the next bytes of those at hand, up to where form->plain may go on. */
static int bytes_parse(struct mu_ctx *ctx, struct xml *xml)
{
	const char *from = xml->bytes + xml->from;
	const char *end = xml->until && !xml->other
				  ? memmem(from, xml->left, xml->until, strlen(xml->until))
				  : NULL;
	size_t len = end ? (size_t)(end - from) + strlen(xml->until) : xml->left;
	bool all = xml->last && len == xml->left;

	xml->from += len;
	xml->left -= len;
	xml->fed += len;
	xml->at_until = end != NULL;
	xml->feeding = true;
	return status_check(ctx, xml, XML_Parse(xml->parser, from, (int)len, all));
}

static int bytes_fill(struct mu_ctx *ctx, struct xml *xml)
{
	size_t got;
	int err;

	memmove(xml->bytes, xml->bytes + xml->from, xml->left);
	xml->from = 0;
	err = package_part_read(ctx, &xml->part, xml->bytes + xml->left, ROOM - xml->left, &got);
	xml->left += got;
	xml->last = !got;
	return err;
}

/* Whether expat stands right behind what it was to be given. */
static bool is_between(const struct xml *xml)
{
	return xml->until && xml->at_until && xml->event == xml->fed;
}

/* As many elements of those at hand as are plain, and then something for expat; no
 * element is cut but one that is too long. */
static int bytes_read(struct mu_ctx *ctx, struct xml *xml)
{
	size_t taken = 0;
	int err;

	if (!xml->last && xml->left < ROOM / 2) {
		err = bytes_fill(ctx, xml);
		if (err)
			return err;
	}
	if (is_between(xml)) {
		taken = xml->form->plain(xml, xml->bytes + xml->from, xml->left);
		xml->from += taken;
		xml->left -= taken;
	}
	if (xml->stopped)
		return xml->err;
	if (xml->paused || (taken && !xml->last && xml->left < ROOM / 2))
		return 0;
	return bytes_parse(ctx, xml);
}

int xml_read(struct mu_ctx *ctx, struct xml *xml)
{
	int err;

	if (xml->ended)
		return 0;
	if (mu_cancelled(ctx))
		return ECANCELED;
	xml->ctx = ctx;
	xml->paused = false;
	if (xml->suspended) {
		xml->feeding = true;
		err = status_check(ctx, xml, XML_ResumeParser(xml->parser));
	} else {
		err = xml->bytes ? bytes_read(ctx, xml) : chunk_parse(ctx, xml);
	}
	xml->ended = xml->stopped || (xml->last && !xml->left && !xml->paused);
	return err;
}

int xml_read_all(struct mu_ctx *ctx, struct xml *xml)
{
	int err = 0;

	while (!err && !xml->ended)
		err = xml_read(ctx, xml);
	return err;
}
