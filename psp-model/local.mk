# SPDX-License-Identifier: LGPL-2.1-or-later
# The secure processor as a C library.
noinst_LTLIBRARIES += libpspmodel.la

libpspmodel_la_SOURCES = \
	%D%/b64.c %D%/b64.h \
	%D%/buf.c %D%/buf.h \
	%D%/crypto.c %D%/crypto.h \
	%D%/measure.c %D%/measure.h \
	%D%/packet.c %D%/packet.h \
	%D%/psp.h %D%/psp_host.h %D%/sev_abi.h
libpspmodel_la_CFLAGS = $(AM_CFLAGS) $(GCRYPT_CFLAGS) $(GPGERROR_CFLAGS)
libpspmodel_la_LIBADD = $(GCRYPT_LIBS) $(GPGERROR_LIBS)
