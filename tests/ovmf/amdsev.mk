# SPDX-License-Identifier: LGPL-2.1-or-later
# Kernel hashes and secrets under OVMF's AmdSev build. The build itself takes minutes, so what boots it is in the
# slower group; `make check` has a firmware of our own with the same areas.
amdsev_tests = %D%/amdsev_areas.tap

EXTRA_DIST += $(amdsev_tests) %D%/amdsev_image.py
if WITH_BOCHS
TESTS += $(amdsev_tests)
endif

clean-local: clean-amdsev
clean-amdsev:
	rm -rf %D%/run-areas
.PHONY: clean-amdsev
