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
CFLAGS_coverage := -O0 -g --coverage
ifndef CFLAGS_$(MODE)
$(error MODE is one of release debug asan tsan coverage)
endif

# A plugin must not need symbols that nobody promised; clang's sanitisers do.
NO_UNDEFINED := $(if $(filter asan tsan,$(MODE)),,-Wl,-z,defs)

ALL_CPPFLAGS := -D_GNU_SOURCE -Icore/include $(CPPFLAGS)
ALL_CFLAGS   := -std=c17 -fPIC -fvisibility=hidden $(WARN) $(CFLAGS_$(MODE)) $(CFLAGS)
ALL_LDFLAGS  := -Wl,--as-needed -Wl,-z,relro $(LDFLAGS)
COMPILE       = $(CC) $(ALL_CPPFLAGS) -MMD -MP $(ALL_CFLAGS)

# ---- libraries, by pkg-config's names

NEEDS_core               := yaml-0.1 jansson libcrypto
NEEDS_parse/document     := icu-i18n icu-uc libpcre2-8
NEEDS_transform/country  := icu-i18n icu-uc
NEEDS_transform/mission  := icu-uc
NEEDS_transform/columns  := icu-uc icu-i18n
NEEDS_validate/schema    := libpcre2-8
NEEDS_export/sqlite      := sqlite3
NEEDS_tests              := check icu-i18n icu-uc libpcre2-8

# What plugins share, from plugins/lib/: linked privately into each.
PARTS_parse/document     := charset country language mission pattern words
PARTS_parse/csv          := charset
PARTS_transform/country  := country words
PARTS_transform/mission  := mission words
PARTS_transform/columns  := language
PARTS_validate/schema    := pattern

# The Debian package of each.
PACKAGE_yaml-0.1   := libyaml-dev
PACKAGE_jansson    := libjansson-dev
PACKAGE_libcrypto  := libssl-dev
PACKAGE_icu-i18n   := libicu-dev
PACKAGE_icu-uc     := libicu-dev
PACKAGE_libpcre2-8 := libpcre2-dev
PACKAGE_sqlite3    := libsqlite3-dev
PACKAGE_check      := check

pkg_missing = $(strip $(foreach p,$1,$(if $(filter 0,$(shell pkg-config --exists $p 2>/dev/null; echo $$?)),,$p)))
pkg_cflags  = $(if $1,$(shell pkg-config --cflags $1))
pkg_libs    = $(if $1,$(shell pkg-config --libs $1))

# ---- what is built

# What a plugin may call beyond libc: a private copy in each, so that the
# structs of plugin.h stay the only thing two binaries must agree on.
SDK     := table map
SDK_O   := $(SDK:%=$(BUILD)/obj/core/%.o)
CORE_O  := $(patsubst %.c,$(BUILD)/obj/%.o,$(filter-out core/main.c,$(wildcard core/*.c)))
# A plugin is plugins/KIND/NAME.c or all of plugins/KIND/NAME/*.c.
FILES   := $(foreach k,fetch parse validate transform export,$(wildcard plugins/$k/*.c plugins/$k/*/*.c))
name_of  = $(patsubst plugins/%,%,$(if $(filter 4,$(words $(subst /, ,$1))),$(patsubst %/,%,$(dir $1)),$(1:%.c=%)))
NAMES   := $(sort $(foreach f,$(FILES),$(call name_of,$f)))
objects  = $(patsubst %.c,$(BUILD)/obj/%.o,$(wildcard plugins/$1.c plugins/$1/*.c))
LIB_O   := $(patsubst %.c,$(BUILD)/obj/%.o,$(wildcard plugins/lib/*.c))
SKIPPED := $(foreach n,$(NAMES),$(if $(call pkg_missing,$(NEEDS_$n)),$n))
PLUGINS := $(patsubst %,$(BUILD)/plugins/%.so,$(filter-out $(SKIPPED),$(NAMES)))
TESTS   := $(patsubst tests/%.c,$(BUILD)/tests/%,$(wildcard tests/test_*.c))

all: $(BUILD)/muster plugins  ## the runner and every plugin (default)

plugins: $(PLUGINS)
	$(foreach n,$(SKIPPED),@echo "skipped: plugin $n, which needs $(foreach p,$(call pkg_missing,$(NEEDS_$n)),$(PACKAGE_$p)): apt-get install $(foreach p,$(call pkg_missing,$(NEEDS_$n)),$(PACKAGE_$p))"
	)

$(BUILD)/muster: $(BUILD)/obj/core/main.o $(CORE_O)
	$(CC) $(ALL_CFLAGS) $(ALL_LDFLAGS) -o $@ $^ $(call pkg_libs,$(NEEDS_core)) -ldl -lpthread

define plugin_rule
$(BUILD)/plugins/$1.so: $(call objects,$1) $(PARTS_$1:%=$(BUILD)/obj/plugins/lib/%.o) $(SDK_O)
	@mkdir -p $$(@D)
	$$(CC) $$(ALL_CFLAGS) -shared $$(NO_UNDEFINED) $$(ALL_LDFLAGS) -o $$@ $$^ $$(call pkg_libs,$(NEEDS_$1)) -lm
endef
$(foreach n,$(NAMES),$(eval $(call plugin_rule,$n)))

$(BUILD)/obj/%.o: %.c $(BUILD)/flags
	@mkdir -p $(@D)
	$(COMPILE) -Iplugins/lib -c -o $@ $<

$(BUILD)/obj/core/%.o: core/%.c $(BUILD)/flags
	@mkdir -p $(@D)
	$(COMPILE) -DMUSTER_PREFIX='"$(PREFIX)"' -c -o $@ $<

$(BUILD)/tests/%: tests/%.c $(CORE_O) $(LIB_O) $(BUILD)/flags
	@mkdir -p $(@D)
	$(COMPILE) -Icore -Iplugins/lib -Itests -DBUILD='"$(BUILD)"' $(ALL_LDFLAGS) -o $@ $< \
	    $(CORE_O) $(LIB_O) $(call pkg_libs,$(NEEDS_core) $(NEEDS_tests)) -ldl -lpthread -lm

# Written anew when the compiler or its flags change, and then all is built anew.
$(BUILD)/flags: FORCE
	@mkdir -p $(@D)
	@echo '$(CC) $(ALL_CPPFLAGS) $(ALL_CFLAGS) $(ALL_LDFLAGS) $(PREFIX)' | cmp -s - $@ || \
	    echo '$(CC) $(ALL_CPPFLAGS) $(ALL_CFLAGS) $(ALL_LDFLAGS) $(PREFIX)' >$@
FORCE:

-include $(shell find $(BUILD)/obj $(BUILD)/tests -name '*.d' 2>/dev/null)

clean:                        ## remove build/
	$(RM) -r build

help:                         ## this list
	@sed -n 's/^\([a-z -]*\):.*##  *\(.*\)/  \1\t\2/p' $(firstword $(MAKEFILE_LIST)) | expand -t 24

.PHONY: all plugins clean help FORCE
.DELETE_ON_ERROR:
