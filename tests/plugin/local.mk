# SPDX-License-Identifier: LGPL-2.1-or-later
# The plugin in Bochs: directive, debugger, devices of others; the patches.
plugin_tests = \
	%D%/debugger.tap \
	%D%/debugger_es.tap \
	%D%/debugger_host.tap \
	%D%/debugger_memory.tap \
	%D%/debugger_rmp.tap \
	%D%/directive.tap \
	%D%/full_disk.tap \
	%D%/fwcfg_other.tap \
	%D%/gdb.tap \
	%D%/gdb_es.tap \
	%D%/patch_groups.tap \
	%D%/patches.tap \
	%D%/upstream.tap

EXTRA_DIST += $(plugin_tests) %D%/claim510.cc %D%/verdict.cc %D%/wide_int.cc %D%/wide_int_plain.cc
if WITH_BOCHS
TESTS += $(plugin_tests)

# A device that is in our firmware configuration device's place.
check_LTLIBRARIES += libbx_claim510.la
libbx_claim510_la_SOURCES  = %D%/claim510.cc
libbx_claim510_la_CPPFLAGS = $(AM_CPPFLAGS) $(BOCHS_CPPFLAGS) -I$(BOCHS_TREE)/iodev
libbx_claim510_la_CXXFLAGS = $(SEV_CXXFLAGS) -std=gnu++17
libbx_claim510_la_LDFLAGS  = $(AM_LDFLAGS) -module -avoid-version -shared -rpath /nowhere

$(libbx_claim510_la_OBJECTS): $(BOCHS_STAMP)

# A device that fills the hook table as a guest asks (tests/guests/verdict.c).
check_LTLIBRARIES += libbx_verdict.la
libbx_verdict_la_SOURCES  = %D%/verdict.cc
libbx_verdict_la_CPPFLAGS = $(AM_CPPFLAGS) $(BOCHS_CPPFLAGS) -I$(BOCHS_TREE)/iodev
libbx_verdict_la_CXXFLAGS = $(SEV_CXXFLAGS) -std=gnu++17
libbx_verdict_la_LDFLAGS  = $(AM_LDFLAGS) -module -avoid-version -shared -rpath /nowhere

$(libbx_verdict_la_OBJECTS): $(BOCHS_STAMP)

if BOCHS_SPEED
# Two files of Bochs, with a speed patch and without.
check_PROGRAMS += %D%/wide_int
TESTS += %D%/wide_int
%C%_wide_int_SOURCES = %D%/wide_int.cc %D%/wide_int_plain.cc
%C%_wide_int_CPPFLAGS = $(AM_CPPFLAGS) $(BOCHS_CPPFLAGS) -I$(BOCHS_TREE)/cpu
%C%_wide_int_CXXFLAGS = $(SEV_CXXFLAGS) -std=gnu++17
$(%C%_wide_int_OBJECTS): $(BOCHS_STAMP)
endif
endif

clean-local: clean-plugin
clean-plugin:
	rm -rf %D%/run %D%/run-*
.PHONY: clean-plugin
