/*
 * A pipeline file: YAML nodes to chains of stages, every mistake with its place.
 */
#ifndef PIPELINE_H
#define PIPELINE_H

#include "base/mem.h"
#include "config/diagnostic.h"
#include "config/loader.h"
#include "config/option.h"
#include "config/tableschema.h"
#include "config/yaml.h"

/* One stage as configured.  Its options are filled anew for each instance. */
struct stage_config {
	const char *name; /* "sources.letter[2]", "dataset[0]"; from 0 */
	const char *source; /* name of its source, or NULL for the dataset */
	const struct plugin *plugin; /* never NULL: a stage without is left out */
	const struct yaml_node *map; /* its options are all keys but step_names[plugin->step] */
	bool valid; /* its options were filled without a mistake */
};

struct chain {
	const char *name; /* of the source; NULL for the dataset */
	struct stage_config *stages;
	size_t count;
};

/* Every source begins with a fetcher and a parser, once its pipeline is read without a mistake. */
static inline const struct stage_config *chain_fetcher(const struct chain *source)
{
	return &source->stages[0];
}

static inline const struct stage_config *chain_parser(const struct chain *source)
{
	return &source->stages[1];
}

struct pipeline_output {
	const char *path; /* relative to the output folder */
	struct mark mark;
};

enum on_error { ON_ERROR_STOP, ON_ERROR_REJECT };

/* How many may be rejected: as many as either allows. */
struct limit {
	uint64_t number;
	double percent; /* of all */
	bool fewer;     /* the number counts only while it is less than half of all */
};

struct pipeline {
	struct arena arena;
	struct diagnostics diagnostics;
	struct secrets secrets;
	char *text; /* the file's bytes */
	const char *path;   /* as given */
	const char *folder; /* of the file, absolute and without links */
	const char *name, *title; /* title may be NULL */
	enum on_error on_error;
	struct max_rejected {
		struct limit documents, rows;
	} max_rejected; /* with ON_ERROR_REJECT */
	const char *schema_path; /* or NULL */
	struct tableschema *schema; /* or NULL */
	struct chain *sources;
	size_t n_sources;
	struct chain dataset; /* ends in at least one export, when all is right */
	const char **inputs; /* files that options of stages name; patterns too */
	size_t n_inputs;
	struct pipeline_output *outputs; /* that options of exports name */
	size_t n_outputs;
};

/* The keys of a pipeline file, but for those that hold stages or variables. */
extern const struct mu_option pipeline_options[];

/* One --set. */
struct setting {
	const char *name, *value;
	bool used; /* the pipeline has such a variable */
};

/* Those of a command line, in order; of several for a name the last counts. */
struct settings {
	struct setting *items; /* freed by settings_release(), texts and all */
	size_t count;
};

/* Takes "NAME=VALUE"; false when there is no = in it, or nothing before it. */
bool settings_add(struct settings *settings, const char *text);
void settings_release(struct settings *settings);

/* Reads a pipeline file, loads its plugins, reads its schema, fills each
 * stage's options once, on trial.  0; or EINVAL when something is wrong, all of
 * which is in p->diagnostics (a file that cannot be read too).  `p` is zeroed
 * before and must be released in any case. */
int pipeline_read(struct pipeline *p, const char *path, struct loader *loader,
		  struct setting *settings, size_t n_settings);
/* The same of a text, as if it stood in a file `name` in the current folder. */
int pipeline_read_text(struct pipeline *p, const char *name, const char *text,
		       struct loader *loader);
/* Whether a validator behind a stage may ask what became of claims. */
bool pipeline_asks_claims(const struct pipeline *p, const struct stage_config *behind);

void pipeline_release(struct pipeline *p);

#endif
