#include "element.h"

#include "token.h"

/* By the length of their names; what is frequent is first. */
static const struct element elements[] = {
	{ "a", ELEMENT_LINK, 0 },
	{ "p", ELEMENT_PARAGRAPH, IS_BLOCK },
	{ "s", ELEMENT_STRUCK, 0 },
	{ "td", ELEMENT_CELL, 0 },
	{ "tr", ELEMENT_ROW, 0 },
	{ "th", ELEMENT_CELL, 0 },
	{ "br", ELEMENT_BREAK, IS_EMPTY },
	{ "rt", ELEMENT_MARK, 0 },
	{ "rp", ELEMENT_OTHER, IS_UNSEEN },
	{ "li", ELEMENT_ITEM, IS_BLOCK },
	{ "ul", ELEMENT_LIST, IS_BLOCK },
	{ "ol", ELEMENT_LIST, IS_BLOCK },
	{ "dl", ELEMENT_LIST, IS_BLOCK },
	{ "dt", ELEMENT_ITEM, IS_BLOCK },
	{ "dd", ELEMENT_ITEM, IS_BLOCK },
	{ "hr", ELEMENT_OTHER, IS_EMPTY | IS_BLOCK },
	{ "h1", ELEMENT_HEADING, IS_BLOCK },
	{ "h2", ELEMENT_HEADING, IS_BLOCK },
	{ "h3", ELEMENT_HEADING, IS_BLOCK },
	{ "h4", ELEMENT_HEADING, IS_BLOCK },
	{ "h5", ELEMENT_HEADING, IS_BLOCK },
	{ "h6", ELEMENT_HEADING, IS_BLOCK },
	{ "div", ELEMENT_OTHER, IS_BLOCK },
	{ "sup", ELEMENT_MARK, 0 },
	{ "sub", ELEMENT_LOW, 0 },
	{ "del", ELEMENT_STRUCK, 0 },
	{ "ins", ELEMENT_APART, 0 },
	{ "img", ELEMENT_OTHER, IS_EMPTY },
	{ "pre", ELEMENT_OTHER, IS_BLOCK },
	{ "nav", ELEMENT_OTHER, IS_BLOCK },
	{ "col", ELEMENT_OTHER, IS_EMPTY },
	{ "svg", ELEMENT_OTHER, IS_UNSEEN | IS_SHOWN },
	{ "wbr", ELEMENT_OTHER, IS_EMPTY },
	{ "dir", ELEMENT_LIST, IS_BLOCK },
	{ "xmp", ELEMENT_OTHER, IS_RAW },
	{ "html", ELEMENT_FRAME, 0 },
	{ "head", ELEMENT_FRAME, 0 },
	{ "body", ELEMENT_FRAME, 0 },
	{ "link", ELEMENT_OTHER, IS_EMPTY },
	{ "meta", ELEMENT_OTHER, IS_EMPTY },
	{ "form", ELEMENT_OTHER, IS_BLOCK },
	{ "main", ELEMENT_OTHER, IS_BLOCK },
	{ "menu", ELEMENT_LIST, IS_BLOCK },
	{ "area", ELEMENT_OTHER, IS_EMPTY },
	{ "base", ELEMENT_OTHER, IS_EMPTY },
	{ "math", ELEMENT_OTHER, IS_UNSEEN | IS_SHOWN },
	{ "table", ELEMENT_TABLE, IS_BLOCK },
	{ "small", ELEMENT_APART, 0 },
	{ "tbody", ELEMENT_SECTION, 0 },
	{ "thead", ELEMENT_SECTION, 0 },
	{ "tfoot", ELEMENT_SECTION, 0 },
	{ "input", ELEMENT_OTHER, IS_EMPTY },
	{ "style", ELEMENT_OTHER, IS_RAW },
	{ "title", ELEMENT_OTHER, IS_RAW },
	{ "aside", ELEMENT_OTHER, IS_BLOCK },
	{ "embed", ELEMENT_OTHER, IS_EMPTY },
	{ "param", ELEMENT_OTHER, IS_EMPTY },
	{ "track", ELEMENT_OTHER, IS_EMPTY },
	{ "audio", ELEMENT_OTHER, IS_UNSEEN },
	{ "video", ELEMENT_OTHER, IS_UNSEEN },
	{ "script", ELEMENT_OTHER, IS_RAW },
	{ "strike", ELEMENT_STRUCK, 0 },
	{ "iframe", ELEMENT_OTHER, IS_RAW },
	{ "select", ELEMENT_OTHER, IS_UNSEEN | IS_SHOWN },
	{ "canvas", ELEMENT_OTHER, IS_UNSEEN },
	{ "center", ELEMENT_OTHER, IS_BLOCK },
	{ "figure", ELEMENT_OTHER, IS_BLOCK },
	{ "footer", ELEMENT_OTHER, IS_BLOCK },
	{ "header", ELEMENT_OTHER, IS_BLOCK },
	{ "hgroup", ELEMENT_OTHER, IS_BLOCK },
	{ "dialog", ELEMENT_OTHER, IS_BLOCK },
	{ "search", ELEMENT_OTHER, IS_BLOCK },
	{ "source", ELEMENT_OTHER, IS_EMPTY },
	{ "caption", ELEMENT_CAPTION, 0 },
	{ "section", ELEMENT_OTHER, IS_BLOCK },
	{ "article", ELEMENT_OTHER, IS_BLOCK },
	{ "address", ELEMENT_OTHER, IS_BLOCK },
	{ "details", ELEMENT_OTHER, IS_BLOCK },
	{ "summary", ELEMENT_OTHER, IS_BLOCK },
	{ "listing", ELEMENT_OTHER, IS_BLOCK },
	{ "noembed", ELEMENT_OTHER, IS_RAW },
	{ "colgroup", ELEMENT_COLUMNS, 0 },
	{ "fieldset", ELEMENT_OTHER, IS_BLOCK },
	{ "textarea", ELEMENT_OTHER, IS_RAW | IS_SHOWN },
	{ "template", ELEMENT_OTHER, IS_UNSEEN },
	{ "datalist", ELEMENT_OTHER, IS_UNSEEN },
	{ "noscript", ELEMENT_OTHER, IS_RAW },
	{ "noframes", ELEMENT_OTHER, IS_RAW },
	{ "blockquote", ELEMENT_OTHER, IS_BLOCK },
	{ "figcaption", ELEMENT_OTHER, IS_BLOCK },
};

enum { NAME_LENGTHS = 12 };

/* The first element whose name has so many bytes. */
static const unsigned char by_length[NAME_LENGTHS] = {
	0, 0, 3, 22, 35, 46, 60, 73, 81, 88, 88, 90
};

const struct element *element_find(struct mu_string name)
{
	const struct element *e, *end;

	if (name.len + 1 >= NAME_LENGTHS)
		return NULL;
	end = elements + by_length[name.len + 1];
	for (e = elements + by_length[name.len]; e < end; e++)
		if ((name.data[0] | 0x20) == e->name[0] &&
		    token_same_name(name, (struct mu_string){ e->name, name.len }))
			return e;
	return NULL;
}
