/*
 * Elements of a sheet, for both ways to read them: by expat, or plainly.
 */
#ifndef CELLS_H
#define CELLS_H

#include "xlsx.h"

enum { C = 1, V, ROW, F, IS, T, RPH, SHEET_DATA, COL, MERGE_CELL, RUN, VERTICAL };
enum { REF = 1, STYLE, TYPE, HIDDEN, AREA, FIRST, LAST, ALIGN, HEIGHT, WIDTH };

void cells_start(struct xml *xml, int element);
void cells_end(struct xml *xml, int element);

/* Takes rows that are written plainly: see struct xml_form. */
size_t plain_take(struct xml *xml, char *bytes, size_t len);

#endif
