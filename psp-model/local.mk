# SPDX-License-Identifier: LGPL-2.1-or-later
# The secure processor as a C library: this folder is the processor, commands/ executes on it, protocol/ is what it shares
# with its guests' owners, tools/ are the owners'.
noinst_LTLIBRARIES += libpspmodel.la

libpspmodel_la_SOURCES = \
	%D%/chip.c %D%/chip.h \
	%D%/dispatch.c %D%/dispatch.h \
	%D%/endorse.c %D%/endorse.h \
	%D%/gctx.c %D%/gctx.h \
	%D%/identity.c %D%/identity.h \
	%D%/psp_mailbox.c %D%/psp_mailbox.h \
	%D%/names.c \
	%D%/nv.c %D%/nv.h \
	%D%/platform.c %D%/platform.h \
	%D%/psp.c %D%/psp.h \
	%D%/psp_bar.c %D%/psp_bar.h \
	%D%/psp_host.h \
	%D%/psp_priv.c %D%/psp_priv.h \
	%D%/save.c \
	%D%/snp.c %D%/snp.h \
	%D%/sev_abi.h
libpspmodel_la_CFLAGS = $(AM_CFLAGS) $(GCRYPT_CFLAGS) $(GPGERROR_CFLAGS)
libpspmodel_la_LIBADD = $(GCRYPT_LIBS) $(GPGERROR_LIBS)

include %D%/commands/local.mk
include %D%/protocol/local.mk

# For other emulators, pspmodel(3): a static library that shows no names but those of its headers, as
# one object.
pspmodelincludedir   = $(includedir)/pspmodel
pspmodelinclude_HEADERS = %D%/psp_bar.h %D%/psp_mailbox.h %D%/psp.h %D%/psp_host.h %D%/sev_abi.h
pspmodellibdir       = $(libdir)
pspmodellib_DATA     = libpspmodel.a
pkgconfigdir         = $(libdir)/pkgconfig
pkgconfig_DATA       = %D%/pspmodel.pc
dist_man_MANS       += %D%/man/pspmodel.3
EXTRA_DIST          += %D%/public.symbols
CLEANFILES          += libpspmodel.a pspmodel.o

libpspmodel.a: libpspmodel.la %D%/public.symbols
	$(AM_V_GEN)rm -f $@ && \
		$(LD) -r -o pspmodel.o --whole-archive .libs/libpspmodel.a --no-whole-archive && \
		$(OBJCOPY) --keep-global-symbols=$(srcdir)/%D%/public.symbols pspmodel.o && \
		$(AR) crD $@ pspmodel.o

include %D%/tools/local.mk

EXTRA_DIST += %D%/COMMANDS.md
