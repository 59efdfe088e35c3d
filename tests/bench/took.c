/*
 * What a command took:
 *
 *     took FILE COMMAND [ARGUMENT...]
 *
 * adds a line to FILE: wall seconds, processor seconds (of it and all that it waited
 * for), the most KiB that were resident at once, exit status.  Exits as it does.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static double seconds(struct timeval t)
{
	return (double)t.tv_sec + (double)t.tv_usec / 1e6;
}

static int failed(const char *what)
{
	fprintf(stderr, "took: %s: %s\n", what, strerror(errno));
	return 127;
}

int main(int argc, char **argv)
{
	struct rusage used;
	double start;
	int status;
	FILE *file;
	pid_t pid;

	if (argc < 3) {
		fputs("usage: took FILE COMMAND [ARGUMENT...]\n", stderr);
		return 2;
	}
	start = now();
	pid = fork();
	if (!pid) {
		execvp(argv[2], argv + 2);
		_exit(failed(argv[2]));
	}
	if (pid < 0 || wait4(pid, &status, 0, &used) < 0)
		return failed(argv[2]);
	start = now() - start;
	status = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
	file = fopen(argv[1], "a");
	if (!file)
		return failed(argv[1]);
	fprintf(file, "%.6f %.6f %ld %d\n", start, seconds(used.ru_utime) + seconds(used.ru_stime),
		used.ru_maxrss, status);
	return fclose(file) ? failed(argv[1]) : status;
}
