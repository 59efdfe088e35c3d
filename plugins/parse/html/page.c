#include "html.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

enum {
	CHILD_NAMES = 64, /* of children that are counted; others are one */
	TOKENS = 1 << 16, /* between two looks at whether the run is to stop */
};

bool html_room(void *items, size_t *room, size_t n, size_t size)
{
	char **array = items, *grown;
	size_t more;

	if (n <= *room)
		return true;
	more = n + n / 2 + 8;
	grown = reallocarray(*array, more, size);
	if (!grown)
		return false;
	memset(grown + *room * size, 0, (more - *room) * size);
	*array = grown;
	*room = more;
	return true;
}

static struct open *top(struct page *page)
{
	return &page->stack[page->n - 1];
}

/* The innermost table, or NULL. */
static struct table *table_of(struct page *page)
{
	return page->n_tables ? &page->tables[page->n_tables - 1] : NULL;
}

static enum element_kind kind_of(const struct open *open)
{
	return open->element ? (enum element_kind)open->element->kind : ELEMENT_OTHER;
}

/* Counts one more child of an element; the how-manieth of its name it is. */
static uint32_t child_count(struct open *parent, struct mu_string name)
{
	size_t i = 0;

	while (i < parent->n_children && !token_same_name(parent->children[i].name, name))
		i++;
	if (i == CHILD_NAMES)
		return ++parent->children[i - 1].count;
	if (i == parent->n_children) {
		if (!html_room(&parent->children, &parent->children_room, i + 1,
			       sizeof *parent->children))
			return 0;
		parent->children[parent->n_children++] = (struct child){ name, 0 };
	}
	return ++parent->children[i].count;
}

/* Puts text before what stands in a path. */
static size_t path_put(struct path *out, size_t at, const char *text, size_t len)
{
	size_t i;

	for (i = len; i && at; i--) {
		unsigned char c = (unsigned char)text[i - 1];

		/* A name may be anything; here it is one of ASCII. */
		if (c >= 'A' && c <= 'Z')
			c |= 0x20;
		out->text[--at] = (char)(c > ' ' && c < 0x7f ? c : '_');
	}
	return at;
}

void page_path(const struct page *page, size_t level, struct path *out)
{
	static const char root[] = "/html/body";
	char nth[16];
	size_t at = sizeof out->text - 1;

	out->text[at] = '\0';
	for (; level; level--) {
		const struct open *open = &page->stack[level];

		snprintf(nth, sizeof nth, "[%" PRIu32 "]", open->nth);
		at = path_put(out, at, nth, strlen(nth));
		at = path_put(out, at, open->name.data, open->name.len);
		at = path_put(out, at, "/", 1);
	}
	at = path_put(out, at, root, sizeof root - 1);
	if (!at && *out->text != '/')
		memcpy(out->text, "...", 3);
	memmove(out->text, out->text + at, sizeof out->text - at);
}

static int report_depth(struct mu_ctx *ctx, struct page *page)
{
	struct mu_finding deep = { .code = "too-deep" };

	page->ended = page->stopped = true;
	return mu_report(ctx, deep, "more than %d elements are open, each in the one before",
			 DEPTH_MAX);
}

static int push(struct mu_ctx *ctx, struct page *page, const struct token *token,
		const struct element *element, uint32_t nth)
{
	struct open *open, *parent;

	if (page->n == DEPTH_MAX)
		return report_depth(ctx, page);
	if (!html_room(&page->stack, &page->room, page->n + 1, sizeof *page->stack))
		return html_out_of_memory(ctx);
	open = &page->stack[page->n++];
	parent = open - 1;
	open->name = token->text;
	open->element = element;
	open->owner = parent->owner;
	open->silent = parent->silent;
	open->hidden = parent->hidden;
	open->raised = parent->raised;
	open->struck = parent->struck;
	open->apart = false;
	open->floor = parent->floor;
	open->nth = nth;
	open->n_children = 0;
	return 0;
}

/* Digits that follow in the cell at hand are none of those before. */
static void edge(struct page *page, enum prose_edge edge)
{
	struct table *table = table_of(page);

	if (top(page)->owner == OWNER_CELL && table->in_cell)
		table->texts.edge = edge;
}

/* What the end of the element on top means. */
static int leave(struct mu_ctx *ctx, struct self *self)
{
	struct page *page = &self->page;
	struct table *table = table_of(page);
	size_t level = page->n - 1;
	int err = 0;

	if (level == page->heading_level)
		page->heading_level = 0;
	if (top(page)->apart)
		edge(page, EDGE_DIGIT);
	if (table && level == table->level)
		err = table_end(ctx, self, table);
	else if (table && level == table->section)
		err = table_section_end(ctx, self, table);
	else if (table && level == table->row)
		err = table_row_end(ctx, self, table);
	else if (table && level == table->cell)
		err = table_cell_end(ctx, self, table);
	else if (table && level == table->caption_level)
		table->caption_level = 0;
	page->n--;
	return err;
}

/* Ends elements until so many are open. */
static int pop_to(struct mu_ctx *ctx, struct self *self, size_t n)
{
	int err = 0;

	while (!err && self->page.n > n)
		err = leave(ctx, self);
	return err;
}

/* The index in the stack of the nearest open element of a kind, not beyond a list if
 * `in_list`, and never beyond the floor; or 0. */
static size_t find_kind(struct page *page, enum element_kind kind, bool in_list)
{
	size_t level, floor = top(page)->floor;

	for (level = page->n - 1; level > floor; level--) {
		if (kind_of(&page->stack[level]) == kind)
			return level;
		if (in_list && kind_of(&page->stack[level]) == ELEMENT_LIST)
			break;
	}
	return 0;
}

static void space(struct page *page, enum prose_gap gap)
{
	struct table *table = table_of(page);
	struct open *open = top(page);

	if (open->silent)
		return;
	if (page->heading_level)
		prose_space(&page->heading, gap);
	if (open->owner == OWNER_CELL && table->in_cell)
		prose_space(&table->texts, gap);
	else if (open->owner == OWNER_CAPTION)
		prose_space(&table->caption, gap);
}

static int table_start(struct mu_ctx *ctx, struct self *self, const struct token *token,
		       const struct element *element)
{
	struct page *page = &self->page;
	struct table *table = table_of(page);
	uint32_t nth;
	int err = 0;

	/* Where only rows can be, a table ends the one around it. */
	if (table && top(page)->owner == OWNER_TABLE)
		err = pop_to(ctx, self, table->level);
	if (err)
		return err;
	space(page, GAP_LINE);
	nth = page->locating ? child_count(top(page), token->text) : 0;
	err = push(ctx, page, token, element, nth);
	if (err || page->ended)
		return err;
	if (token_is_hidden(token) || token_look(token) == LOOK_UNSEEN)
		top(page)->hidden = true;
	top(page)->owner = OWNER_TABLE;
	top(page)->silent = false;
	top(page)->floor = page->n - 1;
	return table_begin(ctx, self);
}

/* Ends what a part of a table cannot be in. */
static int part_prepare(struct mu_ctx *ctx, struct self *self, struct table *table,
			enum element_kind kind)
{
	size_t level = table->level;
	int err;

	if (kind == ELEMENT_CELL && table->row)
		level = table->row;
	else if ((kind == ELEMENT_CELL || kind == ELEMENT_ROW) && table->section)
		level = table->section;
	err = pop_to(ctx, self, level + 1);
	/* A row that has no tag of its own. */
	if (!err && kind != ELEMENT_CELL && table->in_row)
		err = table_row_end(ctx, self, table);
	return err;
}

static int part_begin(struct mu_ctx *ctx, struct self *self, struct table *table,
		      const struct token *token, enum element_kind kind)
{
	struct page *page = &self->page;
	bool hidden = token_is_hidden(token) ||
		      (kind != ELEMENT_CELL && token_look(token) == LOOK_UNSEEN);
	size_t level = page->n - 1;

	switch (kind) {
	case ELEMENT_SECTION:
		table->section = level;
		table->section_hidden = hidden;
		table->in_foot = token_same_name(token->text, mu_string("tfoot"));
		return 0;
	case ELEMENT_ROW:
		table->row = level;
		return table_row_begin(ctx, self, table, token->at, hidden);
	case ELEMENT_CELL:
		table->cell = level;
		top(page)->floor = level;
		top(page)->owner = OWNER_CELL;
		top(page)->silent = hidden || token_look(token) == LOOK_UNSEEN;
		top(page)->hidden |= top(page)->silent;
		top(page)->raised = false;
		top(page)->struck = token_look(token) == LOOK_STRUCK;
		return table_cell_begin(ctx, self, table, token, hidden);
	case ELEMENT_CAPTION:
		table->caption_level = level;
		top(page)->floor = level;
		top(page)->owner = OWNER_CAPTION;
		prose_clear(&table->caption);
		prose_begin(&table->caption, HEADING_BYTES);
		return 0;
	default:
		return 0;
	}
}

static int part_start(struct mu_ctx *ctx, struct self *self, const struct token *token,
		      const struct element *element)
{
	struct page *page = &self->page;
	struct table *table = table_of(page);
	enum element_kind kind = (enum element_kind)element->kind;
	uint32_t nth;
	int err;

	if (!table)
		return 0;
	err = part_prepare(ctx, self, table, kind);
	if (!err && kind == ELEMENT_CELL && !table->in_row)
		err = table_row_begin(ctx, self, table, token->at, false);
	if (err)
		return err;
	nth = page->locating ? child_count(top(page), token->text) : 0;
	err = push(ctx, page, token, element, nth);
	if (err || page->ended)
		return err;
	return part_begin(ctx, self, table, token, kind);
}

/* The end tag of a table, or of one of its parts. */
static int part_stop(struct mu_ctx *ctx, struct self *self, const struct element *element)
{
	struct table *table = table_of(&self->page);
	size_t level;

	if (!table)
		return 0;
	switch (element->kind) {
	case ELEMENT_TABLE:
		table->ended = true;
		level = table->level;
		break;
	case ELEMENT_SECTION:
		level = table->section;
		break;
	case ELEMENT_ROW:
		level = table->row;
		if (!level && table->in_row)
			return part_prepare(ctx, self, table, ELEMENT_ROW);
		break;
	case ELEMENT_CELL:
		level = table->cell;
		break;
	case ELEMENT_CAPTION:
		level = table->caption_level;
		break;
	default:
		level = 0;
		break;
	}
	if (!level || self->page.stack[level].element != element)
		return 0;
	return pop_to(ctx, self, level);
}

static bool is_part(const struct element *element)
{
	return element && element->kind > ELEMENT_TABLE && element->kind <= ELEMENT_CELL;
}

/* Takes an element out of the stack though others in it stay open. */
static void take_out(struct page *page, size_t level)
{
	struct open gone = page->stack[level];

	page->n--;
	memmove(&page->stack[level], &page->stack[level + 1],
		(page->n - level) * sizeof *page->stack);
	page->stack[page->n] = gone;
}

/* Ends elements that cannot be open around an element. */
static int imply_ends(struct mu_ctx *ctx, struct self *self, const struct element *element)
{
	struct page *page = &self->page;
	size_t level = 0;
	int err = 0;

	if (element->kind == ELEMENT_LINK) {
		level = find_kind(page, ELEMENT_LINK, false);
		if (level > page->heading_level)
			take_out(page, level);
		return 0;
	}
	if (element->kind == ELEMENT_ITEM)
		level = find_kind(page, ELEMENT_ITEM, true);
	if (element->kind == ELEMENT_HEADING && kind_of(top(page)) == ELEMENT_HEADING)
		level = page->n - 1;
	if (level)
		err = pop_to(ctx, self, level);
	level = err ? 0 : find_kind(page, ELEMENT_PARAGRAPH, false);
	return level ? pop_to(ctx, self, level) : err;
}

/* Whether a text as the page has it has a digit outside of references to characters. */
static bool has_number(struct mu_string text)
{
	bool reference = false;

	for (size_t i = 0; i < text.len; i++) {
		char c = text.data[i];

		if (!reference && c >= '0' && c <= '9')
			return true;
		reference = c == '&' || (reference && c != ';' && !token_is_space(c));
	}
	return false;
}

/* Looks at what a cell has and is not read: `shown` is whether somebody sees it. */
static void unread_note(struct self *self, struct mu_string text, bool shown)
{
	struct page *page = &self->page;
	struct table *table = table_of(page);

	if (page->locating || top(page)->owner != OWNER_CELL || table->state == TABLE_OTHER ||
	    !has_number(text))
		return;
	if (shown && !top(page)->hidden)
		table->shown = true;
	else if (!table->unread++)
		table->unread_row = table->rows;
}

/* Looks at an element that shows something without content. */
static void empty_note(struct self *self, const struct token *token)
{
	static const char *const shapes[] = { "checkbox", "radio", "image", "file", "color" };
	struct table *table = table_of(&self->page);
	size_t i = 0;

	if (!table || !token->said.len || table->state == TABLE_OTHER)
		return;
	if (token_same_name(token->text, mu_string("img"))) {
		table->pictured |= table->in_cell && !top(&self->page)->hidden &&
				   !token_is_hidden(token) && has_number(token->said);
		return;
	}
	while (i < sizeof shapes / sizeof *shapes &&
	       !token_same_name(token->type, mu_string(shapes[i])))
		i++;
	if (token_same_name(token->text, mu_string("input")) && i == sizeof shapes / sizeof *shapes)
		unread_note(self, token->said,
			    !token_is_hidden(token) && token_look(token) != LOOK_UNSEEN &&
				    !token_same_name(token->type, mu_string("hidden")));
}

/* What follows from the tag of an element that is open now. */
static void enter(struct self *self, const struct token *token, const struct element *element)
{
	struct page *page = &self->page;
	struct open *open = top(page);
	enum element_kind kind = kind_of(open);
	enum token_look look = token_look(token);
	bool listened =
		open->owner == OWNER_CELL || open->owner == OWNER_CAPTION || page->heading_level;

	if (element && element->kind == ELEMENT_HEADING && !page->heading_level) {
		page->heading_level = page->n - 1;
		prose_clear(&page->heading);
		prose_begin(&page->heading, HEADING_BYTES);
	}
	open->hidden |= token_is_hidden(token) || look == LOOK_UNSEEN;
	if (listened && token_is_hidden(token))
		open->silent = true;
	if (listened && look == LOOK_UNSEEN) {
		space(page, GAP_BLANK);
		open->silent = true;
	}
	if (kind == ELEMENT_MARK && token_same_name(token->text, mu_string("rt")))
		space(page, GAP_BLANK);
	if (kind == ELEMENT_MARK || look == LOOK_RAISED)
		open->raised = true;
	if (listened && open->raised && self->footnotes)
		open->silent = true;
	if (kind == ELEMENT_STRUCK || look == LOOK_STRUCK)
		open->struck = true;
	open->apart = kind == ELEMENT_LINK || kind >= ELEMENT_MARK || look != LOOK_PLAIN;
	if (open->apart)
		edge(page, kind == ELEMENT_LOW ? EDGE_DIGIT : EDGE_WORD);
}

static int start(struct mu_ctx *ctx, struct self *self, const struct token *token)
{
	struct page *page = &self->page;
	const struct element *element = element_find(token->text);
	uint32_t nth;
	int err = 0;

	if (page->unseen) {
		page->unseen_depth += element == page->unseen && !token->closed;
		if (element && element->is & IS_RAW && !token->closed)
			token_skip(&page->tokens, token->text);
		return 0;
	}
	if (element && element->kind == ELEMENT_FRAME)
		return 0;
	if (element && element->is & IS_BLOCK)
		err = imply_ends(ctx, self, element);
	else if (element && element->kind == ELEMENT_LINK)
		err = imply_ends(ctx, self, element);
	if (err)
		return err;
	if (element && element->kind == ELEMENT_TABLE)
		return table_start(ctx, self, token, element);
	if (is_part(element))
		return part_start(ctx, self, token, element);
	nth = page->locating ? child_count(top(page), token->text) : 0;
	if (element && (element->is & IS_BLOCK || element->kind == ELEMENT_BREAK))
		space(page, GAP_LINE);
	if (element && element->is & IS_RAW) {
		size_t from = page->tokens.at;

		token_skip(&page->tokens, token->text);
		if (element->is & IS_SHOWN)
			unread_note(self,
				    (struct mu_string){ self->text.data + from,
							page->tokens.at - from },
				    !token_is_hidden(token));
	}
	if (element && element->is & IS_EMPTY)
		empty_note(self, token);
	if (element && element->is & IS_UNSEEN && !token->closed) {
		page->unseen = element;
		page->unseen_depth = 1;
	}
	if (element && element->is & (IS_RAW | IS_UNSEEN | IS_EMPTY))
		return 0;
	err = push(ctx, page, token, element, nth);
	if (!err && !page->ended)
		enter(self, token, element);
	return err;
}

/* The index in the stack of the element that an end tag ends, or 0. */
static size_t find_ended(struct page *page, const struct token *token,
			 const struct element *element)
{
	size_t level, floor = top(page)->floor;

	for (level = page->n - 1; level > floor; level--) {
		const struct open *open = &page->stack[level];

		if (element ? open->element == element : token_same_name(open->name, token->text))
			return level;
		if (element && element->kind == ELEMENT_HEADING && kind_of(open) == ELEMENT_HEADING)
			return level;
		/* Only the end of a block reaches beyond a block. */
		if (open->element && open->element->is & IS_BLOCK &&
		    !(element && element->is & IS_BLOCK))
			return 0;
	}
	return 0;
}

static int stop(struct mu_ctx *ctx, struct self *self, const struct token *token)
{
	struct page *page = &self->page;
	const struct element *element = element_find(token->text);
	size_t level;
	int err;

	if (page->unseen) {
		if (element == page->unseen && !--page->unseen_depth)
			page->unseen = NULL;
		return 0;
	}
	if (element && (element->kind == ELEMENT_TABLE || is_part(element)))
		return part_stop(ctx, self, element);
	if (element && element->kind == ELEMENT_BREAK) {
		space(page, GAP_LINE);
		return 0;
	}
	level = find_ended(page, token, element);
	err = level ? pop_to(ctx, self, level) : 0;
	if (!err && level && element && element->is & IS_BLOCK)
		space(page, GAP_LINE);
	return err;
}

static void cell_add(struct prose *texts, struct mu_string text, bool raised)
{
	texts->raised = raised;
	prose_add(texts, text);
	texts->raised = false;
}

static void text_add(struct self *self, struct mu_string text)
{
	struct page *page = &self->page;
	struct table *table = table_of(page);
	struct open *open = top(page);

	if (page->unseen) {
		unread_note(self, text, page->unseen->is & IS_SHOWN);
		return;
	}
	if (open->silent) {
		if (open->hidden || !open->raised)
			unread_note(self, text, false);
		return;
	}
	if (open->struck && self->struck != STRUCK_KEEP && open->owner == OWNER_CELL) {
		table->struck |= table->in_cell && mu_trim(text).len;
		return;
	}
	if (page->heading_level)
		prose_add(&page->heading, text);
	if (open->owner == OWNER_CAPTION)
		prose_add(&table->caption, text);
	else if (open->owner == OWNER_CELL && table->in_cell)
		cell_add(&table->texts, text, open->raised);
	else if (open->owner == OWNER_TABLE && table->state != TABLE_OTHER)
		prose_add(&table->stray, text);
}

int page_begin(struct mu_ctx *ctx, struct self *self, bool locating)
{
	struct page *page = &self->page;

	page->tokens = (struct tokens){ .text = self->text };
	page->n = page->n_tables = 0;
	page->unseen = NULL;
	page->heading_level = 0;
	prose_clear(&page->heading);
	page->count = page->repeated = 0;
	page->ended = page->stopped = page->found = false;
	page->locating = locating;
	if (!html_room(&page->stack, &page->room, 1, sizeof *page->stack))
		return html_out_of_memory(ctx);
	page->n = 1;
	page->stack[0].element = NULL;
	page->stack[0].owner = OWNER_NONE;
	page->stack[0].silent = page->stack[0].raised = page->stack[0].hidden = false;
	page->stack[0].struck = page->stack[0].apart = false;
	page->stack[0].floor = 0;
	page->stack[0].n_children = 0;
	return 0;
}

static int page_end(struct mu_ctx *ctx, struct self *self)
{
	self->page.ended = true;
	return pop_to(ctx, self, 1);
}

/* Whether there is something to be done before more is read. */
static bool is_enough(const struct self *self)
{
	const struct page *page = &self->page;

	if (page->locating)
		return page->found;
	return page->seeking ? self->meant : tables_full(self->rows);
}

static int token_take(struct mu_ctx *ctx, struct self *self, const struct token *token)
{
	switch (token->kind) {
	case TOKEN_NONE:
		return page_end(ctx, self);
	case TOKEN_TEXT:
		text_add(self, token->text);
		return 0;
	case TOKEN_START:
		return start(ctx, self, token);
	default:
		return stop(ctx, self, token);
	}
}

/* Whether a row that begins at hand could be taken as a whole: nothing but its table is
 * open, and all that follows from its tags is the row. */
static bool is_ready_for_row(const struct self *self)
{
	const struct page *page = &self->page;
	const struct table *table = page->n_tables ? &page->tables[page->n_tables - 1] : NULL;

	return table && page->n - 1 == (table->section ? table->section : table->level) &&
	       page->n + PLAIN_DEPTH <= DEPTH_MAX && !page->locating && !page->unseen &&
	       !page->heading_level && !self->stepwise && table_takes_rows(self, table);
}

/* Takes what is at hand: a row as a whole, or one tag or text. */
static int next_take(struct mu_ctx *ctx, struct self *self)
{
	struct page *page = &self->page;
	struct plain_row row;
	struct token token;
	int err = 0;

	if (is_ready_for_row(self) &&
	    plain_row_read(page, (size_t)self->options.max_columns, &row)) {
		if (row.end > self->checked)
			err = source_check(ctx, self, row.end);
		if (!err && !self->unreadable)
			err = table_row_take(ctx, self, table_of(page), &row);
		page->tokens.at = row.end;
		return err;
	}
	token_next(&page->tokens, &token);
	if (page->tokens.at > self->checked)
		err = source_check(ctx, self, page->tokens.at);
	return err || self->unreadable ? err : token_take(ctx, self, &token);
}

int page_read(struct mu_ctx *ctx, struct self *self)
{
	unsigned n;
	int err = 0;

	for (n = 1; !err && !self->page.ended && !is_enough(self); n++) {
		err = next_take(ctx, self);
		if (!err && n % TOKENS == 0 && mu_cancelled(ctx))
			err = ECANCELED;
	}
	return err;
}

void page_release(struct page *page)
{
	size_t i;

	for (i = 0; i < page->room; i++)
		free(page->stack[i].children);
	for (i = 0; i < page->tables_room; i++)
		table_release(&page->tables[i]);
	prose_release(&page->foot_waits.foot);
	free(page->foot_waits.foot_cells);
	prose_release(&page->heading);
	free(page->stack);
	free(page->tables);
	free(page->cells);
	free(page->sources);
	free(page->slot_paths);
	free(page->hanging_paths);
}
