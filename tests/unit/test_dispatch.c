/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Tests of psp-model/dispatch: the table itself, the order of the common checks, and the trace.
 */
#include "one_processor.h"

#include "dispatch.h"

static int setup(void **state)
{
    (void)state;
    h = harness_new();
    cmd_clear(h);
    return 0;
}

static void the_table_is_sound(void **state)
{
    (void)state;
    unsigned n;
    const struct dispatch_entry *rows = dispatch_table(&n);

    for (unsigned i = 0; i < n; i++) {
        unsigned handle = rows[i].flags & CMD_HANDLE        ? 4
                          : rows[i].flags & CMD_HANDLE_AT4  ? 8
                          : rows[i].flags & CMD_CONTEXT     ? 8
                          : rows[i].flags & CMD_CONTEXT_AT8 ? 16
                                                            : 0;
        bool context = rows[i].flags & (CMD_CONTEXT | CMD_CONTEXT_AT8);

        assert_true(i == 0 || rows[i].id > rows[i - 1].id);
        assert_non_null(rows[i].handler);
        assert_true(rows[i].size <= SEV_COMMAND_SIZE_MAX);
        assert_true(handle <= rows[i].size);
        assert_true(rows[i].platform_states != 0);
        assert_true(!handle == !rows[i].guest_states);
        assert_true(!context || rows[i].flags & CMD_SNP);
        assert_true(!(rows[i].flags & CMD_SNP) ||
                    !(rows[i].platform_states & STATE(SEV_PLATFORM_WORKING)));
        assert_ptr_equal(dispatch_find(rows[i].id), &rows[i]);
        assert_string_equal(psp_command_name(rows[i].id), rows[i].name);
        for (unsigned j = 0; j < 3; j++)
            assert_true(rows[i].reserved[j].offset + rows[i].reserved[j].size <= rows[i].size);
    }
    assert_null(dispatch_find(0));
}

/* On a host without an RMP, those of SEV-SNP are unknown too. */
static void unknown_commands(void **state)
{
    (void)state;
    struct snapshot before = snapshot(h);

    for (unsigned id = 0; id < 0x10000; id++) {
        const struct dispatch_entry *row = dispatch_find((uint16_t)id);

        if (row && !(row->flags & CMD_SNP))
            continue;
        assert_int_equal(psp_exec(h->psp, PSP_ISSUER_GUEST, (uint16_t)id, CMD_ADDR),
                         SEV_STATUS_INVALID_COMMAND);
        assert_int_equal(h->trace.command, id);
        assert_int_equal(h->trace.status, SEV_STATUS_INVALID_COMMAND);
    }
    assert_string_equal(psp_command_name(0), "?");
    assert_unchanged(h, before);
}

/* Every command with a buffer, given every bad address. */
static void bad_buffers(void **state)
{
    (void)state;
    static const uint64_t bad[] = {0,          RAM_SIZE - 1,          RAM_SIZE,
                                   1ull << 40, (1ull << 52) - 1,      1ull << 63,
                                   ~0ull,      0xffffffffffffffc0ull, RAM_SIZE - 3};
    unsigned n;
    const struct dispatch_entry *rows = dispatch_table(&n);
    struct snapshot before;

    harness_snp(h);
    before = snapshot(h);

    for (unsigned i = 0; i < n; i++) {
        for (unsigned j = 0; rows[i].size && j < sizeof(bad) / sizeof(bad[0]); j++)
            assert_int_equal(psp_exec(h->psp, PSP_ISSUER_GUEST, rows[i].id, bad[j]),
                             SEV_STATUS_INVALID_ADDRESS);
    }
    assert_unchanged(h, before);
}

static void buffers_at_any_alignment(void **state)
{
    (void)state;
    for (uint64_t addr = CMD_ADDR; addr < CMD_ADDR + 17; addr++) {
        memset(h->ram + addr, 0xff, 12);
        assert_int_equal(psp_exec(h->psp, PSP_ISSUER_GUEST, SEV_CMD_PLATFORM_STATUS, addr),
                         SEV_STATUS_SUCCESS);
        assert_int_equal(h->ram[addr + 1], 24);
    }
    assert_int_equal(psp_exec(h->psp, PSP_ISSUER_GUEST, SEV_CMD_PLATFORM_STATUS, RAM_SIZE - 12),
                     SEV_STATUS_SUCCESS);
    assert_int_equal(psp_exec(h->psp, PSP_ISSUER_GUEST, SEV_CMD_PLATFORM_STATUS, RAM_SIZE - 11),
                     SEV_STATUS_INVALID_ADDRESS);
}

static void ignored_address_bits(void **state)
{
    (void)state;
    uint64_t addr = CMD_ADDR | 1ull << 47;

    assert_int_equal(psp_exec(h->psp, PSP_ISSUER_GUEST, SEV_CMD_PLATFORM_STATUS, addr),
                     SEV_STATUS_INVALID_ADDRESS);
    h->config.addr_ignore = 1ull << 47;
    harness_start(h);
    assert_int_equal(psp_exec(h->psp, PSP_ISSUER_GUEST, SEV_CMD_PLATFORM_STATUS, addr),
                     SEV_STATUS_SUCCESS);
    do_init(h);
    do_activate(h, do_start(h, 0), 1);
    do_update(h, 1, DATA_ADDR | 1ull << 47, 32);
}

/* Every access of a command is made for its issuer, and the machine can refuse memory to one. */
static void the_issuer_reaches_the_host(void **state)
{
    (void)state;
    uint8_t blob[48];

    h->issuer = PSP_ISSUER_HYPERVISOR;
    do_init(h);
    do_activate(h, do_start(h, 0), 1);
    do_update(h, 1, DATA_ADDR, 32);
    do_measure(h, 1, blob);
    assert_int_equal(h->issuers_seen, 1u << PSP_ISSUER_HYPERVISOR);

    h->hypervisor_only = CMD_ADDR;
    h->issuer = PSP_ISSUER_GUEST;
    assert_int_equal(exec(h, SEV_CMD_PLATFORM_STATUS), SEV_STATUS_INVALID_ADDRESS);
    h->issuer = PSP_ISSUER_HYPERVISOR;
    assert_int_equal(exec(h, SEV_CMD_PLATFORM_STATUS), SEV_STATUS_SUCCESS);
}

static void the_host_cannot_read(void **state)
{
    (void)state;
    unsigned n;
    const struct dispatch_entry *rows = dispatch_table(&n);
    struct snapshot before;

    harness_snp(h);
    before = snapshot(h);

    for (unsigned i = 0; i < n; i++) {
        if (!rows[i].size)
            continue;
        harness_fail(h, FAULT_RAM_READ, 0);
        h->errors_logged = 0;
        assert_int_equal(exec(h, (enum sev_cmd)rows[i].id), SEV_STATUS_HWERROR_PLATFORM);
        assert_int_equal(h->errors_logged, 1);
    }
    assert_unchanged(h, before);
}

/* Bring the platform of SEV-SNP to a state. */
static void go_snp(uint8_t platform)
{
    psp_reset(h->psp);
    if (platform == SEV_PLATFORM_INIT)
        assert_int_equal(exec(h, SEV_CMD_SNP_INIT), SEV_STATUS_SUCCESS);
    cmd_clear(h);
}

/* Bring the platform to a state; WORKING by a guest that no handle below names. */
static void go(uint8_t platform)
{
    psp_reset(h->psp);
    if (platform >= SEV_PLATFORM_INIT)
        do_init(h);
    if (platform == SEV_PLATFORM_WORKING)
        do_start(h, 0);
    cmd_clear(h);
}

/* What is no context page of a guest. */
static void context_pages(enum sev_cmd id, uint64_t field)
{
    static const struct {
        uint64_t page;
        enum sev_status status;
    } bad[] = {{0, SEV_STATUS_INVALID_GUEST},
               {DATA_ADDR, SEV_STATUS_INVALID_GUEST},
               {DATA_ADDR + 1, SEV_STATUS_INVALID_ADDRESS},
               {RAM_SIZE, SEV_STATUS_INVALID_ADDRESS},
               {~0xfffull, SEV_STATUS_INVALID_ADDRESS}};

    for (unsigned i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        put64(h, field, bad[i].page);
        assert_int_equal(exec(h, id), bad[i].status);
    }
}

/* The platform's state comes before reserved fields, those before the handle. */
static void order_of_common_checks(void **state)
{
    (void)state;
    unsigned n;
    const struct dispatch_entry *rows = dispatch_table(&n);

    harness_snp(h);
    for (unsigned i = 0; i < n; i++) {
        bool snp = rows[i].flags & CMD_SNP;

        for (uint8_t p = 0; p <= (snp ? SEV_PLATFORM_INIT : SEV_PLATFORM_WORKING); p++) {
            bool allowed = rows[i].platform_states & STATE(p);
            enum sev_cmd id = (enum sev_cmd)rows[i].id;

            if (snp)
                go_snp(p);
            else
                go(p);
            if (!allowed) {
                memset(h->ram + CMD_ADDR, 0xff, rows[i].size);
                assert_int_equal(exec(h, id), SEV_STATUS_INVALID_PLATFORM_STATE);
                continue;
            }
            for (unsigned j = 0; j < 3 && rows[i].reserved[j].size; j++) {
                unsigned at = rows[i].reserved[j].offset, size = rows[i].reserved[j].size;

                for (unsigned k = 0; k < size; k++) {
                    cmd_clear(h);
                    h->ram[CMD_ADDR + at + k] = 0x80;
                    assert_int_equal(exec(h, id), SEV_STATUS_INVALID_PARAM);
                }
            }
            cmd_clear(h);
            if (rows[i].flags & (CMD_HANDLE | CMD_HANDLE_AT4)) {
                unsigned at = rows[i].flags & CMD_HANDLE ? 0 : 4;

                assert_int_equal(exec(h, id), SEV_STATUS_INVALID_GUEST); /* handle 0 */
                put32(h, CMD_ADDR + at, 0xfffffff0u);
                assert_int_equal(exec(h, id), SEV_STATUS_INVALID_GUEST);
            }
            if (rows[i].flags & (CMD_CONTEXT | CMD_CONTEXT_AT8))
                context_pages(id, CMD_ADDR + (rows[i].flags & CMD_CONTEXT ? 0 : 8));
            if (!snp)
                assert_int_equal(platform_state(h), p);
            break;
        }
    }
}

/* A guest in LUPDATE: commands of other states are refused and it stays there. */
static void guest_states(void **state)
{
    (void)state;
    unsigned n;
    const struct dispatch_entry *rows = dispatch_table(&n);
    uint32_t lupdate, running;

    do_init(h);
    lupdate = do_start(h, 0);
    running = do_launch(h, 0, 1);
    for (unsigned i = 0; i < n; i++) {
        const uint32_t handles[] = {lupdate, running};
        const uint8_t states[] = {SEV_GUEST_LUPDATE, SEV_GUEST_RUNNING};

        if (!(rows[i].flags & CMD_HANDLE) ||
            !(rows[i].platform_states & STATE(SEV_PLATFORM_WORKING)))
            continue;
        for (unsigned j = 0; j < 2; j++) {
            if (rows[i].guest_states & STATE(states[j]))
                continue;
            assert_int_equal(exec_handle(h, (enum sev_cmd)rows[i].id, handles[j]),
                             SEV_STATUS_INVALID_GUEST_STATE);
            assert_int_equal(guest_state(h, handles[j]), states[j]);
        }
    }
}

static void the_clock_goes_backwards(void **state)
{
    (void)state;
    h->clock = 1000000;
    h->clock_step = -10;
    cmd_clear(h);
    assert_int_equal(exec(h, SEV_CMD_INIT), SEV_STATUS_SUCCESS);
    assert_int_equal(h->trace.usec, 0);
}

static void traces(void **state)
{
    (void)state;
    uint8_t digest[32];
    uint32_t handle;

    cmd_clear(h);
    assert_int_equal(exec(h, SEV_CMD_INIT), SEV_STATUS_SUCCESS);
    assert_int_equal(h->trace.command, SEV_CMD_INIT);
    assert_int_equal(h->trace.platform_before, SEV_PLATFORM_UNINIT);
    assert_int_equal(h->trace.platform_after, SEV_PLATFORM_INIT);
    assert_int_equal(h->trace.usec, 7);
    assert_false(h->trace_has_region || h->trace_has_launch);
    assert_int_equal(exec(h, SEV_CMD_DF_FLUSH), SEV_STATUS_SUCCESS);

    handle = do_start(h, 0);
    assert_int_equal(h->trace.handle, handle);
    assert_int_equal(h->trace.guest_before, SEV_GUEST_UNINIT);
    assert_int_equal(h->trace.guest_after, SEV_GUEST_LUPDATE);
    assert_int_equal(h->trace.platform_after, SEV_PLATFORM_WORKING);

    do_activate(h, handle, 1);
    crypto_sha256(h->ram + DATA_ADDR, 0x100, digest);
    do_update(h, handle, DATA_ADDR, 0x100);
    assert_int_equal(h->trace.region_addr, DATA_ADDR);
    assert_int_equal(h->trace.region_len, 0x100);
    assert_memory_equal(h->trace_region, digest, 32);
    assert_memory_equal(h->trace_launch, digest, 32);
    crypto_sha256(h->ram + DATA_ADDR + 0x100, 0x200, digest);
    do_update(h, handle, DATA_ADDR + 0x100, 0x200);
    assert_memory_equal(h->trace_region, digest, 32);
    assert_memory_not_equal(h->trace_launch, digest, 32);

    assert_int_equal(exec_handle(h, SEV_CMD_LAUNCH_FINISH, handle), SEV_STATUS_INVALID_GUEST_STATE);
    assert_int_equal(h->trace.status, SEV_STATUS_INVALID_GUEST_STATE);
    assert_int_equal(h->trace.guest_before, SEV_GUEST_LUPDATE);
    assert_int_equal(h->trace.guest_after, SEV_GUEST_LUPDATE);
    assert_int_equal(h->trace.region_len, 0);
}

static void no_trace_no_log(void **state)
{
    (void)state;
    h->host.trace = NULL;
    h->host.log = NULL;
    h->host.nv_load = NULL;
    h->host.nv_store = NULL;
    harness_start(h);
    do_init(h);
    do_launch(h, 0, 1);
    harness_fail(h, FAULT_RAM_WRITE, 0);
    assert_int_equal(exec(h, SEV_CMD_PLATFORM_STATUS), SEV_STATUS_HWERROR_PLATFORM);
    assert_int_equal(h->traces, 0);
    assert_int_equal(h->errors_logged, 0);
}

static void names(void **state)
{
    (void)state;
    assert_string_equal(psp_command_name(0x33), "LAUNCH_MEASURE");
    assert_string_equal(psp_status_name(0x0b), "BAD_MEASUREMENT");
    assert_string_equal(psp_status_name(0x27), "INVALID_KEY");
    assert_string_equal(psp_status_name(0x1e), "?");
    assert_string_equal(psp_status_name(0x28), "?");
    assert_string_equal(psp_platform_state_name(2), "WORKING");
    assert_string_equal(psp_platform_state_name(3), "?");
    assert_string_equal(psp_guest_state_name(4), "SUPDATE");
    assert_string_equal(psp_guest_state_name(7), "?");
    assert_string_equal(psp_version(), PACKAGE_VERSION);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(the_table_is_sound),
        T(unknown_commands),
        T(bad_buffers),
        T(buffers_at_any_alignment),
        T(ignored_address_bits),
        T(the_issuer_reaches_the_host),
        T(the_host_cannot_read),
        T(order_of_common_checks),
        T(guest_states),
        T(the_clock_goes_backwards),
        T(traces),
        T(no_trace_no_log),
        T(names),
    };

    return cmocka_run_group_tests_name("dispatch", tests, NULL, NULL);
}
