/*
 * What a plugin may call: the functions behind struct mu_ctx.
 *
 * Each says first for which step it is and when, then hands over to the room that does it.
 * A call that is refused has failed the stage, whatever the plugin makes of it.
 */
#ifndef SERVICES_H
#define SERVICES_H

#include <muster/plugin.h>

/* For stages alone: the ctx of each begins as a copy of it. */
extern const struct mu_ctx services;

/* For tests: asked before each service call of a plugin.  When it gives an errno value the
 * call fails with that. */
extern int (*stage_fault)(void);

#endif
