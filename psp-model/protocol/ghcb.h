/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The GHCB: the shared page in which a SEV-ES guest asks its hypervisor for something, and the
 * requests that fit into the GHCB MSR (C0010130h).
 *
 * Sources: Linux arch/x86/include/asm/svm.h struct ghcb_save_area, struct ghcb;
 * arch/x86/include/asm/sev-common.h GHCB_MSR_*; EDK2 MdePkg/Include/Register/Amd/Ghcb.h.
 */
#ifndef PSP_GHCB_H
#define PSP_GHCB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define GHCB_SIZE        4096u
#define GHCB_BITMAP_SIZE 16u

enum ghcb_offset {
    GHCB_CPL = 0x0cb,
    GHCB_XSS = 0x140,
    GHCB_DR7 = 0x160,
    GHCB_RIP = 0x178,
    GHCB_RSP = 0x1d8,
    GHCB_RAX = 0x1f8,
    GHCB_RCX = 0x308,
    GHCB_RDX = 0x310,
    GHCB_RBX = 0x318,
    GHCB_RBP = 0x328,
    GHCB_RSI = 0x330,
    GHCB_RDI = 0x338,
    GHCB_R8 = 0x340,
    GHCB_R9 = 0x348,
    GHCB_R10 = 0x350,
    GHCB_R11 = 0x358,
    GHCB_R12 = 0x360,
    GHCB_R13 = 0x368,
    GHCB_R14 = 0x370,
    GHCB_R15 = 0x378,
    GHCB_SW_EXITCODE = 0x390,
    GHCB_SW_EXITINFO1 = 0x398,
    GHCB_SW_EXITINFO2 = 0x3a0,
    GHCB_SW_SCRATCH = 0x3a8,
    GHCB_XCR0 = 0x3e8,
    GHCB_VALID_BITMAP = 0x3f0,
    GHCB_X87_STATE_GPA = 0x400,
    GHCB_SHARED_BUFFER = 0x800,
    GHCB_SHARED_BUFFER_END = 0xff0,
    GHCB_PROTOCOL_VERSION = 0xffa,
    GHCB_USAGE = 0xffc,
};

/* The fields that hold a number, sorted by offset. */
struct ghcb_field {
    const char *name; /* as in AMD's table: SW_EXITINFO1 */
    uint16_t offset;
    uint8_t size;   /* bytes */
    bool has_valid; /* the valid bitmap has a bit for it */
};

extern const struct ghcb_field ghcb_fields[];
extern const size_t ghcb_fields_count;

/* Find the row of a field. NULL if there is none. */
const struct ghcb_field *ghcb_find_field(unsigned offset);

/* Read and write a field. A field of 1, 2 or 4 bytes takes the low bytes of the value. */
uint64_t ghcb_get(const uint8_t page[GHCB_SIZE], enum ghcb_offset field);
void ghcb_put(uint8_t page[GHCB_SIZE], enum ghcb_offset field, uint64_t value);

/* The valid bitmap: bit `offset / 8` says that the guest or the hypervisor has written the field. */
bool ghcb_valid(const uint8_t page[GHCB_SIZE], enum ghcb_offset field);
void ghcb_set_valid(uint8_t page[GHCB_SIZE], enum ghcb_offset field, bool valid);
void ghcb_clear_valid(uint8_t page[GHCB_SIZE]);
/* Write a field and mark it valid. */
void ghcb_set(uint8_t page[GHCB_SIZE], enum ghcb_offset field, uint64_t value);

/* SW_EXITINFO1 31:0 of an answer. */
enum ghcb_response {
    GHCB_NO_ACTION = 0,
    GHCB_ISSUE_EXCEPTION = 1, /* the guest raises the event in SW_EXITINFO2 */
    GHCB_MALFORMED_INPUT = 2, /* SW_EXITINFO2 is an enum ghcb_error */
};

enum ghcb_error {
    GHCB_ERR_NOT_REGISTERED = 1,
    GHCB_ERR_INVALID_USAGE = 2,
    GHCB_ERR_INVALID_SCRATCH_AREA = 3,
    GHCB_ERR_MISSING_INPUT = 4,
    GHCB_ERR_INVALID_INPUT = 5,
    GHCB_ERR_INVALID_EVENT = 6,
};

/* Return an error in words; "unknown error" for another number. */
const char *ghcb_error_words(uint64_t error);

/* The event that SW_EXITINFO2 describes for GHCB_ISSUE_EXCEPTION, in the format of EVENTINJ. */
#define GHCB_EVENT_VALID     (UINT64_C(1) << 31)
#define GHCB_EVENT_EXCEPTION (UINT64_C(3) << 8)

/* SW_EXITINFO1 of EXIT_IOIO. */
#define GHCB_IO_IN         UINT64_C(0x001)
#define GHCB_IO_STRING     UINT64_C(0x004)
#define GHCB_IO_REP        UINT64_C(0x008)
#define GHCB_IO_SIZE_SHIFT 4 /* three bits: 1, 2 or 4 bytes */
#define GHCB_IO_SIZE_MASK  7u
#define GHCB_IO_PORT_SHIFT 16

/* The GHCB MSR protocol: bits 11:0 of the MSR. An answer has the number of its request plus or
 * minus 1. */
#define GHCB_MSR_INFO_MASK UINT64_C(0xfff)
enum ghcb_msr {
    GHCB_MSR_PAGE = 0x000, /* no request: the MSR has the address of the GHCB */
    GHCB_MSR_SEV_INFO = 0x001,
    GHCB_MSR_SEV_INFO_REQ = 0x002,
    GHCB_MSR_CPUID_REQ = 0x004,
    GHCB_MSR_CPUID_RESP = 0x005,
    GHCB_MSR_AP_RESET_HOLD_REQ = 0x006,
    GHCB_MSR_AP_RESET_HOLD_RESP = 0x007,
    GHCB_MSR_PREF_GPA_REQ = 0x010,
    GHCB_MSR_PREF_GPA_RESP = 0x011,
    GHCB_MSR_REG_GPA_REQ = 0x012,
    GHCB_MSR_REG_GPA_RESP = 0x013,
    GHCB_MSR_PSC_REQ = 0x014,
    GHCB_MSR_PSC_RESP = 0x015,
    GHCB_MSR_VMPL_REQ = 0x016,
    GHCB_MSR_HV_FT_REQ = 0x080,
    GHCB_MSR_HV_FT_RESP = 0x081,
    GHCB_MSR_TERM_REQ = 0x100,
};

/* Return the words of a request or an answer, "unknown request" for another number. */
const char *ghcb_msr_words(uint64_t value);

/* Return the words of a termination request: reason set 0 is general, set 1 is Linux's and, with
 * codes 1 and 2, also that of OVMF's reset vector. "unknown reason" for what no source names. */
const char *ghcb_termination_words(uint64_t set, uint64_t code);

#ifdef __cplusplus
}
#endif
#endif
