/*
 * What a parser gave and said, as text that can be compared.
 */
#ifndef TESTS_LINES_H
#define TESTS_LINES_H

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <muster/table.h>

/* Text that grows.  Zeroed is empty. */
struct lines {
	char *text; /* ended by a zero byte, once something was added */
	size_t len, room;
};

__attribute__((format(printf, 2, 3)))
static inline void lines_add(struct lines *lines, const char *fmt, ...)
{
	va_list ap;
	int len;

	for (;;) {
		va_start(ap, fmt);
		len = vsnprintf(lines->text ? lines->text + lines->len : NULL,
				lines->room - lines->len, fmt, ap);
		va_end(ap);
		if (len < 0)
			abort();
		if ((size_t)len < lines->room - lines->len)
			break;
		lines->room = 2 * lines->room + (size_t)len + 64;
		lines->text = realloc(lines->text, lines->room);
		if (!lines->text)
			abort();
	}
	lines->len += (size_t)len;
}

/* Whatever the text holds: zero bytes too. */
static inline void lines_add_text(struct lines *lines, struct mu_string text)
{
	lines_add(lines, "%*s", (int)text.len, "");
	if (text.len)
		memcpy(lines->text + lines->len - text.len, text.data, text.len);
}

/* "code @position [field] 'value': message". */
__attribute__((format(printf, 3, 0)))
static inline void lines_add_finding(struct lines *lines, const struct mu_finding *finding,
				     const char *fmt, va_list ap)
{
	char message[1024];
	va_list again;

	va_copy(again, ap);
	vsnprintf(message, sizeof message, fmt, again);
	va_end(again);
	lines_add(lines, "%s @%" PRIu64 " [%s] '", finding->code, mu_at_position(finding->at),
		  finding->field ? finding->field : "");
	lines_add_text(lines, (struct mu_string){ finding->value, finding->value_len });
	lines_add(lines, "': %s\n", message);
}

/* A line for each row: its cells with "|" behind each, or "~" for one that is null, then
 * "@position", and the name of the claim that it is. */
static inline void lines_add_batch(struct lines *lines, const struct ArrowSchema *schema,
				   const struct ArrowArray *batch)
{
	struct mu_rows hidden = mu_rows(schema, batch);
	char space[MU_FORMAT_MAX];
	struct mu_column column;
	int64_t row, i;

	for (row = 0; row < batch->length; row++) {
		for (i = 0; i < mu_schema_visible(schema); i++) {
			column = mu_column(schema, batch, i);
			if (!mu_null(&column, row))
				lines_add_text(lines, mu_format(&column, row, space));
			lines_add(lines, mu_null(&column, row) ? "~" : "|");
		}
		lines_add(lines, "@%" PRIu64, mu_at_position(mu_row_at(&hidden, row)));
		if (mu_row_is_claim(&hidden, row)) {
			lines_add(lines, " ");
			lines_add_text(lines, mu_get_string(&hidden.claim, row));
		}
		lines_add(lines, "\n");
	}
}

#endif
