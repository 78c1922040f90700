/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The launch of a guest with SEV-SNP: which commands, which pages, in which order.
 *
 * Linux drivers/crypto/ccp/sev-dev.c __sev_snp_init_locked(); arch/x86/kvm/svm/sev.c
 * snp_launch_start(), sev_gmem_post_populate(), snp_launch_update_vmsa(), snp_launch_finish(),
 * snp_decommission_context(). What is launched is what QEMU launches (target/i386/sev.c
 * sev_encrypt_flash(), snp_populate_metadata_pages()), then KVM launches the VMSAs. A choice of this
 * model: the legacy INIT is not executed, because no legacy command follows.
 */
#include <stdio.h>
#include <string.h>

#include "hv_cpuid_page.h"
#include "hv_snp_priv.h"
#include "protocol/snp_key.h"

/* --- pages of the secure processor --- */

/* Linux rmp_mark_pages_firmware(). */
bool hv_snp_give_page(struct hv *hv, uint64_t spa)
{
    static const struct rmp_update update = {.assigned = true, .immutable = true};

    return rmp_rmpupdate(hv->snp->rmp, spa, &update) == RMP_OK;
}

/* Linux snp_reclaim_pages(). */
void hv_snp_reclaim_page(struct hv *hv, uint64_t spa)
{
    static const struct rmp_update update = {.assigned = false};
    struct hv_failure ignored;
    struct hv_command command;

    if (rmp_get(hv->snp->rmp, spa).immutable) {
        hv_command_begin(&command, hv, SEV_CMD_SNP_PAGE_RECLAIM);
        hv_command_put64(&command, spa);
        (void)hv_command_run(&command, "", &ignored);
    }
    (void)rmp_rmpupdate(hv->snp->rmp, spa, &update);
}

/* --- commands --- */

static bool init(struct hv *hv, struct hv_failure *failure)
{
    struct hv_command command;

    if (hv->snp->initialized)
        return true;
    hv_command_begin(&command, hv, SEV_CMD_SNP_INIT_EX);
    hv_command_put32(&command, SNP_INIT_FLAG_RMP);
    hv_command_fill(&command, SNP_INIT_EX_SIZE);
    hv->snp->initialized = hv_command_run(&command, "", failure);
    return hv->snp->initialized;
}

/* What reports say of the platform, and a key that signs them. */
static bool configure(struct hv *hv, const struct hv_snp_launch *snp, struct hv_failure *failure)
{
    struct hv_command command;

    if (snp->reported_tcb || snp->config_flags) {
        hv_command_begin(&command, hv, SEV_CMD_SNP_CONFIG);
        hv_command_put64(&command, snp->reported_tcb);
        hv_command_put32(&command, snp->config_flags);
        hv_command_fill(&command, SNP_CONFIG_SIZE);
        if (!hv_command_run(&command, "", failure))
            return false;
    }
    if (!snp->vlek)
        return true;
    hv_command_begin(&command, hv, SEV_CMD_SNP_VLEK_LOAD);
    hv_command_put32(&command, SNP_VLEK_LOAD_SIZE);
    hv_command_put32(&command, 0);
    hv_command_put64(&command, hv_command_place(&command, 0, snp->vlek, SNP_VLEK_SIZE));
    return hv_command_run(&command, "", failure);
}

/* Before an ASID is used, no cache may hold data of it. */
static bool flush(struct hv *hv, struct hv_failure *failure)
{
    struct hv_command command;

    if (hv->snp->flushed)
        return true;
    hv->ops.wbinvd(hv->machine);
    hv_command_begin(&command, hv, SEV_CMD_SNP_DF_FLUSH);
    hv->snp->flushed = hv_command_run(&command, "", failure);
    return hv->snp->flushed;
}

static bool create_context(struct hv_guest *guest, struct hv_failure *failure)
{
    struct hv *hv = guest->hv;
    struct hv_command command;

    guest->context = hv_memory_alloc(&hv->memory, HV_PAGE_SIZE);
    if (!guest->context)
        return hv_fail(failure, "SNP_GCTX_CREATE", "", "the hypervisor's memory is full");
    if (!hv_snp_give_page(hv, guest->context))
        return hv_fail(failure, "SNP_GCTX_CREATE", "", "RMPUPDATE of the context page failed");
    hv_command_begin(&command, hv, SEV_CMD_SNP_GCTX_CREATE);
    hv_command_put64(&command, guest->context);
    return hv_command_run(&command, "", failure);
}

static bool start(struct hv_guest *guest, const struct hv_snp_launch *snp,
                  struct hv_failure *failure)
{
    struct hv_command command;

    hv_command_begin(&command, guest->hv, SEV_CMD_SNP_LAUNCH_START);
    hv_command_put64(&command, guest->context);
    hv_command_put64(&command, snp->policy);
    hv_command_fill(&command, SNP_START_GOSVW);
    hv_command_put(&command, snp->gosvw, sizeof(snp->gosvw));
    return hv_command_run(&command, "", failure);
}

static bool activate(struct hv_guest *guest, struct hv_failure *failure)
{
    struct hv_command command;
    bool ok;

    hv_command_begin(&command, guest->hv, SEV_CMD_SNP_ACTIVATE);
    hv_command_put64(&command, guest->context);
    hv_command_put32(&command, guest->asid);
    ok = hv_command_run(&command, "", failure);
    guest->hv->snp->flushed &= !ok; /* the ASID is used from now on */
    return ok;
}

/* --- pages of the guest --- */

/* Assign a page and launch it. On failure the page is the hypervisor's again, with what the secure
 * processor wrote to it. */
static bool update_page(struct hv_guest *guest, uint64_t spa, uint64_t gpa, unsigned type,
                        const char *what, struct hv_failure *failure)
{
    struct hv *hv = guest->hv;
    const struct rmp_update update = {gpa, guest->asid, true, false, true};
    struct hv_command command;
    bool ok;

    if (rmp_rmpupdate(hv->snp->rmp, spa, &update) != RMP_OK)
        return hv_fail(failure, "SNP_LAUNCH_UPDATE", what, "RMPUPDATE of a page failed");
    hv_command_begin(&command, hv, SEV_CMD_SNP_LAUNCH_UPDATE);
    hv_command_put64(&command, guest->context);
    hv_command_put32(&command, type << SNP_UPDATE_TYPE_SHIFT);
    hv_command_put32(&command, 0);
    hv_command_put64(&command, spa);
    hv_command_fill(&command, SNP_UPDATE_SIZE);
    ok = hv_command_run_region(&command, what, failure);
    if (!ok)
        hv_snp_reclaim_page(hv, spa);
    return ok;
}

static bool update_range(struct hv_guest *guest, uint64_t gpa, uint64_t len, unsigned type,
                         const char *what, struct hv_failure *failure)
{
    bool ok = true;

    if (gpa % HV_PAGE_SIZE || len % HV_PAGE_SIZE)
        return hv_fail(failure, "SNP_LAUNCH_UPDATE", what, "it is not made of pages of 4 KiB");
    for (uint64_t at = gpa; ok && at < gpa + len; at += HV_PAGE_SIZE) {
        if (!hv_snp_is_memory(guest->hv, at))
            return hv_fail(failure, "SNP_LAUNCH_UPDATE", what, "there is no memory");
        ok = update_page(guest, at, at, type, what, failure);
    }
    return ok;
}

/* --- the SEV metadata --- */

static bool write_page(struct hv_guest *guest, uint64_t gpa, const uint8_t *page, const char *what,
                       struct hv_failure *failure)
{
    const struct hv *hv = guest->hv;
    int err = hv->ops.write(hv->machine, gpa, page, HV_PAGE_SIZE);

    return !err || hv_fail(failure, "the write", what, strerror(-err));
}

/* The secure processor refuses values that the CPU does not have, and writes what it expects, which is
 * not encrypted: QEMU sev_snp_cpuid_report_mismatches(). */
static void log_mismatches(struct hv_guest *guest, uint64_t gpa, const uint8_t *sent)
{
    const struct hv *hv = guest->hv;
    uint8_t expected[HV_PAGE_SIZE];
    char line[200];

    if (!hv->ops.log || !hv->ops.read_shared ||
        !hv->ops.read_shared(hv->machine, gpa, expected, sizeof(expected)))
        return;
    for (unsigned row = 0; hv_cpuid_page_mismatch(sent, expected, &row, line, sizeof(line)); row++)
        hv->ops.log(hv->machine, 0, line);
}

static bool update_cpuid(struct hv_guest *guest, const struct ovmf_section *section,
                         struct hv_failure *failure)
{
    static const char what[] = "CPUID page";
    struct hv *hv = guest->hv;
    uint8_t page[HV_PAGE_SIZE];

    if (section->size != HV_PAGE_SIZE)
        return hv_fail(failure, "SNP_LAUNCH_UPDATE", what, "the firmware has no place of one page");
    if (!hv_cpuid_page_build(hv, page))
        return hv_fail(failure, "SNP_LAUNCH_UPDATE", what,
                       "the CPU model has more functions than fit");
    if (!write_page(guest, section->base, page, what, failure))
        return false;
    if (update_range(guest, section->base, section->size, SNP_PAGE_CPUID, what, failure))
        return true;
    if (failure->status == SEV_STATUS_INVALID_PARAM)
        log_mismatches(guest, section->base, page);
    return false;
}

/* QEMU's page is zero but for the table, which is where the table of GUIDed structures says. */
static bool update_hashes(struct hv_guest *guest, const struct hv_firmware *firmware,
                          const struct ovmf_section *section, struct hv_failure *failure)
{
    static const char what[] = "kernel hashes";
    uint8_t page[HV_PAGE_SIZE] = {0};
    const uint64_t into = firmware->hashes_gpa - section->base;

    if (!firmware->hashes)
        return update_range(guest, section->base, section->size, SNP_PAGE_ZERO, what, failure);
    if (section->size != HV_PAGE_SIZE || into > HV_PAGE_SIZE - KERNEL_HASHES_SIZE)
        return hv_fail(failure, "SNP_LAUNCH_UPDATE", what,
                       "the table is not in the firmware's page");
    memcpy(page + into, firmware->hashes, KERNEL_HASHES_SIZE);
    return write_page(guest, section->base, page, what, failure) &&
           update_range(guest, section->base, section->size, SNP_PAGE_NORMAL, what, failure);
}

static bool update_section(struct hv_guest *guest, const struct hv_firmware *firmware,
                           const struct ovmf_section *section, struct hv_failure *failure)
{
    static const struct {
        enum ovmf_page_kind kind;
        unsigned type;
        const char *what;
    } plain[] = {
        {OVMF_PAGE_SEC_MEM, SNP_PAGE_ZERO, "memory of the firmware"},
        {OVMF_PAGE_SECRETS, SNP_PAGE_SECRETS, "secrets page"},
        {OVMF_PAGE_SVSM_CAA, SNP_PAGE_ZERO, "SVSM calling area"},
    };

    if (section->kind == OVMF_PAGE_CPUID)
        return update_cpuid(guest, section, failure);
    if (section->kind == OVMF_PAGE_HASHES)
        return update_hashes(guest, firmware, section, failure);
    for (size_t i = 0; i < sizeof(plain) / sizeof(plain[0]); i++)
        if (section->kind == (uint32_t)plain[i].kind)
            return update_range(guest, section->base, section->size, plain[i].type, plain[i].what,
                                failure);
    return hv_fail(failure, "SNP_LAUNCH_UPDATE", "",
                   "the SEV metadata has a section of unknown kind");
}

static bool has_section(const struct hv_firmware *firmware, enum ovmf_page_kind kind)
{
    for (unsigned i = 0; i < firmware->n_sections; i++)
        if (firmware->sections[i].kind == (uint32_t)kind)
            return true;
    return false;
}

static bool update_sections(struct hv_guest *guest, const struct hv_firmware *firmware,
                            struct hv_failure *failure)
{
    bool ok = true;

    if (!has_section(firmware, OVMF_PAGE_SECRETS) || !has_section(firmware, OVMF_PAGE_CPUID))
        return hv_fail(failure, "SNP_LAUNCH_UPDATE", "",
                       "the SEV metadata has no secrets page or no CPUID page");
    if (firmware->hashes && !has_section(firmware, OVMF_PAGE_HASHES))
        return hv_fail(failure, "SNP_LAUNCH_UPDATE", "kernel hashes",
                       "the firmware has no page for them");
    for (unsigned i = 0; ok && i < firmware->n_sections; i++)
        ok = update_section(guest, firmware, &firmware->sections[i], failure);
    return ok;
}

/* --- VMSAs --- */

static bool update_vmsas(struct hv_guest *guest, const struct hv_firmware *firmware,
                         struct hv_failure *failure)
{
    struct hv *hv = guest->hv;
    bool ok = true;

    if (!hv_place_vmsas(guest, firmware, "SNP_LAUNCH_UPDATE", failure))
        return false;
    hv->snp->sev_features = firmware->n_vmsas ? vmsa_get(firmware->vmsas[0], VMSA_SEV_FEATURES) : 0;
    for (unsigned cpu = 0; ok && cpu < firmware->n_vmsas; cpu++)
        ok = update_page(guest, guest->vmsas + (uint64_t)cpu * VMSA_SIZE, SNP_VMSA_GPA,
                         SNP_PAGE_VMSA, hv_name_vmsa(hv, cpu), failure);
    return ok;
}

/* --- the launch --- */

static void keep_for_finish(struct hv_snp *snp, const struct hv_snp_launch *launch)
{
    snp->launch = *launch;
    if (launch->id_block) {
        memcpy(snp->id_block, launch->id_block, sizeof(snp->id_block));
        snp->launch.id_block = snp->id_block;
    }
    if (launch->id_auth) {
        memcpy(snp->id_auth, launch->id_auth, sizeof(snp->id_auth));
        snp->launch.id_auth = snp->id_auth;
    }
}

bool hv_guest_snp_launch(struct hv_guest *guest, const struct hv_snp_launch *launch,
                         const struct hv_firmware *firmware, struct hv_failure *failure)
{
    struct hv *hv = guest->hv;

    if (guest->handle || guest->context)
        return hv_fail(failure, "the launch", "", "the guest exists already");
    if (!hv->snp)
        return hv_fail(failure, "the launch", "", "the machine has no reverse map table");
    guest->state = HV_LAUNCHING;
    guest->stop_reason = HV_STOP_NONE;
    guest->snp = true;
    keep_for_finish(hv->snp, launch);
    if (init(hv, failure) && configure(hv, launch, failure) && flush(hv, failure) &&
        create_context(guest, failure) && start(guest, launch, failure) &&
        activate(guest, failure) &&
        update_range(guest, firmware->bios.gpa, firmware->bios.len, SNP_PAGE_NORMAL,
                     firmware->bios.name, failure) &&
        update_sections(guest, firmware, failure) && update_vmsas(guest, firmware, failure))
        return true;
    return hv_launch_failed(guest);
}

static bool exec_finish(struct hv_guest *guest, struct hv_failure *failure)
{
    const struct hv_snp_launch *launch = &guest->hv->snp->launch;
    struct hv_command command;
    uint32_t flags = 0;

    flags |= launch->id_block ? SNP_FINISH_FLAG_ID_BLOCK : 0;
    flags |= launch->author_key ? SNP_FINISH_FLAG_AUTHOR_KEY : 0;
    flags |= launch->vcek_disabled ? SNP_FINISH_FLAG_VCEK_DISABLED : 0;
    hv_command_begin(&command, guest->hv, SEV_CMD_SNP_LAUNCH_FINISH);
    hv_command_put64(&command, guest->context);
    hv_command_put64(&command, launch->id_block ? hv_command_place(&command, 0, launch->id_block,
                                                                   HV_SNP_ID_BLOCK_SIZE)
                                                : 0);
    hv_command_put64(
        &command,
        launch->id_auth ? hv_command_place(&command, 1, launch->id_auth, HV_SNP_ID_AUTH_SIZE) : 0);
    hv_command_put32(&command, flags);
    hv_command_fill(&command, SNP_FINISH_HOST_DATA);
    hv_command_put(&command, launch->host_data, sizeof(launch->host_data));
    return hv_command_run(&command, "", failure);
}

/* With the policy "eager" all memory belongs to the guest before it runs. */
bool hv_snp_finish(struct hv_guest *guest, struct hv_failure *failure)
{
    const struct hv_snp *snp = guest->hv->snp;
    const char *wrong = NULL;

    if (!exec_finish(guest, failure))
        return false;
    if (snp->policies.values[HV_POLICY_ASSIGN] == HV_ASSIGN_EAGER)
        wrong = hv_snp_assign_all(guest);
    return !wrong || hv_fail(failure, "RMPUPDATE", "guest memory", wrong);
}

/* --- the end --- */

/* All pages of a guest become the hypervisor's again. */
static void reclaim_all(struct hv_guest *guest)
{
    struct hv *hv = guest->hv;
    struct rmp_run run = {0};

    while (rmp_next_run(hv->snp->rmp, &run)) {
        if (run.spa >= HV_MEMORY_BASE || !run.entry.assigned || run.entry.asid != guest->asid)
            continue;
        for (uint64_t i = 0; run.entry.size_2m && i < run.pages; i += HV_LARGE_PAGES)
            (void)rmp_psmash(hv->snp->rmp, run.spa + i * HV_PAGE_SIZE);
        for (uint64_t i = 0; i < run.pages; i++)
            hv_snp_reclaim_page(hv, run.spa + i * HV_PAGE_SIZE);
    }
    hv_snp_all_private(hv);
    for (unsigned i = 0; i < guest->n_vmsas; i++)
        hv_snp_reclaim_page(hv, guest->vmsas + (uint64_t)i * VMSA_SIZE);
}

/* The secure processor may refuse the command for a context that it did not create. There is nothing
 * to do about it. */
void hv_snp_take_down(struct hv_guest *guest)
{
    struct hv *hv = guest->hv;
    struct hv_failure ignored;
    struct hv_command command;

    if (guest->context) {
        reclaim_all(guest);
        hv_command_begin(&command, hv, SEV_CMD_SNP_DECOMMISSION);
        hv_command_put64(&command, guest->context);
        (void)hv_command_run(&command, "", &ignored);
        hv_snp_reclaim_page(hv, guest->context);
        hv_memory_free(&hv->memory, guest->context, HV_PAGE_SIZE);
        guest->context = 0;
    }
    guest->snp = false;
}
