#include "sheet/package.h"

#include <inttypes.h>

#include "text/phrase.h"

enum {
	ENTRIES_MOST = 10000,
	RATIO_MOST = 500,     /* of bytes unpacked to packed ones, */
	RATIO_FROM = 1 << 20, /* in entries of more than so many */
	LOCAL_HEADER = 30,    /* bytes of an entry's header without its name, */
	CENTRAL_HEADER = 46,  /* and of its place in the directory */
	END = 22,             /* of the end of that, without its comment, */
	COMMENT_MOST = 65535, /* and of the comment */
	NAME_MOST = 1000,     /* of a name of a part */
};

/* Entries, and what was found of them so far. */
struct survey {
	uint64_t packed, unpacked; /* bytes of all, headers among the former */
};

static struct phrase quoted(const char *name)
{
	struct phrase phrase = { .len = 0 };

	phrase_add(&phrase, name, strlen(name));
	return phrase;
}

/* Whether a name leads out of the archive. */
static bool name_leads_out(const char *name)
{
	const char *part = name;
	size_t len;

	if (*name == '/' || *name == '\\' || (*name && name[1] == ':'))
		return true;
	for (; *part; part += len + (part[len] != 0)) {
		len = strcspn(part, "/\\");
		if (len == 2 && part[0] == '.' && part[1] == '.')
			return true;
	}
	return false;
}

static int entry_check(struct mu_ctx *ctx, const zip_stat_t *entry)
{
	struct phrase name = quoted(entry->name);

	if (name_leads_out(entry->name))
		return refuse(ctx, "damaged", "it has an entry '%s' that leads out of it",
			      name.text);
	if (entry->encryption_method != ZIP_EM_NONE)
		return refuse(ctx, "encrypted", "it is encrypted; save it without a password");
	if (entry->comp_method != ZIP_CM_STORE && entry->comp_method != ZIP_CM_DEFLATE)
		return refuse(ctx, "damaged",
			      "its entry '%s' is packed in a way, %u, that no "
			      "spreadsheet has",
			      name.text, (unsigned)entry->comp_method);
	if (entry->size > RATIO_FROM && entry->size / RATIO_MOST > entry->comp_size)
		return refuse(ctx, "too-much",
			      "its entry '%s' unpacks from %" PRIu64 " bytes to %" PRIu64
			      ", which is a bomb and no table",
			      name.text, (uint64_t)entry->comp_size, (uint64_t)entry->size);
	return 0;
}

/* A name as it is compared; 0: none of a part is so long. */
static size_t name_fold(const char *name, char out[NAME_MOST])
{
	size_t len;

	for (len = 0; name[len] && len < NAME_MOST; len++) {
		char c = name[len];

		out[len] = c == '\\' ? '/' : c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
	}
	return name[len] ? 0 : len;
}

static int name_add(struct mu_ctx *ctx, struct package *package, const char *name, uint64_t index)
{
	char folded[NAME_MOST];
	size_t len = name_fold(name, folded), i;

	if (!len)
		return 0;
	i = mu_map_add(&package->names, folded, len);
	if (i == SIZE_MAX)
		return mu_fail(ctx, ENOMEM, "out of memory");
	if (package->names.entries[i].value)
		return refuse(ctx, "damaged", "it has two entries '%s'", quoted(name).text);
	package->names.entries[i].value = index + 1;
	return 0;
}

static zip_int64_t name_find(const struct package *package, const char *name)
{
	char folded[NAME_MOST];
	size_t len = name_fold(name, folded);
	size_t i = len ? mu_map_find(&package->names, folded, len) : SIZE_MAX;

	return i == SIZE_MAX ? -1 : (zip_int64_t)package->names.entries[i].value - 1;
}

static int entry_survey(struct mu_ctx *ctx, struct package *package, uint64_t index,
			struct survey *survey)
{
	zip_t *zip = package->zip;
	zip_stat_t entry;
	uint64_t most = (uint64_t)1 << 62;
	size_t len;
	int err;

	if (zip_stat_index(zip, index, ZIP_FL_ENC_RAW, &entry) ||
	    (~entry.valid & (ZIP_STAT_NAME | ZIP_STAT_SIZE | ZIP_STAT_COMP_SIZE |
			     ZIP_STAT_COMP_METHOD | ZIP_STAT_ENCRYPTION_METHOD)))
		return refuse(ctx, "damaged", "it is damaged: %s", zip_strerror(zip));
	err = entry_check(ctx, &entry);
	if (!err)
		err = name_add(ctx, package, entry.name, index);
	if (err)
		return err;
	len = strlen(entry.name);
	survey->packed += (entry.comp_size < most ? entry.comp_size : most) + LOCAL_HEADER +
			  CENTRAL_HEADER + 2 * len;
	survey->unpacked += entry.size < most ? entry.size : most;
	if (survey->packed > most || survey->unpacked > most)
		return refuse(ctx, "too-much", "its entry '%s' is too large",
			      quoted(entry.name).text);
	return 0;
}

static int package_check(struct mu_ctx *ctx, struct package *package, uint64_t len,
			 int64_t max_inflated)
{
	struct survey survey = { .packed = 0 };
	zip_int64_t i, n = zip_get_num_entries(package->zip, 0);
	int err = 0;

	if (n > ENTRIES_MOST)
		return refuse(ctx, "too-much", "it has %" PRId64 " entries, more than %d",
			      (int64_t)n, ENTRIES_MOST);
	for (i = 0; !err && i < n; i++)
		err = entry_survey(ctx, package, (uint64_t)i, &survey);
	if (err)
		return err;
	if (survey.packed > len)
		return refuse(ctx, "damaged", "its entries overlap");
	if (survey.unpacked > (uint64_t)max_inflated)
		return refuse(ctx, "too-much",
			      "it unpacks to %" PRIu64 " bytes, more than the %" PRId64
			      " that max_inflated allows",
			      survey.unpacked, max_inflated);
	return 0;
}

/* What a document is that is no archive. */
static int refuse_no_zip(struct mu_ctx *ctx, const char *kind, const uint8_t *data, size_t len)
{
	static const uint8_t ole2[] = { 0xd0, 0xcf, 0x11, 0xe0, 0xa1, 0xb1, 0x1a, 0xe1 };
	static const char encrypted[] = "E\0n\0c\0r\0y\0p\0t\0e\0d\0P\0a\0c\0k\0a\0g\0e";

	if (!len)
		return refuse(ctx, "damaged", "it is empty, so it is no %s file", kind);
	/* Names within such a file are in UTF-16. */
	if (len >= sizeof ole2 && !memcmp(data, ole2, sizeof ole2))
		return memmem(data, len, encrypted, sizeof encrypted)
			       ? refuse(ctx, "encrypted",
					"it is encrypted; save it without a password")
			       : refuse(ctx, "other-format",
					"it is an XLS file, or another one of an old office "
					"program; "
					"save it as %s",
					kind);
	return refuse(ctx, "damaged", "it is no %s file: it does not begin as a ZIP archive does",
		      kind);
}

static size_t little_endian(const uint8_t *bytes, size_t n)
{
	size_t value = 0;

	while (n--)
		value = value << 8 | bytes[n];
	return value;
}

/* How many bytes stand before an archive that ends the document: of places in it, those
 * are not counted. */
static size_t prefix_length(const uint8_t *data, size_t len)
{
	size_t at = len < END ? 0 : len - END + 1, before;
	size_t last = len < END + COMMENT_MOST ? 0 : len - END - COMMENT_MOST;

	while (at-- > last) {
		if (memcmp(data + at, "PK\5\6", 4) != 0)
			continue;
		before = little_endian(data + at + 12, 4) + little_endian(data + at + 16, 4);
		if (before < at && at - before + 4 <= len &&
		    !memcmp(data + at - before, "PK\3\4", 4))
			return at - before;
	}
	return 0;
}

static int package_load(struct mu_ctx *ctx, const uint8_t *data, size_t len, zip_t **out)
{
	zip_error_t error;
	zip_source_t *source;
	int err = 0;

	zip_error_init(&error);
	source = zip_source_buffer_create(data, len, 0, &error);
	if (source) {
		*out = zip_open_from_source(source, ZIP_RDONLY, &error);
		if (!*out)
			zip_source_free(source);
	}
	if (!*out)
		err = zip_error_code_zip(&error) == ZIP_ER_MEMORY
			      ? mu_fail(ctx, ENOMEM, "out of memory")
			      : refuse(ctx, "damaged", "it is damaged: %s",
				       zip_error_strerror(&error));
	zip_error_fini(&error);
	return err;
}

int package_open(struct mu_ctx *ctx, const char *kind, int64_t max_size, int64_t max_inflated,
		 struct package *out)
{
	const uint8_t *data;
	size_t len, prefix = 0;
	int err = mu_data(ctx, &data, &len);

	if (err)
		return err;
	if (len > (uint64_t)max_size)
		return refuse(ctx, "too-much",
			      "it has %zu bytes, more than the %" PRId64 " that max_size allows",
			      len, max_size);
	if (len < 4 || data[0] != 'P' || data[1] != 'K') {
		prefix = prefix_length(data, len);
		if (!prefix)
			return refuse_no_zip(ctx, kind, data, len);
	}
	err = package_load(ctx, data + prefix, len - prefix, &out->zip);
	if (!err)
		err = package_check(ctx, out, len - prefix, max_inflated);
	return err;
}

void package_close(struct package *package)
{
	if (package->zip)
		zip_discard(package->zip);
	mu_map_release(&package->names);
	package->zip = NULL;
}

bool package_has(const struct package *package, const char *name)
{
	return name_find(package, name) >= 0;
}

int package_part_open(struct mu_ctx *ctx, const struct package *package, const char *name,
		      struct package_part *out)
{
	zip_int64_t index = name_find(package, name);
	zip_stat_t entry;

	if (index < 0)
		return refuse(ctx, "damaged", "it has no part '%s'", quoted(name).text);
	*out = (struct package_part){ .name = name };
	if (!zip_stat_index(package->zip, (zip_uint64_t)index, 0, &entry))
		out->file = zip_fopen_index(package->zip, (zip_uint64_t)index, 0);
	if (!out->file)
		return refuse(ctx, "damaged", "its part '%s' is damaged: %s", quoted(name).text,
			      zip_strerror(package->zip));
	out->left = entry.size;
	return 0;
}

void package_part_close(struct package_part *part)
{
	if (part->file)
		zip_fclose(part->file);
	part->file = NULL;
}

int package_part_read(struct mu_ctx *ctx, struct package_part *part, void *out, size_t len,
		      size_t *got)
{
	zip_int64_t n = zip_fread(part->file, out, len);

	*got = n > 0 ? (size_t)n : 0;
	if (n < 0)
		return refuse(ctx, "damaged", "its part '%s' is damaged: %s",
			      quoted(part->name).text, zip_file_strerror(part->file));
	if (*got > part->left || (!*got && part->left))
		return refuse(ctx, "damaged", "its part '%s' is damaged: it has %s bytes than said",
			      quoted(part->name).text, *got ? "more" : "fewer");
	part->left -= *got;
	return 0;
}
