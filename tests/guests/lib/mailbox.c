/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The guest's side of the PSP: its mailbox at I/O ports and the launch commands.
 *
 * Sources: Linux drivers/crypto/ccp/sev-dev.c __sev_do_cmd_locked() (mailbox),
 * include/linux/psp-sev.h (command buffers). Layouts are offsets; guest.h says why they are not
 * shared with psp-model.
 */
#include "guest.h"

static uint8_t *const buffer = (uint8_t *)(uintptr_t)SHARED_WINDOW;

void put32(uint8_t *at, uint32_t v)
{
    memcpy(at, &v, 4);
}

void put64(uint8_t *at, uint64_t v)
{
    memcpy(at, &v, 8);
}

uint32_t get32(const uint8_t *at)
{
    uint32_t v;

    memcpy(&v, at, 4);
    return v;
}

static volatile uint8_t *bar; /* NULL: the registers are at ports */

void mbox_at(volatile uint8_t *at)
{
    bar = at;
}

static volatile uint32_t *in_memory(uint16_t reg)
{
    return (volatile uint32_t *)(bar +
                                 (reg == MBOX_CMDRESP ? 0x10980 : 0x109e0 + reg - MBOX_ADDR_LO));
}

static void write_register(uint16_t reg, uint32_t value)
{
    if (bar)
        *in_memory(reg) = value;
    else
        outl(MBOX_PORT + reg, value);
}

static uint32_t read_register(uint16_t reg)
{
    return bar ? *in_memory(reg) : inl(MBOX_PORT + reg);
}

uint32_t mbox_command(uint16_t command, uint64_t address)
{
    write_register(MBOX_ADDR_LO, (uint32_t)address);
    write_register(MBOX_ADDR_HI, (uint32_t)(address >> 32));
    write_register(MBOX_CMDRESP, (uint32_t)command << 16);
    for (unsigned i = 0; i < 1000000; i++) {
        uint32_t answer = read_register(MBOX_CMDRESP);

        if (answer & MBOX_DONE)
            return answer & 0xffff;
    }
    return MBOX_NO_ANSWER;
}

#ifdef __x86_64__
static void map_window(void)
{
    struct table boot = {(uint64_t *)(uintptr_t)0x1000, 4, boot_cbit};

    *table_entry(&boot, SHARED_WINDOW, 2) &= ~boot_cbit;
    *table_entry(&boot, PRIVATE_ALIAS, 2) = SHARED_WINDOW | boot_cbit | PTE_PS | PTE_W | PTE_P;
    write_cr3(read_cr3());
}
#endif

void mbox_init(void)
{
#ifdef __x86_64__
    map_window();
#endif
    memset(buffer, 0, PAGE_4K);
}

uint8_t *shared(uint32_t offset)
{
    return (uint8_t *)(uintptr_t)(SHARED_WINDOW + PAGE_4K + offset);
}

uint8_t *private_alias(const uint8_t *shared_at)
{
#ifdef __x86_64__
    return (uint8_t *)((uintptr_t)shared_at - SHARED_WINDOW + PRIVATE_ALIAS);
#else
    return (uint8_t *)(uintptr_t)shared_at;
#endif
}

static uint32_t run(uint16_t command)
{
    return mbox_command(command, (uintptr_t)buffer);
}

static uint8_t *fresh(uint32_t handle)
{
    memset(buffer, 0, 0x80);
    put32(buffer, handle);
    return buffer;
}

uint32_t psp_init(uint32_t flags, uint64_t tmr, uint32_t tmr_len)
{
    fresh(flags);
    put64(buffer + 8, tmr);
    put32(buffer + 0x10, tmr_len);
    return run(CMD_INIT);
}

uint32_t psp_platform_status(uint8_t out[12])
{
    uint32_t status;

    memset(buffer, 0xff, 16);
    status = run(CMD_PLATFORM_STATUS);
    memcpy(out, buffer, 12);
    return status;
}

uint32_t psp_launch_start(uint32_t *handle, uint32_t policy)
{
    uint32_t status;

    put32(fresh(*handle) + 4, policy);
    status = run(CMD_LAUNCH_START);
    *handle = get32(buffer);
    return status;
}

uint32_t psp_activate(uint32_t handle, uint32_t asid)
{
    put32(fresh(handle) + 4, asid);
    return run(CMD_ACTIVATE);
}

uint32_t psp_update_data(uint32_t handle, uint64_t addr, uint32_t len)
{
    fresh(handle);
    put64(buffer + 8, addr);
    put32(buffer + 0x10, len);
    return run(CMD_LAUNCH_UPDATE_DATA);
}

uint32_t psp_measure(uint32_t handle, uint64_t addr, uint32_t *len)
{
    uint32_t status;

    fresh(handle);
    put64(buffer + 8, addr);
    put32(buffer + 0x10, *len);
    status = run(CMD_LAUNCH_MEASURE);
    *len = get32(buffer + 0x10);
    return status;
}

uint32_t psp_decrypt(uint32_t handle, const void *from, const void *to, uint32_t len)
{
    fresh(handle);
    put64(buffer + 8, (uintptr_t)from);
    put64(buffer + 0x10, (uintptr_t)to);
    put32(buffer + 0x18, len);
    return run(CMD_DBG_DECRYPT);
}

uint32_t psp_handle(uint16_t command, uint32_t handle)
{
    fresh(handle);
    return run(command);
}

uint32_t psp_guest_status(uint32_t handle, struct guest_status *out)
{
    uint32_t status;

    memset(fresh(handle) + 4, 0xff, 16);
    status = run(CMD_GUEST_STATUS);
    *out = (struct guest_status){get32(buffer + 4), get32(buffer + 8), buffer[0xc]};
    return status;
}

uint32_t psp_packet(uint16_t command, uint32_t handle, const struct secret *s)
{
    fresh(handle);
    put64(buffer + 0x08, s->header);
    put32(buffer + 0x10, s->header_len);
    put64(buffer + 0x18, s->guest);
    put32(buffer + 0x20, s->guest_len);
    put64(buffer + 0x28, s->data);
    put32(buffer + 0x30, s->data_len);
    return run(command);
}

void psp_expect_state(uint32_t handle, unsigned state, const char *name)
{
    struct guest_status s;

    if (is(psp_guest_status(handle, &s), ST_SUCCESS, "GUEST_STATUS"))
        is(s.state, state, name);
    else
        skip(name, "no status");
}

uint32_t psp_secret(uint32_t handle, const struct secret *s)
{
    return psp_packet(CMD_LAUNCH_SECRET, handle, s);
}
