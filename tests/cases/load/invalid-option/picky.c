#include <muster/plugin.h>

struct self {
	const char *colour;
};

static int picky_configure(struct mu_ctx *ctx, void *p)
{
	struct self *self = p;

	return mu_invalid(ctx, &self->colour, "no colour is good enough");
}

static int picky_validate(struct mu_ctx *ctx, void *self, const struct ArrowArray *rows)
{
	(void)ctx;
	(void)self;
	(void)rows;
	return 0;
}

MUSTER_PLUGIN(.name = "picky", .summary = "likes no option",
	      .options = (const struct mu_option[]){
		      MU_OPT_TEXT(struct self, colour, .help = "any"), { 0 } },
	      .self_size = sizeof(struct self), .configure = picky_configure,
	      .validate = picky_validate);
