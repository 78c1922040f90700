/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Fuzz target: the built-in hypervisor, with a secure processor that gives any answer and writes
 * anything into the hypervisor's memory, and with calls in any order.
 *
 * Source: the contracts of bochs-plugin/hypervisor/hv.h. After each call it is checked that
 *   - the hypervisor has released all memory of its commands, and holds that of the VMSAs
 *   - each launched VMSA of a guest with SEV-ES can be read
 *   - a guest that is launching or running has a handle that no other guest has
 *   - only a stopped guest has a reason
 *   - a saved hypervisor is accepted, and restored it is the same, with the VMSAs of the machine's own
 *     guest, which are the only ones that are saved
 *   - changed VMSAs, and bytes that are none, are refused or can be saved again as they are
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

static int op_read_encrypted(void *machine, uint32_t asid, uint64_t spa, void *buf, size_t len)
{
    FUZZ_CHECK(machine == &hv && asid && asid <= HV_GUESTS_MAX && len == VMSA_SIZE);
    FUZZ_CHECK(hv_memory_valid(hv_memory(hv), spa, len));
    hv_memory_read(hv_memory(hv), spa, buf, len);
    return 0;
}

static const struct hv_ops ops = {
    .psp = op_psp, .wbinvd = op_wbinvd, .write = op_write, .read_encrypted = op_read_encrypted};

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

/* Return how many VMSAs there are. Each can be read, and none is after the last. */
static size_t check_vmsas(void)
{
    uint8_t vmsa[VMSA_SIZE];
    size_t vmsas = 0;

    for (unsigned index = 0; index < HV_GUESTS_MAX; index++) {
        const struct hv_guest *guest = hv_guest(hv, index);
        const unsigned n = hv_guest_vmsas(guest);

        FUZZ_CHECK(n <= HV_VMSAS_MAX && !hv_guest_vmsa(guest, n, vmsa));
        FUZZ_CHECK(!n || (hv_guest_vmsa(guest, 0, vmsa) && hv_guest_vmsa(guest, n - 1, vmsa)));
        vmsas += n;
    }
    return vmsas;
}

/* No command leaves memory behind. Only VMSAs and the trusted memory region of SEV-ES stay. */
static void check_memory(void)
{
    const struct hv_memory *memory = hv_memory(hv);
    const size_t tmr = (HV_TMR_BASE - HV_MEMORY_BASE) / HV_PAGE_SIZE;

    const size_t vmsas = check_vmsas(), pages = sizeof(memory->page) / sizeof(memory->page[0]);
    size_t used = 0;

    for (size_t i = 0; i < pages; i++)
        used += memory->page[i] != NULL;
    FUZZ_CHECK(used == vmsas || used == vmsas + (pages - tmr));
}

/* The VMSAs of the machine's own guest, in exactly the bytes that they need. */
static uint8_t *save_vmsas(size_t *len)
{
    uint8_t *saved;

    *len = HV_VMSAS_SAVE_SIZE(hv_guest_vmsas(hv_guest(hv, 0)));
    saved = malloc(*len);
    FUZZ_CHECK(saved && hv_save_vmsas(hv, saved, *len) == *len);
    FUZZ_CHECK(!hv_save_vmsas(hv, saved, *len - 1));
    FUZZ_CHECK(hv_save_vmsas(hv, saved, *len) == *len);
    return saved;
}

static void check_save(void)
{
    uint8_t first[HV_SAVE_MAX], second[HV_SAVE_MAX], *vmsas, *again;
    const unsigned cpus = hv_guest_vmsas(hv_guest(hv, 0));
    size_t len = hv_save(hv, first), vmsas_len, again_len;

    vmsas = save_vmsas(&vmsas_len);
    FUZZ_CHECK(!hv_check_saved_vmsas(vmsas, vmsas_len, cpus));
    FUZZ_CHECK(len <= sizeof(first) && !hv_check_saved(first, len));
    hv_restore(hv, first, len);
    FUZZ_CHECK(hv_guest_vmsas(hv_guest(hv, 0)) == 0);
    FUZZ_CHECK(hv_restore_vmsas(hv, vmsas, vmsas_len) == 0);
    FUZZ_CHECK(hv_save(hv, second) == len && memcmp(first, second, len) == 0);
    again = save_vmsas(&again_len);
    FUZZ_CHECK(again_len == vmsas_len && memcmp(vmsas, again, again_len) == 0);
    free(vmsas);
    free(again);
}

/* --- calls --- */

/* One VMSA for each of some CPUs; seldom as many as there can be. */
static void add_vmsas(struct hv_firmware *firmware)
{
    static uint8_t vmsas[HV_VMSAS_MAX][VMSA_SIZE];
    const uint8_t n = next8();

    firmware->n_vmsas = n == 0xff ? HV_VMSAS_MAX : n % 9;
    firmware->vmsas = firmware->n_vmsas ? (const uint8_t(*)[VMSA_SIZE])vmsas : NULL;
    for (unsigned cpu = 0; cpu < firmware->n_vmsas; cpu++)
        memset(vmsas[cpu], (int)(cpu + n), VMSA_SIZE);
}

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
    if (owner.policy & SEV_POLICY_ES)
        add_vmsas(&firmware);
    if (hv_guest_launch(guest, &owner, &firmware, failure))
        FUZZ_CHECK(hv_guest_state(guest) == HV_LAUNCHING &&
                   hv_guest_vmsas(guest) == firmware.n_vmsas);
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

/* Bytes for the loader of saved VMSAs that are none, near to right ones. */
static uint8_t *make_vmsas(size_t *len)
{
    const unsigned n = next8() % 9;
    const uint64_t page = (uint64_t)next8() << 4 | (next8() & 15);
    const uint64_t address = HV_MEMORY_BASE - HV_PAGE_SIZE + page * HV_PAGE_SIZE / 2;
    uint8_t *bytes;

    *len = HV_VMSAS_SAVE_SIZE(n);
    bytes = calloc(1, *len);
    FUZZ_CHECK(bytes);
    for (unsigned i = 0; i < 8; i++)
        bytes[i] = (uint8_t)(address >> 8 * i);
    bytes[8] = (uint8_t)n;
    return bytes;
}

/* Exactly as long as the loader may read, so that ASan sees a longer access. */
static uint8_t *cut(uint8_t *bytes, size_t *len)
{
    const uint8_t how = next8();
    uint8_t *copy;

    *len -= how % 4 ? 0 : how % (*len + 1);
    copy = malloc(*len ? *len : 1);
    FUZZ_CHECK(copy);
    memcpy(copy, bytes, *len);
    free(bytes);
    return copy;
}

static void restore_changed_vmsas(void)
{
    uint8_t machine[HV_SAVE_MAX], *again;
    size_t len, again_len, machine_len = hv_save(hv, machine);
    uint8_t *bytes = next8() & 1 ? make_vmsas(&len) : save_vmsas(&len);
    unsigned cpus = hv_guest_vmsas(hv_guest(hv, 0));
    const char *wrong;

    for (unsigned n = next8() % 4; n; n--)
        bytes[next8() % 16 % len] ^= next8();
    bytes = cut(bytes, &len);
    if (next8() & 1)
        cpus = len > 8 ? bytes[8] : next8();
    wrong = hv_check_saved_vmsas(bytes, len, cpus);
    FUZZ_CHECK(!wrong || wrong[0]);
    if (!wrong) {
        hv_restore(hv, machine, machine_len);
        if (!hv_restore_vmsas(hv, bytes, len)) {
            again = save_vmsas(&again_len);
            FUZZ_CHECK(again_len == len && memcmp(again, bytes, len) == 0);
            free(again);
        }
    }
    free(bytes);
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
        if (what & 8)
            restore_changed_vmsas();
        else
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
