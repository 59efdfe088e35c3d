/*
 * What of an address, "https://user:password@host/;sid=value?token=value#top", must not be printed.
 *
 * A value of its path, query or fragment is secret when its name says so ("token", "api_key",
 * "session_id", "sig"), and else when it reads neither as words nor as numbers or a time, and
 * its name is not one of public things ("resource_id", "file").  So a name that nobody has
 * thought of hides a key, and a public address mostly stays whole.
 */
#ifndef ADDRESS_H
#define ADDRESS_H

#include "base/text.h"

/* Adds the password and the secret values of an address.  What is too short to be told from
 * other text is hidden together with what stands before it. */
void address_secrets(struct secrets *secrets, const char *address);

/* Marks the bytes of such values, in all addresses of a text, with 1; true when there are any. */
bool addresses_mark(const char *data, size_t len, unsigned char *marks);

#endif
