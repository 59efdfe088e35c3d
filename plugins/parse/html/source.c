#include "html.h"

#include <inttypes.h>
#include <stdio.h>
#include <strings.h>

#include "text/utf8.h"

enum {
	LABEL_WITHIN = 4096,    /* bytes in which a page says what its encoding is */
	LABEL_MAX = 40,         /* bytes of the name of one */
	DECODED_MOST = 1 << 30, /* bytes of a page that is not UTF-8 */
	LOOKED_AT = 4 << 20,    /* bytes that show whether it is, */
	CHECKED = 1 << 17,      /* and that are checked at once further on */
};

/* What begins so is no page. */
static const struct {
	const char *bytes;
	size_t len;
	const char *what;
} others[] = {
	{ "%PDF-", 5, "is a PDF, which parse: document reads" },
	{ "PK\x03\x04", 4, "is a ZIP archive or a spreadsheet" },
	{ "\xd0\xcf\x11\xe0", 4, "is a document of an old office program" },
	{ "\x1f\x8b", 2, "is compressed" },
	{ "\x89PNG", 4, "is a picture" },
	{ "\xff\xd8\xff", 3, "is a picture" },
	{ "{\\rtf", 5, "is a document in RTF" },
};

/* Encodings that browsers take for another that has more characters. */
static const struct {
	const char *label, *encoding;
} labels[] = {
	{ "utf8", "UTF-8" },
	{ "utf-8", "UTF-8" },
	{ "utf-16", "UTF-8" }, /* of a page that could be read so far as ASCII */
	{ "utf-16le", "UTF-8" },
	{ "utf-16be", "UTF-8" },
	{ "ascii", "windows-1252" },
	{ "us-ascii", "windows-1252" },
	{ "latin1", "windows-1252" },
	{ "iso-8859-1", "windows-1252" },
	{ "iso8859-1", "windows-1252" },
	{ "iso_8859-1", "windows-1252" },
	{ "iso-8859-9", "windows-1254" },
	{ "latin5", "windows-1254" },
	{ "iso-8859-11", "CP874" },
	{ "tis-620", "CP874" },
	{ "gb2312", "GBK" },
	{ "shift_jis", "CP932" },
	{ "shift-jis", "CP932" },
	{ "ks_c_5601-1987", "CP949" },
	{ "euc-kr", "CP949" },
};

/* Copies the label that stands behind "charset" or "encoding" and its "="; false when
 * there is none. */
static bool label_read(struct mu_string text, const char *word, char out[LABEL_MAX])
{
	size_t len = strlen(word), i, n = 0;

	for (i = 0; i + len < text.len && strncasecmp(text.data + i, word, len) != 0; i++)
		;
	for (i += len; i < text.len && token_is_space(text.data[i]); i++)
		;
	if (i >= text.len || text.data[i++] != '=')
		return false;
	while (i < text.len && (token_is_space(text.data[i]) || strchr("\"'", text.data[i])))
		i++;
	for (; i < text.len && n < LABEL_MAX - 1; i++, n++) {
		out[n] = text.data[i];
		if (token_is_space(out[n]) || strchr("\"';>?/", out[n]))
			break;
	}
	out[n] = '\0';
	return n > 0;
}

/* What a page says of its encoding: in <?xml ?> or a <meta>. */
static bool page_label(const uint8_t *data, size_t len, char out[LABEL_MAX])
{
	struct mu_string text = { (const char *)data, len < LABEL_WITHIN ? len : LABEL_WITHIN },
			 tag;
	const char *end;
	size_t i;

	for (i = 0; i + 5 < text.len; i++) {
		tag = (struct mu_string){ text.data + i, text.len - i };
		if (*tag.data != '<')
			continue;
		end = memchr(tag.data, '>', tag.len);
		tag.len = end ? (size_t)(end - tag.data) : tag.len;
		if (tag.len > 5 && !strncasecmp(tag.data, "<meta", 5) &&
		    label_read(tag, "charset", out))
			return true;
		if (tag.len > 5 && !memcmp(tag.data, "<?xml", 5) &&
		    label_read(tag, "encoding", out))
			return true;
	}
	return false;
}

/* The encoding that is declared: by the pipeline, by who sent the page, by the page; in
 * memory of the stage.  NULL when nobody declares one that is known. */
static const char *encoding_declared(struct mu_ctx *ctx, const struct self *self,
				     const uint8_t *data, size_t len)
{
	const char *type = ctx->document->media_type;
	char label[LABEL_MAX], *copy;
	size_t i;

	if (self->encoding)
		return self->encoding;
	if (!(type && label_read(mu_string(type), "charset", label)) &&
	    !page_label(data, len, label))
		return NULL;
	for (i = 0; i < sizeof labels / sizeof *labels; i++)
		if (!strcasecmp(labels[i].label, label))
			return labels[i].encoding;
	if (!charset_known(label))
		return NULL;
	copy = mu_alloc(ctx, sizeof label);
	memcpy(copy, label, sizeof label);
	return copy;
}

static int report_other(struct mu_ctx *ctx, struct self *self, const char *what)
{
	struct mu_finding other = { .code = "not-html" };

	self->unreadable = self->page.ended = true;
	return mu_report(ctx, other, "the document is no web page: it %s", what);
}

static int check_kind(struct mu_ctx *ctx, struct self *self, const uint8_t *data, size_t len)
{
	size_t i;

	for (i = 0; i < sizeof others / sizeof *others; i++)
		if (len >= others[i].len && !memcmp(data, others[i].bytes, others[i].len))
			return report_other(ctx, self, others[i].what);
	return 0;
}

static int check_zeros(struct mu_ctx *ctx, struct self *self, size_t from, size_t to)
{
	const char *zero = memchr(self->text.data + from, '\0', to - from);
	char what[80];

	if (!zero)
		return 0;
	snprintf(what, sizeof what, "has a zero byte, at offset %zu of its text",
		 (size_t)(zero - self->text.data));
	return report_other(ctx, self, what);
}

/* Of a page that is UTF-8 and long, more than its beginning. */
static int check_utf8(struct mu_ctx *ctx, struct self *self, size_t from, size_t to)
{
	struct mu_string part = { self->text.data + from, to - from };
	size_t valid = charset_utf8_length(part);

	if (valid == part.len)
		return 0;
	self->unreadable = self->page.ended = true;
	return charset_report_broken(ctx, self->decoded.encoding,
				     (const uint8_t *)self->text.data - self->decoded.skipped,
				     self->decoded.skipped + from + valid);
}

int source_check(struct mu_ctx *ctx, struct self *self, size_t to)
{
	size_t from = self->checked, valid = self->decoded.checked;
	int err = 0;

	if (to - from < CHECKED)
		to = self->text.len - from < CHECKED ? self->text.len : from + CHECKED;
	while (to < self->text.len && mu_is_tail(self->text.data[to]))
		to++;
	if (self->decoded.direct && to > valid)
		err = check_utf8(ctx, self, from > valid ? from : valid, to);
	self->checked = to;
	return err || self->unreadable ? err : check_zeros(ctx, self, from, to);
}

static int report_empty(struct mu_ctx *ctx, struct self *self)
{
	struct mu_finding empty = { .code = "empty" };

	self->unreadable = self->page.ended = true;
	return mu_report(ctx, empty, "the document is empty");
}

int source_read(struct mu_ctx *ctx, struct self *self)
{
	const uint8_t *data;
	size_t len;
	int err;

	if (self->found)
		return 0;
	err = mu_data(ctx, &data, &len);
	if (!err)
		err = charset_find(ctx, encoding_declared(ctx, self, data, len), self->max_size,
				   LOOKED_AT, &self->decoded);
	if (!err)
		err = charset_convert(ctx, DECODED_MOST, &self->decoded);
	if (!err && self->decoded.checked < LOOKED_AT)
		err = charset_mend(ctx, &self->decoded);
	if (err)
		return err;
	self->found = true;
	self->text = self->decoded.text;
	err = page_begin(ctx, self, false);
	if (err)
		return err;
	if (self->text.len)
		return check_kind(ctx, self, data, len);
	if (len == self->decoded.skipped)
		return report_empty(ctx, self);
	/* What gave no text was reported. */
	self->unreadable = self->page.ended = true;
	return 0;
}
