#include "base/address.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

#define SECRET_ALONE 8 /* bytes; who has so many is hidden wherever it stands */
#define NAME_BYTES   64

/* How the names of what is secret begin or end, in small letters and without "-", "_", "."; with
 * an asterisk there may be more. */
static const char *const secret_names[] = {
	"*token*",    "*secret*",    "*passw*",     "*passphrase*", "*pwd",         "pass",
	"*key",       "*keys",       "*signature*", "*sig",         "*hmac*",       "*session*",
	"sess",       "*sessid",     "sid",         "*jwt*",        "*bearer*",     "*cookie*",
	"*csrf*",     "*xsrf*",      "otp",         "*totp",        "*pin",         "auth",
	"*oauth*",    "authcode",    "authkey",     "code",         "*credential*", "*authoriz*",
	"*authoris*", "*authentic*", "*ticket*",    "*saml*",       "*assertion*",  "*nonce*",
	NULL
};

/* Those of what is public, though it may look like a key. */
static const char *const public_names[] = { "*id",      "*ids",     "*uuid",    "*guid",
					    "doc",      "document", "*file",    "*filename",
					    "path",     "*url",     "*uri",     "dataset",
					    "resource", "package",  "*version", "rev",
					    "revision", "checksum", "sha256",   "md5",
					    "q",        "query",    "*date",    NULL };

static bool name_like(const char *name, const char *pattern)
{
	size_t len = strlen(pattern), n = strlen(name);
	bool before = *pattern == '*', after = pattern[len - 1] == '*';
	char word[NAME_BYTES];

	len -= (size_t)before + after;
	memcpy(word, pattern + before, len);
	word[len] = '\0';
	if (before && after)
		return strstr(name, word) != NULL;
	if (before)
		return n >= len && !strcmp(name + n - len, word);
	return !strcmp(name, word);
}

static bool is_one_of(const char *name, const char *const *patterns)
{
	while (*patterns && !name_like(name, *patterns))
		patterns++;
	return *patterns != NULL;
}

/* The byte that stands at *at, written as itself or as %6b; *at goes on behind it. */
static unsigned char byte_next(const char *bytes, size_t len, size_t *at)
{
	char digits[3] = { 0 };

	if (bytes[*at] == '%' && len - *at > 2 && isxdigit((unsigned char)bytes[*at + 1]) &&
	    isxdigit((unsigned char)bytes[*at + 2])) {
		memcpy(digits, bytes + *at + 1, 2);
		*at += 3;
		return (unsigned char)strtoul(digits, NULL, 16);
	}
	return (unsigned char)bytes[(*at)++];
}

/* In small letters, without what stands between its words. */
static void name_plain(const char *name, size_t len, char out[NAME_BYTES])
{
	size_t n = 0, i = 0;

	while (i < len && n < NAME_BYTES - 1) {
		unsigned char c = byte_next(name, len, &i);

		if (isalnum(c))
			out[n++] = (char)tolower(c);
	}
	out[n] = '\0';
}

/* A stretch of letters and digits. */
struct word {
	size_t letters, digits;
	size_t switches;   /* between the two */
	size_t capitals;   /* behind a small letter */
	size_t consonants; /* most in a row */
	size_t small;
	bool vowel, time; /* all of the letters are those of a time, T and Z */
};

static struct word word_look(const char *bytes, size_t len)
{
	struct word w = { .time = true };
	size_t i, row = 0;

	for (i = 0; i < len; i++) {
		unsigned char c = (unsigned char)bytes[i],
			      before = i ? (unsigned char)bytes[i - 1] : c;
		bool digit = isdigit(c), vowel = c >= 0x80 || strchr("aeiouyAEIOUY", c);

		w.digits += digit;
		w.letters += !digit;
		w.small += islower(c) != 0;
		w.switches += i && digit != (isdigit(before) != 0);
		w.capitals += isupper(c) && islower(before);
		w.vowel = w.vowel || (!digit && vowel);
		w.time = w.time && (digit || c == 'T' || c == 'Z');
		row = digit || vowel ? 0 : row + 1;
		w.consonants = row > w.consonants ? row : w.consonants;
	}
	return w;
}

/* Whether it reads as a number, a time, a word, an abbreviation or a short code. */
static bool word_reads(const char *bytes, size_t len)
{
	struct word w = word_look(bytes, len);

	if (!w.letters)
		return w.digits <= 16;
	if (w.digits && w.time)
		return w.digits <= 14 && w.switches <= 3;
	if (w.digits)
		return len <= 8 && w.switches <= 2 && w.letters <= 4;
	if (w.letters <= 5)
		return w.capitals <= 1;
	return w.letters <= 24 && w.capitals <= 3 && w.consonants <= 5 && (w.vowel || !w.small);
}

static bool value_reads(const char *value, size_t len)
{
	size_t i = 0, n;

	while (i < len) {
		if (value[i] == '%' && len - i > 2) {
			i += 3;
			continue;
		}
		for (n = 0; i + n < len && (isalnum((unsigned char)value[i + n]) ||
					    (unsigned char)value[i + n] >= 0x80);
		     n++)
			;
		if (n && !word_reads(value + i, n))
			return false;
		i += n ? n : 1;
	}
	return true;
}

static bool is_secret(const char *name, size_t name_len, const char *value, size_t len)
{
	char plain[NAME_BYTES];

	name_plain(name, name_len, plain);
	return is_one_of(plain, secret_names) ||
	       (!is_one_of(plain, public_names) && !value_reads(value, len));
}

/* What follows the host of an address, NAME=VALUE by NAME=VALUE. */
struct rest {
	const char *at, *end;
	bool query; /* `at` is in the query or the fragment, not in the path any more */
};

struct value {
	const char *name, *bytes;
	size_t len;
};

/* Where a name begins: behind ";" of the path, or behind what divides the query. */
static const char *name_next(struct rest *rest)
{
	const char *at = rest->at;

	while (at < rest->end && !strchr(rest->query ? "&;#?" : ";#?", *at))
		at++;
	rest->query = rest->query || (at < rest->end && *at != ';');
	return at < rest->end ? at + 1 : NULL;
}

/* The next secret value; false: there is no more. */
static bool value_next(struct rest *rest, struct value *out)
{
	const char *name;

	while ((name = name_next(rest))) {
		const char *stop = name, *equals;

		while (stop < rest->end && !strchr(rest->query ? "&;#?" : "/;#?", *stop))
			stop++;
		rest->at = stop;
		equals = memchr(name, '=', (size_t)(stop - name));
		if (!equals || equals + 1 == stop ||
		    !is_secret(name, (size_t)(equals - name), equals + 1,
			       (size_t)(stop - equals) - 1))
			continue;
		*out = (struct value){ .name = name,
				       .bytes = equals + 1,
				       .len = (size_t)(stop - equals) - 1 };
		return true;
	}
	return false;
}

static void hide(struct secrets *secrets, const char *value, size_t len, size_t before)
{
	struct text part = { 0 };

	if (!len)
		return;
	before = len < SECRET_ALONE ? before : 0;
	text_add(&part, value - before, len + before);
	secrets_add(secrets, part.data);
	text_release(&part);
}

void address_secrets(struct secrets *secrets, const char *address)
{
	const char *host = strstr(address, "://"), *at, *colon;
	struct value value;
	struct rest rest;

	if (!host)
		return;
	host += 3;
	for (at = host + strcspn(host, "/?#"); at > host && at[-1] != '@';)
		at--;
	colon = memchr(host, ':', (size_t)(at - host));
	if (at > host && colon)
		hide(secrets, colon + 1, (size_t)(at - colon - 2), (size_t)(colon + 1 - host));
	rest = (struct rest){ .at = host, .end = host + strlen(host) };
	while (value_next(&rest, &value))
		hide(secrets, value.bytes, value.len, (size_t)(value.bytes - value.name));
}

/* Where an address within a text ends. */
static const char *address_end(const char *at, const char *end)
{
	while (at < end && (unsigned char)*at > ' ' && !strchr("\"'<>\\`", *at))
		at++;
	while (at[-1] == '.' || at[-1] == ',' || at[-1] == ':' || at[-1] == ')')
		at--;
	return at;
}

bool addresses_mark(const char *data, size_t len, unsigned char *marks)
{
	const char *end = data + len, *from = data, *host;
	bool found = false;

	while ((host = memmem(from, (size_t)(end - from), "://", 3))) {
		const char *stop = address_end(host + 3, end);
		struct rest rest = { .at = host + 3, .end = stop };
		struct value value;

		while (value_next(&rest, &value)) {
			memset(marks + (value.bytes - data), 1, value.len);
			found = true;
		}
		from = stop;
	}
	return found;
}
