/*
 * The staging folder takes the place of the former dataset.
 *
 * What is new gets the mode, group and access control lists of what it replaces, then it is
 * stored on the disk, then the two folders change places in one rename.  When the folder above
 * cannot be stored they change back.
 */
#ifndef REPLACE_H
#define REPLACE_H

#include "store/publishing.h"

/* Waits for other runs that publish there.  0: the new dataset is in place, and the former one is
 * removed (else p->unremoved says why not).  An errno value with a message: the former one is in
 * its place, or the message says where it is. */
int replace_former(struct publish *p, struct text *why);

#endif
