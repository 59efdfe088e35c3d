#include "xlsx.h"

enum { STYLES_MOST = 100000, FORMATS_MOST = 10000 };

/* Where what a code only prints ends: a text in quotes, a character behind \, _ or *. */
static const char *literal_end(const char *code)
{
	if (*code == '"') {
		code++;
		while (*code && *code != '"')
			code++;
		return code + (*code == '"');
	}
	return code[1] ? code + 2 : code + 1;
}

/* Where brackets end; and whether they hold an elapsed time. */
static const char *bracket_end(const char *code, bool *elapsed)
{
	size_t len = strcspn(code, "]"), units = strspn(code + 1, "hmsHMS");

	*elapsed |= units && units + 1 == len;
	return code + len + (code[len] != 0);
}

static bool begins(const char *code, const char *word)
{
	return !strncasecmp(code, word, strlen(word));
}

enum look look_of_code(const char *code)
{
	bool days = false, months = false, times = false, elapsed = false;
	size_t zeros = strspn(code, "0");

	if (zeros > 1 && zeros <= LOOK_PADDED_MOST - LOOK_PADDED &&
	    (!code[zeros] || code[zeros] == ';'))
		return (enum look)(LOOK_PADDED + zeros);
	while (*code && *code != ';') {
		if (strchr("\"\\_*", *code)) {
			code = literal_end(code);
		} else if (*code == '[') {
			code = bracket_end(code, &elapsed);
		} else if (begins(code, "AM/PM") || begins(code, "A/P")) {
			times = true;
			code += begins(code, "AM/PM") ? 5 : 3;
		} else if (begins(code, "General") || begins(code, "G/General")) {
			code += begins(code, "General") ? 7 : 9;
		} else if (begins(code, "E+") || begins(code, "E-")) {
			code += 2;
		} else {
			days |= strchr("yYdDeEgG", *code) != NULL;
			months |= strchr("mM", *code) != NULL;
			times |= strchr("hHsS", *code) != NULL;
			code++;
		}
	}
	if (elapsed)
		return LOOK_ELAPSED;
	if (days || (months && !times))
		return LOOK_DATE;
	return times ? LOOK_TIME : LOOK_NUMBER;
}

/* Those that need no code (18.8.30), also where an East Asian language has them. */
static enum look look_of_builtin(uint64_t id)
{
	static const struct {
		uint8_t first, last;
		enum look look;
	} builtin[] = {
		{ 14, 17, LOOK_DATE }, { 18, 21, LOOK_TIME },    { 22, 22, LOOK_DATE },
		{ 27, 31, LOOK_DATE }, { 32, 35, LOOK_TIME },    { 36, 36, LOOK_DATE },
		{ 45, 45, LOOK_TIME }, { 46, 46, LOOK_ELAPSED }, { 47, 47, LOOK_TIME },
		{ 50, 54, LOOK_DATE }, { 55, 56, LOOK_TIME },    { 57, 58, LOOK_DATE },
	};
	size_t i;

	for (i = 0; i < sizeof builtin / sizeof *builtin; i++)
		if (id >= builtin[i].first && id <= builtin[i].last)
			return builtin[i].look;
	return LOOK_NUMBER;
}

enum { NUM_FMT = 1, CELL_XFS, XF };
enum { NUM_FMT_ID = 1, FORMAT_CODE };

struct style_reading {
	struct self *self;
	struct mu_map codes; /* ids of formats to looks */
	bool in_cells;
	size_t room;
};

static void format_add(struct xml *xml, struct style_reading *r)
{
	uint64_t id;
	size_t entry;

	if (!xml_number(xml->values[NUM_FMT_ID], UINT32_MAX, &id) || !xml->values[FORMAT_CODE])
		return;
	if (r->codes.count == FORMATS_MOST) {
		xml_stop(xml, refuse(xml->ctx, "too-much", "it has more than %d formats of numbers",
				     FORMATS_MOST));
		return;
	}
	entry = mu_map_add(&r->codes, &id, sizeof id);
	if (entry == SIZE_MAX)
		xml_stop(xml, mu_fail(xml->ctx, ENOMEM, "out of memory"));
	else
		r->codes.entries[entry].value = look_of_code(xml->values[FORMAT_CODE]);
}

static void style_add(struct xml *xml, struct style_reading *r)
{
	struct self *self = r->self;
	uint64_t id = 0;
	size_t entry;

	if (self->n_looks == STYLES_MOST) {
		xml_stop(xml,
			 refuse(xml->ctx, "too-much", "it has more than %d styles", STYLES_MOST));
		return;
	}
	if (!self->looks)
		self->looks = mu_alloc(xml->ctx, STYLES_MOST);
	if (xml->values[NUM_FMT_ID])
		xml_number(xml->values[NUM_FMT_ID], UINT32_MAX, &id);
	entry = mu_map_find(&r->codes, &id, sizeof id);
	self->looks[self->n_looks++] =
		(uint8_t)(entry == SIZE_MAX ? look_of_builtin(id) : r->codes.entries[entry].value);
}

static void style_start(struct xml *xml, int element)
{
	struct style_reading *r = xml->user;

	if (element == NUM_FMT)
		format_add(xml, r);
	else if (element == CELL_XFS)
		r->in_cells = true;
	else if (element == XF && r->in_cells)
		style_add(xml, r);
}

static void style_end(struct xml *xml, int element)
{
	struct style_reading *r = xml->user;

	if (element == CELL_XFS)
		r->in_cells = false;
}

int styles_read(struct mu_ctx *ctx, struct self *self)
{
	static const struct xml_name elements[] = {
		[NUM_FMT - 1] = { MAIN, STRICT, "numFmt" },
		[CELL_XFS - 1] = { MAIN, STRICT, "cellXfs" },
		[XF - 1] = { MAIN, STRICT, "xf" },
		{ 0 },
	};
	static const struct xml_name attributes[] = {
		[NUM_FMT_ID - 1] = { NULL, NULL, "numFmtId" },
		[FORMAT_CODE - 1] = { NULL, NULL, "formatCode" },
		{ 0 },
	};
	static const struct xml_form form = { elements, attributes, style_start, style_end, NULL };
	struct style_reading r = { .self = self };
	struct xml xml = { .form = NULL };
	int err;

	if (!self->workbook.styles)
		return 0;
	err = xml_open(ctx, &xml, &self->book.package, self->workbook.styles, &form, &r);
	if (!err)
		err = xml_read_all(ctx, &xml);
	xml_close(&xml);
	mu_map_release(&r.codes);
	return err;
}
