/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Tests of psp-model/mailbox: byte lanes, when a command starts, busy, reserved bits.
 */
#include "one_processor.h"

#include "psp_mailbox.h"

static struct psp_mailbox box;
static unsigned interrupts;

static void on_interrupt(void *ctx)
{
    assert_ptr_equal(ctx, &box);
    interrupts++;
}

static int setup(void **state)
{
    (void)state;
    h = harness_new();
    psp_mailbox_init(&box, h->psp);
    box.interrupt = on_interrupt;
    box.ctx = &box;
    interrupts = 0;
    return 0;
}

static uint32_t command(enum sev_cmd id)
{
    return (uint32_t)id << 16;
}

static void idle_after_reset(void **state)
{
    (void)state;
    assert_int_equal(psp_mailbox_read(&box, PSP_MAILBOX_CMDRESP, 4), 0x80000000u);
    assert_int_equal(psp_mailbox_read(&box, PSP_MAILBOX_ADDR_LO, 4), 0);
    assert_int_equal(psp_mailbox_read(&box, PSP_MAILBOX_ADDR_HI, 4), 0);
    assert_int_equal(psp_mailbox_read(&box, PSP_MAILBOX_ID, 4), 0x5e5b0101u);
}

static void driver_protocol(void **state)
{
    (void)state;
    psp_mailbox_write(&box, PSP_MAILBOX_ADDR_LO, CMD_ADDR, 4);
    psp_mailbox_write(&box, PSP_MAILBOX_ADDR_HI, 0, 4);
    psp_mailbox_write(&box, PSP_MAILBOX_CMDRESP, command(SEV_CMD_PLATFORM_STATUS), 4);
    assert_int_equal(psp_mailbox_read(&box, PSP_MAILBOX_CMDRESP, 4), 0x80000000u);
    assert_int_equal(h->ram[CMD_ADDR + 1], 24);
    assert_int_equal(h->ram[CMD_ADDR + 7], 15);
    assert_int_equal(interrupts, 0);
    assert_int_equal(psp_mailbox_read(&box, PSP_MAILBOX_ADDR_LO, 4), CMD_ADDR);
}

static void interrupt_on_completion(void **state)
{
    (void)state;
    psp_mailbox_write(&box, PSP_MAILBOX_CMDRESP, command(SEV_CMD_DF_FLUSH) | 1, 4);
    assert_int_equal(psp_mailbox_read(&box, PSP_MAILBOX_CMDRESP, 4), 0x80000001u);
    assert_int_equal(interrupts, 1);
    box.interrupt = NULL;
    psp_mailbox_write(&box, PSP_MAILBOX_CMDRESP, command(SEV_CMD_DF_FLUSH) | 1, 4);
    assert_int_equal(interrupts, 1);
}

static void high_address_is_used(void **state)
{
    (void)state;
    psp_mailbox_write(&box, PSP_MAILBOX_ADDR_LO, CMD_ADDR, 4);
    psp_mailbox_write(&box, PSP_MAILBOX_ADDR_HI, 1, 4);
    psp_mailbox_write(&box, PSP_MAILBOX_CMDRESP, command(SEV_CMD_PLATFORM_STATUS), 4);
    assert_int_equal(psp_mailbox_read(&box, 0, 4), 0x80000000u | SEV_STATUS_INVALID_ADDRESS);
}

static void byte_lanes(void **state)
{
    (void)state;
    for (unsigned i = 4; i < 12; i++)
        psp_mailbox_write(&box, i, 0x10 + i, 1);
    assert_int_equal(psp_mailbox_read(&box, 4, 4), 0x17161514u);
    assert_int_equal(psp_mailbox_read(&box, 8, 4), 0x1b1a1918u);
    assert_int_equal(psp_mailbox_read(&box, 6, 2), 0x1716u);
    assert_int_equal(psp_mailbox_read(&box, 7, 2), 0x1817u);
    assert_int_equal(psp_mailbox_read(&box, 6, 4), 0x19181716u);
    psp_mailbox_write(&box, 6, 0xaabbccdd, 4); /* across two registers */
    assert_int_equal(psp_mailbox_read(&box, 4, 4), 0xccdd1514u);
    assert_int_equal(psp_mailbox_read(&box, 8, 4), 0x1b1aaabbu);
    psp_mailbox_write(&box, 4, 0xffffff55, 1); /* only the byte counts */
    assert_int_equal(psp_mailbox_read(&box, 4, 4), 0xccdd1555u);
}

static void identification_is_read_only(void **state)
{
    (void)state;
    psp_mailbox_write(&box, PSP_MAILBOX_ID, 0, 4);
    psp_mailbox_write(&box, 15, 0, 1);
    assert_int_equal(psp_mailbox_read(&box, PSP_MAILBOX_ID, 4), 0x5e5b0101u);
    assert_int_equal(psp_mailbox_read(&box, 14, 2), 0x5e5bu);
}

static void outside_the_block(void **state)
{
    (void)state;
    assert_int_equal(psp_mailbox_read(&box, 16, 4), 0xffffffffu);
    assert_int_equal(psp_mailbox_read(&box, 14, 4), 0xffff5e5bu);
    assert_int_equal(psp_mailbox_read(&box, ~0u, 4), 0xffffffffu);
    assert_int_equal(psp_mailbox_read(&box, 0, 3), 0xffffffffu);
    assert_int_equal(psp_mailbox_read(&box, 0, 8), 0xffffffffu);
    psp_mailbox_write(&box, ~0u, 0x04000000, 4);
    psp_mailbox_write(&box, 16, 0x04, 1);
    psp_mailbox_write(&box, 0, 0x04000000, 3);
    psp_mailbox_write(&box, 0, 0x04000000, 0);
    assert_int_equal(h->traces, 0);
}

static void sixteen_bit_software(void **state)
{
    (void)state;
    psp_mailbox_write(&box, 0, 0x0000, 2);
    assert_int_equal(h->traces, 0);
    psp_mailbox_write(&box, 2, SEV_CMD_DF_FLUSH, 2);
    assert_int_equal(h->traces, 1);
    assert_int_equal(h->trace.command, SEV_CMD_DF_FLUSH);
    assert_int_equal(psp_mailbox_read(&box, 0, 2), SEV_STATUS_INVALID_PLATFORM_STATE);
    assert_int_equal(psp_mailbox_read(&box, 2, 2), 0x8000u);
}

static void eight_bit_software(void **state)
{
    (void)state;
    psp_mailbox_write(&box, 0, 1, 1); /* IOC */
    psp_mailbox_write(&box, 1, 0, 1);
    psp_mailbox_write(&box, 2, SEV_CMD_SHUTDOWN, 1);
    assert_int_equal(h->traces, 0);
    /* Reading shows the last response, not the bytes in waiting. */
    assert_int_equal(psp_mailbox_read(&box, 0, 4), 0x80000000u);
    psp_mailbox_write(&box, 3, 0, 1);
    assert_int_equal(h->traces, 1);
    assert_int_equal(h->trace.command, SEV_CMD_SHUTDOWN);
    assert_int_equal(interrupts, 1);
    /* The waiting bytes are gone: this is command 0, without IOC. */
    psp_mailbox_write(&box, 3, 0, 1);
    assert_int_equal(h->trace.command, 0);
    assert_int_equal(interrupts, 1);
}

static void a_write_across_the_border_starts_too(void **state)
{
    (void)state;
    psp_mailbox_write(&box, 2, 0x12340000u | SEV_CMD_DF_FLUSH, 4); /* bytes 2, 3 and 4, 5 */
    assert_int_equal(h->trace.command, SEV_CMD_DF_FLUSH);
    assert_int_equal(psp_mailbox_read(&box, 4, 4), 0x1234u);
    psp_mailbox_write(&box, 4, 0, 4);
    assert_int_equal(h->traces, 1);
}

static void unknown_command(void **state)
{
    (void)state;
    psp_mailbox_write(&box, 0, 0x07ff0000, 4);
    assert_int_equal(psp_mailbox_read(&box, 0, 4), 0x80000000u | SEV_STATUS_INVALID_COMMAND);
    assert_int_equal(h->trace.command, 0x7ff);
}

static void reserved_bits(void **state)
{
    (void)state;
    for (unsigned bit = 1; bit < 31; bit++) {
        if (bit >= 16 && bit <= 26)
            continue;
        psp_mailbox_write(&box, 0, command(SEV_CMD_DF_FLUSH) | 1u << bit, 4);
        assert_int_equal(psp_mailbox_read(&box, 0, 4), 0x80000000u | SEV_STATUS_INVALID_PARAM);
    }
    assert_int_equal(h->traces, 0);
}

static void response_bit_starts_nothing(void **state)
{
    (void)state;
    psp_mailbox_write(&box, 0, command(SEV_CMD_DF_FLUSH), 4);
    psp_mailbox_write(&box, 0, 0x80000000u | command(SEV_CMD_SHUTDOWN) | 1, 4);
    assert_int_equal(h->traces, 1);
    assert_int_equal(interrupts, 0);
    assert_int_equal(psp_mailbox_read(&box, 0, 4), 0x80000001u);
}

static void poke_while_busy(struct harness *harness)
{
    assert_ptr_equal(harness, h);
    assert_int_equal(psp_mailbox_read(&box, 0, 4), 0);
    psp_mailbox_write(&box, 4, 0xdead, 4);
    psp_mailbox_write(&box, 0, command(SEV_CMD_SHUTDOWN), 4);
}

static void busy_ignores_writes(void **state)
{
    (void)state;
    h->on_trace = poke_while_busy;
    psp_mailbox_write(&box, 0, command(SEV_CMD_DF_FLUSH), 4);
    assert_int_equal(h->traces, 1);
    assert_int_equal(h->trace.command, SEV_CMD_DF_FLUSH);
    assert_int_equal(psp_mailbox_read(&box, 4, 4), 0);
    assert_int_equal(psp_mailbox_read(&box, 0, 4), 0x80000001u);
}

static void reset_forgets_waiting_bytes(void **state)
{
    (void)state;
    psp_mailbox_write(&box, 4, 5, 4);
    psp_mailbox_write(&box, 2, SEV_CMD_SHUTDOWN, 1);
    psp_mailbox_reset(&box);
    assert_int_equal(psp_mailbox_read(&box, 4, 4), 0);
    psp_mailbox_write(&box, 3, 0, 1);
    assert_int_equal(h->trace.command, 0);
    psp_mailbox_write(&box, 0, command(SEV_CMD_DF_FLUSH) | 1, 4);
    assert_int_equal(interrupts, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(idle_after_reset),
        T(driver_protocol),
        T(interrupt_on_completion),
        T(high_address_is_used),
        T(byte_lanes),
        T(identification_is_read_only),
        T(outside_the_block),
        T(sixteen_bit_software),
        T(eight_bit_software),
        T(a_write_across_the_border_starts_too),
        T(unknown_command),
        T(reserved_bits),
        T(response_bit_starts_nothing),
        T(busy_ignores_writes),
        T(reset_forgets_waiting_bytes),
    };

    return cmocka_run_group_tests_name("mailbox", tests, NULL, NULL);
}
