/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * sevowner vmsa build: write the VMSA with which a CPU of a SEV-ES guest starts.
 *
 * Source: protocol/vmsa.h. The file is what virt-qemu-sev-validate takes as --vmsa-cpu0 and
 * --vmsa-cpu1.
 */
#include "owner.h"

#include <stdlib.h>

#include "input.h"
#include "vcpu.h"

enum { AP = 1, FIRMWARE, RESET_EIP, FEATURES };

static const struct owner_option options[] = {
    VCPU_OPTIONS,
    {AP, "ap", NULL, "of every CPU but the first; needs one of the next two"},
    {FIRMWARE, "firmware", "FILE", "firmware whose reset block says where the AP starts"},
    {RESET_EIP, "reset-eip", "N", "the address itself"},
    {FEATURES, "sev-features", "N", "SEV_FEATURES (default 0, as for SEV-ES)"},
    {0, NULL, NULL, NULL},
};

struct request {
    struct vcpu vcpu;
    bool ap;
    const char *firmware, *reset_eip, *features;
};

static enum owner_exit firmware_eip(const char *path, uint32_t *eip)
{
    uint8_t *data = NULL;
    size_t len = 0;
    enum owner_exit code = input_file("--firmware", path, &data, &len);

    if (!code)
        code = vcpu_reset_eip(path, data, len, eip);
    free(data);
    return code;
}

static enum owner_exit find_eip(const struct request *request, uint32_t *eip)
{
    if (request->ap != (request->firmware || request->reset_eip) ||
        (request->firmware && request->reset_eip))
        return owner_fail(OWNER_USAGE, "--ap needs --firmware or --reset-eip, and they need --ap: "
                                       "the first CPU starts at FFFFFFF0h");
    *eip = VMSA_BSP_EIP;
    if (request->firmware)
        return firmware_eip(request->firmware, eip);
    return request->reset_eip ? input_number("--reset-eip", request->reset_eip, UINT32_MAX, eip)
                              : OWNER_OK;
}

static enum owner_exit build(const struct request *request, const char *path)
{
    struct vmsa_start start = {0};
    uint8_t vmsa[VMSA_SIZE];
    uint32_t features = 0;
    enum owner_exit code = vcpu_start(&request->vcpu, &start);

    if (!code)
        code = find_eip(request, &start.reset_eip);
    if (!code && request->features)
        code = input_number("--sev-features", request->features, UINT32_MAX, &features);
    if (code)
        return code;
    start.sev_features = features;
    vmsa_build(vmsa, &start);
    code = output_file(path, vmsa, sizeof(vmsa), false);
    if (!code)
        owner_say("wrote %s\n", path);
    return code;
}

static enum owner_exit run(const struct owner_verb *verb, int argc, char **argv)
{
    struct request request = {0};
    const char *value;
    int id, first;

    while ((id = owner_option(verb, argc, argv, &value, &first)) > 0) {
        if (id == AP)
            request.ap = true;
        else if (id == FIRMWARE)
            request.firmware = value;
        else if (id == RESET_EIP)
            request.reset_eip = value;
        else if (id == FEATURES)
            request.features = value;
        else
            vcpu_option(&request.vcpu, id, value);
    }
    if (id < 0 || !owner_count(verb, argc, first, 1))
        return OWNER_USAGE;
    return build(&request, argv[first]);
}

const struct owner_verb verb_vmsa_build = {
    "vmsa build", "FILE", "Write the VMSA with which a CPU of a SEV-ES guest starts", options, run};
