# SPDX-License-Identifier: BSD-2-Clause
# Speed of the model beside KVM's walker and a bare one, in one process: build/evidence/bench.json.
#
# All are compiled by clang at -O2, as KVM is for its targets.
#
#   make bench                    # exits 1 if the model is slower than it must be
#   make bench REPORT_ONLY=yes    # exits 0 whatever the figures

REPORT_ONLY ?=
BENCH := $(BUILD)/bench/bench
BENCH_CFLAGS := -std=gnu99 -O2 -g $(WARNINGS) $(SLAT_INCLUDES) -Imodel/bench -Ifuzz/targets/kvm

$(BUILD)/bench/%.o: model/bench/%.c $(RULES_H) | $(BUILD)/bench/
	$(CLANG) $(BENCH_CFLAGS) -MMD -MP -c $< -o $@
$(BUILD)/bench/%.o: fuzz/bench/%.c $(RULES_H) | $(BUILD)/bench/
	$(CLANG) $(BENCH_CFLAGS) -MMD -MP -c $< -o $@
-include $(wildcard $(BUILD)/bench/*.d)

# KVM is linked in by the command that its build leaves behind, not instrumented.
.PHONY: bench-kvm
bench-kvm:
	@OUT=$(CURDIR)/$(FUZZ_KVM)plain fuzz/targets/kvm/build.sh plain

bench: bench-kvm $(BUILD)/bench/bench.o $(BUILD)/bench/bare.o $(FUZZ_LIBSLAT)
	@mkdir -p $(BUILD)/evidence
	@$$(cat $(FUZZ_KVM)plain/link.txt) -o $(BENCH) $(filter %.o %.a,$^)
	@$(BENCH) $(if $(REPORT_ONLY),--report-only) $(BUILD)/evidence/bench.json
