#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <unicode/uldnames.h>
#include <unicode/uloc.h>
#include <unicode/ustring.h>
#include <unistd.h>

#include <muster/map.h>

#include "names/country.h"
#include "fake.h"
#include "names/list.h"
#include "text/words.h"

static struct fake fake;
static struct country_index *countries;

static void use(const char *language)
{
	struct mu_texts languages = { 1, &language };

	country_close(countries);
	ck_assert_int_eq(country_open(&fake.ctx, &languages, &countries), 0);
}

static void begin(void)
{
	fake_init(&fake);
	countries = NULL;
}

static void end(void)
{
	country_close(countries);
	fake_release(&fake);
}

static void is(const char *name, const char *alpha3)
{
	char out[4] = "";

	ck_assert_msg(country_find(countries, mu_string(name), out) == COUNTRY_FOUND, "%s", name);
	ck_assert_str_eq(out, alpha3);
}

static void is_unknown(const char *name)
{
	char out[4];

	ck_assert_msg(country_find(countries, mu_string(name), out) == COUNTRY_UNKNOWN, "%s", name);
}

static void is_undecided(const char *name)
{
	char out[4];

	ck_assert_msg(country_find(countries, mu_string(name), out) == COUNTRY_UNDECIDED, "%s",
		      name);
}

START_TEST(names_of_a_language_are_known)
{
	use("nl");
	is("Noord-Macedonië", "MKD");
	is("noord macedonie", "MKD");
	is("Kosovo", "XKX");
	is("Tunesië", "TUN");
	is("Oekraïne", "UKR");
	is("Palestijnse gebieden", "PSE");
	is("Palestijnse gebieden, Westelijke Jordaanoever", "PSE");
	is("NLD", "NLD");
	is_undecided("Georgië, Armenië");
	is_unknown("Tunesi");
	is_unknown("Mali 1");
	is_unknown("");
}
END_TEST

START_TEST(aliases_and_historic_names_are_known)
{
	use("en");
	is("Bolivia (Plurinational State of)", "BOL");
	is("United Republic of Tanzania", "TZA");
	is("Gambia (the)", "GMB");
	is("Yugoslavia", "YUG");
	is("Côte d'Ivoire", "CIV");
}
END_TEST

START_TEST(codes_are_those_of_iso_and_kosovos)
{
	char out[4];

	use("en");
	ck_assert(country_code(countries, mu_string("XK"), out) == COUNTRY_FOUND);
	ck_assert_str_eq(out, "XKX");
	ck_assert(country_code(countries, mu_string("NL"), out) == COUNTRY_FOUND);
	ck_assert_str_eq(out, "NLD");
	ck_assert(country_code(countries, mu_string("ZZ"), out) == COUNTRY_UNKNOWN);
	ck_assert(country_code(countries, mu_string("Nederland"), out) == COUNTRY_UNKNOWN);
}
END_TEST

START_TEST(the_nearest_names_are_suggested)
{
	use("nl");
	ck_assert_ptr_nonnull(
		strstr(country_candidates(&fake.ctx, countries, mu_string("Tunisië"), 3), "TUN"));
	ck_assert_str_eq(country_candidates(&fake.ctx, countries, mu_string("qqqqqqqq"), 3), "");
}
END_TEST

START_TEST(parts_of_countries_are_no_countries)
{
	char out[4];

	use("nl");
	is("Canarische Eilanden", "ESP");
	is("Ceuta en Melilla", "ESP");
	is("Diego Garcia", "IOT");
	ck_assert(country_code(countries, mu_string("DGA"), out) == COUNTRY_UNKNOWN);
	ck_assert(country_code(countries, mu_string("XKK"), out) == COUNTRY_UNKNOWN);
}
END_TEST

START_TEST(what_names_no_country_is_unknown)
{
	static const char *const names[] = {
		"Republic of",
		"United Republic",
		"United Republic of Tanz",
		"United States of",
		"United States of Americ",
		"Democratic Republic of",
		"Dominican",
		"North",
		"Russian",
		"Bosnia and",
		"The former Yugoslav Re",
		"The former Yugoslav Republic of Maced",
		"Fiji and Tonga",
		"China (Includes Hong Kong)",
		"Western Africa",
		"CARICOM",
		"Multinational",
		"Mediterranean Sea",
		"Grand Total",
		"Total",
		"all",
	};

	use("en");
	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		is_unknown(names[i]);
}
END_TEST

START_TEST(what_follows_a_name_is_never_dropped)
{
	static const struct {
		const char *name, *alpha3; /* "" when undecided, NULL when unknown */
	} names[] = {
		{ "Congo", "" },
		{ "CONGO", "" },
		{ "Congo (the)", "" },
		{ "Kongo", "" },
		{ "le Congo", "" },
		{ "Congo (DRC)", "COD" },
		{ "Congo (RDC)", "COD" },
		{ "Congo [DRC]", "COD" },
		{ "Congo, DRC", "COD" },
		{ "Congo (COG)", "COG" },
		{ "Congo (Democratic Republic)", "COD" },
		{ "Congo, Dem. Rep.", "COD" },
		{ "Congo, Rep.", "COG" },
		{ "Congo (Kinshasa)", "COD" },
		{ "Congo (Brazzaville)", "COG" },
		{ "Congo (Angola)", "" },
		{ "Iran (Iraq)", "" },
		{ "Iran, Iraq", "" },
		{ "Iran / Iraq", "" },
		{ "Iran (the)", "IRN" },
		{ "Iran, the", "IRN" },
		{ "Iran (die)", "IRN" },
		{ "Iran (x)", NULL },
		{ "Iran (Teh)", NULL },
		{ "Iran (IQ)", "" },
		{ "Iran (IR)", "IRN" },
		{ "United States (Guam)", "" },
		{ "Sudan (South)", "SSD" },
		{ "Sudan, South", "SSD" },
		{ "Sudan - South", NULL },
		{ "Sudan/South Sudan", "" },
		{ "Samoa (American)", "ASM" },
		{ "Guinea (Bissau)", "GNB" },
		{ "Guinea (Guinea-Bissau)", "" },
		{ "Guinea, Equatorial", "GNQ" },
		{ "Guinea (Papua)", NULL },
		{ "Niger (Nigeria)", "" },
		{ "Dominica (Republic)", NULL },
		{ "Ireland (Northern)", "GBR" },
		{ "Germany (East)", "DDR" },
		{ "Yemen (PDR)", NULL },
		{ "Moldova (Transnistria)", NULL },
		{ "Serbia (Kosovo)", "XKX" },
		{ "Serbia, Kosovo", "" },
		{ "Serbia & Montenegro", "SCG" },
		{ "Serbia, Montenegro", "" },
		{ "Korea", "" },
		{ "Korea (North)", "PRK" },
		{ "Korea (DPRK)", "PRK" },
		{ "Virgin Islands", "" },
		{ "Virgin Islands (British)", "VGB" },
		{ "Virgin Islands (US)", "VIR" },
		{ "Virgin Islands (U.S.)", "VIR" },
		{ "Virgin Islands (UK)", "VGB" },
		{ "US Virgin Islands", "VIR" },
		{ "United States Virgin Islands", "VIR" },
		{ "China, Hong Kong SAR", "HKG" },
		{ "China (Macao SAR)", "MAC" },
		{ "China, Hong Kong Special Administrative Region", "HKG" },
		{ "Hong Kong SAR, China", "HKG" },
		{ "Hong Kong, China", "" },
		{ "China, Hong Kong", "" },
		{ "China (Hong Kong)", "" },
		{ "China, Macao", "" },
		{ "Taiwan, China", "" },
		{ "Chinese Taipei", "TWN" },
		{ "China, Taiwan", "" },
		{ "Saint Martin (Dutch part)", NULL },
		{ "Palestine (Ramallah)", "PSE" },
		{ "Palestine (Ramallah, Gaza)", "PSE" },
		{ "(Ramallah)", NULL },
		{ "Ramallah)", NULL },
		{ "Palestine (Ramallah", NULL },
		{ ", Mali", NULL },
		{ "Mali ()", "MLI" },
		{ "Mali (the, Niger)", "" },
		{ "Mali, Mali, Mali, Mali, Mali, Mali, Mali, Mali, Mali", NULL },
	};

	use("en");
	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		if (!names[i].alpha3)
			is_unknown(names[i].name);
		else if (!*names[i].alpha3)
			is_undecided(names[i].name);
		else
			is(names[i].name, names[i].alpha3);
	}
}
END_TEST

/* Names as ICU has them, with their codes; regions of one code are one country. */
struct icu_name {
	char name[384], alpha3[4];
};

static size_t icu_names(const char *locale, struct icu_name *out, size_t max)
{
	UErrorCode status = U_ZERO_ERROR;
	ULocaleDisplayNames *names = uldn_open(locale, ULDN_STANDARD_NAMES, &status);
	const char *const *alpha2 = uloc_getISOCountries();
	size_t n = 0;

	for (; *alpha2 && n < max; alpha2++) {
		UChar wide[128];
		int32_t len = uldn_regionDisplayName(names, *alpha2, wide, 128, &status);

		u_strToUTF8(out[n].name, (int32_t)sizeof out->name, &len, wide, len, &status);
		if (status == U_ZERO_ERROR && strcmp(out[n].name, *alpha2) != 0 &&
		    country_code(countries, mu_string(*alpha2), out[n].alpha3) == COUNTRY_FOUND)
			n++;
		status = U_ZERO_ERROR;
	}
	uldn_close(names);
	return n;
}

/* Each name with that of another country behind it is never the former. */
static void check_pairs(const char *locale, size_t step)
{
	static struct icu_name names[400];
	static const char *const forms[][2] = {
		{ " (", ")" }, { ", ", "" }, { " / ", "" }, { " [", "]" }
	};
	char text[800], code[4];
	size_t n;

	use(locale);
	n = icu_names(locale, names, sizeof names / sizeof *names);
	ck_assert_msg(n > 100, "%s", locale);
	for (size_t i = 0; i < n; i++) {
		enum country_answer answer =
			country_find(countries, mu_string(names[i].name), code);

		ck_assert_msg(answer != COUNTRY_UNKNOWN, "%s: %s", locale, names[i].name);
		if (answer == COUNTRY_FOUND)
			ck_assert_msg(!strcmp(code, names[i].alpha3), "%s: %s is %s", locale,
				      names[i].name, code);
	}
	for (size_t i = 0; i < n; i++)
		for (size_t j = i % step; j < n; j += step) {
			const char *const *form = forms[(i + j / step) % 4];

			snprintf(text, sizeof text, "%s%s%s%s", names[i].name, form[0],
				 names[j].name, form[1]);
			if (strcmp(names[i].alpha3, names[j].alpha3) != 0 &&
			    country_find(countries, mu_string(text), code) == COUNTRY_FOUND)
				ck_assert_msg(strcmp(code, names[i].alpha3) != 0, "%s: %s is %s",
					      locale, text, code);
		}
}

START_TEST(a_name_with_another_country_behind_it_is_never_the_first)
{
	check_pairs("en", 1);
	check_pairs("nl", 1);
	check_pairs("fr", 1);
	check_pairs("sw", 1);
}
END_TEST

START_TEST(likewise_in_all_languages)
{
	for (int32_t i = 0; i < uloc_countAvailable(); i++) {
		const char *locale = uloc_getAvailable(i);
		struct icu_name few[101];

		if (strchr(locale, '_'))
			continue;
		use(locale);
		if (icu_names(locale, few, 101) == 101)
			check_pairs(locale, 23);
	}
}
END_TEST

START_TEST(congo_and_korea_alone_are_undecided_in_every_language)
{
	static const char *const names[] = { "Congo", "Kongo", "kongo", "le Congo", "Kongó",
					     "Korea", "Corea", "Corée", "Конго" };

	for (int32_t i = 0; i < uloc_countAvailable(); i++) {
		if (strchr(uloc_getAvailable(i), '_'))
			continue;
		use(uloc_getAvailable(i));
		for (size_t k = 0; k < sizeof names / sizeof *names; k++)
			is_undecided(names[k]);
	}
	use("gd");
	is_undecided("Coirèa");
	is("Coirèa a Tuath", "PRK");
	use("sw");
	is("Jamhuri ya Kidemokrasia ya Kongo", "COD");
	use("zh");
	is_undecided("刚果");
	is("刚果（金）", "COD");
}
END_TEST

START_TEST(vowel_signs_are_letters)
{
	use("hi");
	is("टोगो", "TGO");
	is("टोंगा", "TON");
	use("my");
	is("အန်ဂိုလာ", "AGO");
	use("ja");
	is("ガーナ", "GHA");
	is_unknown("カーナ");
	use("el");
	is("Ελλαδα", "GRC");
}
END_TEST

START_TEST(what_a_source_means_by_a_name_counts_first)
{
	char meanings[COUNTRY_MEANINGS_MAX][4];

	use("en");
	ck_assert_int_eq(country_meanings(countries, mu_string("congo"), meanings), 2);
	ck_assert_str_eq(meanings[0], "COG");
	ck_assert_str_eq(meanings[1], "COD");
	ck_assert_int_eq(country_meanings(countries, mu_string("Iran (Iraq)"), meanings), 0);
	ck_assert_int_eq(country_name(&fake.ctx, countries, "Congo", "COG"), 0);
	is("congo", "COG");
	is_undecided("Congo (DRC)");
}
END_TEST

static const char *const country_fields[] = { "alias", "alpha3", "note" };
static const char *const code_fields[] = { "alpha3", "name" };

static void shipped_open(struct list *list, const char *name, const char *const *fields,
			 size_t count)
{
	const char *path;

	ck_assert_int_eq(mu_reference(&fake.ctx, name, &path), 0);
	ck_assert_int_eq(list_open(&fake.ctx, path, 1 << 20, list), 0);
	ck_assert_int_eq(list_header(list, fields, count), 0);
}

/* The codes of iso3166.csv. */
static void codes_read(struct mu_map *codes)
{
	struct list list;
	char *row[2];

	shipped_open(&list, "iso3166.csv", code_fields, 2);
	while (list_more(&list)) {
		size_t known = codes->count;

		ck_assert_int_eq(list_row(&list, row, 2), 0);
		ck_assert_msg(strlen(row[0]) == 3 && *row[1], "line %zu", list.line);
		ck_assert_uint_eq(mu_map_add(codes, row[0], 3), known);
	}
	list_close(&list);
}

START_TEST(each_shipped_alias_means_one_country_with_a_code)
{
	struct mu_map codes = { 0 }, meanings = { 0 };
	struct list list;
	char *row[3], words[512], code[4];

	codes_read(&codes);
	use("any");
	shipped_open(&list, "countries.csv", country_fields, 3);
	while (list_more(&list)) {
		size_t len, known = meanings.count, at, i;

		ck_assert_int_eq(list_row(&list, row, 3), 0);
		at = mu_map_find(&codes, row[1], strlen(row[1]));
		ck_assert_msg(at != SIZE_MAX, "%s of %s", row[1], row[0]);
		len = words_fold(mu_string(row[0]), words, sizeof words);
		i = mu_map_add(&meanings, words, len);
		if (i == known)
			meanings.entries[i].value = at;
		if (!strcmp(row[2], "either")) {
			is_undecided(row[0]);
			continue;
		}
		ck_assert_msg(meanings.entries[i].value == at, "%s is also %.3s", row[0],
			      (const char *)codes.entries[meanings.entries[i].value].key);
		ck_assert_msg(country_find(countries, mu_string(row[0]), code) == COUNTRY_FOUND,
			      "%s", row[0]);
		ck_assert_str_eq(code, row[1]);
	}
	ck_assert_uint_gt(meanings.count, 100);
	list_close(&list);
	mu_map_release(&meanings);
	mu_map_release(&codes);
}
END_TEST

START_TEST(each_code_that_is_given_is_in_the_list_of_codes)
{
	struct mu_map codes = { 0 };
	char alpha2[3] = "", code[4];
	size_t found = 0;

	codes_read(&codes);
	use("en");
	for (alpha2[0] = 'A'; alpha2[0] <= 'Z'; alpha2[0]++) {
		for (alpha2[1] = 'A'; alpha2[1] <= 'Z'; alpha2[1]++) {
			if (country_code(countries, mu_string(alpha2), code) != COUNTRY_FOUND)
				continue;
			found++;
			ck_assert_msg(mu_map_find(&codes, code, 3) != SIZE_MAX, "%s is %s", alpha2,
				      code);
		}
	}
	ck_assert_uint_ge(found, 250);
	mu_map_release(&codes);
}
END_TEST

static const struct {
	const char *bytes, *why; /* behind the path */
} malformed_lists[] = {
	{ "", ":1: the list is empty" },
	{ "alias,code,note\n", ":1: column 2 is called 'code', and should be 'alpha3'" },
	{ "alias,alpha3,note\nA,AAA\n", ":2: there are fewer than 3 fields" },
	{ "alias,alpha3,note\n\nA,AAA,,\n", ":3: there are more than 3 fields" },
	{ "alias,alpha3,note\nA,AAA,\"two\nlines\"\nB,bbb,\n",
	  ":4: alpha3 must be three capital letters" },
	{ "alias,alpha3,note\n-,AAA,\n", ":2: the alias is empty, too long or no UTF-8: '-'" },
};

static char written[64]; /* a list of the test's own */

static int written_reference(struct mu_ctx *ctx, const char *name, const char **path)
{
	(void)ctx;
	ck_assert_str_eq(name, COUNTRY_REFERENCE);
	*path = written;
	return 0;
}

START_TEST(a_malformed_list_is_refused_with_its_line)
{
	struct mu_texts none = { 0 };
	const char *bytes = malformed_lists[_i].bytes;
	int file;

	snprintf(written, sizeof written, "%s", "/tmp/muster-countries.XXXXXX");
	file = mkstemp(written);
	ck_assert(file >= 0 && write(file, bytes, strlen(bytes)) == (ssize_t)strlen(bytes) &&
		  !close(file));
	fake.ctx.reference = written_reference;
	ck_assert_int_eq(country_open(&fake.ctx, &none, &countries), EINVAL);
	unlink(written);
	ck_assert_str_eq(fake.failed + strlen(written), malformed_lists[_i].why);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("country");
	TCase *tests = tcase_create("country");
	SRunner *runner;
	int failed;

	tcase_add_checked_fixture(tests, begin, end);
	tcase_add_test(tests, names_of_a_language_are_known);
	tcase_add_test(tests, aliases_and_historic_names_are_known);
	tcase_add_test(tests, codes_are_those_of_iso_and_kosovos);
	tcase_add_test(tests, the_nearest_names_are_suggested);
	tcase_add_test(tests, parts_of_countries_are_no_countries);
	tcase_add_test(tests, what_names_no_country_is_unknown);
	tcase_add_test(tests, what_follows_a_name_is_never_dropped);
	tcase_add_test(tests, a_name_with_another_country_behind_it_is_never_the_first);
	tcase_add_test(tests, likewise_in_all_languages);
	tcase_add_test(tests, congo_and_korea_alone_are_undecided_in_every_language);
	tcase_add_test(tests, vowel_signs_are_letters);
	tcase_add_test(tests, what_a_source_means_by_a_name_counts_first);
	tcase_set_timeout(tests, 60);
	tcase_add_test(tests, each_shipped_alias_means_one_country_with_a_code);
	tcase_add_test(tests, each_code_that_is_given_is_in_the_list_of_codes);
	tcase_add_loop_test(tests, a_malformed_list_is_refused_with_its_line, 0,
			    (int)(sizeof malformed_lists / sizeof *malformed_lists));
	suite_add_tcase(suite, tests);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
