# SPDX-License-Identifier: LGPL-2.1-or-later
# Make NAME.img, a bootable disk image, or NAME.rom, firmware for a guest with SEV-ES, of NAME.c or NAME.S and the kit:
#
#   KIT = the directory of this file
#   include $(KIT)/guest.mk
#
# For a guest of several files add the others: NAME.img: other.o
CC        ?= gcc
KIT_FLAGS := -std=c11 -O2 -g -ffreestanding -mgeneral-regs-only -mno-red-zone -fno-pic -fno-pie \
	-fno-stack-protector -fcf-protection=none -fno-asynchronous-unwind-tables -Wall -Wextra -I$(KIT)
KIT_PARTS := kit-boot.o kit-start.o kit-kit.o kit-string.o
ROM_PARTS := kit-rom.o kit-kit.o kit-string.o

kit-%.o: $(KIT)/%.S
	$(CC) -m64 $(KIT_FLAGS) -c -o $@ $<
kit-%.o: $(KIT)/%.c $(KIT)/kit.h
	$(CC) -m64 $(KIT_FLAGS) -c -o $@ $<
%.o: %.c $(KIT)/kit.h
	$(CC) -m64 $(KIT_FLAGS) -c -o $@ $<
%.o: %.S
	$(CC) -m64 $(KIT_FLAGS) -c -o $@ $<

# The size is a number of whole cylinders, so that the emulator can compute the disk's geometry. NAME.elf has the symbols.
%.img: %.o $(KIT_PARTS) $(KIT)/guest.ld
	$(LD) -m elf_x86_64 -n -z noexecstack --no-warn-rwx-segments --build-id=none \
		-T $(KIT)/guest.ld -o $*.elf $(filter %.o,$^)
	objcopy -O binary $*.elf $@
	truncate -s 1032192 $@

%.rom: %.o $(ROM_PARTS) $(KIT)/rom.ld
	$(LD) -m elf_x86_64 -n -z noexecstack --no-warn-rwx-segments --build-id=none \
		-T $(KIT)/rom.ld -o $*.elf $(filter %.o,$^)
	objcopy -O binary --gap-fill 0xff $*.elf $@

.PRECIOUS: %.o
