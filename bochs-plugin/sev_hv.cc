/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The built-in hypervisor in Bochs. See sev_hv.h.
 */
#define BX_PLUGGABLE

#include "iodev.h"
#include "sev_hv.h"
#include "sev_machine.h"
#include "sev_psp_host.h"

#include "psp.h"
#include "hypervisor/hv.h"

static enum sev_status hv_psp(void *ctx, uint16_t command, uint64_t buffer)
{
    struct sev_machine *m = (struct sev_machine *)ctx;

    return psp_exec(bx_sev_machine_psp(m), PSP_ISSUER_HYPERVISOR, command, buffer);
}

static void hv_wbinvd(void *ctx)
{
    struct sev_machine *m = (struct sev_machine *)ctx;

    for (unsigned cpu = 0; cpu < BX_SMP_PROCESSORS; cpu++)
        psp_wbinvd(bx_sev_machine_psp(m), cpu);
}

static int hv_write(void *ctx, uint64_t gpa, const void *data, size_t len)
{
    return bx_sev_psp_host_write((struct sev_machine *)ctx, gpa, data, len);
}

static int hv_read_encrypted(void *ctx, uint32_t asid, uint64_t spa, void *buf, size_t len)
{
    return bx_sev_psp_host_read_own((struct sev_machine *)ctx, asid, spa, buf, len);
}

struct hv *bx_sev_hv_new(struct sev_machine *m)
{
    static const struct hv_ops ops = {
        .psp = hv_psp, .wbinvd = hv_wbinvd, .write = hv_write, .read_encrypted = hv_read_encrypted};

    return hv_new(&ops, m);
}
