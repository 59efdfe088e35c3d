#include "text/words.h"

#include <unicode/uchar.h>
#include <unicode/utf8.h>

#include "text/utf8.h"

#define MAX_TEXT     4096
#define MAX_DISTANCE 256

/* Letters that no decomposition takes apart. */
static const struct {
	UChar32 letter;
	const char *as;
} whole_letters[] = {
	{ 0xe6, "ae" }, { 0xf0, "d" },  { 0xf8, "o" },  { 0xfe, "th" },  { 0x111, "d" },
	{ 0x127, "h" }, { 0x131, "i" }, { 0x142, "l" }, { 0x153, "oe" },
};

/* What is written so far; `gap`: a space comes before the next letter. */
struct folded {
	char *out;
	size_t len, size;
	bool gap, full;
};

static void put_bytes(struct folded *f, const char *bytes, size_t len)
{
	size_t gap = f->gap && f->len;

	if (f->full || f->len + gap + len >= f->size) {
		f->full = true;
		return;
	}
	if (gap)
		f->out[f->len++] = ' ';
	memcpy(f->out + f->len, bytes, len);
	f->len += len;
	f->gap = false;
}

static void put_letter(struct folded *f, UChar32 c)
{
	char bytes[4];
	int32_t len = 0;
	UBool error = false;
	size_t i;

	for (i = 0; i < sizeof whole_letters / sizeof *whole_letters; i++)
		if (whole_letters[i].letter == c) {
			put_bytes(f, whole_letters[i].as, strlen(whole_letters[i].as));
			return;
		}
	U8_APPEND((uint8_t *)bytes, len, (int32_t)sizeof bytes, (uint32_t)c, error);
	if (!error)
		put_bytes(f, bytes, (size_t)len);
}

/* Most names need none of ICU: each byte of ASCII as it is folded, 0 for what separates. */
static char fold_byte(unsigned char byte)
{
	unsigned char small = byte | 0x20;

	if (small >= 'a' && small <= 'z')
		return (char)small;
	return byte >= '0' && byte <= '9' ? (char)byte : '\0';
}

/* Letters U+00C0 to U+017F likewise, two bytes for each, the second one a space where it is not needed.
 * Two spaces leave a letter to ICU. */
static const char folded_latin[] =
	"a a a a a a aec e e e e i i i i d n o o o o o   o u u u u y thss"
	"a a a a a a aec e e e e i i i i d n o o o o o   o u u u u y thy "
	"a a a a a a c c c c c c c c d d d d e e e e e e e e e e g g g g "
	"g g g g h h h h i i i i i i i i i i ijijj j k k   l l l l l l   "
	"  l l n n n n n n       o o o o o o oeoer r r r r r s s s s s s "
	"s s t t t t     u u u u u u u u u u u u w w y y y z z z z z z s ";

/* The bytes of a letter of that range at `at`, in `to` as it is folded; false when it is none
 * that the table has. */
static bool latin_at(struct mu_string text, size_t at, char to[2])
{
	unsigned char lead = (unsigned char)text.data[at];
	unsigned char next = at + 1 < text.len ? (unsigned char)text.data[at + 1] : 0;

	if (lead < 0xc3 || lead > 0xc5 || !mu_is_tail((char)next))
		return false;
	memcpy(to, folded_latin + 2 * ((size_t)(lead - 0xc3) * 64 + (next & 0x3f)), 2);
	return to[0] != ' ';
}

/* Folds a text of these letters; false when it has others.  It never gets longer. */
static bool fold_latin(struct folded *f, struct mu_string text)
{
	char room[MAX_TEXT], *out = text.len < f->size ? f->out : room, *to = out;

	for (size_t i = 0; i < text.len; i++) {
		unsigned char byte = (unsigned char)text.data[i];
		char c = fold_byte(byte);

		if (c) {
			*to++ = c;
		} else if (byte < 0x80) {
			if (to > out && to[-1] != ' ')
				*to++ = ' ';
		} else if (latin_at(text, i++, to)) {
			to += to[1] == ' ' ? 1 : 2;
		} else {
			return false;
		}
	}
	f->len = (size_t)(to - out);
	f->len -= f->len && to[-1] == ' ';
	f->full = f->len >= f->size;
	if (out != f->out && !f->full)
		memcpy(f->out, out, f->len);
	return true;
}

/* Accents and points do not matter.  The vowel signs of the scripts of India and
 * Southeast Asia, and the marks of kana that make "ga" of "ka", are letters.  Their
 * combining class tells them from accents (200 and more) and from the points of Hebrew
 * and Arabic (10 to 36). */
static bool is_letter(const struct icu *icu, UChar32 c)
{
	int8_t type = icu->char_type(c);
	uint8_t class = icu->combining_class(c);

	if (type == U_COMBINING_SPACING_MARK)
		return true;
	/* U+0300 to U+036F are those of Latin, U+FE00 to U+FE0F choose a glyph. */
	return type == U_NON_SPACING_MARK && (class < 10 || (class >= 84 && class < 200)) &&
	       !(c >= 0x300 && c < 0x370) && !(c >= 0xfe00 && c <= 0xfe0f);
}

static bool is_mark(const struct icu *icu, UChar32 c)
{
	int8_t type = icu->char_type(c);

	return type == U_NON_SPACING_MARK || type == U_ENCLOSING_MARK;
}

static bool fold_any(const struct icu *icu, struct folded *f, struct mu_string text)
{
	UChar wide[MAX_TEXT], plain[2 * MAX_TEXT], folded[2 * MAX_TEXT];
	UChar32 letters[2 * MAX_TEXT];
	UErrorCode status = U_ZERO_ERROR;
	const UNormalizer2 *nfkd = icu->nfkd(&status);
	int32_t len, i;

	icu->from_utf8(wide, MAX_TEXT, &len, text.data, (int32_t)text.len, &status);
	len = icu->normalize(nfkd, wide, len, plain, 2 * MAX_TEXT, &status);
	len = icu->fold_case(folded, 2 * MAX_TEXT, plain, len, U_FOLD_CASE_DEFAULT, &status);
	len = icu->normalize(nfkd, folded, len, plain, 2 * MAX_TEXT, &status);
	icu->to_utf32(letters, 2 * MAX_TEXT, &len, plain, len, &status);
	if (U_FAILURE(status)) {
		errno = status == U_MEMORY_ALLOCATION_ERROR ? ENOMEM : EINVAL;
		return false;
	}
	for (i = 0; i < len; i++) {
		if (icu->is_alnum(letters[i]) || is_letter(icu, letters[i]))
			put_letter(f, letters[i]);
		else if (!is_mark(icu, letters[i]))
			f->gap = true;
	}
	return true;
}

size_t words_fold_with(const struct icu *icu, struct mu_string text, char *out, size_t size)
{
	struct folded f = { .out = out, .size = size };

	if (size && text.len < MAX_TEXT && !fold_latin(&f, text) && !fold_any(icu, &f, text))
		return SIZE_MAX;
	if (!size || text.len >= MAX_TEXT || f.full) {
		errno = EINVAL;
		return SIZE_MAX;
	}
	out[f.len] = '\0';
	return f.len;
}

static int least(int a, int b)
{
	return a < b ? a : b;
}

uint64_t words_letters(const char *words, size_t len)
{
	uint64_t letters = 0;

	for (size_t i = 0; i < len; i++)
		letters |= (uint64_t)1 << (words[i] & 63);
	return letters;
}

static bool more_than(uint64_t bits, int limit)
{
	for (; bits && limit >= 0; limit--)
		bits &= bits - 1;
	return limit < 0;
}

/* A change adds a letter at most, and takes one away. */
bool words_far_apart(size_t len, uint64_t letters, size_t other_len, uint64_t other, int limit)
{
	size_t longer = len > other_len ? len - other_len : other_len - len;

	return longer > (size_t)limit || more_than(letters & ~other, limit) ||
	       more_than(other & ~letters, limit);
}

int words_distance(const char *a, const char *b, int limit)
{
	int rows[3][MAX_DISTANCE + 1];
	size_t na = strlen(a), nb = strlen(b), i, j;
	size_t apart = na > nb ? na - nb : nb - na;

	if (na > MAX_DISTANCE || nb > MAX_DISTANCE || apart > (size_t)(limit < 0 ? 0 : limit))
		return limit + 1;
	for (j = 0; j <= nb; j++)
		rows[0][j] = (int)j;
	for (i = 1; i <= na; i++) {
		int *row = rows[i % 3], *above = rows[(i - 1) % 3], *two = rows[(i + 1) % 3];
		int smallest = row[0] = (int)i;

		for (j = 1; j <= nb; j++) {
			row[j] = least(least(above[j], row[j - 1]) + 1,
				       above[j - 1] + (a[i - 1] != b[j - 1]));
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
				row[j] = least(row[j], two[j - 2] + 1);
			smallest = least(smallest, row[j]);
		}
		if (smallest > limit + 1)
			return limit + 1;
	}
	return least(rows[na % 3][nb], limit + 1);
}
