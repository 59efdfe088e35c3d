#include "word.h"

static void finish(struct word *word, const struct style *style, size_t len)
{
	memcpy(word->text + len, style->end, sizeof style->end);
	len += style->end_len;
	word->len = (int8_t)(len > WORD_COPIED ? -(int)len : (int)len);
}

void word_render(struct word *word, const struct style *style, const struct written_cell *cell)
{
	char space[CELL_ROOM(WORD_MAX)];
	size_t len;

	word->len = 0;
	if (cell->text.len > WORD_MAX || cell->apostrophe)
		return;
	len = (size_t)(cell_write(cell, space) - space);
	if (len + sizeof style->end > WORD_MAX)
		return;
	memcpy(word->text, space, len);
	finish(word, style, len);
}

void word_render_text(struct word *word, const struct style *style, struct mu_string text)
{
	char space[SHORT_TEXT] = { 0 };
	struct written_cell cell;

	if (text.len <= SHORT_TEXT) {
		memcpy(space, text.data, text.len);
		if (is_plain(&style->dialect, (struct mu_string){ space, text.len })) {
			memcpy(word->text, space, sizeof space);
			finish(word, style, text.len);
			return;
		}
	}
	cell = cell_of_text(&style->dialect, text);
	word_render(word, style, &cell);
}
