# muster: `make help` lists what this file can do.
#
# Everything lands in build/, or for another MODE than release in build/MODE/;
# a mode is a set of flags, so that a sanitiser run never mixes objects with a
# release.  A new plugin, core file or test is a new file and no edit here,
# unless it needs a library: then name that under "libraries".

MODE   ?= release
BUILD  := $(if $(filter release,$(MODE)),build,build/$(MODE))
CC     := $(if $(filter default,$(origin CC)),gcc,$(CC))
PREFIX ?= /usr/local

WARN := -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wstrict-prototypes \
        -Wmissing-prototypes -Wwrite-strings -Wvla -Wformat=2 -Wundef

CFLAGS_release  := -O2 -g -D_FORTIFY_SOURCE=2 -fstack-protector-strong
CFLAGS_debug    := -Og -g3
CFLAGS_asan     := -O1 -g -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer
CFLAGS_tsan     := -O1 -g -fsanitize=thread
CFLAGS_coverage := -O0 -g --coverage -fprofile-update=atomic
ifndef CFLAGS_$(MODE)
$(error MODE is one of release debug asan tsan coverage)
endif

# A plugin must not need symbols that nobody promised; clang's sanitisers do.
NO_UNDEFINED := $(if $(filter asan tsan,$(MODE)),,-Wl,-z,defs)

# clang's own choice of debugging information is newer than valgrind 3.19 can read.
DEBUG_FORMAT := $(if $(findstring clang,$(CC)),-gdwarf-4)

ALL_CPPFLAGS := -D_GNU_SOURCE -Icore/include $(CPPFLAGS)
ALL_CFLAGS   := -std=c17 -fPIC -fvisibility=hidden $(WARN) $(if $(WERROR),-Werror) \
                $(DEBUG_FORMAT) $(CFLAGS_$(MODE)) $(CFLAGS)
ALL_LDFLAGS  := -Wl,--as-needed -Wl,-z,relro $(LDFLAGS)
COMPILE       = $(CC) $(ALL_CPPFLAGS) -MMD -MP $(ALL_CFLAGS)

# One short line for each file that is made; V=1 shows the commands, make -s nothing.
Q    := $(if $(V),,@)
tell  = $(if $(V)$(findstring s,$(firstword -$(MAKEFLAGS))),,@echo '  $1')

# ---- libraries, by pkg-config's names

NEEDS_core               := yaml-0.1 jansson nettle
NEEDS_fetch/http         := libarchive libcurl nettle zlib
NEEDS_parse/document     := icu-i18n icu-uc libpcre2-8
NEEDS_parse/csv          := libpcre2-8
NEEDS_parse/json         := libpcre2-8
NEEDS_parse/xlsx         := libzip expat libpcre2-8
NEEDS_parse/ods          := libzip expat libpcre2-8
NEEDS_parse/html         := libpcre2-8
NEEDS_transform/country  := icu-i18n icu-uc
NEEDS_transform/mission  := icu-uc
NEEDS_transform/columns  := icu-i18n icu-uc libpcre2-8
NEEDS_validate/schema    := libpcre2-8 icu-uc
NEEDS_validate/totals    := icu-uc
NEEDS_export/sqlite      := sqlite3
NEEDS_tests              := check icu-i18n icu-uc libarchive libcurl libpcre2-8 zlib libzip expat

# What plugins share, from plugins/lib/: linked privately into each.
AGGREGATE                := $(addprefix aggregate/,block dimension index pile tally)
PARTS_fetch/command      := bytes/media
PARTS_fetch/file         := bytes/media
PARTS_fetch/http         := bytes/archive bytes/charset bytes/gunzip bytes/media
TABLE                    := bytes/charset text/pattern $(addprefix table/,cell counts describe header header_check lines marks notes reading tables)
PARTS_parse/document     := bytes/charset names/country names/list names/mission text/fold text/icu_memory text/language text/pattern text/words
PARTS_parse/csv          := $(TABLE)
PARTS_parse/xlsx         := sheet/book sheet/package sheet/sheet sheet/xml $(TABLE)
PARTS_parse/ods          := sheet/book sheet/package sheet/sheet sheet/xml $(TABLE)
PARTS_parse/json         := $(TABLE)
PARTS_parse/html         := $(TABLE)
PARTS_transform/country  := names/country names/list names/mission table/added text/fold text/icu_memory text/words
PARTS_transform/mission  := names/list names/mission table/added text/fold text/icu_memory text/words
PARTS_transform/columns  := table/adjust text/fold text/icu_memory text/language text/pattern text/words
PARTS_transform/consolidate := $(AGGREGATE) cpu/lanes
PARTS_transform/unknown  := table/adjust
PARTS_transform/unpivot  := table/adjust
PARTS_validate/schema    := names/list text/icu text/pattern text/words
PARTS_validate/totals    := $(AGGREGATE) cpu/lanes text/icu text/slip text/words
PARTS_validate/balance   := text/slip

# The Debian packages of each, and of the commands that targets below call.
PACKAGE_yaml-0.1   := libyaml-dev
PACKAGE_jansson    := libjansson-dev
PACKAGE_nettle     := nettle-dev
PACKAGE_icu-i18n   := libicu-dev
PACKAGE_icu-uc     := libicu-dev
PACKAGE_libpcre2-8 := libpcre2-dev
PACKAGE_libzip     := libzip-dev
PACKAGE_expat      := libexpat1-dev
PACKAGE_sqlite3    := libsqlite3-dev
PACKAGE_libarchive := libarchive-dev
PACKAGE_libcurl    := libcurl4-openssl-dev
PACKAGE_zlib       := zlib1g-dev
PACKAGE_check      := check
PACKAGE_gcc          := gcc libc6-dev
PACKAGE_clang        := clang libclang-rt-dev
PACKAGE_clang-format := clang-format
PACKAGE_clang-tidy   := clang-tidy
PACKAGE_cppcheck     := cppcheck
PACKAGE_shellcheck   := shellcheck
PACKAGE_hyperfine    := hyperfine
PACKAGE_gcovr        := gcovr
PACKAGE_valgrind     := valgrind
PACKAGE_pkg-config   := pkg-config
PACKAGE_pdftotext    := poppler-utils
PACKAGE_nginx        := nginx-light
PACKAGE_python3      := python3
PACKAGE_openssl      := openssl
PACKAGE_curl         := curl

pkg_missing = $(strip $(foreach p,$1,$(if $(filter 0,$(shell pkg-config --exists $p 2>/dev/null; echo $$?)),,$p)))
cmd_missing = $(strip $(foreach c,$1,$(if $(shell PATH=$$PATH:/usr/sbin; command -v $c 2>/dev/null),,$c)))
packages    = $(sort $(foreach p,$1,$(PACKAGE_$p)))
pkg_libs    = $(if $1,$(shell pkg-config --libs $1))

# ---- what is built

# What a plugin may call beyond libc: a private copy in each, so that the
# structs of plugin.h stay the only thing two binaries must agree on.
SDK     := table map near
SDK_O   := $(SDK:%=$(BUILD)/obj/core/sdk/%.o)
CORE_O  := $(patsubst %.c,$(BUILD)/obj/%.o,$(filter-out core/command/main.c,$(wildcard core/*/*.c)))
# A plugin is plugins/KIND/NAME.c or all of plugins/KIND/NAME/*.c.
FILES   := $(foreach k,fetch parse validate transform export,$(wildcard plugins/$k/*.c plugins/$k/*/*.c))
name_of  = $(patsubst plugins/%,%,$(if $(filter 4,$(words $(subst /, ,$1))),$(patsubst %/,%,$(dir $1)),$(1:%.c=%)))
NAMES   := $(sort $(foreach f,$(FILES),$(call name_of,$f)))
objects  = $(patsubst %.c,$(BUILD)/obj/%.o,$(wildcard plugins/$1.c plugins/$1/*.c plugins/$1/*/*.c))
LIB_O   := $(patsubst %.c,$(BUILD)/obj/%.o,$(wildcard plugins/lib/*/*.c))
SKIPPED := $(foreach n,$(NAMES),$(if $(call pkg_missing,$(NEEDS_$n)),$n))
PLUGINS := $(patsubst %,$(BUILD)/plugins/%.so,$(filter-out $(SKIPPED),$(NAMES)))
TESTS   := $(patsubst tests/%.c,$(BUILD)/tests/%,$(filter-out tests/test_torture.c,$(wildcard \
    tests/test_*.c))) $(BUILD)/test_torture

all: $(BUILD)/muster plugins $(BUILD)/libmuster-plugin.a  ## the runner and every plugin (default)

# The same for plugins that are built elsewhere, against an installed muster.
$(BUILD)/libmuster-plugin.a: $(SDK_O)
	$(call tell,link $@)
	$(Q)$(RM) $@
	$(Q)$(AR) rcs $@ $^

plugins: $(PLUGINS)
	$(foreach n,$(SKIPPED),$(info skipped: plugin $n: apt-get install $(call \
	    packages,$(call pkg_missing,$(NEEDS_$n)))))@:

# Which plugins are muster's own.
$(BUILD)/obj/core/config/loader.o: private ALL_CPPFLAGS += -DSHIPPED='"$(NAMES)"'

$(BUILD)/muster: $(BUILD)/obj/core/command/main.o $(CORE_O)
	$(call tell,link $@)
	$(Q)$(CC) $(ALL_CFLAGS) $(ALL_LDFLAGS) -o $@ $^ $(call pkg_libs,$(NEEDS_core)) -ldl -lpthread -lm

define plugin_rule
$(BUILD)/plugins/$1.so: $(call objects,$1) $(PARTS_$1:%=$(BUILD)/obj/plugins/lib/%.o) $(SDK_O)
	@mkdir -p $$(@D)
	$$(call tell,link $$@)
	$$(Q)$$(CC) $$(ALL_CFLAGS) -shared $$(NO_UNDEFINED) $$(ALL_LDFLAGS) -o $$@ $$^ $$(call pkg_libs,$(NEEDS_$1)) -lm -ldl
endef
$(foreach n,$(NAMES),$(eval $(call plugin_rule,$n)))

$(BUILD)/obj/%.o: %.c $(BUILD)/flags
	$(call tell,compile $<)
	@mkdir -p $(@D)
	$(Q)$(COMPILE) -iquote $(<D) -iquote $(<D)/.. -iquote plugins/lib -c -o $@ $<

$(CORE_O) $(BUILD)/obj/core/command/main.o: | core-libraries
core-libraries:
	$(if $(call pkg_missing,$(NEEDS_core)),$(error muster needs libraries that are not \
	    here: make deps, or apt-get install $(call packages,$(call pkg_missing,$(NEEDS_core)))))@:

# Compiled apart from linking, which alone is done again when the core changes.
$(BUILD)/obj/tests/%.o: tests/%.c $(BUILD)/flags
	$(call tell,compile $<)
	@mkdir -p $(@D)
	$(Q)$(COMPILE) -iquote core -iquote plugins/lib -iquote plugins/parse/document -DBUILD='"$(BUILD)"' -c -o $@ $<
define test_link
	$(call tell,link $@)
	@mkdir -p $(@D)
	$(Q)$(CC) $(ALL_CFLAGS) $(ALL_LDFLAGS) -o $@ $< \
	    $(CORE_O) $(LIB_O) $(call pkg_libs,$(NEEDS_core) $(NEEDS_tests)) -ldl -lpthread -lm
endef
$(BUILD)/tests/%: $(BUILD)/obj/tests/%.o $(CORE_O) $(LIB_O)
	$(test_link)

# There the core's allocations fail at will; it finds plugins where muster does.
$(BUILD)/test_torture: ALL_LDFLAGS += -Wl,--wrap=malloc -Wl,--wrap=calloc \
    -Wl,--wrap=realloc -Wl,--wrap=reallocarray
$(BUILD)/test_torture: $(BUILD)/obj/tests/test_torture.o $(CORE_O) $(LIB_O)
	$(test_link)

$(BUILD)/tests/test_aggregate: ALL_LDFLAGS += -Wl,--wrap=malloc -Wl,--wrap=calloc -Wl,--wrap=realloc \
    -Wl,--wrap=reallocarray -Wl,--wrap=aligned_alloc -Wl,--wrap=mmap

# Written anew when the compiler or its flags change, and then all is built anew.
$(BUILD)/flags: FORCE
	@mkdir -p $(@D)
	@echo '$(CC) $(ALL_CPPFLAGS) $(ALL_CFLAGS) $(ALL_LDFLAGS)' | cmp -s - $@ || \
	    echo '$(CC) $(ALL_CPPFLAGS) $(ALL_CFLAGS) $(ALL_LDFLAGS)' >$@
FORCE:

# Fuzz targets: in tests with our own driver for a few seconds, by `make fuzz` with clang's
# libFuzzer.  They begin with what pdftotext prints of the example PDFs, and with tables.
FUZZ := $(patsubst tests/%.c,$(BUILD)/tests/%,$(wildcard tests/fuzz_*.c))
FUZZ_MAIN = $(BUILD)/obj/tests/fuzz.o
$(FUZZ): $(BUILD)/tests/fuzz_%: tests/fuzz_%.c $(filter %.o,$(FUZZ_MAIN)) $(CORE_O) $(LIB_O) $(BUILD)/flags
	@mkdir -p $(@D)
	$(call tell,link $@)
	$(Q)$(COMPILE) -iquote core -iquote plugins/lib -iquote plugins/parse/document $(ALL_LDFLAGS) -o $@ $< $(FUZZ_MAIN) \
	    $(CORE_O) $(LIB_O) $(call pkg_libs,$(NEEDS_core) $(NEEDS_tests)) -ldl -lpthread -lm
SEEDS_document := $(patsubst pipelines/un-contributions/data/%.pdf,$(BUILD)/seeds/%,\
                    $(wildcard pipelines/un-contributions/data/*.pdf))
$(SEEDS_document): $(BUILD)/seeds/%: pipelines/un-contributions/data/%.pdf
	@mkdir -p $(@D)
	$(Q)for i in 0 1 2 3; do { printf $$i; pdftotext -raw -bbox -l 1 $< -; } >$@-$$i; done; touch $@

# Texts that nobody has described.
SEEDS_document += $(BUILD)/seeds/guess
$(BUILD)/seeds/guess: $(wildcard tests/cases/guess/*/*.txt)
	@mkdir -p $(@D)
	$(Q)n=0; for f in $^; do { printf g; cat $$f; } >$@-$$n; n=$$((n + 1)); done; touch $@

# Tables, behind bytes that choose options.
SEEDS_csv := $(patsubst tests/cases/%/in.csv,$(BUILD)/seeds/%,$(wildcard tests/cases/csv/*/in.csv))
$(SEEDS_csv): $(BUILD)/seeds/%: tests/cases/%/in.csv
	@mkdir -p $(@D)
	$(Q)for i in 0 1 2 3; do { printf "\\$${i}75\\0@"; cat $<; } >$@-$$i; done; touch $@

# Sheets of the cases' workbooks, likewise.
SEEDS_xlsx := $(patsubst tests/cases/%/book,$(BUILD)/seeds/%.xlsx,$(wildcard tests/cases/*/*/book))
SEEDS_ods  := $(patsubst tests/cases/%/text,$(BUILD)/seeds/%.ods,$(wildcard tests/cases/*/*/text))
$(SEEDS_xlsx): $(BUILD)/seeds/%.xlsx: tests/cases/%/book
	@mkdir -p $(@D)
	$(Q)n=0; for s in $</xl/worksheets/*.xml; do for i in 065 365 374; do \
	{ printf "\\$$i\\0"; cat $$s; } >$@-$$n; n=$$((n + 1)); done; done; touch $@
$(SEEDS_ods): $(BUILD)/seeds/%.ods: tests/cases/%/text
	@mkdir -p $(@D)
	$(Q)n=0; for i in 065 365 374; do \
	{ printf "\\$$i\\0"; cat $</content.xml; } >$@-$$n; n=$$((n + 1)); done; touch $@

# Documents of JSON.
SEEDS_json := $(patsubst tests/cases/%/in.json,$(BUILD)/seeds/%,$(wildcard tests/cases/json/*/in.json))
$(SEEDS_json): $(BUILD)/seeds/%: tests/cases/%/in.json
	@mkdir -p $(@D)
	$(Q)for i in 0 1 3 6; do { printf "\\14$$i\\0@"; cat $<; } >$@-$$i; done; touch $@
# Web pages, likewise.
SEEDS_html := $(patsubst tests/cases/%/in.html,$(BUILD)/seeds/%,$(wildcard tests/cases/html/*/in.html))
$(SEEDS_html): $(BUILD)/seeds/%: tests/cases/%/in.html
	@mkdir -p $(@D)
	$(Q)for i in 0 2; do { printf "\\$${i}15\\0"; cat $<; } >$@-$$i; done; touch $@

KINDS    := $(patsubst tests/fuzz_%.c,%,$(wildcard tests/fuzz_*.c))
SEEDS    := $(foreach k,$(KINDS),$(SEEDS_$k))
seeds_of  = $(patsubst %,%-?,$(SEEDS_$1))

# What the cases look at results with.
NEEDS_findings := jansson
NEEDS_tables   := sqlite3
NEEDS_corpus   := jansson
NEEDS_pack     := libzip
TOOLS          := $(BUILD)/tests/findings $(BUILD)/tests/tables $(BUILD)/tests/pdf $(BUILD)/tests/pack \
                  $(BUILD)/tests/corpus $(BUILD)/tests/bench/took $(BUILD)/tests/bench/groups
$(TOOLS): $(BUILD)/tests/%: tests/%.c $(BUILD)/flags
	@mkdir -p $(@D)
	$(call tell,link $@)
	$(Q)$(COMPILE) $(ALL_LDFLAGS) -o $@ $< $(call pkg_libs,$(NEEDS_$*))

# Faults at every point of a run, and the library that has allocations fail.
NEEDS_sweep := jansson nettle
SWEEP       := $(BUILD)/tests/sweep $(BUILD)/tests/sweep_alloc.so
SWEEP_C     := $(wildcard tests/sweep/*.c)
SWEEP_MAKE   = $(filter-out -MMD -MP,$(COMPILE)) -DBUILD='"$(BUILD)"' $(ALL_LDFLAGS) -o $@ $(filter %.c,$^)
$(SWEEP): $(wildcard tests/sweep/*.h) $(BUILD)/flags
$(BUILD)/tests/sweep: $(filter-out %/alloc.c,$(SWEEP_C))
	@mkdir -p $(@D)
	$(call tell,link $@)
	$(Q)$(SWEEP_MAKE) $(call pkg_libs,$(NEEDS_sweep))
$(BUILD)/tests/sweep_alloc.so: tests/sweep/alloc.c
	@mkdir -p $(@D)
	$(call tell,link $@)
	$(Q)$(SWEEP_MAKE) -shared -ldl

-include $(shell find $(BUILD)/obj $(BUILD)/tests -name '*.d' 2>/dev/null)

# ---- what is done with it
#
# What needs packages is made in a make of its own, which then sees them.

NEEDS  := $(sort $(NEEDS_core) $(NEEDS_tests) $(foreach n,$(NAMES),$(NEEDS_$n)))
AGAIN   = +@$(MAKE) --no-print-directory
# What tests of the network run against, and are looked at with.
SERVERS = nginx python3 openssl curl
SHELLS  = .ci/run $(wildcard tests/*.sh tests/sweep/*.sh tests/bench/*.sh tests/net/*.sh tests/net/scenarios/*.sh)
SOURCES = $(wildcard core/*/*.[ch] core/include/muster/*.h plugins/*/*.[ch] plugins/*/*/*.[ch] plugins/*/*/*/*.[ch] \
            tests/*.[ch] tests/bench/*.c tests/sweep/*.[ch])
# The example in as few lines as can be read is set by hand.
FORMATTED = $(filter-out plugins/validate/required.c,$(filter %.c,$(SOURCES)))

# $(call install_missing,commands,libraries): asks nobody when all is there.
install_missing = $(call install_packages,$(call \
    packages,$(call cmd_missing,$1) $(call pkg_missing,$2)))
install_packages = $(if $1,$(if $(call cmd_missing,apt-get),$(error please install what \
    Debian calls $1))$(AS_ROOT) sh -c 'apt-get update -qq && DEBIAN_FRONTEND=noninteractive \
    apt-get install -y -qq --no-install-recommends $1',@:)
AS_ROOT = $(if $(filter 0,$(shell id -u)),,sudo)

deps: build-deps              ## install what building and testing needs and is missing
	$(call install_missing,$(SERVERS))
build-deps:
	$(call install_missing,$(CC) pkg-config pdftotext,$(NEEDS))

demo: build-deps              ## install what is missing, build, run the main job
	$(AGAIN) demo-run
demo-run: all
	$(BUILD)/muster run pipelines/nl-police-missions/pipeline.yaml
	@echo; echo "pipelines/nl-police-missions/out/rosters.csv:"
	@cat pipelines/nl-police-missions/out/rosters.csv

test: deps                    ## install what is missing, build, run all tests
	$(AGAIN) test-run
# Sanitizers take their time.
test-run: export CK_TIMEOUT_MULTIPLIER = $(if $(filter asan tsan,$(MODE)),10,1)
test-run: all tests
	@failed=0; \
	for t in $(filter-out $(WITHOUT),$(TESTS)); do echo "$$t"; timeout 600 $$t || failed=1; done; \
	$(foreach k,$(KINDS),$(BUILD)/tests/fuzz_$k $(SECONDS) $(call seeds_of,$k) || failed=1;) \
	tests/install.sh $(BUILD) || failed=1; \
	tests/plugins.sh $(BUILD) || failed=1; \
	tests/cases.sh $(BUILD) || failed=1; \
	tests/codes.sh $(BUILD) || failed=1; \
	tests/forms.py $(BUILD) || failed=1; \
	tests/net.sh $(BUILD) || failed=1; \
	tests/net/kill.sh $(BUILD) || failed=1; \
	exit $$failed

tests: $(TESTS) $(TOOLS) $(SWEEP) $(FUZZ) $(SEEDS)
SECONDS = 2

PDFS = $(patsubst tests/pdf/%.txt,pipelines/un-contributions/data/UN_country_contributions_%.pdf, \
           $(wildcard tests/pdf/20*.txt)) pipelines/italy-personnel/data/serie-storica.pdf
pdfs: $(PDFS)                 ## the example PDFs from their descriptions in tests/pdf
pipelines/italy-personnel/data/%.pdf \
pipelines/un-contributions/data/UN_country_contributions_%.pdf: tests/pdf/%.txt $(BUILD)/tests/pdf
	$(BUILD)/tests/pdf $< $@

asan tsan: deps               ## the tests under sanitisers (CC=clang for clang's)
	$(AGAIN) MODE=$@ test-run

coverage: deps                ## lines and branches that the tests reach, by folder
	$(call install_missing,gcovr)
	$(AGAIN) MODE=coverage coverage-run
# Running out of memory at will would stop what counts as well.  Cases under a limit of file
# sizes fail here, since the counts cannot be written either: it goes on.
coverage-run:
	@mkdir -p $(BUILD)
	@find $(BUILD) -name '*.gcda' -delete
	-$(AGAIN) MODE=coverage WITHOUT=%/test_torture test-run
	gcovr -r . --filter core/ --filter plugins/ -j 2 \
	    --json-summary-pretty -o $(BUILD)/coverage.json $(BUILD)/obj
	tests/coverage.py $(BUILD)/coverage.json

valgrind: deps                ## unit tests and the main job under valgrind
	$(call install_missing,valgrind)
	$(AGAIN) valgrind-run
VALGRIND = CK_FORK=no CK_DEFAULT_TIMEOUT=600 valgrind -q --error-exitcode=99 \
           --leak-check=full --suppressions=tests/valgrind.supp
# Running out of memory ends the program as it stands, which is no leak of ours.
valgrind-run: all tests
	@failed=0; \
	for t in $(filter-out %/test_torture,$(TESTS)); do echo "$$t"; $(VALGRIND) $$t || failed=1; done; \
	$(VALGRIND) $(BUILD)/muster run pipelines/nl-police-missions/pipeline.yaml \
	    --out $(BUILD)/valgrind || failed=1; \
	exit $$failed

sweep: deps                   ## fail each system call and allocation of a run: THIN=1 for some of each
	$(AGAIN) all $(SWEEP)
	@$(BUILD)/tests/sweep --self-test
	@$(BUILD)/tests/sweep $(if $(THIN),--thin) $(POINTS)

fuzz: deps                    ## each fuzz target with libFuzzer, SECONDS=600 each
	$(call install_missing,clang)
	$(AGAIN) CC=clang MODE=asan BUILD=$(BUILD)/fuzz FUZZ_MAIN=-fsanitize=fuzzer fuzz-run
fuzz-run: $(FUZZ) $(SEEDS)
	@for k in $(KINDS); do t=$(BUILD)/tests/fuzz_$$k; mkdir -p $$t.found $$t.corpus; \
	$(foreach k,$(KINDS),[ $$k != $k ] || cp $(call seeds_of,$k) $$t.corpus;) \
	$$t -max_total_time=$(if $(filter command line,$(origin SECONDS)),$(SECONDS),600) -max_len=100000 -timeout=10 \
	    -artifact_prefix=$$t.found/ $$t.corpus || exit 1; done

lint:                         ## style, static analysis, and no warning from gcc or clang
	$(call install_missing,gcc clang clang-format clang-tidy cppcheck shellcheck pkg-config,$(NEEDS))
	$(AGAIN) lint-run
lint-run:
	shellcheck $(SHELLS)
	tests/rooms.sh
	tests/comments.sh
	clang-format --dry-run -Werror $(FORMATTED)
	$(AGAIN) -s CC=gcc BUILD=$(BUILD)/lint-gcc WERROR=1 all tests
	$(AGAIN) -s CC=clang BUILD=$(BUILD)/lint-clang WERROR=1 all tests
	cppcheck -q -j 2 --std=c11 --enable=warning,performance,portability --inline-suppr \
	    --error-exitcode=1 --suppress=missingInclude --suppress=arrayIndexThenCheck -D__STDC_VERSION__=201710L -D_GNU_SOURCE \
	    -DBUILD='""' -Icore/include -Icore -Iplugins/lib -Iplugins/parse/document $(filter %.c,$(SOURCES))
	printf '%s\n' $(filter %.c,$(SOURCES)) | xargs -P 2 -n 4 sh -c 'clang-tidy --quiet "$$@" -- \
	    -std=c17 -D_GNU_SOURCE -DBUILD="\"\"" -Icore/include -iquote core -iquote plugins/lib -iquote plugins/parse/document \
	    2>/dev/null' tidy

format:                       ## put the sources into the style that lint wants
	clang-format -i $(FORMATTED)

bench: deps                   ## how long the main jobs take
	$(call install_missing,hyperfine)
	$(AGAIN) all
	@tests/bench.sh $(BUILD) $(wildcard $(UN)/pdf)
	@echo
	$(AGAIN) bench-csv

BENCH ?= ../shared/bench
bench-csv: deps               ## how fast CSV is, beside DuckDB: PARTS="c b", BENCH_MB=1000, ...
	$(AGAIN) all $(filter $(BUILD)/tests/bench/%,$(TOOLS))
	@BENCH=$(BENCH) tests/bench/csv.sh $(BUILD) $(PARTS)

bench-net: deps               ## how fast documents come over the network, beside curl
	$(AGAIN) all
	@tests/bench/net.sh $(BUILD)

bench-explain: deps           ## how often the cause of a wrong total is named
	$(AGAIN) $(BUILD)/tests/bench_explain
	@$(BUILD)/tests/bench_explain $(CORPUS)

CORPUS ?= ../shared/corpus
UN      = $(CORPUS)/un-contributions
corpus: deps                  ## real documents beside the project, compared with their right readings
	$(AGAIN) all tests
	@tests/corpus.sh $(BUILD) $(UN)

# Found again by bin/muster relative to itself, and by pkg-config relative to its file, so
# PREFIX may move afterwards.
VERSION = $(shell sed -n 's/^\#define VERSION "\(.*\)"/\1/p' core/command/main.c)
install: all                  ## into $(DESTDIR)$(PREFIX): bin, lib/muster, share, include
	install -D -m 755 $(BUILD)/muster $(DESTDIR)$(PREFIX)/bin/muster
	for p in $(patsubst $(BUILD)/plugins/%,%,$(PLUGINS)); do \
	    install -D -m 644 $(BUILD)/plugins/$$p $(DESTDIR)$(PREFIX)/lib/muster/plugins/$$p \
	    || exit 1; \
	done
	for f in $$(find schemas -type f); do \
	    install -D -m 644 $$f $(DESTDIR)$(PREFIX)/share/muster/$$f || exit 1; \
	done
	install -d $(DESTDIR)$(PREFIX)/include/muster
	install -m 644 core/include/muster/*.h $(DESTDIR)$(PREFIX)/include/muster
	install -D -m 644 $(BUILD)/libmuster-plugin.a $(DESTDIR)$(PREFIX)/lib/libmuster-plugin.a
	install -d $(DESTDIR)$(PREFIX)/lib/pkgconfig
	sed 's/@VERSION@/$(VERSION)/' core/sdk/muster-plugin.pc.in \
	    >$(DESTDIR)$(PREFIX)/lib/pkgconfig/muster-plugin.pc
	chmod 644 $(DESTDIR)$(PREFIX)/lib/pkgconfig/muster-plugin.pc
	for m in $(wildcard docs/*.[1-8]); do \
	    install -D -m 644 $$m $(DESTDIR)$(PREFIX)/share/man/man$${m##*.}/$${m##*/} || exit 1; \
	done

clean:                        ## remove build/
	$(RM) -r build

help:                         ## this list
	@sed -n 's/^\([a-z -]*\):.*##  *\(.*\)/  \1\t\2/p' $(firstword $(MAKEFILE_LIST)) | expand -t 24

.PHONY: all plugins tests coverage coverage-run core-libraries deps build-deps demo demo-run test test-run asan tsan valgrind \
        valgrind-run sweep lint lint-run format bench bench-csv bench-explain bench-net install clean help FORCE
.SECONDARY: $(TESTS:$(BUILD)/tests/%=$(BUILD)/obj/tests/%.o)
.DELETE_ON_ERROR:
