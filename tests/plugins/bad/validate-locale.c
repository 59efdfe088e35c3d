/* Another locale, with a comma in numbers, where there is one.
 *     exit 0
 */
#include <locale.h>

#include "bad.h"

static void change(void)
{
	static const char *const names[] = { "de_DE.UTF-8", "nl_NL.UTF-8", "fr_FR.UTF-8", "de_DE" };

	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		locale_t other = newlocale(LC_ALL_MASK, names[i], (locale_t)0);

		if (setlocale(LC_ALL, names[i]) && other)
			uselocale(other);
	}
}

BAD_SHOW(change())
VALIDATOR("locale", .validate = bad_show)
