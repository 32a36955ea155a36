# SPDX-License-Identifier: BSD-2-Clause
# Fuzzing: the scenario generator, the differential loop, the targets, and the run that ends with a report.
#
#   make fuzz TARGET=kvm-shadow DURATION=60 SEED=1 KERNEL=6.12    # Debian's 6.1 (the default) or 6.12, or a directory with either
#   make fuzz-replay-sanitized TARGET=kvm-shadow    # the queue of the last run, under ASan and UBSan
#   make fuzz-programs                              # what the runs need, without running

TARGET ?= kvm-shadow
DURATION ?= 60
SEED ?=
KERNEL ?=
ORACLE ?= slat

FUZZ_TARGETS := $(sort $(patsubst fuzz/targets/%/target.c,%,$(wildcard fuzz/targets/*/target.c)))
FUZZ := $(BUILD)/fuzz
FUZZ_CC := clang
FUZZ_CFLAGS := -std=gnu99 -O2 -g -Wall -Wextra -Werror -Wshadow -Wmissing-prototypes -Wstrict-prototypes $(SLAT_INCLUDES) -Imodel/trace -MMD -MP
# The oracle as clang compiles it, like all that is linked with it: its share of the time is smaller than with gcc.
FUZZ_LIBSLAT := $(BUILD)/obj/clang/libslat.a
FUZZ_COMMON := $(patsubst fuzz/%.c,$(FUZZ)/obj/%.o,$(filter-out fuzz/loop/main.c,$(wildcard fuzz/loop/*.c)) \
                 $(filter-out fuzz/scenario/afl_mutator.c,$(wildcard fuzz/scenario/*.c))) $(FUZZ)/obj/trace_binary.o

$(FUZZ)/obj/%.o: fuzz/%.c $(RULES_H)
	@mkdir -p $(@D)
	@echo "  CC $<"; $(FUZZ_CC) $(FUZZ_CFLAGS) -fPIC -c $< -o $@
$(FUZZ)/obj/loop/main-afl.o: fuzz/loop/main.c $(RULES_H)
	@mkdir -p $(@D)
	@echo "  CC $<"; $(FUZZ_CC) $(FUZZ_CFLAGS) -DFUZZ_AFL -c $< -o $@
$(FUZZ)/obj/trace_binary.o: model/trace/trace_binary.c $(RULES_H)
	@mkdir -p $(@D)
	@echo "  CC $<"; $(FUZZ_CC) $(FUZZ_CFLAGS) -fPIC -c $< -o $@
-include $(wildcard $(FUZZ)/obj/*.d $(FUZZ)/obj/*/*.d $(FUZZ)/obj/*/*/*.d)

$(FUZZ)/libfuzz.a: $(FUZZ_COMMON)
	@rm -f $@ && $(AR) rcs $@ $^

# One archive a target: its adapter, waivers and capabilities; the KVM targets share kvm-common.
define fuzz_target_rules
$(FUZZ)/$(1)/target.a: $$(patsubst fuzz/%.c,$(FUZZ)/obj/%.o,$$(wildcard fuzz/targets/$(1)/*.c) \
                         $$(if $$(filter kvm-%,$(1)),$$(wildcard fuzz/targets/kvm-common/*.c)))
	@mkdir -p $$(@D)
	@rm -f $$@ && $$(AR) rcs $$@ $$^
$(FUZZ)/$(1)/mutator.so: $(FUZZ)/obj/scenario/afl_mutator.o $(FUZZ)/obj/targets/$(1)/capabilities.o $(FUZZ)/libfuzz.a
	@$(FUZZ_CC) -shared -o $$@ $$^
endef
$(foreach target,$(FUZZ_TARGETS),$(eval $(call fuzz_target_rules,$(target))))

# Everything but KVM itself: what fuzz/loop/link needs to make a program from any build of it.
.PHONY: fuzz-objects
fuzz-objects: $(FUZZ)/libfuzz.a $(FUZZ)/obj/loop/main.o $(FUZZ)/obj/loop/main-afl.o $(FUZZ_LIBSLAT) $(LIBSLAT_DELETABLE) \
              $(foreach target,$(FUZZ_TARGETS),$(FUZZ)/$(target)/target.a $(FUZZ)/$(target)/mutator.so)

# The kernel: 6.1, 6.12, or which of them the tree is. What belongs to another than 6.1 has it in its name: programs, runs, evidence.
FUZZ_DEBIAN := 6.1 6.12
FUZZ_SERIES := $(if $(filter $(FUZZ_DEBIAN),$(KERNEL)),$(KERNEL),$(if $(KERNEL),$(shell KERNEL='$(KERNEL)' fuzz/targets/kvm/build.sh series),6.1))
$(if $(FUZZ_SERIES),,$(error KERNEL is 6.1, 6.12, or a directory with a tree of either))
FUZZ_OTHER := $(filter-out 6.1,$(FUZZ_SERIES))

# KVM is built by its own script, which knows what has changed; a tree of one's own goes to directories of its own.
FUZZ_KVM := $(BUILD)/kvm/$(if $(filter-out $(FUZZ_DEBIAN),$(KERNEL)),own-)$(addsuffix -,$(FUZZ_OTHER))
FUZZ_PROGRAMS = $(FUZZ)/$(1)$(addprefix -,$(FUZZ_OTHER))
.PHONY: fuzz-kvm
fuzz-kvm:
	@for variant in plain afl; do \
	  OUT=$(CURDIR)/$(FUZZ_KVM)$$variant KERNEL='$(KERNEL)' fuzz/targets/kvm/build.sh $$variant || exit 1; \
	done

.PHONY: fuzz-programs
fuzz-programs: fuzz-objects fuzz-kvm
	@for target in $(FUZZ_TARGETS); do for variant in plain afl; do \
	  fuzz/loop/link $$target $$variant $(FUZZ_KVM)$$variant $(call FUZZ_PROGRAMS,$$target)/$$variant || exit 1; \
	done; \
	fuzz/loop/link $$target rules $(FUZZ_KVM)plain $(call FUZZ_PROGRAMS,$$target)/rules || exit 1; done

fuzz: fuzz-programs $(CLI)
	@fuzz/report/run --target '$(TARGET)' --duration '$(DURATION)' --seed '$(SEED)' --kernel '$(FUZZ_SERIES)' --oracle '$(ORACLE)'

.PHONY: fuzz-replay-sanitized
fuzz-replay-sanitized: fuzz-objects
	@for variant in asan ubsan; do \
	  OUT=$(CURDIR)/$(FUZZ_KVM)$$variant KERNEL='$(KERNEL)' fuzz/targets/kvm/build.sh $$variant && \
	  fuzz/loop/link $(TARGET) $$variant $(FUZZ_KVM)$$variant $(call FUZZ_PROGRAMS,$(TARGET))/$$variant || exit 1; \
	done
	@fuzz/report/run --target '$(TARGET)' --kernel '$(FUZZ_SERIES)' --replay-sanitized

# The loop, tested with a target that is wrong on purpose.
FUZZ_TEST := $(FUZZ)/tests/test_loop
$(FUZZ_TEST): $(FUZZ)/obj/tests/test_loop.o $(FUZZ)/obj/tests/fake_target.o $(FUZZ)/libfuzz.a $(FUZZ_LIBSLAT)
	@mkdir -p $(@D)
	@$(FUZZ_CC) -o $@ $^ -lcmocka
# The protocol between afl-fuzz and the program, with the test in the place of afl-fuzz.
FUZZ_TEST_AFL := $(FUZZ)/tests/test_afl
$(FUZZ_TEST_AFL): $(FUZZ)/obj/tests/test_afl.o $(FUZZ)/obj/loop/afl.o
	@mkdir -p $(@D)
	@$(FUZZ_CC) -o $@ $^ -lcmocka
.PHONY: fuzz-test
fuzz-test: $(FUZZ_TEST) $(FUZZ_TEST_AFL)
	$(FUZZ_TEST)
	$(FUZZ_TEST_AFL)

# The findings, each as a regression.
.PHONY: fuzz-findings
fuzz-findings: fuzz-programs cli
	@KERNEL='$(FUZZ_SERIES)' fuzz/findings/check

# Which modelled rules no target exercises, and why; COMPLETE=yes after long runs of every target: none may be without a reason.
.PHONY: fuzz-exercised
fuzz-exercised:
	@fuzz/report/exercised $(if $(filter yes,$(COMPLETE)),--complete)
