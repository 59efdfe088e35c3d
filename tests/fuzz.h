/*
 * A fuzz target, for libFuzzer (`make fuzz`) or for tests/fuzz.c, which is in its place where
 * there is no clang.
 */
#ifndef FUZZ_H
#define FUZZ_H

#include <stddef.h>
#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#endif
