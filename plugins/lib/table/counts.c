#include "table/counts.h"

#include "table/raised.h"

/* How many bytes of a blank a text begins with. */
static size_t blank_length(struct mu_string text)
{
	if (text.len && strchr(" \t\n\r\f", *text.data) && *text.data)
		return 1;
	if (text.len > 1 && !memcmp(text.data, "\xc2\xa0", 2))
		return 2;
	/* A narrow no-break space, or a thin one. */
	if (text.len > 2 &&
	    (!memcmp(text.data, "\xe2\x80\xaf", 3) || !memcmp(text.data, "\xe2\x80\x89", 3)))
		return 3;
	return 0;
}

static struct mu_string without_marks(struct mu_string text)
{
	size_t mark = 1;

	while (mark && text.len) {
		mark = raised_at_end(text);
		if (!mark)
			mark = text.data[text.len - 1] == '*';
		text.len -= mark;
	}
	return mu_trim(text);
}

bool text_counts(struct mu_string text)
{
	size_t i = 0, digits = 0, groups = 0, sign = 0;

	text = without_marks(mu_trim(text));
	if (text.len && (*text.data == '-' || *text.data == '+'))
		sign = i = 1;
	if (i == text.len || text.data[i] < '0' || text.data[i] > '9')
		return false;
	while (i < text.len) {
		size_t gap = blank_length((struct mu_string){ text.data + i, text.len - i });

		if (text.data[i] >= '0' && text.data[i] <= '9') {
			digits++;
			i++;
			continue;
		}
		if (!gap && !(text.data[i] && strchr(",.'", text.data[i])))
			return false;
		if (groups++ && digits != 3)
			return false;
		digits = 0;
		i += gap ? gap : 1;
	}
	if (!groups && !sign && digits == 4)
		return memcmp(text.data, "19", 2) != 0 && memcmp(text.data, "20", 2) != 0;
	return digits;
}
