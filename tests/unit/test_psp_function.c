/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Tests of psp-model/psp_bar and bochs-plugin/host/psp_function: the registers as Linux's driver uses them
 * (drivers/crypto/ccp: psp_dev_init(), __sev_do_cmd_locked(), psp_irq_handler()), messages of MSI and
 * MSI-X, what can be written.
 */
#include "one_processor.h"

#include <string.h>

#include "host/psp_function.h"

#define CMDRESP    0x10980
#define ADDR_LO    0x109e0
#define ADDR_HI    0x109e4
#define FEATURE    0x109fc
#define INT_ENABLE 0x10690
#define INT_STATUS 0x10694
#define IOC        1u
#define RESP       0x80000000u

static struct psp_mailbox mailbox;
static struct psp_function function;
static uint8_t config[PSP_FUNCTION_CONFIG];
static unsigned messages, started;
static uint64_t address;
static uint32_t data;

static void on_send(void *ctx, uint64_t to, uint32_t what)
{
    assert_ptr_equal(ctx, &function);
    messages++;
    address = to;
    data = what;
}

static void on_started(void *ctx)
{
    assert_ptr_equal(ctx, &function);
    started++;
}

static int setup(void **state)
{
    (void)state;
    h = harness_new();
    memset(config, 0xee, sizeof(config));
    psp_mailbox_init(&mailbox, h->psp);
    psp_function_init(&function, config, &mailbox);
    function.send = on_send;
    function.ctx = &function;
    messages = started = 0;
    return 0;
}

static uint32_t get_reg(uint64_t offset)
{
    uint32_t value;

    psp_bar_read(&function.bar, offset, &value, sizeof(value));
    return value;
}

static void put_reg(uint64_t offset, uint32_t value)
{
    psp_bar_write(&function.bar, offset, &value, sizeof(value));
}

static uint16_t config16(unsigned at)
{
    return (uint16_t)(config[at] | config[at + 1] << 8);
}

static void put_table(uint64_t offset, uint32_t value)
{
    psp_function_table_write(&function, offset, &value, sizeof(value));
}

static void probe(void)
{
    put_reg(INT_ENABLE, 0);
    put_reg(INT_STATUS, ~0u);
    put_reg(INT_ENABLE, ~0u);
}

static void status_command(void)
{
    put_reg(ADDR_LO, CMD_ADDR);
    put_reg(ADDR_HI, 0);
    put_reg(CMDRESP, SEV_CMD_PLATFORM_STATUS << 16 | IOC);
}

static void use_msix(void)
{
    psp_function_config_write(&function, 0x04, 0x06, 2);
    put_table(0, 0xfee01000);
    put_table(8, 0x4021);
    put_table(12, 0);
    psp_function_config_write(&function, 0xc2, 0x8000, 2);
}

static void the_driver_s_registers(void **state)
{
    (void)state;
    assert_int_equal(get_reg(FEATURE), 0x81);
    probe();
    status_command();
    assert_int_equal(get_reg(CMDRESP), RESP);
    assert_int_equal(h->ram[CMD_ADDR + 1], 24);
    assert_int_equal(get_reg(INT_STATUS), 2);
    assert_int_equal(get_reg(ADDR_LO), CMD_ADDR);
    put_reg(INT_STATUS, 2);
    assert_int_equal(get_reg(INT_STATUS), 0);
    put_reg(FEATURE, 0);
    assert_int_equal(get_reg(FEATURE), 0x81);
    put_reg(CMDRESP, 0x7ffu << 16);
    assert_int_equal(get_reg(CMDRESP), RESP | SEV_STATUS_INVALID_COMMAND);
    assert_int_equal(get_reg(INT_STATUS), 0); /* no IOC */
}

/* Naples has the same registers at other offsets. */
static void first_version(void **state)
{
    struct psp_bar bar;
    uint32_t value = SEV_CMD_DF_FLUSH << 16 | IOC;

    (void)state;
    psp_bar_init(&bar, &mailbox, PSP_BAR_V1);
    psp_bar_write(&bar, 0x10580, &value, 4);
    psp_bar_read(&bar, 0x10580, &value, 4);
    assert_int_equal(value, RESP | SEV_STATUS_INVALID_PLATFORM_STATE);
    psp_bar_read(&bar, 0x10614, &value, 4);
    assert_int_equal(value, 2);
    psp_bar_read(&bar, 0x105fc, &value, 4);
    assert_int_equal(value, 0x81);
    psp_bar_read(&bar, CMDRESP, &value, 4);
    assert_int_equal(value, 0);
}

static void any_length_and_place(void **state)
{
    uint8_t wide[24];

    (void)state;
    memset(wide, 0xaa, sizeof(wide));
    psp_bar_read(&function.bar, FEATURE - 8, wide, sizeof(wide));
    for (unsigned i = 0; i < sizeof(wide); i++)
        assert_int_equal(wide[i], i == 8 ? 0x81 : 0);
    put_reg(ADDR_LO + 2, 0x11223344);
    assert_int_equal(get_reg(ADDR_LO), 0x33440000);
    assert_int_equal(get_reg(ADDR_HI), 0x1122);
    assert_int_equal(get_reg(PSP_BAR_SIZE), 0);
    assert_int_equal(get_reg(UINT64_MAX), 0);
    put_reg(UINT64_MAX - 1, ~0u);
    put_reg(0, ~0u);
    assert_int_equal(get_reg(0), 0);
    assert_int_equal(h->traces, 0);
}

/* One interrupt for each command, and none while the last one is not acknowledged. */
static void interrupts(void **state)
{
    (void)state;
    probe();
    use_msix();
    status_command();
    assert_int_equal(messages, 1);
    assert_true(address == 0xfee01000 && data == 0x4021);
    status_command();
    assert_int_equal(messages, 1);
    put_reg(INT_STATUS, ~0u);
    status_command();
    assert_int_equal(messages, 2);
    put_reg(INT_ENABLE, 0);
    put_reg(INT_STATUS, ~0u);
    status_command();
    assert_int_equal(messages, 2);
    put_reg(INT_ENABLE, 2);
    assert_int_equal(messages, 3);
}

static void masked_vectors_wait(void **state)
{
    uint32_t pending;

    (void)state;
    probe();
    use_msix();
    put_table(12, 1);
    status_command();
    assert_int_equal(messages, 0);
    psp_function_table_read(&function, 0x1000, &pending, 4);
    assert_int_equal(pending, 1);
    psp_function_config_write(&function, 0xc3, 0xc0, 1); /* all are masked, too */
    put_table(12, 0);
    assert_int_equal(messages, 0);
    psp_function_config_write(&function, 0xc3, 0x80, 1);
    assert_int_equal(messages, 1);
    psp_function_table_read(&function, 0x1000, &pending, 4);
    assert_int_equal(pending, 0);
}

static void msi(void **state)
{
    (void)state;
    probe();
    psp_function_config_write(&function, 0xa4, 0xfee02000, 4);
    psp_function_config_write(&function, 0xa8, 0, 4);
    psp_function_config_write(&function, 0xac, 0x31, 2);
    psp_function_config_write(&function, 0xa2, 1, 2);
    status_command();
    assert_int_equal(messages, 0); /* the function is no bus master */
    psp_function_config_write(&function, 0x04, 0x06, 2);
    put_reg(INT_STATUS, ~0u);
    status_command();
    assert_int_equal(messages, 1);
    assert_true(address == 0xfee02000 && data == 0x31);
}

static void commands_take_time(void **state)
{
    (void)state;
    function.started = on_started;
    probe();
    use_msix();
    status_command();
    assert_int_equal(started, 1);
    assert_int_equal(get_reg(CMDRESP), 0);
    assert_int_equal(h->traces, 0);
    put_reg(ADDR_LO, 0); /* busy: writes are ignored */
    put_reg(CMDRESP, SEV_CMD_DF_FLUSH << 16);
    assert_int_equal(started, 1);
    psp_mailbox_run(&mailbox);
    assert_int_equal(h->traces, 1);
    assert_int_equal(h->trace.command, SEV_CMD_PLATFORM_STATUS);
    assert_int_equal(get_reg(CMDRESP), RESP);
    assert_int_equal(messages, 1);
    psp_mailbox_run(&mailbox); /* there is none */
    assert_int_equal(h->traces, 1);

    status_command();
    psp_function_reset(&function);
    psp_mailbox_run(&mailbox); /* forgotten */
    assert_int_equal(h->traces, 1);
    assert_int_equal(get_reg(CMDRESP), RESP);
}

static void configuration_space(void **state)
{
    (void)state;
    assert_int_equal(config16(0x06), 0x10);
    assert_int_equal(config[0x34], 0xa0);
    assert_int_equal(config[0xa0], 0x05);
    assert_int_equal(config[0xa1], 0xc0);
    assert_int_equal(config16(0xa2), 0x82);
    assert_int_equal(config[0xc0], 0x11);
    assert_int_equal(config[0xc1], 0);
    assert_int_equal(config16(0xc2), 1);
    assert_int_equal(config[0xc4], 5);
    assert_int_equal(config16(0xc8), 0x1005);
    assert_int_equal(config[0], 0xee); /* the header is the caller's */

    for (unsigned at = 0; at < PSP_FUNCTION_CONFIG; at++)
        psp_function_config_write(&function, at, ~0u, 4); /* the last ones end beyond it */
    assert_int_equal(config16(0x04), 0x0406);
    assert_int_equal(config16(0x06), 0x10);
    assert_int_equal(config[0x34], 0xa0);
    assert_int_equal(config16(0xa2), 0xf3);
    assert_int_equal(config16(0xa4), 0xfffc);
    assert_int_equal(config[0xae], 0);
    assert_int_equal(config16(0xc2), 0xc001);
    assert_int_equal(config[0xc4], 5);
}

static void table(void **state)
{
    uint32_t words[9];

    (void)state;
    memset(words, 0xff, sizeof(words));
    psp_function_table_write(&function, 0, words, sizeof(words));
    psp_function_table_write(&function, 0x1000, words, 8);
    psp_function_table_read(&function, 0, words, sizeof(words));
    for (unsigned vector = 0; vector < 2; vector++) {
        assert_int_equal(words[4 * vector], 0xfffffffc);
        assert_int_equal(words[4 * vector + 1], 0xffffffff);
        assert_int_equal(words[4 * vector + 2], 0xffffffff);
        assert_int_equal(words[4 * vector + 3], 1);
    }
    assert_int_equal(words[8], 0);
    psp_function_table_read(&function, 0x1000, words, 8);
    assert_int_equal(words[0], 0);
    psp_function_reset(&function);
    psp_function_table_read(&function, 0, words, 32);
    assert_int_equal(words[0], 0);
    assert_int_equal(words[3], 1);
}

static void message_formats(void **state)
{
    struct psp_function_message m;

    (void)state;
    assert_true(psp_function_message(0xfee12004, 0x8144, &m));
    assert_int_equal(m.destination, 0x12);
    assert_int_equal(m.vector, 0x44);
    assert_int_equal(m.delivery_mode, 1);
    assert_true(m.logical && m.level);
    assert_true(psp_function_message(0xfeeff000, 0x0044, &m));
    assert_false(m.logical || m.level);
    assert_false(psp_function_message(0x1fee12004, 0, &m));
    assert_false(psp_function_message(0xfef00000, 0, &m));
    assert_false(psp_function_message(0, 0, &m));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(the_driver_s_registers),
        T(first_version),
        T(any_length_and_place),
        T(interrupts),
        T(masked_vectors_wait),
        T(msi),
        T(commands_take_time),
        T(configuration_space),
        T(table),
        T(message_formats),
    };
    return cmocka_run_group_tests_name("psp_function", tests, NULL, NULL);
}
