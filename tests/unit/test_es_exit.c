/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Tests of the GHCB page protocol: what each exit needs and answers, with both versions of the
 * protocol, and what a hostile page cannot do.
 *
 * The table of inputs is what Linux arch/x86/kvm/svm/sev.c sev_es_validate_vmgexit() demands; the
 * order of errors is that function's.
 */
#include "es_request.h"

#include <stdlib.h>
#include <string.h>

#include "protocol/exit_code.h"

#define OUTSIDE UINT64_C(0x8ff0) /* a scratch area outside the GHCB, near the end of a page */

#define GP           GHCB_ISSUE_EXCEPTION, 0x8000030d
#define ERROR(error) GHCB_MALFORMED_INPUT, error

/* --- every exit, with every input missing --- */

enum { RAX = 1, RCX = 2, RDX = 4, CPL = 8, SCRATCH = 16, XCR0 = 32 };

static const struct {
    int bit;
    enum ghcb_offset field;
} inputs[] = {
    {RAX, GHCB_RAX},
    {RCX, GHCB_RCX},
    {RDX, GHCB_RDX},
    {CPL, GHCB_CPL},
    {SCRATCH, GHCB_SW_SCRATCH},
    {XCR0, GHCB_XCR0},
};

/* A request that is in order, its inputs, and its answer. */
static const struct {
    uint32_t code;
    uint64_t info1, info2, rax;
    int needs;
    uint64_t result1, result2;
} exits[] = {
    {0x27, 0, 0, 1, 0, OK},
    {0x37, 0, 0, 1, RAX, OK},
    {0x6e, 0, 0, 1, 0, OK},
    {0x6f, 0, 0, 1, RCX, GP},
    {0x72, 0, 0, 1, RAX | RCX, OK},
    {0x72, 0, 0, 0xd, RAX | RCX | XCR0, OK},
    {0x76, 0, 0, 1, 0, OK},
    {0x7b, 0x03f80010, 0, 1, RAX, OK},     /* OUT */
    {0x7b, 0x03f80011, 0, 1, 0, OK},       /* IN */
    {0x7b, 0x03f80014, 3, 1, SCRATCH, OK}, /* OUTS */
    {0x7b, 0x03f80015, 3, 1, SCRATCH, OK}, /* INS */
    {0x7c, 0, 0, 1, RCX, OK},
    {0x7c, 1, 0, 1, RCX | RAX | RDX, OK},
    {0x81, 0, 0, 1, RAX | CPL, OK},
    {0x87, 0, 0, 1, 0, OK},
    {0x89, 0, 0, 1, 0, OK},
    {0x8a, 0, 0, 1, RAX | RCX | RDX, OK},
    {0x8b, 0, 0, 1, RAX | RCX, OK},
    {0x80000001, ES_DEVICE, 4, 1, SCRATCH, OK},
    {0x80000002, ES_DEVICE, 4, 1, SCRATCH, OK},
    {0x80000003, 0, 0, 1, 0, OK},
    {0x80000004, 0, 0, 1, 0, OK},
    {0x80000005, 0, 0x9000, 1, 0, OK},
    {0x80000005, 1, 0, 1, 0, OK},
    {0x80000005, 2, 0, 1, 0, ERROR(5)},
    /* of SNP only: KVM says that an input is missing */
    {0x80000010, 0, 0, 1, 0, ERROR(4)},
    {0x80000011, 0x1000, 0x2000, 1, 0, ERROR(4)},
    {0x80000012, 0x1000, 0x2000, 1, 0, ERROR(4)},
    {0x80000013, 0, 0, 1, 0, ERROR(4)},
    {0x8000fffd, 0, 0, 1, 0, GHCB_NO_ACTION, 3},
};

static void prepare(size_t row, unsigned version)
{
    power_on(version);
    request(exits[row].code, exits[row].info1, exits[row].info2);
    ghcb_set(page, GHCB_RAX, exits[row].rax);
    ghcb_set(page, GHCB_RCX, 1);
    ghcb_set(page, GHCB_RDX, 1);
    ghcb_set(page, GHCB_CPL, 0);
    ghcb_set(page, GHCB_SW_SCRATCH, GHCB_AT + GHCB_SHARED_BUFFER);
    ghcb_set(page, GHCB_XCR0, 1);
}

/* The machine was notified of this field without its valid bit, and of no other. */
static void assert_missing(size_t row, enum ghcb_offset field)
{
    assert_int_equal(m.n_missing, 1);
    assert_int_equal(m.missing_field, field);
    assert_int_equal(m.missing_code, exits[row].code);
    assert_int_equal(m.missing_gpa, GHCB_AT);
}

static void one_exit(size_t row, unsigned version)
{
    static const enum ghcb_offset always[] = {GHCB_SW_EXITCODE, GHCB_SW_EXITINFO1,
                                              GHCB_SW_EXITINFO2};

    prepare(row, version);
    answer(exits[row].result1, exits[row].result2);
    assert_int_equal(m.n_missing, 0);
    for (size_t i = 0; i < sizeof(always) / sizeof(always[0]); i++) {
        prepare(row, version);
        ghcb_set_valid(page, always[i], false);
        answer(ERROR(GHCB_ERR_MISSING_INPUT));
        assert_missing(row, always[i]);
        prepare(row, version);
        ghcb_set_valid(page, always[i], false);
        ghcb_put(page, GHCB_USAGE, 1); /* is checked first */
        answer(ERROR(GHCB_ERR_INVALID_USAGE));
    }
    for (size_t i = 0; i < sizeof(inputs) / sizeof(inputs[0]); i++) {
        prepare(row, version);
        ghcb_set_valid(page, inputs[i].field, false);
        if (exits[row].needs & inputs[i].bit) {
            answer(ERROR(GHCB_ERR_MISSING_INPUT));
            assert_missing(row, inputs[i].field);
        } else {
            answer(exits[row].result1, exits[row].result2);
            assert_int_equal(m.n_missing, 0);
        }
    }
    prepare(row, version);
    ghcb_put(page, GHCB_PROTOCOL_VERSION, 0xffff); /* is not read */
    answer(exits[row].result1, exits[row].result2);
}

static void every_exit(void **state)
{
    (void)state;
    for (size_t row = 0; row < sizeof(exits) / sizeof(exits[0]); row++)
        for (unsigned version = 1; version <= 2; version++)
            one_exit(row, version);
}

static bool is_exit(uint64_t code)
{
    for (size_t row = 0; row < sizeof(exits) / sizeof(exits[0]); row++)
        if (exits[row].code == code)
            return true;
    return code == 0x8000fffe || code == 0x8000ffff;
}

static void unknown_exits(void **state)
{
    static const uint64_t codes[] = {0x400,      0x403,      0x404,      0x80000000,
                                     0x80000014, 0x80000018, 0x8000fffc, UINT64_C(0x100000072),
                                     UINT64_MAX};

    (void)state;
    power_on(2);
    for (uint64_t code = 0; code < 0x100; code++)
        if (!is_exit(code)) {
            request(code, 0, 0);
            answer(ERROR(GHCB_ERR_INVALID_EVENT));
        }
    for (size_t i = 0; i < sizeof(codes) / sizeof(codes[0]); i++) {
        request(codes[i], 0, 0);
        answer(ERROR(GHCB_ERR_INVALID_EVENT));
        ghcb_set_valid(page, GHCB_SW_EXITCODE, false);
        answer(ERROR(GHCB_ERR_MISSING_INPUT));
    }
}

/* --- instructions --- */

static uint64_t get(enum ghcb_offset field)
{
    return ghcb_get(page, field);
}

static void cpuid(void **state)
{
    (void)state;
    power_on(2);
    request(0x72, 0, 0);
    ghcb_set(page, GHCB_RAX, UINT64_C(0x5500000007));
    ghcb_set(page, GHCB_RCX, UINT64_C(0x5500000002));
    answer(OK);
    assert_int_equal(get(GHCB_RAX), 0x107);
    assert_int_equal(get(GHCB_RBX), 0x202);
    assert_int_equal(get(GHCB_RCX), 0x301); /* XCR0 of reset */
    assert_int_equal(get(GHCB_RDX), 0xffffffff);
    request(0x72, 0, 0);
    ghcb_set(page, GHCB_RAX, 0xd);
    ghcb_set(page, GHCB_RCX, 0);
    ghcb_set(page, GHCB_XCR0, 7);
    answer(OK);
    assert_int_equal(get(GHCB_RCX), 0x307);
    /* the CPU keeps it, for CPUID by the MSR too */
    hv_es_set_ghcb_msr(guest, 0, GHCB_MSR_CPUID_REQ | UINT64_C(2) << 30);
    hv_es_vmgexit(guest, 0);
    assert_int_equal(hv_es_ghcb_msr(guest, 0), UINT64_C(0x307) << 32 | UINT64_C(2) << 30 | 5);
}

static void msr(void **state)
{
    (void)state;
    power_on(2);
    request(0x7c, 1, 0);
    ghcb_set(page, GHCB_RCX, UINT64_C(0x9900000020));
    ghcb_set(page, GHCB_RAX, UINT64_C(0xaaaaaaaa44332211));
    ghcb_set(page, GHCB_RDX, UINT64_C(0xbbbbbbbb88776655));
    answer(OK);
    assert_int_equal(m.msr_value, UINT64_C(0x8877665544332211));
    request(0x7c, 0, 0);
    ghcb_set(page, GHCB_RCX, 0);
    answer(OK);
    assert_int_equal(get(GHCB_RAX), 0x44332211);
    assert_int_equal(get(GHCB_RDX), 0x88776655);
    request(0x7c, 0, 0);
    ghcb_set(page, GHCB_RCX, 0x1000); /* does not exist */
    answer(GP);
    request(0x7c, 2, 0); /* all but 0 writes; 0 is refused */
    ghcb_set(page, GHCB_RCX, 0x10);
    ghcb_set(page, GHCB_RAX, 0);
    ghcb_set(page, GHCB_RDX, 0);
    answer(GP);
}

static void time_stamp(void **state)
{
    (void)state;
    power_on(2);
    m.msr_value = UINT64_C(0x100000000);
    request(0x6e, 0, 0);
    answer(OK);
    assert_int_equal(get(GHCB_RAX), 0x10);
    assert_int_equal(get(GHCB_RDX), 1);
    assert_int_equal(get(GHCB_RCX), 0);
    request(0x87, 0, 0);
    answer(OK);
    assert_int_equal(get(GHCB_RCX), 0xc0000103);
}

static void hypercall(void **state)
{
    (void)state;
    power_on(2);
    request(0x81, 0, 0);
    ghcb_set(page, GHCB_RAX, 5);
    ghcb_set(page, GHCB_CPL, 0);
    answer(OK);
    assert_int_equal((int64_t)get(GHCB_RAX), -1000);
    request(0x81, 0, 0);
    ghcb_set(page, GHCB_RAX, 5);
    ghcb_set(page, GHCB_CPL, 3);
    answer(OK);
    assert_int_equal((int64_t)get(GHCB_RAX), -1);
}

static void cache(void **state)
{
    (void)state;
    power_on(2);
    request(0x89, 0, 0);
    answer(OK);
    assert_int_equal(m.n_wbinvd, 1);
    request(0x76, 0, 0);
    answer(OK);
    assert_int_equal(m.n_wbinvd, 1);
}

/* --- port I/O --- */

static void ports(void **state)
{
    const uint64_t rax = UINT64_C(0x8877665544332211);
    static const struct {
        unsigned size;
        uint32_t out;
        uint64_t in;
    } sizes[] = {{1, 0x11, UINT64_C(0x88776655443322aa)},
                 {2, 0x2211, UINT64_C(0x887766554433bbaa)},
                 {4, 0x44332211, UINT64_C(0xddccbbaa)}};

    (void)state;
    power_on(2);
    for (size_t i = 0; i < 3; i++) {
        request(0x7b, 0xcf80000 | sizes[i].size << 4, 0);
        ghcb_set(page, GHCB_RAX, rax);
        answer(OK);
        assert_int_equal(m.port, 0xcf8);
        assert_int_equal(m.port_len, sizes[i].size);
        assert_int_equal(m.port_value, sizes[i].out);
        assert_int_equal(get(GHCB_RAX), rax);
        m.port_value = 0xddccbbaa;
        request(0x7b, 0xcf80001 | sizes[i].size << 4, 0);
        ghcb_set(page, GHCB_RAX, rax);
        answer(OK);
        assert_int_equal(get(GHCB_RAX), sizes[i].in);
    }
    for (unsigned size = 0; size < 8; size++)
        if (size != 1 && size != 2 && size != 4) {
            request(0x7b, 0xcf80001 | size << 4, 0);
            if (size)
                answer(ERROR(GHCB_ERR_INVALID_INPUT));
            else
                answer(OK);
        }
    assert_int_equal(m.n_port_in, 3);
}

/* Ask for string I/O of `count` elements of 2 bytes. */
static void string(bool in, uint64_t count, uint64_t scratch)
{
    request(0x7b, UINT64_C(0x1f00024) | in, count);
    ghcb_set(page, GHCB_SW_SCRATCH, scratch);
}

static void strings(void **state)
{
    const uint64_t buffer = GHCB_AT + GHCB_SHARED_BUFFER;

    (void)state;
    power_on(2);
    string(false, 3, buffer);
    memcpy(m.ram + buffer, "\x11\x22\x33\x44\x55\x66\x77", 7);
    answer(OK);
    assert_int_equal(m.n_port_out, 3);
    assert_int_equal(m.outs[0], 0x2211);
    assert_int_equal(m.outs[2], 0x6655);
    string(true, 3, buffer);
    m.port_value = 0xaa01;
    answer(OK);
    assert_memory_equal(m.ram + buffer, "\x01\xaa\x02\xaa\x03\xaa\x00", 7);
    string(true, 0, 0); /* is done without a scratch area */
    answer(OK);
    string(true, 0x7f0 / 2, buffer);
    answer(OK);
    assert_int_equal(m.ram[GHCB_AT + 0xfee], 0xfb); /* the low byte of AA04h + 1015 */
    string(true, 0x7f0 / 2 + 1, buffer);
    answer(ERROR(GHCB_ERR_INVALID_SCRATCH_AREA));
    string(true, 1, buffer - 1); /* begins before the shared buffer */
    answer(ERROR(GHCB_ERR_INVALID_SCRATCH_AREA));
    string(true, 1, 0);
    answer(ERROR(GHCB_ERR_INVALID_SCRATCH_AREA));
    string(true, UINT64_C(0x80000000), buffer);
    answer(ERROR(GHCB_ERR_INVALID_SCRATCH_AREA));
    string(true, INT32_MAX, UINT64_MAX - 100); /* wraps */
    answer(ERROR(GHCB_ERR_INVALID_SCRATCH_AREA));
    string(true, 1, OUTSIDE);
    answer(ERROR(GHCB_ERR_INVALID_SCRATCH_AREA)); /* version 2 */
}

static void scratch_outside(void **state)
{
    (void)state;
    power_on(1);
    m.port_value = 0x4100;
    string(true, 16, OUTSIDE); /* 32 bytes over the end of a page */
    answer(OK);
    assert_int_equal(m.ram[OUTSIDE + 31], 0x41);
    assert_int_equal(m.ram[OUTSIDE + 32], 0);
    string(true, 16 * 4096 / 2, OUTSIDE);
    answer(OK);
    string(true, 16 * 4096 / 2 + 1, OUTSIDE);
    answer(ERROR(GHCB_ERR_INVALID_SCRATCH_AREA));
    string(false, 1, ES_ROM_PAGE * 4096u);
    answer(OK);
    string(true, 1, ES_ROM_PAGE * 4096u); /* cannot be written */
    answer(ERROR(GHCB_ERR_INVALID_SCRATCH_AREA));
    string(false, 2, ES_RAM_SIZE - 2); /* its second half is no memory */
    answer(ERROR(GHCB_ERR_INVALID_SCRATCH_AREA));
    string(false, 1, ES_DEVICE);
    answer(ERROR(GHCB_ERR_INVALID_SCRATCH_AREA));
}

/* --- MMIO --- */

static void mmio_request(bool write, uint64_t gpa, uint64_t len)
{
    request(write ? 0x80000002 : 0x80000001, gpa, len);
    ghcb_set(page, GHCB_SW_SCRATCH, GHCB_AT + GHCB_SHARED_BUFFER);
}

static void mmio(void **state)
{
    uint8_t *buffer;

    (void)state;
    power_on(2);
    buffer = page + GHCB_SHARED_BUFFER;
    mmio_request(true, ES_DEVICE + 0x20, 8);
    memcpy(buffer, "abcdefgh", 8);
    answer(OK);
    assert_memory_equal(m.device + 0x20, "abcdefgh", 8);
    mmio_request(false, ES_DEVICE + 0x22, 4);
    answer(OK);
    assert_memory_equal(buffer, "cdef\0", 5);
    assert_int_equal(m.n_mmio, 2);
    mmio_request(false, ES_DEVICE, 0);
    answer(OK);
    mmio_request(false, ES_DEVICE, 9);
    answer(ERROR(GHCB_ERR_INVALID_INPUT)); /* version 2 */
    assert_int_equal(m.n_mmio, 2);
    mmio_request(false, ES_DEVICE - 1, 1);
    answer(ERROR(GHCB_ERR_INVALID_INPUT)); /* nothing is there */
    mmio_request(false, ES_DEVICE + 4092, 8);
    answer(ERROR(GHCB_ERR_INVALID_INPUT)); /* its second half */
    mmio_request(true, UINT64_MAX - 3, 8);
    answer(ERROR(GHCB_ERR_INVALID_INPUT)); /* wraps */
    mmio_request(false, ES_DEVICE, 8);
    ghcb_set(page, GHCB_SW_SCRATCH, GHCB_AT + GHCB_SHARED_BUFFER_END - 7);
    answer(ERROR(GHCB_ERR_INVALID_SCRATCH_AREA));
}

static void mmio_long(void **state)
{
    (void)state;
    power_on(1);
    mmio_request(true, ES_DEVICE + 4, 0x7f0);
    memset(page + GHCB_SHARED_BUFFER, 0x5a, 0x7f0);
    answer(OK);
    assert_int_equal(m.device[4 + 0x7ef], 0x5a);
    assert_int_equal(m.device[4 + 0x7f0], 0);
    assert_int_equal(m.n_mmio, 0x7f0 / 8);
    mmio_request(true, ES_DEVICE, UINT64_MAX);
    answer(ERROR(GHCB_ERR_INVALID_SCRATCH_AREA));
}

/* --- software exits --- */

static void jump_table(void **state)
{
    (void)state;
    power_on(2);
    request(0x80000005, 1, 0);
    answer(OK);
    request(0x80000005, 0, 0x1234); /* KVM takes any address */
    answer(OK);
    request(0x80000005, 1, 0);
    answer(GHCB_NO_ACTION, 0x1234);
}

static void ends(uint64_t code, uint64_t info1, const char *words)
{
    uint8_t before[GHCB_SIZE];

    power_on(2);
    request(code, info1, 0);
    memcpy(before, page, GHCB_SIZE);
    hv_es_vmgexit(guest, 0);
    assert_non_null(strstr(m.stopped, words));
    assert_memory_equal(page, before, GHCB_SIZE);
    assert_int_equal(hv_guest_state(guest), HV_STOPPED);
    assert_int_equal(hv_guest_stop_reason(guest), HV_STOP_ENDED);
    hv_es_vmgexit(guest, 0); /* nothing is answered any more */
    assert_memory_equal(page, before, GHCB_SIZE);
}

static void terminations(void **state)
{
    (void)state;
    ends(0x8000fffe, 0x00, "reason 0:0: general termination request");
    ends(0x8000fffe, 0x21, "reason 1:2: PVALIDATE failed");
    ends(0x8000fffe, UINT64_C(0xfffffffffffffff2), "reason 2:255: unknown reason");
    ends(0x8000ffff, 0x76, "does not support the exit 0x76 (INVD)");
    ends(0x8000ffff, 0x12345, "does not support the exit 0x12345 (unknown exit)");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(every_exit, teardown),
        cmocka_unit_test_teardown(unknown_exits, teardown),
        cmocka_unit_test_teardown(cpuid, teardown),
        cmocka_unit_test_teardown(msr, teardown),
        cmocka_unit_test_teardown(time_stamp, teardown),
        cmocka_unit_test_teardown(hypercall, teardown),
        cmocka_unit_test_teardown(cache, teardown),
        cmocka_unit_test_teardown(ports, teardown),
        cmocka_unit_test_teardown(strings, teardown),
        cmocka_unit_test_teardown(scratch_outside, teardown),
        cmocka_unit_test_teardown(mmio, teardown),
        cmocka_unit_test_teardown(mmio_long, teardown),
        cmocka_unit_test_teardown(jump_table, teardown),
        cmocka_unit_test_teardown(terminations, teardown),
    };
    return cmocka_run_group_tests_name("es_exit", tests, NULL, NULL);
}
