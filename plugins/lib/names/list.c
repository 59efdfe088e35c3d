#include "names/list.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

enum { ROOM_MIN = 1 << 12 };

int list_malformed(const struct list *list, const char *fmt, ...)
{
	char reason[256];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(reason, sizeof reason, fmt, ap);
	va_end(ap);
	return mu_fail(list->ctx, EINVAL, "%s:%zu: %s", list->path, list->line, reason);
}

static bool room_grow(struct list *list, size_t *room, size_t least)
{
	size_t more = *room ? 2 * *room : least;
	char *grown = realloc(list->bytes, more);

	if (!grown)
		return false;
	list->bytes = grown;
	*room = more;
	return true;
}

static int bytes_read(struct list *list, FILE *file, size_t max)
{
	size_t room = 0, got = 1, size = ROOM_MIN;
	struct stat st;
	int err = EIO;

	/* Room for all of a file, its end and the byte that shows it. */
	if (!fstat(fileno(file), &st) && st.st_size > 0 && (uintmax_t)st.st_size <= max)
		size = (size_t)st.st_size + 2;
	while (got && list->len <= max) {
		if (list->len + 1 >= room && !room_grow(list, &room, size))
			return mu_fail(list->ctx, ENOMEM, "out of memory");
		errno = EIO;
		got = fread(list->bytes + list->len, 1, room - 1 - list->len, file);
		err = errno;
		list->len += got;
	}
	if (ferror(file))
		return mu_fail(list->ctx, err, "%s: cannot be read: %s", list->path, strerror(err));
	if (list->len > max)
		return mu_fail(list->ctx, EINVAL, "%s: is larger than %zu MiB", list->path,
			       max >> 20);
	if (memchr(list->bytes, '\0', list->len))
		return mu_fail(list->ctx, EINVAL, "%s: has a zero byte, so is no text", list->path);
	list->bytes[list->len] = '\0';
	return 0;
}

int list_open(struct mu_ctx *ctx, const char *path, size_t max, struct list *out)
{
	FILE *file = fopen(path, "rbe");
	int err;

	*out = (struct list){ .ctx = ctx, .path = path, .line = 1 };
	if (!file) {
		err = errno;
		return mu_fail(ctx, err, "%s: %s", path, strerror(err));
	}
	err = bytes_read(out, file, max);
	fclose(file);
	if (err)
		list_close(out);
	else if (!strncmp(out->bytes, "\xef\xbb\xbf", 3))
		out->next = 3;
	return err;
}

void list_close(struct list *list)
{
	free(list->bytes);
	*list = (struct list){ 0 };
}

bool list_more(struct list *list)
{
	list->line += list->broken;
	list->broken = false;
	for (;; list->line++) {
		const char *at = list->bytes + list->next;

		if (at[0] == '\n')
			list->next++;
		else if (at[0] == '\r' && at[1] == '\n')
			list->next += 2;
		else
			return list->next < list->len;
	}
}

/* What is in the quotes moves to their start. */
static int quoted_next(struct list *list, char **cell)
{
	char *to = list->bytes + list->next;
	size_t line = list->line;

	*cell = to;
	for (list->next++; list->next < list->len; list->next++) {
		char c = list->bytes[list->next];

		if (c == '"' && list->bytes[++list->next] != '"') {
			*to = '\0';
			return 0;
		}
		list->line += c == '\n';
		*to++ = c;
	}
	list->line = line;
	return list_malformed(list, "a quote is not closed");
}

int list_cell(struct list *list, char **cell, bool *last)
{
	bool quoted = list->bytes[list->next] == '"';
	char *end;
	int err = 0;

	if (quoted)
		err = quoted_next(list, cell);
	else
		*cell = list->bytes + list->next;
	if (err)
		return err;
	if (!quoted)
		list->next += strcspn(*cell, ",\"\r\n");
	end = list->bytes + list->next;
	if (end[0] == '\r' && (end[1] == '\n' || list->next + 1 == list->len))
		list->next++;
	*last = list->next == list->len || list->bytes[list->next] == '\n';
	if (!*last && *end != ',')
		return list_malformed(list, "%s",
				      quoted        ? "text follows a closing quote"
				      : *end == '"' ? "a quote stands inside of a field"
						    : "a carriage return stands inside of a field");
	list->broken = list->next < list->len && *last;
	list->next += list->next < list->len;
	if (!quoted)
		*end = '\0';
	return 0;
}

static int too_many(const struct list *list, size_t count)
{
	return list_malformed(list, "there are more than %zu field%s", count, mu_plural(count));
}

static int too_few(const struct list *list, size_t count)
{
	return list_malformed(list, "there are fewer than %zu field%s", count, mu_plural(count));
}

int list_row(struct list *list, char **cells, size_t count)
{
	bool last = false;
	int err = 0;
	size_t i;

	for (i = 0; !err && !last && i < count; i++)
		err = list_cell(list, &cells[i], &last);
	if (!err && !last)
		err = too_many(list, count);
	else if (!err && i < count)
		err = too_few(list, count);
	return err;
}

int list_header(struct list *list, const char *const *names, size_t count)
{
	bool last = false;
	int err = 0;
	size_t i;

	if (!list_more(list))
		return list_malformed(list, "the list is empty");
	for (i = 0; !err && !last && i < count; i++) {
		char *cell;

		err = list_cell(list, &cell, &last);
		if (!err && strcmp(cell, names[i]))
			err = list_malformed(list,
					     "column %zu is called '%.40s', and should be '%s'",
					     i + 1, cell, names[i]);
	}
	if (!err && !last)
		err = too_many(list, count);
	else if (!err && i < count)
		err = too_few(list, count);
	return err;
}
