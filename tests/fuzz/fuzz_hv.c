/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Fuzz target: the built-in hypervisor, with a secure processor that gives any answer and writes
 * anything into the hypervisor's memory, and with calls in any order.
 *
 * Source: the contracts of bochs-plugin/hypervisor/hv.h. After each call it is checked that
 *   - the hypervisor has released all memory of its commands
 *   - a guest that is launching or running has a handle that no other guest has
 *   - only a stopped guest has a reason
 *   - a saved hypervisor is accepted, and restored it is the same
 *
 * Input: steps; each is a byte for the call and its guest, then what the call and the answers of
 * the secure processor take.
 */
#include "fuzz.h"

#include <errno.h>
#include <string.h>

#include "hypervisor/hv.h"

#define STEPS 64u

static const uint8_t *input;
static size_t input_left;
static struct hv *hv;

static uint8_t next8(void)
{
    uint8_t v = 0;

    fuzz_take(&input, &input_left, &v, 1);
    return v;
}

/* --- the machine --- */

/* Write bytes of the input somewhere into the hypervisor's memory. */
static void scribble(uint64_t buffer)
{
    uint8_t bytes[32], n = next8() % sizeof(bytes);
    uint64_t spa = buffer + (uint64_t)next8() * (next8() % 2 ? 1 : 64);

    for (unsigned i = 0; i < n; i++)
        bytes[i] = next8();
    if (hv_memory_valid(hv_memory(hv), spa, n))
        hv_memory_write(hv_memory(hv), spa, bytes, n);
}

static enum sev_status op_psp(void *machine, uint16_t command, uint64_t buffer)
{
    uint8_t answer = next8();

    FUZZ_CHECK(machine == &hv);
    FUZZ_CHECK((buffer == 0) == (command == SEV_CMD_DF_FLUSH));
    FUZZ_CHECK(!buffer || hv_memory_valid(hv_memory(hv), buffer, SEV_COMMAND_SIZE_MAX));
    if (buffer && answer & 1)
        scribble(buffer);
    return answer & 0x80 ? (enum sev_status)next8() : SEV_STATUS_SUCCESS;
}

static void op_wbinvd(void *machine)
{
    FUZZ_CHECK(machine == &hv);
}

static int op_write(void *machine, uint64_t gpa, const void *data, size_t len)
{
    FUZZ_CHECK(machine == &hv && data && len == KERNEL_HASHES_SIZE);
    return gpa & 1 ? -EFAULT : 0;
}

static const struct hv_ops ops = {.psp = op_psp, .wbinvd = op_wbinvd, .write = op_write};

/* --- what must always hold --- */

static void check_guest(unsigned index)
{
    const struct hv_guest *guest = hv_guest(hv, index);
    enum hv_state state = hv_guest_state(guest);
    uint32_t handle = hv_guest_handle(guest);

    FUZZ_CHECK(hv_guest_asid(guest) == index + 1);
    FUZZ_CHECK((state == HV_STOPPED) == (hv_guest_stop_reason(guest) != HV_STOP_NONE));
    FUZZ_CHECK((state == HV_LAUNCHING || state == HV_RUNNING ||
                hv_guest_stop_reason(guest) == HV_STOP_FINISH) == (handle != 0));
    for (unsigned i = 0; i < index; i++)
        FUZZ_CHECK(!handle || hv_guest_handle(hv_guest(hv, i)) != handle);
}

/* No command leaves memory behind. Only the trusted memory region of SEV-ES stays. */
static void check_memory(void)
{
    const struct hv_memory *memory = hv_memory(hv);
    const size_t tmr = (HV_TMR_BASE - HV_MEMORY_BASE) / HV_PAGE_SIZE;

    for (size_t i = 0; i < tmr; i++)
        FUZZ_CHECK(!memory->page[i]);
    for (size_t i = tmr; i < sizeof(memory->page) / sizeof(memory->page[0]); i++)
        FUZZ_CHECK(!memory->page[i] == !memory->page[tmr]);
}

static void check_save(void)
{
    uint8_t first[HV_SAVE_MAX], second[HV_SAVE_MAX];
    size_t len = hv_save(hv, first);

    FUZZ_CHECK(len <= sizeof(first) && !hv_check_saved(first, len));
    hv_restore(hv, first, len);
    FUZZ_CHECK(hv_save(hv, second) == len && memcmp(first, second, len) == 0);
}

/* --- calls --- */

static void launch(struct hv_guest *guest, struct hv_failure *failure)
{
    static uint8_t certificate[CERT_SIZE], session[SESSION_SIZE], hashes[KERNEL_HASHES_SIZE];
    const bool has_session = next8() & 1;
    const struct hv_owner owner = {next8(), has_session ? session : NULL,
                                   has_session ? certificate : NULL};
    struct hv_firmware firmware = {.bios = {"BIOS", 0xf0000, next8()}, .is_ovmf = next8() & 1};

    firmware.n_option_roms = next8() % (HV_OPTION_ROMS_MAX + 1);
    for (unsigned i = 0; i < firmware.n_option_roms; i++)
        firmware.option_roms[i] = (struct hv_region){"ROM", 0xc0000, next8()};
    firmware.hashes_gpa = next8();
    firmware.hashes = next8() & 1 ? hashes : NULL;
    if (hv_guest_launch(guest, &owner, &firmware, failure))
        FUZZ_CHECK(hv_guest_state(guest) == HV_LAUNCHING);
    else
        FUZZ_CHECK(failure->step && failure->what && failure->words);
}

static void inject(struct hv_guest *guest, struct hv_failure *failure)
{
    static const uint8_t header[PACKET_HEADER_SIZE], data[0x5000];
    const struct hv_secret secret = {header, data, next8() * 64u, 0x1000};

    (void)hv_guest_inject(guest, &secret, failure);
}

/* Exactly as large as the call may use, so that ASan sees a longer answer. */
static void attest(struct hv_guest *guest, struct hv_failure *failure)
{
    size_t cap = next8() * 8u, len = 0;
    uint8_t mnonce[16] = {1}, *report = malloc(cap ? cap : 1);

    FUZZ_CHECK(report);
    if (hv_guest_attest(guest, mnonce, report, cap, &len, failure))
        FUZZ_CHECK(len <= cap);
    free(report);
}

static void restore_changed(void)
{
    uint8_t saved[HV_SAVE_MAX], *copy;
    size_t len = hv_save(hv, saved);
    uint8_t at = next8();

    saved[at % len] ^= next8();
    len -= at % 4 == 3;
    copy = malloc(len);
    FUZZ_CHECK(copy);
    memcpy(copy, saved, len);
    if (!hv_check_saved(copy, len))
        hv_restore(hv, copy, len);
    free(copy);
}

static void step(void)
{
    static uint8_t pdh[CERT_SIZE], chain[CERT_CHAIN_SIZE], id[HV_ID_SIZE];
    uint8_t what = next8();
    struct hv_guest *guest = hv_guest(hv, what >> 4 & 7);
    struct hv_failure failure = {0};

    switch (what & 7) {
    case 0:
    case 1:
        launch(guest, &failure);
        break;
    case 2:
        inject(guest, &failure);
        break;
    case 3:
        (void)hv_guest_finish(guest, &failure);
        break;
    case 4:
        attest(guest, &failure);
        break;
    case 5:
        hv_guest_take_down(guest);
        FUZZ_CHECK(hv_guest_state(guest) == HV_OFF);
        break;
    case 6:
        (void)hv_export(hv, pdh, chain, id, &failure);
        break;
    default:
        restore_changed();
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    input = data;
    input_left = size;
    hv = hv_new(&ops, &hv);
    FUZZ_CHECK(hv);
    for (unsigned i = 0; i < STEPS && input_left; i++) {
        step();
        check_memory();
        for (unsigned index = 0; index < HV_GUESTS_MAX; index++)
            check_guest(index);
        check_save();
    }
    hv_free(hv);
    return 0;
}
