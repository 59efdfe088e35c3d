/*
 * What a file or folder has besides its bytes: owner, group, mode, access control lists and
 * other extended attributes.  A new one that takes the place of another gets them from it.
 */
#ifndef ATTRIBUTES_H
#define ATTRIBUTES_H

#include <sys/types.h>

/* Gives `to` what `from` has; both are open.  A mode that is not to be had yet is left out
 * with `mask`, the bits of it that are given; 07777 is all.  The owner stays when only the
 * system's administrator may change it.  0, or errno when group, mode or access control
 * lists cannot be the same: EPERM for a group that the user is not in. */
int attributes_copy(int from, int to, mode_t mask);

#endif
