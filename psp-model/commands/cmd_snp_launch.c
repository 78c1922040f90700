/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Commands that launch a SEV-SNP guest: give it keys, encrypt and measure its first pages, and check
 * the result against what its owner signed.
 *
 * Source: Linux include/linux/psp-sev.h struct sev_data_snp_launch_start,
 * sev_data_snp_launch_update, sev_data_snp_launch_finish, SNP_POLICY_MASK_*; Linux
 * arch/x86/kvm/svm/sev.c sev_gmem_post_populate() (states of a page, what the processor does with a
 * CPUID page that it refuses); AMDESE/sev-tool src/sevapi.h snp_launch_update_cmd_buf.
 *
 * The comment above each body lists its status codes, in the order of its checks. They follow the
 * checks of dispatch.c. HWERROR_PLATFORM, a failure of the host, is not listed.
 */
#include <errno.h>
#include <string.h>

#include "cmd.h"
#include "page.h"
#include "protocol/cpuid_page.h"
#include "protocol/id_block.h"
#include "protocol/secrets_page.h"
#include "protocol/snp_digest.h"
#include "protocol/snp_report.h"

/* --- SNP_LAUNCH_START ------------------------------------------------------------------------ */

static bool policy_ok(uint64_t policy, const struct psp_config *config)
{
    /* The model encrypts with AES-128, has no RAPL and hides no ciphertext. */
    const uint64_t unsupported =
        SNP_POLICY_MEM_AES_256_XTS | SNP_POLICY_RAPL_DIS | SNP_POLICY_CIPHERTEXT_HIDING;
    unsigned major = policy >> SNP_POLICY_API_MAJOR_SHIFT & 0xff;
    unsigned minor = policy >> SNP_POLICY_API_MINOR_SHIFT & 0xff;

    if (policy & (SNP_POLICY_RESERVED | unsupported) || !(policy & SNP_POLICY_MUST_BE_ONE))
        return false;
    if (config->snp_platform_info & SNP_PLATFORM_SMT && !(policy & SNP_POLICY_SMT))
        return false;
    return config->api_major > major || (config->api_major == major && config->api_minor >= minor);
}

/* INVALID_PARAM   an unknown flag, or a migration agent's address without MA_EN
 * UNSUPPORTED     MA_EN or IMI_EN: the model has no migration agents
 * POLICY_FAILURE  a reserved bit of the policy, bit 17 not set, an API newer than the platform's, SMT is
 *                 in use and the policy does not allow it, or AES-256-XTS, RAPL_DIS, CIPHERTEXT_HIDING:
 *                 the platform does not have them */
enum sev_status cmd_snp_launch_start(struct cmd *cmd)
{
    struct psp *psp = cmd->psp;
    struct snp_guest *guest = cmd->snp, keys = {0};
    uint32_t flags = cmd_get32(cmd, SNP_START_FLAGS);
    uint64_t policy = cmd_get64(cmd, SNP_START_POLICY);
    enum sev_status status;

    if (flags & ~(SNP_START_FLAG_MA | SNP_START_FLAG_IMI))
        return SEV_STATUS_INVALID_PARAM;
    if (!(flags & SNP_START_FLAG_MA) && cmd_get64(cmd, SNP_START_MA_ADDR))
        return SEV_STATUS_INVALID_PARAM;
    if (flags)
        return SEV_STATUS_UNSUPPORTED;
    if (!policy_ok(policy, &psp->config))
        return SEV_STATUS_POLICY_FAILURE;
    status = psp_random(psp, keys.vek, sizeof(keys.vek));
    if (status == SEV_STATUS_SUCCESS)
        status = psp_random(psp, keys.vmpck, sizeof(keys.vmpck));
    if (status == SEV_STATUS_SUCCESS)
        status = psp_random(psp, keys.report_id, sizeof(keys.report_id));
    if (status == SEV_STATUS_SUCCESS) {
        memcpy(guest->vek, keys.vek, sizeof(guest->vek));
        memcpy(guest->vmpck, keys.vmpck, sizeof(guest->vmpck));
        memcpy(guest->report_id, keys.report_id, sizeof(guest->report_id));
        cmd_get(cmd, SNP_START_GOSVW, guest->gosvw, sizeof(guest->gosvw));
        guest->policy = policy;
        guest->tsc_khz = cmd_get32(cmd, SNP_START_TSC_KHZ);
        guest->launch_tcb = psp->config.snp_tcb;
        guest->state = SNP_GUEST_LAUNCH;
    }
    crypto_wipe(&keys, sizeof(keys));
    return status;
}

/* --- SNP_LAUNCH_UPDATE ----------------------------------------------------------------------- */

#define PERMS_MASK 0x1fu /* read, write, execute in user and supervisor mode, shadow stack */

struct update {
    uint64_t spa;
    bool size_2m;
    uint8_t type, perms[3];
    struct psp_rmp_entry entry;
};

static uint32_t update_pages(const struct update *u)
{
    return u->size_2m ? SNP_LARGE_PAGE_SIZE / SNP_PAGE_SIZE : 1;
}

/* INVALID_PARAM  an unknown flag, an unknown type of page, a page of a migration image, an unknown
 *                permission */
static enum sev_status read_update(const struct cmd *cmd, struct update *u)
{
    uint32_t flags = cmd_get32(cmd, SNP_UPDATE_FLAGS);
    uint32_t perms = cmd_get32(cmd, SNP_UPDATE_PERMS);

    u->spa = cmd_addr(cmd, SNP_UPDATE_ADDR);
    u->size_2m = flags & SNP_UPDATE_FLAG_2M;
    u->type = flags >> SNP_UPDATE_TYPE_SHIFT & SNP_UPDATE_TYPE_MASK;
    if (flags & ~SNP_UPDATE_FLAGS_MASK || flags & SNP_UPDATE_FLAG_IMI ||
        u->type < SNP_PAGE_NORMAL || u->type > SNP_PAGE_CPUID)
        return SEV_STATUS_INVALID_PARAM;
    for (unsigned i = 0; i < 3; i++) {
        u->perms[i] = (uint8_t)(perms >> (8 * (i + 1)));
        if (u->perms[i] & ~PERMS_MASK)
            return SEV_STATUS_INVALID_PARAM;
    }
    return SEV_STATUS_SUCCESS;
}

/* INACTIVE            the guest has no ASID
 * INVALID_ADDRESS     not aligned to its size, at 0, or not all in RAM
 * INVALID_PAGE_SIZE   not the size of the entry, or 2 MiB of a type that is one page of 4 KiB
 * INVALID_PAGE_STATE  not in state PRE-GUEST
 * INVALID_PAGE_OWNER  the page has another ASID */
static enum sev_status check_update(const struct cmd *cmd, struct update *u)
{
    uint64_t size = (uint64_t)update_pages(u) * SNP_PAGE_SIZE;
    bool small_only =
        u->type == SNP_PAGE_VMSA || u->type == SNP_PAGE_SECRETS || u->type == SNP_PAGE_CPUID;
    enum sev_status status;

    if (!cmd->snp->asid)
        return SEV_STATUS_INACTIVE;
    if (u->spa % size || !cmd_ram_valid(cmd, u->spa, size))
        return SEV_STATUS_INVALID_ADDRESS;
    status = page_look(cmd, u->spa, &u->entry);
    if (status != SEV_STATUS_SUCCESS)
        return status;
    if (u->entry.size_2m != u->size_2m || (u->size_2m && small_only))
        return SEV_STATUS_INVALID_PAGE_SIZE;
    if (snp_page_state(&u->entry) != SNP_STATE_PRE_GUEST)
        return SEV_STATUS_INVALID_PAGE_STATE;
    return u->entry.asid == cmd->snp->asid ? SEV_STATUS_SUCCESS : SEV_STATUS_INVALID_PAGE_OWNER;
}

/* Write the keys of the guest, and what it may not learn from the hypervisor. */
static void make_secrets(const struct cmd *cmd, uint8_t page[SNP_PAGE_SIZE])
{
    const struct psp_host *host = &cmd->psp->host;
    struct secrets_page secrets = {0};
    uint32_t result[CPUID_REGISTERS] = {0};

    if (host->cpuid)
        host->cpuid(cmd->psp->ctx, 1, 0, 0, 0, result);
    secrets.fms = result[CPUID_EAX];
    memcpy(secrets.gosvw, cmd->snp->gosvw, sizeof(secrets.gosvw));
    memcpy(secrets.vmpck, cmd->snp->vmpck, sizeof(secrets.vmpck));
    secrets_page_write(&secrets, page);
    crypto_wipe(&secrets, sizeof(secrets));
}

/* INVALID_PARAM  the page does not have the form of a CPUID page, or it has values that are not the
 *                processor's:
 *                then it gets what is allowed, and stays unencrypted */
static enum sev_status check_cpuid(const struct cmd *cmd, uint64_t spa, uint8_t wire[SNP_PAGE_SIZE])
{
    const struct psp_host *host = &cmd->psp->host;
    struct cpuid_page page;
    enum sev_status status;

    if (cpuid_page_read(&page, wire))
        return SEV_STATUS_INVALID_PARAM;
    if (!host->cpuid || !cpuid_page_check(&page, host->cpuid, cmd->psp->ctx))
        return SEV_STATUS_SUCCESS;
    cpuid_page_write(&page, wire);
    status = cmd_ram_write(cmd, PSP_NO_ASID, spa, wire, SNP_PAGE_SIZE);
    return status == SEV_STATUS_SUCCESS ? SEV_STATUS_INVALID_PARAM : status;
}

/* The plaintext of page `n` of an update, into psp->chunk. */
static enum sev_status plaintext(const struct cmd *cmd, const struct update *u, uint32_t n)
{
    uint8_t *page = cmd->psp->chunk;
    uint64_t spa = u->spa + (uint64_t)n * SNP_PAGE_SIZE;
    enum sev_status status;

    switch (u->type) {
    case SNP_PAGE_ZERO:
        memset(page, 0, SNP_PAGE_SIZE);
        return SEV_STATUS_SUCCESS;
    case SNP_PAGE_SECRETS:
        make_secrets(cmd, page);
        return SEV_STATUS_SUCCESS;
    default:
        status = cmd_ram_read(cmd, PSP_NO_ASID, spa, page, SNP_PAGE_SIZE);
        if (status == SEV_STATUS_SUCCESS && u->type == SNP_PAGE_CPUID)
            status = check_cpuid(cmd, spa, page);
        return status;
    }
}

/* Encrypt the pages of an update in place and continue `digest`. *done: how many were encrypted. */
static enum sev_status encrypt(struct cmd *cmd, const struct update *u,
                               uint8_t digest[SNP_DIGEST_SIZE], uint32_t *done)
{
    uint8_t *contents = cmd->psp->chunk;
    enum sev_status status = SEV_STATUS_SUCCESS;

    for (*done = 0; *done < update_pages(u); ++*done) {
        uint64_t offset = (uint64_t)*done * SNP_PAGE_SIZE;
        struct snp_digest_page page = {.type = u->type, .gpa = u->entry.gpa + offset};

        memcpy(page.perms, u->perms, sizeof(page.perms));
        status = plaintext(cmd, u, *done);
        if (status == SEV_STATUS_SUCCESS)
            status = cmd_ram_write(cmd, cmd->snp->asid, u->spa + offset, contents, SNP_PAGE_SIZE);
        if (status != SEV_STATUS_SUCCESS)
            return status;
        snp_digest_add(digest, &page, snp_digest_measures(u->type) ? contents : NULL);
    }
    return status;
}

/* Decrypt the first `n` pages in place. The host has failed before, so this can fail too. What was
 * there before pages of zeros and secrets is lost. */
static void undo(const struct cmd *cmd, const struct update *u, uint32_t n)
{
    uint8_t *page = cmd->psp->chunk;

    while (n--) {
        uint64_t spa = u->spa + (uint64_t)n * SNP_PAGE_SIZE;

        if (cmd_ram_read(cmd, cmd->snp->asid, spa, page, SNP_PAGE_SIZE) != SEV_STATUS_SUCCESS)
            return;
        if (u->type == SNP_PAGE_SECRETS)
            memset(page, 0, SNP_PAGE_SIZE);
        if (cmd_ram_write(cmd, PSP_NO_ASID, spa, page, SNP_PAGE_SIZE) != SEV_STATUS_SUCCESS)
            return;
    }
}

/* The guest owns the page and has accepted it: state GUEST-VALID. */
static enum sev_status give_to_guest(const struct cmd *cmd, const struct update *u)
{
    struct psp_rmp_entry entry = u->entry;

    entry.immutable = false;
    entry.validated = true;
    entry.vmsa = u->type == SNP_PAGE_VMSA;
    entry.perms[0] = PERMS_MASK;
    memcpy(entry.perms + 1, u->perms, sizeof(u->perms));
    return psp_rmp_set(cmd->psp, u->spa, &entry);
}

static void note_region(struct cmd *cmd, const struct update *u)
{
    cmd->region_addr = u->spa;
    cmd->region_len = update_pages(u) * SNP_PAGE_SIZE;
    cmd->region_gpa = u->entry.gpa;
    cmd->page_type = u->type;
}

/* As read_update(), check_update(), then
 * INVALID_PARAM  a CPUID page that is refused
 * All or nothing. */
enum sev_status cmd_snp_launch_update(struct cmd *cmd)
{
    uint8_t digest[SNP_DIGEST_SIZE];
    struct update u = {0};
    uint32_t done = 0;
    enum sev_status status = read_update(cmd, &u);

    if (status == SEV_STATUS_SUCCESS)
        status = check_update(cmd, &u);
    if (status != SEV_STATUS_SUCCESS)
        return status;
    note_region(cmd, &u);
    cmd->chunk_used = SNP_PAGE_SIZE;
    memcpy(digest, cmd->snp->launch_digest, sizeof(digest));
    status = encrypt(cmd, &u, digest, &done);
    if (status == SEV_STATUS_SUCCESS)
        status = give_to_guest(cmd, &u);
    if (status != SEV_STATUS_SUCCESS) {
        undo(cmd, &u, done);
        return status;
    }
    memcpy(cmd->snp->launch_digest, digest, sizeof(digest));
    if (cmd->psp->host.trace && !u.size_2m && u.type != SNP_PAGE_SECRETS)
        cmd->region_hashed = crypto_digest(CRYPTO_HASH_SHA384, cmd->psp->chunk, SNP_PAGE_SIZE,
                                           cmd->region_digest) == SNP_DIGEST_SIZE;
    return status;
}

/* --- SNP_LAUNCH_FINISH ----------------------------------------------------------------------- */

static enum sev_status id_status(struct psp *psp, enum id_verdict verdict)
{
    static const enum sev_status by_verdict[] = {
        [ID_GOOD] = SEV_STATUS_SUCCESS,
        [ID_BAD_FORM] = SEV_STATUS_INVALID_PARAM,
        [ID_BAD_ALGORITHM] = SEV_STATUS_INVALID_PARAM,
        [ID_BAD_BLOCK_SIGNATURE] = SEV_STATUS_BAD_SIGNATURE,
        [ID_BAD_AUTHOR_SIGNATURE] = SEV_STATUS_BAD_SIGNATURE,
    };

    return verdict == ID_FAILED ? psp_host_trouble(psp, "checking a signature", -EIO)
                                : by_verdict[verdict];
}

/* INVALID_ADDRESS  a structure is not all in RAM
 * INVALID_PARAM    an algorithm that is not ECDSA P-384 with SHA-384, a reserved field that is not
 *                  zero, an ID block of another version
 * BAD_SIGNATURE    the ID key did not sign the block, or the author key not the ID key
 * BAD_MEASUREMENT  another launch digest
 * POLICY_FAILURE   another policy */
static enum sev_status check_id(struct cmd *cmd, bool author, struct id_block *block,
                                struct id_digests *digests)
{
    uint64_t block_addr = cmd_addr(cmd, SNP_FINISH_ID_BLOCK_ADDR);
    uint64_t auth_addr = cmd_addr(cmd, SNP_FINISH_ID_AUTH_ADDR);
    uint8_t wire[ID_BLOCK_SIZE], auth[ID_AUTH_SIZE];
    enum sev_status status;

    if (!block_addr || !cmd_ram_valid(cmd, block_addr, sizeof(wire)) || !auth_addr ||
        !cmd_ram_valid(cmd, auth_addr, sizeof(auth)))
        return SEV_STATUS_INVALID_ADDRESS;
    status = cmd_ram_read(cmd, PSP_NO_ASID, block_addr, wire, sizeof(wire));
    if (status == SEV_STATUS_SUCCESS)
        status = cmd_ram_read(cmd, PSP_NO_ASID, auth_addr, auth, sizeof(auth));
    if (status != SEV_STATUS_SUCCESS)
        return status;
    id_block_read(block, wire);
    if (block->version != ID_BLOCK_VERSION)
        return SEV_STATUS_INVALID_PARAM;
    status = id_status(cmd->psp, id_auth_check(auth, wire, author, digests));
    if (status != SEV_STATUS_SUCCESS)
        return status;
    if (memcmp(block->launch_digest, cmd->snp->launch_digest, SNP_DIGEST_SIZE) != 0)
        return SEV_STATUS_BAD_MEASUREMENT;
    return block->policy == cmd->snp->policy ? SEV_STATUS_SUCCESS : SEV_STATUS_POLICY_FAILURE;
}

/* INVALID_PARAM  an unknown flag, or an author key without an ID block
 * INACTIVE       the guest has no ASID
 * with an ID block as check_id() */
enum sev_status cmd_snp_launch_finish(struct cmd *cmd)
{
    struct snp_guest *guest = cmd->snp;
    uint32_t flags = cmd_get32(cmd, SNP_FINISH_FLAGS);
    bool with_block = flags & SNP_FINISH_FLAG_ID_BLOCK, author = flags & SNP_FINISH_FLAG_AUTHOR_KEY;
    struct id_block block = {.version = ID_BLOCK_VERSION};
    struct id_digests digests = {{0}, {0}};
    enum sev_status status = SEV_STATUS_SUCCESS;

    if (flags & ~(SNP_FINISH_FLAG_ID_BLOCK | SNP_FINISH_FLAG_AUTHOR_KEY |
                  SNP_FINISH_FLAG_VCEK_DISABLED) ||
        (author && !with_block))
        return SEV_STATUS_INVALID_PARAM;
    if (!guest->asid)
        return SEV_STATUS_INACTIVE;
    if (with_block)
        status = check_id(cmd, author, &block, &digests);
    if (status != SEV_STATUS_SUCCESS)
        return status;
    guest->id_block = with_block;
    guest->author_key = author;
    guest->vcek_disabled = flags & SNP_FINISH_FLAG_VCEK_DISABLED;
    guest->guest_svn = block.guest_svn;
    memcpy(guest->family_id, block.family_id, sizeof(guest->family_id));
    memcpy(guest->image_id, block.image_id, sizeof(guest->image_id));
    memcpy(guest->id_key_digest, digests.id_key, sizeof(guest->id_key_digest));
    memcpy(guest->author_key_digest, digests.author_key, sizeof(guest->author_key_digest));
    cmd_get(cmd, SNP_FINISH_HOST_DATA, guest->host_data, sizeof(guest->host_data));
    guest->state = SNP_GUEST_RUNNING;
    return status;
}
