/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The binary interface of the secure processor: command ids, status codes, states, policy bits and
 * the layout of every command buffer. Names are AMD's. Nothing here executes.
 *
 * Source: Linux include/linux/psp-sev.h enum sev_cmd, SEV_POLICY_MASK_*, SNP_POLICY_MASK_*, struct
 * sev_data_*; Linux include/uapi/linux/psp-sev.h sev_ret_code, struct sev_user_data_snp_*;
 * AMDESE/sev-tool src/sevapi.h SEV_API_COMMANDS, SEV_ERROR_CODE, SEV_PLATFORM_STATE,
 * SEV_GUEST_STATE, SNP_PLATFORM_STATE, SNP_GUEST_STATE, SEV_POLICY, *_cmd_buf. Where the two differ
 * it is said.
 *
 * All fields are little endian and packed. A layout is a list of byte offsets, because buffers are
 * read through bounds-checked accessors and never by casting.
 */
#ifndef SEV_ABI_H
#define SEV_ABI_H

#include <assert.h>
#include <stdint.h>

/* Command identifiers. */
enum sev_cmd {
    SEV_CMD_INIT = 0x01,
    SEV_CMD_SHUTDOWN = 0x02,
    SEV_CMD_FACTORY_RESET = 0x03, /* PLATFORM_RESET in sev-tool */
    SEV_CMD_PLATFORM_STATUS = 0x04,
    SEV_CMD_PEK_GEN = 0x05,
    SEV_CMD_PEK_CSR = 0x06,
    SEV_CMD_PEK_CERT_IMPORT = 0x07,
    SEV_CMD_PDH_CERT_EXPORT = 0x08,
    SEV_CMD_PDH_GEN = 0x09,
    SEV_CMD_DF_FLUSH = 0x0a,
    SEV_CMD_DOWNLOAD_FIRMWARE = 0x0b,
    SEV_CMD_GET_ID = 0x0c,
    SEV_CMD_INIT_EX = 0x0d,
    SEV_CMD_NOP = 0x0e,
    SEV_CMD_RING_BUFFER = 0x0f,
    SEV_CMD_DECOMMISSION = 0x20,
    SEV_CMD_ACTIVATE = 0x21,
    SEV_CMD_DEACTIVATE = 0x22,
    SEV_CMD_GUEST_STATUS = 0x23,
    SEV_CMD_COPY = 0x24,
    SEV_CMD_ACTIVATE_EX = 0x25,
    SEV_CMD_LAUNCH_START = 0x30,
    SEV_CMD_LAUNCH_UPDATE_DATA = 0x31,
    SEV_CMD_LAUNCH_UPDATE_VMSA = 0x32,
    SEV_CMD_LAUNCH_MEASURE = 0x33,
    SEV_CMD_LAUNCH_SECRET = 0x34, /* LAUNCH_UPDATE_SECRET in Linux */
    SEV_CMD_LAUNCH_FINISH = 0x35,
    SEV_CMD_ATTESTATION = 0x36,
    SEV_CMD_SEND_START = 0x40,
    SEV_CMD_SEND_UPDATE_DATA = 0x41,
    SEV_CMD_SEND_UPDATE_VMSA = 0x42,
    SEV_CMD_SEND_FINISH = 0x43,
    SEV_CMD_SEND_CANCEL = 0x44,
    SEV_CMD_RECEIVE_START = 0x50,
    SEV_CMD_RECEIVE_UPDATE_DATA = 0x51,
    SEV_CMD_RECEIVE_UPDATE_VMSA = 0x52,
    SEV_CMD_RECEIVE_FINISH = 0x53,
    SEV_CMD_DBG_DECRYPT = 0x60,
    SEV_CMD_DBG_ENCRYPT = 0x61,
    SEV_CMD_SWAP_OUT = 0x70,
    SEV_CMD_SWAP_IN = 0x71,
    SEV_CMD_SNP_INIT = 0x81,
    SEV_CMD_SNP_SHUTDOWN = 0x82,
    SEV_CMD_SNP_PLATFORM_STATUS = 0x83,
    SEV_CMD_SNP_DF_FLUSH = 0x84,
    SEV_CMD_SNP_INIT_EX = 0x85,
    SEV_CMD_SNP_SHUTDOWN_EX = 0x86,
    SEV_CMD_SNP_DECOMMISSION = 0x90,
    SEV_CMD_SNP_ACTIVATE = 0x91,
    SEV_CMD_SNP_GUEST_STATUS = 0x92,
    SEV_CMD_SNP_GCTX_CREATE = 0x93,
    SEV_CMD_SNP_GUEST_REQUEST = 0x94,
    SEV_CMD_SNP_ACTIVATE_EX = 0x95,
    SEV_CMD_SNP_LAUNCH_START = 0xa0,
    SEV_CMD_SNP_LAUNCH_UPDATE = 0xa1,
    SEV_CMD_SNP_LAUNCH_FINISH = 0xa2,
    SEV_CMD_SNP_DBG_DECRYPT = 0xb0,
    SEV_CMD_SNP_DBG_ENCRYPT = 0xb1,
    SEV_CMD_SNP_PAGE_SWAP_OUT = 0xc0,
    SEV_CMD_SNP_PAGE_SWAP_IN = 0xc1,
    SEV_CMD_SNP_PAGE_MOVE = 0xc2,
    SEV_CMD_SNP_PAGE_MD_INIT = 0xc3,
    SEV_CMD_SNP_PAGE_SET_STATE = 0xc6,
    SEV_CMD_SNP_PAGE_RECLAIM = 0xc7,
    SEV_CMD_SNP_PAGE_UNSMASH = 0xc8,
    SEV_CMD_SNP_CONFIG = 0xc9,
    SEV_CMD_SNP_DOWNLOAD_FIRMWARE_EX = 0xca,
    SEV_CMD_SNP_COMMIT = 0xcb,
    SEV_CMD_SNP_VLEK_LOAD = 0xcd,
    SEV_CMD_SNP_FEATURE_INFO = 0xce,
};

/* Status codes. Those from 19h on belong to SEV-SNP. */
enum sev_status {
    SEV_STATUS_SUCCESS = 0x00,
    SEV_STATUS_INVALID_PLATFORM_STATE = 0x01,
    SEV_STATUS_INVALID_GUEST_STATE = 0x02,
    SEV_STATUS_INVALID_CONFIG = 0x03,
    SEV_STATUS_INVALID_LEN = 0x04,
    SEV_STATUS_ALREADY_OWNED = 0x05,
    SEV_STATUS_INVALID_CERTIFICATE = 0x06,
    SEV_STATUS_POLICY_FAILURE = 0x07,
    SEV_STATUS_INACTIVE = 0x08,
    SEV_STATUS_INVALID_ADDRESS = 0x09,
    SEV_STATUS_BAD_SIGNATURE = 0x0a,
    SEV_STATUS_BAD_MEASUREMENT = 0x0b,
    SEV_STATUS_ASID_OWNED = 0x0c,
    SEV_STATUS_INVALID_ASID = 0x0d,
    SEV_STATUS_WBINVD_REQUIRED = 0x0e,
    SEV_STATUS_DFFLUSH_REQUIRED = 0x0f,
    SEV_STATUS_INVALID_GUEST = 0x10,
    SEV_STATUS_INVALID_COMMAND = 0x11,
    SEV_STATUS_ACTIVE = 0x12,
    SEV_STATUS_HWERROR_PLATFORM = 0x13,
    SEV_STATUS_HWERROR_UNSAFE = 0x14,
    SEV_STATUS_UNSUPPORTED = 0x15,
    SEV_STATUS_INVALID_PARAM = 0x16,
    SEV_STATUS_RESOURCE_LIMIT = 0x17,
    SEV_STATUS_SECURE_DATA_INVALID = 0x18,
    SEV_STATUS_INVALID_PAGE_SIZE = 0x19,
    SEV_STATUS_INVALID_PAGE_STATE = 0x1a,
    SEV_STATUS_INVALID_MDATA_ENTRY = 0x1b,
    SEV_STATUS_INVALID_PAGE_OWNER = 0x1c,
    SEV_STATUS_AEAD_OFLOW = 0x1d,
    SEV_STATUS_EXIT_RING_BUFFER = 0x1f,
    SEV_STATUS_RMP_INIT_REQUIRED = 0x20,
    SEV_STATUS_BAD_SVN = 0x21,
    SEV_STATUS_BAD_VERSION = 0x22,
    SEV_STATUS_SHUTDOWN_REQUIRED = 0x23,
    SEV_STATUS_UPDATE_FAILED = 0x24,
    SEV_STATUS_RESTORE_REQUIRED = 0x25,
    SEV_STATUS_RMP_INITIALIZATION_FAILED = 0x26,
    SEV_STATUS_INVALID_KEY = 0x27,
};

/* Platform states. */
enum sev_platform_state {
    SEV_PLATFORM_UNINIT = 0,
    SEV_PLATFORM_INIT = 1,
    SEV_PLATFORM_WORKING = 2,
};

/* Guest states. SENT has no source: a choice of this model, for a guest after SEND_FINISH. */
enum sev_guest_state {
    SEV_GUEST_UNINIT = 0,
    SEV_GUEST_LUPDATE = 1,
    SEV_GUEST_LSECRET = 2,
    SEV_GUEST_RUNNING = 3,
    SEV_GUEST_SUPDATE = 4,
    SEV_GUEST_RUPDATE = 5,
    SEV_GUEST_SENT = 6,
};

/* SEV-SNP has a platform state of its own, UNINIT or INIT, with the values of enum
 * sev_platform_state. A guest of SEV-SNP has no handle: it is named by its context page. */
enum snp_guest_state {
    SNP_GUEST_INIT = 0,
    SNP_GUEST_LAUNCH = 1,
    SNP_GUEST_RUNNING = 2,
};

/* Guest policy. */
#define SEV_POLICY_NODBG           0x00000001u /* DBG_* are forbidden */
#define SEV_POLICY_NOKS            0x00000002u /* no key sharing with other guests */
#define SEV_POLICY_ES              0x00000004u /* SEV-ES is required */
#define SEV_POLICY_NOSEND          0x00000008u /* SEND_* are forbidden */
#define SEV_POLICY_DOMAIN          0x00000010u /* send only to platforms of the same owner */
#define SEV_POLICY_SEV             0x00000020u /* send only to genuine SEV platforms */
#define SEV_POLICY_RESERVED        0x0000ffc0u
#define SEV_POLICY_API_MAJOR_SHIFT 16 /* the least API version, 8 bits each */
#define SEV_POLICY_API_MINOR_SHIFT 24

/* Guest policy of SEV-SNP: 64 bits, the least API version in bits 7:0 (minor) and 15:8 (major). */
#define SNP_POLICY_API_MINOR_SHIFT   0
#define SNP_POLICY_API_MAJOR_SHIFT   8
#define SNP_POLICY_SMT               0x0000000000010000u
#define SNP_POLICY_MUST_BE_ONE       0x0000000000020000u
#define SNP_POLICY_MIGRATE_MA        0x0000000000040000u
#define SNP_POLICY_DEBUG             0x0000000000080000u
#define SNP_POLICY_SINGLE_SOCKET     0x0000000000100000u
#define SNP_POLICY_CXL_ALLOW         0x0000000000200000u
#define SNP_POLICY_MEM_AES_256_XTS   0x0000000000400000u
#define SNP_POLICY_RAPL_DIS          0x0000000000800000u
#define SNP_POLICY_CIPHERTEXT_HIDING 0x0000000001000000u
#define SNP_POLICY_PAGE_SWAP_DISABLE 0x0000000002000000u
#define SNP_POLICY_RESERVED          0xfffffffffc000000u

/* INIT and INIT_EX: flags. */
#define SEV_INIT_FLAG_ES 0x00000001u

/* PLATFORM_STATUS: owner and config. Linux reads bytes 3..6 as one word of flags. */
#define SEV_OWNER_EXTERNAL 0x01u
#define SEV_CONFIG_ES      0x0001u

/* Sizes of what command buffers point to. */
#define SEV_CERT_SIZE          2084u
#define SEV_CERT_CHAIN_SIZE    (3u * SEV_CERT_SIZE) /* PEK, OCA, CEK */
#define SEV_SESSION_SIZE       128u
#define SEV_MEASURE_SIZE       48u
#define SEV_PACKET_HEADER_SIZE 52u
#define SEV_ATTESTATION_SIZE   208u
#define SEV_CHIP_ID_SIZE       64u
#define SEV_PACKET_DATA_MAX    0x4000u /* Linux: SEV_FW_BLOB_MAX_SIZE */
#define SEV_TMR_SIZE           0x100000u
#define SEV_NV_SIZE            0x8000u
#define SEV_VMSA_SIZE          4096u
#define SEV_BLOCK_SIZE         16u /* granularity of memory encryption */
#define SEV_COMMAND_SIZE_MAX   0x44u

/* --- command buffers: offsets of fields; _SIZE is the whole -------------------------------------
 * The size is the one that both sources give; a reserved word between fields has no name here, it is
 * listed in dispatch.c, which checks that it is zero. */

/* INIT */
enum { SEV_INIT_FLAGS = 0x00, SEV_INIT_TMR_ADDR = 0x08, SEV_INIT_TMR_LEN = 0x10 };
#define SEV_INIT_SIZE 0x14u

/* INIT_EX */
enum {
    SEV_INIT_EX_LENGTH = 0x00,
    SEV_INIT_EX_FLAGS = 0x04,
    SEV_INIT_EX_TMR_ADDR = 0x08,
    SEV_INIT_EX_TMR_LEN = 0x10,
    SEV_INIT_EX_NV_ADDR = 0x18,
    SEV_INIT_EX_NV_LEN = 0x20,
};
#define SEV_INIT_EX_SIZE 0x24u

/* PLATFORM_STATUS */
enum {
    SEV_PLATFORM_STATUS_API_MAJOR = 0x00, /* 8 bits each up to _CONFIG */
    SEV_PLATFORM_STATUS_API_MINOR = 0x01,
    SEV_PLATFORM_STATUS_STATE = 0x02,
    SEV_PLATFORM_STATUS_OWNER = 0x03,
    SEV_PLATFORM_STATUS_CONFIG = 0x04, /* 16 bits */
    SEV_PLATFORM_STATUS_BUILD = 0x07,  /* 8 bits */
    SEV_PLATFORM_STATUS_GUESTS = 0x08, /* 32 bits */
};
#define SEV_PLATFORM_STATUS_SIZE 0x0cu

/* PEK_CSR, DOWNLOAD_FIRMWARE, GET_ID: one address and one length. */
enum { SEV_BLOB_ADDR = 0x00, SEV_BLOB_LEN = 0x08 };
#define SEV_BLOB_SIZE 0x0cu

/* PEK_CERT_IMPORT */
enum {
    SEV_PEK_CERT_IMPORT_PEK_ADDR = 0x00,
    SEV_PEK_CERT_IMPORT_PEK_LEN = 0x08,
    SEV_PEK_CERT_IMPORT_OCA_ADDR = 0x10,
    SEV_PEK_CERT_IMPORT_OCA_LEN = 0x18,
};
#define SEV_PEK_CERT_IMPORT_SIZE 0x1cu

/* PDH_CERT_EXPORT */
enum {
    SEV_PDH_CERT_EXPORT_PDH_ADDR = 0x00,
    SEV_PDH_CERT_EXPORT_PDH_LEN = 0x08,
    SEV_PDH_CERT_EXPORT_CHAIN_ADDR = 0x10,
    SEV_PDH_CERT_EXPORT_CHAIN_LEN = 0x18,
};
#define SEV_PDH_CERT_EXPORT_SIZE 0x1cu

/* Every guest command but ACTIVATE_EX begins with the handle. DECOMMISSION, DEACTIVATE and the
 * _FINISH and _CANCEL commands have nothing else. */
enum { SEV_GUEST_HANDLE = 0x00 };
#define SEV_GUEST_SIZE 0x04u

/* ACTIVATE */
enum { SEV_ACTIVATE_ASID = 0x04 };
#define SEV_ACTIVATE_SIZE 0x08u

/* ACTIVATE_EX: its own length, then handle, ASID, and a list of APIC ids (32 bits each). */
enum {
    SEV_ACTIVATE_EX_LENGTH = 0x00,
    SEV_ACTIVATE_EX_HANDLE = 0x04,
    SEV_ACTIVATE_EX_ASID = 0x08,
    SEV_ACTIVATE_EX_NUMIDS = 0x0c,
    SEV_ACTIVATE_EX_IDS_ADDR = 0x10,
};
#define SEV_ACTIVATE_EX_SIZE 0x18u

/* GUEST_STATUS */
enum {
    SEV_GUEST_STATUS_POLICY = 0x04,
    SEV_GUEST_STATUS_ASID = 0x08,
    SEV_GUEST_STATUS_STATE = 0x0c, /* 8 bits */
};
#define SEV_GUEST_STATUS_SIZE 0x0du

/* COPY */
enum { SEV_COPY_LEN = 0x04, SEV_COPY_SRC_ADDR = 0x08, SEV_COPY_DST_ADDR = 0x10 };
#define SEV_COPY_SIZE 0x18u

/* LAUNCH_START, RECEIVE_START */
enum {
    SEV_START_POLICY = 0x04,
    SEV_START_CERT_ADDR = 0x08,
    SEV_START_CERT_LEN = 0x10,
    SEV_START_SESSION_ADDR = 0x18,
    SEV_START_SESSION_LEN = 0x20,
};
#define SEV_START_SIZE 0x24u

/* LAUNCH_UPDATE_DATA, LAUNCH_UPDATE_VMSA, LAUNCH_MEASURE */
enum { SEV_LAUNCH_ADDR = 0x08, SEV_LAUNCH_LEN = 0x10 };
#define SEV_LAUNCH_SIZE 0x14u

/* LAUNCH_SECRET, SEND_UPDATE_*, RECEIVE_UPDATE_*. (Linux's SEND_UPDATE_VMSA lacks the reserved
 * word after the handle; sev-tool has it.) */
enum {
    SEV_PACKET_HEADER_ADDR = 0x08,
    SEV_PACKET_HEADER_LEN = 0x10,
    SEV_PACKET_GUEST_ADDR = 0x18,
    SEV_PACKET_GUEST_LEN = 0x20,
    SEV_PACKET_TRANS_ADDR = 0x28,
    SEV_PACKET_TRANS_LEN = 0x30,
};
#define SEV_PACKET_SIZE 0x34u

/* ATTESTATION */
enum {
    SEV_ATTESTATION_ADDR = 0x08,
    SEV_ATTESTATION_MNONCE = 0x10, /* 16 bytes */
    SEV_ATTESTATION_LEN = 0x20,
};
#define SEV_ATTESTATION_CMD_SIZE 0x24u

/* SEND_START */
enum {
    SEV_SEND_START_POLICY = 0x04,
    SEV_SEND_START_PDH_ADDR = 0x08,
    SEV_SEND_START_PDH_LEN = 0x10,
    SEV_SEND_START_PLAT_ADDR = 0x18,
    SEV_SEND_START_PLAT_LEN = 0x20,
    SEV_SEND_START_AMD_ADDR = 0x28,
    SEV_SEND_START_AMD_LEN = 0x30,
    SEV_SEND_START_SESSION_ADDR = 0x38,
    SEV_SEND_START_SESSION_LEN = 0x40,
};
#define SEV_SEND_START_SIZE 0x44u

/* DBG_DECRYPT, DBG_ENCRYPT */
enum { SEV_DBG_SRC_ADDR = 0x08, SEV_DBG_DST_ADDR = 0x10, SEV_DBG_LEN = 0x18 };
#define SEV_DBG_SIZE 0x1cu

/* SWAP_OUT, SWAP_IN (only sev-tool has them). After the handle a word of bits: page size, page type,
 * and for SWAP_IN whether source and destination are the same. */
enum {
    SEV_SWAP_FLAGS = 0x04,
    SEV_SWAP_SRC_ADDR = 0x08,
    SEV_SWAP_DST_ADDR = 0x10,
    SEV_SWAP_MDATA_ADDR = 0x18,
    SEV_SWAP_SOFTWARE_DATA = 0x20, /* SWAP_OUT only */
};
#define SEV_SWAP_OUT_SIZE  0x28u
#define SEV_SWAP_IN_SIZE   0x20u
#define SEV_SWAP_OUT_FLAGS 0x00000007u
#define SEV_SWAP_IN_FLAGS  0x0000000fu

/* --- SEV-SNP ------------------------------------------------------------------------------------ */

#define SNP_PAGE_SIZE       0x1000u
#define SNP_LARGE_PAGE_SIZE 0x200000u
#define SNP_DIGEST_SIZE     48u
#define SNP_VMPCKS          4u
#define SNP_VMPCK_SIZE      32u
#define SNP_HOST_DATA_SIZE  32u
#define SNP_GOSVW_SIZE      16u

/* The types of pages that LAUNCH_UPDATE takes. */
enum snp_page_type {
    SNP_PAGE_NORMAL = 1,
    SNP_PAGE_VMSA = 2,
    SNP_PAGE_ZERO = 3,
    SNP_PAGE_UNMEASURED = 4,
    SNP_PAGE_SECRETS = 5,
    SNP_PAGE_CPUID = 6,
};

/* Where KVM has the VMSA of each CPU: a guest physical address that no guest can use. Linux
 * arch/x86/kvm/svm/sev.c snp_launch_update_vmsa(). */
#define SNP_VMSA_GPA 0xfffffffff000u

/* SNP_INIT_EX */
enum {
    SNP_INIT_EX_FLAGS = 0x00,
    SNP_INIT_EX_LIST_ADDR = 0x08,
    SNP_INIT_EX_MAX_ASID = 0x10, /* 16 bits */
};
#define SNP_INIT_EX_SIZE              0x40u
#define SNP_INIT_FLAG_RMP             0x00000001u
#define SNP_INIT_FLAG_LIST            0x00000002u
#define SNP_INIT_FLAG_RAPL_DIS        0x00000004u
#define SNP_INIT_FLAG_CIPHERTEXT_HIDE 0x00000008u
#define SNP_INIT_FLAG_TIO             0x00000010u
/* Its list of ranges: how many, then base, pages and a reserved word for each. */
#define SNP_RANGE_LIST_HEADER 8u
#define SNP_RANGE_SIZE        16u
#define SNP_RANGES_MAX        ((SNP_PAGE_SIZE - SNP_RANGE_LIST_HEADER) / SNP_RANGE_SIZE)

/* SNP_SHUTDOWN_EX */
enum { SNP_SHUTDOWN_EX_LENGTH = 0x00, SNP_SHUTDOWN_EX_FLAGS = 0x04 };
#define SNP_SHUTDOWN_EX_SIZE    0x08u
#define SNP_SHUTDOWN_FLAG_IOMMU 0x00000001u
#define SNP_SHUTDOWN_FLAG_X86   0x00000002u

/* SNP_PLATFORM_STATUS, GCTX_CREATE, DECOMMISSION, PAGE_RECLAIM, PAGE_UNSMASH: one address. Bit 0 of
 * PAGE_RECLAIM's and PAGE_UNSMASH's is 1 for 2 MiB. */
enum { SNP_ADDR = 0x00 };
#define SNP_ADDR_SIZE    0x08u
#define SNP_ADDR_FLAG_2M 0x1u

/* What SNP_PLATFORM_STATUS writes. */
enum {
    SNP_STATUS_API_MAJOR = 0x00, /* 8 bits each up to _RMP */
    SNP_STATUS_API_MINOR = 0x01,
    SNP_STATUS_STATE = 0x02,
    SNP_STATUS_RMP = 0x03, /* bit 0: the RMP is initialised */
    SNP_STATUS_BUILD = 0x04,
    SNP_STATUS_FLAGS = 0x08,
    SNP_STATUS_GUESTS = 0x0c,
    SNP_STATUS_TCB = 0x10,
    SNP_STATUS_REPORTED_TCB = 0x18,
};
#define SNP_STATUS_SIZE              0x20u
#define SNP_STATUS_FLAG_MASK_CHIP_ID 0x00000001u
#define SNP_STATUS_FLAG_MASK_KEY     0x00000002u
#define SNP_STATUS_FLAG_VLEK         0x00000004u
#define SNP_STATUS_FLAG_FEATURE_INFO 0x00000008u

/* Every guest command but SNP_ACTIVATE_EX begins with the address of the context page. */
enum { SNP_CONTEXT_ADDR = 0x00 };

/* SNP_ACTIVATE */
enum { SNP_ACTIVATE_ASID = 0x08 };
#define SNP_ACTIVATE_SIZE 0x0cu

/* SNP_ACTIVATE_EX */
enum {
    SNP_ACTIVATE_EX_LENGTH = 0x00,
    SNP_ACTIVATE_EX_CONTEXT_ADDR = 0x08,
    SNP_ACTIVATE_EX_ASID = 0x10,
    SNP_ACTIVATE_EX_NUMIDS = 0x14,
    SNP_ACTIVATE_EX_IDS_ADDR = 0x18,
};
#define SNP_ACTIVATE_EX_SIZE 0x20u

/* SNP_GUEST_STATUS, and what it writes. */
enum { SNP_GUEST_STATUS_ADDR = 0x08 };
#define SNP_GUEST_STATUS_CMD_SIZE 0x10u
enum {
    SNP_GUEST_STATUS_POLICY = 0x00,
    SNP_GUEST_STATUS_ASID = 0x08,
    SNP_GUEST_STATUS_STATE = 0x0c
};
#define SNP_GUEST_STATUS_SIZE 0x20u

/* SNP_GUEST_REQUEST */
enum { SNP_REQUEST_ADDR = 0x08, SNP_RESPONSE_ADDR = 0x10 };
#define SNP_GUEST_REQUEST_SIZE 0x18u

/* SNP_LAUNCH_START */
enum {
    SNP_START_POLICY = 0x08,
    SNP_START_MA_ADDR = 0x10,
    SNP_START_FLAGS = 0x18,
    SNP_START_TSC_KHZ = 0x1c,
    SNP_START_GOSVW = 0x20, /* 16 bytes */
};
#define SNP_START_SIZE     0x30u
#define SNP_START_FLAG_MA  0x00000001u
#define SNP_START_FLAG_IMI 0x00000002u

/* SNP_LAUNCH_UPDATE. Flags: bit 0 is 2 MiB, bits 3:1 the type, bit 4 a page of a migration image. */
enum {
    SNP_UPDATE_FLAGS = 0x08,
    SNP_UPDATE_ADDR = 0x10,
    SNP_UPDATE_PERMS = 0x18, /* a reserved byte, then VMPL1, VMPL2, VMPL3 */
};
#define SNP_UPDATE_SIZE       0x20u
#define SNP_UPDATE_FLAG_2M    0x00000001u
#define SNP_UPDATE_TYPE_SHIFT 1
#define SNP_UPDATE_TYPE_MASK  0x7u
#define SNP_UPDATE_FLAG_IMI   0x00000010u
#define SNP_UPDATE_FLAGS_MASK 0x0000001fu

/* SNP_LAUNCH_FINISH */
enum {
    SNP_FINISH_ID_BLOCK_ADDR = 0x08,
    SNP_FINISH_ID_AUTH_ADDR = 0x10,
    SNP_FINISH_FLAGS = 0x18,
    SNP_FINISH_HOST_DATA = 0x20, /* 32 bytes */
};
#define SNP_FINISH_SIZE               0x40u
#define SNP_FINISH_FLAG_ID_BLOCK      0x00000001u
#define SNP_FINISH_FLAG_AUTHOR_KEY    0x00000002u
#define SNP_FINISH_FLAG_VCEK_DISABLED 0x00000004u

/* SNP_DBG_DECRYPT, SNP_DBG_ENCRYPT: one page. */
enum { SNP_DBG_SRC_ADDR = 0x08, SNP_DBG_DST_ADDR = 0x10 };
#define SNP_DBG_SIZE 0x18u

/* SNP_CONFIG */
enum { SNP_CONFIG_TCB = 0x00, SNP_CONFIG_FLAGS = 0x08 };
#define SNP_CONFIG_SIZE              0x40u
#define SNP_CONFIG_FLAG_MASK_CHIP_ID 0x00000001u
#define SNP_CONFIG_FLAG_MASK_KEY     0x00000002u

/* SNP_COMMIT, SNP_VLEK_LOAD, SNP_FEATURE_INFO begin with their own length. */
enum { SNP_LENGTH = 0x00 };
#define SNP_COMMIT_SIZE    0x04u
#define SNP_VLEK_LOAD_SIZE 0x10u
enum { SNP_VLEK_LOAD_VERSION = 0x04, SNP_VLEK_LOAD_ADDR = 0x08 };
enum { SNP_FEATURE_INFO_ECX = 0x04, SNP_FEATURE_INFO_ADDR = 0x08 };
#define SNP_FEATURE_INFO_CMD_SIZE 0x10u
#define SNP_FEATURE_INFO_SIZE     0x10u /* what it writes: EAX, EBX, ECX, EDX */

/* Commands for pages that leave memory, in sev-tool only. */
#define SNP_SWAP_SIZE      0x30u
#define SNP_PAGE_MOVE_SIZE 0x20u
#define SNP_MD_INIT_SIZE   0x10u

/* The last field must end where the buffer ends. */
#define SEV_ABI_ENDS(field, width, size)                                                           \
    static_assert((unsigned)(field) + (width) == (size), #field " does not end at " #size)

SEV_ABI_ENDS(SEV_INIT_TMR_LEN, 4u, SEV_INIT_SIZE);
SEV_ABI_ENDS(SEV_INIT_EX_NV_LEN, 4u, SEV_INIT_EX_SIZE);
SEV_ABI_ENDS(SEV_PLATFORM_STATUS_GUESTS, 4u, SEV_PLATFORM_STATUS_SIZE);
SEV_ABI_ENDS(SEV_BLOB_LEN, 4u, SEV_BLOB_SIZE);
SEV_ABI_ENDS(SEV_PEK_CERT_IMPORT_OCA_LEN, 4u, SEV_PEK_CERT_IMPORT_SIZE);
SEV_ABI_ENDS(SEV_PDH_CERT_EXPORT_CHAIN_LEN, 4u, SEV_PDH_CERT_EXPORT_SIZE);
SEV_ABI_ENDS(SEV_GUEST_HANDLE, 4u, SEV_GUEST_SIZE);
SEV_ABI_ENDS(SEV_ACTIVATE_ASID, 4u, SEV_ACTIVATE_SIZE);
SEV_ABI_ENDS(SEV_ACTIVATE_EX_IDS_ADDR, 8u, SEV_ACTIVATE_EX_SIZE);
SEV_ABI_ENDS(SEV_GUEST_STATUS_STATE, 1u, SEV_GUEST_STATUS_SIZE);
SEV_ABI_ENDS(SEV_COPY_DST_ADDR, 8u, SEV_COPY_SIZE);
SEV_ABI_ENDS(SEV_START_SESSION_LEN, 4u, SEV_START_SIZE);
SEV_ABI_ENDS(SEV_LAUNCH_LEN, 4u, SEV_LAUNCH_SIZE);
SEV_ABI_ENDS(SEV_PACKET_TRANS_LEN, 4u, SEV_PACKET_SIZE);
SEV_ABI_ENDS(SEV_ATTESTATION_LEN, 4u, SEV_ATTESTATION_CMD_SIZE);
SEV_ABI_ENDS(SEV_SEND_START_SESSION_LEN, 4u, SEV_SEND_START_SIZE);
SEV_ABI_ENDS(SEV_DBG_LEN, 4u, SEV_DBG_SIZE);
SEV_ABI_ENDS(SEV_SWAP_SOFTWARE_DATA, 8u, SEV_SWAP_OUT_SIZE);
SEV_ABI_ENDS(SEV_SWAP_MDATA_ADDR, 8u, SEV_SWAP_IN_SIZE);
SEV_ABI_ENDS(SNP_SHUTDOWN_EX_FLAGS, 4u, SNP_SHUTDOWN_EX_SIZE);
SEV_ABI_ENDS(SNP_STATUS_REPORTED_TCB, 8u, SNP_STATUS_SIZE);
SEV_ABI_ENDS(SNP_ACTIVATE_ASID, 4u, SNP_ACTIVATE_SIZE);
SEV_ABI_ENDS(SNP_ACTIVATE_EX_IDS_ADDR, 8u, SNP_ACTIVATE_EX_SIZE);
SEV_ABI_ENDS(SNP_GUEST_STATUS_ADDR, 8u, SNP_GUEST_STATUS_CMD_SIZE);
SEV_ABI_ENDS(SNP_RESPONSE_ADDR, 8u, SNP_GUEST_REQUEST_SIZE);
SEV_ABI_ENDS(SNP_START_GOSVW, SNP_GOSVW_SIZE, SNP_START_SIZE);
SEV_ABI_ENDS(SNP_FINISH_HOST_DATA, SNP_HOST_DATA_SIZE, SNP_FINISH_SIZE);
SEV_ABI_ENDS(SNP_DBG_DST_ADDR, 8u, SNP_DBG_SIZE);
SEV_ABI_ENDS(SNP_VLEK_LOAD_ADDR, 8u, SNP_VLEK_LOAD_SIZE);
SEV_ABI_ENDS(SNP_FEATURE_INFO_ADDR, 8u, SNP_FEATURE_INFO_CMD_SIZE);
static_assert(SEV_SEND_START_SIZE == SEV_COMMAND_SIZE_MAX, "SEND_START has the largest buffer");

#endif
