/*
 * Transfers that run ahead of whoever takes their documents, in order.
 *
 * At most so many run at a time, in all and at each host, and what has arrived and is not
 * taken yet is bounded as well.
 */
#ifndef TRAFFIC_H
#define TRAFFIC_H

#include "transfer.h"

struct traffic;

int traffic_open(struct mu_ctx *ctx, struct http *http);
void traffic_close(struct http *http);

/* Waits for the next address's transfer to arrive or be missing; NULL: there was the last.
 * It lives until the next call.  0, or an errno value after mu_fail(): then a transfer has
 * failed, this or a later one. */
int traffic_next(struct mu_ctx *ctx, struct http *http, const struct transfer **out);

#endif
