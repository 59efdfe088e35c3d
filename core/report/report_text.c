#include <inttypes.h>
#include <string.h>

#include "report/report.h"
#include "stage/rejected.h"

/* Of one code in one stage this many are shown; the rest is counted. */
#define EXCERPT   100
#define EXPLAINED 5 /* explanations shown of a finding */

static const char *paint(bool color, const char *code)
{
	return color ? code : "";
}

static void add_place(const struct run *run, const struct finding *f, struct text *out)
{
	const struct document *d = documents_get(&run->documents, f->document);

	if (!d) {
		text_puts(out, f->stage ? f->stage : f->source ? f->source : run->pipeline->name);
		return;
	}
	text_add_visible(out, d->public.uri, strlen(d->public.uri));
	if (f->page && !f->line)
		text_printf(out, ": page %" PRIu32, f->page);
	if (f->cell)
		text_printf(out, ":%s", f->cell);
	if (f->line)
		text_printf(out, ":%" PRIu64, f->line);
	if (f->line && f->column)
		text_printf(out, ":%" PRIu64, f->column);
}

/* How many bytes of a text its first line has. */
static size_t line_length(const char *text, size_t len)
{
	size_t i = 0;

	while (i < len && !(text[i] == '\r' || text[i] == '\n' || text[i] == '\f'))
		i++;
	return i;
}

/* The byte offset of a character, counted from 1. */
static size_t offset_of(const char *text, size_t len, uint64_t character)
{
	size_t at = 0, size;
	uint32_t code;

	while (at < len && character > 1) {
		text_character(text + at, len - at, &code, &size);
		at += size;
		character--;
	}
	return at;
}

/* The row as the document has it, cut to a part around the cell, and a caret
 * under the cell. */
static void add_excerpt(const struct finding *f, struct text *out, bool color)
{
	size_t len = f->text ? line_length(f->text, f->text_len) : 0, start, end, from = 0,
	       until = len;
	struct text shown = { 0 };
	bool reaches;
	int indent;

	if (!len)
		return;
	start = offset_of(f->text, len, f->column ? f->column : 1);
	/* What is one row of a long line may not; an empty cell may be the last. */
	reaches = f->column && (start < len || offset_of(f->text, len, f->column - 1) < len);
	start = reaches ? start : 0;
	end = start + offset_of(f->text + start, len - start, reaches ? f->width + 1 : 1);
	if (len > EXCERPT) {
		from = start > EXCERPT / 2 ? offset_of(f->text, len, f->column - EXCERPT / 3) : 0;
		until = from + offset_of(f->text + from, len - from, EXCERPT);
	}
	if (end > until)
		end = until;
	indent = 1;
	if (f->line)
		text_printf(out, "%6" PRIu64 " | ", f->line);
	else
		text_puts(out, "       | ");
	if (from)
		text_puts(&shown, "…");
	text_add_visible(&shown, f->text + from, start - from);
	indent += (int)text_columns(shown.data ? shown.data : "", shown.len);
	if (shown.len)
		text_add(out, shown.data, shown.len);
	text_clear(&shown);
	text_add_visible(&shown, f->text + start, end - start);
	if (shown.len)
		text_add(out, shown.data, shown.len);
	text_add_visible(out, f->text + end, until - end);
	text_puts(out, until < len ? "…\n" : "\n");
	if (reaches) {
		size_t width = shown.len ? text_columns(shown.data, shown.len) : 1;

		text_printf(out, "       |%*s%s^", indent, "", paint(color, "\033[1;32m"));
		text_repeat(out, '~', width ? width - 1 : 0);
		text_printf(out, "%s\n", paint(color, "\033[0m"));
	}
	text_release(&shown);
}

/* Several claims fail together when one cell is wrong. */
static bool explained_before(const struct run *run, const struct finding *f)
{
	const struct finding *g = f;
	size_t i;

	while (g > run->findings.items) {
		g--;
		if (g->n_explanations != f->n_explanations || g->stage != f->stage)
			continue;
		for (i = 0; i < f->n_explanations; i++)
			if (g->explanations[i].at != f->explanations[i].at ||
			    strcmp(g->explanations[i].message, f->explanations[i].message))
				break;
		if (i == f->n_explanations)
			return true;
	}
	return false;
}

static void add_explanations(const struct run *run, const struct finding *f, struct text *out,
			     bool color)
{
	size_t i;

	if (f->n_explanations && explained_before(run, f)) {
		text_puts(out, "       explained as above\n");
		return;
	}
	for (i = 0; i < f->n_explanations && i < EXPLAINED; i++) {
		const struct finding *e = &f->explanations[i];

		text_printf(out, "   %zu. ", i + 1);
		if (e->line || e->cell) {
			add_place(run, e, out);
			text_puts(out, ": ");
		}
		text_add_visible(out, e->message, strlen(e->message));
		if (e->score < 0.01)
			text_puts(out, " (below 1 %)\n");
		else
			text_printf(out, " (%.0f %%)\n", 100 * e->score);
		add_excerpt(e, out, color);
	}
	if (i < f->n_explanations)
		text_printf(out, "       and %zu more, which --report json lists\n",
			    f->n_explanations - i);
}

static void add_finding(const struct run *run, const struct finding *f, struct text *out,
			bool color)
{
	static const char *const colors[] = { "\033[1;31m", "\033[1;35m", "\033[1;36m" };

	text_puts(out, paint(color, "\033[1m"));
	add_place(run, f, out);
	text_printf(out, ": %s%s: %s", paint(color, colors[f->severity]),
		    severity_name(f->severity), paint(color, "\033[0m"));
	text_add_visible(out, f->message, strlen(f->message));
	text_printf(out, " [%s]\n", f->code);
	add_excerpt(f, out, color);
	add_explanations(run, f, out, color);
	if (f->suggested) {
		text_puts(out, "       did you mean '");
		text_add_visible(out, f->suggested, strlen(f->suggested));
		text_puts(out, "'?\n");
	}
}

static void add_findings(const struct run *run, struct text *out, bool color)
{
	uint64_t all = run->counts[0] + run->counts[1] + run->counts[2], shown = 0;
	size_t i;

	for (i = 0; i < run->findings.count; i++) {
		const struct finding *f = &run->findings.items[i];

		if (run->options.verbosity < 0 && f->severity != MU_ERROR)
			continue;
		if (!findings_shows(&run->findings, i))
			continue;
		add_finding(run, f, out, color);
		shown++;
	}
	if (shown < all && run->options.verbosity >= 0)
		text_printf(out,
			    "... and %" PRIu64 " more finding%s; --report json lists up to %d "
			    "errors, and as many warnings and notes, of a stage\n",
			    all - shown, mu_plural(all - shown), FINDINGS_KEPT);
}

static void add_balance(struct text *out, const struct balance *t)
{
	size_t i;

	text_add_count(out, t->rows, "row");
	for (i = 0; i < t->n_measures; i++)
		text_printf(out, ", %s %" PRId64 "%s", t->measures[i].name, t->measures[i].sum,
			    t->measures[i].overflow ? " (overflowed)" : "");
}

/* Checks that failed, where the run is valid: all that they are about was rejected. */
static bool fails_rejected(const struct run *run)
{
	return run->status == STATUS_VALID && run->checks[MU_FAIL] && run->withheld.rows &&
	       run->pipeline->on_error == ON_ERROR_REJECT;
}

static void add_summary(const struct run *run, struct text *out, bool color)
{
	static const char *const colors[] = { "\033[1;32m", "\033[1;31m", "\033[1;31m" };
	size_t documents = rejected_count(run).rejected;

	text_printf(out, "%s: %s%s%s: ", run->pipeline->name, paint(color, colors[run->status]),
		    run_status_name(run->status), paint(color, "\033[0m"));
	add_balance(out, &run->dataset);
	if ((run->withheld.rows || documents) && run->pipeline->on_error == ON_ERROR_REJECT) {
		text_puts(out, "; rejected: ");
		if (documents)
			text_add_count(out, documents, "document");
		if (documents && run->withheld.rows)
			text_puts(out, ", ");
		if (run->withheld.rows)
			add_balance(out, &run->withheld);
	}
	text_puts(out, "; ");
	text_add_count(out, run->counts[MU_ERROR], "error");
	text_puts(out, ", ");
	text_add_count(out, run->counts[MU_WARNING], "warning");
	text_printf(out,
		    "; checks: %" PRIu64 " passed, %" PRIu64 " failed%s, %" PRIu64
		    " not evaluated\n",
		    run->checks[MU_PASS], run->checks[MU_FAIL],
		    fails_rejected(run) ? " (rows rejected)" : "", run->checks[MU_UNEVALUATED]);
}

/* What is not in the dataset comes before all else. */
static void add_missing(const struct run *run, struct text *out, bool color)
{
	struct tallied n = rejected_count(run);

	if (!n.rejected)
		return;
	text_printf(out, "%s: %s%s without %zu of %zu document%s%s\n", run->pipeline->name,
		    paint(color, "\033[1;35m"),
		    run->published                ? "published"
		    : run->status == STATUS_VALID ? "valid"
						  : "not published, and read",
		    n.rejected, n.all, mu_plural(n.all), paint(color, "\033[0m"));
}

static void add_pinned(const struct run *run, struct text *out)
{
	if (run->status == STATUS_FAILED) {
		text_puts(out, "nothing was pinned; a former lock is as it was\n");
		return;
	}
	text_puts(out, "  ");
	text_add_visible(out, run->pinned, strlen(run->pinned));
	text_puts(out, " pins ");
	text_add_count(out, run->documents.count, "document");
	text_puts(out, " of ");
	text_add_count(out, run->n_sources, "source");
	text_putc(out, '\n');
}

static void add_outputs(const struct run *run, struct text *out)
{
	size_t i;

	if (run->options.pinning) {
		add_pinned(run, out);
		return;
	}
	if (!run->published) {
		text_puts(out, run->options.select ? "nothing was published: --select runs a part\n"
			       : run->options.dry_run
				       ? "nothing was published: --dry-run\n"
				       : "nothing was published; a former dataset is as it was\n");
		return;
	}
	for (i = 0; i < run->publish.n_outputs; i++) {
		text_puts(out, "  ");
		text_add_visible(out, run->publish.shown, strlen(run->publish.shown));
		text_printf(out, "/%s (", run->publish.outputs[i].path);
		text_add_count(out, run->publish.outputs[i].rows, "row");
		text_puts(out, ", ");
		text_add_count(out, run->publish.outputs[i].bytes, "byte");
		text_puts(out, ")\n");
	}
}

void report_text(const struct run *run, struct text *out, bool color)
{
	add_missing(run, out, color);
	add_findings(run, out, color);
	if (run->options.verbosity >= 0 || run->status != STATUS_VALID) {
		add_summary(run, out, color);
		add_outputs(run, out);
	}
	secrets_redact(&run->pipeline->secrets, out, 0);
}
