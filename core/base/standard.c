#include "base/standard.h"

#include <fcntl.h>
#include <stdarg.h>
#include <unistd.h>

#define HIGH_ABOVE 20 /* the least descriptor for the copy: low ones are soon met by mistake */

static FILE *output; /* NULL: it is stdout */

/* Whoever starts the program may have closed some of the streams.  Their numbers must not go to
 * files that are opened later: what is printed would be written there.  The descriptors that
 * take their place can be neither read nor written. */
static bool reserve(void)
{
	int fd;

	for (fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
		if (fcntl(fd, F_GETFD) < 0 && open("/", O_PATH) != fd)
			return false;
	return true;
}

bool standard_begin(void)
{
	int fd;

	if (!reserve())
		return false;
	fd = fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, HIGH_ABOVE);
	if (fd < 0)
		return false;
	output = fdopen(fd, "w");
	if (output)
		return dup2(STDERR_FILENO, STDOUT_FILENO) == STDOUT_FILENO;
	close(fd); /* it cannot be written, and so nobody can print anything */
	return true;
}

FILE *standard_output(void)
{
	return output ? output : stdout;
}

void standard_print(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vfprintf(standard_output(), fmt, ap);
	va_end(ap);
}
