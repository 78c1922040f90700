# SPDX-License-Identifier: LGPL-2.1-or-later
# What is installed, used as others use it.
package_tests = %D%/library.tap
EXTRA_DIST += $(package_tests)
TESTS += $(package_tests)

clean-local: clean-package
clean-package:
	-rm -rf %D%/run-*
.PHONY: clean-package
