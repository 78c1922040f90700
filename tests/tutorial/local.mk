# SPDX-License-Identifier: LGPL-2.1-or-later
# What readers and students type.
tutorial_tests = \
	%D%/tutorial.tap

EXTRA_DIST += $(tutorial_tests)
if WITH_BOCHS
TESTS += $(tutorial_tests)
endif

clean-local: clean-tutorial
clean-tutorial:
	-chmod -Rf u+w %D%/run*
	rm -rf %D%/run*
.PHONY: clean-tutorial
