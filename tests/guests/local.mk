# SPDX-License-Identifier: LGPL-2.1-or-later
# Booted guests: tiny disk images, one question each, and the scripts that run them as tests.
# How to add one: README.md here.

# The tests with a row in tests/guests.cfg, and the images that they boot: NAME.64 is NAME.c compiled
# for long mode, NAME.32 for 32-bit protected mode.
table_images := $(shell $(srcdir)/tests/run-row --images)
# Images that only scripts boot.
guests = $(table_images) \
	bugs.64 \
	flip.64 \
	ghcb_private.rom \
	ghcb_valid.rom \
	reset_es.rom \
	snp_ap.rom \
	snp_bugs.rom \
	snp_dma.rom \
	snp_lies.rom \
	launch.64 \
	migrate.64 \
	rom.64 \
	save.64 \
	secret.64 \
	watched.32 \
	watched.64
guest_images  = $(guests:%=%D%/%.img)
guest_names   = $(sort $(basename $(guests)))
guest_sources = $(guest_names:%=%D%/%.c)

guest_tests = \
	%D%/bugs.tap \
	%D%/ghcb_private.tap \
	%D%/ghcb_valid.tap \
	%D%/reset_es.tap \
	%D%/snp_bugs.tap \
	%D%/snp_map.tap \
	%D%/snp_dma.tap \
	%D%/snp_lies.tap \
	%D%/launch.tap \
	%D%/rom.tap \
	%D%/rom_unmeasured.tap \
	%D%/teaching.tap

guest_lib = boot start string fault mailbox page smp smp16 tap trap views
guest_lib_sources = \
	%D%/lib/mailbox.c \
	%D%/lib/page.c \
	%D%/lib/smp.c \
	%D%/lib/smp16.S \
	%D%/lib/start.S \
	%D%/lib/tap.c \
	%D%/lib/svm.c \
	%D%/lib/trap.S \
	%D%/lib/views.c \
	%D%/lib/fault.c

EXTRA_DIST += %D%/README.md %D%/lib/guest.h %D%/lib/svm.h %D%/lib/guest.ld \
	%D%/launch_known.h %D%/launch_known.py $(guest_lib_sources) $(guest_sources) $(guest_tests)

# Guests with SEV-ES, NAME.rom: they are firmware, with the kit's start.
es_parts = %D%/es/es.64.o %D%/es/entry.64.o %D%/lib/rom.64.o %D%/lib/string.64.o %D%/lib/tap.64.o
EXTRA_DIST += %D%/es/entry.S %D%/es/es.c %D%/es/es.h %D%/es/snp.h \
	%D%/es/legacy.c %D%/es/legacy.h %D%/es/legacy_entry.S

# Only the compiler's own headers; none of the flags that the host's programs are built with.
guest_copts = -std=c11 -O2 -g -ffreestanding -mgeneral-regs-only -mno-red-zone -fno-pic -fno-pie \
	-fno-stack-protector -fcf-protection=none -fno-asynchronous-unwind-tables \
	-Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes -I$(srcdir)/%D%/lib -I$(srcdir)/%D%
guest_ldflags = -n -z noexecstack --no-warn-rwx-segments --build-id=none
guest_cc = $(AM_V_CC)$(MKDIR_P) $(@D) && $(CC) $(guest_copts)

%D%/%.64.o: %D%/%.c %D%/lib/guest.h
	$(guest_cc) -m64 -c -o $@ $<
%D%/%.32.o: %D%/%.c %D%/lib/guest.h
	$(guest_cc) -m32 -c -o $@ $<
# The boot sector and what gcc calls are those of the examples.
%D%/lib/boot.64.o: bochsrc-examples/kit/boot.S
	$(guest_cc) -m64 -c -o $@ $<
%D%/lib/boot.32.o: bochsrc-examples/kit/boot.S
	$(guest_cc) -m32 -c -o $@ $<
%D%/lib/rom.64.o: bochsrc-examples/kit/rom.S
	$(guest_cc) -m64 -c -o $@ $<
%D%/lib/string.64.o: bochsrc-examples/kit/string.c
	$(guest_cc) -m64 -c -o $@ $<
%D%/lib/string.32.o: bochsrc-examples/kit/string.c
	$(guest_cc) -m32 -c -o $@ $<
%D%/%.64.o: %D%/%.S
	$(guest_cc) -m64 -c -o $@ $<
%D%/%.32.o: %D%/%.S
	$(guest_cc) -m32 -c -o $@ $<

# Whole cylinders, so that Bochs finds a geometry.
guest_image = objcopy -O binary $@.elf $@ && truncate -s 1032192 $@
%D%/%.64.img: %D%/%.64.o $(guest_lib:%=%D%/lib/%.64.o) %D%/lib/guest.ld
	$(AM_V_GEN)$(LD) -m elf_x86_64 $(guest_ldflags) -T $(srcdir)/%D%/lib/guest.ld -o $@.elf $(filter %.o,$^) && $(guest_image)
%D%/%.32.img: %D%/%.32.o $(guest_lib:%=%D%/lib/%.32.o) %D%/lib/guest.ld
	$(AM_V_GEN)$(LD) -m elf_i386 $(guest_ldflags) -T $(srcdir)/%D%/lib/guest.ld -o $@.elf $(filter %.o,$^) && $(guest_image)

%D%/%.rom.img: %D%/%.64.o $(es_parts) bochsrc-examples/kit/rom.ld
	$(AM_V_GEN)$(LD) -m elf_x86_64 $(guest_ldflags) -T $(srcdir)/bochsrc-examples/kit/rom.ld -o $@.elf $(filter %.o,$^) && \
		objcopy -O binary --gap-fill 0xff $@.elf $@
%D%/es/es.64.o: %D%/es/es.h
%D%/svm.64.img %D%/svm_events.64.img %D%/vmcb.64.img %D%/vmrun.64.img: %D%/lib/svm.64.o
%D%/svm.64.o %D%/svm_events.64.o %D%/vmcb.64.o %D%/vmrun.64.o %D%/lib/svm.64.o: %D%/lib/svm.h
%D%/vc_legacy.rom.img: %D%/es/legacy.64.o %D%/es/legacy_entry.64.o

$(guest_names:%=%D%/%.64.o) $(es_parts) %D%/lib/svm.64.o %D%/es/legacy.64.o %D%/es/legacy_entry.64.o $(guests:%=%D%/%.o) $(guest_lib:%=%D%/lib/%.64.o) $(guest_lib:%=%D%/lib/%.32.o): compilers
.PRECIOUS: %D%/%.64.o %D%/%.32.o

if WITH_BOCHS
check_DATA = $(guest_images)
TESTS += $(guest_tests)
endif

CLEANFILES += %D%/*.img %D%/*.img.elf %D%/*.o %D%/lib/*.o %D%/es/*.o
clean-local: clean-guests
clean-guests:
	-rm -rf %D%/run demo teaching.run
# The downloaded kernel and the unpatched Bochs stay until distclean.
distclean-local: distclean-guests
distclean-guests:
	-rm -rf linux-guest bench
.PHONY: clean-guests distclean-guests

# What migrate.64 carries from one machine to the other (tests/interop/migrate.tap): not in its image.
guest_payloads = %D%/migrate_workload.bin
EXTRA_DIST += %D%/migrate_workload.S
CLEANFILES += $(guest_payloads)

%D%/%.bin: %D%/%.64.o
	$(AM_V_GEN)objcopy -O binary -j .text $< $@

if WITH_BOCHS
check_DATA += $(guest_payloads)
endif
