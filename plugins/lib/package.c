#include "package.h"

#include <inttypes.h>

#include "phrase.h"

enum {
	ENTRIES_MOST = 10000,
	RATIO_MOST = 500,     /* of bytes unpacked to packed ones, */
	RATIO_FROM = 1 << 20, /* in entries of more than so many */
	LOCAL_HEADER = 30,    /* bytes of an entry's header without its name, */
	CENTRAL_HEADER = 46,  /* and of its place in the directory */
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
		return mu_fail(ctx, EBADMSG, "it has an entry '%s' that leads out of it",
			       name.text);
	if (entry->encryption_method != ZIP_EM_NONE)
		return mu_fail(ctx, EBADMSG, "it is encrypted; save it without a password");
	if (entry->comp_method != ZIP_CM_STORE && entry->comp_method != ZIP_CM_DEFLATE)
		return mu_fail(ctx, EBADMSG,
			       "its entry '%s' is packed in a way, %u, that no "
			       "spreadsheet has",
			       name.text, (unsigned)entry->comp_method);
	if (entry->size > RATIO_FROM && entry->size / RATIO_MOST > entry->comp_size)
		return mu_fail(ctx, EFBIG,
			       "its entry '%s' unpacks from %" PRIu64 " bytes to %" PRIu64
			       ", which is a bomb and no table",
			       name.text, (uint64_t)entry->comp_size, (uint64_t)entry->size);
	return 0;
}

static int entry_survey(struct mu_ctx *ctx, zip_t *zip, uint64_t index, struct survey *survey)
{
	zip_stat_t entry;
	uint64_t most = (uint64_t)1 << 62;
	size_t len;
	int err;

	if (zip_stat_index(zip, index, ZIP_FL_ENC_RAW, &entry) ||
	    (~entry.valid & (ZIP_STAT_NAME | ZIP_STAT_SIZE | ZIP_STAT_COMP_SIZE |
			     ZIP_STAT_COMP_METHOD | ZIP_STAT_ENCRYPTION_METHOD)))
		return mu_fail(ctx, EBADMSG, "it is damaged: %s", zip_strerror(zip));
	err = entry_check(ctx, &entry);
	if (err)
		return err;
	len = strlen(entry.name);
	survey->packed += (entry.comp_size < most ? entry.comp_size : most) + LOCAL_HEADER +
			  CENTRAL_HEADER + 2 * len;
	survey->unpacked += entry.size < most ? entry.size : most;
	if (survey->packed > most || survey->unpacked > most)
		return mu_fail(ctx, EFBIG, "its entry '%s' is too large", quoted(entry.name).text);
	return 0;
}

static int package_check(struct mu_ctx *ctx, zip_t *zip, uint64_t len, int64_t max_inflated)
{
	struct survey survey = { .packed = 0 };
	zip_int64_t i, n = zip_get_num_entries(zip, 0);
	int err = 0;

	if (n > ENTRIES_MOST)
		return mu_fail(ctx, E2BIG, "it has %" PRId64 " entries, more than %d", (int64_t)n,
			       ENTRIES_MOST);
	for (i = 0; !err && i < n; i++)
		err = entry_survey(ctx, zip, (uint64_t)i, &survey);
	if (err)
		return err;
	if (survey.packed > len)
		return mu_fail(ctx, EBADMSG, "its entries overlap");
	if (survey.unpacked > (uint64_t)max_inflated)
		return mu_fail(ctx, EFBIG,
			       "it unpacks to %" PRIu64 " bytes, more than the %" PRId64
			       " that max_inflated allows",
			       survey.unpacked, max_inflated);
	return 0;
}

/* What a document is that is no archive. */
static int fail_no_zip(struct mu_ctx *ctx, const char *kind, const uint8_t *data, size_t len)
{
	static const uint8_t ole2[] = { 0xd0, 0xcf, 0x11, 0xe0, 0xa1, 0xb1, 0x1a, 0xe1 };

	if (!len)
		return mu_fail(ctx, EBADMSG, "it is empty, so it is no %s file", kind);
	if (len >= sizeof ole2 && !memcmp(data, ole2, sizeof ole2))
		return mu_fail(ctx, EBADMSG,
			       "it is an OLE2 file, so either encrypted or of an old form such as "
			       "XLS; save it as %s without a password",
			       kind);
	return mu_fail(ctx, EBADMSG, "it is no %s file: it does not begin as a ZIP archive does",
		       kind);
}

static int package_load(struct mu_ctx *ctx, const uint8_t *data, size_t len, zip_t **out)
{
	zip_error_t error;
	zip_source_t *source;
	int err = 0;

	/* Checked for consistency, so that no two entries have one name and the names before
	 * the entries are those of the directory. */
	zip_error_init(&error);
	source = zip_source_buffer_create(data, len, 0, &error);
	if (source) {
		*out = zip_open_from_source(source, ZIP_RDONLY | ZIP_CHECKCONS, &error);
		if (!*out)
			zip_source_free(source);
	}
	if (!*out)
		err = mu_fail(ctx, zip_error_code_zip(&error) == ZIP_ER_MEMORY ? ENOMEM : EBADMSG,
			      "it is damaged: %s", zip_error_strerror(&error));
	zip_error_fini(&error);
	return err;
}

int package_open(struct mu_ctx *ctx, const char *kind, int64_t max_size, int64_t max_inflated,
		 struct package *out)
{
	const uint8_t *data;
	size_t len;
	int err = mu_data(ctx, &data, &len);

	if (err)
		return err;
	if (len > (uint64_t)max_size)
		return mu_fail(ctx, EFBIG,
			       "it has %zu bytes, more than the %" PRId64 " that max_size allows",
			       len, max_size);
	if (len < 4 || data[0] != 'P' || data[1] != 'K')
		return fail_no_zip(ctx, kind, data, len);
	err = package_load(ctx, data, len, &out->zip);
	if (!err)
		err = package_check(ctx, out->zip, len, max_inflated);
	return err;
}

void package_close(struct package *package)
{
	if (package->zip)
		zip_discard(package->zip);
	package->zip = NULL;
}

bool package_has(const struct package *package, const char *name)
{
	return zip_name_locate(package->zip, name, ZIP_FL_ENC_RAW) >= 0;
}

int package_part_open(struct mu_ctx *ctx, const struct package *package, const char *name,
		      struct package_part *out)
{
	zip_int64_t index = zip_name_locate(package->zip, name, ZIP_FL_ENC_RAW);
	zip_stat_t entry;

	if (index < 0)
		return mu_fail(ctx, ENOENT, "it has no part '%s'", quoted(name).text);
	*out = (struct package_part){ .name = name };
	if (!zip_stat_index(package->zip, (zip_uint64_t)index, 0, &entry))
		out->file = zip_fopen_index(package->zip, (zip_uint64_t)index, 0);
	if (!out->file)
		return mu_fail(ctx, EBADMSG, "its part '%s' is damaged: %s", quoted(name).text,
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
		return mu_fail(ctx, EBADMSG, "its part '%s' is damaged: %s",
			       quoted(part->name).text, zip_file_strerror(part->file));
	if (*got > part->left || (!*got && part->left))
		return mu_fail(ctx, EBADMSG, "its part '%s' is damaged: it has %s bytes than said",
			       quoted(part->name).text, *got ? "more" : "fewer");
	part->left -= *got;
	return 0;
}
