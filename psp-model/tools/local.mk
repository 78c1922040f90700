# SPDX-License-Identifier: LGPL-2.1-or-later
# The guest owner's command line: one verb a file.
bin_PROGRAMS += sevowner

sevowner_SOURCES = \
	%D%/chain.c %D%/chain.h \
	%D%/expect.c %D%/expect.h \
	%D%/expect_snp.c %D%/expect_snp.h \
	%D%/explain.c %D%/explain.h \
	%D%/explain_snp.c %D%/explain_snp.h \
	%D%/guid.c %D%/guid.h \
	%D%/input.c %D%/input.h \
	%D%/key_file.c %D%/key_file.h \
	%D%/kds_request.c %D%/kds_request.h \
	%D%/launched.c %D%/launched.h \
	%D%/owner.h \
	%D%/sevowner.c \
	%D%/snp_chain.h \
	%D%/snp_line.c %D%/snp_line.h \
	%D%/snp_verify.c %D%/snp_verify.h \
	%D%/vcpu.c %D%/vcpu.h \
	%D%/verb_cert_export.c \
	%D%/verb_cert_show.c \
	%D%/verb_cert_verify.c \
	%D%/verb_id_block.c \
	%D%/verb_kds.c \
	%D%/verb_measurement_build.c \
	%D%/verb_measurement_verify.c \
	%D%/verb_report.c \
	%D%/verb_secret_build.c \
	%D%/verb_session.c \
	%D%/verb_vmsa_build.c \
	%D%/verb_vmsa_show.c
if HAVE_GNUTLS
sevowner_SOURCES += %D%/snp_chain.c %D%/snp_leaf.c %D%/snp_leaf.h
else
sevowner_SOURCES += %D%/snp_chain_none.c
endif
sevowner_CPPFLAGS = $(AM_CPPFLAGS) -DOWNER_VERSION='"$(PACKAGE_VERSION)"'
# The version is new in config.h when it is new in configure.ac.
%D%/sevowner-sevowner.$(OBJEXT): config.h
sevowner_CFLAGS = $(AM_CFLAGS) $(JANSSON_CFLAGS) $(GNUTLS_CFLAGS)
sevowner_LDADD = libpspmodel.la $(JANSSON_LIBS) $(GNUTLS_LIBS)

bashcompletiondir = $(datadir)/bash-completion/completions
dist_bashcompletion_DATA = %D%/completion/sevowner

dist_man_MANS += psp-model/man/sevowner.1 psp-model/man/sevowner-kds.1

# The server of the model's key distribution service.
dist_bin_SCRIPTS = %D%/sevowner-kds
