# SPDX-License-Identifier: LGPL-2.1-or-later
# What is installed, used as others use it.
package_tests = %D%/library.tap
booted_tests  = %D%/ci.tap
EXTRA_DIST += $(package_tests) $(booted_tests)
TESTS += $(package_tests)
if WITH_BOCHS
TESTS += $(booted_tests)
endif

clean-local: clean-package
clean-package:
	-rm -rf %D%/run-*
.PHONY: clean-package
