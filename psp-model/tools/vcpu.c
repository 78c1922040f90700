/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The virtual CPUs of a SEV-ES guest; see vcpu.h.
 *
 * Source: QEMU target/i386/cpu.c builtin_x86_defs (family, model and stepping of each name);
 * protocol/vmsa.h.
 */
#include "vcpu.h"

#include <string.h>

#include "input.h"
#include "protocol/ovmf_table.h"

static const struct {
    const char *name;
    uint16_t family;
    uint8_t model, stepping;
} types[] = {
    {"EPYC", 23, 1, 2},          {"EPYC-v1", 23, 1, 2},       {"EPYC-v2", 23, 1, 2},
    {"EPYC-v3", 23, 1, 2},       {"EPYC-v4", 23, 1, 2},       {"EPYC-IBPB", 23, 1, 2},
    {"EPYC-Rome", 23, 49, 0},    {"EPYC-Rome-v1", 23, 49, 0}, {"EPYC-Rome-v2", 23, 49, 0},
    {"EPYC-Rome-v3", 23, 49, 0}, {"EPYC-Milan", 25, 1, 1},    {"EPYC-Milan-v1", 25, 1, 1},
    {"EPYC-Milan-v2", 25, 1, 1}, {"EPYC-Genoa", 25, 17, 0},   {"EPYC-Genoa-v1", 25, 17, 0},
    {"EPYC-Turin", 26, 0, 0},
};
#define N_TYPES (sizeof(types) / sizeof(types[0]))

/* In the order of enum vmsa_host. */
static const char *const hosts[VMSA_HOSTS] = {"init2", "es_init"};

bool vcpu_option(struct vcpu *vcpu, int id, const char *value)
{
    const char **const places[] = {&vcpu->family, &vcpu->model, &vcpu->stepping,
                                   &vcpu->type,   &vcpu->sig,   &vcpu->host};

    if (id < VCPU_FAMILY || id > VCPU_HOST)
        return false;
    *places[id - VCPU_FAMILY] = value;
    return true;
}

bool vcpu_given(const struct vcpu *vcpu)
{
    return vcpu->family || vcpu->model || vcpu->stepping || vcpu->type || vcpu->sig;
}

static enum owner_exit from_sku(const struct vcpu *vcpu, uint32_t *signature)
{
    uint32_t family, model, stepping;
    enum owner_exit code;

    if (!vcpu->family || !vcpu->model || !vcpu->stepping)
        return owner_fail(OWNER_USAGE, "--cpu-family, --cpu-model and --cpu-stepping go together");
    code = input_number("--cpu-family", vcpu->family, 15 + 255, &family);
    if (!code)
        code = input_number("--cpu-model", vcpu->model, 255, &model);
    if (!code)
        code = input_number("--cpu-stepping", vcpu->stepping, 15, &stepping);
    if (!code)
        *signature = vmsa_signature(family, model, stepping);
    return code;
}

const char *vcpu_type(unsigned i, uint32_t *signature)
{
    if (i >= N_TYPES)
        return NULL;
    *signature = vmsa_signature(types[i].family, types[i].model, types[i].stepping);
    return types[i].name;
}

static enum owner_exit from_type(const char *name, uint32_t *signature)
{
    const char *type;

    for (unsigned i = 0; (type = vcpu_type(i, signature)); i++)
        if (strcmp(type, name) == 0)
            return OWNER_OK;
    return owner_fail(OWNER_USAGE,
                      "--vcpu-type: '%s' is not known; the names are those of QEMU, from EPYC to "
                      "EPYC-Turin, or give --cpu-family, --cpu-model and --cpu-stepping",
                      name);
}

static enum owner_exit get_host(const char *name, enum vmsa_host *host)
{
    *host = VMSA_HOST_INIT2;
    for (unsigned i = 0; name && i < VMSA_HOSTS; i++)
        if (strcmp(hosts[i], name) == 0) {
            *host = (enum vmsa_host)i;
            return OWNER_OK;
        }
    return name ? owner_fail(OWNER_USAGE,
                             "--vmsa-host: '%s' is not known; allowed: init2 or es_init", name)
                : OWNER_OK;
}

enum owner_exit vcpu_start(const struct vcpu *vcpu, struct vmsa_start *start)
{
    const bool sku = vcpu->family || vcpu->model || vcpu->stepping;
    enum owner_exit code = get_host(vcpu->host, &start->host);

    if (!code && sku + !!vcpu->type + !!vcpu->sig != 1)
        code = owner_fail(OWNER_USAGE, "name the CPU model in one way: --cpu-family, --cpu-model "
                                       "and --cpu-stepping, or --vcpu-type, or --vcpu-sig");
    if (!code && sku)
        code = from_sku(vcpu, &start->signature);
    else if (!code && vcpu->type)
        code = from_type(vcpu->type, &start->signature);
    else if (!code)
        code = input_number("--vcpu-sig", vcpu->sig, UINT32_MAX, &start->signature);
    return code;
}

enum owner_exit vcpu_reset_eip(const char *name, const void *firmware, size_t len, uint32_t *eip)
{
    struct ovmf_table table;
    const char *wrong = ovmf_table_parse(&table, firmware, len);

    if (wrong)
        return owner_fail(OWNER_INPUT, "--firmware: %s %s", name, wrong);
    if (!table.reset_eip)
        return owner_fail(OWNER_INPUT,
                          "--firmware: %s has no SEV-ES reset block, so it cannot start the other "
                          "CPUs of a SEV-ES guest",
                          name);
    *eip = table.reset_eip;
    return OWNER_OK;
}
