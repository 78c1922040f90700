# SPDX-License-Identifier: LGPL-2.1-or-later
# Benchmarks. `make bench BENCH_PAIRS=9` makes more rounds; `make bench BENCH_PARTS=speed` runs one part.
EXTRA_DIST += %D%/README.md %D%/bench %D%/bench-guests %D%/bench-qemu %D%/build-stock

BENCH_PAIRS = 5
linux_image = srcdir=$(srcdir) $(srcdir)/tests/lib/linux-image

# Needs no Bochs.
check_PROGRAMS += %D%/launch_update
%C%_launch_update_CPPFLAGS = $(AM_CPPFLAGS)
%C%_launch_update_LDADD = libcpuext.la libpspmodel.la

# The same tree in bench/other, with the other choice of the speed patches. Built from the files of the release, because
# this source directory may be configured itself.
bench_source = $(if $(BOCHS_SOURCE),$(BOCHS_SOURCE),$(abs_builddir)/bochs/tarball.tar.xz)
if BOCHS_SPEED
bench_other = --without-bochs-speed
bench_paths = BENCH_SPEED=./bochs-sev BENCH_PLAIN=bench/other/src/bochs-sev
else
bench_other = --with-bochs-speed
bench_paths = BENCH_SPEED=bench/other/src/bochs-sev BENCH_PLAIN=./bochs-sev
endif
bench/other/stamp: $(BOCHS_STAMP) libbx_sev.la
	@rm -rf bench/other && $(MKDIR_P) bench/other
	@$(MAKE) -s distdir distdir=bench/other/src >bench/other/log
	@cd bench/other/src && ./configure $(bench_other) --with-bochs-source='$(bench_source)' CC='$(CC)' CXX='$(CXX)' \
		BOCHS_CC='$(BOCHS_CC)' BOCHS_CXX='$(BOCHS_CXX)' >>../log && $(MAKE) -s all
	@touch $@

# The booted guests and the plugin tests with the other choice of the speed patches.
.PHONY: check-speed
check-speed: bench/other/stamp
	@cd bench/other/src && $(MAKE) -s check TESTS='$(row_tests) $(guest_tests) $(plugin_tests)'

# BENCH_PARTS: ticks, conversion, linux, speed, vmrun.
.PHONY: bench
bench: all $(guest_images) %D%/launch_update bench/other/stamp
	@%D%/launch_update
	@$(MKDIR_P) bench
	@CC='$(BOCHS_CC)' CXX='$(BOCHS_CXX)' $(srcdir)/%D%/build-stock bench/stock '$(bench_source)'
	@$(linux_image) swiotlb swiotlb=32768,force
	@srcdir=$(srcdir) $(bench_paths) $(srcdir)/%D%/bench $(BENCH_PAIRS) $(BENCH_PARTS)

# The same against QEMU without hardware help.
.PHONY: bench-qemu
bench-qemu: all
	@$(linux_image)
	@srcdir=$(srcdir) $(srcdir)/%D%/bench-qemu $(BENCH_PAIRS)

# Every generation, a guest in a host, and many small guests, in one table.
SMALL_GUESTS = 100
.PHONY: bench-guests
bench-guests: all $(guest_images)
	@$(linux_image)
	@srcdir=$(srcdir) $(srcdir)/%D%/bench-guests $(BENCH_PAIRS) $(SMALL_GUESTS)
