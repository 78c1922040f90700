# SPDX-License-Identifier: LGPL-2.1-or-later
# The secure processor as a C library.
noinst_LTLIBRARIES += libpspmodel.la

libpspmodel_la_SOURCES = \
	%D%/b64.c %D%/b64.h \
	%D%/buf.c %D%/buf.h \
	%D%/cert.c %D%/cert.h \
	%D%/chip.c %D%/chip.h \
	%D%/cmd_attest.c \
	%D%/cmd_debug.c \
	%D%/cmd_guest.c \
	%D%/cmd_launch.c \
	%D%/cmd_migrate.c \
	%D%/cmd_pki.c \
	%D%/cmd_platform.c \
	%D%/crypto.c %D%/crypto.h \
	%D%/dispatch.c %D%/dispatch.h \
	%D%/gctx.c %D%/gctx.h \
	%D%/identity.c %D%/identity.h \
	%D%/kdf.c %D%/kdf.h \
	%D%/mailbox.c %D%/mailbox.h \
	%D%/measure.c %D%/measure.h \
	%D%/names.c \
	%D%/nv.c %D%/nv.h \
	%D%/packet.c %D%/packet.h \
	%D%/platform.c %D%/platform.h \
	%D%/policy.c %D%/policy.h \
	%D%/psp.c %D%/psp.h \
	%D%/psp_host.h \
	%D%/psp_priv.c %D%/psp_priv.h \
	%D%/report.c %D%/report.h \
	%D%/root.c %D%/root.h \
	%D%/root_keys.h \
	%D%/save.c \
	%D%/session.c %D%/session.h \
	%D%/sev_abi.h \
	%D%/start.c %D%/start.h \
	%D%/transfer.c %D%/transfer.h
libpspmodel_la_CFLAGS = $(AM_CFLAGS) $(GCRYPT_CFLAGS) $(GPGERROR_CFLAGS)
libpspmodel_la_LIBADD = $(GCRYPT_LIBS) $(GPGERROR_LIBS)

# For other emulators, pspmodel(3): a static library that shows no names but those of its headers, as
# one object.
pspmodelincludedir   = $(includedir)/pspmodel
pspmodelinclude_HEADERS = %D%/mailbox.h %D%/psp.h %D%/psp_host.h %D%/sev_abi.h
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
