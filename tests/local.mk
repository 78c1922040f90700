# SPDX-License-Identifier: LGPL-2.1-or-later
# All tests; each folder lists its own. Those of GUEST_TESTS are slower: `make check-guests`.
GUEST_TESTS =
EXTRA_DIST += %D%/README.md %D%/RESULTS.md

# What the tests share. They find it, and the source directory, in their environment.
EXTRA_DIST += \
	%D%/lib/amdsev_image.py \
	%D%/lib/bootsector.py \
	%D%/lib/driver \
	%D%/lib/es_launch.py \
	%D%/lib/snp_digest.py \
	%D%/lib/gdbclient.py \
	%D%/lib/linux-image \
	%D%/lib/machine.py \
	%D%/lib/saved_boot.py \
	%D%/lib/tap.sh \
	%D%/lib/taplib.py \
	%D%/lib/tree.py \
	%D%/run-guest \
	%D%/slowest
AM_TESTS_ENVIRONMENT += PYTHONPATH=$(abs_srcdir)/%D%/lib; export PYTHONPATH;
AM_TESTS_ENVIRONMENT += PYTHONDONTWRITEBYTECODE=1; export PYTHONDONTWRITEBYTECODE;

# Tests that are a row of a table: the script that automake runs is made here. configure.ac has the lists.
EXTRA_DIST += %D%/guests.cfg %D%/run-row
all_row_tests    = $(row_tests) $(row_long_tests) $(row_guest_tests)
$(all_row_tests): %D%/guests.cfg %D%/run-row
	$(AM_V_GEN)$(MKDIR_P) $(@D) && \
	printf '#!/bin/sh\nexec "$$srcdir/%D%/run-row" %s\n' '$(@:%D%/%.tap=%)' >$@ && chmod +x $@
CLEANFILES += $(all_row_tests)
if WITH_BOCHS
long_tests += $(row_long_tests)
TESTS += $(row_tests)
GUEST_TESTS += $(row_guest_tests)
endif

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
include %D%/run/local.mk

# The tree itself: includes, licences, format; the man pages against the code.
dist_check_SCRIPTS = %D%/structure.tap %D%/manual.tap %D%/sources.tap %D%/words.tap
long_tests += %D%/structure.tap
TESTS += %D%/manual.tap %D%/sources.tap %D%/words.tap

# What concerns the C code of the libraries: all that a build with sanitizers has to repeat.
library_tests = $(owner_tests) $(unit_tests) %D%/fuzz/replay.tap

# After `make check` with --enable-coverage: branches, or it fails.
EXTRA_DIST += %D%/coverage
CLEANFILES += coverage-psp-model.info coverage-cpu-ext.info coverage-bochs-plugin.info
.PHONY: coverage
coverage:
	$(srcdir)/%D%/coverage
