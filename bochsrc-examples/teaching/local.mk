# SPDX-License-Identifier: LGPL-2.1-or-later
# The teaching example: a guest that launches a page, and its owner.
teachingdir           = $(examplesdir)/teaching
dist_teaching_DATA    = %D%/README.md %D%/bochsrc %D%/owner.c %D%/teach.c %D%/teach.ld %D%/workload.c
dist_teaching_SCRIPTS = %D%/run

# With Bochs, guest and owner are installed as binaries, so that the demo needs no compiler for them.
if WITH_BOCHS
teachlibdir = $(pkglibdir)/teaching
teachlib_PROGRAMS = %D%/teaching-owner
teachlib_DATA = %D%/teach.img
else
noinst_PROGRAMS += %D%/teaching-owner
endif
bochsrc_examples_teaching_teaching_owner_SOURCES = %D%/owner.c
bochsrc_examples_teaching_teaching_owner_LDADD = libpspmodel.la

teach_objects = %D%/teach.o %D%/workload.o bochsrc-examples/kit/start.o bochsrc-examples/kit/boot.o
$(teach_objects): compilers
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
