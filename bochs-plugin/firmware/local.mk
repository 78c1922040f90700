# SPDX-License-Identifier: LGPL-2.1-or-later
# What firmware finds: the firmware configuration device, the tables of the machine, a kernel to boot, the
# flash chip, the boot ROM.
libsevplugin_la_SOURCES += \
	%D%/acpi.c %D%/acpi.h \
	%D%/fw_machine.c %D%/fw_machine.h \
	%D%/bzimage.c %D%/bzimage.h \
	%D%/kernel_boot.c %D%/kernel_boot.h \
	%D%/fwcfg.c %D%/fwcfg.h \
	%D%/ovmf_area.c %D%/ovmf_area.h \
	%D%/pflash.c %D%/pflash.h \
	%D%/smbios.c %D%/smbios.h
libsevplugin_la_CPPFLAGS += -I%D%

plugin_sources += \
	%D%/sev_fw_machine.cc \
	%D%/sev_firmware.cc \
	%D%/sev_firmware.h \
	%D%/sev_flash.cc \
	%D%/sev_fwcfg.cc

# The machine's ACPI names, as an array.
BUILT_SOURCES += %D%/dsdt.hex
CLEANFILES    += %D%/dsdt.hex %D%/dsdt.aml
EXTRA_DIST    += %D%/dsdt.asl

%D%/dsdt.hex: %D%/dsdt.asl
	$(AM_V_GEN)$(MKDIR_P) %D% && $(IASL) -p %D%/dsdt -tc $(srcdir)/%D%/dsdt.asl >$@.log 2>&1 && rm -f $@.log || \
		{ cat $@.log; rm -f $@ $@.log; exit 1; }

# The boot ROM of kernel=, one folder above the plugin both here and installed.
EXTRA_DIST += %D%/bootrom/bootrom.S %D%/bootrom/mkrom
if WITH_BOCHS
bootromdir     = $(pkglibdir)
bootrom_DATA   = bootrom.rom
CLEANFILES    += bootrom.rom bootrom.bin bootrom.o
bootrom_size   = 2048

bootrom.rom: %D%/bootrom/bootrom.S %D%/bootrom/mkrom Makefile
	$(AM_V_GEN)$(CC) -m32 -DROM_SIZE=$(bootrom_size) -c -o bootrom.o $(srcdir)/%D%/bootrom/bootrom.S && \
		$(LD) -m elf_i386 -Ttext=0 -e 0 --build-id=none --oformat binary -o bootrom.bin bootrom.o && \
		$(SHELL) $(srcdir)/%D%/bootrom/mkrom bootrom.bin $@
endif
