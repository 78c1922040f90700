# SPDX-License-Identifier: LGPL-2.1-or-later
# Debian's OVMF as firmware: its tables, and Debian's kernel under it. `make check` has one machine of each
# kind; more of them in `make check-guests`.
ovmf_tests = \
	%D%/acpi.tap \
	%D%/boot_sev.tap \
	%D%/boot_stock.tap \
	%D%/boot_vars.tap \
	%D%/grub_disk.tap \
	%D%/smbios.tap

ovmf_guest_tests = \
	%D%/boot_4cpus.tap \
	%D%/boot_1gib.tap \
	%D%/boot_5gib_stock.tap \
	%D%/boot_8259_stock.tap \
	%D%/boot_none.tap \
	%D%/grub_cdrom.tap \
	%D%/grub_cdrom_own.tap \
	%D%/grub_cdrom_stock.tap \
	%D%/grub_disk_stock.tap \
	%D%/save.tap

EXTRA_DIST += %D%/boot %D%/grub $(ovmf_tests) $(ovmf_guest_tests)

if WITH_BOCHS
TESTS += $(ovmf_tests)
GUEST_TESTS += $(ovmf_guest_tests)
endif

clean-local: clean-ovmf
clean-ovmf:
	rm -rf %D%/run-* %D%/tables
.PHONY: clean-ovmf
