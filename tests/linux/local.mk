# SPDX-License-Identifier: LGPL-2.1-or-later
# Debian's kernel as a guest. The image is made once in linux-guest/ of the build folder.
linux_tests = \
	%D%/direct.tap \
	%D%/direct_save.tap \
	%D%/direct_secrets.tap \
	%D%/gdb.tap \
	%D%/linux_map.tap \
	%D%/linux_files.tap \
	%D%/linux_sanitize.tap \
	%D%/linux_ticks.tap

EXTRA_DIST += %D%/run-linux %D%/ram_dump.py $(linux_tests)

if WITH_BOCHS
long_tests += $(linux_tests)
endif
