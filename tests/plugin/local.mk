# SPDX-License-Identifier: LGPL-2.1-or-later
# The plugin in Bochs: directive, debugger.
plugin_tests = \
	%D%/debugger.tap \
	%D%/debugger_memory.tap \
	%D%/directive.tap \
	%D%/patches.tap \
	%D%/upstream.tap

EXTRA_DIST += $(plugin_tests)
if WITH_BOCHS
TESTS += $(plugin_tests)
endif

clean-local: clean-plugin
clean-plugin:
	rm -rf %D%/run %D%/run-*
.PHONY: clean-plugin
