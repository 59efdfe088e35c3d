/*
 * What folding needs of ICU (https://unicode-org.github.io/icu/), for plugins
 * that seldom do.
 *
 * ICU is large: to load it takes longer than all else that a short run does.  A
 * plugin that looks names up all the time links with it.  One that folds text
 * to explain a mistake alone is linked without, and opens it at the first one.
 */
#ifndef ICU_H
#define ICU_H

#include <unicode/unorm2.h>
#include <unicode/ustring.h>

#include <muster/plugin.h>

/* Zeroed is not open. */
struct icu {
	int8_t (*char_type)(UChar32);
	UBool (*is_alnum)(UChar32);
	uint8_t (*combining_class)(UChar32);
	UChar *(*from_utf8)(UChar *, int32_t, int32_t *, const char *, int32_t, UErrorCode *);
	UChar32 *(*to_utf32)(UChar32 *, int32_t, int32_t *, const UChar *, int32_t, UErrorCode *);
	int32_t (*fold_case)(UChar *, int32_t, const UChar *, int32_t, uint32_t, UErrorCode *);
	const UNormalizer2 *(*nfkd)(UErrorCode *);
	int32_t (*normalize)(const UNormalizer2 *, const UChar *, int32_t, UChar *, int32_t,
			     UErrorCode *);
};

/* Loads the libicuuc of the version that this was built with, unless it is open
 * already.  It stays for as long as the program runs, since it keeps what it has
 * read.  0, or ENOENT with a message when it is not installed. */
int icu_open(struct mu_ctx *ctx, struct icu *icu);

#endif
