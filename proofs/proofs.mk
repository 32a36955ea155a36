# SPDX-License-Identifier: BSD-2-Clause
# The proofs.  proofs/prove.py reads one proofs/UNIT/unit.json for each unit; `make prove UNIT=name` proves one.

JOBS ?= 3
prove: $(BUILD)/gen/rules.stamp
	@proofs/prove.py --jobs $(JOBS) $(if $(filter yes,$(CACHE)),--cache) $(if $(filter yes,$(UPDATE)),--update) $(addprefix --unit ,$(UNIT))
