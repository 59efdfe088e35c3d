#define PCRE2_CODE_UNIT_WIDTH 8
#include "text/pattern.h"

#include <stdlib.h>
#include <string.h>

#include <pcre2.h>

#include "text/utf8.h"

/* Far more than a sensible pattern needs, and done in well under a second. */
#define MATCH_LIMIT      1000000
#define DEPTH_LIMIT      250000
#define HEAP_LIMIT       65536 /* KiB */
#define STACK_MIN        ((size_t)32 << 10)
#define STACK_MAX        ((size_t)1 << 20)
#define LENGTH_MAX       32768
#define MACHINE_CODE_MIN 65536 /* bytes searched */

struct capture {
	const char *name; /* into the compiled code */
	uint32_t number;
};

struct pattern {
	pcre2_code *code;
	pcre2_match_data *match;
	pcre2_match_context *limits;
	pcre2_jit_stack *stack;
	char *text; /* as the pipeline has it, for messages */
	size_t n_captures;
	struct capture *captures;
	struct mu_string subject; /* of the latest find, known to be UTF-8 */
	size_t searched;          /* bytes, until it is compiled to machine code */
	bool found;
};

static int report_mistake(struct mu_ctx *ctx, const void *option, const char *text, int code,
			  size_t offset)
{
	PCRE2_UCHAR reason[256];
	size_t length = strlen(text);
	size_t characters = 1 + utf8_count(text, offset < length ? offset : length);

	if (code == PCRE2_ERROR_HEAP_FAILED)
		return mu_fail(ctx, ENOMEM, "out of memory");
	pcre2_get_error_message(code, reason, sizeof reason);
	return mu_invalid(ctx, option, "pattern is wrong at its character %zu: %s", characters,
			  (const char *)reason);
}

static int code_compile(struct mu_ctx *ctx, const void *option, const char *text, bool whole,
			struct pattern *p)
{
	uint32_t flags = PCRE2_UTF | PCRE2_UCP | PCRE2_NEVER_BACKSLASH_C;
	int code = 0;
	PCRE2_SIZE offset = 0;

	if (strlen(text) > LENGTH_MAX)
		return mu_invalid(ctx, option, "pattern is longer than %d bytes", LENGTH_MAX);
	if (whole)
		flags |= PCRE2_ANCHORED | PCRE2_ENDANCHORED;
	p->code =
		pcre2_compile((PCRE2_SPTR)text, PCRE2_ZERO_TERMINATED, flags, &code, &offset, NULL);
	if (!p->code)
		return report_mistake(ctx, option, text, code, offset);
	return 0;
}

/* Machine code pays for itself in large texts alone.  Where there is none the
 * interpreter does the same, slower. */
static void searched_add(struct pattern *p, size_t len)
{
	if (p->searched >= MACHINE_CODE_MIN)
		return;
	p->searched += len;
	if (p->searched < MACHINE_CODE_MIN)
		return;
	pcre2_jit_compile(p->code, PCRE2_JIT_COMPLETE);
	/* Without one of its own, it takes 32 KiB of the machine's stack. */
	p->stack = pcre2_jit_stack_create(STACK_MIN, STACK_MAX, NULL);
	if (p->stack)
		pcre2_jit_stack_assign(p->limits, NULL, p->stack);
}

/* PCRE2 keeps names in a table of entries of one size: two bytes of number,
 * high one first, then the name and a zero byte. */
static bool captures_list(struct pattern *p)
{
	uint32_t count = 0, size = 0;
	PCRE2_SPTR names = NULL;

	pcre2_pattern_info(p->code, PCRE2_INFO_NAMECOUNT, &count);
	pcre2_pattern_info(p->code, PCRE2_INFO_NAMEENTRYSIZE, &size);
	pcre2_pattern_info(p->code, PCRE2_INFO_NAMETABLE, &names);
	if (!count)
		return true;
	p->captures = calloc(count, sizeof *p->captures);
	if (!p->captures)
		return false;
	p->n_captures = count;
	for (uint32_t i = 0; i < count; i++, names += size)
		p->captures[i] = (struct capture){
			.name = (const char *)names + 2,
			.number = (uint32_t)names[0] << 8 | names[1],
		};
	return true;
}

static bool limits_set(struct pattern *p)
{
	p->match = pcre2_match_data_create_from_pattern(p->code, NULL);
	p->limits = pcre2_match_context_create(NULL);
	if (!p->match || !p->limits)
		return false;
	pcre2_set_match_limit(p->limits, MATCH_LIMIT);
	pcre2_set_depth_limit(p->limits, DEPTH_LIMIT);
	pcre2_set_heap_limit(p->limits, HEAP_LIMIT);
	return true;
}

int pattern_compile(struct mu_ctx *ctx, const void *option, const char *text, bool whole,
		    struct pattern **out)
{
	struct pattern *p = calloc(1, sizeof *p);
	int err;

	*out = NULL;
	if (!p)
		return mu_fail(ctx, ENOMEM, "out of memory");
	err = code_compile(ctx, option, text, whole, p);
	if (!err) {
		p->text = strdup(text);
		if (!p->text || !captures_list(p) || !limits_set(p))
			err = mu_fail(ctx, ENOMEM, "out of memory");
	}
	if (err)
		pattern_free(p);
	else
		*out = p;
	return err;
}

void pattern_free(struct pattern *p)
{
	if (!p)
		return;
	pcre2_jit_stack_free(p->stack);
	pcre2_match_context_free(p->limits);
	pcre2_match_data_free(p->match);
	pcre2_code_free(p->code);
	free(p->captures);
	free(p->text);
	free(p);
}

static int find_failed(struct mu_ctx *ctx, const struct pattern *p, int code)
{
	PCRE2_UCHAR reason[256];

	switch (code) {
	case PCRE2_ERROR_MATCHLIMIT:
	case PCRE2_ERROR_DEPTHLIMIT:
	case PCRE2_ERROR_HEAPLIMIT:
	case PCRE2_ERROR_JIT_STACKLIMIT:
		return -mu_fail(ctx, ELOOP,
				"pattern '%s' needs too many steps on this text: make it more "
				"definite",
				p->text);
	case PCRE2_ERROR_NOMEMORY:
		return -mu_fail(ctx, ENOMEM, "out of memory");
	default:
		pcre2_get_error_message(code, reason, sizeof reason);
		return -mu_fail(ctx, EILSEQ, "pattern '%s' cannot be looked for: %s", p->text,
				(const char *)reason);
	}
}

int pattern_find(struct mu_ctx *ctx, struct pattern *p, struct mu_string text, size_t from,
		 struct pattern_match *out)
{
	/* Looking further in the same text: it was checked for UTF-8 before. */
	bool checked = from && p->subject.data == text.data && p->subject.len == text.len;
	const PCRE2_SIZE *at;
	int code;

	if (!text.data)
		text = mu_string("");
	p->found = false;
	p->subject = (struct mu_string){ NULL, 0 };
	if (from > text.len)
		return 0;
	searched_add(p, text.len - from);
	code = pcre2_match(p->code, (PCRE2_SPTR)text.data, text.len, from,
			   checked ? PCRE2_NO_UTF_CHECK : 0, p->match, p->limits);
	if (code < 0 && code != PCRE2_ERROR_NOMATCH)
		return find_failed(ctx, p, code);
	p->subject = text;
	if (code < 0)
		return 0;
	at = pcre2_get_ovector_pointer(p->match);
	p->found = true;
	/* \K may put the start behind the end. */
	*out = (struct pattern_match){ at[0] < at[1] ? at[0] : at[1], at[1] };
	return 1;
}

size_t pattern_captures(const struct pattern *p)
{
	return p->n_captures;
}

const char *pattern_capture_name(const struct pattern *p, size_t i)
{
	return p->captures[i].name;
}

struct mu_string pattern_capture(const struct pattern *p, size_t i)
{
	return pattern_group(p, p->captures[i].number);
}

size_t pattern_groups(const struct pattern *p)
{
	uint32_t count = 0;

	pcre2_pattern_info(p->code, PCRE2_INFO_CAPTURECOUNT, &count);
	return count;
}

struct mu_string pattern_group(const struct pattern *p, size_t number)
{
	const PCRE2_SIZE *at;

	if (!p->found || number > pattern_groups(p))
		return (struct mu_string){ NULL, 0 };
	at = pcre2_get_ovector_pointer(p->match) + 2 * number;
	if (at[0] == PCRE2_UNSET || at[1] < at[0])
		return (struct mu_string){ NULL, 0 };
	return (struct mu_string){ p->subject.data + at[0], at[1] - at[0] };
}
