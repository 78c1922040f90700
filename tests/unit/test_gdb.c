/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Tests of bochs-plugin/gdb: packets, the target description, the server with a machine of two CPUs,
 * the socket. The packets are those of GDB's manual (gdb/doc/gdb.texinfo, appendix "GDB Remote Serial
 * Protocol") and of a session of gdb 13.1 (`set debug remote 1`).
 */
#include "unit.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "gdb/gdb_link.h"
#include "gdb/gdb_registers.h"
#include "gdb/gdb_server.h"
#include "gdb/gdb_socket.h"

enum { CPUS = 2, MEMORY = 256 };

static struct {
    uint8_t memory[MEMORY], rax[CPUS];
    char points[100], monitor[100], resumed[100];
    unsigned interrupts, kills, cleared;
} m;

static unsigned m_cpus(void *ctx)
{
    (void)ctx;
    return CPUS;
}
static void m_describe(void *ctx, unsigned cpu, char *text, size_t size)
{
    (void)ctx;
    snprintf(text, size, "CPU %u", cpu);
}
static void m_read_register(void *ctx, unsigned cpu, unsigned number, uint8_t *value)
{
    (void)ctx;
    memset(value, (int)number, gdb_register_size(number));
    if (number == GDB_RAX)
        *value = m.rax[cpu];
}
static bool m_write_register(void *ctx, unsigned cpu, unsigned number, const uint8_t *value)
{
    (void)ctx;
    if (number == GDB_RAX)
        m.rax[cpu] = *value;
    return number == GDB_RAX;
}
static size_t m_read(void *ctx, unsigned cpu, uint64_t address, uint8_t *data, size_t len)
{
    (void)ctx, (void)cpu;
    if (address >= MEMORY)
        return 0;
    len = len < MEMORY - address ? len : MEMORY - (size_t)address;
    memcpy(data, m.memory + address, len);
    return len;
}
static bool m_write(void *ctx, unsigned cpu, uint64_t address, const uint8_t *data, size_t len)
{
    (void)ctx, (void)cpu;
    if (address + len > MEMORY)
        return false;
    memcpy(m.memory + address, data, len);
    return true;
}
static int m_point(enum gdb_point point, uint64_t address, uint64_t len, const char *what)
{
    snprintf(m.points, sizeof(m.points), "%s %d %#llx %llu", what, (int)point,
             (unsigned long long)address, (unsigned long long)len);
    return address ? 0 : -EFAULT;
}
static int m_set_point(void *ctx, unsigned cpu, enum gdb_point point, uint64_t address,
                       uint64_t len)
{
    (void)ctx, (void)cpu;
    return m_point(point, address, len, "set");
}
static int m_remove_point(void *ctx, unsigned cpu, enum gdb_point point, uint64_t address,
                          uint64_t len)
{
    (void)ctx, (void)cpu;
    return m_point(point, address, len, "remove");
}
static void m_remove_points(void *ctx)
{
    (void)ctx;
    m.cleared++;
}
static struct gdb_server *server;
static void m_monitor(void *ctx, unsigned cpu, const char *line)
{
    (void)ctx;
    snprintf(m.monitor, sizeof(m.monitor), "%u %s", cpu, line);
    gdb_server_print(server, "hello");
}
static void m_resume(void *ctx, const struct gdb_resume *cpus)
{
    (void)ctx;
    snprintf(m.resumed, sizeof(m.resumed), "%d %d %#llx-%#llx", (int)cpus[0].action,
             (int)cpus[1].action, (unsigned long long)cpus[0].from, (unsigned long long)cpus[0].to);
}
static void m_interrupt(void *ctx)
{
    (void)ctx;
    m.interrupts++;
}
static void m_kill(void *ctx)
{
    (void)ctx;
    m.kills++;
}
static const struct gdb_ops ops = {
    m_cpus,   m_describe,  m_read_register, m_write_register, m_read,
    m_write,  m_set_point, m_remove_point,  m_remove_points,  m_monitor,
    m_resume, m_interrupt, m_kill,
};

static int setup(void **state)
{
    (void)state;
    memset(&m, 0, sizeof(m));
    gdb_server_free(server);
    server = gdb_server_new(&ops, NULL);
    gdb_server_connect(server);
    return server ? 0 : -1;
}

/* --- helpers --- */

static void input(const char *text)
{
    gdb_server_input(server, text, strlen(text));
}

/* Everything that the server sent. */
static const char *output(void)
{
    static char text[70000];
    size_t len;
    const void *data = gdb_server_output(server, &len);

    assert_true(len < sizeof(text));
    if (len)
        memcpy(text, data, len);
    text[len] = 0;
    gdb_server_sent(server, len);
    return text;
}

static const char *framed(const char *data)
{
    static char text[40000];
    uint8_t sum = 0;

    for (const char *c = data; *c; c++)
        sum = (uint8_t)(sum + (uint8_t)*c);
    snprintf(text, sizeof(text), "$%s#%02x", data, sum);
    return text;
}

/* Send a packet, and check that the answer is `want`. */
static void answers(const char *packet, const char *want)
{
    char expected[40010];

    snprintf(expected, sizeof(expected), "+%s", framed(want));
    input(framed(packet));
    assert_string_equal(output(), expected);
}

static void stopped(enum gdb_why why, unsigned cpu, enum gdb_point point, uint64_t address)
{
    const struct gdb_stop stop = {why, cpu, point, address};
    gdb_server_stopped(server, &stop);
}

/* --- packets --- */

static void frames(void **state)
{
    (void)state;
    input("+$qC#b4"); /* the manual's own sums: 'q' + 'C' = b4h */
    assert_string_equal(output(), "+$QC1#c5");
    input("-");
    assert_string_equal(output(), "$QC1#c5"); /* the same again */
    input("$qC#b5");
    assert_string_equal(output(), "-");
    input("$qC#xx");
    assert_string_equal(output(), "-");
    input("$qC"); /* its end is lost */
    input("$qC#b4");
    assert_string_equal(output(), "+$QC1#c5");
    answers("", "");
    answers("vMustReplyEmpty", "");
    answers("!", "");
}

static void too_long(void **state)
{
    char packet[GDB_PACKET_MAX + 2];
    uint8_t sum = 0;

    (void)state;
    memset(packet, 'q', sizeof(packet));
    for (size_t i = 0; i < sizeof(packet); i++)
        sum = (uint8_t)(sum + 'q');
    input("$");
    gdb_server_input(server, packet, sizeof(packet) / 2);
    gdb_server_input(server, packet, sizeof(packet) - sizeof(packet) / 2);
    snprintf(packet, sizeof(packet), "#%02x", sum);
    input(packet);
    assert_string_equal(output(), "-");
    answers("qC", "QC1");
}

static void no_acknowledgements(void **state)
{
    (void)state;
    answers("QStartNoAckMode", "OK");
    input("+$qC#b4");
    assert_string_equal(output(), "$QC1#c5");
    input("-$qC#00"); /* no sums are checked in answer */
    assert_string_equal(output(), "");
    gdb_server_connect(server); /* the next client has them again */
    answers("qC", "QC1");
}

static void other_clients(void **state)
{
    (void)state;
    input("POST / HTTP/1.1\r\n\r\n$k#6b");
    assert_true(gdb_server_finished(server));
    assert_string_equal(output(), "");
    assert_int_equal(m.kills, 0);
}

static void slow_client(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 1000 && !gdb_server_finished(server); i++)
        input(framed("qXfer:features:read:target.xml:0,1fff"));
    assert_true(gdb_server_finished(server)); /* it does not read */
}

/* --- queries --- */

static void queries(void **state)
{
    (void)state;
    answers(
        "qSupported:multiprocess+;swbreak+;hwbreak+;xmlRegisters=i386",
        "PacketSize=4000;qXfer:features:read+;QStartNoAckMode+;vContSupported+;swbreak+;hwbreak+");
    answers("qAttached", "1");
    answers("qfThreadInfo", "m1,2");
    answers("qsThreadInfo", "l");
    answers("qThreadExtraInfo,2", "4350552031"); /* CPU 1 */
    answers("qThreadExtraInfo,3", "E16");
    answers("T2", "OK");
    answers("T3", "E03");
    answers("Hg2", "OK");
    answers("qC", "QC2");
    answers("Hg3", "E16");
    answers("Hc-1", "OK");
    answers("qTStatus", "");
    answers("qCRC:0,1", "");
    answers("qXfer:features:read:other.xml:0,10", "E00");
    answers("qXfer:features:read:target.xml:0,5", "m<?xml");
    answers("qXfer:features:read:target.xml:ffffff,5", "E16");
}

static unsigned count(const char *text, const char *word)
{
    unsigned n = 0;

    for (const char *c = text; (c = strstr(c, word)); c += strlen(word))
        n++;
    return n;
}

/* The sum of all registers is what packet g has. */
static void description(void **state)
{
    const char *xml = gdb_target_xml();
    size_t size = 0;

    (void)state;
    assert_int_equal(count(xml, "<reg "), GDB_REGISTERS);
    assert_int_equal(count(xml, "<feature "), 4);
    assert_non_null(strstr(xml, "<architecture>i386:x86-64</architecture>"));
    assert_non_null(strstr(xml, "<reg name=\"r15\" bitsize=\"64\" type=\"int64\" regnum=\"15\"/>"));
    assert_non_null(
        strstr(xml, "<reg name=\"xmm0\" bitsize=\"128\" type=\"vec128\" regnum=\"40\"/>"));
    assert_non_null(strstr(xml, "<field name=\"PG\" start=\"31\" end=\"31\"/>"));
    assert_null(strpbrk(xml, "#$}*"));
    for (unsigned i = 0; i < GDB_REGISTERS; i++)
        size += gdb_register_size(i);
    input(framed("g"));
    assert_int_equal(strlen(output()), 2 * size + 5);
    assert_string_equal(gdb_register_name(GDB_CR3), "cr3");
}

static void monitor(void **state)
{
    (void)state;
    input(framed("Hg2"));
    output();
    input(framed("qRcmd,736576206d6170")); /* sev map */
    assert_string_equal(m.monitor, "1 sev map");
    assert_string_equal(output(), "+$O68656c6c6f#f6$OK#9a");
    answers("qRcmd,7", "E16");
    answers("qRcmd,zz", "E16");
    answers("qRcmd", "E16");
}

/* --- registers and memory --- */

static void registers(void **state)
{
    char all[5000];

    (void)state;
    m.rax[1] = 0x7f;
    answers("p0", "0000000000000000");
    input(framed("Hg2"));
    output();
    answers("p0", "7f00000000000000");
    answers("P0=4200000000000000", "OK");
    assert_int_equal(m.rax[1], 0x42);
    answers("P0=42", "E16");
    answers("P1=4200000000000000", "E16"); /* cannot be written */
    answers("p42", "E16");
    answers("G00", "E16");
    input(framed("g"));
    snprintf(all, sizeof(all), "G%s", output() + 2);
    all[strlen(all) - 3] = 0;
    memcpy(all + 1, "55", 2);
    answers(all, "OK");
    assert_int_equal(m.rax[1], 0x55);
}

static void memory(void **state)
{
    (void)state;
    memcpy(m.memory + 16, "abc", 3);
    answers("m10,3", "616263");
    answers("mfe,10", "0000"); /* up to the end of memory */
    answers("m100,1", "E0e");
    answers("m10", "E16");
    answers("m10000000000000000,1", "E16");
    answers("M20,2:4142", "OK");
    assert_memory_equal(m.memory + 32, "AB", 2);
    answers("M20,3:4142", "E16");
    answers("Mff,2:4142", "E0e");
    answers("X0,0:", "OK");
    answers("X30,3:x}\x03z", "OK"); /* 03h with 20h: '#' */
    assert_memory_equal(m.memory + 48, "x#z", 3);
}

/* --- running --- */

static void points(void **state)
{
    (void)state;
    answers("Z0,ffffffff81000000,1", "OK");
    assert_string_equal(m.points, "set 0 0xffffffff81000000 1");
    answers("z2,1000,8", "OK");
    assert_string_equal(m.points, "remove 2 0x1000 8");
    answers("Z2,0,8", "E0e");
    answers("Z5,1000,8", "");
    answers("Z0,1000", "E16");
}

static void stops(void **state)
{
    (void)state;
    answers("?", "T05thread:1;");
    input(framed("qSupported:swbreak+;hwbreak+"));
    output();
    input(framed("vCont;c"));
    assert_string_equal(output(), "+");
    assert_true(gdb_server_running(server));
    stopped(GDB_STOP_POINT, 1, GDB_BREAK, 0);
    assert_string_equal(output(), framed("T05thread:2;swbreak:;"));
    answers("qC", "QC2");
    input(framed("c"));
    stopped(GDB_STOP_POINT, 0, GDB_WATCH_WRITE, 0xffffffff82000000);
    assert_string_equal(output() + 1, framed("T05thread:1;watch:ffffffff82000000;"));
    input(framed("c"));
    stopped(GDB_STOP_POINT, 0, GDB_HARDWARE_BREAK, 0);
    assert_string_equal(output() + 1, framed("T05thread:1;hwbreak:;"));
    input(framed("c"));
    stopped(GDB_STOP_SHUTDOWN, 0, GDB_BREAK, 0);
    assert_string_equal(output() + 1, framed("T06thread:1;"));
    input(framed("c"));
    input("\x03");
    assert_int_equal(m.interrupts, 1);
    stopped(GDB_STOP_INTERRUPT, 0, GDB_BREAK, 0);
    assert_string_equal(output() + 1, framed("T02thread:1;"));
    input("\x03"); /* it is stopped already */
    assert_int_equal(m.interrupts, 1);
}

static void resumed(const char *packet, const char *want)
{
    input(framed(packet));
    assert_string_equal(output(), "+");
    assert_string_equal(m.resumed, want);
    stopped(GDB_STOP_STEP, 0, GDB_BREAK, 0);
    output();
}

static void resumes(void **state)
{
    (void)state;
    answers("vCont?", "vCont;c;C;s;S;r");
    resumed("vCont;c", "1 1 0-0");
    resumed("vCont;s:1;c", "2 1 0-0");
    resumed("vCont;s:2", "0 2 0-0");
    resumed("vCont;s:1;s:1;c:-1", "2 1 0-0");
    resumed("vCont;r1000,1008:1", "3 0 0x1000-0x1008");
    resumed("vCont;C05:2;c", "1 1 0-0");
    resumed("s", "2 0 0-0");
    input(framed("Hc2"));
    output();
    resumed("s", "0 2 0-0");
    answers("vCont;x", "E16");
    answers("vCont;s:3", "E16");
    answers("vCont;", "E16");
    assert_false(gdb_server_running(server));
}

static void while_running(void **state)
{
    (void)state;
    gdb_server_run(server);
    gdb_server_connect(server); /* stops the machine, as QEMU does */
    assert_int_equal(m.interrupts, 1);
    input(framed("?"));
    assert_string_equal(output(), "+");
    stopped(GDB_STOP_INTERRUPT, 0, GDB_BREAK, 0);
    assert_string_equal(output(), framed("T02thread:1;"));
    input(framed("vCont;c"));
    output();
    gdb_server_print(server, "x");
    assert_string_equal(output(), framed("O78"));
    input(framed("m0,1"));
    assert_int_equal(m.interrupts, 3); /* the question of this client, too */
    stopped(GDB_STOP_INTERRUPT, 0, GDB_BREAK, 0);
    assert_string_equal(output(), "+$T02thread:1;#d4$00#60");
    input(framed("vCont;c"));
    output();
    gdb_server_exited(server);
    assert_string_equal(output(), framed("W00"));
}

static void leaving(void **state)
{
    (void)state;
    answers("D", "OK");
    assert_true(gdb_server_finished(server));
    gdb_server_disconnect(server);
    assert_true(gdb_server_running(server));
    assert_string_equal(m.resumed, "1 1 0-0");
    assert_int_equal(m.cleared, 1);
    gdb_server_connect(server);
    stopped(GDB_STOP_INTERRUPT, 0, GDB_BREAK, 0);
    input(framed("k"));
    assert_int_equal(m.kills, 1);
    assert_string_equal(output(), "+");
    answers("vKill;1", "OK");
    assert_int_equal(m.kills, 2);
}

/* --- the socket --- */

static void addresses(void **state)
{
    char longest[200];

    (void)state;
    memset(longest, 'a', sizeof(longest));
    memcpy(longest, "unix:", 5);
    longest[sizeof(longest) - 1] = 0;
    assert_true(gdb_socket_address_ok("1234") && gdb_socket_address_ok("0"));
    assert_true(gdb_socket_address_ok("unix:x"));
    assert_false(gdb_socket_address_ok("") || gdb_socket_address_ok("65536"));
    assert_false(gdb_socket_address_ok("0.0.0.0:1234") || gdb_socket_address_ok("-1"));
    assert_false(gdb_socket_address_ok("unix:") || gdb_socket_address_ok(longest));
}

static void talk(struct gdb_socket *s, int fd)
{
    char text[8] = "";

    assert_true(gdb_socket_accept(s));
    assert_false(gdb_socket_accept(s));
    assert_int_equal(gdb_socket_read(s, text, sizeof(text)), 0);
    assert_int_equal(send(fd, "abc", 3, 0), 3);
    gdb_socket_wait(s, -1);
    assert_int_equal(gdb_socket_read(s, text, sizeof(text)), 3);
    assert_int_equal(gdb_socket_send(s, "de", 2), 2);
    assert_int_equal(recv(fd, text, 2, MSG_WAITALL), 2);
    close(fd);
    gdb_socket_wait(s, -1);
    assert_int_equal(gdb_socket_read(s, text, sizeof(text)), 0);
    assert_false(gdb_socket_connected(s));
}

static void tcp(void **state)
{
    struct sockaddr_in address = {.sin_family = AF_INET};
    struct gdb_socket *s, *other;
    char error[300];
    const char *port;
    int fd = socket(AF_INET, SOCK_STREAM, 0);

    (void)state;
    s = gdb_socket_open("0", error, sizeof(error));
    assert_non_null(s);
    assert_memory_equal(gdb_socket_name(s), "127.0.0.1:", 10); /* and no other interface */
    port = gdb_socket_name(s) + 10;
    other = gdb_socket_open(port, error, sizeof(error));
    assert_null(other);
    assert_non_null(strstr(error, "Address already in use"));
    address.sin_port = htons((uint16_t)atoi(port));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    assert_int_equal(connect(fd, (struct sockaddr *)&address, sizeof(address)), 0);
    talk(s, fd);
    gdb_socket_close(s);
    gdb_socket_close(NULL);
}

static void unix_socket(void **state)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    char error[300], name[] = "/tmp/test_gdb.XXXXXX", text[120];
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);
    struct gdb_socket *s;
    struct stat st;

    (void)state;
    assert_non_null(mkdtemp(name));
    snprintf(address.sun_path, sizeof(address.sun_path), "%s/s", name);
    snprintf(text, sizeof(text), "unix:%s", address.sun_path);
    s = gdb_socket_open(text, error, sizeof(error));
    assert_non_null(s);
    assert_int_equal(stat(address.sun_path, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    assert_null(gdb_socket_open(text, error, sizeof(error))); /* another machine has it */
    assert_true(gdb_socket_accept(s)); /* that machine's look whether someone listens */
    assert_int_equal(gdb_socket_read(s, text, sizeof(text)), 0);
    assert_int_equal(connect(fd, (struct sockaddr *)&address, sizeof(address)), 0);
    talk(s, fd);
    gdb_socket_close(s);
    assert_int_equal(access(address.sun_path, F_OK), -1);
    rmdir(name);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(frames, setup),
        cmocka_unit_test_setup(too_long, setup),
        cmocka_unit_test_setup(no_acknowledgements, setup),
        cmocka_unit_test_setup(other_clients, setup),
        cmocka_unit_test_setup(slow_client, setup),
        cmocka_unit_test_setup(queries, setup),
        cmocka_unit_test_setup(description, setup),
        cmocka_unit_test_setup(monitor, setup),
        cmocka_unit_test_setup(registers, setup),
        cmocka_unit_test_setup(memory, setup),
        cmocka_unit_test_setup(points, setup),
        cmocka_unit_test_setup(stops, setup),
        cmocka_unit_test_setup(resumes, setup),
        cmocka_unit_test_setup(while_running, setup),
        cmocka_unit_test_setup(leaving, setup),
        cmocka_unit_test(addresses),
        cmocka_unit_test(tcp),
        cmocka_unit_test(unix_socket),
    };
    int failed;

    cmocka_set_message_output(CM_OUTPUT_TAP);
    failed = cmocka_run_group_tests(tests, NULL, NULL);
    gdb_server_free(server);
    return failed;
}
