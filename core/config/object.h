/*
 * Files that are to be shared objects: looked at before they are loaded, since the linker
 * crashes on half of one, and says little of what is none.
 */
#ifndef OBJECT_H
#define OBJECT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/text.h"

/* Whether a file of so many bytes is a whole shared object for this machine; else adds what it
 * is: "is a text file, not a shared object".  What cannot be read is left to the linker. */
bool object_is_sound(const char *path, uint64_t bytes, struct text *what);

/* What the linker's message "FILE: REASON" means: that memory ran out, or that FILE may not be
 * mapped as a program.  Mapping it is tried for that, since the linker does not say why it
 * could not. */
bool object_lacks_memory(const char *error);
bool object_is_forbidden(const char *error);

/* Whether it is one that FILE could not be mapped, which can be mapped now. */
bool object_is_mappable(const char *error);

#endif
