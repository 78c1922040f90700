# SPDX-License-Identifier: LGPL-2.1-or-later
# bochs-sev-run: its modules alone, without Bochs, and its machines.
run_unit_tests = %D%/options.tap %D%/files.tap %D%/modules.tap
run_tests      = %D%/wrong.tap %D%/pipes.tap %D%/locks.tap %D%/terminal.tap
EXTRA_DIST    += $(run_unit_tests) $(run_tests)
TESTS         += $(run_unit_tests)
if WITH_BOCHS
TESTS         += $(run_tests)
endif

clean-local: clean-run
clean-run:
	rm -rf %D%/run-*
.PHONY: clean-run
