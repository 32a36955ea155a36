# SPDX-License-Identifier: BSD-2-Clause
# The library, the command, their tests and their installation.

CC := gcc
CLANG := clang
WARNINGS := -Wall -Wextra -Werror -Wpedantic -Wshadow -Wconversion -Wsign-conversion -Wstrict-prototypes \
            -Wmissing-prototypes -Wold-style-definition -Wcast-qual -Wcast-align -Wwrite-strings -Wundef -Wvla \
            -Wswitch-enum -Wdouble-promotion -Wformat=2
# slat.h includes "slat_rules.h", which is generated: in an installed tree they lie side by side.
SLAT_INCLUDES := -Imodel/include -I$(BUILD)/include -I$(BUILD)/include/slat
MODEL_CFLAGS := -std=c99 -O2 -g $(WARNINGS) -ffreestanding $(SLAT_INCLUDES)

MODEL_SOURCES := model/src/slat_all.c # one translation unit, made of the others
# The rules, as C: the enum that slat.h includes and the table behind slat_rule_info().
RULES_H := $(BUILD)/include/slat/slat_rules.h
RULES_C := $(BUILD)/gen/rules.c

$(BUILD)/gen/rules.stamp: spec/rules.tsv spec/rules.py
	@mkdir -p $(@D)
	@spec/rules.py --header $(RULES_H) --table $(RULES_C) --check
	@touch $@
$(RULES_H) $(RULES_C): $(BUILD)/gen/rules.stamp ;

# $(call objects,NAME,COMPILER,FLAGS): one set of the library's objects in build/obj/NAME and, from them, an archive.
# The sets: gcc is what is shipped; pic is for the shared library; clang must compile as well; deletable is the
# library from which one rule can be deleted at run time (slat_deleted_rule), for the witnesses.
define objects
$(1)_OBJECTS := $$(patsubst model/src/%.c,$(BUILD)/obj/$(1)/%.o,$(MODEL_SOURCES)) $(BUILD)/obj/$(1)/rules.o
$(BUILD)/obj/$(1)/%.o: model/src/%.c $(RULES_H) | $(BUILD)/obj/$(1)/
	$(Q)$(2) $(MODEL_CFLAGS) $(3) -MMD -MP -c $$< -o $$@
$(BUILD)/obj/$(1)/rules.o: $(RULES_C) $(RULES_H) | $(BUILD)/obj/$(1)/
	$(Q)$(2) $(MODEL_CFLAGS) $(3) -MMD -MP -c $$< -o $$@
$(BUILD)/obj/$(1)/libslat.a: $$($(1)_OBJECTS)
	$(Q)rm -f $$@ && $(AR) rcs $$@ $$^
-include $$($(1)_OBJECTS:.o=.d)
endef
# gcc's default tuning copies a struct in wide pieces right after its small fields were stored, which stalls; any other
# tuning does not.  It changes the order of instructions, not which processors they run on.
TUNE := $(if $(filter x86_64,$(shell uname -m)),-mtune=skylake)
$(eval $(call objects,gcc,$(CC),$(TUNE)))
$(eval $(call objects,pic,$(CC),-fPIC $(TUNE)))
$(eval $(call objects,clang,$(CLANG),))
$(eval $(call objects,deletable,$(CC),-DSLAT_DELETABLE))

%/:
	@mkdir -p $@
.PRECIOUS: %/

LIBSLAT := $(BUILD)/lib/libslat.a
LIBSLAT_DELETABLE := $(BUILD)/lib/libslat-deletable.a
SONAME := libslat.so.0
LIBSLAT_SO := $(BUILD)/lib/libslat.so.$(VERSION)

$(LIBSLAT): $(BUILD)/obj/gcc/libslat.a | $(BUILD)/lib/
	$(Q)cp $< $@
$(LIBSLAT_DELETABLE): $(BUILD)/obj/deletable/libslat.a | $(BUILD)/lib/
	$(Q)cp $< $@
$(LIBSLAT_SO): $(pic_OBJECTS) | $(BUILD)/lib/
	$(Q)$(CC) -shared -Wl,-soname,$(SONAME) -Wl,--no-undefined -o $@ $^
	$(Q)ln -sf $(@F) $(BUILD)/lib/$(SONAME)
	$(Q)ln -sf $(SONAME) $(BUILD)/lib/libslat.so

lib: $(LIBSLAT) $(LIBSLAT_SO)

# The command.
CLI := $(BUILD)/bin/slat
CLI_CFLAGS := -std=gnu99 -O2 -g $(WARNINGS) $(SLAT_INCLUDES) -Imodel/cli -Imodel/trace
CLI_LIBS := -ljansson
CLI_SOURCES := $(sort $(wildcard model/cli/*.c model/trace/*.c))
CLI_OBJECTS := $(CLI_SOURCES:model/%.c=$(BUILD)/obj/cli/%.o)
CLI_TEST_OBJECTS := $(filter-out %/main.o,$(CLI_OBJECTS))

$(BUILD)/obj/cli/%.o: model/%.c $(RULES_H)
	@mkdir -p $(@D)
	$(Q)$(CC) $(CLI_CFLAGS) -MMD -MP -c $< -o $@
-include $(CLI_OBJECTS:.o=.d)
$(CLI): $(CLI_OBJECTS) $(LIBSLAT) | $(BUILD)/bin/
	$(Q)$(CC) -o $@ $^ $(CLI_LIBS)

cli: $(CLI)

# Tests: each model/tests/test_*.c is one cmocka program, linked with the library and the command's files but main.c;
# each model/tests/test_*.sh is a TAP program of its own, which finds the command in SLAT.
TEST_SOURCES := $(sort $(wildcard model/tests/test_*.c))
TEST_PROGRAMS := $(TEST_SOURCES:model/tests/%.c=$(BUILD)/test/%)
TEST_SCRIPTS := $(sort $(wildcard model/tests/test_*.sh))
$(BUILD)/test/%: model/tests/%.c $(CLI_TEST_OBJECTS) $(LIBSLAT) | $(BUILD)/test/
	$(Q)$(CC) $(CLI_CFLAGS) -Imodel/src -MMD -MP -MF $@.d -o $@ $(filter %.c %.o %.a,$^) $(CLI_LIBS) -lcmocka
# These ask again without a rule.
$(BUILD)/test/test_scopes $(BUILD)/test/test_changes: $(BUILD)/test/%: model/tests/%.c $(LIBSLAT_DELETABLE) | $(BUILD)/test/
	$(Q)$(CC) $(CLI_CFLAGS) -MMD -MP -MF $@.d -o $@ $(filter %.c %.a,$^) -lcmocka
-include $(TEST_PROGRAMS:=.d)

.PHONY: test-library test-cli
test-library: $(TEST_PROGRAMS)
	$(if $^,,$(error there is no model/tests/test_*.c))
	@CMOCKA_MESSAGE_OUTPUT=TAP prove --exec '' $^
test-cli: $(CLI)
	$(if $(TEST_SCRIPTS),,$(error there is no model/tests/test_*.sh))
	@SLAT=$(CURDIR)/$(CLI) prove --exec '' $(TEST_SCRIPTS)
test: test-library test-cli

# The readers of traces and the replay under ASan and UBSan: model/tests/fuzz_*.c with libFuzzer, PARSER_SECONDS each.
PARSER_SECONDS ?= 20
PARSER_CFLAGS := -std=gnu99 -O1 -g $(SLAT_INCLUDES) -Imodel/cli -Imodel/trace -fsanitize=fuzzer,address,undefined \
                 -fno-sanitize-recover=all
PARSER_FUZZERS := $(patsubst model/tests/%.c,$(BUILD)/test/%,$(wildcard model/tests/fuzz_*.c))
$(BUILD)/test/fuzz_%: model/tests/fuzz_%.c $(filter-out %/main.c,$(CLI_SOURCES)) $(wildcard model/src/*.[ch] model/*/*.h) $(RULES_C) $(RULES_H) \
                      | $(BUILD)/test/
	$(Q)$(CLANG) $(PARSER_CFLAGS) -o $@ $(filter-out model/src/%,$(filter %.c,$^)) $(MODEL_SOURCES) $(CLI_LIBS)
.PHONY: fuzz-parser
fuzz-parser: $(PARSER_FUZZERS)
	$(if $^,,$(error there is no model/tests/fuzz_*.c))
	@for fuzzer in $^; do \
	  mkdir -p $(BUILD)/fuzz-parser/$${fuzzer##*/} && \
	  $(PROGRESS) $${fuzzer##*/} $(BUILD)/fuzz-parser/$${fuzzer##*/}.log $$fuzzer -max_total_time=$(PARSER_SECONDS) \
	    -timeout=10 -rss_limit_mb=2048 -print_final_stats=1 -artifact_prefix=$(BUILD)/fuzz-parser/$${fuzzer##*/}- \
	    $(BUILD)/fuzz-parser/$${fuzzer##*/} conformance/examples || exit 1; \
	  sed -n 's/^stat::number_of_executed_units: */'$${fuzzer##*/}': inputs /p' $(BUILD)/fuzz-parser/$${fuzzer##*/}.log; \
	done

# Both compilers, warnings as errors; and freestanding: a linked library may ask for memcpy and memset only.
.PHONY: build-gcc build-clang freestanding rules join
build-gcc: lib cli $(LIBSLAT_DELETABLE) $(TEST_PROGRAMS)
	@for source in $(MODEL_PARTS); do $(CC) $(MODEL_CFLAGS) -O0 -fsyntax-only $$source || exit 1; done
build-clang: $(BUILD)/obj/clang/libslat.a $(RULES_H)
	@for source in $(MODEL_PARTS); do $(CLANG) $(MODEL_CFLAGS) -O0 -fsyntax-only $$source || exit 1; done
	@for source in $(CLI_SOURCES); do $(CLANG) $(CLI_CFLAGS) -fsyntax-only $$source || exit 1; done
freestanding: $(gcc_OBJECTS) $(clang_OBJECTS)
	@model/tests/freestanding.sh nm $(gcc_OBJECTS)
	@model/tests/freestanding.sh nm $(clang_OBJECTS)

# The rule join: each rule has a proved clause, code and a witness.
rules: $(BUILD)/gen/rules.stamp
join: $(LIBSLAT) $(BUILD)/gen/rules.stamp
	@spec/join.py --library $(LIBSLAT)

# Installation.
INSTALL := install
HEADERS := $(wildcard model/include/slat/*.h)
PKGCONFIG := $(BUILD)/slat.pc
MANPAGE := $(BUILD)/man/slat.1
$(PKGCONFIG): model/slat.pc.in model/include/slat/slat.h | $(BUILD)/
	$(Q)sed -e 's|@PREFIX@|$(PREFIX)|' -e 's|@VERSION@|$(VERSION)|' $< > $@
$(MANPAGE): $(CLI) | $(BUILD)/man/
	$(Q)help2man --no-info --section=1 --name='explain and check second-level address translation' -o $@ $(CLI)

.PHONY: test-install $(PKGCONFIG)
install: lib cli $(PKGCONFIG) $(MANPAGE)
	$(INSTALL) -d $(DESTDIR)$(PREFIX)/include/slat $(DESTDIR)$(PREFIX)/lib/pkgconfig $(DESTDIR)$(PREFIX)/bin \
	  $(DESTDIR)$(PREFIX)/share/man/man1
	$(INSTALL) -m 644 $(HEADERS) $(RULES_H) $(DESTDIR)$(PREFIX)/include/slat/
	$(INSTALL) -m 644 $(LIBSLAT) $(LIBSLAT_SO) $(DESTDIR)$(PREFIX)/lib/
	ln -sf $(notdir $(LIBSLAT_SO)) $(DESTDIR)$(PREFIX)/lib/$(SONAME)
	ln -sf $(SONAME) $(DESTDIR)$(PREFIX)/lib/libslat.so
	$(INSTALL) -m 644 $(PKGCONFIG) $(DESTDIR)$(PREFIX)/lib/pkgconfig/slat.pc
	$(INSTALL) -m 755 $(CLI) $(DESTDIR)$(PREFIX)/bin/slat
	$(INSTALL) -m 644 $(MANPAGE) $(DESTDIR)$(PREFIX)/share/man/man1/slat.1
uninstall:
	rm -f $(addprefix $(DESTDIR)$(PREFIX)/,bin/slat share/man/man1/slat.1 lib/pkgconfig/slat.pc lib/libslat.a \
	  lib/libslat.so lib/$(SONAME) lib/$(notdir $(LIBSLAT_SO)))
	rm -rf $(DESTDIR)$(PREFIX)/include/slat
test-install: lib cli
	@model/tests/install.sh
