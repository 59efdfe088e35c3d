#include "cells.h"

#include <stdlib.h>

#include "text/utf8.h"

/*
 * Rows as programs write them:
 *
 *     <row r="2" spans="1:3"><c r="A2" s="1" t="s"><v>7</v></c><c r="B2"/></row>
 *
 * A row is read to its end before anything is done with it, so that one with anything
 * else in it is left as it is, for expat.  That goes for all that XML makes an error
 * or writes in other ways: other elements, white space between them, entities but the
 * five that have a name, names with a prefix that means nothing.
 */

enum { ATTRIBUTES = 16, NAME_MOST = 32 };

/* Bytes that are left of those at hand. */
struct scan {
	const struct xml *xml;
	char *at, *end;
};

/* Whether a text is there; then it is passed. */
static bool pass(struct scan *s, const char *text, size_t len)
{
	if ((size_t)(s->end - s->at) < len || memcmp(s->at, text, len) != 0)
		return false;
	s->at += len;
	return true;
}

#define PASS(s, text) pass((s), (text), sizeof(text) - 1)

static bool is_letter(char c)
{
	return (c | 0x20) >= 'a' && (c | 0x20) <= 'z';
}

/* A name with or without a prefix, up to its =. */
static bool pass_name(struct scan *s, struct plain_text *out)
{
	const char *colon = NULL;

	*out = (struct plain_text){ s->at, s->at };
	if (s->at == s->end || !is_letter(*s->at))
		return false;
	for (; s->at < s->end && *s->at != '='; s->at++) {
		if (*s->at == ':' && !colon && s->at + 1 < s->end && is_letter(s->at[1]))
			colon = s->at;
		else if (!is_letter(*s->at) && !(*s->at >= '0' && *s->at <= '9'))
			return false;
	}
	out->end = s->at;
	if (out->end - out->at > NAME_MOST)
		return false;
	if (!colon)
		return out->end - out->at != 5 || memcmp(out->at, "xmlns", 5) != 0;
	return colon - out->at == 3 && !memcmp(out->at, "xml", 3)
		       ? false
		       : xml_has_prefix(s->xml, out->at, (size_t)(colon - out->at));
}

/* Letters, digits and signs of ASCII that stand for themselves. */
static bool pass_value(struct scan *s, struct plain_text *out)
{
	if (!PASS(s, "=\""))
		return false;
	out->at = s->at;
	while (s->at < s->end && *s->at >= ' ' && *s->at < 0x7f && *s->at != '"' && *s->at != '<' &&
	       *s->at != '&')
		s->at++;
	out->end = s->at;
	return PASS(s, "\"");
}

/* Attributes up to > or />, none of them twice; those of a letter, by that. */
static bool pass_attributes(struct scan *s, struct plain_text *r, struct plain_text *style,
			    struct plain_text *type, struct plain_text *hidden)
{
	struct plain_text names[ATTRIBUTES], value;
	size_t n, i, len;

	for (n = 0; PASS(s, " "); n++) {
		if (n == ATTRIBUTES || !pass_name(s, &names[n]) || !pass_value(s, &value))
			return false;
		len = (size_t)(names[n].end - names[n].at);
		for (i = 0; i < n; i++)
			if ((size_t)(names[i].end - names[i].at) == len &&
			    !memcmp(names[i].at, names[n].at, len))
				return false;
		if (len == 1 && *names[n].at == 'r')
			*r = value;
		else if (len == 1 && *names[n].at == 's')
			*style = value;
		else if (len == 1 && *names[n].at == 't')
			*type = value;
		else if (len == 6 && !memcmp(names[n].at, "hidden", 6))
			*hidden = value;
		else if (len == 2 && !memcmp(names[n].at, "ht", 2) && value.at < value.end &&
			 *value.at == '0')
			return false; /* a row of no height */
	}
	return true;
}

/* How many bytes a character beyond ASCII has, if it is one that XML may have; else 0. */
static size_t character_length(const char *text, size_t left)
{
	size_t len = utf8_character(text, left);

	return len == 3 && memcmp(text, "\xef\xbf\xbd", 3) > 0 ? 0 : len;
}

/* Text up to the next <. */
static bool pass_text(struct scan *s, struct plain_text *out, bool *escapes)
{
	size_t len;

	out->at = s->at;
	while (s->at < s->end && *s->at != '<') {
		unsigned char c = (unsigned char)*s->at;

		len = c < 0x80 ? (c >= ' ' || c == '\n' || c == '\t') && c != ']'
			       : character_length(s->at, (size_t)(s->end - s->at));
		if (!len)
			return false;
		*escapes |= c == '&';
		s->at += len;
	}
	out->end = s->at;
	return true;
}

/* The character of an entity, if it is one with a name; what it is written in. */
static size_t entity_length(const char *at, size_t left, char *out)
{
	static const struct {
		char text[8], character;
	} entities[] = {
		{ "&amp;", '&' },  { "&lt;", '<' },    { "&gt;", '>' },
		{ "&quot;", '"' }, { "&apos;", '\'' },
	};
	size_t i, len;

	for (i = 0; i < sizeof entities / sizeof *entities; i++) {
		len = strlen(entities[i].text);
		if (len <= left && !memcmp(at, entities[i].text, len)) {
			*out = entities[i].character;
			return len;
		}
	}
	return 0;
}

static bool entities_are_plain(const struct plain_text *text)
{
	const char *at = text->at;
	char character;

	while ((at = memchr(at, '&', (size_t)(text->end - at)))) {
		size_t len = entity_length(at, (size_t)(text->end - at), &character);

		if (!len)
			return false;
		at += len;
	}
	return true;
}

static bool pass_formula(struct scan *s, struct plain_cell *cell)
{
	struct plain_text none, text;
	bool escapes = false;

	cell->formula = true;
	if (!pass_attributes(s, &none, &none, &none, &none))
		return false;
	if (PASS(s, "/>"))
		return true;
	return PASS(s, ">") && pass_text(s, &text, &escapes) &&
	       (!escapes || entities_are_plain(&text)) && PASS(s, "</f>");
}

/* Whether the text of a cell stands in it, and not in what others share. */
static bool is_in_line(const struct plain_cell *cell)
{
	static const char type[] = "inlineStr";

	return cell->type.end - cell->type.at == sizeof type - 1 &&
	       !memcmp(cell->type.at, type, sizeof type - 1);
}

/* What is in a cell, up to its end. */
static bool pass_content(struct scan *s, struct plain_cell *cell)
{
	if (PASS(s, "<f") && !pass_formula(s, cell))
		return false;
	if (PASS(s, "<v>")) {
		cell->has_value = pass_text(s, &cell->value, &cell->escapes) && PASS(s, "</v>");
		if (!cell->has_value || is_in_line(cell))
			return false;
	} else if (PASS(s, "<is><t>") || PASS(s, "<is><t xml:space=\"preserve\">")) {
		cell->has_value =
			pass_text(s, &cell->value, &cell->escapes) && PASS(s, "</t></is>");
		if (!cell->has_value || !is_in_line(cell))
			return false;
	}
	return (!cell->escapes || entities_are_plain(&cell->value)) && PASS(s, "</c>");
}

static bool cells_room(struct plain_cells *cells)
{
	size_t room = cells->room ? 2 * cells->room : 64;
	struct plain_cell *grown;

	if (cells->n < cells->room)
		return true;
	grown = realloc(cells->items, room * sizeof *grown);
	if (!grown)
		return false;
	cells->items = grown;
	cells->room = room;
	return true;
}

static bool pass_cells(struct scan *s, struct plain_cells *cells)
{
	struct plain_text none;
	struct plain_cell *cell;

	for (cells->n = 0; PASS(s, "<c"); cells->n++) {
		if (!cells_room(cells))
			return false;
		cell = &cells->items[cells->n];
		*cell = (struct plain_cell){ .formula = false };
		if (!pass_attributes(s, &cell->ref, &cell->style, &cell->type, &none))
			return false;
		if (!PASS(s, "/>") && (!PASS(s, ">") || !pass_content(s, cell)))
			return false;
	}
	return true;
}

/* Makes a text of a value in the bytes at hand, over the quote that ends it. */
static const char *text_end(const struct plain_text *text)
{
	if (text->at)
		*text->end = '\0';
	return text->at;
}

/* Is given as one would be that expat has read. */
static void value_give(struct xml *xml, const struct plain_cell *cell)
{
	const char *at = cell->value.at, *next;
	char character;

	while (cell->escapes && (next = memchr(at, '&', (size_t)(cell->value.end - at)))) {
		xml_text_add(xml, at, (size_t)(next - at));
		at = next + entity_length(next, (size_t)(cell->value.end - next), &character);
		xml_text_add(xml, &character, 1);
	}
	xml_text_add(xml, at, (size_t)(cell->value.end - at));
}

static void cell_give(struct xml *xml, const struct plain_cell *cell)
{
	xml->values[REF] = text_end(&cell->ref);
	xml->values[STYLE] = text_end(&cell->style);
	xml->values[TYPE] = text_end(&cell->type);
	cells_start(xml, C);
	if (xml->stopped)
		return;
	if (cell->formula)
		cells_start(xml, F);
	if (cell->has_value) {
		cells_start(xml, is_in_line(cell) ? IS : V);
		value_give(xml, cell);
		cells_end(xml, V);
	}
	cells_end(xml, C);
}

static void row_give(struct xml *xml, const struct plain_cells *cells, const struct plain_text *ref,
		     const struct plain_text *hidden)
{
	size_t i;

	xml->depth++;
	memset(xml->values, 0, sizeof xml->values);
	xml->values[REF] = text_end(ref);
	xml->values[HIDDEN] = text_end(hidden);
	cells_start(xml, ROW);
	for (i = 0; i < cells->n && !xml->stopped; i++)
		cell_give(xml, &cells->items[i]);
	if (!xml->stopped)
		cells_end(xml, ROW);
	xml->depth--;
}

size_t plain_take(struct xml *xml, char *bytes, size_t len)
{
	struct self *self = xml->user;
	struct scan s = { xml, bytes, bytes + len };
	char *taken = bytes;

	if (xml->depth != self->data_depth)
		return 0;
	while (!xml->paused && !xml->stopped) {
		struct plain_text ref = { NULL, NULL }, hidden = { NULL, NULL }, none;

		while (s.at < s.end && (*s.at == '\n' || *s.at == ' '))
			s.at++;
		if (!PASS(&s, "<row") || !pass_attributes(&s, &ref, &none, &none, &hidden))
			break;
		self->plain.n = 0;
		if (!PASS(&s, "/>") &&
		    (!PASS(&s, ">") || !pass_cells(&s, &self->plain) || !PASS(&s, "</row>")))
			break;
		taken = s.at;
		row_give(xml, &self->plain, &ref, &hidden);
	}
	return (size_t)(taken - bytes);
}
