#include "sheet/sheet.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "sheet/refuse.h"
#include "table/counts.h"
#include "text/phrase.h"

enum {
	PLACE_BYTES = 64 << 10,
	CELL_NAME = 400,
	REPEATED_MOST = 50000000, /* cells */
};

/* Among the texts of a row: the cell has that of a merged area. */
#define FILLED SIZE_MAX

const char *const sheet_merged_names[] = { "warn", "first", "fill", NULL };

/* A merged area, and its value once its first row was there. */
struct merge {
	struct area area;
	struct cell value;
	char *text; /* that of the value, its own, or NULL */
};

int sheet_configure(struct mu_ctx *ctx, const struct sheet_options *options)
{
	struct area area;
	int err = notes_check(ctx, &options->unread);

	if (options->range && !area_parse(options->range, &area))
		err = mu_invalid(ctx, &options->range,
				 "'%s' is no range such as A1:AO43, A3: or A:F", options->range);
	return err;
}

/* Reads letters of a column, if there are some; -1 for one that no sheet has. */
static int64_t column_read(const char **text)
{
	int64_t column = 0;

	*text += **text == '$';
	for (; (**text >= 'A' && **text <= 'Z') || (**text >= 'a' && **text <= 'z'); ++*text)
		if (column <= SHEET_COLUMNS)
			column = column * 26 + (**text & 0x1f);
	return column > SHEET_COLUMNS ? -1 : column;
}

static int64_t row_read(const char **text)
{
	int64_t row = 0;

	*text += **text == '$';
	if (**text == '0')
		return -1;
	for (; **text >= '0' && **text <= '9'; ++*text)
		if (row <= SHEET_ROWS)
			row = row * 10 + (**text - '0');
	return row > SHEET_ROWS ? -1 : row;
}

bool area_parse_cell(const char *text, uint32_t *row, uint32_t *column)
{
	int64_t c = column_read(&text), r = row_read(&text);

	if (c <= 0 || r <= 0 || *text)
		return false;
	*row = (uint32_t)r - 1;
	*column = (uint32_t)c - 1;
	return true;
}

bool area_parse(const char *text, struct area *out)
{
	int64_t left = column_read(&text), top = row_read(&text), right = left, bottom = top;

	if (left < 0 || top < 0 || (!left && !top))
		return false;
	if (*text == ':') {
		text++;
		right = column_read(&text);
		bottom = row_read(&text);
	} else if (!left || !top) {
		return false;
	}
	if (right < 0 || bottom < 0 || *text)
		return false;
	right = right ? right : SHEET_COLUMNS;
	bottom = bottom ? bottom : SHEET_ROWS;
	*out = (struct area){ .top = (uint32_t)(top ? top - 1 : 0),
			      .left = (uint32_t)(left ? left - 1 : 0),
			      .bottom = (uint32_t)bottom - 1,
			      .right = (uint32_t)right - 1 };
	return out->top <= out->bottom && out->left <= out->right;
}

void sheet_open(struct mu_ctx *ctx, struct sheet *s, const struct sheet_options *options,
		const struct table_options *rows_options)
{
	struct table_form form = { .typed = true, .letters = true };

	*s = (struct sheet){ .range = { .bottom = SHEET_ROWS - 1, .right = SHEET_COLUMNS - 1 },
			     .most = (size_t)rows_options->max_columns,
			     .text_most = (size_t)rows_options->max_field + 1,
			     .fills = options->merged == MERGED_FILL,
			     .warns = options->merged == MERGED_WARN,
			     .header_rows = rows_options->header_rows };
	if (options->range)
		area_parse(options->range, &s->range);
	form.first = s->range.left;
	s->rows = tables_open(ctx, rows_options, &form);
	s->cells = mu_alloc(ctx, (s->most + 2) * sizeof *s->cells);
	s->texts = mu_alloc(ctx, (s->most + 2) * sizeof *s->texts);
	s->active = mu_alloc(ctx, (s->most + 1) * sizeof *s->active);
	sheet_restart(s, SHEET_GIVE, 0);
}

static void merges_drop(struct sheet *s)
{
	while (s->n_merges)
		free(s->merges[--s->n_merges].text);
}

void sheet_close(struct sheet *s)
{
	merges_drop(s);
	free(s->merges);
	free(s->hidden_columns);
	free(s->space);
	free(s->place);
	tables_close(s->rows);
}

void sheet_restart(struct sheet *s, enum sheet_aim aim, uint32_t row)
{
	s->aim = aim;
	s->wanted = row;
	s->found = false;
	s->n = s->spilt = s->space_len = 0;
	s->n_header = 0;
	s->gaps = false;
	s->left_blank = s->covered = 0;
	s->header_last = 0;
	s->hidden_rows = 0;
	s->n_hidden = 0;
	s->row = UINT32_MAX;
	s->n_active = s->merge_next = 0;
	s->pending = 0;
	s->held = false;
	s->repeated = 0;
	s->beside = NULL;
	memset(s->outside, 0, sizeof s->outside);
	merges_drop(s);
}

static int merge_compare(const void *a, const void *b)
{
	const struct merge *x = a, *y = b;

	if (x->area.top != y->area.top)
		return x->area.top < y->area.top ? -1 : 1;
	return (x->area.left > y->area.left) - (x->area.left < y->area.left);
}

int sheet_merge(struct mu_ctx *ctx, struct sheet *s, const struct area *area)
{
	size_t room = s->merges_room ? 2 * s->merges_room : 64;
	struct merge *grown;

	if (area->left < s->range.left || area->left - s->range.left >= s->most ||
	    area->top < s->range.top || area->bottom < area->top || area->right < area->left ||
	    (area->bottom == area->top && area->right == area->left))
		return 0;
	if (s->n_merges == SHEET_MERGED)
		return refuse(ctx, "too-much", "its sheet has more than %d merged areas",
			      SHEET_MERGED);
	if (s->n_merges == s->merges_room) {
		grown = realloc(s->merges, room * sizeof *grown);
		if (!grown)
			return mu_fail(ctx, ENOMEM, "out of memory");
		s->merges = grown;
		s->merges_room = room;
	}
	s->merges[s->n_merges++] = (struct merge){ .area = *area };
	return 0;
}

/* Keeps the value of an area that the row at hand is the first one of. */
static void merge_take(struct sheet *s, struct merge *m)
{
	size_t i = m->area.left - s->range.left;

	if (m->area.top != s->row || i >= s->n)
		return;
	m->value = s->cells[i];
	if (!m->value.text.len)
		return;
	m->text = malloc(m->value.text.len);
	if (!m->text) {
		s->broken = true;
		m->value = (struct cell){ .kind = CELL_BLANK };
		return;
	}
	memcpy(m->text, m->value.text.data, m->value.text.len);
	m->value.text.data = m->text;
}

/* No two areas share a cell, so there are no more of them in a row than columns. */
static int merges_overlap(struct mu_ctx *ctx, const struct sheet *s, const struct merge *m)
{
	const struct merge *other;
	size_t i;

	for (i = 0; i < s->n_active; i++) {
		other = &s->merges[s->active[i]];
		if (m->area.left <= other->area.right && other->area.left <= m->area.right)
			return refuse(ctx, "damaged",
				      "its sheet is damaged: merged areas overlap in row %" PRIu32,
				      s->row + 1);
	}
	return 0;
}

/* Finds the areas that the row at hand lies in. */
static int merges_follow(struct mu_ctx *ctx, struct sheet *s)
{
	struct merge *m;
	size_t i, kept = 0;
	int err = 0;

	for (i = 0; i < s->n_active; i++) {
		m = &s->merges[s->active[i]];
		if (m->area.bottom >= s->row) {
			s->active[kept++] = s->active[i];
		} else {
			free(m->text);
			m->text = NULL;
		}
	}
	s->n_active = kept;
	for (; !err && s->merge_next < s->n_merges; s->merge_next++) {
		m = &s->merges[s->merge_next];
		if (m->area.top > s->row)
			break;
		if (m->area.bottom < s->row)
			continue;
		err = merges_overlap(ctx, s, m);
		if (err)
			return err;
		merge_take(s, m);
		s->active[s->n_active++] = s->merge_next;
	}
	return 0;
}

static void cell_clear(struct sheet *s, size_t i)
{
	s->cells[i] = (struct cell){ .kind = CELL_BLANK };
	s->texts[i] = 0;
}

static void merges_fill(struct sheet *s)
{
	const struct merge *m;
	size_t i, j, last;

	for (i = 0; i < s->n_active; i++) {
		m = &s->merges[s->active[i]];
		last = (m->area.right < s->range.right ? m->area.right : s->range.right) -
		       s->range.left;
		last = last < s->most ? last : s->most - 1;
		for (; s->n <= last; s->n++)
			cell_clear(s, s->n);
		for (j = m->area.left - s->range.left; j <= last; j++) {
			if (s->cells[j].kind != CELL_BLANK)
				continue;
			s->cells[j] = m->value;
			s->texts[j] = FILLED;
		}
	}
}

/* Looks what an area covers in the row at hand, below the header.  What lies under it is
 * nothing. */
static void merge_check(struct sheet *s, const struct merge *m)
{
	size_t left = m->area.left - s->range.left, last = m->area.right - s->range.left, i;
	bool below = s->row > m->area.top;

	for (i = left + !below; i <= last && i < s->n; i++) {
		if (s->cells[i].kind == CELL_BLANK || s->texts[i] == FILLED)
			continue;
		if (!s->covered++) {
			s->covered_row = s->row;
			s->covered_column = s->range.left + (uint32_t)i;
		}
		cell_clear(s, i);
	}
	if (!s->warns || !below || m->value.kind == CELL_BLANK || !tables_field_of(s->rows, left))
		return;
	if (!s->left_blank++) {
		s->blank_row = s->row;
		s->blank_column = m->area.left;
	}
}

static void merges_check(struct sheet *s)
{
	size_t i;

	for (i = 0; i < s->n_active; i++)
		merge_check(s, &s->merges[s->active[i]]);
}

bool sheet_reaches_body(const struct sheet *s, const struct area *area)
{
	return area->left >= s->range.left && area->left <= s->range.right &&
	       area->bottom > s->head_row && area->top <= s->range.bottom;
}

static int sheet_out_of_memory(struct mu_ctx *ctx)
{
	return mu_fail(ctx, ENOMEM, "out of memory");
}

/* Whether the header has begun and goes on. */
static bool in_header(const struct sheet *s)
{
	return s->n_header && s->n_header < s->header_rows;
}

static void row_clear(struct sheet *s, uint32_t row, bool hidden)
{
	s->row = row;
	s->hidden = hidden;
	s->n = s->spilt = s->space_len = 0;
	s->here = row >= s->range.top && row <= s->range.bottom;
}

int sheet_row(struct mu_ctx *ctx, struct sheet *s, uint32_t row, bool hidden)
{
	int err = sheet_rest(ctx, s);
	uint32_t next = s->row + 1;
	bool ready;

	if (err)
		return err;
	if (row >= SHEET_ROWS || (s->row != UINT32_MAX && row <= s->row))
		return refuse(ctx, "damaged",
			      "its sheet is damaged: row %" PRIu32 " comes after row %" PRIu32,
			      row + 1, s->row + 1);
	if (s->n_merges && s->row == UINT32_MAX)
		qsort(s->merges, s->n_merges, sizeof *s->merges, merge_compare);
	ready = tables_ready(s->rows);
	for (; !err && in_header(s) && next < row; next++) {
		row_clear(s, next, false);
		err = sheet_row_end(ctx, s, 1);
	}
	s->held = ready != tables_ready(s->rows);
	s->found = false; /* a row that is not there has no place */
	row_clear(s, row, hidden);
	return err;
}

static bool digits_are_year(struct mu_string digits)
{
	int64_t value;

	return mu_parse_integer(digits, &value) && value >= 1900 && value < 2100;
}

bool sheet_counts(struct mu_string digits)
{
	double value;

	/* 1.5e-7, which a text of people would not be. */
	return text_counts(digits) || (!digits_are_year(digits) && mu_parse_number(digits, &value));
}

/* Looks at a cell outside of the range that was asked for. */
static void beside_look(struct sheet *s)
{
	const struct cell *cell = &s->cells[s->most + 1];
	struct mu_string text = cell->text;
	struct outside *side = s->beside;

	s->beside = NULL;
	if (s->texts[s->most + 1])
		text.data = s->space + s->texts[s->most + 1] - 1;
	/* A formula without a value may be a number. */
	side->numbers = cell->kind == CELL_ERROR ||
			(cell->kind == CELL_NUMBER && sheet_counts(text)) ||
			(cell->kind == CELL_TEXT && text_counts(text));
	if (cell->kind == CELL_TEXT && !side->numbers && !side->text.len)
		phrase_add(&side->text, text.data, text.len);
}

/* On which side of the range a cell outside of it is. */
static enum sheet_side side_of(const struct sheet *s, uint32_t column)
{
	if (s->row < s->range.top)
		return SIDE_ABOVE;
	if (s->row > s->range.bottom)
		return SIDE_BELOW;
	return column < s->range.left ? SIDE_LEFT : SIDE_RIGHT;
}

/* A cell outside of the range, until there is a number on its side. */
static struct cell *beside_cell(struct sheet *s, uint32_t column)
{
	struct outside *side = &s->outside[side_of(s, column)];

	if (s->aim != SHEET_GIVE || side->numbers || s->broken)
		return NULL;
	s->beside = side;
	side->row = s->row;
	side->column = column;
	cell_clear(s, s->most + 1);
	return &s->cells[s->most + 1];
}

struct cell *sheet_cell(struct sheet *s, uint32_t column)
{
	size_t i;

	if (s->beside)
		beside_look(s);
	if (!s->here || column < s->range.left || column > s->range.right)
		return beside_cell(s, column);
	if (s->broken)
		return NULL;
	i = column - s->range.left;
	if (i >= s->most) {
		if (s->spilt && s->cells[s->most].kind != CELL_BLANK)
			return NULL;
		s->spilt = i + 1;
		i = s->most;
	}
	for (; s->n < i; s->n++)
		cell_clear(s, s->n);
	if (i < s->most)
		s->n = i + 1;
	cell_clear(s, i);
	return &s->cells[i];
}

void sheet_cell_repeat(struct sheet *s, uint32_t times)
{
	if (s->beside)
		return;
	for (; times && s->n && s->n < s->most && s->range.left + s->n <= s->range.right; times--) {
		s->cells[s->n] = s->cells[s->n - 1];
		s->texts[s->n] = s->texts[s->n - 1];
		s->n++;
	}
	if (!times || !s->n || s->n < s->most || s->range.left + s->n > s->range.right)
		return;
	s->cells[s->most] = s->cells[s->most - 1];
	s->texts[s->most] = s->texts[s->most - 1];
	s->spilt = s->most + 1;
}

void sheet_text(struct sheet *s, struct cell *cell, const char *text, size_t len)
{
	size_t room = s->space_room ? s->space_room : 4096;
	char *grown;

	if (len > s->text_most)
		len = s->text_most;
	while (room < s->space_len + len)
		room *= 2;
	if (room > s->space_room) {
		grown = realloc(s->space, room);
		if (!grown) {
			s->broken = true;
			return;
		}
		s->space = grown;
		s->space_room = room;
	}
	if (len)
		memcpy(s->space + s->space_len, text, len);
	s->texts[cell - s->cells] = s->space_len + 1;
	cell->text.len = len;
	s->space_len += len;
}

/* Two digits behind a character, below a bound. */
static bool pair_read(struct mu_string *text, char before, int below, int *out)
{
	const char *c = text->data;

	if (text->len < 3 || c[0] != before || c[1] < '0' || c[1] > '9' || c[2] < '0' || c[2] > '9')
		return false;
	*out = (c[1] - '0') * 10 + c[2] - '0';
	*text = (struct mu_string){ text->data + 3, text->len - 3 };
	return *out < below;
}

bool sheet_date_parse(struct mu_string text, struct cell *out)
{
	struct mu_string day = { text.data, text.len < 10 ? text.len : 10 };
	struct mu_string rest = { text.data + day.len, text.len - day.len };
	int hours = 0, minutes = 0, seconds = 0, fraction = 0, unit = 100;
	int32_t days;

	if (!mu_parse_date(day, &days))
		return false;
	if (rest.len &&
	    (!pair_read(&rest, 'T', 24, &hours) || !pair_read(&rest, ':', 60, &minutes)))
		return false;
	if (rest.len && !pair_read(&rest, ':', 60, &seconds))
		return false;
	if (rest.len > 1 && (rest.data[0] == '.' || rest.data[0] == ',')) {
		for (rest.data++, rest.len--; rest.len && *rest.data >= '0' && *rest.data <= '9';
		     rest.data++, rest.len--, unit /= 10)
			fraction += (*rest.data - '0') * unit;
	}
	if (rest.len)
		return false;
	*out = (struct cell){ .kind = CELL_DATE, .days = days };
	out->milliseconds = ((hours * 60 + minutes) * 60 + seconds) * 1000 + fraction;
	return true;
}

static bool row_is_blank(const struct sheet *s)
{
	char space[MU_FORMAT_MAX];
	size_t i;

	if (s->spilt && s->cells[s->most].kind != CELL_BLANK)
		return false;
	for (i = 0; i < s->n; i++)
		if (s->cells[i].kind != CELL_BLANK &&
		    (s->cells[i].kind != CELL_TEXT || mu_trim(cell_text(&s->cells[i], space)).len))
			return false;
	return true;
}

/* Looks whether a row of the header has cells that an area could fill; the row behind it
 * shows how wide it is. */
static void header_look(struct sheet *s)
{
	size_t i;

	for (i = 0; i < s->n && s->n_header < s->header_rows; i++)
		s->gaps |= s->cells[i].kind == CELL_BLANK;
	s->gaps |= s->n_header &&
		   (s->n_header < s->header_rows ? s->n != s->header_last : s->n > s->header_last);
	s->header_last = s->n;
}

static int row_give(struct mu_ctx *ctx, struct sheet *s)
{
	size_t n = s->n;

	if (s->spilt && s->cells[s->most].kind != CELL_BLANK)
		n = s->spilt;
	if (s->aim == SHEET_CHECK)
		return 0;
	if (s->aim == SHEET_GIVE)
		return tables_line(ctx, s->rows,
				   &(struct line){ s->cells, n, sheet_position(s->row) });
	s->found = s->aim == SHEET_PEEK ? s->n_header > s->header_rows : s->row == s->wanted;
	return 0;
}

/* The row at hand, once; *more is whether the same once more would be something. */
static int row_end_once(struct mu_ctx *ctx, struct sheet *s, bool *more)
{
	bool blank = row_is_blank(s);
	bool header = s->n_header < s->header_rows && (s->n_header || !blank);
	int err = s->n_merges ? merges_follow(ctx, s) : 0;

	*more = header || !blank;
	if (err || !*more)
		return err;
	if (header)
		s->head_row = s->row;
	else if (s->aim != SHEET_PEEK)
		merges_check(s);
	if (header || s->fills)
		merges_fill(s);
	if (s->aim == SHEET_PEEK)
		header_look(s);
	if (header || s->aim == SHEET_PEEK)
		s->n_header++;
	if (s->hidden && !s->hidden_rows++)
		s->first_hidden = s->row;
	return s->broken ? sheet_out_of_memory(ctx) : row_give(ctx, s);
}

/* Goes one row down, with the same cells but for those of merged areas. */
static int row_repeat(struct mu_ctx *ctx, struct sheet *s)
{
	size_t i;

	s->repeated += s->n;
	if (s->row + 1 >= SHEET_ROWS)
		return refuse(ctx, "too-much", "its sheet has more than %d rows", SHEET_ROWS);
	if (s->repeated > REPEATED_MOST)
		return refuse(ctx, "too-much", "its sheet repeats rows to more than %d cells",
			      REPEATED_MOST);
	s->row++;
	s->here = s->row >= s->range.top && s->row <= s->range.bottom;
	for (i = 0; i < s->n; i++)
		if (s->texts[i] == FILLED)
			cell_clear(s, i);
	return 0;
}

int sheet_rest(struct mu_ctx *ctx, struct sheet *s)
{
	bool more = true, ready = tables_ready(s->rows);
	int err = 0;

	while (!err && s->pending && ready == tables_ready(s->rows)) {
		if (!s->held)
			err = row_repeat(ctx, s);
		s->held = false;
		if (!err && s->here)
			err = row_end_once(ctx, s, &more);
		s->pending = more && s->here && !s->found ? s->pending - 1 : 0;
	}
	return err;
}

int sheet_row_end(struct mu_ctx *ctx, struct sheet *s, uint32_t times)
{
	bool more = true, ready = tables_ready(s->rows);
	size_t i;
	int err;

	if (s->broken)
		return sheet_out_of_memory(ctx);
	if (s->beside)
		beside_look(s);
	if (!s->here)
		return 0;
	for (i = 0; i < s->n; i++)
		if (s->texts[i])
			s->cells[i].text.data = s->space + s->texts[i] - 1;
	if (s->spilt && s->texts[s->most])
		s->cells[s->most].text.data = s->space + s->texts[s->most] - 1;
	s->pending = times;
	if (s->held)
		return 0;
	err = row_end_once(ctx, s, &more);
	s->pending = more && !s->found ? times - 1 : 0;
	if (err || ready != tables_ready(s->rows))
		return err;
	return sheet_rest(ctx, s);
}

int sheet_hide(struct mu_ctx *ctx, struct sheet *s, uint32_t first, uint32_t last)
{
	size_t room = s->hidden_room ? 2 * s->hidden_room : 16;
	struct area *grown;

	if (s->n_hidden >= SHEET_COLUMNS)
		return refuse(ctx, "too-much", "its sheet has more columns than there can be");
	if (s->n_hidden == s->hidden_room) {
		grown = realloc(s->hidden_columns, room * sizeof *grown);
		if (!grown)
			return sheet_out_of_memory(ctx);
		s->hidden_columns = grown;
		s->hidden_room = room;
	}
	s->hidden_columns[s->n_hidden++] = (struct area){ .left = first, .right = last };
	return 0;
}

static bool column_is_hidden(const struct sheet *s, uint32_t column)
{
	size_t i;

	for (i = 0; i < s->n_hidden; i++)
		if (column >= s->hidden_columns[i].left && column <= s->hidden_columns[i].right)
			return true;
	return false;
}

static int report_hidden_columns(struct mu_ctx *ctx, const struct sheet *s)
{
	struct mu_finding hidden = { .severity = MU_WARNING, .code = "hidden" };
	struct table_form letters = { .letters = true };
	char name[TABLE_COLUMN_NAME];
	uint32_t i, first = 0;
	size_t n = 0;

	for (i = 0; i < s->most && s->n_hidden; i++)
		if (tables_field_of(s->rows, i) && column_is_hidden(s, s->range.left + i) && !n++)
			first = s->range.left + i;
	if (!n)
		return 0;
	table_column_name(&letters, first, name);
	return mu_report(ctx, hidden,
			 n == 1 ? "%zu column is hidden, %s" : "%zu columns are hidden, %s first",
			 n, name);
}

int sheet_report_hidden(struct mu_ctx *ctx, const struct sheet *s)
{
	struct mu_finding hidden = { .severity = MU_WARNING, .code = "hidden" };
	int err = report_hidden_columns(ctx, s);

	if (err || !s->hidden_rows)
		return err;
	hidden.at = mu_at(ctx->document->id, sheet_position(s->first_hidden));
	return mu_report(ctx, hidden,
			 s->hidden_rows == 1 ? "%" PRIu64 " row is hidden, %" PRIu32
					     : "%" PRIu64 " rows are hidden, %" PRIu32 " first",
			 s->hidden_rows, s->first_hidden + 1);
}

int sheet_report_merged(struct mu_ctx *ctx, const struct sheet *s)
{
	struct mu_finding covered = { .code = "covered" };
	struct mu_finding merged = { .severity = MU_WARNING, .code = "merged" };
	struct table_form letters = { .letters = true };
	char name[TABLE_COLUMN_NAME];
	int err = 0;

	table_column_name(&letters, s->covered_column, name);
	if (s->covered)
		err = mu_report(ctx, covered,
				"%" PRIu64
				" cell%s under a merged one and ha%s a value that nobody "
				"sees, %s%" PRIu32 "%s",
				s->covered, s->covered == 1 ? " lies" : "s lie",
				s->covered == 1 ? "s" : "ve", name, s->covered_row + 1,
				s->covered == 1 ? "" : " first");
	if (err || !s->left_blank)
		return err;
	table_column_name(&letters, s->blank_column, name);
	merged.at = mu_at(ctx->document->id, sheet_position(s->blank_row));
	merged.field = tables_field_of(s->rows, s->blank_column - s->range.left);
	return mu_report(ctx, merged,
			 "a merged cell reaches down to %s%" PRIu32
			 ", and its value was taken for its first row alone: %" PRIu64
			 " cell%s left blank so",
			 name, s->blank_row + 1, s->left_blank,
			 s->left_blank == 1 ? " was" : "s were");
}

static int report_side(struct mu_ctx *ctx, const struct outside *side, const char *where,
		       struct notes *known)
{
	struct mu_string first = { side->text.text, side->text.len };
	struct mu_finding unread = { .severity = MU_WARNING,
				     .code = "unread-table",
				     .value = first.len ? first.data : NULL,
				     .value_len = first.len };
	struct table_form letters = { .letters = true };
	char name[TABLE_COLUMN_NAME];
	bool match = false;
	int err;

	if (!side->numbers)
		return 0;
	err = notes_match(ctx, known, first, 0, &match);
	if (err || match)
		return err;
	table_column_name(&letters, side->column, name);
	if (!first.len)
		return mu_report(ctx, unread, "numbers stand %s the range, the first in %s%" PRIu32,
				 where, name, side->row + 1);
	return mu_report(ctx, unread,
			 "numbers stand %s the range, the first in %s%" PRIu32
			 "; the first text there is '%s'",
			 where, name, side->row + 1, first.data);
}

int sheet_report_outside(struct mu_ctx *ctx, const struct sheet *s, struct notes *known)
{
	static const char *const where[SHEET_SIDES] = { "above", "left of", "right of", "below" };
	int err = 0, i;

	for (i = 0; !err && i < SHEET_SIDES; i++)
		err = report_side(ctx, &s->outside[i], where[i], known);
	return err;
}

int sheet_report_hidden_sheet(struct mu_ctx *ctx, const struct sheet_name *name)
{
	struct mu_finding hidden = { .severity = MU_WARNING, .code = "hidden" };
	struct phrase shown = { .len = 0 };

	if (!name->hidden)
		return 0;
	phrase_add(&shown, name->name, strlen(name->name));
	return mu_report(ctx, hidden, "the sheet '%s' is hidden", shown.text);
}

/* Whether the name of a sheet can stand before a cell as it is. */
static bool name_is_plain(const char *name)
{
	const unsigned char *c = (const unsigned char *)name;

	if (*c >= '0' && *c <= '9')
		return false;
	for (; *c; c++)
		if (*c < 0x80 && *c != '_' && *c != '.' && !(*c >= '0' && *c <= '9') &&
		    !((*c | 0x20) >= 'a' && (*c | 0x20) <= 'z'))
			return false;
	return *name;
}

/* Texts one behind the other, ended by zero bytes. */
struct pen {
	char *at, *end;
};

static void pen_add(struct pen *pen, const char *text, size_t len)
{
	size_t n = utf8_cut(text, len, (size_t)(pen->end - pen->at) - 1);

	if (n)
		memcpy(pen->at, text, n);
	pen->at += n;
	*pen->at = '\0';
}

static void pen_add_name(struct pen *pen, const char *name)
{
	bool plain = name_is_plain(name);

	if (!plain)
		pen_add(pen, "'", 1);
	for (; *name; name++) {
		if (*name == '\'')
			pen_add(pen, "'", 1);
		pen_add(pen, name, 1);
	}
	pen_add(pen, plain ? "!" : "'!", plain ? 1 : 2);
}

static void pen_add_cell(struct pen *pen, uint32_t row, size_t column)
{
	struct table_form letters = { .letters = true };
	char name[TABLE_COLUMN_NAME + 16];

	table_column_name(&letters, column, name);
	snprintf(name + strlen(name), 16, "%" PRIu32, row + 1);
	pen_add(pen, name, strlen(name));
}

/* "Sheet1!B14" for a field, "Sheet1!A14:F14" for a row. */
static void place_cell(const struct sheet *s, struct pen *pen, const char *name, size_t cell,
		       size_t n)
{
	pen_add_name(pen, name);
	if (cell != SIZE_MAX) {
		pen_add_cell(pen, s->row, s->range.left + cell);
		return;
	}
	pen_add_cell(pen, s->row, s->range.left);
	if (n < 2)
		return;
	pen_add(pen, ":", 1);
	pen_add_cell(pen, s->row, s->range.left + n - 1);
}

int sheet_place(struct mu_ctx *ctx, struct sheet *s, const char *name, const char *field,
		struct mu_place *out)
{
	struct pen pen;
	char space[MU_FORMAT_MAX];
	struct mu_string text;
	size_t i, n = s->n, cell = field ? tables_cell_of(s->rows, field) : SIZE_MAX;

	if (!s->found)
		return 0;
	if (!s->place)
		s->place = malloc(PLACE_BYTES);
	if (!s->place)
		return sheet_out_of_memory(ctx);
	while (n && s->cells[n - 1].kind == CELL_BLANK)
		n--;
	pen = (struct pen){ s->place, s->place + CELL_NAME };
	place_cell(s, &pen, name, cell, n);
	out->cell = s->place;
	pen = (struct pen){ s->place + CELL_NAME, s->place + PLACE_BYTES };
	for (i = 0; i < n; i++) {
		text = s->cells[i].text.len && s->cells[i].kind == CELL_NUMBER
			       ? s->cells[i].text
			       : cell_text(&s->cells[i], space);
		pen_add(&pen, " | ", i ? 3 : 0);
		if (i == cell)
			out->value = pen.at;
		pen_add(&pen, text.data, text.len);
		if (i == cell)
			out->value_len = (size_t)(pen.at - out->value);
	}
	out->text = s->place + CELL_NAME;
	out->text_len = (size_t)(pen.at - out->text);
	return 0;
}

static int fail_choice(struct mu_ctx *ctx, const char *option, const struct sheet_name *names,
		       size_t n, size_t fits)
{
	struct phrase list = { .len = 0 }, wanted = { .len = 0 };
	size_t i;

	for (i = 0; i < n; i++) {
		phrase_puts(&list, i ? ", '" : "'");
		phrase_add(&list, names[i].name, strlen(names[i].name));
		phrase_puts(&list, names[i].no_table ? "' (no table)"
				   : names[i].hidden ? "' (hidden)"
						     : "'");
	}
	if (!option && !fits)
		return refuse(ctx, "sheet", "it has no visible sheet with a table%s%s",
			      n ? ", but " : "", list.text);
	if (!option)
		return refuse(ctx, "sheet", "the option sheet must say which of its %zu sheets: %s",
			      n, list.text);
	phrase_add(&wanted, option, strlen(option));
	return refuse(ctx, "sheet", "it has no sheet '%s' with a table, but %s", wanted.text,
		      list.text);
}

int sheet_choose(struct mu_ctx *ctx, const char *option, const struct sheet_name *names, size_t n,
		 size_t *out)
{
	size_t i, fits = 0;
	int64_t number;

	for (i = 0; i < n; i++) {
		if (names[i].no_table ||
		    (option ? strcmp(names[i].name, option) != 0 : names[i].hidden))
			continue;
		fits++;
		*out = i;
	}
	if (!fits && option && mu_parse_integer(mu_string(option), &number) && number > 0 &&
	    (uint64_t)number <= n && !names[number - 1].no_table) {
		*out = (size_t)number - 1;
		return 0;
	}
	return fits == 1 ? 0 : fail_choice(ctx, option, names, n, fits);
}

bool sheet_row_has_values(const struct sheet *s)
{
	size_t i, values = 0, others = 0;

	for (i = 0; i < s->n && i < s->most; i++) {
		enum cell_kind kind = s->cells[i].kind;
		bool value = kind == CELL_NUMBER || kind == CELL_DATE || kind == CELL_BOOLEAN;

		values += value;
		others += !value && kind != CELL_BLANK;
	}
	return values && 4 * values >= others;
}

/* A text as YAML has it in single quotes; "" when it cannot stand there. */
static void quote(char *to, const char *text)
{
	const char *from;

	*to = '\0';
	for (from = text; *from; from++)
		if ((unsigned char)*from < 0x20 || *from == 0x7f || !strncmp(from, "${", 2))
			return;
	*to++ = '\'';
	for (from = text; *from; from++) {
		if (*from == '\'')
			*to++ = '\'';
		*to++ = *from;
	}
	*to++ = '\'';
	*to = '\0';
}

void sheet_draft(struct mu_ctx *ctx, const char *name, int64_t header_rows, struct mu_guess *out)
{
	size_t room = 2 * strlen(name) + 80;
	char *quoted = mu_alloc(ctx, room), *options = mu_alloc(ctx, room);
	int n = 0;

	quote(quoted, name);
	if (*quoted)
		n = snprintf(options, room, "sheet: %s\n", quoted);
	if (header_rows != 1)
		snprintf(options + n, room - (size_t)n, "header_rows: %" PRId64 "\n", header_rows);
	out->score = 0.95;
	out->options = options;
}
