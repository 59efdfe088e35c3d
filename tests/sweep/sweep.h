/*
 * Faults at every point of a run: what the files of this folder share.
 *
 * A job is a run of muster over inputs of its own, in a place of its own: a folder that
 * holds the pipeline, the folder above the output folder, and what HOME, TMPDIR and the
 * cache are for that run.  A point is a job, a fault and a number: the fault comes at that
 * system call or allocation, counted from where main() begins.  A trace runs the program with the
 * fault of one point; a tree says what the place holds afterwards; the verdict compares.
 */
#ifndef SWEEP_H
#define SWEEP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define MAX_TEXT   ((size_t)256 << 10)
#define MAX_WHERE  200
#define MAX_PATH   512
#define MAX_ALLOCS 200000

enum fault_id {
	FAULT_ENOSPC,
	FAULT_EIO,
	FAULT_EMFILE,
	FAULT_EINTR,
	FAULT_ENOMEM, /* of the kernel; FAULT_ALLOC is that of malloc() */
	FAULT_SHORT,  /* reads and writes do half of what they were asked for */
	FAULT_TERM,
	FAULT_HUP,
	FAULT_INT,
	FAULT_KILL,
	FAULT_ALLOC,
	FAULTS,
	FAULT_NONE = FAULTS,
};

struct fault {
	const char *name;
	int error;   /* what the call gives; 0: none */
	int signal;  /* what comes at the call; 0: none */
	bool sticky; /* whether it can also stay, from the call on */
};

extern const struct fault faults[FAULTS];

struct call {
	long number;
	const char *name;
	unsigned can;                        /* bits of the faults that it can give */
	signed char path, fd, length, flags; /* which argument it is; -1: none */
	bool removes;
	bool after; /* it is done even when it fails, which it can when what it is given is written to */
};

/* Ends with a call without a name. */
extern const struct call calls[];

const struct call *call_find(long number);

/* What the preloaded library shares with us, over a descriptor named by SWEEP_SHARED. */
struct shared {
	long fail_at; /* the first allocation that fails, from 1; 0: none */
	bool sticky;
	bool sites; /* note where each allocation comes from */
	long count;
	char where[2000];          /* who asked for the one that failed, a frame a line */
	uint32_t site[MAX_ALLOCS]; /* a hash of who asked for each, for this run */
};

#define SHARED_VARIABLE "SWEEP_SHARED"
/* The system call that nobody else makes: main() begins. */
#define MARKER          SYS_personality
#define MARKER_ARGUMENT 0xffffffffUL

/* A system call that was seen. */
struct seen {
	const struct call *call;
	bool writes;          /* its descriptor is one to write to */
	bool creates;         /* it opens a file that it may create */
	char where[MAX_WHERE]; /* its path, or that of its descriptor */
};

struct injected {
	enum fault_id fault;
	bool sticky;
	long at;               /* from 1 */
	bool without_exchange; /* renameat2() knows no flags, always */
};

struct outcome {
	int status; /* of waitpid() */
	bool hung, hit;
	bool removal_failed; /* a fault kept something from being removed */
	bool rename_failed;  /* a fault kept a folder in its place */
	bool output_failed;  /* a fault hit standard output or standard error */
	long calls;
	struct seen first; /* the call that was hit first */
};

/* What is run; the streams are files that are emptied before. */
struct command {
	char *const *arguments;
	char *const *environment;
	const char *folder;
	int out, err;
};

/* Runs it.  0, or an errno when it cannot be traced here.  `seen` may be NULL. */
int trace_run(const struct command *command, const struct injected *injected,
	      struct shared *shared, int shared_fd, struct outcome *outcome,
	      void (*seen)(const struct seen *, void *), void *data);

/* A line for each file below a folder, in order: its path, type, mode, size and a hash of
 * what it holds.  Names that are made up at random have X in the place of that. */
struct tree {
	size_t len;
	char text[MAX_TEXT];
};

/* `without` is left out, with all that is below it; NULL: nothing. */
void tree_read(struct tree *tree, const char *folder, const char *without);
bool tree_equal(const struct tree *a, const struct tree *b);
/* Takes out the lines of what is at a path, and below it. */
void tree_without(struct tree *tree, const char *path);
/* The path of the first line that only `a` has; false when there is none. */
bool tree_extra(const struct tree *a, const struct tree *b, char *line, size_t size);

void folder_remove(const char *path);
void folder_copy(const char *from, const char *to);

/* Why the datapackage.json in a folder does not fit the files there; NULL when it does. */
const char *package_wrong(const char *folder);

/* A name for people: without the random part. */
void name_normalise(char *name);

#endif
