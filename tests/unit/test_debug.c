/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Tests of DBG_DECRYPT, DBG_ENCRYPT, COPY and ACTIVATE_EX.
 */
#include "one_processor.h"

#define SECRET_ADDR 0x110000u /* what do_launch() encrypts for ASID 1 */

static uint32_t guest;
static uint8_t plain[0x1000];

static int setup(void **state)
{
    (void)state;
    h = harness_new();
    do_init(h);
    memcpy(plain, h->ram + SECRET_ADDR, sizeof(plain));
    guest = do_launch(h, 0, 1);
    return 0;
}

static enum sev_status exec_dbg(enum sev_cmd id, uint32_t handle, uint64_t src, uint64_t dst,
                                uint32_t len)
{
    cmd_clear(h);
    put32(h, CMD_ADDR, handle);
    if (id == SEV_CMD_COPY) {
        put32(h, CMD_ADDR + SEV_COPY_LEN, len);
        put64(h, CMD_ADDR + SEV_COPY_SRC_ADDR, src);
        put64(h, CMD_ADDR + SEV_COPY_DST_ADDR, dst);
    } else {
        put64(h, CMD_ADDR + SEV_DBG_SRC_ADDR, src);
        put64(h, CMD_ADDR + SEV_DBG_DST_ADDR, dst);
        put32(h, CMD_ADDR + SEV_DBG_LEN, len);
    }
    return exec(h, id);
}

static void decrypt_shows_the_guests_memory(void **state)
{
    (void)state;
    assert_memory_not_equal(h->ram + SECRET_ADDR, plain, 16);
    assert_int_equal(exec_dbg(SEV_CMD_DBG_DECRYPT, guest, SECRET_ADDR, DATA_ADDR, 0x1000),
                     SEV_STATUS_SUCCESS);
    assert_memory_equal(h->ram + DATA_ADDR, plain, 0x1000);
    /* In place, as a debugger that owns the page may want it. */
    assert_int_equal(exec_dbg(SEV_CMD_DBG_DECRYPT, guest, SECRET_ADDR, SECRET_ADDR, 0x20),
                     SEV_STATUS_SUCCESS);
    assert_memory_equal(h->ram + SECRET_ADDR, plain, 0x20);
}

static void encrypt_writes_it(void **state)
{
    (void)state;
    uint8_t seen[0x40];

    assert_int_equal(exec_dbg(SEV_CMD_DBG_ENCRYPT, guest, DATA_ADDR, SECRET_ADDR + 0x10, 0x30),
                     SEV_STATUS_SUCCESS);
    guest_read(h, 1, SECRET_ADDR, seen, 0x40);
    assert_memory_equal(seen, plain, 0x10);
    assert_memory_equal(seen + 0x10, h->ram + DATA_ADDR, 0x30);
}

static void more_than_one_piece(void **state)
{
    (void)state;
    uint32_t len = 0x20010;
    uint8_t *copy = h->ram + 0x300000;

    assert_int_equal(exec_dbg(SEV_CMD_DBG_ENCRYPT, guest, 0x200000, 0x240000, len),
                     SEV_STATUS_SUCCESS);
    assert_int_equal(exec_dbg(SEV_CMD_COPY, guest, 0x240000, 0x280000, len), SEV_STATUS_SUCCESS);
    assert_memory_not_equal(h->ram + 0x240000, h->ram + 0x280000, 16); /* encrypted for there */
    assert_int_equal(exec_dbg(SEV_CMD_DBG_DECRYPT, guest, 0x280000, 0x300000, len),
                     SEV_STATUS_SUCCESS);
    assert_memory_equal(copy, h->ram + 0x200000, len);
}

static void nodbg_forbids_debugging_but_not_copying(void **state)
{
    (void)state;
    uint32_t shut = do_launch(h, SEV_POLICY_NODBG, 2);
    struct snapshot before = snapshot(h);

    /* Before anything else about the command is looked at. */
    assert_int_equal(exec_dbg(SEV_CMD_DBG_DECRYPT, shut, 1, 1, 1), SEV_STATUS_POLICY_FAILURE);
    assert_int_equal(exec_dbg(SEV_CMD_DBG_ENCRYPT, shut, 1, 1, 1), SEV_STATUS_POLICY_FAILURE);
    assert_unchanged(h, before);
    assert_int_equal(exec_dbg(SEV_CMD_COPY, shut, 0x120000, 0x130000, 0x1000), SEV_STATUS_SUCCESS);
}

static void refusals(void **state)
{
    (void)state;
    static const enum sev_cmd ids[] = {SEV_CMD_DBG_DECRYPT, SEV_CMD_DBG_ENCRYPT, SEV_CMD_COPY};
    uint64_t a = SECRET_ADDR, b = DATA_ADDR;
    struct snapshot before = snapshot(h);

    for (unsigned i = 0; i < 3; i++) {
        enum sev_cmd id = ids[i];

        assert_int_equal(exec_dbg(id, guest, a, b, 0), SEV_STATUS_INVALID_LEN);
        assert_int_equal(exec_dbg(id, guest, a, b, 8), SEV_STATUS_INVALID_LEN);
        assert_int_equal(exec_dbg(id, guest, a + 8, b, 16), SEV_STATUS_INVALID_ADDRESS);
        assert_int_equal(exec_dbg(id, guest, a, b + 8, 16), SEV_STATUS_INVALID_ADDRESS);
        assert_int_equal(exec_dbg(id, guest, a, a + 16, 32), SEV_STATUS_INVALID_ADDRESS);
        assert_int_equal(exec_dbg(id, guest, a + 16, a, 32), SEV_STATUS_INVALID_ADDRESS);
        assert_int_equal(exec_dbg(id, guest, RAM_SIZE, b, 16), SEV_STATUS_INVALID_ADDRESS);
        assert_int_equal(exec_dbg(id, guest, a, RAM_SIZE, 16), SEV_STATUS_INVALID_ADDRESS);
        assert_int_equal(exec_dbg(id, guest, a, ~0xfull, 0xfffffff0), SEV_STATUS_INVALID_ADDRESS);
        harness_fail(h, FAULT_RAM_READ, 1);
        assert_int_equal(exec_dbg(id, guest, a, b, 16), SEV_STATUS_HWERROR_PLATFORM);
        harness_fail(h, FAULT_RAM_WRITE, 0);
        assert_int_equal(exec_dbg(id, guest, a, b, 16), SEV_STATUS_HWERROR_PLATFORM);
        assert_unchanged(h, before);
    }
    assert_int_equal(exec_handle(h, SEV_CMD_DEACTIVATE, guest), SEV_STATUS_SUCCESS);
    for (unsigned i = 0; i < 3; i++)
        assert_int_equal(exec_dbg(ids[i], guest, a, b, 16), SEV_STATUS_INACTIVE);
}

/* A machine with a lot of memory that holds nothing; below RAM_SIZE the ordinary one. */
static struct psp_host ordinary;
static uint64_t bytes_moved;

static bool vast_valid(void *ctx, enum psp_issuer issuer, uint64_t spa, uint64_t len)
{
    (void)ctx, (void)issuer;
    return spa + len <= 1ull << 40;
}

static int vast_read(void *ctx, enum psp_issuer issuer, uint32_t asid, uint64_t spa, void *buf,
                     size_t len)
{
    return spa < RAM_SIZE ? ordinary.ram_read(ctx, issuer, asid, spa, buf, len) : 0;
}

static int vast_write(void *ctx, enum psp_issuer issuer, uint32_t asid, uint64_t spa,
                      const void *buf, size_t len)
{
    if (spa < RAM_SIZE)
        return ordinary.ram_write(ctx, issuer, asid, spa, buf, len);
    bytes_moved += len;
    return 0;
}

static void the_longest_length_ends(void **state)
{
    (void)state;
    ordinary = h->host;
    h->host.ram_valid = vast_valid;
    h->host.ram_read = vast_read;
    h->host.ram_write = vast_write;
    harness_start(h);
    do_init(h);
    guest = do_launch(h, 0, 1);
    bytes_moved = 0;
    assert_int_equal(exec_dbg(SEV_CMD_COPY, guest, 1ull << 33, 1ull << 34, 0xfffffff0u),
                     SEV_STATUS_SUCCESS);
    assert_true(bytes_moved == 0xfffffff0u);
    /* LAUNCH_UPDATE_DATA, too: 4 GiB of plaintext are hashed. */
    guest = do_start(h, 0);
    do_activate(h, guest, 2);
    bytes_moved = 0;
    do_update(h, guest, 1ull << 33, 0xfffffff0u);
    assert_true(bytes_moved == 0xfffffff0u);
}

/* --- ACTIVATE_EX ----------------------------------------------------------------------------- */

static enum sev_status exec_activate_ex(uint32_t length, uint32_t handle, uint32_t asid, uint32_t n,
                                        uint64_t ids)
{
    cmd_clear(h);
    put32(h, CMD_ADDR + SEV_ACTIVATE_EX_LENGTH, length);
    put32(h, CMD_ADDR + SEV_ACTIVATE_EX_HANDLE, handle);
    put32(h, CMD_ADDR + SEV_ACTIVATE_EX_ASID, asid);
    put32(h, CMD_ADDR + SEV_ACTIVATE_EX_NUMIDS, n);
    put64(h, CMD_ADDR + SEV_ACTIVATE_EX_IDS_ADDR, ids);
    return exec(h, SEV_CMD_ACTIVATE_EX);
}

static void activate_ex(void **state)
{
    (void)state;
    uint32_t g = do_start(h, 0);
    struct snapshot before;

    put32(h, BLOB_ADDR, 0);
    put32(h, BLOB_ADDR + 4, 1);
    put32(h, BLOB_ADDR + 8, 2); /* no such CPU */
    before = snapshot(h);
    assert_int_equal(exec_activate_ex(0x17, g, 3, 2, BLOB_ADDR), SEV_STATUS_INVALID_LEN);
    assert_int_equal(exec_activate_ex(0x18, g + 1, 3, 2, BLOB_ADDR), SEV_STATUS_INVALID_GUEST);
    assert_int_equal(exec_activate_ex(0x18, g, 3, 0, BLOB_ADDR), SEV_STATUS_INVALID_PARAM);
    assert_int_equal(exec_activate_ex(0x18, g, 3, 3, BLOB_ADDR), SEV_STATUS_INVALID_PARAM);
    assert_int_equal(exec_activate_ex(0x18, g, 3, 2, RAM_SIZE - 4), SEV_STATUS_INVALID_ADDRESS);
    assert_int_equal(exec_activate_ex(0x18, g, 3, 2, BLOB_ADDR + 4), SEV_STATUS_INVALID_PARAM);
    assert_int_equal(exec_activate_ex(0x18, g, 1, 2, BLOB_ADDR), SEV_STATUS_ASID_OWNED);
    assert_int_equal(exec_activate_ex(0x18, g, 6, 2, BLOB_ADDR), SEV_STATUS_INVALID_ASID);
    harness_fail(h, FAULT_RAM_READ, 1);
    assert_int_equal(exec_activate_ex(0x18, g, 3, 2, BLOB_ADDR), SEV_STATUS_HWERROR_PLATFORM);
    assert_unchanged(h, before);
    assert_int_equal(exec_activate_ex(0x18, g, 3, 2, BLOB_ADDR), SEV_STATUS_SUCCESS);
    assert_true(h->keys[3].loaded);
    assert_int_equal(exec_activate_ex(0x18, g, 3, 2, BLOB_ADDR), SEV_STATUS_ACTIVE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(decrypt_shows_the_guests_memory),
        T(encrypt_writes_it),
        T(more_than_one_piece),
        T(nodbg_forbids_debugging_but_not_copying),
        T(refusals),
        T(the_longest_length_ends),
        T(activate_ex),
    };

    return cmocka_run_group_tests_name("debug", tests, NULL, NULL);
}
