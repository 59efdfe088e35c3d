/*
 * Text as a list of comparable words, for looking names up.
 */
#ifndef WORDS_H
#define WORDS_H

#include <muster/table.h>

#include "text/icu.h"

/* Writes to `out` the words of a text in their comparable form, separated by
 * one space: NFKD without marks, case folded, hyphens and apostrophes and
 * their likes and other punctuation as spaces.  "Côte d’Ivoire" is "cote d
 * ivoire".  The length, or SIZE_MAX when it does not fit in `size` bytes or is
 * no UTF-8; errno is ENOMEM then when memory was out, and else something else.  Signs
 * that stand for a vowel are letters.  This is for plugins that link with ICU; it is in fold.c. */
size_t words_fold(struct mu_string text, char *out, size_t size);

/* Likewise with an ICU that icu_open() has found. */
size_t words_fold_with(const struct icu *icu, struct mu_string text, char *out, size_t size);

/* Damerau-Levenshtein distance (optimal string alignment) of two texts of at
 * most 256 bytes; more than `limit` is given as limit + 1. */
int words_distance(const char *a, const char *b, int limit);

/* A bit for each letter that occurs in folded words; some share one. */
uint64_t words_letters(const char *words, size_t len);

/* Whether it surely takes more than `limit` changes to make one of the other, as their
 * lengths and letters tell. */
bool words_far_apart(size_t len, uint64_t letters, size_t other_len, uint64_t other, int limit);

#endif
