# SPDX-License-Identifier: LGPL-2.1-or-later
# Real guests, unmodified, of Debian's archive, each without SEV, with encryption=none and with encryption=aes:
# `make check-guests`, some minutes; the table of results is in real-guests/table.txt, too.
real_tests = \
	%D%/amdsev_snp.tap \
	%D%/ci_host.tap \
	%D%/cloud_tutorial.tap \
	%D%/debian12_cloud.tap \
	%D%/debian12_disk.tap \
	%D%/debian12_generic.tap \
	%D%/debian13_cloud.tap \
	%D%/debian13_generic.tap \
	%D%/disk_writes.tap \
	%D%/es_launch.tap \
	%D%/ipxe.tap \
	%D%/host_ccp.tap \
	%D%/host_debian13.tap \
	%D%/host_kvm.tap \
	%D%/host_owner.tap \
	%D%/host_pin.tap \
	%D%/host_qemu.tap \
	%D%/kdump.tap \
	%D%/kexec_la57.tap \
	%D%/lies_snp.tap \
	%D%/luks.tap \
	%D%/memtest.tap \
	%D%/npm_verifiers.tap \
	%D%/ovmf_vmsa.tap \
	%D%/sev_es.tap \
	%D%/save_snp.tap \
	%D%/sev_snp.tap \
	%D%/snp_hotplug.tap \
	%D%/snp_report.tap \
	%D%/xen.tap

EXTRA_DIST += $(real_tests) %D%/host_ccp.c %D%/host_ccp.init %D%/host_kvm.c %D%/host_pin.c %D%/host_program.init %D%/host_say.h %D%/kdump.c %D%/kdump.init %D%/kexec.c %D%/make_disk.py %D%/npm_verify.mjs %D%/packages %D%/realguest.py %D%/snp_report.c %D%/snp_report.init %D%/table %D%/writes.init

if WITH_BOCHS
GUEST_TESTS += $(real_tests)
endif

.PHONY: check-guests
check-guests: all
	@rm -rf real-guests/results
	@status=0; \
	$(MAKE) $(AM_MAKEFLAGS) TESTS='$(GUEST_TESTS)' TEST_SUITE_LOG=check-guests.log check-TESTS || status=$$?; \
	$(srcdir)/%D%/table real-guests/results real-guests/table.txt; \
	exit $$status

distclean-local: distclean-real
distclean-real:
	rm -rf real-guests
.PHONY: distclean-real
