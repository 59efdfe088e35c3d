#include "html.h"

/* Behind white space. */
static const char *space_pass(const char *at, const char *end)
{
	while (at < end && token_is_space(*at))
		at++;
	return at;
}

static bool is_seen(const struct token *tag)
{
	enum token_look look = token_look(tag);

	return !token_is_hidden(tag) && (look == LOOK_PLAIN || look == LOOK_APART);
}

/* Behind a start tag of a name, that has no attribute which anybody asks for; NULL when
 * there is none at hand. */
static const char *tag_pass(const struct page *page, const char *at, const char *end,
			    const char name[2])
{
	struct tokens tokens = { .text = page->tokens.text };
	struct token tag;

	if (end - at < 4 || at[0] != '<' || at[1] != name[0] || at[2] != name[1])
		return NULL;
	if (at[3] == '>')
		return at + 4;
	if (!token_is_space(at[3]))
		return NULL;
	tokens.at = (size_t)(at - tokens.text.data);
	token_next(&tokens, &tag);
	if (tag.kind != TOKEN_START || tag.colspan.data || tag.rowspan.data || !is_seen(&tag))
		return NULL;
	return tokens.text.data + tokens.at;
}

static const char *end_pass(const char *at, const char *end, const char name[2])
{
	if (end - at < 5 || at[0] != '<' || at[1] != '/' || at[2] != name[0] || at[3] != name[1] ||
	    at[4] != '>')
		return NULL;
	return at + 5;
}

/* Whether a byte stands for itself whatever is beside it. */
static bool stands(unsigned char c)
{
	return c > '<' ? c != 0xc2 : c > ' ' && c != '&' && c != '<';
}

/* The text up to the next "<", or all of it, without the white space around it.
 * Within it, one blank between words stands for itself. */
static const char *words_read(const char *at, const char *end, struct cell *cell)
{
	const char *from = at = space_pass(at, end), *last = at, *next;

	for (; at < end && *at != '<'; at = next) {
		for (next = at; next < end && stands((unsigned char)*next);)
			next++;
		cell->truth |= at != from && next != at && (at != last + 1 || *last != ' ');
		if (next != at) {
			last = next;
			continue;
		}
		next = space_pass(at, end);
		if (next != at)
			continue;
		cell->truth = true;
		last = ++next;
	}
	cell->text = (struct mu_string){ from, (size_t)(last - from) };
	return at;
}

/* Whether digits may follow a link's tag, of which somebody has to say that they are none
 * of those before. */
static bool is_edge(const char *at, const char *end)
{
	if (at < end && *at == '<')
		return end - at < 3 || at[1] != '/' || (at[2] | 0x20) != 't';
	return at < end && (*at == '&' || (*at >= '0' && *at <= '9'));
}

/* Behind what stands before the next text of a cell and means nothing to it, or is text
 * after all; NULL when there is no such thing at hand.  `said` is whether there was text. */
static const char *inner_pass(const struct page *page, const char *at, bool said)
{
	const char *end = page->tokens.text.data + page->tokens.text.len;
	struct tokens tokens = { .text = page->tokens.text };
	const struct element *element;
	struct token token;

	tokens.at = (size_t)(at - tokens.text.data);
	token_next(&tokens, &token);
	at = tokens.text.data + tokens.at;
	if (token.kind == TOKEN_TEXT)
		return at;
	if (token.kind == TOKEN_NONE || token_is_hidden(&token) || token_look(&token) ||
	    token.said.len)
		return NULL;
	element = element_find(token.text);
	if (element && element->kind == ELEMENT_LINK && said && is_edge(at, end))
		return NULL;
	if (!element || element->kind == ELEMENT_LINK ||
	    (element->kind == ELEMENT_OTHER && element->is == IS_EMPTY))
		return at;
	return NULL;
}

static const char *cell_read(const struct page *page, const char *at, const char *end,
			     struct cell *out)
{
	char name[2] = { 't', at + 2 < end && at[2] == 'h' ? 'h' : 'd' };
	const char *from = tag_pass(page, at, end, name), *next = NULL;
	bool said = false;
	unsigned inner;

	*out = (struct cell){ .truth = false };
	for (at = from, inner = 0; at && inner <= PLAIN_TAGS; inner++) {
		at = words_read(at, end, out);
		next = end_pass(at, end, name);
		if (next)
			break;
		said |= out->text.len != 0;
		at = inner_pass(page, at, said);
		out->truth = true;
	}
	if (next && inner)
		out->text = (struct mu_string){ from, (size_t)(at - from) };
	out->kind = next && out->text.len ? CELL_TEXT : CELL_BLANK;
	return next;
}

bool plain_row_read(struct page *page, size_t most, struct plain_row *out)
{
	const struct mu_string text = page->tokens.text;
	const char *at = text.data + page->tokens.at, *end = text.data + text.len, *next, *row;

	*out = (struct plain_row){ .n = 0 };
	at = tag_pass(page, at, end, "tr");
	while (at) {
		next = space_pass(at, end);
		out->spaced |= next > at;
		row = end_pass(next, end, "tr");
		if (row) {
			out->end = (size_t)(row - text.data);
			return true;
		}
		if (out->n == most ||
		    !html_room(&page->cells, &page->cells_room, out->n + 1, sizeof *page->cells))
			return false;
		at = cell_read(page, next, end, &page->cells[out->n++]);
	}
	return false;
}
