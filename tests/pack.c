/*
 * Packs a folder as a document: XLSX or ODS from its parts.
 *
 *     pack OUT FOLDER
 *
 * Entries are in the order of their names, but for `mimetype`, which is the first and
 * not compressed.
 */
#include <ftw.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zip.h>

enum { FILES = 256 };

/* nftw() has no argument for its callback. */
static char *found[FILES];
static size_t n_found;

static int file_found(const char *path, const struct stat *status, int flag, struct FTW *ftw)
{
	(void)status, (void)ftw;
	if (flag != FTW_F)
		return 0;
	if (n_found == FILES)
		return 1;
	found[n_found++] = strdup(path);
	return 0;
}

static int by_name(const void *a, const void *b)
{
	const char *x = *(char *const *)a, *y = *(char *const *)b;
	int first = !strstr(x, "/mimetype") - !strstr(y, "/mimetype");

	return first ? first : strcmp(x, y);
}

static int file_add(zip_t *zip, const char *path, const char *name)
{
	zip_source_t *source = zip_source_file(zip, path, 0, -1);
	zip_int64_t index = source ? zip_file_add(zip, name, source, ZIP_FL_ENC_UTF_8) : -1;
	bool stored = !strcmp(name, "mimetype");

	if (index < 0 || zip_file_set_mtime(zip, (zip_uint64_t)index, 315532800, 0))
		return -1;
	return zip_set_file_compression(zip, (zip_uint64_t)index,
					stored ? ZIP_CM_STORE : ZIP_CM_DEFLATE, 0);
}

int main(int argc, char **argv)
{
	int error = 0, failed;
	zip_t *zip;

	if (argc != 3) {
		fputs("usage: pack OUT FOLDER\n", stderr);
		return 2;
	}
	if (nftw(argv[2], file_found, 16, FTW_PHYS)) {
		perror(argv[2]);
		return 1;
	}
	qsort(found, n_found, sizeof *found, by_name);
	zip = zip_open(argv[1], ZIP_CREATE | ZIP_TRUNCATE, &error);
	failed = !zip;
	for (size_t i = 0; !failed && i < n_found; i++)
		failed = file_add(zip, found[i], found[i] + strlen(argv[2]) + 1);
	failed = failed || zip_close(zip);
	if (failed)
		fprintf(stderr, "%s: %s\n", argv[1], zip ? zip_strerror(zip) : "cannot be made");
	for (size_t i = 0; i < n_found; i++)
		free(found[i]);
	return failed;
}
