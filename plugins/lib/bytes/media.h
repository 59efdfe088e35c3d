/*
 * Media types by the end of a file's name.
 */
#ifndef MEDIA_H
#define MEDIA_H

/* "text/csv" for list.csv; NULL when the ending says nothing.  What the file really
 * is, its parser will see. */
const char *media_type_of(const char *name);

#endif
