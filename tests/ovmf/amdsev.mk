# SPDX-License-Identifier: LGPL-2.1-or-later
# Kernel hashes and secrets under OVMF's AmdSev build. The build itself takes minutes, so what boots it is in the
# slower group; `make check` has a firmware of our own with the same areas.
amdsev_tests = %D%/amdsev_areas.tap
amdsev_slow_tests = %D%/amdsev_boot.tap

EXTRA_DIST += $(amdsev_tests) $(amdsev_slow_tests) %D%/amdsev-build
if WITH_BOCHS
TESTS += $(amdsev_tests)
GUEST_TESTS += $(amdsev_slow_tests)
endif

clean-local: clean-amdsev
clean-amdsev:
	rm -rf %D%/run-areas %D%/run-boot
distclean-local: distclean-amdsev
distclean-amdsev:
	rm -rf ovmf-amdsev ovmf-amdsev-13
.PHONY: clean-amdsev distclean-amdsev
