#include "token.h"

#include <strings.h>

static char lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c | 0x20) : c;
}

static bool is_letter(char c)
{
	return (unsigned char)((c | 0x20) - 'a') < 26;
}

bool token_same_name(struct mu_string a, struct mu_string b)
{
	size_t i = 0;

	if (a.len != b.len)
		return false;
	while (i < a.len && lower(a.data[i]) == lower(b.data[i]))
		i++;
	return i == a.len;
}

static void attribute_keep(struct token *out, struct mu_string name, struct mu_string value)
{
	struct mu_string *into;

	if (token_same_name(name, mu_string("hidden"))) {
		out->hidden = true;
		return;
	}
	if (token_same_name(name, mu_string("colspan")))
		into = &out->colspan;
	else if (token_same_name(name, mu_string("rowspan")))
		into = &out->rowspan;
	else if (token_same_name(name, mu_string("style")))
		into = &out->style;
	else if (token_same_name(name, mu_string("type")))
		into = &out->type;
	else if (token_same_name(name, mu_string("value")) ||
		 token_same_name(name, mu_string("alt")))
		into = &out->said;
	else
		return;
	if (!into->data) /* the first one counts */
		*into = value;
}

/* The value of a property in an attribute style, the last one as that counts; empty when
 * it is not there. */
static struct mu_string style_value(struct mu_string style, const char *property)
{
	struct mu_string value = { "", 0 };
	size_t len = strlen(property), i, at;

	for (i = 0; i + len < style.len; i++) {
		if (strncasecmp(style.data + i, property, len) != 0)
			continue;
		if (i && style.data[i - 1] != ';' && !token_is_space(style.data[i - 1]))
			continue;
		at = i + len;
		while (at < style.len && (token_is_space(style.data[at]) || style.data[at] == ':'))
			at++;
		value = (struct mu_string){ style.data + at, style.len - at };
	}
	return value;
}

static bool begins_with(struct mu_string text, const char *with)
{
	return text.len >= strlen(with) && !strncasecmp(text.data, with, strlen(with));
}

bool token_style_hides(const struct token *token)
{
	return begins_with(style_value(token->style, "display"), "none");
}

enum token_look token_style_look(const struct token *token)
{
	struct mu_string value = style_value(token->style, "visibility");

	if (begins_with(value, "hidden") || begins_with(value, "collapse"))
		return LOOK_UNSEEN;
	value = style_value(token->style, "text-decoration");
	if (!value.len)
		value = style_value(token->style, "text-decoration-line");
	if (begins_with(value, "line-through"))
		return LOOK_STRUCK;
	value = style_value(token->style, "vertical-align");
	if (begins_with(value, "super"))
		return LOOK_RAISED;
	return value.len || style_value(token->style, "position").len ? LOOK_APART : LOOK_PLAIN;
}

static size_t space_skip(struct mu_string text, size_t at)
{
	while (at < text.len && token_is_space(text.data[at]))
		at++;
	return at;
}

/* The value of an attribute that begins at `at`; the end of it, or text.len. */
static size_t value_read(struct mu_string text, size_t at, struct mu_string *out)
{
	const char *end;
	size_t from = at;

	if (at < text.len && (text.data[at] == '"' || text.data[at] == '\'')) {
		end = memchr(text.data + at + 1, text.data[at], text.len - at - 1);
		if (!end)
			return text.len;
		*out = (struct mu_string){ text.data + at + 1, (size_t)(end - text.data) - at - 1 };
		return at + out->len + 2;
	}
	while (at < text.len && text.data[at] != '>' && !token_is_space(text.data[at]))
		at++;
	*out = (struct mu_string){ text.data + from, at - from };
	return at;
}

/* One attribute with its value; where it ends. */
static size_t attribute_read(struct mu_string text, size_t at, struct token *out)
{
	struct mu_string name, value = { "", 0 };
	size_t from = at++, next; /* even a "=" begins a name */

	while (at < text.len && text.data[at] != '=' && text.data[at] != '>' &&
	       text.data[at] != '/' && !token_is_space(text.data[at]))
		at++;
	name = (struct mu_string){ text.data + from, at - from };
	next = space_skip(text, at);
	if (next < text.len && text.data[next] == '=')
		at = value_read(text, space_skip(text, next + 1), &value);
	if (name.len >= 3 && name.len <= 7)
		attribute_keep(out, name, value);
	return at;
}

/* The rest of a tag whose name has ended; where it ends, or text.len when it is cut. */
static size_t tag_rest(struct mu_string text, size_t at, struct token *out)
{
	while (at < text.len && text.data[at] != '>') {
		if (token_is_space(text.data[at])) {
			at++;
		} else if (text.data[at] == '/') {
			at++;
			out->closed = at < text.len && text.data[at] == '>';
		} else {
			at = attribute_read(text, at, out);
		}
	}
	return at;
}

/* A tag whose name begins at `at`.  One that is cut by the end is none. */
static void tag_read(struct tokens *t, size_t at, enum token_kind kind, struct token *out)
{
	struct mu_string text = t->text;
	size_t from = at;

	*out = (struct token){ .kind = kind, .at = t->at };
	while (at < text.len && text.data[at] != '>' && text.data[at] != '/' &&
	       !token_is_space(text.data[at]))
		at++;
	out->text = (struct mu_string){ text.data + from, at - from };
	at = tag_rest(text, at, out);
	if (at >= text.len) {
		out->kind = TOKEN_NONE;
		t->at = text.len;
		return;
	}
	t->at = at + 1;
}

/* Behind the next `end` from `at` on, or the end of the text. */
static size_t pass(struct mu_string text, size_t at, const char *end)
{
	const char *found =
		at < text.len ? memmem(text.data + at, text.len - at, end, strlen(end)) : NULL;

	return found ? (size_t)(found - text.data) + strlen(end) : text.len;
}

/* Where a comment ends that begins at `at`: "<!--". */
static size_t comment_end(struct mu_string text, size_t at)
{
	const char *dashes = text.data + at + 2, *end = text.data + text.len;

	at += 4;
	if (at < text.len && text.data[at] == '>')
		return at + 1;
	if (at + 1 < text.len && text.data[at] == '-' && text.data[at + 1] == '>')
		return at + 2;
	for (dashes += 2; (dashes = memmem(dashes, (size_t)(end - dashes), "--", 2)); dashes++) {
		if (end - dashes > 2 && dashes[2] == '>')
			return (size_t)(dashes - text.data) + 3;
		if (end - dashes > 3 && dashes[2] == '!' && dashes[3] == '>')
			return (size_t)(dashes - text.data) + 4;
	}
	return text.len;
}

/* Whether markup begins with the "<" at `at`. */
static bool is_markup(struct mu_string text, size_t at)
{
	char next;

	if (at + 1 >= text.len)
		return false;
	next = text.data[at + 1];
	if (next == '/')
		return at + 2 < text.len;
	return is_letter(next) || next == '!' || next == '?';
}

/* Where the text that begins at `at` ends. */
static size_t text_end(struct mu_string text, size_t at)
{
	const char *found;

	for (;; at++) {
		found = at < text.len ? memchr(text.data + at, '<', text.len - at) : NULL;
		if (!found)
			return text.len;
		at = (size_t)(found - text.data);
		if (is_markup(text, at))
			return at;
	}
}

/* Passes over markup that says nothing; false when there is a tag at hand. */
static bool markup_pass(struct tokens *t)
{
	struct mu_string text = t->text;
	char next = text.data[t->at + 1];

	if (is_letter(next) || (next == '/' && is_letter(text.data[t->at + 2])))
		return false;
	if (next == '!' && text.len - t->at >= 4 && !memcmp(text.data + t->at, "<!--", 4))
		t->at = comment_end(text, t->at);
	else
		t->at = pass(text, t->at + 2, ">");
	return true;
}

void token_next(struct tokens *t, struct token *out)
{
	struct mu_string text = t->text;
	size_t from;

	while (t->at < text.len && text.data[t->at] == '<' && is_markup(text, t->at))
		if (!markup_pass(t)) {
			bool end = text.data[t->at + 1] == '/';

			tag_read(t, t->at + 1 + end, end ? TOKEN_END : TOKEN_START, out);
			return;
		}
	from = t->at;
	*out = (struct token){ .kind = TOKEN_NONE, .at = from };
	if (from == text.len)
		return;
	t->at = text_end(text, from);
	out->kind = TOKEN_TEXT;
	out->text = (struct mu_string){ text.data + from, t->at - from };
}

void token_skip(struct tokens *t, struct mu_string name)
{
	struct mu_string text = t->text, found;
	size_t at = t->at, end;

	for (;; at++) {
		at = pass(text, at, "</");
		end = at + name.len;
		if (at == text.len || end >= text.len) {
			t->at = text.len;
			return;
		}
		found = (struct mu_string){ text.data + at, name.len };
		if (token_same_name(found, name) &&
		    (token_is_space(text.data[end]) || text.data[end] == '>' ||
		     text.data[end] == '/'))
			break;
		at--; /* the name may begin with what ends another */
	}
	t->at = at - 2;
}
