/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * See saved.h.
 */
#include "saved.h"

#include <errno.h>
#include <stdlib.h>

static size_t memory_size(void *ctx)
{
    (void)ctx;
    return 4 * PAGES;
}

static void memory_save(void *ctx, uint8_t *out)
{
    memcpy(out, ((struct memory *)ctx)->asid, 4 * PAGES);
}

static int memory_check(void *ctx, const uint8_t *in, size_t len, bool (*has_key)(void *, uint32_t),
                        void *key_ctx)
{
    uint32_t asid;

    (void)ctx;
    if (len != 4 * PAGES)
        return -EINVAL;
    for (unsigned i = 0; i < PAGES; i++) {
        memcpy(&asid, in + 4 * i, 4);
        if (asid && !has_key(key_ctx, asid))
            return -ENOKEY;
    }
    return 0;
}

static void memory_forget(void *ctx)
{
    memset(ctx, 0, 4 * PAGES);
    ((struct memory *)ctx)->forgotten++;
}

static int memory_restore(void *ctx, const uint8_t *in, size_t len)
{
    memcpy(((struct memory *)ctx)->asid, in, len);
    return 0;
}

static const struct saved_memory_ops memory_ops = {memory_size, memory_save, memory_check,
                                                   memory_forget, memory_restore};
static const struct hv_ops hv_ops; /* no command is executed */

struct machine *machine_new(void)
{
    struct machine *m = calloc(1, sizeof(*m));

    assert_non_null(m);
    m->h = harness_new();
    m->hv = hv_new(&hv_ops, m);
    rng_init(&m->rng, "seed");
    psp_mailbox_init(&m->mailbox, m->h->psp);
    for (unsigned i = 0; i < CPUS; i++)
        m->msrs[i] = &m->msr[i];
    m->parts = (struct saved_parts){.configuration = "cbitpos=47 cpus=2",
                                    .hv = m->hv,
                                    .mailbox = &m->mailbox,
                                    .psp = m->h->psp,
                                    .rng = &m->rng,
                                    .has_vmsas = true,
                                    .cpus = CPUS,
                                    .msrs = m->msrs,
                                    .memory = &memory_ops,
                                    .memory_ctx = &m->memory};
    return m;
}

void machine_free(struct machine *m)
{
    hv_free(m->hv);
    harness_free(m->h);
    free(m);
}

static void with_vmsas(struct hv *hv)
{
    static uint8_t saved[8 + 4 + CPUS * VMSA_SIZE] = {[8] = CPUS, [12] = 0x55};
    const uint64_t address = HV_MEMORY_BASE;

    memcpy(saved, &address, 8);
    assert_null(hv_check_saved_vmsas(saved, sizeof(saved), CPUS));
    assert_int_equal(hv_restore_vmsas(hv, saved, sizeof(saved)), 0);
    assert_int_equal(hv_guest_vmsas(hv_guest(hv, 0)), CPUS);
}

struct machine *with_guest(enum hv_state state)
{
    const uint8_t hv_state[] = {1, 1, 1, 0, 0, (uint8_t)state, 0, 0, 1, 0, 0, 0};
    struct machine *m = machine_new();
    uint8_t saved[HV_SAVE_MAX] = {0}, used[5];
    uint32_t handle;

    do_init(m->h);
    handle = do_launch(m->h, 1, 1);
    memcpy(saved, hv_state, sizeof(hv_state));
    memcpy(saved + 12, &handle, 4);
    memset(saved + 16, 0xaa, HV_MEASUREMENT_SIZE);
    hv_restore(m->hv, saved, 16 + HV_MEASUREMENT_SIZE);
    assert_int_equal(hv_guest_handle(hv_guest(m->hv, 0)), handle);
    with_vmsas(m->hv);
    m->mailbox.cmdresp = 0x80000001;
    m->mailbox.addr_hi = 7;
    assert_int_equal(rng_fill(&m->rng, used, sizeof(used)), 0);
    m->msr[1].hwcr = MSR_HWCR_MCSTATUS_WR_EN;
    m->memory.asid[3] = 1;
    return m;
}

struct machine *running(void)
{
    return with_guest(HV_RUNNING);
}

struct file save(const struct machine *m)
{
    struct file file;
    char error[200];

    assert_int_equal(saved_machine_write(&m->parts, &file.data, &file.len, error, sizeof(error)),
                     0);
    return file;
}
