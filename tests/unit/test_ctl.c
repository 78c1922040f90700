/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Tests of bochs-plugin/control/ctl and qmp over a real socket, with a machine of variables. The
 * expected texts are those of QEMU (qapi/qmp-dispatch.c, qobject-input-visitor.c, monitor/qmp.c,
 * qobject/json-parser.c, json-streamer.c).
 */
#include "unit.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "control/ctl.h"

static struct machine {
    bool running, started;
    unsigned injected;
    uint64_t gpa;
    bool gpa_given;
} machine;

static bool m_running(void *ctx)
{
    return ((struct machine *)ctx)->running;
}
static bool m_prelaunch(void *ctx)
{
    return !((struct machine *)ctx)->started;
}
static bool m_cont(void *ctx, char *error, size_t size)
{
    struct machine *m = ctx;
    (void)error, (void)size;
    m->running = m->started = true;
    return true;
}
static bool m_stop(void *ctx, char *error, size_t size)
{
    (void)error, (void)size;
    ((struct machine *)ctx)->running = false;
    return true;
}
static bool m_refuse(void *ctx, char *error, size_t size)
{
    (void)ctx;
    snprintf(error, size, "not now");
    return false;
}
static bool m_save(void *ctx, const char *path, char *error, size_t size)
{
    (void)ctx;
    snprintf(error, size, "cannot save to '%s'", path);
    return !strcmp(path, "good");
}
static bool snp_machine;

static void m_sev(void *ctx, struct qmp_sev *sev)
{
    (void)ctx;
    *sev = (struct qmp_sev){true, 1, 55, 21, false, 0xfffffff1, 1, "launch-secret"};
    if (snp_machine)
        *sev = (struct qmp_sev){true, 1, 55, 21, true, 0x12000b0000, 0, "running"};
}
static bool m_measure(void *ctx, struct qmp_blob *blob, char *error, size_t size)
{
    (void)ctx, (void)error, (void)size;
    blob->len = 3;
    memcpy(blob->data, "abc", 3);
    return true;
}
static bool m_inject(void *ctx, const struct qmp_blob *header, const void *secret, size_t len,
                     const uint64_t *gpa, char *error, size_t size)
{
    struct machine *m = ctx;
    (void)secret, (void)error, (void)size;
    assert_int_equal(header->len, 52);
    m->injected = (unsigned)len;
    m->gpa_given = gpa;
    m->gpa = gpa ? *gpa : 0;
    return true;
}
static bool m_attest(void *ctx, const uint8_t mnonce[16], struct qmp_blob *report, char *error,
                     size_t size)
{
    (void)mnonce;
    (void)report;
    return m_refuse(ctx, error, size);
}
static bool m_capabilities(void *ctx, struct qmp_blob *pdh, struct qmp_blob *chain,
                           struct qmp_blob *id, unsigned *cbitpos, unsigned *reduced, char *error,
                           size_t size)
{
    (void)ctx, (void)error, (void)size;
    pdh->len = chain->len = id->len = 1;
    pdh->data[0] = 'p', chain->data[0] = 'c', id->data[0] = 'i';
    *cbitpos = 47, *reduced = 5;
    return true;
}

static const struct qmp_ops ops = {m_running, m_prelaunch, m_cont,   m_stop,
                                   m_refuse,  m_refuse,    m_save,   m_sev,
                                   m_measure, m_inject,    m_attest, m_capabilities};

static char dir[] = "/tmp/test_ctl.XXXXXX", path[64], error_text[256];
static struct ctl *ctl;

static int group_setup(void **state)
{
    (void)state;
    if (!mkdtemp(dir))
        return -1;
    snprintf(path, sizeof(path), "%s/socket", dir);
    return 0;
}

static int group_teardown(void **state)
{
    (void)state;
    return rmdir(dir); /* also shows that no socket was left */
}

static int setup(void **state)
{
    (void)state;
    memset(&machine, 0, sizeof(machine));
    ctl = ctl_new(path, &ops, &machine, error_text, sizeof(error_text));
    return !ctl;
}

static int teardown(void **state)
{
    (void)state;
    ctl_free(ctl);
    return 0;
}

static int client_new(void)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);

    strcpy(address.sun_path, path);
    assert_int_equal(connect(fd, (struct sockaddr *)&address, sizeof(address)), 0);
    fcntl(fd, F_SETFL, O_NONBLOCK);
    return fd;
}

/* Everything that the client gets within some polls. */
static const char *got(int fd)
{
    static char text[32768];
    size_t len = 0;

    for (int i = 0; i < 8; i++) {
        ssize_t n;
        ctl_poll(ctl, 0);
        n = recv(fd, text + len, sizeof(text) - 1 - len, 0);
        if (n > 0)
            len += (size_t)n;
    }
    text[len] = 0;
    return text;
}

static const char *ask(int fd, const char *request)
{
    assert_int_equal(send(fd, request, strlen(request), MSG_NOSIGNAL), (ssize_t)strlen(request));
    return got(fd);
}

static void answers(int fd, const char *request, const char *expected)
{
    const char *text = ask(fd, request);
    if (!strstr(text, expected))
        fail_msg("%s -> %s, not %s", request, text, expected);
}

static int negotiated(void)
{
    int fd = client_new();

    answers(fd, "{\"execute\":\"qmp_capabilities\"}", "{\"return\":{}}");
    return fd;
}

static void greeting(void **state)
{
    (void)state;
    int fd = client_new();
    const char *text = got(fd);
    assert_int_equal(strncmp(text, "{\"QMP\":{\"version\":{\"qemu\":{", 27), 0);
    assert_non_null(strstr(text, "\"capabilities\":[]"));
    assert_non_null(strstr(text, "\r\n"));
    answers(fd, "{\"execute\":\"query-status\"}", "\"CommandNotFound\"");
    answers(fd, "{\"execute\":\"query-status\"}",
            "\"Expecting capabilities negotiation with 'qmp_capabilities'\"");
    answers(fd, "{\"execute\":\"qmp_capabilities\",\"arguments\":{\"enable\":[\"oob\"]}}",
            "\"Capability oob not available\"");
    answers(fd, "{\"execute\":\"qmp_capabilities\",\"arguments\":{\"enable\":[\"x\"]}}",
            "\"Parameter 'null' does not accept value 'x'\"");
    answers(fd, "{\"execute\":\"qmp_capabilities\",\"arguments\":{\"enable\":[1]}}",
            "\"Invalid parameter type for 'enable[0]', expected: string\"");
    answers(fd, "{\"execute\":\"qmp_capabilities\",\"id\":[1]}", "{\"return\":{},\"id\":[1]}");
    answers(fd, "{\"execute\":\"qmp_capabilities\"}", "already complete");
    close(fd);
}

static void run_state(void **state)
{
    (void)state;
    int fd = negotiated();
    answers(fd, "{\"execute\":\"query-status\"}",
            "{\"return\":{\"running\":false,\"status\":\"prelaunch\"}}");
    answers(fd, "{\"execute\":\"cont\",\"id\":\"x\"}", "{\"return\":{},\"id\":\"x\"}");
    assert_true(machine.running);
    answers(fd, "{\"execute\":\"query-status\"}", "\"status\":\"running\"");
    answers(fd, "{\"execute\":\"stop\"}", "{\"return\":{}}");
    answers(fd, "{\"execute\":\"query-status\"}", "\"status\":\"paused\"");
    answers(fd, "{\"execute\":\"quit\"}", "{\"class\":\"GenericError\",\"desc\":\"not now\"}");
    answers(fd, "{\"execute\":\"x-bochs-save\",\"arguments\":{\"path\":\"good\"}}",
            "{\"return\":{}}");
    answers(fd, "{\"execute\":\"x-bochs-save\",\"arguments\":{\"path\":\"bad\"}}",
            "cannot save to 'bad'");
    ctl_event(ctl, "STOP", NULL);
    assert_non_null(strstr(got(fd), "\"event\":\"STOP\""));
    close(fd);
}

/* PACKET_HEADER_SIZE zeros. */
static const char header[] =
    "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA==";

static void sev_commands(void **state)
{
    (void)state;
    char request[512];
    int fd = negotiated();
    answers(
        fd, "{\"execute\":\"query-sev\"}",
        "{\"return\":{\"enabled\":true,\"api-major\":1,\"api-minor\":55,\"build-id\":21,"
        "\"state\":\"launch-secret\",\"sev-type\":\"sev\",\"policy\":4294967281,\"handle\":1}}");
    snp_machine = true; /* qapi/misc-i386.json SevSnpGuestInfo */
    answers(fd, "{\"execute\":\"query-sev\"}",
            "{\"return\":{\"enabled\":true,\"api-major\":1,\"api-minor\":55,\"build-id\":21,"
            "\"state\":\"running\",\"sev-type\":\"sev-snp\",\"snp-policy\":77310132224}}");
    snp_machine = false;
    answers(fd, "{\"execute\":\"query-sev-launch-measure\"}", "{\"return\":{\"data\":\"YWJj\"}}");
    answers(fd, "{\"execute\":\"query-sev-capabilities\"}",
            "{\"return\":{\"pdh\":\"cA==\",\"cert-chain\":\"Yw==\",\"cpu0-id\":\"aQ==\","
            "\"cbitpos\":47,\"reduced-phys-bits\":5}}");
    snprintf(request, sizeof(request),
             "{\"execute\":\"sev-inject-launch-secret\",\"arguments\":{\"packet-header\":\"%s\","
             "\"secret\":\"YWJjZA==\",\"gpa\":4096}}",
             header);
    answers(fd, request, "{\"return\":{}}");
    assert_int_equal(machine.injected, 4);
    assert_true(machine.gpa_given && machine.gpa == 4096);
    answers(fd,
            "{\"execute\":\"sev-inject-launch-secret\",\"arguments\":{\"packet-header\":\"AAAA\","
            "\"secret\":\"YWJjZA==\"}}",
            "not base64 of 52 bytes");
    answers(fd, "{\"execute\":\"sev-inject-launch-secret\",\"arguments\":{\"secret\":\"YQ==\"}}",
            "Parameter 'packet-header' is missing");
    answers(fd,
            "{\"execute\":\"query-sev-attestation-report\",\"arguments\":{\"mnonce\":"
            "\"AAAAAAAAAAAAAAAAAAAAAA==\"}}",
            "not now");
    answers(fd, "{\"execute\":\"query-sev-attestation-report\",\"arguments\":{\"mnonce\":7}}",
            "Invalid parameter type for 'mnonce', expected: string");
    close(fd);
}

static void addresses_of_secrets(void **state)
{
    (void)state;
    char request[512];
    int fd = negotiated();

    /* a uint64; a negative number is one too, as in QEMU */
    static const struct {
        const char *text;
        uint64_t gpa;
    } gpas[] = {{"18446744073709551615", UINT64_MAX},
                {"9223372036854775808", UINT64_C(1) << 63},
                {"-1", UINT64_MAX},
                {"-0", 0}};
    for (size_t i = 0; i < sizeof(gpas) / sizeof(gpas[0]); i++) {
        snprintf(request, sizeof(request),
                 "{'execute':'sev-inject-launch-secret','arguments':{'packet-header':'%s',"
                 "'secret':'YWJjZA==','gpa':%s}}",
                 header, gpas[i].text);
        answers(fd, request, "{\"return\":{}}");
        assert_true(machine.gpa_given && machine.gpa == gpas[i].gpa);
    }
    static const char *const no_gpas[] = {"18446744073709551616", "1.5", "'1'", "null", "1e3"};
    for (size_t i = 0; i < sizeof(no_gpas) / sizeof(no_gpas[0]); i++) {
        snprintf(request, sizeof(request),
                 "{'execute':'sev-inject-launch-secret','arguments':{'packet-header':'%s',"
                 "'secret':'YWJjZA==','gpa':%s}}",
                 header, no_gpas[i]);
        answers(fd, request, "\"Parameter 'gpa' expects uint64\"");
    }
    close(fd);
}

static void undecodable(void **state)
{
    (void)state;
    char request[512];
    int fd = negotiated();

    snprintf(request, sizeof(request),
             "{'execute':'sev-inject-launch-secret','arguments':{'packet-header':'?',"
             "'secret':'YWJjZA=='}}");
    answers(fd, request, "\"SEV: Failed to decode sequence header\"");
    snprintf(
        request, sizeof(request),
        "{'execute':'sev-inject-launch-secret','arguments':{'packet-header':'%s','secret':''}}",
        header);
    answers(fd, request, "SEV: Failed to decode data");
    answers(fd, "{'execute':'query-sev-attestation-report','arguments':{'mnonce':'AAAA'}}",
            "\"SEV: mnonce must be 16 bytes (got 3)\"");
    answers(fd, "{'execute':'query-sev-attestation-report','arguments':{'mnonce':'*'}}",
            "\"SEV: failed to decode mnonce input\"");
    close(fd);
}

static void malformed(void **state)
{
    (void)state;
    static const struct {
        const char *request, *answer;
    } cases[] = {
        {"{\"execute\":\"nonsense\"}", "The command nonsense has not been found"},
        {"{\"execute\":7}", "'execute' must be a string"},
        {"{\"execute\":\"stop\",\"arguments\":[]}", "'arguments' must be an object"},
        {"{\"execute\":\"stop\",\"arguments\":{\"a\":1}}", "Parameter 'a' is unexpected"},
        {"{\"id\":7}", "QMP input lacks member 'execute'"},
        {"{\"execute\":\"stop\",\"more\":7}", "'more' is unexpected"},
        {"hello\n", "JSON parse error, invalid keyword 'hello'"},
        {"[1]\n", "QMP input must be a JSON object"},
        {"42\n", "QMP input must be a JSON object"},
        {"'text'", "QMP input must be a JSON object"},
        {"null ", "QMP input must be a JSON object"},
        {"{\"a\":}\n", "JSON parse error, expecting value"},
        {"{]}\n", "JSON parse error, expecting value"},
        {"\xff\xfe\n", "JSON parse error, stray '\xef\xbf\xbd'"},
        {"\f\n", "JSON parse error, stray '"},
        {"{\"a\":1,\"a\":2}", "JSON parse error, duplicate key"},
        {"{'execute' 'stop'}", "JSON parse error, missing : in object pair"},
        {"{'execute':'stop' 'id':1}", "JSON parse error, expected separator in dict"},
        {"{7:1}", "JSON parse error, key is not a string in object"},
        {"}", "JSON parse error, expecting value"},
    };
    int fd = negotiated();
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        answers(fd, cases[i].request, cases[i].answer);
        answers(fd, "{\"execute\":\"query-status\"}", "\"return\""); /* it goes on */
    }
    close(fd);
}

/* A client learns commands and types from it: every type that is named is there, and every command of
 * query-commands. */
static void schema(void **state)
{
    (void)state;
    int fd = negotiated();
    json_t *answer = json_loads(ask(fd, "{'execute':'query-qmp-schema'}"), 0, NULL), *info, *type;
    json_t *names = json_object(), *commands;
    size_t i;

    json_array_foreach(json_object_get(answer, "return"), i, info) assert_int_equal(
        json_object_set(names, json_string_value(json_object_get(info, "name")), info), 0);
    assert_int_equal(json_object_size(names), json_array_size(json_object_get(answer, "return")));
    json_array_foreach(json_object_get(answer, "return"), i, info)
    {
        static const char *const refs[] = {"arg-type", "ret-type", "element-type"};
        json_t *list[] = {json_object_get(info, "members"), json_object_get(info, "variants")};

        for (size_t k = 0; k < 3; k++) {
            type = json_object_get(info, refs[k]);
            assert_true(!type || json_object_get(names, json_string_value(type)));
        }
        for (size_t k = 0; k < 2; k++) {
            json_t *member;
            size_t n;
            json_array_foreach(list[k], n, member)
            {
                type = json_object_get(member, "type");
                if (type && !json_object_get(names, json_string_value(type)))
                    fail_msg("no type %s", json_string_value(type));
            }
        }
    }
    commands = json_loads(ask(fd, "{'execute':'query-commands'}"), 0, NULL);
    json_array_foreach(json_object_get(commands, "return"), i, info)
    {
        type = json_object_get(names, json_string_value(json_object_get(info, "name")));
        assert_string_equal(json_string_value(json_object_get(type, "meta-type")), "command");
    }
    json_decref(commands);
    json_decref(names);
    json_decref(answer);
    close(fd);
}

static void streams(void **state)
{
    (void)state;
    static const char split[] = " {\"exe\ncute\":\"query-status\"}";
    int fd = negotiated();
    /* several in one, then one in many */
    answers(fd, "{\"execute\":\"stop\",\"id\":1}{\"execute\":\"stop\",\"id\":2}\n", "\"id\":2");
    answers(fd, "{\"execute\":\"query-", "");
    answers(fd, "status\",\"id\":\"}{\"}", "\"id\":\"}{\"");
    for (const char *c = split; *c; c++)
        assert_int_equal(send(fd, c, 1, 0), 1);
    assert_non_null(strstr(got(fd), "JSON parse error")); /* no line break within a string */
    close(fd);
}

static void one_after_another(void **state)
{
    (void)state;
    for (int i = 0; i < 50; i++) {
        int fd = negotiated(), second = client_new();
        assert_string_equal(got(second), ""); /* waits for its turn */
        close(fd);
        got(second);
        answers(second, "{\"execute\":\"qmp_capabilities\"}", "{\"return\":{}}");
        close(second);
        close(client_new()); /* gone at once */
        ctl_poll(ctl, 0);
        ctl_free(ctl);
        ctl = ctl_new(path, &ops, &machine, error_text, sizeof(error_text));
        assert_non_null(ctl);
    }
}

static void flood(void **state)
{
    (void)state;
    static char big[200000];
    int fd = negotiated();
    /* endless request: answered with an error, the rest is no request either */
    memset(big, ' ', sizeof(big));
    memcpy(big, "{\"execute\":\"", 12);
    for (size_t sent = 0, stuck = 0; sent < sizeof(big) && stuck < 100;) {
        ssize_t n = send(fd, big + sent, sizeof(big) - sent, MSG_NOSIGNAL);
        if (n > 0)
            sent += (size_t)n;
        else
            stuck++;
        ctl_poll(ctl, 0);
    }
    assert_non_null(strstr(got(fd), "JSON token size limit exceeded"));
    close(fd);
    ctl_poll(ctl, 0);
    /* a client that asks and never reads is dropped, and the next one is served */
    fd = negotiated();
    for (int i = 0; i < 200000; i++) {
        if (send(fd, "{\"execute\":\"query-commands\"}", 28, MSG_NOSIGNAL) < 0 && errno == EPIPE)
            break;
        ctl_poll(ctl, 0);
    }
    assert_int_equal(send(fd, "x", 1, MSG_NOSIGNAL), -1);
    close(fd);
    close(negotiated());
}

static void addresses(void **state)
{
    (void)state;
    struct stat st;
    char other[64], long_path[200];
    FILE *f;

    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    /* taken by another emulator, or a file: left alone */
    assert_null(ctl_new(path, &ops, &machine, error_text, sizeof(error_text)));
    assert_non_null(strstr(error_text, "Address already in use"));
    snprintf(other, sizeof(other), "%s/file", dir);
    f = fopen(other, "w");
    assert_non_null(f);
    fclose(f);
    assert_null(ctl_new(other, &ops, &machine, error_text, sizeof(error_text)));
    assert_int_equal(unlink(other), 0);
    memset(long_path, 'a', sizeof(long_path) - 1);
    long_path[sizeof(long_path) - 1] = 0;
    assert_null(ctl_new(long_path, &ops, &machine, error_text, sizeof(error_text)));
    assert_non_null(strstr(error_text, "longer than"));
    /* a killed process left it: replaced */
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    snprintf(address.sun_path, sizeof(address.sun_path), "%s", other);
    assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
    close(fd);
    struct ctl *second = ctl_new(other, &ops, &machine, error_text, sizeof(error_text));
    assert_non_null(second);
    ctl_free(second);
}

/* --- faults --- */

static int listen_errno;
static bool no_memory;

int __real_listen(int fd, int backlog);
int __wrap_listen(int fd, int backlog);
void *__real_calloc(size_t n, size_t size);
void *__wrap_calloc(size_t n, size_t size);

int __wrap_listen(int fd, int backlog)
{
    if (!listen_errno)
        return __real_listen(fd, backlog);
    errno = listen_errno;
    return -1;
}

void *__wrap_calloc(size_t n, size_t size)
{
    return no_memory ? NULL : __real_calloc(n, size);
}

/* The number that the next file will get: the same again if none was left open. */
static int next_fd(void)
{
    int fd = open("/dev/null", O_RDONLY | O_CLOEXEC);

    assert_true(fd >= 0);
    close(fd);
    return fd;
}

/* Each reports its own reason, and leaves neither a file nor a socket behind. */
static void failing_system_calls(void **state)
{
    const int before = next_fd();
    struct stat st;

    (void)state;
    no_memory = true;
    assert_null(ctl_new(path, &ops, &machine, error_text, sizeof(error_text)));
    no_memory = false;
    assert_non_null(strstr(error_text, "out of memory"));
    listen_errno = ENOBUFS;
    assert_null(ctl_new(path, &ops, &machine, error_text, sizeof(error_text)));
    listen_errno = 0;
    assert_non_null(strstr(error_text, strerror(ENOBUFS)));
    assert_int_equal(next_fd(), before);
    assert_int_equal(stat(path, &st), -1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(greeting, setup, teardown),
        cmocka_unit_test_setup_teardown(run_state, setup, teardown),
        cmocka_unit_test_setup_teardown(sev_commands, setup, teardown),
        cmocka_unit_test_setup_teardown(addresses_of_secrets, setup, teardown),
        cmocka_unit_test_setup_teardown(undecodable, setup, teardown),
        cmocka_unit_test_setup_teardown(malformed, setup, teardown),
        cmocka_unit_test_setup_teardown(schema, setup, teardown),
        cmocka_unit_test_setup_teardown(streams, setup, teardown),
        cmocka_unit_test_setup_teardown(one_after_another, setup, teardown),
        cmocka_unit_test_setup_teardown(flood, setup, teardown),
        cmocka_unit_test_setup_teardown(addresses, setup, teardown),
        cmocka_unit_test(failing_system_calls),
    };
    return cmocka_run_group_tests_name("ctl", tests, group_setup, group_teardown);
}
