/*
 * Loaded before muster: allocations fail at will, those of plugins and of all libraries
 * too.  It counts from where main() begins.
 */
#include <dlfcn.h>
#include <errno.h>
#include <execinfo.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "sweep.h"

#define FRAMES      20
#define SITE_FRAMES 10
#define EXPORTED    __attribute__((visibility("default")))

// NOLINTBEGIN(bugprone-reserved-identifier)
void *__libc_malloc(size_t size);
void *__libc_calloc(size_t count, size_t size);
void *__libc_realloc(void *block, size_t size);
void *__libc_memalign(size_t alignment, size_t size);
void *memalign(size_t alignment, size_t size);
int __libc_start_main(int (*main)(int, char **, char **), int argc, char **argv, void (*init)(void),
		      void (*fini)(void), void (*ended)(void), void *stack);
// NOLINTEND(bugprone-reserved-identifier)

typedef int start_main(int (*main)(int, char **, char **), int argc, char **argv,
		       void (*init)(void), void (*fini)(void), void (*ended)(void), void *stack);

static struct shared *shared;
static atomic_long count;
static int (*real_main)(int, char **, char **);
static bool armed;

/* Where a frame is: the file, and how far in it. */
static uintptr_t frame_offset(const void *frame, const char **file)
{
	Dl_info info;

	if (!dladdr(frame, &info) || !info.dli_fname) {
		*file = "?";
		return 0;
	}
	*file = info.dli_fname;
	return (uintptr_t)frame - (uintptr_t)info.dli_fbase;
}

static uint32_t site(void *const *frames, int n)
{
	uint64_t hash = 14695981039346656037U;
	int i;

	for (i = 2; i < n && i < 2 + SITE_FRAMES; i++)
		hash = (hash ^ (uintptr_t)frames[i]) * 1099511628211U;
	return (uint32_t)(hash >> 32);
}

static void tell(void *const *frames, int n)
{
	size_t len = 0;
	int i;

	for (i = 2; i < n && len < sizeof shared->where - 1; i++) {
		const char *file;
		uintptr_t offset = frame_offset(frames[i], &file);
		int more = snprintf(shared->where + len, sizeof shared->where - len, "%s+0x%lx\n",
				    file, (unsigned long)offset);

		if (more < 0 || (size_t)more >= sizeof shared->where - len)
			break;
		len += (size_t)more;
	}
}

static __attribute__((noinline)) bool fails(void)
{
	void *frames[FRAMES];
	bool failing;
	long n;

	if (!armed)
		return false;
	n = ++count;
	shared->count = n;
	failing = shared->fail_at && (shared->sticky ? n >= shared->fail_at : n == shared->fail_at);
	if (shared->sites && n <= MAX_ALLOCS)
		shared->site[n - 1] = site(frames, backtrace(frames, FRAMES));
	if (failing && n == shared->fail_at)
		tell(frames, backtrace(frames, FRAMES));
	if (failing)
		errno = ENOMEM;
	return failing;
}

// NOLINTBEGIN(readability-inconsistent-declaration-parameter-name)
EXPORTED void *malloc(size_t size)
{
	return fails() ? NULL : __libc_malloc(size);
}

EXPORTED void *calloc(size_t n, size_t size)
{
	return fails() ? NULL : __libc_calloc(n, size);
}

EXPORTED void *realloc(void *block, size_t size)
{
	/* What is given back this way cannot fail. */
	return size && fails() ? NULL : __libc_realloc(block, size);
}

EXPORTED void *reallocarray(void *block, size_t n, size_t size)
{
	size_t bytes;

	if (__builtin_mul_overflow(n, size, &bytes)) {
		errno = ENOMEM;
		return NULL;
	}
	return realloc(block, bytes);
}

EXPORTED void *aligned_alloc(size_t alignment, size_t size)
{
	return fails() ? NULL : __libc_memalign(alignment, size);
}

EXPORTED void *memalign(size_t alignment, size_t size)
{
	return aligned_alloc(alignment, size);
}

EXPORTED int posix_memalign(void **block, size_t alignment, size_t size)
{
	void *got = aligned_alloc(alignment, size);

	if (!got)
		return ENOMEM;
	*block = got;
	return 0;
}

// NOLINTEND(readability-inconsistent-declaration-parameter-name)

/* Programs that muster starts are on their own. */
static void leave_no_trace(void)
{
	unsetenv("LD_PRELOAD");
	unsetenv(SHARED_VARIABLE);
}

static int counted_main(int argc, char **argv, char **environment)
{
	const char *fd = getenv(SHARED_VARIABLE);
	void *frames[FRAMES];

	if (fd) {
		shared = mmap(NULL, sizeof *shared, PROT_READ | PROT_WRITE, MAP_SHARED,
			      (int)strtol(fd, NULL, 10), 0);
		close((int)strtol(fd, NULL, 10));
		if (shared == MAP_FAILED)
			return 125;
		backtrace(frames, FRAMES); /* loads what it needs */
		leave_no_trace();
		armed = true;
		syscall(MARKER, MARKER_ARGUMENT);
	}
	return real_main(argc, argv, environment);
}

// NOLINTNEXTLINE(bugprone-reserved-identifier)
EXPORTED int __libc_start_main(int (*main)(int, char **, char **), int argc, char **argv,
			       void (*init)(void), void (*fini)(void), void (*ended)(void),
			       void *stack)
{
	start_main *start = NULL;

	*(void **)&start = dlsym(RTLD_NEXT, "__libc_start_main");
	real_main = main;
	return start(counted_main, argc, argv, init, fini, ended, stack);
}
