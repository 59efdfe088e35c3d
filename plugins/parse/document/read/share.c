#include "read/share.h"

#include <math.h>

/* Of a line's height. */
#define CUT     1.1  /* what lines of different rows are at least apart */
#define CLEARLY 0.04 /* how much wider a gap is to be than another */

static size_t share_row(const struct share_line *line, int way)
{
	return line->up == SHARE_NO_ROW ? 0 : line->up + (size_t)way;
}

/* How far a line is below the one before it. */
static double gap(const struct share_line *line)
{
	return line->y - line[-1].y;
}

/* Whether a line is, or follows, the one beside the numbers of a row. */
static bool is_under(const struct share_line *line, size_t row)
{
	return line->up == row && line->under;
}

static bool is_free(const struct share_line *line)
{
	return line->own == SHARE_NO_ROW;
}

/* What it gains that line `i` is of row `b` when the one before is of row `a`.  A text goes
 * on below the line beside its numbers where what follows is not clearly nearer. */
static double step_gain(const struct share_line *lines, size_t i, size_t a, size_t b)
{
	double gain;

	if (b <= a)
		return b < a ? -INFINITY : 0;
	gain = gap(&lines[i]) - CUT * lines[i].height;
	if (lines[i].up == b && is_under(&lines[i - 1], a))
		gain += CLEARLY * lines[i].height;
	return gain;
}

/* Where lines are among the numbers. */
static void lines_place(struct share_line *lines, size_t n, const double *rows, size_t n_rows)
{
	size_t row = 0;

	for (size_t i = 0; i < n; i++) {
		struct share_line *line = &lines[i];

		while (row < n_rows && (is_free(line) ? rows[row] <= line->y : row <= line->own))
			row++;
		line->up = row ? row - 1 : SHARE_NO_ROW;
		line->under = !is_free(line) || (i && is_under(&line[-1], line->up));
		line->from[0] = line->from[1] = 0;
	}
}

static void line_gain(struct share_line *lines, size_t i, int way, size_t n_rows)
{
	struct share_line *line = &lines[i];
	size_t row = share_row(line, way);
	double best = i ? -INFINITY : 0, gain;

	for (int from = 0; i && from < 2; from++) {
		gain = line[-1].gain[from] + step_gain(lines, i, share_row(&line[-1], from), row);
		if (gain > best) {
			best = gain;
			line->from[way] = from;
		}
	}
	line->gain[way] = row < n_rows && (!way || is_free(line)) ? best : -INFINITY;
}

/* The widest gap between two lines of one row. */
static double widest_kept(const struct share_line *lines, size_t n)
{
	double widest = 0;

	for (size_t i = 1; i < n; i++)
		if (lines[i].row == lines[i - 1].row)
			widest = fmax(widest, gap(&lines[i]));
	return widest;
}

/* Whether the lines at the cut above line `i` might as well be shared otherwise: the gap
 * there is about as wide as one within a row, or as another between the numbers of the
 * same two rows.  A text that goes on below the line beside its numbers is certain. */
static bool is_doubtful(const struct share_line *lines, size_t n, size_t i, double kept)
{
	size_t above = lines[i - 1].row, below = lines[i].row, k;
	double least = gap(&lines[i]) - CLEARLY * lines[i].height;

	if (lines[i].up == below && is_under(&lines[i - 1], above))
		return false;
	if (least < kept)
		return true;
	for (k = i - 1; k && is_free(&lines[k]) && lines[k].up == above; k--)
		if (lines[k - 1].row == above && gap(&lines[k]) > least)
			return true;
	for (k = i; k + 1 < n && is_free(&lines[k]) && lines[k].up == above; k++)
		if (lines[k + 1].row == below && gap(&lines[k + 1]) > least)
			return true;
	return false;
}

void lines_share(struct share_line *lines, size_t n, const double *rows, size_t n_rows,
		 bool *doubtful)
{
	double kept;
	int way;

	for (size_t i = 0; i < n_rows; i++)
		doubtful[i] = false;
	if (!n)
		return;
	lines_place(lines, n, rows, n_rows);
	for (size_t i = 0; i < n; i++)
		for (way = 0; way < 2; way++)
			line_gain(lines, i, way, n_rows);
	way = lines[n - 1].gain[1] > lines[n - 1].gain[0];
	for (size_t i = n; i-- > 0; way = lines[i].from[way])
		lines[i].row = share_row(&lines[i], way);
	kept = widest_kept(lines, n);
	for (size_t i = 1; i < n; i++)
		if (lines[i].row != lines[i - 1].row && is_doubtful(lines, n, i, kept))
			doubtful[lines[i - 1].row] = doubtful[lines[i].row] = true;
}
