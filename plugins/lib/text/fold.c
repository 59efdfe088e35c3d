#include <unicode/uchar.h>

#include "text/words.h"

static const struct icu linked = {
	.char_type = u_charType,
	.is_alnum = u_isalnum,
	.combining_class = u_getCombiningClass,
	.from_utf8 = u_strFromUTF8,
	.to_utf32 = u_strToUTF32,
	.fold_case = u_strFoldCase,
	.nfkd = unorm2_getNFKDInstance,
	.normalize = unorm2_normalize,
};

size_t words_fold(struct mu_string text, char *out, size_t size)
{
	return words_fold_with(&linked, text, out, size);
}
