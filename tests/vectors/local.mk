# SPDX-License-Identifier: LGPL-2.1-or-later
# Known answers from outside; SOURCE says where each comes from.
EXTRA_DIST += \
	%D%/psp_saved_v1.b64 \
	%D%/psp_saved_v2.b64 \
	%D%/SOURCE \
	%D%/amd_roots.txt \
	%D%/amd_x509.txt \
	%D%/id_block.py \
	%D%/id_block.txt \
	%D%/measure.txt \
	%D%/ovmf.py \
	%D%/ovmf.txt \
	%D%/packet.py \
	%D%/packet.txt \
	%D%/pki.py \
	%D%/pki.txt \
	%D%/primitives.txt \
	%D%/session.txt \
	%D%/snp_key.py \
	%D%/snp_key.txt \
	%D%/start.py \
	%D%/start.txt \
	%D%/vmsa.txt
