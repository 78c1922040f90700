/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What the built-in hypervisor asks of the machine. Implemented by the plugin, by the unit tests
 * and by the fuzzer. Every function gets the context of hv_new() first.
 */
#ifndef SEV_HV_OPS_H
#define SEV_HV_OPS_H

#include <stddef.h>
#include <stdint.h>

#include "sev_abi.h"

#ifdef __cplusplus
extern "C" {
#endif

struct hv_ops {
    /* Execute a command of the secure processor as PSP_ISSUER_HYPERVISOR. `buffer` is an address in
     * the hypervisor's memory, 0 for a command without a buffer. While the command executes, the
     * processor reads and writes that memory with hv_memory_read() and hv_memory_write(). */
    enum sev_status (*psp)(void *machine, uint16_t command, uint64_t buffer);
    /* Execute WBINVD on every CPU. */
    void (*wbinvd)(void *machine);
    /* Write raw memory of the guest, as a hypervisor does before the launch. Return 0 or a negative
     * errno. */
    int (*write)(void *machine, uint64_t gpa, const void *data, size_t len);
};

#ifdef __cplusplus
}
#endif
#endif
