/*
 * Makes a PDF of a description, always the same bytes of the same text.
 *
 *     pdf page.txt page.pdf
 *
 * Each line is one item; y is that of the baseline, in points below the page's top:
 *
 *     page WIDTH HEIGHT     the next page
 *     l X Y SIZE TEXT       a text in Helvetica that begins at X
 *     r X Y SIZE TEXT       one that ends at X
 *     c X Y SIZE TEXT       one with X in its middle
 *     # ...                 nothing
 *
 * Text is UTF-8 with characters of windows-1252.
 */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PAGES_MAX = 100, LINE_MAX_BYTES = 4096 };

/* Of Helvetica, in thousandths of its size, from the space on: Adobe's metrics of the 14
 * standard fonts. */
static const int widths[] = {
	278,  278, 355, 556, 556, 889, 667, 191, 333, 333, 389, 584, 278, 333, 278, 278,
	556,  556, 556, 556, 556, 556, 556, 556, 556, 556, 278, 278, 584, 584, 584, 556,
	1015, 667, 667, 722, 722, 667, 611, 778, 722, 278, 500, 667, 556, 833, 722, 778,
	667,  778, 722, 667, 611, 722, 667, 944, 667, 667, 611, 278, 278, 278, 469, 556,
	333,  556, 556, 500, 556, 556, 278, 556, 556, 222, 222, 500, 222, 833, 556, 556,
	556,  556, 333, 500, 278, 556, 500, 722, 500, 500, 500, 334, 260, 334, 584,
};

struct page {
	double width, height;
	char *content;
	size_t len;
};

static void fail(size_t line, const char *why)
{
	fprintf(stderr, "pdf: line %zu: %s\n", line, why);
	exit(1);
}

/* The next character in windows-1252; moves on. */
static unsigned char next_byte(const char **text, size_t line)
{
	const unsigned char *s = (const unsigned char *)*text;

	if (*s < 0x80) {
		*text += 1;
		return *s;
	}
	if ((*s == 0xc2 || *s == 0xc3) && (s[1] & 0xc0) == 0x80) {
		*text += 2;
		return (unsigned char)(((*s & 3) << 6) | (s[1] & 0x3f));
	}
	if (!memcmp(s, "\xe2\x80\x99", 3) || !memcmp(s, "\xe2\x80\x93", 3)) {
		*text += 3;
		return s[2] == 0x99 ? 0x92 : 0x96;
	}
	fail(line, "a character is not in windows-1252");
	return 0;
}

static double text_width(const char *text, double size, size_t line)
{
	double sum = 0;

	while (*text) {
		unsigned char c = next_byte(&text, line);

		sum += c >= ' ' && c < 127 ? widths[c - ' '] : 556;
	}
	return sum * size / 1000;
}

static void put(struct page *p, const char *text)
{
	size_t len = strlen(text);

	p->content = realloc(p->content, p->len + len + 1);
	if (!p->content)
		exit(1);
	memcpy(p->content + p->len, text, len + 1);
	p->len += len;
}

static void put_text(struct page *p, char how, double x, double y, double size, const char *text,
		     size_t line)
{
	char item[LINE_MAX_BYTES];
	double width = text_width(text, size, line);

	x -= how == 'r' ? width : how == 'c' ? width / 2 : 0;
	snprintf(item, sizeof item, "BT /F %.2f Tf %.2f %.2f Td (", size, x, p->height - y);
	put(p, item);
	while (*text) {
		unsigned char c = next_byte(&text, line);

		snprintf(item, sizeof item,
			 c < ' ' || c > '~' || strchr("()\\", c) ? "\\%03o" : "%c", c);
		put(p, item);
	}
	put(p, ") Tj ET\n");
}

/* A number, and where the text goes on behind it. */
static bool number(char **at, double *out)
{
	char *begin = *at;

	*out = strtod(begin, at);
	return *at != begin;
}

static size_t description_read(FILE *in, struct page *pages)
{
	char text[LINE_MAX_BYTES];
	size_t n = 0, line = 0;

	while (fgets(text, sizeof text, in)) {
		double x = 0, y = 0, size = 0;
		char *at = text;

		line++;
		text[strcspn(text, "\n")] = '\0';
		if (!*text || *text == '#')
			continue;
		if (!strncmp(text, "page ", 5)) {
			at += 5;
			if (!number(&at, &x) || !number(&at, &y))
				fail(line, "a page needs its width and its height");
			if (n == PAGES_MAX)
				fail(line, "too many pages");
			pages[n++] = (struct page){ .width = x, .height = y };
		} else if (n && strchr("lrc", *at++) && number(&at, &x) && number(&at, &y) &&
			   number(&at, &size)) {
			put_text(&pages[n - 1], *text, x, y, size, at + strspn(at, " "), line);
		} else {
			fail(line, "no item");
		}
	}
	return n;
}

/* Objects 1 and 2 are the catalogue and the pages, 3 the font; then a page and its
 * content, in turn. */
static void pdf_write(const struct page *pages, size_t n, FILE *out)
{
	long at[2 * PAGES_MAX + 4], start;
	size_t i, objects = 2 * n + 3;

	fputs("%PDF-1.4\n", out);
	at[1] = ftell(out);
	fputs("1 0 obj\n<< /Type /Catalog /Pages 2 0 R >>\nendobj\n", out);
	at[2] = ftell(out);
	fputs("2 0 obj\n<< /Type /Pages /Kids [", out);
	for (i = 0; i < n; i++)
		fprintf(out, " %zu 0 R", 4 + 2 * i);
	fprintf(out, " ] /Count %zu >>\nendobj\n", n);
	at[3] = ftell(out);
	fputs("3 0 obj\n<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica "
	      "/Encoding /WinAnsiEncoding >>\nendobj\n",
	      out);
	for (i = 0; i < n; i++) {
		const struct page *p = &pages[i];

		at[4 + 2 * i] = ftell(out);
		fprintf(out,
			"%zu 0 obj\n<< /Type /Page /Parent 2 0 R /MediaBox [0 0 %.2f %.2f] "
			"/Resources << /Font << /F 3 0 R >> >> /Contents %zu 0 R >>\nendobj\n",
			4 + 2 * i, p->width, p->height, 5 + 2 * i);
		at[5 + 2 * i] = ftell(out);
		fprintf(out, "%zu 0 obj\n<< /Length %zu >>\nstream\n%sendstream\nendobj\n",
			5 + 2 * i, p->len, p->content ? p->content : "");
	}
	start = ftell(out);
	fprintf(out, "xref\n0 %zu\n0000000000 65535 f \n", objects + 1);
	for (i = 1; i <= objects; i++)
		fprintf(out, "%010ld 00000 n \n", at[i]);
	fprintf(out, "trailer\n<< /Size %zu /Root 1 0 R >>\nstartxref\n%ld\n%%%%EOF\n", objects + 1,
		start);
}

int main(int argc, char **argv)
{
	static struct page pages[PAGES_MAX];
	FILE *in = argc > 1 ? fopen(argv[1], "r") : stdin;
	FILE *out = argc > 2 ? fopen(argv[2], "w") : NULL;
	size_t n, i;

	if (argc != 3 || !in || !out) {
		fputs("usage: pdf DESCRIPTION PDF\n", stderr);
		return 2;
	}
	n = description_read(in, pages);
	pdf_write(pages, n, out);
	for (i = 0; i < n; i++)
		free(pages[i].content);
	fclose(in);
	return fclose(out) ? 1 : 0;
}
