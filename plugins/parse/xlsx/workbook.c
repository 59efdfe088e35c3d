#include "xlsx.h"

#include <stdio.h>
#include <stdlib.h>

#include "text/phrase.h"

enum { SHEETS_MOST = 1000, RELATIONS_MOST = 10000 };

#define RELATIONS    "http://schemas.openxmlformats.org/package/2006/relationships"
#define DOCUMENT     "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
#define DOCUMENT_ISO "http://purl.oclc.org/ooxml/officeDocument/relationships"

/* What one part has to do with another. */
struct relation {
	char *id, *type, *part;
};

struct relations {
	struct relation *items;
	size_t n;
	const char *folder; /* of the part that they are of, with its / */
	struct mu_ctx *ctx;
};

static char *text_copy(struct mu_ctx *ctx, const char *text)
{
	size_t len = strlen(text);

	return memcpy(mu_alloc(ctx, len + 1), text, len);
}

enum { RELATIONSHIP = 1 };
enum { ID = 1, ID_TYPE, TARGET, TARGET_MODE };

/* Takes "." and ".." out of a name, where it stands. */
static void name_resolve(char *name)
{
	char *from = name, *to = name;
	size_t len;

	for (; *from; from += len + (from[len] == '/')) {
		len = strcspn(from, "/");
		if (len == 1 && *from == '.')
			continue;
		if (len == 2 && !memcmp(from, "..", 2)) {
			for (to -= to > name; to > name && to[-1] != '/'; to--)
				;
			continue;
		}
		memmove(to, from, len);
		to += len;
		if (from[len] == '/')
			*to++ = '/';
	}
	*to = '\0';
}

/* A target is relative to the folder, or begins with a /; some programs write it with
 * backslashes. */
static char *part_name(struct mu_ctx *ctx, const char *folder, const char *target)
{
	size_t len = strlen(folder) + strlen(target) + 1;
	char *name = mu_alloc(ctx, len), *c;

	if (*target == '/' || *target == '\\')
		snprintf(name, len, "%s", target + 1);
	else
		snprintf(name, len, "%s%s", folder, target);
	for (c = name; *c; c++)
		*c = *c == '\\' ? '/' : *c;
	name_resolve(name);
	return name;
}

/* Those that lead out of the document are not followed. */
static void relation_start(struct xml *xml, int element)
{
	struct relations *r = xml->user;

	(void)element;
	if (!xml->values[ID] || !xml->values[ID_TYPE] || !xml->values[TARGET] ||
	    (xml->values[TARGET_MODE] && !strcmp(xml->values[TARGET_MODE], "External")))
		return;
	if (r->n == RELATIONS_MOST) {
		xml_stop(xml,
			 refuse(xml->ctx, "too-much", "it has more than %d parts", RELATIONS_MOST));
		return;
	}
	if (!r->items)
		r->items = mu_alloc(xml->ctx, RELATIONS_MOST * sizeof *r->items);
	r->items[r->n++] = (struct relation){
		.id = text_copy(xml->ctx, xml->values[ID]),
		.type = text_copy(xml->ctx, xml->values[ID_TYPE]),
		.part = part_name(xml->ctx, r->folder, xml->values[TARGET]),
	};
}

static void nothing_ends(struct xml *xml, int element)
{
	(void)xml, (void)element;
}

static int relations_read(struct mu_ctx *ctx, struct self *self, const char *part,
			  struct relations *out)
{
	static const struct xml_name elements[] = {
		[RELATIONSHIP - 1] = { RELATIONS, NULL, "Relationship" },
		{ 0 },
	};
	static const struct xml_name attributes[] = {
		[ID - 1] = { NULL, NULL, "Id" },
		[ID_TYPE - 1] = { NULL, NULL, "Type" },
		[TARGET - 1] = { NULL, NULL, "Target" },
		[TARGET_MODE - 1] = { NULL, NULL, "TargetMode" },
		{ 0 },
	};
	static const struct xml_form form = { elements, attributes, relation_start, nothing_ends,
					      NULL };
	struct xml xml = { .form = NULL };
	int err = xml_open(ctx, &xml, &self->book.package, part, &form, out);

	if (!err)
		err = xml_read_all(ctx, &xml);
	xml_close(&xml);
	return err;
}

/* Types are told by what they end with, which transitional and strict form share. */
static bool type_is(const struct relation *relation, const char *type)
{
	const char *last = strrchr(relation->type, '/');

	return last && !strcmp(last + 1, type);
}

static char *part_of_type(const struct relations *r, const char *type)
{
	size_t i;

	for (i = 0; i < r->n; i++)
		if (type_is(&r->items[i], type))
			return r->items[i].part;
	return NULL;
}

enum { SHEET = 1, WORKBOOK_PR, CALC_PR };
enum { NAME = 1, STATE, RELATION, DATE_1904, FULL_CALC };

struct book_reading {
	struct self *self;
	const struct relations *relations;
};

/* The relation of an id; NULL when there is none. */
static const struct relation *relation_find(const struct relations *r, const char *id)
{
	size_t i;

	for (i = 0; i < r->n; i++)
		if (!strcmp(r->items[i].id, id))
			return &r->items[i];
	return NULL;
}

static void sheet_add(struct xml *xml, struct book_reading *r)
{
	struct book *book = &r->self->book;
	const char *state = xml->values[STATE];
	const struct relation *relation;
	char *part = NULL;

	if (!xml->values[NAME] || !xml->values[RELATION])
		return;
	if (book->n == SHEETS_MOST) {
		xml_stop(xml,
			 refuse(xml->ctx, "too-much", "it has more than %d sheets", SHEETS_MOST));
		return;
	}
	relation = relation_find(r->relations, xml->values[RELATION]);
	if (relation && type_is(relation, "worksheet"))
		part = relation->part;
	r->self->workbook.parts[book->n] = part;
	book->names[book->n++] = (struct sheet_name){
		.name = text_copy(xml->ctx, xml->values[NAME]),
		.hidden = state && strcmp(state, "visible") != 0,
		.no_table = !part,
	};
}

static void book_start(struct xml *xml, int element)
{
	struct book_reading *r = xml->user;

	if (element == SHEET)
		sheet_add(xml, r);
	else if (element == WORKBOOK_PR)
		r->self->workbook.from_1904 = xml_true(xml->values[DATE_1904]);
	else if (element == CALC_PR)
		r->self->workbook.stale = xml_true(xml->values[FULL_CALC]);
}

static int book_read(struct mu_ctx *ctx, struct self *self, const char *part,
		     const struct relations *relations)
{
	static const struct xml_name elements[] = {
		[SHEET - 1] = { MAIN, STRICT, "sheet" },
		[WORKBOOK_PR - 1] = { MAIN, STRICT, "workbookPr" },
		[CALC_PR - 1] = { MAIN, STRICT, "calcPr" },
		{ 0 },
	};
	static const struct xml_name attributes[] = {
		[NAME - 1] = { NULL, NULL, "name" },
		[STATE - 1] = { NULL, NULL, "state" },
		[RELATION - 1] = { DOCUMENT, DOCUMENT_ISO, "id" },
		[DATE_1904 - 1] = { NULL, NULL, "date1904" },
		[FULL_CALC - 1] = { NULL, NULL, "fullCalcOnLoad" },
		{ 0 },
	};
	static const struct xml_form form = { elements, attributes, book_start, nothing_ends,
					      NULL };
	struct book_reading r = { self, relations };
	struct xml xml = { .form = NULL };
	int err;

	self->book.names = mu_alloc(ctx, SHEETS_MOST * sizeof *self->book.names);
	self->workbook.parts = mu_alloc(ctx, SHEETS_MOST * sizeof *self->workbook.parts);
	err = xml_open(ctx, &xml, &self->book.package, part, &form, &r);
	if (!err)
		err = xml_read_all(ctx, &xml);
	xml_close(&xml);
	return err;
}

/* The folder of a part, and the part that has its relations. */
static void part_split(struct mu_ctx *ctx, const char *part, char **folder, char **relations)
{
	const char *slash = strrchr(part, '/'), *name = slash ? slash + 1 : part;
	size_t len = strlen(part) + sizeof "_rels/.rels";

	*folder = text_copy(ctx, part);
	(*folder)[name - part] = '\0';
	*relations = mu_alloc(ctx, len);
	snprintf(*relations, len, "%s_rels/%s.rels", *folder, name);
}

/* NULL: there is none. */
static const char *first_visible(const struct book *book)
{
	size_t i;

	for (i = 0; i < book->n; i++)
		if (!book->names[i].hidden && !book->names[i].no_table)
			return book->names[i].name;
	return NULL;
}

int workbook_read(struct mu_ctx *ctx, struct self *self)
{
	struct relations root = { .folder = "" }, own = { .folder = "" };
	struct book *book = &self->book;
	char *part, *folder, *relations;
	int err;

	if (!package_has(&self->book.package, "_rels/.rels"))
		return refuse(ctx, "damaged", "it is no XLSX file: it has no part '_rels/.rels'");
	err = relations_read(ctx, self, "_rels/.rels", &root);
	if (err)
		return err;
	part = part_of_type(&root, "officeDocument");
	if (!part)
		return refuse(ctx, "damaged", "it is no XLSX file: it has no workbook");
	if (strlen(part) > 4 && !strcmp(part + strlen(part) - 4, ".bin"))
		return refuse(ctx, "other-format", "it is an XLSB file; save it as XLSX");
	part_split(ctx, part, &folder, &relations);
	own.folder = folder;
	if (package_has(&self->book.package, relations))
		err = relations_read(ctx, self, relations, &own);
	if (!err)
		err = book_read(ctx, self, part, &own);
	if (!err)
		err = sheet_choose(ctx, book->guessing ? first_visible(book) : book->sheet.sheet,
				   book->names, book->n, &book->chosen);
	book->chosen++;
	self->workbook.strings = part_of_type(&own, "sharedStrings");
	self->workbook.styles = part_of_type(&own, "styles");
	return err;
}
