#include "draft/plan.h"

#include <stdio.h>
#include <stdlib.h>
#include <strings.h>

/* Texts that YAML reads as they are, and as nothing else. */
static bool is_bare(const char *text)
{
	static const char *const others[] = { "true", "false", "null", "yes", "no",
					      "on",   "off",   "y",    "n",   NULL };

	for (size_t i = 0; others[i]; i++)
		if (!strcasecmp(text, others[i]))
			return false;
	for (const char *at = text; *at; at++) {
		bool letter =
			((unsigned char)*at | 0x20) >= 'a' && ((unsigned char)*at | 0x20) <= 'z';
		bool digit = *at >= '0' && *at <= '9';

		if (!letter && (at == text || (!digit && *at != '_' && *at != ' ' && *at != '-')))
			return false;
	}
	return *text && text[strlen(text) - 1] != ' ';
}

/* In quotes a text is what it is, but for variables, which $${ keeps from being one. */
static void put_scalar(FILE *out, const char *text)
{
	if (is_bare(text)) {
		fputs(text, out);
		return;
	}
	fputc('\'', out);
	for (const char *at = text; *at; at++) {
		if (*at == '\'' || (at[0] == '$' && at[1] == '{'))
			fputc(*at, out);
		fputc(*at, out);
	}
	fputc('\'', out);
}

static void put_member(FILE *out, const char *name, const char *value)
{
	if (!value)
		return;
	fprintf(out, ", %s: ", name);
	put_scalar(out, value);
}

static void put_texts(FILE *out, const char *name, const struct mu_texts *texts)
{
	for (size_t i = 0; i < texts->count; i++) {
		if (i)
			fputs(", ", out);
		else
			fprintf(out, ", %s: [", name);
		put_scalar(out, texts->items[i]);
	}
	if (texts->count)
		fputc(']', out);
}

static void put_column(FILE *out, const struct column *c, const char *note)
{
	static const char *const type_words[] = { NULL, "integer", "number", "date", "boolean" };
	static const char *const group_words[] = { NULL, "above", "merged" };
	static const char *const vocabulary_words[] = { NULL, "country", "mission" };

	fputs("      - {name: ", out);
	put_scalar(out, c->name);
	put_member(out, "header", c->header);
	put_member(out, "capture", c->capture);
	put_member(out, "type", type_words[c->type]);
	put_member(out, "group", group_words[c->group]);
	put_member(out, "vocabulary", vocabulary_words[c->vocabulary]);
	put_member(out, "ignore", c->ignore);
	put_texts(out, "format", &c->format);
	put_texts(out, "missing", &c->missing);
	put_texts(out, "zero", &c->zero);
	fputs(c->measure ? ", measure: true" : "", out);
	fputs(c->month_end ? ", month_end: true" : "", out);
	fprintf(out, "}%s%s\n", note ? "  # " : "", note ? note : "");
}

static void put_claim(FILE *out, const struct claim *c)
{
	fputs("      - {name: ", out);
	put_scalar(out, c->name);
	put_member(out, "match", c->match);
	put_member(out, "repeats", c->repeats);
	put_texts(out, "labels", &c->labels);
	put_texts(out, "of", &c->of_columns);
	fputs(c->unlabelled ? ", unlabelled: true" : "", out);
	fputs(c->last ? ", last: true" : "", out);
	fputs(c->optional ? ", optional: true}\n" : "}\n", out);
}

static void put_plan(FILE *out, const struct plan *plan)
{
	for (size_t i = 0; i < plan->n_remarks; i++)
		fprintf(out, "# %s\n", plan->remarks[i]);
	fprintf(out, "language: %s%s\n", plan->language,
		plan->language_certain ? "" : "  # few words tell it");
	for (size_t i = 0; i < plan->n_furniture; i++) {
		fputs(i ? "  - " : "furniture:\n  - ", out);
		put_scalar(out, plan->furniture[i]);
		fputc('\n', out);
	}
	fprintf(out, "tables:\n  - name: %s\n%s    begin: ", plan->table.name,
		plan->table.grid ? "    grid: true\n" : "");
	put_scalar(out, plan->table.begin);
	if (plan->table.end) {
		fputs("\n    end: ", out);
		put_scalar(out, plan->table.end);
	}
	for (size_t i = 0; i < plan->table.skip.count; i++) {
		fputs(i ? "\n      - "
			: "\n    skip:  # totals that could not be checked\n      - ",
		      out);
		put_scalar(out, plan->table.skip.items[i]);
	}
	fputs("\n    columns:\n", out);
	for (size_t i = 0; i < plan->n_columns; i++)
		put_column(out, &plan->columns[i], plan->notes[i]);
	for (size_t i = 0; i < plan->n_claims; i++) {
		fputs(i ? "" : "    claims:\n", out);
		put_claim(out, &plan->claims[i]);
	}
}

const char *plan_write(struct mu_ctx *ctx, const struct plan *plan)
{
	char *text = NULL, *kept = NULL;
	size_t len = 0;
	FILE *out = open_memstream(&text, &len);

	if (!out)
		return NULL;
	put_plan(out, plan);
	if (!fclose(out)) {
		kept = mu_alloc(ctx, len + 1);
		memcpy(kept, text, len);
	}
	free(text);
	return kept;
}
