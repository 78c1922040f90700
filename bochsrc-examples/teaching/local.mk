# SPDX-License-Identifier: LGPL-2.1-or-later
# The teaching example: a guest that launches a page of itself, and its owner.
teach_sources = %D%/teach.c %D%/workload.c %D%/teach.ld
EXTRA_DIST += $(teach_sources) %D%/README.md %D%/bochsrc %D%/run

noinst_PROGRAMS += bochsrc-examples/teaching/teaching-owner
bochsrc_examples_teaching_teaching_owner_SOURCES = %D%/owner.c
bochsrc_examples_teaching_teaching_owner_LDADD = libpspmodel.la

if WITH_BOCHS
noinst_DATA += %D%/teach.img
endif

teach_objects = %D%/teach.o %D%/workload.o bochsrc-examples/kit/start.o bochsrc-examples/kit/boot.o
bochsrc-examples/kit/%.o: bochsrc-examples/kit/%.S
	$(guest_cc) -m64 -c -o $@ $<
%D%/teach.o: %D%/teach.c
	$(guest_cc) -m64 -c -o $@ $<
%D%/workload.o: %D%/workload.c
	$(guest_cc) -m64 -fpie -ffunction-sections -c -o $@ $<
%D%/teach.img: $(teach_objects) %D%/teach.ld
	$(AM_V_GEN)$(LD) -m elf_x86_64 $(guest_ldflags) -T $(srcdir)/%D%/teach.ld -o $@.elf \
		$(filter %.o,$^) && $(guest_image)

CLEANFILES += %D%/teach.img %D%/teach.img.elf %D%/teach.o %D%/workload.o bochsrc-examples/kit/*.o
