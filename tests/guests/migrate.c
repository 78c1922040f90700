/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Check that a guest can move from one platform to another and continue there, and what is refused
 * on the way. One machine boots this in role send, another one in role receive. Data from one to
 * the other leaves by port E9h as lines "wire NAME HEX" and comes back on the other's disk.
 *
 * Sources: Linux include/linux/psp-sev.h struct sev_data_send_start to struct
 * sev_data_receive_finish. The test around it: tests/interop/migrate.tap. The code that moves:
 * migrate_workload.S.
 *
 * The first guest that is activated is the machine itself: its memory is read and executed through
 * the C-bit at private_alias().
 *
 * Arguments: role (1 send, 2 receive, 3 a chip for which the guest is not intended), steps, done
 * (the steps that the workload did before it came), aes (1: memory is really encrypted), renew (1:
 * the receiver changes its PDH at the end).
 */
#include "guest.h"

#define NODBG  0x01u
#define NOSEND 0x08u
#define DOMAIN 0x10u
#define SEV    0x20u
#define POLICY (NODBG | SEV)

#define CERT_LEN    2084u
#define CHAIN_LEN   (3 * CERT_LEN)
#define ROOTS_LEN   3200u
#define SESSION_LEN 128u
#define HEADER_LEN  52u
#define PACKET_LEN  (HEADER_LEN + (uint32_t)PAGE_4K)

/* Files on the disk from sector 1024 on, 8 KiB each; in memory at slot(). */
enum { DISK_FILES = 1024, FILE_SECTORS = 16, SLOT_SIZE = 512 * FILE_SECTORS };
enum { WORKLOAD, TARGET_PDH, TARGET_CHAIN, ROOTS, OTHER_PDH, SENDER_FILES };
enum { SOURCE_PDH, SESSION, PACKET0, PACKET1, STALE, STRANGER_PDH, RECEIVER_FILES };
/* Made here by the sender. */
enum { OWN_PDH = SENDER_FILES, OWN_CHAIN, OWN_SESSION, OWN_PACKET };

#define COMMAND       shared(0)
#define WORK_SENDER   shared(0x100000) /* two pages */
#define WORK_RECEIVER shared(0x143000)
#define PHYS(at)      ((uintptr_t)(at))

static uint32_t handle;
static uint8_t *work; /* where the workload is, raw memory contents */
static uint64_t done; /* its steps so far */

static uint8_t *slot(unsigned n)
{
    return shared(0x10000 + n * SLOT_SIZE);
}

/* --- the disk: programmed I/O, ATA-1 READ SECTORS --------------------------------------------- */

static void disk_wait(void)
{
    for (unsigned i = 0; i < 10000000; i++) {
        uint8_t status = inb(0x1f7);

        if (status & 0x80) /* BSY */
            continue;
        if (status & 0x01)
            break;
        if (status & 0x08) /* DRQ */
            return;
    }
    bail_out("the disk does not answer");
}

static void read_files(unsigned n)
{
    for (unsigned file = 0; file < n; file++) {
        uint32_t lba = DISK_FILES + file * FILE_SECTORS;
        uint16_t *to = (uint16_t *)slot(file);

        outb(0x1f6, (uint8_t)(0xe0 | lba >> 24));
        outb(0x1f2, FILE_SECTORS);
        outb(0x1f3, (uint8_t)lba);
        outb(0x1f4, (uint8_t)(lba >> 8));
        outb(0x1f5, (uint8_t)(lba >> 16));
        outb(0x1f7, 0x20);
        for (unsigned sector = 0; sector < FILE_SECTORS; sector++) {
            disk_wait();
            for (unsigned i = 0; i < 256; i++)
                *to++ = inw(0x1f0);
        }
    }
}

/* --- the wire --------------------------------------------------------------------------------- */

static void wire(const char *name, const uint8_t *at, unsigned len)
{
    for (unsigned i = 0; i < len; i++) {
        if (i % 64 == 0)
            print("%swire %s ", i ? "\n" : "", name);
        print("%02x", at[i]);
    }
    print("\n");
}

/* --- what both roles need --------------------------------------------------------------------- */

static void power_on(void)
{
    trap_init();
    mbox_init();
    is(psp_init(0, 0, 0), ST_SUCCESS, "INIT");
    wbinvd();
    is(mbox_command(CMD_DF_FLUSH, 0), ST_SUCCESS, "DF_FLUSH");
}

/* Run the workload where it is, and show what it has counted. */
static void run_workload(const char *name)
{
    uint64_t steps = argument("steps", 1), data[2];
    uint8_t *code = private_alias(work);
    struct fault fault;

    fault = trap_call((void (*)(void *))(uintptr_t)code, (void *)(uintptr_t)steps);
    is((unsigned)fault.vector, (unsigned)FAULT_NONE, name);
    done += steps;
    memcpy(data, code + PAGE_4K, sizeof(data));
    is(data[0], done, "its counter");
    print("# state %llx\n", (llu)data[1]);
}

/* One page of the workload as a packet: header, then data. */
static struct secret packet(unsigned at, unsigned page)
{
    return (struct secret){.header = PHYS(slot(at)),
                           .header_len = HEADER_LEN,
                           .guest = PHYS(work) + page * PAGE_4K,
                           .guest_len = PAGE_4K,
                           .data = PHYS(slot(at)) + HEADER_LEN,
                           .data_len = PAGE_4K};
}

/* Check that raw memory differs from what the workload sees of its data. */
static void expect_encrypted(void)
{
    static uint8_t seen[2][64];

    memcpy(seen[0], private_alias(work) + PAGE_4K, 64);
    memcpy(seen[1], work + PAGE_4K, 64);
    is(memcmp(seen[0], seen[1], 64) != 0, argument("aes", 0),
       "its data in raw memory is ciphertext");
}

/* --- send ------------------------------------------------------------------------------------- */

static void launch_workload(void)
{
    uint32_t len = 48;

    work = WORK_SENDER;
    memcpy(work, slot(WORKLOAD), 2 * PAGE_4K);
    is(psp_launch_start(&handle, POLICY), ST_SUCCESS, "LAUNCH_START");
    is(psp_activate(handle, 1), ST_SUCCESS, "ACTIVATE");
    is(psp_update_data(handle, PHYS(work), PAGE_4K), ST_SUCCESS, "its code is launched");
    is(psp_update_data(handle, PHYS(work) + PAGE_4K, PAGE_4K), ST_SUCCESS, "its data is launched");
    is(psp_measure(handle, PHYS(slot(OWN_SESSION)), &len), ST_SUCCESS, "LAUNCH_MEASURE");
    is(psp_handle(CMD_LAUNCH_FINISH, handle), ST_SUCCESS, "LAUNCH_FINISH");
    run_workload("the workload runs on its first platform");
    expect_encrypted();
}

/* `pdh` names the file with the target's PDH. */
static uint32_t send_start(uint32_t guest, unsigned pdh, uint32_t session_len)
{
    memset(COMMAND, 0, 0x44);
    put32(COMMAND, guest);
    put64(COMMAND + 0x08, PHYS(slot(pdh)));
    put32(COMMAND + 0x10, CERT_LEN);
    put64(COMMAND + 0x18, PHYS(slot(TARGET_CHAIN)));
    put32(COMMAND + 0x20, CHAIN_LEN);
    put64(COMMAND + 0x28, PHYS(slot(ROOTS)));
    put32(COMMAND + 0x30, ROOTS_LEN);
    put64(COMMAND + 0x38, session_len ? PHYS(slot(OWN_SESSION)) : 0);
    put32(COMMAND + 0x40, session_len);
    return mbox_command(CMD_SEND_START, PHYS(COMMAND));
}

/* One byte of a file is changed, and put back. */
static void send_start_changed(unsigned file, uint32_t byte, uint32_t status, const char *name)
{
    slot(file)[byte] ^= 1;
    is(send_start(handle, TARGET_PDH, SESSION_LEN), status, name);
    slot(file)[byte] ^= 1;
}

/* Another guest that may not go there. */
static void refuse_policy(uint32_t policy, const char *name)
{
    uint32_t guest = 0, len = 48;

    is(psp_launch_start(&guest, policy), ST_SUCCESS, "another guest");
    is(psp_measure(guest, PHYS(slot(OWN_SESSION)), &len), ST_SUCCESS, "is measured");
    is(psp_handle(CMD_LAUNCH_FINISH, guest), ST_SUCCESS, "and finished");
    is(send_start(guest, TARGET_PDH, SESSION_LEN), ST_POLICY_FAILURE, name);
    is(psp_handle(CMD_DECOMMISSION, guest), ST_SUCCESS, "it stays, and ends");
}

static void refuse_targets(void)
{
    struct secret s = packet(OWN_PACKET, 0);

    is(psp_packet(CMD_SEND_UPDATE_DATA, handle, &s), ST_INVALID_GUEST_STATE,
       "no packet before SEND_START");
    is(send_start(handle, TARGET_PDH, 0), ST_INVALID_LEN, "SEND_START asks for the length");
    is(get32(COMMAND + 0x40), SESSION_LEN, "which is 128");
    is(send_start(handle, OTHER_PDH, SESSION_LEN), ST_BAD_SIGNATURE, "the PDH of another chip");
    send_start_changed(TARGET_PDH, 0x14, ST_INVALID_CERTIFICATE, "a PDH that is off the curve");
    send_start_changed(TARGET_PDH, 0x424, ST_BAD_SIGNATURE, "a changed byte in its signature");
    send_start_changed(TARGET_CHAIN, 0x424, ST_BAD_SIGNATURE, "one in a signature of the PEK");
    send_start_changed(TARGET_CHAIN, 2 * CERT_LEN + 8, ST_INVALID_CERTIFICATE,
                       "one in the kind of the CEK");
    send_start_changed(ROOTS, ROOTS_LEN - 600, ST_INVALID_CERTIFICATE,
                       "an ARK that is not the platform's");
    refuse_policy(NOSEND, "policy NOSEND");
    refuse_policy(DOMAIN, "policy DOMAIN, and the target has another owner");
    psp_expect_state(handle, GUEST_RUNNING, "the guest is RUNNING as before");
}

/* A journey that is called off. Its packet goes out, too, and must be good for nothing. */
static void cancelled_journey(void)
{
    struct secret s = packet(OWN_PACKET, 1);

    is(send_start(handle, TARGET_PDH, SESSION_LEN), ST_SUCCESS, "SEND_START");
    is(psp_packet(CMD_SEND_UPDATE_DATA, handle, &s), ST_SUCCESS, "SEND_UPDATE_DATA");
    wire("stale", slot(OWN_PACKET), PACKET_LEN);
    is(psp_handle(CMD_SEND_CANCEL, handle), ST_SUCCESS, "SEND_CANCEL");
    run_workload("the workload goes on where it was");
}

static void journey(void)
{
    is(send_start(handle, TARGET_PDH, SESSION_LEN), ST_SUCCESS, "SEND_START");
    is(get32(COMMAND + 4), POLICY, "it shows the policy");
    psp_expect_state(handle, GUEST_SUPDATE, "state SUPDATE");
    wire("session", slot(OWN_SESSION), SESSION_LEN);
    for (unsigned page = 0; page < 2; page++) {
        struct secret s = packet(OWN_PACKET, page);

        is(psp_packet(CMD_SEND_UPDATE_DATA, handle, &s), ST_SUCCESS, "SEND_UPDATE_DATA");
        wire(page ? "packet1" : "packet0", slot(OWN_PACKET), PACKET_LEN);
    }
    is(psp_handle(CMD_SEND_FINISH, handle), ST_SUCCESS, "SEND_FINISH");
    psp_expect_state(handle, GUEST_SENT, "state SENT");
}

static void end_of_journey(void)
{
    struct secret s = packet(OWN_PACKET, 0);

    is(psp_packet(CMD_SEND_UPDATE_DATA, handle, &s), ST_INVALID_GUEST_STATE, "no packet after it");
    is(send_start(handle, TARGET_PDH, SESSION_LEN), ST_INVALID_GUEST_STATE,
       "nobody is sent to two places");
    is(psp_handle(CMD_SEND_CANCEL, handle), ST_INVALID_GUEST_STATE, "nor called back");
    is(psp_handle(CMD_DEACTIVATE, handle), ST_SUCCESS, "DEACTIVATE");
    is(psp_handle(CMD_DECOMMISSION, handle), ST_SUCCESS, "DECOMMISSION");
}

static void export_pdh(void)
{
    memset(COMMAND, 0, 0x1c);
    put64(COMMAND + 0x00, PHYS(slot(OWN_PDH)));
    put32(COMMAND + 0x08, CERT_LEN);
    put64(COMMAND + 0x10, PHYS(slot(OWN_CHAIN)));
    put32(COMMAND + 0x18, CHAIN_LEN);
    is(mbox_command(CMD_PDH_CERT_EXPORT, PHYS(COMMAND)), ST_SUCCESS, "PDH_CERT_EXPORT");
    wire("pdh", slot(OWN_PDH), CERT_LEN);
}

static void send(void)
{
    read_files(SENDER_FILES);
    export_pdh();
    launch_workload();
    refuse_targets();
    cancelled_journey();
    journey();
    end_of_journey();
}

/* --- receive ---------------------------------------------------------------------------------- */

struct session {
    uint32_t policy;
    unsigned pdh, len;
};
static const struct session right = {POLICY, SOURCE_PDH, SESSION_LEN};

static uint32_t receive_start(struct session s)
{
    uint32_t status;

    memset(COMMAND, 0, 0x24);
    put32(COMMAND + 0x04, s.policy);
    put64(COMMAND + 0x08, PHYS(slot(s.pdh)));
    put32(COMMAND + 0x10, CERT_LEN);
    put64(COMMAND + 0x18, PHYS(slot(SESSION)));
    put32(COMMAND + 0x20, s.len);
    status = mbox_command(CMD_RECEIVE_START, PHYS(COMMAND));
    handle = get32(COMMAND);
    return status;
}

static void receive_start_changed(unsigned file, uint32_t byte, uint32_t status, const char *name)
{
    slot(file)[byte] ^= 1;
    is(receive_start(right), status, name);
    slot(file)[byte] ^= 1;
}

static void refuse_sessions(void)
{
    struct session s = right;
    uint8_t status[12];

    s.len = SESSION_LEN - 1;
    is(receive_start(s), ST_INVALID_LEN, "RECEIVE_START with 127 bytes of session");
    s = right;
    s.policy = SEV;
    is(receive_start(s), ST_BAD_MEASUREMENT, "with a weaker policy");
    s = right;
    s.pdh = STRANGER_PDH;
    is(receive_start(s), ST_BAD_MEASUREMENT, "from another platform than it says");
    receive_start_changed(SOURCE_PDH, 0x14, ST_INVALID_CERTIFICATE, "with a PDH off the curve");
    receive_start_changed(SESSION, 0x00, ST_BAD_MEASUREMENT, "with a changed nonce");
    receive_start_changed(SESSION, 0x10, ST_BAD_MEASUREMENT, "with changed keys");
    receive_start_changed(SESSION, 0x40, ST_BAD_MEASUREMENT, "with a changed MAC");
    receive_start_changed(SESSION, 0x60, ST_BAD_MEASUREMENT, "with a changed policy MAC");
    psp_platform_status(status);
    is(get32(status + 8), 0, "no guest came of it");
}

/* The packet of file `at` with one byte changed. */
static void receive_changed(unsigned at, uint32_t byte, const char *name)
{
    struct secret s = packet(at, at - PACKET0);

    slot(at)[byte] ^= 1;
    is(psp_packet(CMD_RECEIVE_UPDATE_DATA, handle, &s), ST_BAD_MEASUREMENT, name);
    slot(at)[byte] ^= 1;
}

static void refuse_packets(void)
{
    struct secret s = packet(PACKET0, 0), stale = packet(STALE, 1);
    uint8_t sum = 0;

    receive_changed(PACKET0, HEADER_LEN, "the first byte of a page changed");
    receive_changed(PACKET1, PACKET_LEN - 1, "the last one changed");
    receive_changed(PACKET0, 4, "its IV changed");
    receive_changed(PACKET1, HEADER_LEN - 1, "its MAC changed");
    s.data = PHYS(slot(PACKET1)) + HEADER_LEN;
    is(psp_packet(CMD_RECEIVE_UPDATE_DATA, handle, &s), ST_BAD_MEASUREMENT,
       "the header of one page with the data of the other");
    s = packet(PACKET0, 0);
    s.guest_len = s.data_len = PAGE_4K / 2;
    is(psp_packet(CMD_RECEIVE_UPDATE_DATA, handle, &s), ST_BAD_MEASUREMENT, "half a page");
    is(psp_packet(CMD_RECEIVE_UPDATE_DATA, handle, &stale), ST_BAD_MEASUREMENT,
       "a packet of a journey that was called off");
    is(psp_packet(CMD_LAUNCH_SECRET, handle, &stale), ST_INVALID_GUEST_STATE,
       "a packet taken for a secret");
    for (unsigned i = 0; i < 2 * PAGE_4K; i++)
        sum |= work[i];
    is(sum, 0, "not a byte of memory was changed");
    psp_expect_state(handle, GUEST_RUPDATE, "the guest is still expected");
}

static void receive_workload(void)
{
    struct secret s = packet(PACKET0, 0);

    is(receive_start(right), ST_SUCCESS, "RECEIVE_START");
    psp_expect_state(handle, GUEST_RUPDATE, "state RUPDATE");
    is(psp_packet(CMD_RECEIVE_UPDATE_DATA, handle, &s), ST_INACTIVE, "no page before ACTIVATE");
    is(psp_activate(handle, 1), ST_SUCCESS, "ACTIVATE");
    refuse_packets();
    /* The MAC covers flags, IV, lengths and data, but no address: the order is free, and where a
     * page goes is the hypervisor's word. */
    s.guest += PAGE_4K;
    is(psp_packet(CMD_RECEIVE_UPDATE_DATA, handle, &s), ST_SUCCESS, "a packet has no address");
    for (unsigned page = 2; page-- > 0;) {
        s = packet(PACKET0 + page, page);
        is(psp_packet(CMD_RECEIVE_UPDATE_DATA, handle, &s), ST_SUCCESS, "RECEIVE_UPDATE_DATA");
    }
    is(psp_handle(CMD_RECEIVE_FINISH, handle), ST_SUCCESS, "RECEIVE_FINISH");
    psp_expect_state(handle, GUEST_RUNNING, "state RUNNING");
    is(psp_packet(CMD_RECEIVE_UPDATE_DATA, handle, &s), ST_INVALID_GUEST_STATE,
       "a packet once more, after it");
    run_workload("the workload goes on");
    expect_encrypted();
}

/* A session is good for one PDH, as often as it likes. */
static void renew_pdh(void)
{
    uint32_t moved = handle;

    is(mbox_command(CMD_PDH_GEN, 0), ST_SUCCESS, "PDH_GEN");
    is(receive_start(right), ST_BAD_MEASUREMENT, "with a new PDH the session opens no more");
    handle = moved;
    run_workload("the guest that came is not disturbed");
}

static void receive(void)
{
    read_files(RECEIVER_FILES);
    work = WORK_RECEIVER;
    done = argument("done", 0);
    memset(work, 0, 2 * PAGE_4K);
    refuse_sessions();
    receive_workload();
    if (argument("renew", 0))
        renew_pdh();
    is(psp_handle(CMD_DEACTIVATE, handle), ST_SUCCESS, "DEACTIVATE");
    is(psp_handle(CMD_DECOMMISSION, handle), ST_SUCCESS, "DECOMMISSION");
}

/* --- a chip for which the guest is not meant -------------------------------------------------- */

static void stranger(void)
{
    uint8_t status[12];

    read_files(RECEIVER_FILES);
    is(receive_start(right), ST_BAD_MEASUREMENT, "RECEIVE_START with a session for another chip");
    psp_platform_status(status);
    is(get32(status + 8), 0, "no guest came of it");
    handle = 0;
    is(psp_launch_start(&handle, POLICY), ST_SUCCESS, "a guest of its own is launched");
    psp_expect_state(handle, GUEST_LUPDATE, "state LUPDATE");
    is(psp_handle(CMD_DECOMMISSION, handle), ST_SUCCESS, "DECOMMISSION");
}

void guest_main(void)
{
    static void (*const roles[])(void) = {NULL, send, receive, stranger};
    uint64_t role = argument("role", 0);

    if (role < 1 || role > 3)
        bail_out("no role");
    power_on();
    roles[role]();
    done_testing();
}
