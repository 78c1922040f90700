# SPDX-License-Identifier: LGPL-2.1-or-later
# Debian's OVMF as firmware: its tables, and Debian's kernel under it. tests/guests.cfg has more.
ovmf_tests       = %D%/acpi.tap %D%/flash.tap %D%/smbios.tap
ovmf_guest_tests = %D%/lies.tap %D%/save.tap %D%/save_es.tap

EXTRA_DIST += %D%/boot %D%/flash.S %D%/grub $(ovmf_tests) $(ovmf_guest_tests)

if WITH_BOCHS
TESTS += $(ovmf_tests)
GUEST_TESTS += $(ovmf_guest_tests)
endif

clean-local: clean-ovmf
clean-ovmf:
	rm -rf %D%/run-* %D%/tables
.PHONY: clean-ovmf
