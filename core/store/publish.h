/*
 * Publishing as a transaction.
 *
 * Exporters write into a staging folder beside the output folder, on the same
 * file system.  When the whole run is valid, datapackage.json is written there
 * and the two folders change places in one rename; else the staging folder is
 * removed.  So the output folder holds one dataset, whole, at every moment.
 *
 * The files of the former dataset, which its datapackage.json lists, go away with
 * it.  Other files that somebody put into the output folder are kept, by a hard
 * link in the new one; a folder with other folders in it, with more than 64
 * such files, one that is read-only, or the current folder, is none to replace, and is
 * refused.  Mode, group and access control lists of the folder, and of files that are
 * published again, stay as they were.
 *
 * What else stands beside the output folder, and what becomes of it after a run that was
 * killed, is said in staging.h.
 */
#ifndef PUBLISH_H
#define PUBLISH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include <time.h>

#include "base/output_path.h"
#include "base/text.h"

struct append;

struct output {
	char *path;   /* relative to the output folder */
	char *staged; /* where it is written */
	const char *by;        /* whose it is, for messages */
	struct append *append; /* by whom, when the runner does it */
	char sha256[65];
	uint64_t bytes, rows;
	ino_t file;              /* that was measured, */
	struct timespec changed; /* and its last change */
};

/* Zeroed is empty. */
struct publish {
	char *out;     /* the output folder, absolute */
	char *shown;   /* as the user knows it */
	char *staging; /* NULL: not begun */
	char *package; /* datapackage.json in there */
	char *aside;   /* where the former dataset stands when folders cannot change places, */
	bool stands_aside; /* if it does */
	int lock, parent, former; /* open folders: staging, above, former; 0: not open */
	mode_t umask;  /* when it began */
	mode_t mode;   /* of the output folder, when there was none */
	size_t parents; /* how many folders above `out` were made */
	bool rejects;  /* rejects.csv is muster's own */
	bool threads;  /* may write outputs */
	int unremoved; /* why the former dataset could not be removed, or 0 */
	struct output *outputs;
	size_t n_outputs;
};

/* The path of an output folder without links as far as it exists, absolute; free() it. */
char *publish_folder(const char *path);

/* Puts in order what runs that were killed have left beside an output folder: see
 * staging_recover(). */
int publish_recover(const char *out, struct text *why);

/* Whether it could be an output folder, as far as it can be seen without changing anything: 0,
 * or errno with a message. */
int publish_check(const char *out, struct text *why);

/* Makes the staging folder.  0, or errno with a message; EEXIST: `out` is not
 * one to replace; EBUSY, EXDEV: it could not be. */
int publish_begin(struct publish *publish, const char *out, struct text *why);

/* Declares a file of the dataset.  `by` says who writes it, and lives as long.  EINVAL: no such
 * path may be written. */
int publish_output(struct publish *publish, const char *path, const char *by,
		   const char **staged, struct text *why);

/* Appends to a declared file, by the path that was given for it; no bytes: waits until
 * all that was appended is written.  ENOSPC and the like. */
int publish_append(struct publish *publish, const char *staged, const void *data, size_t len,
		   struct text *why);

/* Measures the outputs of somebody (bytes, sha256) who has just closed them.  Each must have been
 * written, by nobody else, and be no other file as well.  From then on a change is found when it
 * is to be published. */
int publish_measure(struct publish *publish, const char *by, struct text *why);

/* Writes datapackage.json, the text of which is given, and swaps the folders.  Before, it
 * is read again and must describe the outputs, which must be what was measured, and all of it
 * must be on the disk.  The former dataset is removed when the disk has the swap as well;
 * if it never has, the swap is undone.  0, or errno with a message. */
int publish_commit(struct publish *publish, const char *datapackage, size_t len,
		   struct text *why);

/* Removes what was staged.  Nothing happens after a commit. */
void publish_rollback(struct publish *publish);
void publish_release(struct publish *publish);

/* Removes the staged files of the run in progress, if any, without allocating:
 * for the end of the program in distress, on whichever thread.  Nothing can be
 * staged afterwards: a thread that tries waits until the program has ended. */
void publish_abandon(void);

#endif
