/*
 * Files of JSON.
 */
#ifndef JSON_FILE_H
#define JSON_FILE_H

#include <jansson.h>

/* Reads what a descriptor holds, to its end; the descriptor stays open.  *out is the caller's to
 * release, NULL on failure.  0, EBADMSG when it is no JSON or a key comes twice, as *error says
 * then, or another errno value when it cannot be read. */
int json_file_read(int fd, json_t **out, json_error_t *error);

#endif
