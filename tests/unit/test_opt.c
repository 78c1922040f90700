/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Tests of bochs-plugin/opt: every parameter, every range end, and that a refused value changes
 * nothing and says what is allowed.
 */
#include "unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "opt.h"
#include "psp.h"
#include "protocol/vmsa.h"

static char dir[] = "/tmp/test_opt.XXXXXX";
static struct opt *opt;

static const char *path_of(const char *name)
{
    static char path[128];
    snprintf(path, sizeof(path), "%s/%s", dir, name);
    return path;
}

static void make_file(const char *name, const void *data, size_t len)
{
    FILE *f = fopen(path_of(name), "wb");
    assert_non_null(f);
    assert_int_equal(fwrite(data, 1, len, f), len);
    assert_int_equal(fclose(f), 0);
}

static int group_setup(void **state)
{
    (void)state;
    opt = malloc(sizeof(*opt));
    return !opt || !mkdtemp(dir);
}

static int group_teardown(void **state)
{
    char command[64];
    (void)state;
    free(opt);
    snprintf(command, sizeof(command), "rm -r %s", dir);
    return system(command);
}

static int setup(void **state)
{
    (void)state;
    opt_init(opt);
    return 0;
}

static bool accepts(const char *name, const char *value)
{
    char error[400];
    return opt_set(opt, name, value, error, sizeof(error));
}

/* The value is refused, nothing changes, and the message has all the `words`. */
static void refused(const char *name, const char *value, const char *const *words)
{
    char error[800];
    struct opt *before = malloc(sizeof(*before));

    assert_non_null(before);
    memcpy(before, opt, sizeof(*before));
    assert_false(opt_set(opt, name, value, error, sizeof(error)));
    assert_memory_equal(before, opt, sizeof(*before));
    for (; *words; words++)
        if (!strstr(error, *words))
            fail_msg("%s=%s: '%s' is not in the message '%s'", name, value, *words, error);
    free(before);
}
#define refused(name, value, ...) refused(name, value, (const char *const[]){__VA_ARGS__, NULL})

static void defaults(void **state)
{
    (void)state;
    assert_int_equal(opt->enabled, 1);
    assert_int_equal(opt->cbitpos, 47);
    assert_int_equal(opt->reduced_phys_bits, 5);
    assert_int_equal(opt->policy, 1);
    assert_int_equal(opt->port, 0x5e0);
    assert_int_equal(opt->api.major, PSP_API_MAJOR);
    assert_int_equal(opt->api.minor, PSP_API_MINOR);
    assert_int_equal(opt->launch, OPT_LAUNCH_AUTO);
    assert_int_equal(opt->log, OPT_LOG_INFO);
    assert_false(opt->tik.set || opt->tek.set || opt->mnonce.set || opt->secret_gpa_set);
    assert_int_equal(opt->secret_header.len + opt->secret_payload.len, 0);
    for (unsigned i = 0; i < opt_count(); i++) {
        assert_int_equal(opt_find(opt_name(i)), (int)i);
        assert_true(strlen(opt_allowed(i)) > 0);
        assert_true(accepts(opt_name(i), opt_default(i))); /* what is saved can be read */
    }
}

static void numbers(void **state)
{
    (void)state;
    static const struct {
        const char *name, *good[3], *bad[4];
    } cases[] = {
        {"enabled", {"0", "1", "0x1"}, {"2", "yes", "-1", ""}},
        {"cpuid", {"", "erms", "fsrm, srso_no btc_no"}, {"ermss", "7", "erms+fsrm", "sev"}},
        {"cbitpos", {"32", "51", "0x2f"}, {"12", "31", "52", "47x"}},
        {"reduced_phys_bits", {"0", "1", "63"}, {"64", "-5", "5.", " 5"}},
        {"policy", {"0", "0x1", "4294967295"}, {"garbage", "0x100000000", "0xg", "1 "}},
        {"port", {"0x100", "0x5e0", "65520"}, {"70000", "0xf0", "0x5e1", "0x10000"}},
        {"build", {"0", "21", "255"}, {"256", "-1", "0x", "99999999999999999999"}},
        {"asids", {"1", "15", "1023"}, {"0", "1024", "many", "1e3"}},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        for (size_t k = 0; k < 3; k++)
            assert_true(accepts(cases[i].name, cases[i].good[k]));
        for (size_t k = 0; k < 4; k++)
            refused(cases[i].name, cases[i].bad[k], cases[i].name, cases[i].bad[k], "allowed:");
    }
    assert_true(accepts("cbitpos", "51"));
    assert_int_equal(opt->cbitpos, 51);
}

/* Each number of the table, a newcomer's too: both ends are accepted, the next outside is not. */
static void every_number(void **state)
{
    static const struct {
        const char *name, *preset;
        uint64_t least, most, multiple;
        size_t field;
    } rows[] = {
#define OPT_NUMBER(name, preset, least, most, multiple, allowed)                                   \
    {#name, preset, least, most, multiple, offsetof(struct opt, name)},
#include "opt_table.h"
    };
    char text[32];

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        const uint64_t *field = (const uint64_t *)((const char *)opt + rows[i].field);

        assert_int_equal(*field, strtoull(rows[i].preset, NULL, 0));
        snprintf(text, sizeof(text), "%llu", (unsigned long long)rows[i].least);
        assert_true(accepts(rows[i].name, text));
        assert_int_equal(*field, rows[i].least);
        snprintf(text, sizeof(text), "0x%llx", (unsigned long long)rows[i].most);
        assert_true(accepts(rows[i].name, text));
        assert_int_equal(*field, rows[i].most);
        snprintf(text, sizeof(text), "%llu", (unsigned long long)(rows[i].most + rows[i].multiple));
        if (rows[i].most == UINT64_MAX)
            refused(rows[i].name, "18446744073709551616", rows[i].name, "is not a number");
        else
            refused(rows[i].name, text, rows[i].name, "is out of range; allowed:");
        if (rows[i].multiple > 1) {
            snprintf(text, sizeof(text), "%llu", (unsigned long long)(rows[i].least + 1));
            refused(rows[i].name, text, rows[i].name, "is not aligned; allowed:");
        }
    }
}

static void words_and_versions(void **state)
{
    (void)state;
    assert_true(accepts("launch", "guest"));
    assert_int_equal(opt->launch, OPT_LAUNCH_GUEST);
    refused("launch", "Auto", "launch", "Auto", "auto, guest or wait");
    assert_true(accepts("reboot", "end"));
    assert_int_equal(opt->reboot, OPT_REBOOT_END);
    refused("reboot", "stop", "reboot", "stop", "restart or end");
    refused("log", "verbose", "log", "verbose", "debug");
    assert_int_equal(opt->vmsa, VMSA_HOST_INIT2);
    assert_true(accepts("vmsa", "es_init"));
    assert_int_equal(opt->vmsa, VMSA_HOST_ES_INIT);
    refused("vmsa", "kvm", "vmsa", "kvm", "init2 or es_init");
    assert_true(accepts("api", "0.24"));
    assert_int_equal(opt->api.major, 0);
    assert_int_equal(opt->api.minor, 24);
    refused("api", "1", "api", "major.minor");
    refused("api", "1.256", "api", "1.256");
    refused("api", "123456789.1", "api");
    refused("api", ".", "api");
    refused("api", "1.2.3", "api");
}

static void direct_boot(void **state)
{
    char error[400];
    (void)state;
    make_file("kernel", "any", 3);
    assert_true(accepts("kernel", path_of("kernel")));
    assert_string_equal(opt->kernel, path_of("kernel"));
    refused("kernel", path_of("none"), "kernel", "No such file", "bzImage");
    refused("initrd", path_of("none"), "initrd", "No such file", "RAM disk");
    refused("initrd", dir, "initrd", "is not a regular file");
    assert_true(accepts("append", "console=ttyS0,115200 quiet"));
    assert_true(accepts("initrd", path_of("kernel")));
    assert_true(opt_check(opt, error, sizeof(error)));
    assert_true(accepts("kernel_hashes", "1"));
    assert_true(opt_check(opt, error, sizeof(error)));
    assert_true(accepts("launch", "guest"));
    assert_false(opt_check(opt, error, sizeof(error)));
    assert_true(accepts("launch", "auto"));
    assert_true(accepts("kernel", ""));
    assert_false(opt_check(opt, error, sizeof(error)));
    assert_true(accepts("initrd", ""));
    assert_false(opt_check(opt, error, sizeof(error)));
    assert_non_null(strstr(error, "need kernel"));
    assert_true(accepts("append", ""));
    assert_false(opt_check(opt, error, sizeof(error)));
    assert_non_null(strstr(error, "kernel_hashes needs kernel"));
    assert_true(accepts("kernel_hashes", "0"));
    assert_true(opt_check(opt, error, sizeof(error)));
}

static void nonce(void **state)
{
    (void)state;
    static const uint8_t wanted[16] = {0x00, 0x11, 0x22, 0x33, 0x44, 0x55, 0x66, 0x77,
                                       0x88, 0x99, 0xaa, 0xbb, 0xcc, 0xdd, 0xee, 0xff};
    assert_true(accepts("mnonce", "00112233445566778899aabbCCDDEEFF"));
    assert_true(opt->mnonce.set);
    assert_memory_equal(opt->mnonce.bytes, wanted, 16);
    refused("mnonce", "00112233445566778899aabbCCDDEEF", "32 hexadecimal digits");
    refused("mnonce", "00112233445566778899aabbCCDDEEFg", "hexadecimal");
    assert_true(accepts("mnonce", ""));
    assert_false(opt->mnonce.set);
}

static void key_files(void **state)
{
    (void)state;
    static const uint8_t bytes[64] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16};
    make_file("16", bytes, 16);
    make_file("0", bytes, 0);
    make_file("15", bytes, 15);
    make_file("17", bytes, 17);
    make_file("64", bytes, 64);
    assert_true(accepts("tik", path_of("16")));
    assert_true(opt->tik.set);
    assert_memory_equal(opt->tik.bytes, bytes, 16);
    refused("tik", path_of("0"), "tik: '", "' has 0 bytes, 16 are needed");
    refused("tik", path_of("15"), "tik: '", "' has 15 bytes, 16 are needed");
    refused("tek", path_of("17"), "17 bytes, 16 are needed");
    refused("tek", path_of("64"), "has 64 bytes");
    refused("tek", path_of("none"), "No such file", "exactly 16 bytes");
    refused("tek", dir, "not a regular file");
    assert_int_equal(mkfifo(path_of("fifo"), 0600), 0);
    refused("tek", path_of("fifo"), "not a regular file"); /* and does not block */
    assert_true(accepts("tik", ""));
    assert_false(opt->tik.set);
}

static void blobs(void **state)
{
    (void)state;
    static const char text[] =
        "AAAAAAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8gISIjJCUmJygpKissLS4v\n";
    static uint8_t raw[OPT_SECRET_MAX + 1];
    make_file("header.b64", text, strlen(text));
    raw[0] = 0xff;
    make_file("header.bin", raw, 52);
    make_file("max", raw, OPT_SECRET_MAX);
    make_file("over", raw, OPT_SECRET_MAX + 1);
    make_file("empty", raw, 0);
    refused("secret_header", path_of("header.b64"), "52 are needed, raw or base64"); /* it has 51 */
    assert_true(accepts("secret_header", path_of("header.bin")));
    assert_int_equal(opt->secret_header.len, 52);
    assert_false(opt->secret_header.base64);
    assert_true(accepts("secret_payload", path_of("max")));
    assert_int_equal(opt->secret_payload.len, OPT_SECRET_MAX);
    refused("secret_payload", path_of("over"), "has 16385 bytes, 1 to 16384 are needed");
    refused("secret_payload", path_of("empty"), "has 0 bytes, 1 to 16384 are needed");
    refused("secret_gpa", "0x1001", "aligned");
    refused("secret_gpa", "0x10000000000", "2^40");
    assert_true(accepts("secret_gpa", "0x1000"));
    assert_true(opt->secret_gpa_set);
}

/* Parameters of SEV-SNP: each refusal of opt_check() names what is wrong. */
/* Chips and the versions of their firmware. */
static void tcb_rules(void)
{
    static const struct {
        const char *chip, *runs, *committed, *reported;
        bool ok;
    } cases[] = {
        {"milan", "0xdb18000000000004", "0xd318000000000004", "0xd318000000000003", true},
        {"turin", "0xdb00000018000401", "0", "0xdb00000018000400", true},
        {"milan", "0xdb00000018000401", "0", "0", false},
        {"genoa", "0xdb18000000000004", "0xdc18000000000004", "0", false},
        {"genoa", "0xdb18000000000004", "0xd318000000000004", "0xd418000000000004", false},
        {"genoa", "0xdb18000000000004", "0", "0xdb18000000000005", false},
    };
    char error[400];

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        opt_init(opt);
        assert_true(accepts("snp", "1") && accepts("snp_chip", cases[i].chip));
        assert_true(accepts("snp_tcb", cases[i].runs));
        assert_true(accepts("snp_committed_tcb", cases[i].committed));
        assert_true(accepts("snp_reported_tcb", cases[i].reported));
        assert_int_equal(opt_check(opt, error, sizeof(error)), cases[i].ok);
    }
}

static void snp_rules(void **state)
{
    static const struct {
        const char *name, *value, *why;
    } cases[] = {
        {"launch", "guest", "snp needs a launch by the built-in hypervisor"},
        {"vmsa", "es_init", "vmsa=es_init is for SEV-ES"},
        {"encryption", "none", "snp needs encryption=aes"},
        {"ghcb_max", "1", "snp needs version 2 of the GHCB protocol"},
        {"sev_features", "2", "sev_features: bit 0"},
        {"author_key_enabled", "1", "author_key_enabled needs id_auth"},
        {"id_block", "96", "id_block and id_auth go together"},
        {"id_auth", "4096", "id_block and id_auth go together"},
        {"secret_header", "52", "secret_header is for SEV and SEV-ES"},
        {"snp_chip_id", "31", "snp_chip_id must have 64 bytes, or 8 with snp_chip=turin"},
        {"snp_tcb", "0x10000", "a reserved byte of this snp_chip"},
        {"snp_platform_info", "0x40", "bit 6 is reserved"},
        {"snp_certs", "31", "snp_certs is not a table of certificates"},
    };
    static const uint8_t raw[4096] = {0xff};
    char error[400];

    (void)state;
    make_file("96", raw, 96);
    make_file("4096", raw, 4096);
    make_file("52", raw, 52);
    make_file("31", raw, 31);
    make_file("32", raw, 32);
    refused("host_data", path_of("31"), "has 31 bytes, 32 are needed, raw or base64");
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const char digit = cases[i].value[0];
        const bool file =
            strlen(cases[i].value) > 1 && cases[i].value[1] != 'x' && digit >= '0' && digit <= '9';

        opt_init(opt);
        assert_true(accepts("snp", "1"));
        assert_true(opt_check(opt, error, sizeof(error)));
        assert_true(accepts(cases[i].name, file ? path_of(cases[i].value) : cases[i].value));
        assert_false(opt_check(opt, error, sizeof(error)));
        if (!strstr(error, cases[i].why))
            fail_msg("'%s' is not in '%s'", cases[i].why, error);
    }
    opt_init(opt);
    assert_true(accepts("snp_report", "5"));
    assert_false(opt_check(opt, error, sizeof(error)));
    assert_non_null(strstr(error, "snp_certs need snp=1"));
    tcb_rules();
    opt_init(opt);
    assert_true(accepts("host_data", path_of("32")));
    assert_false(opt_check(opt, error, sizeof(error)));
    assert_non_null(strstr(error, "need snp=1"));
    assert_true(accepts("snp", "1"));
    assert_true(accepts("lies", "wrong-cpuid"));
    refused("host_policy", "assign:late", "host_policy", "has a wrong value; allowed:");
    assert_true(accepts("host_policy", "assign:eager psc_chunk:3"));
    assert_int_equal(opt->host_policy.values[HV_POLICY_PSC_CHUNK], 3);
    assert_true(opt_check(opt, error, sizeof(error)));
    assert_true(accepts("snp", "0"));
    assert_true(accepts("host_data", ""));
    assert_false(opt_check(opt, error, sizeof(error)));
    assert_true(accepts("lies", ""));
    assert_false(opt_check(opt, error, sizeof(error)));
    assert_non_null(strstr(error, "host_policy needs snp=1"));
    assert_true(accepts("snp", "1"));
    assert_true(accepts("id_block", path_of("96")));
    assert_true(accepts("id_auth", path_of("4096")));
    assert_true(accepts("author_key_enabled", "1"));
    assert_true(opt_check(opt, error, sizeof(error)));
    assert_int_equal(opt->snp_policy, 0x30000);
}

static void host_rules(void **state)
{
    static const struct {
        const char *name, *value, *why;
    } cases[] = {
        {"snp", "1", "mode=host has SEV only"},
        {"policy", "5", "mode=host has SEV only"},
        {"launch", "wait", "mode=host launches nothing"},
        {"launch", "guest", "mode=host launches nothing"},
        {"kernel_hashes", "1", "mode=host launches nothing"},
        {"sanitize", "report", "mode=host has none"},
        {"map", "x.svg", "mode=host has none"},
        {"map_changes", "x", "mode=host has none"},
    };
    char error[400];

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        opt_init(opt);
        assert_false(opt_is_host(opt));
        assert_true(accepts("mode", "host"));
        assert_true(opt_is_host(opt));
        assert_true(opt_check(opt, error, sizeof(error)));
        assert_true(accepts(cases[i].name, cases[i].value));
        assert_false(opt_check(opt, error, sizeof(error)));
        if (!strstr(error, cases[i].why))
            fail_msg("'%s' is not in '%s'", cases[i].why, error);
    }
    opt_init(opt);
    assert_true(accepts("mode", "host"));
    assert_true(accepts("enabled", "0"));
    assert_false(opt_is_host(opt)); /* a machine without SEV */
    refused("mode", "both", "guest or host");
}

static void unknown(void **state)
{
    (void)state;
    refused("cbitpo", "47", "unknown parameter 'cbitpo'", "cbitpos", "log");
    refused("", "47", "unknown parameter");
}

static bool consistent(const char *why)
{
    char error[400] = "";
    bool ok = opt_check(opt, error, sizeof(error));
    assert_true(ok || strstr(error, why));
    return ok;
}

static void combinations(void **state)
{
    (void)state;
    uint8_t key[16] = {0}, packet[64] = {0xff};
    make_file("k", key, 16);
    make_file("h", packet, 52);
    make_file("p", packet, 32);
    make_file("odd", packet, 31);
    assert_true(consistent(""));
    assert_true(accepts("policy", "5") && consistent(""));
    assert_true(accepts("launch", "guest") && consistent("")); /* that policy is nobody's */
    assert_true(accepts("launch", "auto") && accepts("policy", "1"));
    assert_true(accepts("tik", path_of("k")));
    assert_false(consistent("tik and tek"));
    assert_true(accepts("tek", path_of("k")));
    assert_true(accepts("secret_header", path_of("h")));
    assert_false(consistent("secret_payload go together"));
    assert_true(accepts("secret_payload", path_of("p")));
    assert_true(consistent("")); /* where it goes the firmware says */
    assert_true(accepts("secret_gpa", "0"));
    assert_true(consistent(""));
    assert_true(accepts("secret_header", "") && accepts("secret_payload", ""));
    assert_false(consistent("secret_gpa needs"));
    assert_true(accepts("secret_header", path_of("h")) && accepts("secret_payload", path_of("p")));
    assert_true(accepts("launch", "guest"));
    assert_false(consistent("launch by the built-in hypervisor"));
    assert_true(accepts("launch", "auto"));
    assert_true(accepts("secret_payload", path_of("odd")));
    assert_false(consistent("multiple of 16"));
    assert_true(accepts("secret_payload", path_of("p")));
    assert_true(accepts("tik", "") && accepts("tek", ""));
    assert_false(consistent("encrypted with the guest owner's keys"));
}

static void lies(void **state)
{
    (void)state;
    assert_true(accepts("lies", "wrong-cpuid@3 drop-exit"));
    assert_int_equal(opt->lies.kinds[HV_LIE_WRONG_CPUID].n, 3);
    assert_int_equal(opt->lies.kinds[HV_LIE_DROP_EXIT].when, HV_LIE_ALWAYS);
    refused("lies", "wrong-cpuid@0", "lies", "is no list of lies; allowed:");
    assert_int_equal(opt->lies.kinds[HV_LIE_WRONG_CPUID].n, 3);
    assert_false(consistent("lies needs a policy with SEV-ES"));
    refused("lies_page", "0x1001", "aligned");
    refused("lies_page", "0x1000000000", "2^36");
    assert_true(accepts("lies_page", "0x400000"));
    assert_int_equal(opt->lies_page, 0x400000);
    assert_true(accepts("lies", "") && accepts("snp", "1"));
    assert_false(consistent("lies_page needs snp=1 and lies"));
    assert_true(accepts("lies", "withdraw") && consistent(""));
    assert_true(accepts("lies_page", "") && accepts("lies", "") && accepts("snp", "0"));
    assert_true(consistent(""));
}

static void sanitizer(void **state)
{
    (void)state;
    refused("sanitize", "on", "sanitize", "off, report or break");
    assert_true(accepts("sanitize", "report") && accepts("encryption", "none"));
    assert_false(consistent("sanitize needs encryption=aes"));
    assert_true(accepts("encryption", "aes") && accepts("sanitize_report", "/tmp/findings"));
    assert_true(consistent(""));
    assert_true(accepts("sanitize", "break"));
    assert_true(consistent(""));
    assert_true(accepts("sanitize", "off"));
    assert_false(consistent("sanitize_report needs"));
}

static void sessions(void **state)
{
    (void)state;
    static uint8_t blob[CERT_SIZE] = {0xff};
    make_file("session", blob, SESSION_SIZE);
    make_file("cert", blob, CERT_SIZE);
    make_file("short", blob, SESSION_SIZE - 1);
    make_file("key", blob, 16);
    refused("session", path_of("short"), "session", "has 127 bytes, 128 are needed");
    refused("dh_cert", path_of("session"), "dh_cert", "has 128 bytes, 2084 are needed");
    assert_true(accepts("session", path_of("session")));
    assert_false(consistent("session and dh_cert"));
    assert_true(accepts("dh_cert", path_of("cert")));
    assert_true(consistent(""));
    assert_true(accepts("tik", path_of("key")) && accepts("tek", path_of("key")));
    assert_false(consistent("leave tik and tek out"));
    assert_true(accepts("tik", "") && accepts("tek", ""));
    assert_true(accepts("launch", "guest"));
    assert_false(consistent("brings its own"));
}

static void texts(void **state)
{
    (void)state;
    char longest[OPT_TEXT_MAX + 8];
    memset(longest, 'a', sizeof(longest));
    longest[OPT_TEXT_MAX] = 0;
    refused("seed", longest, "too long");
    longest[OPT_TEXT_MAX - 1] = 0;
    assert_true(accepts("seed", longest));
    assert_string_equal(opt->seed, longest);
    refused("control", "tcp:1234", "not a socket address", "unix:");
    refused("control", "unix:", "not a socket address");
    assert_true(accepts("control", "unix:/tmp/x"));
    assert_string_equal(opt->control, "/tmp/x");
    assert_true(accepts("launch", "wait"));
    assert_true(consistent(""));
    assert_true(accepts("control", ""));
    assert_false(consistent("launch=wait needs control"));
    assert_true(accepts("launch", "auto"));
    refused("symbols", "/nowhere/map", "symbols", "No such file", "System.map");
    refused("gdb", "0.0.0.0:1234", "no address for gdb", "a TCP port");
    refused("gdb", "unix:", "no address for gdb");
    assert_true(accepts("gdb_wait", "1"));
    assert_false(consistent("gdb_wait needs gdb"));
    assert_true(accepts("gdb", "1234"));
    assert_true(consistent(""));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(defaults, setup),
        cmocka_unit_test_setup(numbers, setup),
        cmocka_unit_test_setup(every_number, setup),
        cmocka_unit_test_setup(words_and_versions, setup),
        cmocka_unit_test_setup(direct_boot, setup),
        cmocka_unit_test_setup(nonce, setup),
        cmocka_unit_test_setup(key_files, setup),
        cmocka_unit_test_setup(blobs, setup),
        cmocka_unit_test_setup(snp_rules, setup),
        cmocka_unit_test_setup(host_rules, setup),
        cmocka_unit_test_setup(unknown, setup),
        cmocka_unit_test_setup(combinations, setup),
        cmocka_unit_test_setup(lies, setup),
        cmocka_unit_test_setup(sanitizer, setup),
        cmocka_unit_test_setup(sessions, setup),
        cmocka_unit_test_setup(texts, setup),
    };
    return cmocka_run_group_tests_name("opt", tests, group_setup, group_teardown);
}
