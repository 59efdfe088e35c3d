/*
 * Where a column of numbers changes from one row to the next.
 *
 * There is a version for AVX2 and one in portable C; lanes_pick() says which of them
 * this machine can run.
 */
#ifndef LANES_H
#define LANES_H

#include <stddef.h>
#include <stdint.h>

/* Sets bit i of `changed`, 64 of them a word, where lane i is not equal to lane i - 1,
 * and leaves others alone; lanes are `size` bytes each, 4 or 8.  Nothing is said of
 * lane 0. */
typedef void lanes_compare(const void *lanes, size_t size, size_t n, uint64_t *changed);

lanes_compare lanes_portable;
lanes_compare *lanes_pick(void);

/* Lists where stretches of equal lanes begin, by the bits set; behind them stands n, so there
 * is to be room for n + 1.  How many stretches there are. */
size_t lanes_starts(const uint64_t *changed, size_t n, uint32_t *starts);

#endif
