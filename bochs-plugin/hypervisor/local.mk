# SPDX-License-Identifier: LGPL-2.1-or-later
# The built-in hypervisor: a library of its own, without Bochs.
noinst_LTLIBRARIES += libhypervisor.la

libhypervisor_la_SOURCES = \
	%D%/hv.c %D%/hv.h %D%/hv_ops.h %D%/hv_priv.h \
	%D%/hv_answer.c \
	%D%/hv_ap.c \
	%D%/hv_command.c \
	%D%/hv_cpuid_page.c %D%/hv_cpuid_page.h \
	%D%/hv_es.c %D%/hv_es.h %D%/hv_es_priv.h \
	%D%/hv_es_save.c \
	%D%/hv_exit.c \
	%D%/hv_ghcb_msr.c \
	%D%/hv_intercepts.c %D%/hv_intercepts.h \
	%D%/hv_random.h \
	%D%/hv_launch.c \
	%D%/hv_launch_snp.c \
	%D%/hv_lies.c %D%/hv_lies.h \
	%D%/hv_lies_snp.c \
	%D%/hv_memory.c %D%/hv_memory.h \
	%D%/hv_policy.c %D%/hv_policy.h \
	%D%/hv_psc.c \
	%D%/hv_request.c \
	%D%/hv_snp.c %D%/hv_snp.h %D%/hv_snp_priv.h \
	%D%/hv_snp_save.c \
	%D%/hv_vcpu.c
libhypervisor_la_CPPFLAGS = $(AM_CPPFLAGS)
