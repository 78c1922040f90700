# SPDX-License-Identifier: LGPL-2.1-or-later
# SEV as the CPU sees memory, and the Bochs that it lives in.

# --- the C library ------------------------------------------------------------------------------
noinst_LTLIBRARIES += libcpuext.la

libcpuext_la_SOURCES = \
	%D%/hooks.h \
	%D%/cbit.c %D%/cbit.h \
	%D%/cpuid.c %D%/cpuid.h \
	%D%/le.h \
	%D%/mee.c %D%/mee.h \
	%D%/msr.c %D%/msr.h \
	%D%/sanitize.c %D%/sanitize.h \
	%D%/sanitize_snp.c %D%/sanitize_snp.h \
	%D%/pages.c %D%/pages.h \
	%D%/rmp.c %D%/rmp.h \
	%D%/rmp_save.c %D%/rmp_table.h \
	%D%/rmp_state.c \
	%D%/tlb_index.c %D%/tlb_index.h \
	%D%/walk.c %D%/walk.h \
	%D%/xts.c %D%/xts.h
libcpuext_la_CFLAGS = $(AM_CFLAGS) $(GCRYPT_CFLAGS)
libcpuext_la_LIBADD = $(GCRYPT_LIBS)

# --- the patched Bochs --------------------------------------------------------------------------
bochs_inputs = \
	%D%/build-bochs \
	%D%/bochs/sev.cc \
	%D%/bochs/sev.h \
	%D%/hooks.h \
	%D%/patches/apply \
	%D%/patches/base \
	%D%/patches/port \
	%D%/patches/3.0.devel/base \
	%D%/patches/3.0.devel/context.sed \
	%D%/patches/sev/copied \
	%D%/patches/sev/series \
	%D%/patches/sev/01-hook-table.patch \
	%D%/patches/sev/02-cbit-paging.patch \
	%D%/patches/sev/03-access.patch \
	%D%/patches/sev/04-devices.patch \
	%D%/patches/sev/05-observers.patch \
	%D%/patches/sev/06-page-crossing.patch \
	%D%/patches/sev/07-watched-pages.patch \
	%D%/patches/sev/08-vc.patch \
	%D%/patches/sev/09-intercepts.patch \
	%D%/patches/sev/10-instructions.patch \
	%D%/patches/sev/11-startup.patch \
	%D%/patches/sev/12-pci-hole.patch \
	%D%/patches/sev/13-device-memory.patch \
	%D%/patches/sev/14-debugger.patch \
	%D%/patches/sev/15-vmrun.patch \
	%D%/patches/fixes/series \
	%D%/patches/fixes/01-apic.patch \
	%D%/patches/fixes/02-apicbase.patch \
	%D%/patches/fixes/03-ioapic.patch \
	%D%/patches/fixes/04-hpet.patch \
	%D%/patches/fixes/05-legacy-devices.patch \
	%D%/patches/fixes/06-harddrv.patch \
	%D%/patches/fixes/07-vga.patch \
	%D%/patches/fixes/08-debugger-memory.patch \
	%D%/patches/fixes/09-cpuid-amd.patch \
	%D%/patches/fixes/10-fetch.patch \
	%D%/patches/fixes/11-rsm-la57.patch \
	%D%/patches/fixes/12-ryzen-la57.patch \
	%D%/patches/fixes/13-image-lock.patch \
	%D%/patches/fixes/14-aperf-mperf.patch \
	%D%/patches/fixes/15-monitor-exit.patch \
	%D%/patches/fixes/16-fixed-since.patch \
	%D%/patches/fixes/17-floppy-times.patch \
	%D%/patches/fixes/19-pci-panics.patch \
	%D%/patches/fixes/20-svm-cr2.patch \
	%D%/patches/fixes/21-svm-decode-assist.patch \
	%D%/patches/fixes/22-svm-long-mode.patch \
	%D%/patches/fixes/23-svm-nested-la57.patch \
	%D%/patches/fixes/24-svm-exit.patch \
	%D%/patches/fixes/25-svm-nested-fault.patch \
	%D%/patches/fixes/26-svm-intercepts.patch \
	%D%/patches/fixes/27-svm-interrupts.patch \
	%D%/patches/fixes/28-svm-single-step.patch \
	%D%/patches/fixes/29-apic-self-nmi.patch \
	%D%/patches/fixes/30-svm-vmrun-checks.patch \
	%D%/patches/fixes/31-svm-segments.patch \
	%D%/patches/fixes/32-svm-cpuid.patch \
	%D%/patches/fixes/33-svm-paged-real-mode.patch \
	%D%/patches/fixes/34-svm-address-width.patch \
	%D%/patches/fixes/35-svm-save.patch \
	%D%/patches/fixes/36-svm-save-pause.patch \
	%D%/patches/fixes/37-icache-split.patch \
	%D%/patches/speed/series \
	%D%/patches/speed/08-trace-link.patch \
	%D%/patches/speed/09-handler-address.patch \
	%D%/patches/speed/10-plain-access.patch \
	%D%/patches/speed/12-string-pages.patch \
	%D%/patches/speed/13-page-walk.patch \
	%D%/patches/speed/14-list-names.patch \
	%D%/patches/speed/15-trace-budget.patch \
	%D%/patches/speed/16-flush-nonglobal.patch \
	%D%/patches/speed/17-wide-multiply.patch

# How the tarball comes is no reason to build again.
EXTRA_DIST += $(bochs_inputs) %D%/bochs-options %D%/patches/count %D%/patches/debian-release %D%/patches/fetch

# For Bochs's maintainers; no part of the build.
EXTRA_DIST += \
	%D%/patches/upstream/0001-iodev-acpi-a-reset-clears-PMREGMISC.patch \
	%D%/patches/upstream/0002-main-show-IPS-outside-of-the-signal-handler.patch \
	%D%/patches/upstream/0003-iodev-serial-mode-term-gives-the-terminal-back-as-it.patch \
	%D%/patches/upstream/0004-iodev-fw_cfg-no-access-outside-of-the-items.patch \
	%D%/patches/upstream/0005-iodev-fw_cfg-a-descriptor-may-cross-a-page-end.patch \
	%D%/patches/upstream/0006-iodev-fw_cfg-the-signature-reads-as-QEMU-CFG.patch \
	%D%/patches/upstream/0007-iodev-fw_cfg-keys-of-the-architecture-are-entries-of.patch \
	%D%/patches/upstream/0008-cpu-MONITOR-wakes-no-other-CPU-and-misses-no-store.patch \
	%D%/patches/upstream/0009-cpu-linkTrace-jumps-to-the-next-trace-again.patch \
	%D%/patches/upstream/0010-cpu-string-instructions-walk-once-for-a-page-not-for.patch \
	%D%/patches/upstream/README.md \
	%D%/patches/upstream/access.S \
	%D%/patches/upstream/begin.inc \
	%D%/patches/upstream/end.inc \
	%D%/patches/upstream/fwcfg.S \
	%D%/patches/upstream/mwait.S \
	%D%/patches/upstream/pmregmisc.S \
	%D%/patches/upstream/reproduce \
	%D%/patches/upstream/rfc \
	%D%/patches/upstream/rfc.txt \
	%D%/patches/upstream/series

# Where Bochs finds its plugins once installed; in the build tree LTDL_LIBRARY_PATH says so.
bochsplugindir = $(pkglibdir)/plugins

if WITH_BOCHS
# For targets that compile against it and run it: the configured tree, its flags, what was built.
if BOCHS_SPEED
BOCHS_GROUPS   = sev speed fixes
else
BOCHS_GROUPS   = sev fixes
endif
BOCHS_STAMP    = bochs/stamp
BOCHS_TREE     = $(abs_builddir)/bochs/tree
BOCHS_STAGE    = $(abs_builddir)/bochs/stage
BOCHS_CPPFLAGS = -I$(BOCHS_TREE) -I$(BOCHS_TREE)/instrument/stubs \
	-D_FILE_OFFSET_BITS=64 -D_LARGE_FILES
# Includes config.h of Bochs, never ours.
BOCHS_RUN      = LTDL_LIBRARY_PATH=$(BOCHS_STAGE)/plugins:$(abs_builddir)/.libs $(BOCHS_STAGE)/bochs

BUILT_SOURCES += $(BOCHS_STAMP)

# Bochs is also built again when the compilers, the groups of patches, the given source, or the directory of the
# installed plugins (--prefix), which is compiled in, are not those that it was built with.
bochs_env     = CC='$(BOCHS_CC)' CXX='$(BOCHS_CXX)' $(SHELL) $(srcdir)/%D%
bochs_options = $(bochs_env)/bochs-options '$(BOCHS_GROUPS)' '$(bochsplugindir)' '$(BOCHS_SOURCE)'
bochs_changed = $(shell $(bochs_options) | cmp -s - bochs/options || echo bochs-changed)
bochs-changed:

$(BOCHS_STAMP): $(bochs_inputs) $(bochs_changed)
	@$(MKDIR_P) bochs && rm -f $@ bochs/options
	@$(bochs_options) >bochs/options.new
	@$(bochs_env)/build-bochs -g '$(BOCHS_GROUPS)' bochs '$(bochsplugindir)' '$(BOCHS_SOURCE)'
	@mv bochs/options.new bochs/options && touch $@

install-exec-local: install-bochs
uninstall-local: uninstall-bochs

install-bochs: $(BOCHS_STAMP)
	$(MKDIR_P) '$(DESTDIR)$(bindir)' '$(DESTDIR)$(bochsplugindir)'
	$(INSTALL_PROGRAM) bochs/stage/bochs '$(DESTDIR)$(bindir)/bochs-sev'
	$(INSTALL_PROGRAM) bochs/stage/bximage '$(DESTDIR)$(pkglibdir)/bximage'
	$(INSTALL_DATA) bochs/stage/plugins/*.so '$(DESTDIR)$(bochsplugindir)/'

uninstall-bochs:
	rm -f '$(DESTDIR)$(bindir)/bochs-sev' '$(DESTDIR)$(pkglibdir)/bximage'
	for f in bochs/stage/plugins/*.so; do rm -f "$(DESTDIR)$(bochsplugindir)/$${f##*/}"; done
	-rmdir '$(DESTDIR)$(bochsplugindir)' '$(DESTDIR)$(pkglibdir)'
endif

# `make clean` keeps Bochs: it changes with the patches only, and needs the network to come back.
distclean-local:
	rm -rf bochs
