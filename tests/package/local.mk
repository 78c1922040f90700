# SPDX-License-Identifier: LGPL-2.1-or-later
# What is installed, used as others use it.
package_tests = %D%/library.tap %D%/bootstrap.tap %D%/rebuild.tap
booted_tests  = %D%/ci.tap
EXTRA_DIST += $(package_tests) $(booted_tests)
TESTS += $(package_tests)
if WITH_BOCHS
long_tests += $(booted_tests)
endif

clean-local: clean-package
clean-package:
	-rm -rf %D%/run-*
.PHONY: clean-package

# Needs root, debhelper, lintian, debootstrap and a Debian mirror; some ten minutes.
EXTRA_DIST += %D%/check-packages
.PHONY: check-packages
check-packages:
	$(MAKE) dist
	@$(srcdir)/%D%/check-packages $(distdir).tar.xz $(wildcard $(BOCHS_SOURCE))

distclean-local: distclean-package
distclean-package:
	-rm -rf packages
.PHONY: distclean-package
