# SPDX-License-Identifier: LGPL-2.1-or-later
# Booted guests: tiny disk images, one question each, and the scripts that run them as tests.
# How to add one: README.md here.

# NAME.64 is NAME.c compiled for long mode, NAME.32 for 32-bit protected mode.
guests = cpuid.64 flip.64 msr.64 msr.32 mailbox.64 launch.64 nosev.64 save.64 ticks.64 secret.64 chaos.64 reset.64
guest_images = $(guests:%=%D%/%.img)

guest_tests = \
	%D%/chaos-1.tap \
	%D%/chaos-2.tap \
	%D%/cpuid-51.tap \
	%D%/cpuid-athlon64.tap \
	%D%/cpuid-zambezi.tap \
	%D%/cpuid.tap \
	%D%/launch.tap \
	%D%/mailbox.tap \
	%D%/msr.tap \
	%D%/msr32.tap \
	%D%/nosev.tap \
	%D%/reset.tap \
	%D%/teaching.tap \
	%D%/ticks.tap

guest_sources = \
	%D%/chaos.c \
	%D%/cpuid.c \
	%D%/flip.c \
	%D%/launch.c \
	%D%/mailbox.c \
	%D%/msr.c \
	%D%/nosev.c \
	%D%/save.c \
	%D%/reset.c \
	%D%/secret.c \
	%D%/ticks.c

guest_lib = boot start string fault mailbox page smp smp16 tap trap views
guest_lib_sources = \
	%D%/lib/mailbox.c \
	%D%/lib/page.c \
	%D%/lib/smp.c \
	%D%/lib/smp16.S \
	%D%/lib/start.S \
	%D%/lib/tap.c \
	%D%/lib/trap.S \
	%D%/lib/views.c \
	%D%/lib/fault.c

EXTRA_DIST += tests/run-guest %D%/README.md %D%/lib/guest.h %D%/lib/guest.ld \
	%D%/launch_known.h %D%/launch_known.py $(guest_lib_sources) $(guest_sources) $(guest_tests)

# Only the compiler's own headers; none of the flags that the host's programs are built with.
guest_copts = -std=c11 -O2 -g -ffreestanding -mgeneral-regs-only -mno-red-zone -fno-pic -fno-pie \
	-fno-stack-protector -fcf-protection=none -fno-asynchronous-unwind-tables \
	-Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes -I$(srcdir)/%D%/lib
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

.PRECIOUS: %D%/%.64.o %D%/%.32.o

if WITH_BOCHS
check_DATA = $(guest_images)
TESTS += $(guest_tests)
endif

CLEANFILES += %D%/*.img %D%/*.img.elf %D%/*.o %D%/lib/*.o
clean-local: clean-guests
clean-guests:
	-rm -rf %D%/run demo teaching.run
# The downloaded kernel and the unpatched Bochs stay until distclean.
distclean-local: distclean-guests
distclean-guests:
	-rm -rf linux-guest bench
.PHONY: clean-guests distclean-guests

# Which view of memory each access gets.
guests += views.64 views32.32
guest_sources += %D%/views.c %D%/views32.c
guest_tests += %D%/views.tap %D%/views-51.tap %D%/views32.tap

# Paging in every mode, at the ends and in the middle of the C-bit's range.
guests += paging.64 paging.32
guest_sources += %D%/paging.c
guest_tests += \
	%D%/paging-32.tap \
	%D%/paging-47.tap \
	%D%/paging-51.tap \
	%D%/paging5-47.tap \
	%D%/paging5-51.tap \
	%D%/paging_pae-32.tap \
	%D%/paging_pae-47.tap \
	%D%/paging_pae-51.tap

# Encrypted memory, on one CPU and on the second of two.
guests += memory.64 memory.32
guest_sources += %D%/memory.c
guest_tests += \
	%D%/memory.tap \
	%D%/memory_ap.tap \
	%D%/memory_large.tap \
	%D%/memory_pae.tap \
	%D%/memory_pae_ap.tap
guests += fetch.64 fetch.32
guest_sources += %D%/fetch.c
guest_tests += %D%/fetch.tap %D%/fetch_ap.tap %D%/fetch_pae.tap %D%/fetch_pae_ap.tap
guests += smp_views.64 smp_views.32
guest_sources += %D%/smp_views.c
guest_tests += %D%/smp_views.tap %D%/smp_views_pae.tap
guests += dma.64 dma.32
guest_sources += %D%/dma.c
guest_tests += %D%/dma.tap %D%/dma_ap.tap %D%/dma_pae.tap
guests += alias.64 alias.32
guest_sources += %D%/alias.c
guest_tests += %D%/alias.tap %D%/alias_ap.tap %D%/alias_pae.tap
# String instructions, which Bochs does in bulk.
guests += strings.64
guest_sources += %D%/strings.c
guest_tests += %D%/strings.tap
guests += walk.64 walk.32
guest_sources += %D%/walk.c
guest_tests += %D%/walk.tap %D%/walk_ap.tap %D%/walk_pae.tap
guests += rom.64
guest_sources += %D%/rom.c
guest_tests += %D%/rom.tap %D%/rom_unmeasured.tap

# A guest that moves between two machines (tests/interop/migrate.tap): what moves is not in the image.
guests += migrate.64
guest_sources += %D%/migrate.c
guest_payloads = %D%/migrate_workload.bin
EXTRA_DIST += %D%/migrate_workload.S
CLEANFILES += $(guest_payloads)

%D%/%.bin: %D%/%.64.o
	$(AM_V_GEN)objcopy -O binary -j .text $< $@

if WITH_BOCHS
check_DATA += $(guest_payloads)
endif

# Mistakes with the C-bit, for the sanitizer to find.
guests += bugs.64
guest_sources += %D%/bugs.c
guest_tests += %D%/bugs.tap

# For the debugger's tests (tests/plugin).
guests += watched.64 watched.32
guest_sources += %D%/watched.c
