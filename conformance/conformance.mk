# SPDX-License-Identifier: BSD-2-Clause
# Witnesses: for every modelled rule a scenario whose verdict changes when the rule is deleted from the model.

WITNESSES := conformance/witnesses
WITNESS_OBJECTS := $(patsubst conformance/%.c,$(BUILD)/obj/%.o,$(wildcard conformance/witness/*.c))
WITNESS_COMMON := $(BUILD)/obj/witness/judge.o $(BUILD)/obj/witness/needed.o $(CLI_TEST_OBJECTS) $(LIBSLAT_DELETABLE)

$(BUILD)/obj/witness/%.o: conformance/witness/%.c $(RULES_H) | $(BUILD)/obj/witness/
	$(CC) $(CLI_CFLAGS) -MMD -MP -c $< -o $@
-include $(WITNESS_OBJECTS:.o=.d)
$(BUILD)/bin/run-witnesses: $(BUILD)/obj/witness/run.o $(WITNESS_COMMON) | $(BUILD)/bin/
	$(CC) -o $@ $^ $(CLI_LIBS)
$(BUILD)/bin/find-witnesses: $(BUILD)/obj/witness/find.o $(WITNESS_COMMON) | $(BUILD)/bin/
	$(CC) -o $@ $^ $(CLI_LIBS)

witnesses: $(BUILD)/bin/run-witnesses | $(BUILD)/evidence/
	@$< spec/rules.tsv conformance/witness/named.tsv $(WITNESSES) $(BUILD)/evidence/witnesses.json

# Writes a witness for each rule that has none, to be reviewed: its note is the rule's statement.  Takes minutes.
.PHONY: find-witnesses
find-witnesses: $(BUILD)/bin/find-witnesses
	@$< spec/rules.tsv $(WITNESSES)

# The contracts, run by E-ACSL over the witnesses and the examples: see conformance/eacsl/run.py.
.PHONY: eacsl
eacsl: $(WITNESS_COMMON) $(RULES_H)
	@BUILD=$(BUILD) conformance/eacsl/run.py $(filter-out %.a %.h,$^) $(BUILD)/obj/deletable/rules.o

# The second statement of the rules: see conformance/smt/README.md.
SCENARIOS ?= 1
$(BUILD)/obj/smt/deletable.o: conformance/smt/deletable.c $(RULES_H) | $(BUILD)/obj/smt/
	$(CC) $(CLI_CFLAGS) -MMD -MP -c $< -o $@
$(BUILD)/bin/slat-deletable: $(CLI_OBJECTS) $(BUILD)/obj/smt/deletable.o $(LIBSLAT_DELETABLE) | $(BUILD)/bin/
	$(CC) -o $@ $^ $(CLI_LIBS)
smt: $(CLI) $(BUILD)/bin/slat-deletable $(BUILD)/test/test_scopes $(BUILD)/test/test_changes | $(BUILD)/evidence/
	@BUILD=$(BUILD) conformance/smt/mappings $(addprefix --seed ,$(SEED))
	@BUILD=$(BUILD) conformance/smt/run --scenarios $(SCENARIOS) $(addprefix --seed ,$(SEED))
