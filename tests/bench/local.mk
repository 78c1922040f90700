# SPDX-License-Identifier: LGPL-2.1-or-later
# Paired measurements against an unpatched Bochs; `make bench BENCH_PAIRS=9` for more rounds.
EXTRA_DIST += %D%/README.md %D%/bench %D%/bench-qemu %D%/build-stock

BENCH_PAIRS = 5
linux_image = $(srcdir)/bochsrc-examples/linux/make-iso linux-guest

# Needs no Bochs.
check_PROGRAMS += %D%/launch_update
%C%_launch_update_CPPFLAGS = $(AM_CPPFLAGS)
%C%_launch_update_LDADD = libcpuext.la libpspmodel.la

.PHONY: bench
bench: all $(guest_images) %D%/launch_update
	@%D%/launch_update
	@$(MKDIR_P) bench
	@CC='$(CC)' CXX='$(CXX)' $(srcdir)/%D%/build-stock bench/stock \
		$$(test -e bochs/tarball.tar.xz && echo bochs/tarball.tar.xz || echo '$(BOCHS_SOURCE)')
	@test -e linux-guest/linux.iso || $(linux_image)
	@test -e linux-guest/swiotlb.iso || $(linux_image) swiotlb swiotlb=32768,force
	@srcdir=$(srcdir) $(srcdir)/%D%/bench $(BENCH_PAIRS)

# The same against QEMU without hardware help.
.PHONY: bench-qemu
bench-qemu: all
	@test -e linux-guest/linux.iso || $(linux_image)
	@srcdir=$(srcdir) $(srcdir)/%D%/bench-qemu $(BENCH_PAIRS)
