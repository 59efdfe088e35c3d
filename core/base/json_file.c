#include "base/json_file.h"

#include <errno.h>
#include <unistd.h>

struct reading {
	int fd, err;
};

/* jansson takes a failure for the end: it is kept beside. */
static size_t read_some(void *buffer, size_t len, void *data)
{
	struct reading *r = data;
	ssize_t n;

	do
		n = read(r->fd, buffer, len);
	while (n < 0 && errno == EINTR);
	if (n >= 0)
		return (size_t)n;
	r->err = errno;
	return (size_t)-1;
}

int json_file_read(int fd, json_t **out, json_error_t *error)
{
	struct reading r = { .fd = fd };

	*out = json_load_callback(read_some, &r, JSON_REJECT_DUPLICATES, error);
	if (!r.err && !*out)
		r.err = json_error_code(error) == json_error_out_of_memory ? ENOMEM : EBADMSG;
	if (!r.err)
		return 0;
	json_decref(*out);
	*out = NULL;
	return r.err;
}
