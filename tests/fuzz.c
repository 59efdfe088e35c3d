/*
 * Runs a fuzz target on files, and then for some seconds on what it makes of them.
 *
 *     fuzz_NAME SECONDS FILE...
 *
 * Always the same inputs, in the same order; how many of them depends on the machine.
 */
#include "fuzz.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { INPUT_MAX = 1 << 20, CHANGES_MAX = 8 };

struct input {
	uint8_t *data;
	size_t len;
};

static uint64_t state = 1;

/* splitmix64, https://prng.di.unimi.it/splitmix64.c */
static uint64_t number(uint64_t below)
{
	uint64_t z = (state += 0x9e3779b97f4a7c15);

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
	z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
	return below ? (z ^ (z >> 31)) % below : 0;
}

static struct input input_read(const char *name)
{
	struct input in = { .data = malloc(INPUT_MAX) };
	FILE *f = fopen(name, "rb");

	if (!f || !in.data) {
		perror(name);
		exit(2);
	}
	in.len = fread(in.data, 1, INPUT_MAX / 2, f);
	fclose(f);
	return in;
}

/* Changes, moves, repeats or takes away some bytes. */
static void change(struct input *in)
{
	size_t from = number(in->len), n = 1 + number(64), to = number(in->len);

	if (in->len < 2 * n + 2)
		return;
	from = from < in->len - n ? from : in->len - n;
	to = to < in->len - n ? to : in->len - n;
	switch (number(5)) {
	case 0:
		in->data[from] = (uint8_t)number(256);
		break;
	case 1:
		memmove(in->data + to, in->data + from, n);
		break;
	case 2:
		memmove(in->data + from, in->data + from + n, in->len - from - n);
		in->len -= n;
		break;
	case 3:
		if (in->len + n > INPUT_MAX)
			break;
		memmove(in->data + from + n, in->data + from, in->len - from);
		in->len += n;
		break;
	default:
		in->data[from] = (uint8_t)("0123456789.-<>\"&"[number(16)]);
		break;
	}
}

int main(int argc, char **argv)
{
	struct input seed, trial = { .data = malloc(INPUT_MAX) };
	time_t end = time(NULL) + (argc > 1 ? strtol(argv[1], NULL, 10) : 0);
	unsigned long runs = 0;

	if (argc < 3 || !trial.data) {
		fputs("usage: fuzz SECONDS FILE...\n", stderr);
		free(trial.data);
		return 2;
	}
	for (int i = 2; i < argc; i++) {
		seed = input_read(argv[i]);
		LLVMFuzzerTestOneInput(seed.data, seed.len);
		free(seed.data);
	}
	while (time(NULL) < end) {
		seed = input_read(argv[2 + number((uint64_t)argc - 2)]);
		memcpy(trial.data, seed.data, seed.len);
		trial.len = seed.len;
		for (uint64_t n = 1 + number(CHANGES_MAX); n; n--)
			change(&trial);
		LLVMFuzzerTestOneInput(trial.data, trial.len);
		free(seed.data);
		runs++;
	}
	printf("%s: %lu inputs\n", argv[0], runs);
	free(trial.data);
	return 0;
}
