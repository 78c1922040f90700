/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Save and restore a SEV machine. See saved_machine.h.
 */
#include "saved_machine.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "hypervisor/hv_es.h"
#include "hypervisor/hv_snp.h"
#include "msr.h"
#include "psp.h"
#include "psp_mailbox.h"
#include "rmp.h"
#include "rng.h"
#include "save_file.h"
#include "protocol/buf.h"
#include "protocol/crypto.h"

#define VCPU_RECORD_SIZE 12u

/* What a file says, before anything of it is taken over. */
struct decoded {
    const struct saved_parts *parts;
    struct psp_mailbox mailbox;
    struct rng rng;
    struct msr_state msrs[PSP_CPUS_MAX];
    uint32_t asids[PSP_CPUS_MAX];
    uint8_t hv[HV_SAVE_MAX];
    size_t hv_len;
    struct psp_saved *psp;
    const struct save_section *memory, *es, *vmsas, *rmp, *snp;
    char words[300]; /* an error phrase that had to be composed */
};

/* --- sections ---
 *
 * Each put_x() writes a section and returns 0 or a negative errno. Each check_x() reads one of the
 * versions up to the one of its row, and returns NULL or an error phrase. */

static int put_conf(const struct saved_parts *parts, struct buf *b)
{
    buf_put(b, parts->configuration, strlen(parts->configuration));
    return 0;
}

/* Return the length of the first word of `text`. */
enum { CONF_MAX = 1023 };

static int word_length(const char *text)
{
    return (int)strcspn(text, " ");
}

static const char *check_conf(struct decoded *d, uint32_t version, struct buf *b)
{
    char saved[CONF_MAX + 1];
    const char *was = saved, *is = d->parts->configuration;
    size_t len = b->len;

    (void)version;
    if (len > CONF_MAX)
        return "the configuration is too long";
    buf_get(b, saved, len);
    saved[len] = '\0';
    if (!strcmp(was, is) && strlen(saved) == len)
        return NULL;
    while (word_length(was) && word_length(was) == word_length(is) &&
           !strncmp(was, is, (size_t)word_length(was))) {
        was += word_length(was) + (was[word_length(was)] == ' ');
        is += word_length(is) + (is[word_length(is)] == ' ');
    }
    snprintf(d->words, sizeof(d->words),
             "it was saved with another configuration: %.*s in the file, %.*s now",
             word_length(was) < 100 ? word_length(was) : 100, was,
             word_length(is) < 100 ? word_length(is) : 100, is);
    return d->words;
}

/* Without LAUNCH_FINISH the machine would run a guest that is still being launched. */
static int check_launches(struct hv *hv)
{
    for (unsigned i = 0; i < HV_GUESTS_MAX; i++)
        if (hv_guest_state(hv_guest(hv, i)) == HV_LAUNCHING)
            return -EBUSY;
    return 0;
}

static int put_hv(const struct saved_parts *parts, struct buf *b)
{
    uint8_t bytes[HV_SAVE_MAX];
    int err = check_launches(parts->hv);

    if (!err)
        buf_put(b, bytes, hv_save(parts->hv, bytes));
    return err;
}

/* Version 1 knew one guest, which was always running when it was saved. */
static void hv_from_version_1(struct decoded *d, struct buf *b)
{
    struct buf out = buf_writer(d->hv, sizeof(d->hv));
    uint8_t measurement[HV_MEASUREMENT_SIZE];
    uint32_t handle = buf_get32(b);
    bool exists = handle != 0;

    buf_get(b, measurement, sizeof(measurement));
    buf_put8(&out, exists); /* INIT is done */
    buf_put8(&out, exists); /* DF_FLUSH is done */
    buf_put8(&out, exists); /* number of guests */
    buf_put8(&out, 0);
    if (exists) {
        buf_put8(&out, 0);
        buf_put8(&out, HV_RUNNING);
        buf_put8(&out, HV_STOP_NONE);
        buf_put8(&out, 0);
        buf_put32(&out, 1); /* ASID */
        buf_put32(&out, handle);
        buf_put(&out, measurement, sizeof(measurement));
    }
    d->hv_len = out.pos;
}

static const char *check_hv(struct decoded *d, uint32_t version, struct buf *b)
{
    if (version == 1) {
        hv_from_version_1(d, b);
    } else {
        if (b->len > sizeof(d->hv))
            return "the length is wrong";
        d->hv_len = b->len;
        buf_get(b, d->hv, b->len);
    }
    return hv_check_saved(d->hv, d->hv_len);
}

static int put_hves(const struct saved_parts *parts, struct buf *b)
{
    b->pos = hv_es_save(parts->hv, b->data);
    return 0;
}

static const char *check_hves(struct decoded *d, uint32_t version, struct buf *b)
{
    (void)version;
    b->pos = b->len;
    return hv_es_check_saved(d->parts->hv, b->data, b->len, d->parts->cpus);
}

static size_t hves_size(const struct saved_parts *parts)
{
    return hv_es_save_size(parts->hv);
}

static int put_hvsn(const struct saved_parts *parts, struct buf *b)
{
    b->pos = hv_snp_save(parts->hv, b->data);
    return 0;
}

static const char *check_hvsn(struct decoded *d, uint32_t version, struct buf *b)
{
    (void)version;
    buf_skip(b, b->len);
    return hv_snp_check_saved(b->data, b->len, d->parts->cpus);
}

static size_t hvsn_size(const struct saved_parts *parts)
{
    return hv_snp_save_size(parts->hv);
}

static int put_mbox(const struct saved_parts *parts, struct buf *b)
{
    buf_put32(b, parts->mailbox->cmdresp);
    buf_put32(b, parts->mailbox->pending);
    buf_put32(b, parts->mailbox->addr_lo);
    buf_put32(b, parts->mailbox->addr_hi);
    return 0;
}

static const char *check_mbox(struct decoded *d, uint32_t version, struct buf *b)
{
    (void)version;
    d->mailbox.cmdresp = buf_get32(b);
    d->mailbox.pending = buf_get32(b);
    d->mailbox.addr_lo = buf_get32(b);
    d->mailbox.addr_hi = buf_get32(b);
    d->mailbox.busy = !(d->mailbox.cmdresp & PSP_MAILBOX_RESP);
    return d->mailbox.busy && !d->parts->mailbox->started ? "a command is executing" : NULL;
}

static int put_rng(const struct saved_parts *parts, struct buf *b)
{
    const struct rng *rng = parts->rng;

    buf_put8(b, rng->seeded);
    buf_put(b, rng->seed, sizeof(rng->seed));
    buf_put64(b, rng->block);
    buf_put(b, rng->rest, sizeof(rng->rest));
    buf_put8(b, (uint8_t)rng->rest_len);
    return 0;
}

static const char *check_rng(struct decoded *d, uint32_t version, struct buf *b)
{
    struct rng *rng = &d->rng;
    uint8_t seeded = buf_get8(b);

    (void)version;
    rng->seeded = seeded;
    buf_get(b, rng->seed, sizeof(rng->seed));
    rng->block = buf_get64(b);
    buf_get(b, rng->rest, sizeof(rng->rest));
    rng->rest_len = buf_get8(b);
    return seeded > 1 || rng->rest_len > sizeof(rng->rest) ? "the random stream is impossible"
                                                           : NULL;
}

static int put_vcpu(const struct saved_parts *parts, struct buf *b)
{
    buf_put32(b, parts->cpus);
    buf_put32(b, VCPU_RECORD_SIZE);
    for (unsigned i = 0; i < parts->cpus; i++) {
        buf_put64(b, parts->msrs[i]->hwcr);
        buf_put32(b, parts->asids ? parts->asids[i] : 0);
    }
    return 0;
}

static const char *check_vcpu(struct decoded *d, uint32_t version, struct buf *b)
{
    if (buf_get32(b) != d->parts->cpus)
        return "the number of CPUs is another";
    if (version > 1 && buf_get32(b) != (version > 2 ? VCPU_RECORD_SIZE : 8))
        return "the length of a record is wrong";
    for (unsigned i = 0; i < d->parts->cpus; i++) {
        const uint64_t hwcr = buf_get64(b);

        d->asids[i] = version > 2 ? buf_get32(b) : 0;
        if (d->asids[i] > (d->parts->asids ? d->parts->max_asid : 0))
            return "a CPU runs a guest that cannot be";
        if ((d->parts->asids
                 ? msr_host_write(&d->msrs[i], MSR_HWCR, hwcr)
                 : msr_write(&d->msrs[i], MSR_SEV_STATUS_SEV, MSR_HWCR, hwcr)) != MSR_DONE)
            return "HWCR has reserved bits";
    }
    return NULL;
}

static int put_psp(const struct saved_parts *parts, struct buf *b)
{
    size_t len = 0;
    int err = psp_save(parts->psp, b->data, b->len, &len);

    b->pos = len;
    return err;
}

static const char *check_psp(struct decoded *d, uint32_t version, struct buf *b)
{
    const char *reason = "out of memory";

    (void)version;
    d->psp = psp_saved_read(d->parts->psp, b->data, b->len, &reason);
    buf_skip(b, b->len);
    return d->psp ? NULL : reason;
}

static int put_page(const struct saved_parts *parts, struct buf *b)
{
    parts->memory->save(parts->memory_ctx, b->data);
    b->pos = b->len;
    return 0;
}

static bool has_key(void *ctx, uint32_t asid)
{
    return psp_saved_has_asid((struct psp_saved *)ctx, asid);
}

static const char *check_page(struct decoded *d, uint32_t version, struct buf *b)
{
    int err = d->parts->memory->check(d->parts->memory_ctx, b->data, b->len, has_key, d->psp);

    (void)version;
    buf_skip(b, b->len);
    if (err == -ENOKEY)
        return "a page is encrypted for an ASID that no guest has";
    return err ? "the states of the pages are damaged" : NULL;
}

static size_t page_size(const struct saved_parts *parts)
{
    return parts->memory->size(parts->memory_ctx);
}

static int put_vmsa(const struct saved_parts *parts, struct buf *b)
{
    b->pos = hv_save_vmsas(parts->hv, b->data, b->len);
    return b->pos ? 0 : -ENOSPC;
}

static size_t vmsa_size(const struct saved_parts *parts)
{
    return HV_VMSAS_SAVE_SIZE(hv_guest_vmsas(hv_guest(parts->hv, 0)));
}

static const char *check_vmsa(struct decoded *d, uint32_t version, struct buf *b)
{
    (void)version;
    buf_skip(b, b->len);
    return hv_check_saved_vmsas(b->data, b->len, d->parts->cpus);
}

static int put_rmp(const struct saved_parts *parts, struct buf *b)
{
    b->pos = rmp_save(parts->rmp, b->data, b->len);
    return b->pos ? 0 : -ENOSPC;
}

static size_t rmp_size(const struct saved_parts *parts)
{
    return rmp_save_size(parts->rmp);
}

static const char *check_rmp(struct decoded *d, uint32_t version, struct buf *b)
{
    (void)version;
    buf_skip(b, b->len);
    return rmp_check_saved(d->parts->rmp, b->data, b->len);
}

/* In this order they are checked: the states of the pages need the guests' ASIDs. */
static const struct row {
    uint32_t tag, version;
    size_t size; /* bytes that put() writes at most; 0: get_size() says it */
    int (*put)(const struct saved_parts *parts, struct buf *b);
    const char *(*check)(struct decoded *d, uint32_t version, struct buf *b);
    size_t (*get_size)(const struct saved_parts *parts);
} rows[] = {
    {SAVE_CONF, 1, CONF_MAX, put_conf, check_conf, NULL},
    {SAVE_HV, 2, HV_SAVE_MAX, put_hv, check_hv, NULL},
    {SAVE_HVES, 1, 0, put_hves, check_hves, hves_size},
    {SAVE_HVSN, 1, 0, put_hvsn, check_hvsn, hvsn_size},
    {SAVE_MBOX, 1, 16, put_mbox, check_mbox, NULL},
    {SAVE_RNG, 1, 74, put_rng, check_rng, NULL},
    {SAVE_VCPU, 3, 8 + VCPU_RECORD_SIZE *PSP_CPUS_MAX, put_vcpu, check_vcpu, NULL},
    {SAVE_PSP, 1, PSP_SAVE_MAX, put_psp, check_psp, NULL},
    {SAVE_PAGE, 1, 0, put_page, check_page, page_size},
    {SAVE_VMSA, 1, 0, put_vmsa, check_vmsa, vmsa_size},
    {SAVE_RMP, 1, 0, put_rmp, check_rmp, rmp_size},
};
#define N_ROWS (sizeof(rows) / sizeof(rows[0]))

static_assert(N_ROWS <= SAVE_FILE_SECTIONS_MAX, "a section for each row");

static bool has_row(const struct saved_parts *parts, const struct row *row)
{
    return row->tag == SAVE_PAGE   ? parts->memory != NULL
           : row->tag == SAVE_VMSA ? parts->has_vmsas
           : row->tag == SAVE_RMP  ? parts->rmp != NULL
           : row->tag == SAVE_HVSN ? parts->rmp != NULL
                                   : true;
}

/* Sections that a machine has or has not, at the time that it is saved. */
static bool is_optional(const struct row *row)
{
    return row->tag == SAVE_HVES;
}

/* --- save --- */

static const char *save_error(int err)
{
    return err == -EBUSY ? "a guest is in the middle of its launch" : strerror(-err);
}

int saved_machine_possible(const struct saved_parts *parts, char *error, size_t error_size)
{
    uint8_t *bytes = malloc(PSP_SAVE_MAX);
    size_t len;
    int err = bytes ? psp_save(parts->psp, bytes, PSP_SAVE_MAX, &len) : -ENOMEM;

    if (!err)
        err = check_launches(parts->hv);
    if (err)
        snprintf(error, error_size, "%s", save_error(err));
    if (bytes)
        crypto_wipe(bytes, PSP_SAVE_MAX);
    free(bytes);
    return err;
}

/* Make one section; its bytes are the caller's to free, also after an error. */
static int put_section(const struct saved_parts *parts, const struct row *row,
                       struct save_section *section)
{
    size_t size = row->size ? row->size : row->get_size(parts);
    uint8_t *bytes = malloc(size);
    struct buf b = buf_writer(bytes, size);
    int err = bytes ? row->put(parts, &b) : -ENOMEM;

    *section = (struct save_section){row->tag, row->version, bytes, size};
    if (!err && !buf_ok(&b))
        err = -ENOSPC;
    if (err)
        return err;
    section->len = b.pos;
    return 0;
}

static void free_sections(struct save_file *file)
{
    for (unsigned i = 0; i < file->n; i++) {
        if (file->sections[i].data)
            crypto_wipe((void *)file->sections[i].data, file->sections[i].len);
        free((void *)file->sections[i].data);
    }
}

int saved_machine_write(const struct saved_parts *parts, uint8_t **data, size_t *len, char *error,
                        size_t error_size)
{
    struct save_file file = {0};
    int err = 0;

    *data = NULL;
    for (size_t i = 0; !err && i < N_ROWS; i++)
        if (has_row(parts, &rows[i]) && (!is_optional(&rows[i]) || rows[i].get_size(parts)))
            err = put_section(parts, &rows[i], &file.sections[file.n++]);
    if (!err) {
        *len = save_file_size(&file);
        *data = malloc(*len);
        err = *data ? 0 : -ENOMEM;
    }
    if (!err)
        save_file_write(&file, *data);
    else
        snprintf(error, error_size, "%s", save_error(err));
    free_sections(&file);
    return err;
}

/* --- restore --- */

static bool is_known(uint32_t tag)
{
    for (size_t i = 0; i < N_ROWS; i++)
        if (rows[i].tag == tag)
            return true;
    return false;
}

static int check_tags(const struct save_file *file, char *error, size_t error_size)
{
    char name[5];

    for (unsigned i = 0; i < file->n; i++)
        if (!is_known(file->sections[i].tag)) {
            snprintf(error, error_size, "this program does not know its section %s",
                     save_file_tag_name(file->sections[i].tag, name));
            return -EINVAL;
        }
    return 0;
}

static int check_section(const struct row *row, const struct save_section *section,
                         struct decoded *d, char *error, size_t error_size)
{
    const char *wrong;
    struct buf b;
    char name[5];

    save_file_tag_name(row->tag, name);
    if (!section) {
        snprintf(error, error_size, "its section %s is missing", name);
        return -EINVAL;
    }
    if (section->version < 1 || section->version > row->version) {
        snprintf(error, error_size,
                 "its section %s has version %u, this program reads versions 1 to %u", name,
                 section->version, row->version);
        return -EINVAL;
    }
    b = buf_reader(section->data, section->len);
    wrong = row->check(d, section->version, &b);
    if (!wrong && !buf_done(&b))
        wrong = "the length is wrong";
    if (wrong)
        snprintf(error, error_size, "section %s: %s", name, wrong);
    return wrong ? -EINVAL : 0;
}

static int take_over(struct decoded *d, char *error, size_t error_size)
{
    const struct saved_parts *parts = d->parts;
    int err;

    if (d->memory)
        parts->memory->forget(parts->memory_ctx); /* the keys come with the secure processor */
    err = psp_saved_apply(parts->psp, d->psp);
    if (!err && d->memory)
        err = parts->memory->restore(parts->memory_ctx, d->memory->data, d->memory->len);
    if (err) {
        snprintf(error, error_size, "the machine could not be taken over: %s", strerror(-err));
        return err == -EINVAL ? -EIO : err;
    }
    hv_restore(parts->hv, d->hv, d->hv_len);
    if (d->vmsas && hv_restore_vmsas(parts->hv, d->vmsas->data, d->vmsas->len)) {
        snprintf(error, error_size, "the machine could not be taken over: out of memory");
        return -ENOMEM;
    }
    if (d->rmp)
        rmp_restore(parts->rmp, d->rmp->data, d->rmp->len);
    hv_es_restore(parts->hv, d->es ? d->es->data : NULL, d->es ? d->es->len : 0, parts->cpus);
    if (d->snp && hv_snp_restore(parts->hv, d->snp->data, d->snp->len)) {
        snprintf(error, error_size, "the machine could not be taken over: out of memory");
        return -ENOMEM;
    }
    parts->mailbox->cmdresp = d->mailbox.cmdresp;
    parts->mailbox->pending = d->mailbox.pending;
    parts->mailbox->addr_lo = d->mailbox.addr_lo;
    parts->mailbox->addr_hi = d->mailbox.addr_hi;
    parts->mailbox->busy = d->mailbox.busy;
    *parts->rng = d->rng;
    for (unsigned i = 0; i < parts->cpus; i++)
        *parts->msrs[i] = d->msrs[i];
    if (parts->asids)
        memcpy(parts->asids, d->asids, parts->cpus * sizeof(d->asids[0]));
    return 0;
}

int saved_machine_read(const struct saved_parts *parts, const uint8_t *data, size_t len,
                       char *error, size_t error_size)
{
    struct decoded *d = calloc(1, sizeof(*d));
    struct save_file file;
    int err;

    if (!d) {
        snprintf(error, error_size, "out of memory");
        return -ENOMEM;
    }
    d->parts = parts;
    err = save_file_read(&file, data, len, error, error_size);
    if (!err)
        err = check_tags(&file, error, error_size);
    for (size_t i = 0; !err && i < N_ROWS; i++) {
        const struct save_section *section = save_file_find(&file, rows[i].tag);

        if (has_row(parts, &rows[i]) && (section || !is_optional(&rows[i])))
            err = check_section(&rows[i], section, d, error, error_size);
    }
    if (!err) {
        d->memory = save_file_find(&file, SAVE_PAGE);
        d->es = save_file_find(&file, SAVE_HVES);
        d->vmsas = parts->has_vmsas ? save_file_find(&file, SAVE_VMSA) : NULL;
        d->rmp = parts->rmp ? save_file_find(&file, SAVE_RMP) : NULL;
        d->snp = parts->rmp ? save_file_find(&file, SAVE_HVSN) : NULL;
        err = take_over(d, error, error_size);
    }
    psp_saved_free(d->psp);
    crypto_wipe(d, sizeof(*d));
    free(d);
    return err;
}
