/*
 * A hash of numbers of 64 bits that nobody can choose numbers against.
 *
 * A document chooses which values and keys there are, so each table draws a secret of its own.  A
 * number is multiplied with it, and both halves of the product are put together: each bit
 * of the number counts in the lower bits of the hash and in the upper ones.  (Wang Yi, "wyhash".)
 */
#ifndef SECRET_H
#define SECRET_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/random.h>

/* Zeroed is not drawn yet. */
struct secret {
	uint64_t start, factor; /* the factor is odd */
};

/* Draws a secret, unless that is done.  False when there are no random numbers: a secret that can
 * be foreseen would be none. */
static inline bool secret_draw(struct secret *secret)
{
	if (!secret->factor && getrandom(secret, sizeof *secret, 0) != (ssize_t)sizeof *secret)
		return false;
	secret->factor |= 1;
	return true;
}

__extension__ typedef unsigned __int128 twofold;

/* The hash of a number; for several, that of the ones before XOR the next one. */
static inline uint64_t secret_hash(const struct secret *secret, uint64_t number)
{
	twofold product = (twofold)number * secret->factor;

	return (uint64_t)product ^ (uint64_t)(product >> 64);
}

#endif
