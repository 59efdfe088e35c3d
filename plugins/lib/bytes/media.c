#include "bytes/media.h"

#include <stddef.h>
#include <string.h>

static const struct {
	const char *ending, *media_type;
} media_types[] = {
	{ ".csv", "text/csv" },
	{ ".tsv", "text/tab-separated-values" },
	{ ".txt", "text/plain" },
	{ ".json", "application/json" },
	{ ".html", "text/html" },
	{ ".xml", "application/xml" },
	{ ".pdf", "application/pdf" },
	{ ".xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet" },
	{ ".ods", "application/vnd.oasis.opendocument.spreadsheet" },
};

const char *media_type_of(const char *name)
{
	const char *dot = strrchr(name, '.');
	size_t i;

	for (i = 0; dot && i < sizeof media_types / sizeof *media_types; i++)
		if (!strcasecmp(dot, media_types[i].ending))
			return media_types[i].media_type;
	return NULL;
}
