#include "report/report.h"

#include <string.h>

const struct report_format report_formats[] = {
	{ "text", report_text, false },
	{ "json", report_json, true },
	{ NULL, NULL, false },
};

const struct report_format *report_format(const char *name)
{
	const struct report_format *f;

	for (f = report_formats; f->name; f++)
		if (!strcmp(f->name, name))
			return f;
	return NULL;
}
