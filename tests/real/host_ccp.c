/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The program of host_ccp.tap: each command that /dev/sev has for programs, with its length queries and its
 * errors. A line for each says on /dev/kmsg what ioctl() returned, the firmware's status and what came.
 *
 * Source: Linux include/uapi/linux/psp-sev.h.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/psp-sev.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "host_say.h"

static int sev;

/* Run a command; say its result, which `format` and what follows continue. */
static int run(const char *name, unsigned id, void *data)
{
    struct sev_issue_cmd cmd = {.cmd = id, .data = (uint64_t)(uintptr_t)data};
    int rc = ioctl(sev, SEV_ISSUE_CMD, &cmd);

    say("%s: %s, status %u", name, rc ? strerror(errno) : "done", cmd.error);
    return rc;
}

static void status(void)
{
    struct sev_user_data_status s = {0};

    run("PLATFORM_STATUS", SEV_PLATFORM_STATUS, &s);
    say("api %u.%u build %u state %u flags %#x guests %u", s.api_major, s.api_minor, s.build,
        s.state, s.flags, s.guest_count);
}

static void chip_id(void)
{
    static uint8_t id[64];
    struct sev_user_data_get_id2 get = {0};
    unsigned set = 0;

    run("GET_ID2 without a buffer", SEV_GET_ID2, &get);
    say("length %u", get.length);
    get.address = (uint64_t)(uintptr_t)id;
    run("GET_ID2", SEV_GET_ID2, &get);
    for (unsigned i = 0; i < sizeof(id); i++)
        set += id[i] != 0;
    say("length %u, %s", get.length, set > 16 ? "an id" : "no id");
}

static void certificates(void)
{
    static uint8_t csr[2084], pdh[2084], chain[6252];
    struct sev_user_data_pek_csr pek = {0};
    struct sev_user_data_pdh_cert_export export = {0};
    struct sev_user_data_pek_cert_import import = {0};

    run("PEK_CSR without a buffer", SEV_PEK_CSR, &pek);
    say("length %u", pek.length);
    pek.address = (uint64_t)(uintptr_t)csr;
    run("PEK_CSR", SEV_PEK_CSR, &pek);
    say("version %u", csr[0]);
    run("PDH_CERT_EXPORT without buffers", SEV_PDH_CERT_EXPORT, &export);
    say("lengths %u and %u", export.pdh_cert_len, export.cert_chain_len);
    export.pdh_cert_address = (uint64_t)(uintptr_t)pdh;
    export.cert_chain_address = (uint64_t)(uintptr_t)chain;
    run("PDH_CERT_EXPORT", SEV_PDH_CERT_EXPORT, &export);
    say("versions %u %u", pdh[0], chain[0]);
    import.pek_cert_address = import.oca_cert_address = (uint64_t)(uintptr_t)csr;
    import.pek_cert_len = import.oca_cert_len = sizeof(csr);
    run("PEK_CERT_IMPORT of what is no certificate", SEV_PEK_CERT_IMPORT, &import);
}

int main(void)
{
    log_file = open("/dev/kmsg", O_WRONLY);
    sev = open("/dev/sev", O_RDWR);
    if (sev < 0) {
        say("/dev/sev: %s", strerror(errno));
        return 1;
    }
    status();
    chip_id();
    certificates();
    run("PDH_GEN", SEV_PDH_GEN, NULL);
    run("PEK_GEN", SEV_PEK_GEN, NULL);
    run("FACTORY_RESET", SEV_FACTORY_RESET, NULL);
    run("command 200", 200, NULL);
    status();
    say("end of the commands");
    return 0;
}
