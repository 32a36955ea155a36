# SPDX-License-Identifier: BSD-2-Clause
# Planted bugs: which of them are found.  See fuzz/mutants/README.md.
#
#   make mutants SEED=1 BLIND=200 MODEL=200    # all; goes on where it was stopped
#   make mutants SAMPLE=yes                    # a few minutes: all bugs of the public history, some blind changes
#   make mutants PARTS=public,oracle JOBS=1

BLIND ?=
MODEL ?=
PARTS ?=
JOBS ?=
SAMPLE ?=
.PHONY: mutants mutants-sample
mutants mutants-sample: fuzz-objects fuzz-kvm $(CLI) $(gcc_OBJECTS) $(BUILD)/bin/run-witnesses
	@fuzz/mutants/run --kvm $(FUZZ_KVM)plain $(if $(filter yes,$(SAMPLE))$(filter %-sample,$@),--sample) \
	  $(addprefix --seed ,$(SEED)) $(addprefix --blind ,$(BLIND)) $(addprefix --model ,$(MODEL)) $(addprefix --parts ,$(PARTS)) $(addprefix --jobs ,$(JOBS))
