#include "pointer.h"

#include "lexer.h"

const char *pointer_problem(const char *text)
{
	const char *p;
	size_t n = 0;

	if (*text && *text != '/')
		return "begins with a slash, as /data/rows does, or is empty";
	for (p = text; *p; p++) {
		n += *p == '/';
		if (*p == '~' && p[1] != '0' && p[1] != '1')
			return "has ~0 for a tilde and ~1 for a slash in a name";
	}
	return n >= DEPTH_MOST ? "has less than a hundred names" : NULL;
}

static struct mu_string part_read(struct mu_ctx *ctx, const char *text, size_t len)
{
	char *name = mu_alloc(ctx, len + 1);
	size_t n = 0, i;

	for (i = 0; i < len; i++) {
		name[n] = text[i];
		if (text[i] == '~')
			name[n] = text[++i] == '1' ? '/' : '~';
		n++;
	}
	return (struct mu_string){ name, n };
}

struct pointer pointer_read(struct mu_ctx *ctx, const char *text)
{
	struct pointer pointer = { .n = 0 };
	size_t len, n = 0;
	const char *p;

	for (p = text; *p; p++)
		n += *p == '/';
	pointer.names = mu_alloc(ctx, (n + 1) * sizeof *pointer.names);
	for (p = text; *p == '/'; p += len) {
		len = strcspn(++p, "/");
		pointer.names[pointer.n++] = part_read(ctx, p, len);
	}
	return pointer;
}

bool pointer_index(struct mu_string name, uint64_t *out)
{
	int64_t index;

	if (!name.len || name.len > 18 || (name.len > 1 && *name.data == '0') ||
	    !mu_parse_integer(name, &index) || index < 0 || *name.data == '-')
		return false;
	*out = (uint64_t)index;
	return true;
}

size_t pointer_add(char *out, size_t room, struct mu_string name)
{
	size_t n = 0, i;

	if (n < room)
		out[n++] = '/';
	for (i = 0; i < name.len; i++) {
		bool escaped = name.data[i] == '/' || name.data[i] == '~';

		if (room - n < 1 + (size_t)escaped)
			break;
		if (escaped)
			out[n++] = '~';
		out[n++] = name.data[i] == '/' ? '1' : escaped ? '0' : name.data[i];
	}
	return n;
}
