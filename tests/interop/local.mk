# SPDX-License-Identifier: LGPL-2.1-or-later
# Other people's tools on what this project makes.
interop_tests = \
	%D%/control.tap \
	%D%/es_launch.tap \
	%D%/migrate.tap \
	%D%/save.tap \
	%D%/save_host.tap \
	%D%/save_middle.tap \
	%D%/save_nmi.tap \
	%D%/save_refused.tap \
	%D%/save_v1.tap \
	%D%/session.tap \
	%D%/snp_launch.tap \
	%D%/validate.tap
owner_long_tests = %D%/owner_attest.tap
owner_tests = \
	%D%/owner_cli.tap \
	%D%/owner_kds.tap \
	%D%/owner_libvirt.tap \
	%D%/owner_pki.tap \
	%D%/owner_snp.tap \
	%D%/relying_party.tap
EXTRA_DIST += \
	$(interop_tests) \
	$(owner_tests) \
	$(owner_long_tests) \
	%D%/model_root.py \
	%D%/snp_readers.py \
	%D%/save_0_1.txt \
	%D%/save_v1.S \
	%D%/save_v1.txt

# Those of the owner's tool need no Bochs.
TESTS += $(owner_tests)
long_tests += $(owner_long_tests)
check_PROGRAMS += %D%/make_platform
%C%_make_platform_CPPFLAGS = $(AM_CPPFLAGS) -I$(srcdir)/tests/unit
%C%_make_platform_LDADD = libpspmodel.la
check_PROGRAMS += %D%/make_report
%C%_make_report_LDADD = libpspmodel.la

if WITH_BOCHS
TESTS += $(interop_tests)
endif

clean-local: clean-interop
clean-interop:
	-rm -rf %D%/run-*
.PHONY: clean-interop
