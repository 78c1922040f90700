/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Check that the PSP answers whatever a guest sends, and that it still works afterwards. Random
 * commands with half-plausible buffers: real handles and wrong ones, addresses in the shared
 * window, at its edges, beyond RAM and beyond 2^52, lengths from 0 to 4 GiB, odd bits anywhere.
 * Then everything is released, and a launch must work.
 *
 * Source: Linux drivers/crypto/ccp/sev-dev.c __sev_do_cmd_locked() (every command ends with a
 * status) and include/uapi/linux/psp-sev.h sev_ret_code (the status codes).
 *
 * Arguments: seed, rounds.
 */
#include "guest.h"

#define RAM_END     (64ull << 20)
#define LAST_STATUS 0x27u
#define BUFFER_SIZE 0x48u

static uint64_t random_state;

/* xorshift64*: reproducible on every machine. */
static uint32_t random(uint32_t below)
{
    random_state ^= random_state >> 12;
    random_state ^= random_state << 25;
    random_state ^= random_state >> 27;
    return (uint32_t)(((random_state * 0x2545f4914f6cdd1dull) >> 32) % below);
}

/* Never RAM below the window, because the PSP may write to the address that it gets. */
static uint64_t random_address(void)
{
    switch (random(8)) {
    case 0:
        return RAM_END - 32 + random(64);
    case 1:
        return (1ull << (30 + random(34))) - random(64);
    case 2:
        return ~0ull - random(4096);
    case 3:
        return 0xfec00000ull + random(0x1400000);
    default:
        return SHARED_WINDOW + PAGE_4K + random(64) * 0x1000 + (random(4) ? 0 : random(64));
    }
}

static uint64_t random_length(void)
{
    static const uint32_t lengths[] = {0, 1, 15, 16, 48, 52, 64, 128, 208, 2084, 4096, 6252, 8192};

    return random(4) ? lengths[random(13)] : random(0xffffffff);
}

static uint16_t random_command(void)
{
    static const uint8_t groups[] = {0x00, 0x20, 0x30, 0x40, 0x50, 0x60, 0x70};
    static const uint8_t launch[] = {CMD_INIT,           CMD_LAUNCH_START,  CMD_DF_FLUSH,
                                     CMD_ACTIVATE,       CMD_ACTIVATE,      CMD_LAUNCH_UPDATE_DATA,
                                     CMD_LAUNCH_MEASURE, CMD_LAUNCH_FINISH, CMD_GUEST_STATUS};

    if (random(2))
        return launch[random(9)];
    return (uint16_t)(random(16) ? groups[random(7)] + random(16) : random(0x800));
}

/* Offsets 0 and 4 are a handle and a small word nearly everywhere, 8 an address, 10h a length, or
 * an address again in the commands below. After it they alternate: a length there has odd bits in
 * its upper half, so that it is no low address for a command that takes it for one. */
static void fill_command(uint8_t *at, uint16_t command)
{
    bool address =
        command == CMD_PDH_CERT_EXPORT || command == CMD_DBG_DECRYPT || command == CMD_DBG_ENCRYPT;

    put32(at, random(8) ? random(4) : random(0xffffffff));
    put32(at + 4, random(4) ? random(2) : random(0xffffffff));
    if (random(2) && command <= CMD_LAUNCH_START) { /* INIT, LAUNCH_START: nothing but the handle */
        memset(at + 8, 0, BUFFER_SIZE - 8);
        return;
    }
    put64(at + 8, random_address());
    put64(at + 0x10, address || !random(8) ? random_address() : random_length());
    for (unsigned offset = 0x18; offset < BUFFER_SIZE; offset += 8)
        put64(at + offset,
              random(2) ? random_address() : 1ull << (40 + random(20)) | random_length());
}

static void storm(unsigned rounds)
{
    uint8_t *at = (uint8_t *)(uintptr_t)SHARED_WINDOW;
    unsigned succeeded = 0, silent = 0, strange = 0;

    for (unsigned i = 0; i < rounds; i++) {
        uint16_t command = random_command();
        uint32_t status;

        fill_command(at, command);
        if (!random(16))
            wbinvd();
        status = mbox_command(command, random(16) ? (uintptr_t)at : random_address());
        succeeded += status == ST_SUCCESS;
        silent += status == MBOX_NO_ANSWER;
        if (status > LAST_STATUS && status != MBOX_NO_ANSWER) {
            print("# command %x: status %x\n", command, status);
            strange++;
        }
    }
    print("# %u commands, %u succeeded\n", rounds, succeeded);
    is(silent, 0, "every command was answered");
    is(strange, 0, "with a status that exists");
    ok(succeeded > rounds / 100, "some were good ones (%u)", succeeded);
}

/* The processor as new: SHUTDOWN takes all guests with it. */
static void sound(void)
{
    uint8_t status[12];
    uint32_t handle = 0, len = 48;

    (void)mbox_command(CMD_SHUTDOWN, 0);
    is(psp_platform_status(status), ST_SUCCESS, "PLATFORM_STATUS");
    is(status[2], PLATFORM_UNINIT, "the platform is UNINIT after SHUTDOWN");
    is(get32(status + 8), 0, "no guest is left");
    is(psp_init(0, 0, 0), ST_SUCCESS, "INIT");
    is(psp_launch_start(&handle, 1), ST_SUCCESS, "LAUNCH_START");
    wbinvd();
    is(mbox_command(CMD_DF_FLUSH, 0), ST_SUCCESS, "DF_FLUSH");
    is(psp_activate(handle, 1), ST_SUCCESS, "ACTIVATE");
    is(psp_update_data(handle, (uintptr_t)shared(0), 4096), ST_SUCCESS, "LAUNCH_UPDATE_DATA");
    is(psp_measure(handle, (uintptr_t)shared(0x1000), &len), ST_SUCCESS, "LAUNCH_MEASURE");
    is(psp_handle(CMD_LAUNCH_FINISH, handle), ST_SUCCESS, "LAUNCH_FINISH");
}

void guest_main(void)
{
    trap_init();
    mbox_init();
    random_state = argument("seed", 1);
    storm((unsigned)argument("rounds", 1000));
    sound();
    done_testing();
}
