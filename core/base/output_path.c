#include "base/output_path.h"

#include <limits.h>
#include <stddef.h>
#include <string.h>

#include "base/text.h"

static bool has_strange_character(const char *path)
{
	size_t len = strlen(path), size;
	uint32_t code;

	for (; len; path += size, len -= size)
		if (!text_character(path, len, &code, &size) || code < ' ' || code == 0x7f ||
		    code == '\\')
			return true;
	return false;
}

const char *output_path_wrong(const char *path, bool rejects)
{
	const char *part = path;

	if (!*path)
		return "it is empty";
	if (*path == '/')
		return "it must be relative to the output folder";
	if (!strcmp(path, PACKAGE) || (rejects && !strcmp(path, REJECTS)))
		return "muster itself writes a file of that name";
	if (has_strange_character(path))
		return "it has a character that no file name should have";
	for (;;) {
		size_t len = strcspn(part, "/");

		if (!len || *part == '.')
			return "no part of it may be empty or begin with a full stop";
		if (len > NAME_MAX)
			return "a part of it is too long for the name of a file";
		if (!part[len])
			break;
		part += len + 1;
	}
	if (!strncmp(path, PACKAGE "/", strlen(PACKAGE "/")) ||
	    (rejects && !strncmp(path, REJECTS "/", strlen(REJECTS "/"))))
		return "muster itself writes a file where its folder would be";
	return strlen(path) > PATH_MAX / 2 ? "it is too long" : NULL;
}

static bool is_folder_of(const char *folder, const char *path)
{
	size_t len = strlen(folder);

	return !strncmp(path, folder, len) && path[len] == '/';
}

const char *output_paths_clash(const char *path, const char *other)
{
	if (!strcmp(path, other))
		return "another export writes it already";
	if (is_folder_of(other, path))
		return "another export writes a file where its folder would be";
	return is_folder_of(path, other) ? "it is the folder of what another export writes" : NULL;
}
