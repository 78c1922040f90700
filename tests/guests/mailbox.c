/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Check that the PSP's mailbox survives everything that a guest can write to it, and answers as the
 * register block that Linux drivers/crypto/ccp/sev-dev.c __sev_do_cmd_locked() uses. The ports are
 * a choice of this model. Run with launch=guest: INIT has not been executed.
 *
 * Arguments: megs (size of RAM).
 */
#include "guest.h"

static uint32_t reg(unsigned offset)
{
    return inl((uint16_t)(MBOX_PORT + offset));
}

static uint8_t platform_state(void)
{
    uint8_t status[12];

    return psp_platform_status(status) == ST_SUCCESS ? status[2] : 0xff;
}

static void identification(void)
{
    uint32_t id = reg(MBOX_ID);

    ok(id != 0 && id != ~0u, "the identification register answers (%x)", id);
    outl(MBOX_PORT + MBOX_ID, ~id);
    is(reg(MBOX_ID), id, "it is read-only");
}

static void access_sizes(void)
{
    uint16_t lo = MBOX_PORT + MBOX_ADDR_LO;

    outl(lo, 0x44332211);
    ok(inb(lo) == 0x11 && inb(lo + 1) == 0x22 && inb(lo + 2) == 0x33 && inb(lo + 3) == 0x44,
       "8-bit reads see the bytes of the 32-bit register");
    ok(inw(lo) == 0x2211 && inw(lo + 2) == 0x4433, "16-bit reads see its halves");
    outb(lo + 1, 0xaa);
    is(reg(MBOX_ADDR_LO), 0x4433aa11, "an 8-bit write changes one byte");
    outw(lo + 2, 0xbbcc);
    is(reg(MBOX_ADDR_LO), 0xbbccaa11, "a 16-bit write changes two");
    is(reg(MBOX_ADDR_HI), 0, "the neighbour is untouched");
}

static void narrow_command(void)
{
    memset((void *)(uintptr_t)SHARED_WINDOW, 0xff, 16);
    outl(MBOX_PORT + MBOX_ADDR_LO, SHARED_WINDOW);
    outl(MBOX_PORT + MBOX_ADDR_HI, 0);
    outw(MBOX_PORT + MBOX_CMDRESP, 0);
    outw(MBOX_PORT + MBOX_CMDRESP + 2, CMD_PLATFORM_STATUS);
    is(reg(MBOX_CMDRESP), MBOX_DONE, "a command written in two halves runs with the upper one");
    is(*(uint8_t *)(uintptr_t)SHARED_WINDOW, 1, "and has written its answer (API major)");
}

static void unknown_commands(void)
{
    unsigned refused = 0, asked = 0;

    for (unsigned id = 0; id < 0x800; id++) {
        if ((id >= 0x01 && id <= 0x0f) || (id >= 0x20 && id <= 0x25) ||
            (id >= 0x30 && id <= 0x36) || (id >= 0x40 && id <= 0x44) ||
            (id >= 0x50 && id <= 0x53) || (id >= 0x60 && id <= 0x61) ||
            (id >= 0x70 && id <= 0x71) || id >= 0x80)
            continue;
        asked++;
        refused += mbox_command((uint16_t)id, SHARED_WINDOW) == ST_INVALID_COMMAND;
    }
    is(refused, asked, "ids that name no command: INVALID_COMMAND");
    is(mbox_command(0x7ff, SHARED_WINDOW), ST_INVALID_COMMAND, "the highest id: INVALID_COMMAND");
    is(platform_state(), PLATFORM_UNINIT, "the platform has not changed");
}

static void bad_buffers(void)
{
    uint64_t ram = argument("megs", 0) << 20;
    const struct {
        uint64_t at;
        const char *name;
    } bad[] = {
        {0xfffffffffffffull, "buffer at 2^52-1: INVALID_ADDRESS"},
        {~0ull, "at 2^64-1"},
        {~0ull - 7, "at 2^64-8, ends beyond 2^64"},
        {1ull << 63, "at 2^63"},
        {1ull << 47 | SHARED_WINDOW, "at an address with bit 47"},
        {1ull << 40, "at 2^40"},
        {ram, "at the first byte beyond RAM"},
        {ram - 8, "that ends 4 bytes beyond RAM"},
        {0xfee00000, "in the local APIC"},
    };

    for (unsigned i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        is(mbox_command(CMD_PLATFORM_STATUS, bad[i].at), ST_INVALID_ADDRESS, bad[i].name);
    is(mbox_command(CMD_PLATFORM_STATUS, ram - 12), ST_SUCCESS, "that ends with RAM: fine");
}

static void every_alignment(void)
{
    uint8_t *at = shared(0);
    unsigned good = 0;

    for (unsigned i = 0; i < 16; i++) {
        memset(at, 0xee, 64);
        uint32_t status = mbox_command(CMD_PLATFORM_STATUS, (uintptr_t)at + i);
        bool written = at[i] == 1 && at[i + 12] == 0xee && (i == 0 || at[i - 1] == 0xee);

        good += status == ST_SUCCESS ? written : status == ST_INVALID_ADDRESS && at[i] == 0xee;
    }
    is(good, 16, "a misaligned buffer is served whole or refused whole");
}

static void states(void)
{
    uint32_t handle = 0;

    is(psp_launch_start(&handle, 1), ST_INVALID_PLATFORM_STATE, "LAUNCH_START before INIT");
    is(psp_handle(CMD_GUEST_STATUS, 1), ST_INVALID_PLATFORM_STATE, "GUEST_STATUS before INIT");
    is(mbox_command(CMD_DF_FLUSH, 0), ST_INVALID_PLATFORM_STATE, "DF_FLUSH before INIT");
    is(psp_init(0, 0, 0), ST_SUCCESS, "INIT");
    is(platform_state(), PLATFORM_INIT, "the platform is initialised");
    is(psp_init(0, 0, 0), ST_INVALID_PLATFORM_STATE, "INIT twice");
    is(mbox_command(CMD_SHUTDOWN, 0), ST_SUCCESS, "SHUTDOWN");
    is(platform_state(), PLATFORM_UNINIT, "the platform is uninitialised");
}

static const uint16_t handle_commands[] = {
    CMD_GUEST_STATUS,   CMD_DECOMMISSION,       CMD_ACTIVATE,      CMD_DEACTIVATE,
    CMD_LAUNCH_MEASURE, CMD_LAUNCH_UPDATE_DATA, CMD_LAUNCH_FINISH, CMD_LAUNCH_SECRET};

/* How many of (command, handle) give a status other than `want`, printed. */
static unsigned wrong_answers(uint32_t except, uint32_t want)
{
    static const uint32_t handles[] = {0, 1, 2, 3, 0x7fffffff, 0x80000000, 0xffffffff};
    unsigned wrong = 0;

    for (unsigned c = 0; c < sizeof(handle_commands) / sizeof(handle_commands[0]); c++) {
        for (unsigned h = 0; h < sizeof(handles) / sizeof(handles[0]); h++) {
            uint32_t status;

            if (handles[h] == except)
                continue;
            status = psp_handle(handle_commands[c], handles[h]);
            if (status == want)
                continue;
            print("# command %x handle %x: status %x\n", handle_commands[c], handles[h], status);
            wrong++;
        }
    }
    return wrong;
}

static void bad_handles(void)
{
    uint32_t handle = 0;

    is(psp_init(0, 0, 0), ST_SUCCESS, "INIT again");
    is(wrong_answers(0xfffffffe, ST_INVALID_PLATFORM_STATE), 0,
       "guest commands without a guest: INVALID_PLATFORM_STATE");
    is(platform_state(), PLATFORM_INIT, "the platform has not changed");
    is(psp_launch_start(&handle, 1), ST_SUCCESS, "LAUNCH_START");
    is(wrong_answers(handle, ST_INVALID_GUEST), 0, "handles of no guest: INVALID_GUEST");
    is(platform_state(), PLATFORM_WORKING, "the platform has not changed");
    is(psp_handle(CMD_DECOMMISSION, handle), ST_SUCCESS, "DECOMMISSION");
}

void guest_main(void)
{
    trap_init();
    mbox_init();
    identification();
    access_sizes();
    narrow_command();
    unknown_commands();
    bad_buffers();
    every_alignment();
    states();
    bad_handles();
    done_testing();
}
