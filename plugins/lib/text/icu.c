#include "text/icu.h"

#include <dlfcn.h>
#include <string.h>

#include <unicode/uchar.h>
#include <unicode/uvernum.h>

/* The names of its library and functions have ICU's version in them. */
#define NAME(symbol) TEXT(symbol)
#define TEXT(name)   #name
#define LIBRARY      "libicuuc.so." NAME(U_ICU_VERSION_MAJOR_NUM)

static const struct {
	const char *name;
	size_t offset;
} functions[] = {
	{ NAME(u_charType), offsetof(struct icu, char_type) },
	{ NAME(u_isalnum), offsetof(struct icu, is_alnum) },
	{ NAME(u_getCombiningClass), offsetof(struct icu, combining_class) },
	{ NAME(u_strFromUTF8), offsetof(struct icu, from_utf8) },
	{ NAME(u_strToUTF32), offsetof(struct icu, to_utf32) },
	{ NAME(u_strFoldCase), offsetof(struct icu, fold_case) },
	{ NAME(unorm2_getNFKDInstance), offsetof(struct icu, nfkd) },
	{ NAME(unorm2_normalize), offsetof(struct icu, normalize) },
};

int icu_open(struct mu_ctx *ctx, struct icu *icu)
{
	struct icu found = { 0 };
	void *library, *function;
	const char *why;
	size_t i;

	if (icu->char_type)
		return 0;
	library = dlopen(LIBRARY, RTLD_LAZY | RTLD_LOCAL);
	why = library ? "" : dlerror();
	if (strstr(why, "failed to map segment") || strstr(why, "annot allocate memory"))
		return mu_fail(ctx, ENOMEM, "out of memory: %s", why);
	if (!library)
		return mu_fail(ctx, ENOENT,
			       "%s; it is needed to compare names: install the package that has it",
			       why);
	for (i = 0; i < sizeof functions / sizeof *functions; i++) {
		function = dlsym(library, functions[i].name);
		if (!function)
			return mu_fail(ctx, ENOENT, "%s cannot be used to compare names: %s",
				       LIBRARY, dlerror());
		memcpy((char *)&found + functions[i].offset, &function, sizeof function);
	}
	*icu = found;
	return 0;
}
