# SPDX-License-Identifier: LGPL-2.1-or-later
# The bodies of the commands, and what several of them do.
libpspmodel_la_SOURCES += \
	%D%/answer.c %D%/answer.h \
	%D%/cmd.c %D%/cmd.h \
	%D%/cmd_attest.c \
	%D%/cmd_debug.c \
	%D%/cmd_guest.c \
	%D%/cmd_launch.c \
	%D%/cmd_migrate.c \
	%D%/cmd_pki.c \
	%D%/cmd_platform.c \
	%D%/cmd_snp_guest.c \
	%D%/cmd_snp_launch.c \
	%D%/cmd_snp_page.c \
	%D%/cmd_snp_platform.c \
	%D%/cmd_snp_request.c \
	%D%/page.c %D%/page.h \
	%D%/policy.c %D%/policy.h \
	%D%/start.c %D%/start.h \
	%D%/transfer.c %D%/transfer.h
