/* Plugins found, and each way in which one can be unfit. */
#include <check.h>
#include <sys/stat.h>

#include "built.h"
#include "config/loader.h"

static struct built built;
static struct text why, hint;

/* Plugins that are what they say; made before the tests fork. */
#define PLUGIN(...) "MUSTER_PLUGIN(" __VA_ARGS__ ");"
#define OPTION(...) \
	".self_size = sizeof(struct self), .options = (const struct mu_option[]){ " __VA_ARGS__ \
	", { 0 } }"

static const struct {
	const char *name, *code, *flags;
	const char *why; /* what follows the path of the file; NULL: it is fit */
} plugins[] = {
	{ "parse/csv",
	  PLUGIN(".name = \"csv\", .summary = \"s\", .parse = parse," OPTION(
		  "MU_OPT_PATH(struct self, path, .required = true)")),
	  "", NULL },
	{ "parse/abi",
	  "__attribute__((visibility(\"default\"))) const struct mu_plugin muster_plugin = "
	  "{ .abi = 99 };",
	  "", "was built for plugin interface 99, and this muster has 2" },
	{ "parse/small",
	  "__attribute__((visibility(\"default\"))) const struct mu_plugin muster_plugin = "
	  "{ .abi = MUSTER_ABI, .size = 16 };",
	  "", "says that its struct has 16 bytes, which cannot be" },
	{ "parse/absurd",
	  "__attribute__((visibility(\"default\"))) const struct mu_plugin muster_plugin = "
	  "{ .abi = MUSTER_ABI, .size = 1u << 30 };",
	  "", "says that its struct has 1073741824 bytes, which cannot be" },
	{ "parse/nosymbol", "int x;", "", "does not define muster_plugin" },
	{ "parse/nostep", PLUGIN(".name = \"nostep\", .summary = \"s\""), "", "performs no step" },
	{ "parse/twosteps",
	  PLUGIN(".name = \"twosteps\", .summary = \"s\", .parse = parse, .export = export"), "",
	  "performs two steps, parse and export" },
	{ "validate/elsewhere", PLUGIN(".name = \"elsewhere\", .summary = \"s\", .parse = parse"),
	  "", "performs the step parse and belongs into the folder of that name" },
	{ "parse/other", PLUGIN(".name = \"another\", .summary = \"s\", .parse = parse"), "",
	  "calls itself 'another'" },
	{ "parse/mute", PLUGIN(".name = \"mute\", .parse = parse"), "", "has no summary" },
	{ "parse/twice",
	  PLUGIN(".name = \"twice\", .summary = \"s\", .parse = parse," OPTION(
		  "MU_OPT_PATH(struct self, path), MU_OPT_PATH(struct self, path)")),
	  "", "has two options 'path'" },
	{ "parse/outside",
	  PLUGIN(".name = \"outside\", .summary = \"s\", .parse = parse, .self_size = 8,"
		 ".options = (const struct mu_option[]){ MU_OPT_INT(struct self, limit), { 0 } }"),
	  "", "has an option 'limit' outside of its struct" },
	{ "parse/future",
	  PLUGIN(".name = \"future\", .summary = \"s\", .parse = parse," OPTION(
		  "{ .name = \"x\", .type = 77 }")),
	  "", "has an option 'x' of a type that this muster does not know: 77" },
	{ "parse/ownname",
	  PLUGIN(".name = \"ownname\", .summary = \"s\", .parse = parse," OPTION(
		  "{ .name = \"parse\", .type = MU_INT }")),
	  "", "has an option 'parse', which is the name of its step" },
	{ "parse/nochoice",
	  PLUGIN(".name = \"nochoice\", .summary = \"s\", .parse = parse," OPTION(
		  "{ .name = \"x\", .type = MU_CHOICE }")),
	  "", "has an option 'x' without choices" },
	{ "parse/nofields",
	  PLUGIN(".name = \"nofields\", .summary = \"s\", .parse = parse, .self_size = 99,"
		 ".options = (const struct mu_option[]){ { .name = \"x\", .type = MU_ITEMS }, "
		 "{ 0 } }"),
	  "", "has an option 'x' without fields" },
	{ "parse/endless",
	  "static const struct mu_option list[] = { { .name = \"x\", .type = MU_ITEMS,"
	  " .item_size = 64, .fields = list }, { 0 } };" PLUGIN(
		  ".name = \"endless\", .summary = \"s\", .parse = parse, .self_size = 99,"
		  ".options = list"),
	  "", "has a table of options without an end" },
	{ "parse/badcode",
	  PLUGIN(".name = \"badcode\", .summary = \"s\", .parse = parse,"
		 ".codes = (const struct mu_code[]){ { \"Bad Code\", \"m\", \"r\" }, { 0 } }"),
	  "", "has a code 'Bad Code': lower case letters, digits and - are allowed" },
	{ "parse/mutecode",
	  PLUGIN(".name = \"mutecode\", .summary = \"s\", .parse = parse,"
		 ".codes = (const struct mu_code[]){ { \"x\", \"m\", 0 }, { 0 } }"),
	  "", "does not say what its code 'x' means or how to mend it" },
	{ "parse/unlinked",
	  "int nowhere(void); int (*use)(void) = nowhere;" PLUGIN(
		  ".name = \"unlinked\", .summary = \"s\", .parse = parse"),
	  "", "cannot be loaded: undefined symbol: nowhere" },
};

#define N_PLUGINS (sizeof plugins / sizeof plugins[0])

static const struct plugin *find(struct loader *loader, enum step step, const char *name)
{
	text_clear(&why);
	text_clear(&hint);
	return loader_find(loader, step, name, &why, &hint);
}

static enum step step_of(const char *name)
{
	return name[0] == 'v' ? STEP_VALIDATE : STEP_PARSE;
}

START_TEST(each_way_to_be_unfit_has_words)
{
	struct loader *loader = loader_new();
	const char *name = strchr(plugins[_i].name, '/') + 1;
	const struct plugin *plugin = find(loader, step_of(plugins[_i].name), name);
	struct text expected = { 0 };

	text_printf(&expected, "plugin %s cannot be used: %s/%s.so %s", plugins[_i].name,
		    built.folder, plugins[_i].name, plugins[_i].why ? plugins[_i].why : "");
	if (plugins[_i].why) {
		ck_assert_ptr_null(plugin);
		ck_assert_str_eq(why.data, expected.data);
	} else {
		ck_assert_msg(plugin, "%s", why.data);
		ck_assert_str_eq(plugin->full, plugins[_i].name);
		ck_assert_ptr_eq(plugin, find(loader, step_of(plugins[_i].name), name));
	}
	text_release(&expected);
	loader_free(loader);
}
END_TEST

START_TEST(what_is_not_there_is_guessed_at)
{
	struct loader *loader = loader_new();

	ck_assert_ptr_null(find(loader, STEP_PARSE, "cvs"));
	ck_assert_str_eq(why.data, "there is no plugin parse/cvs");
	ck_assert_str_eq(hint.data, "did you mean 'csv'?");
	ck_assert_ptr_null(find(loader, STEP_EXPORT, "csv"));
	ck_assert_str_eq(hint.data, "there is parse/csv: did you mean 'parse: csv'?");
	ck_assert_ptr_null(find(loader, STEP_TRANSFORM, "zzz"));
	ck_assert_ptr_nonnull(strstr(hint.data, "searched: "));
	ck_assert_ptr_nonnull(strstr(hint.data, built.folder));
	loader_free(loader);
}
END_TEST

START_TEST(names_cannot_leave_the_folders)
{
	static const char *const names[] = { "../parse/csv", "/tmp/x", "a.b", "", "a b", "a\nb" };
	struct loader *loader = loader_new();
	size_t i;

	for (i = 0; i < sizeof names / sizeof names[0]; i++) {
		ck_assert_ptr_null(find(loader, STEP_PARSE, names[i]));
		ck_assert_ptr_nonnull(strstr(why.data, "cannot be the name of a plugin"));
	}
	loader_free(loader);
}
END_TEST

START_TEST(files_that_are_no_plugins_are_refused)
{
	struct loader *loader = loader_new();
	struct text path = { 0 };

	built_write(&built, "parse/text.so", "not a library\n");
	ck_assert_ptr_null(find(loader, STEP_PARSE, "text"));
	ck_assert_ptr_nonnull(strstr(why.data, "text.so is a text file, not a shared object"));
	built_write(&built, "parse/empty.so", "");
	ck_assert_ptr_null(find(loader, STEP_PARSE, "empty"));
	ck_assert_ptr_nonnull(strstr(why.data, "empty.so is an empty file, not a shared object"));
	text_printf(&path, "%s/parse/folder.so", built.folder);
	ck_assert_int_eq(mkdir(path.data, 0777), 0);
	ck_assert_ptr_null(find(loader, STEP_PARSE, "folder"));
	ck_assert_ptr_nonnull(strstr(why.data, "folder.so is not a file"));
	text_clear(&path);
	text_printf(&path, "%s/parse/nowhere.so", built.folder);
	ck_assert_int_eq(symlink("missing", path.data), 0);
	ck_assert_ptr_null(find(loader, STEP_PARSE, "nowhere"));
	ck_assert_ptr_nonnull(strstr(why.data, "cannot be read: No such file"));
	text_release(&path);
	loader_free(loader);
}
END_TEST

/* A plugin with other bytes somewhere in its header. */
static void built_patched(const char *name, size_t at, const char *bytes, size_t len)
{
	struct text command = { 0 };
	size_t i;

	text_printf(&command, "cd %s/parse && cp csv.so %s.so && printf '", built.folder, name);
	for (i = 0; i < len; i++)
		text_printf(&command, "\\%03o", (unsigned char)bytes[i]);
	text_printf(&command, "' | dd of=%s.so bs=1 seek=%zu conv=notrunc 2>/dev/null", name, at);
	built_shell(command.data);
	text_release(&command);
}

static void check_refused(struct loader *loader, const char *name, const char *words)
{
	ck_assert_ptr_null(find(loader, STEP_PARSE, name));
	ck_assert_msg(strstr(why.data, words), "%s: %s", name, why.data);
}

START_TEST(objects_of_other_machines_are_named)
{
	struct loader *loader = loader_new();
	/* Class, order of bytes, type and machine of the header. */
	static const struct {
		const char *name;
		size_t at;
		const char *bytes;
		size_t len;
		const char *words;
	} all[] = {
		{ "arm", 18, "\x28\0", 2, "arm.so was built for ARM (64 bits, " },
		{ "narrow", 4, "\1", 1, "(32 bits, little endian), and this muster for " },
		{ "big", 5, "\2\1\0\0\0\0\0\0\0\0\0\0\3\0\26", 15,
		  "big.so was built for S/390 (64 bits, big endian), and this muster for " },
		{ "strange", 18, "\xff\xfe", 2, "was built for machine 65279 of ELF (" },
		{ "unlinked2", 16, "\1\0", 2, "is an object file, not a shared object: link it" },
		{ "program", 16, "\2\0", 2, "program.so is a program, not a shared object" },
	};
	size_t i;

	for (i = 0; i < sizeof all / sizeof *all; i++) {
		built_patched(all[i].name, all[i].at, all[i].bytes, all[i].len);
		check_refused(loader, all[i].name, all[i].words);
	}
	loader_free(loader);
}
END_TEST

START_TEST(files_of_other_kinds_are_named)
{
	struct loader *loader = loader_new();

	built_write(&built, "parse/static.so", "!<arch>\nx");
	check_refused(loader, "static", "static.so is a static library, not a shared object");
	built_write(&built, "parse/windows.so", "MZ\x90");
	check_refused(loader, "windows", "is a library for Windows, not a shared object");
	built_write(&built, "parse/lfs.so", "version https://git-lfs.github.com/spec/v1\n");
	check_refused(loader, "lfs", "stands for one in Git LFS");
	built_write(&built, "parse/script.so", "GROUP ( /lib/libx.so )\n");
	check_refused(loader, "script", "is a text file, not a shared object");
	built_write(&built, "parse/noise.so", "\1\2\3\4");
	check_refused(loader, "noise", "is a file of another kind, not a shared object");
	loader_free(loader);
}
END_TEST

START_TEST(a_missing_library_is_named)
{
	struct loader *loader = loader_new();
	struct text command = { 0 };

	text_printf(&command,
		    "cd %s && echo 'int f(void){return 1;}' >f.c && "
		    "cc -fPIC -shared -Wl,-soname,libgone.so.7 -o libgone.so f.c",
		    built.folder);
	built_shell(command.data);
	text_clear(&command);
	text_printf(&command, "-Wl,--no-as-needed -L%s -lgone", built.folder);
	/* Libraries come after what needs them, which --no-as-needed spares us. */
	built_plugin(&built, "parse/needy",
		     PLUGIN(".name = \"needy\", .summary = \"s\", .parse = parse"), command.data);
	ck_assert_ptr_null(find(loader, STEP_PARSE, "needy"));
	ck_assert_str_eq(why.data, "plugin parse/needy cannot be used: it needs the library "
				   "libgone.so.7");
	ck_assert_str_eq(hint.data, "install the package that has this library");
	text_release(&command);
	loader_free(loader);
}
END_TEST

/* As if built when mu_plugin and mu_option were shorter, or longer. */
START_TEST(plugins_of_other_ages_are_read)
{
	static const char code[] =
		"struct longer { struct mu_option o; void *more; };"
		"static const struct longer list[] = { { .o = MU_OPT_PATH(struct self, path) },"
		" { .o = MU_OPT_INT(struct self, limit) }, { { 0 }, 0 } };"
		"__attribute__((visibility(\"default\"))) const struct { struct mu_plugin p; "
		"void *more[4]; } muster_plugin = { .p = { .abi = MUSTER_ABI, "
		".size = sizeof(struct mu_plugin) + 32, .option_size = sizeof(struct longer), "
		".options = &list[0].o, .self_size = sizeof(struct self), .name = \"newer\", "
		".summary = \"s\", .fetch = fetch } };";
	static const char older[] =
		"__attribute__((visibility(\"default\"))) const struct mu_plugin muster_plugin = { "
		".abi = MUSTER_ABI, .size = offsetof(struct mu_plugin, locate), .name = \"older\", "
		".summary = \"s\", .fetch = fetch, .locate = (void *)1 };";
	struct loader *loader = loader_new();
	const struct plugin *plugin;

	built_plugin(&built, "fetch/newer", code, "");
	built_plugin(&built, "fetch/older", older, "");
	plugin = find(loader, STEP_FETCH, "newer");
	ck_assert_msg(plugin, "%s", why.data);
	ck_assert_str_eq(plugin->api.options[1].name, "limit");
	ck_assert_ptr_null(plugin->api.options[2].name);
	plugin = find(loader, STEP_FETCH, "older");
	ck_assert_msg(plugin, "%s", why.data);
	ck_assert(!plugin->api.locate);
	loader_free(loader);
}
END_TEST

START_TEST(relative_folders_are_not_searched)
{
	struct loader *loader;

	setenv("MUSTER_PLUGIN_PATH", "here:.::/nowhere", 1);
	loader = loader_new();
	ck_assert_ptr_null(find(loader, STEP_PARSE, "csv"));
	ck_assert_str_eq(why.data, "there is no plugin parse/csv (of MUSTER_PLUGIN_PATH only "
				   "absolute folders are searched, not 'here', '.')");
	ck_assert_ptr_nonnull(strstr(hint.data, "/nowhere"));
	loader_free(loader);
}
END_TEST

START_TEST(names_are_sorted_and_once)
{
	struct loader *loader;
	const char *const *names;
	struct text twice = { 0 };
	size_t n;

	text_printf(&twice, "%s:%s", built.folder, built.folder);
	setenv("MUSTER_PLUGIN_PATH", twice.data, 1);
	loader = loader_new();
	names = loader_names(loader, STEP_PARSE);
	for (n = 1; names[n]; n++)
		ck_assert_int_lt(strcmp(names[n - 1], names[n]), 0);
	ck_assert_uint_ge(n, N_PLUGINS - 1);
	text_release(&twice);
	loader_free(loader);
}
END_TEST

static void tear_down(void)
{
	text_release(&why);
	text_release(&hint);
}

int main(void)
{
	Suite *suite = suite_create("loader");
	TCase *all = tcase_create("all");
	SRunner *runner = srunner_create(suite);
	int failed;
	size_t i;

	built_init(&built);
	for (i = 0; i < N_PLUGINS; i++)
		built_plugin(&built, plugins[i].name, plugins[i].code, plugins[i].flags);
	tcase_add_checked_fixture(all, NULL, tear_down);
	tcase_set_timeout(all, 60);
	tcase_add_loop_test(all, each_way_to_be_unfit_has_words, 0, (int)N_PLUGINS);
	tcase_add_test(all, what_is_not_there_is_guessed_at);
	tcase_add_test(all, names_cannot_leave_the_folders);
	tcase_add_test(all, files_that_are_no_plugins_are_refused);
	tcase_add_test(all, objects_of_other_machines_are_named);
	tcase_add_test(all, files_of_other_kinds_are_named);
	tcase_add_test(all, a_missing_library_is_named);
	tcase_add_test(all, plugins_of_other_ages_are_read);
	tcase_add_test(all, relative_folders_are_not_searched);
	tcase_add_test(all, names_are_sorted_and_once);
	suite_add_tcase(suite, all);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	built_release(&built);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
