# SPDX-License-Identifier: LGPL-2.1-or-later
# What the processor and its guests' owners exchange, and the cryptography under it: for both sides.
libpspmodel_la_SOURCES += \
	%D%/b64.c %D%/b64.h \
	%D%/blob.c %D%/blob.h \
	%D%/buf.c %D%/buf.h \
	%D%/cert.c %D%/cert.h \
	%D%/cert_table.c %D%/cert_table.h \
	%D%/cpuid_check.c \
	%D%/cpuid_page.c %D%/cpuid_page.h \
	%D%/crypto.c %D%/crypto.h \
	%D%/der.c %D%/der.h \
	%D%/exit_code.c %D%/exit_code.h \
	%D%/file.c %D%/file.h \
	%D%/ghcb.c %D%/ghcb.h \
	%D%/guest_message.c %D%/guest_message.h \
	%D%/hex.c %D%/hex.h \
	%D%/id_block.c %D%/id_block.h \
	%D%/kdf.c %D%/kdf.h \
	%D%/kds.c %D%/kds.h \
	%D%/kernel_hashes.c %D%/kernel_hashes.h \
	%D%/measure.c %D%/measure.h \
	%D%/ovmf_table.c %D%/ovmf_table.h \
	%D%/packet.c %D%/packet.h \
	%D%/report.c %D%/report.h \
	%D%/root.c %D%/root.h \
	%D%/root_keys.h \
	%D%/secrets_page.c %D%/secrets_page.h \
	%D%/session.c %D%/session.h \
	%D%/snp_digest.c %D%/snp_digest.h \
	%D%/snp_key.c %D%/snp_key.h \
	%D%/snp_report.c %D%/snp_report.h \
	%D%/tcb.c %D%/tcb.h \
	%D%/vmsa.c %D%/vmsa.h \
	%D%/x509.c %D%/x509.h
