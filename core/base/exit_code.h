/*
 * How the program ends.
 */
#ifndef EXIT_CODE_H
#define EXIT_CODE_H

enum exit_code {
	EXIT_VALID = 0,
	EXIT_INVALID = 1, /* ran, and the data is not fit */
	EXIT_USAGE = 2,   /* usage or configuration */
	EXIT_FAILED = 3,  /* could not run to the end */
	EXIT_DIFFERS = 4, /* a source differs from its lock */
	EXIT_SIGNAL = 128 /* and the number of the signal that ended it */
};

#endif
