# SPDX-License-Identifier: LGPL-2.1-or-later
# Debian's kernel as a guest. The image is made once in linux-guest/ of the build folder.
linux_tests = \
	%D%/direct.tap \
	%D%/direct_save.tap \
	%D%/direct_secrets.tap \
	%D%/linux_cbit47.tap \
	%D%/linux_cbit51.tap \
	%D%/linux_map.tap \
	%D%/linux_files.tap \
	%D%/linux_nosev.tap \
	%D%/linux_sanitize.tap \
	%D%/linux_smp.tap \
	%D%/linux_ticks.tap

EXTRA_DIST += %D%/run-linux %D%/ram_dump.py $(linux_tests)

if WITH_BOCHS
TESTS += $(linux_tests)
endif
