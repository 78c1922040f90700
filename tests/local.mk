# SPDX-License-Identifier: LGPL-2.1-or-later
# All tests; each folder lists its own. Those of GUEST_TESTS are slower: `make check-guests`.
GUEST_TESTS =
EXTRA_DIST += %D%/README.md
include %D%/vectors/local.mk
include %D%/unit/local.mk
include %D%/guests/local.mk
include %D%/linux/local.mk
include %D%/ovmf/local.mk
include %D%/ovmf/amdsev.mk
include %D%/real/local.mk
include %D%/bench/local.mk
include %D%/soak/local.mk
include %D%/plugin/local.mk
include %D%/interop/local.mk
include %D%/report/local.mk
include %D%/package/local.mk
include %D%/fuzz/local.mk
include %D%/tutorial/local.mk

# The tree itself: includes, licences, format; the man pages against the code.
dist_check_SCRIPTS = %D%/house.tap %D%/manual.tap
TESTS += %D%/house.tap %D%/manual.tap

# After `make check` with --enable-coverage: branches, or it fails.
EXTRA_DIST += %D%/coverage
CLEANFILES += coverage-psp-model.info coverage-cpu-ext.info coverage-bochs-plugin.info
.PHONY: coverage
coverage:
	$(srcdir)/%D%/coverage
