/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Check that code in the machine can do a whole launch (launch=guest), and that each step returns
 * the right status code and leaves the right state. Measurement and secret are compared with
 * known_*, which other programs computed (launch_known.py).
 *
 * Sources: Linux include/linux/psp-sev.h (command buffers) and include/uapi/linux/psp-sev.h (status
 * codes). Which status a wrong state gives is in psp-model/COMMANDS.md, with its sources.
 */
#include "guest.h"
#include "launch_known.h"

#define REGION1     shared(0x10000) /* 8192 bytes */
#define REGION2     shared(0x20000) /* 4112 bytes */
#define BLOB        shared(0x30000)
#define HEADER      shared(0x31000)
#define DATA        shared(0x32000)
#define SECRET_PAGE shared(0x33000)
#define PHYS(at)    ((uintptr_t)(at))

static uint32_t handle;

static void start(void)
{
    struct guest_status s;

    is(psp_init(0, 0, 0), ST_SUCCESS, "INIT");
    handle = 0;
    is(psp_launch_start(&handle, 1), ST_SUCCESS, "LAUNCH_START");
    ok(handle != 0, "it gives a handle (%x)", handle);
    psp_guest_status(handle, &s);
    is(s.policy, 1, "the guest has the policy asked for");
    is(s.asid, 0, "no ASID yet");
    is(s.state, GUEST_LUPDATE, "state LUPDATE");
}

static void activate(void)
{
    struct guest_status s;

    is(psp_update_data(handle, PHYS(REGION1), 16), ST_INACTIVE, "LAUNCH_UPDATE_DATA, not active");
    is(psp_activate(handle, 0), ST_INVALID_ASID, "ACTIVATE with ASID 0");
    is(psp_activate(handle, 0xffffffff), ST_INVALID_ASID, "ACTIVATE with ASID 2^32-1");
    is(psp_activate(handle, 1), ST_DFFLUSH_REQUIRED, "ACTIVATE before the first DF_FLUSH");
    wbinvd();
    is(mbox_command(CMD_DF_FLUSH, 0), ST_SUCCESS, "DF_FLUSH");
    is(psp_activate(handle, 1), ST_SUCCESS, "ACTIVATE with ASID 1");
    is(psp_activate(handle, 2), ST_ACTIVE, "ACTIVATE once more");
    psp_guest_status(handle, &s);
    is(s.asid, 1, "the guest has ASID 1");
}

static void fill_region(uint8_t *at, unsigned len, unsigned seed)
{
    for (unsigned i = 0; i < len; i++)
        at[i] = (uint8_t)(seed + 7 * i);
}

static void update(void)
{
    uint32_t len = 48;

    fill_region(REGION1, 8192, 1);
    fill_region(REGION2, 4112, 2);
    is(psp_update_data(handle, PHYS(REGION1) + 8, 16), ST_INVALID_ADDRESS, "address not on 16");
    is(psp_update_data(handle, PHYS(REGION1), 24), ST_INVALID_LEN, "length no multiple of 16");
    is(psp_update_data(handle, PHYS(REGION1), 0), ST_INVALID_LEN, "length 0");
    is(psp_update_data(handle, 0xffffffffffff0ull, 16), ST_INVALID_ADDRESS, "address at 2^52-16");
    is(psp_update_data(handle, 0xfffffffffffffff0ull, 32), ST_INVALID_ADDRESS, "region wraps");
    is(psp_update_data(handle, 0x10000, 0xfffffff0), ST_INVALID_ADDRESS, "region ends beyond RAM");
    is(psp_measure(handle, PHYS(BLOB), &len), ST_SUCCESS, "LAUNCH_MEASURE is what ends LUPDATE");
    is(psp_update_data(handle, PHYS(REGION1), 16), ST_INVALID_GUEST_STATE, "no update after it");
    is(psp_handle(CMD_DEACTIVATE, handle), ST_SUCCESS, "DEACTIVATE");
    is(psp_handle(CMD_DECOMMISSION, handle), ST_SUCCESS, "DECOMMISSION: the launch is given up");
    is(psp_handle(CMD_GUEST_STATUS, handle), ST_INVALID_PLATFORM_STATE,
       "without its last guest the platform is no longer WORKING");
}

/* An ASID comes back only after WBINVD and DF_FLUSH. */
static void flush(void)
{
    uint32_t old = handle, status;

    handle = 0;
    is(psp_launch_start(&handle, 1), ST_SUCCESS, "a second guest");
    if (old != handle)
        is(psp_handle(CMD_GUEST_STATUS, old), ST_INVALID_GUEST, "the old handle names nobody");
    else
        skip("the old handle names nobody", "it was given out again");
    is(psp_activate(handle, 1), ST_DFFLUSH_REQUIRED, "ACTIVATE with the ASID just given back");
    is(mbox_command(CMD_DF_FLUSH, 0), ST_WBINVD_REQUIRED, "DF_FLUSH before WBINVD");
    wbinvd();
    status = mbox_command(CMD_DF_FLUSH, 0);
    is(status, ST_SUCCESS, "DF_FLUSH after it");
    is(psp_activate(handle, 1), ST_SUCCESS, "now the ASID is free");
}

static void measure(void)
{
    uint32_t len = 0;

    is(psp_update_data(handle, PHYS(REGION1), 8192), ST_SUCCESS, "LAUNCH_UPDATE_DATA");
    is(psp_update_data(handle, PHYS(REGION2), 4112), ST_SUCCESS, "LAUNCH_UPDATE_DATA");
    fill_region(BLOB, 4112, 2);
    ok(!memcmp(private_alias(REGION2), BLOB, 4112), "the guest reads its region through the C-bit");
    ok(memcmp(REGION2, BLOB, 16) && memcmp(REGION2 + 4096, BLOB + 4096, 16),
       "from its first to its last block it is ciphertext without");
    is(psp_measure(handle, 0, &len), ST_INVALID_LEN, "LAUNCH_MEASURE asks for the length");
    is(len, 48, "which is 48");
    psp_expect_state(handle, GUEST_LUPDATE, "asking changes no state");
    memset(BLOB, 0, 64);
    len = 47;
    is(psp_measure(handle, PHYS(BLOB), &len), ST_INVALID_LEN, "47 bytes are too few");
    len = 48;
    is(psp_measure(handle, ~0ull << 12, &len), ST_INVALID_ADDRESS, "no RAM there");
    psp_expect_state(handle, GUEST_LUPDATE, "nor does failing");
    len = 48;
    is(psp_measure(handle, PHYS(BLOB), &len), ST_SUCCESS, "LAUNCH_MEASURE");
    ok(!memcmp(BLOB, known_measurement, 48), "the measurement is the known one");
    psp_expect_state(handle, GUEST_LSECRET, "state LSECRET");
}

static void secret(void)
{
    struct secret s = {.header = PHYS(HEADER),
                       .header_len = sizeof(known_header),
                       .guest = PHYS(SECRET_PAGE),
                       .guest_len = sizeof(known_data),
                       .data = PHYS(DATA),
                       .data_len = sizeof(known_data)};
    struct secret short_header = s;

    memcpy(HEADER, known_header, sizeof(known_header));
    memcpy(DATA, known_data, sizeof(known_data));
    memset(SECRET_PAGE, 0, PAGE_4K);
    short_header.header_len = 51;
    is(psp_secret(handle, &short_header), ST_INVALID_LEN, "a header of 51 bytes");
    HEADER[20] ^= 1;
    is(psp_secret(handle, &s), ST_BAD_MEASUREMENT, "one bit of the MAC is wrong");
    HEADER[20] ^= 1;
    DATA[0] ^= 0x80;
    is(psp_secret(handle, &s), ST_BAD_MEASUREMENT, "one bit of the data is wrong");
    DATA[0] ^= 0x80;
    for (unsigned i = 0; i < sizeof(known_data); i++)
        BLOB[i] = SECRET_PAGE[i];
    is(BLOB[0] | BLOB[31], 0, "and nothing was injected");
    is(psp_secret(handle, &s), ST_SUCCESS, "LAUNCH_SECRET");
    ok(!memcmp(private_alias(SECRET_PAGE), known_secret, sizeof(known_data)),
       "the guest reads the secret through the C-bit");
    ok(memcmp(SECRET_PAGE, known_secret, 16), "without it the secret is ciphertext");
}

static void finish(void)
{
    uint8_t status[12];

    is(psp_handle(CMD_LAUNCH_FINISH, handle), ST_SUCCESS, "LAUNCH_FINISH");
    psp_expect_state(handle, GUEST_RUNNING, "state RUNNING");
    is(psp_handle(CMD_LAUNCH_FINISH, handle), ST_INVALID_GUEST_STATE, "it cannot be had twice");
    is(psp_platform_status(status), ST_SUCCESS, "PLATFORM_STATUS");
    ok(status[0] == 1 && status[1] == 55 && status[7] == 21, "API and build of the sev: line");
    is(status[2], PLATFORM_WORKING, "platform WORKING");
    is(get32(status + 8), 1, "one guest");
    is(psp_handle(CMD_DECOMMISSION, handle), ST_ACTIVE, "DECOMMISSION of an active guest");
    is(psp_handle(CMD_DEACTIVATE, handle), ST_SUCCESS, "DEACTIVATE");
    is(psp_handle(CMD_DEACTIVATE, handle), ST_INACTIVE, "DEACTIVATE twice");
    is(psp_handle(CMD_DECOMMISSION, handle), ST_SUCCESS, "DECOMMISSION");
    psp_platform_status(status);
    is(get32(status + 8), 0, "no guest is left");
}

void guest_main(void)
{
    trap_init();
    mbox_init();
    start();
    activate();
    update();
    flush();
    measure();
    secret();
    finish();
    done_testing();
}
