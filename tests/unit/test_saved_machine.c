/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Tests of saved machines: bochs-plugin/save_file and saved_machine on a real secure processor and a real
 * hypervisor. Whatever is wrong with a file, it is refused with a sentence and nothing of the machine changes.
 */
#include "saved.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "hypervisor/hv_es.h"
#include "save_file.h"
#include "protocol/buf.h"
#include "protocol/crypto.h"

#define HASH_SIZE 32u

static struct machine *source, *target;
static struct file good, before; /* of the source; of the target, which is another machine */

static int group_setup(void **state)
{
    (void)state;
    source = running();
    target = machine_new();
    do_init(target->h);
    good = save(source);
    before = save(target);
    return 0;
}

static int group_teardown(void **state)
{
    (void)state;
    free(good.data);
    free(before.data);
    machine_free(source);
    machine_free(target);
    return 0;
}

/* --- files with something wrong --- */

static struct file copy_of(struct file file, size_t len)
{
    struct file copy = {malloc(len ? len : 1), len};

    assert_non_null(copy.data);
    memcpy(copy.data, file.data, len < file.len ? len : file.len);
    return copy;
}

/* Whoever changes a file on purpose makes a new checksum, too. */
static void sum_up(struct file *file)
{
    crypto_sha256(file->data, file->len - HASH_SIZE, file->data + file->len - HASH_SIZE);
}

static void refuse(struct file *file, const char *words)
{
    char error[300] = "";
    struct file after;

    assert_int_equal(
        saved_machine_read(&target->parts, file->data, file->len, error, sizeof(error)), -EINVAL);
    if (!strstr(error, words))
        fail_msg("'%s' does not say '%s'", error, words);
    assert_true(strlen(error) > 8);
    after = save(target);
    assert_int_equal(after.len, before.len);
    assert_memory_equal(after.data, before.data, before.len);
    assert_int_equal(target->memory.forgotten, 0);
    free(after.data);
    free(file->data);
}

/* The place of a section's frame. */
static size_t frame_of(struct file file, unsigned index)
{
    size_t at = 12;
    uint64_t len;

    while (index--) {
        memcpy(&len, file.data + at + 8, 8);
        at += 16 + (size_t)len;
    }
    return at;
}

static unsigned sections_of(struct file file)
{
    return file.data[8];
}

/* But of the pages of VMSAs, which are at the end, only at some. */
static void cut_at_every_byte(void **state)
{
    const size_t pages = good.len - HASH_SIZE - CPUS * VMSA_SIZE;

    (void)state;
    for (size_t len = 0; len<good.len; len += len> pages && len + 400 < good.len ? 367 : 1) {
        struct file cut = copy_of(good, len);

        refuse(&cut, "");
        cut = copy_of(good, len + HASH_SIZE); /* with a right checksum */
        sum_up(&cut);
        if (len + HASH_SIZE == good.len)
            free(cut.data);
        else
            refuse(&cut, "");
    }
}

static void versions(void **state)
{
    static const uint32_t newest[] = {1, 2, 1, 1, 3, 1, 1, 1};

    (void)state;
    assert_int_equal(sections_of(good), sizeof(newest) / sizeof(newest[0]));
    for (unsigned i = 0; i < sections_of(good); i++) {
        struct file file = copy_of(good, good.len);
        size_t at = frame_of(file, i);
        char words[100];

        snprintf(words, sizeof(words),
                 "section %.4s has version %u, this program reads versions 1 "
                 "to %u",
                 (const char *)file.data + at, newest[i] + 1, newest[i]);
        assert_int_equal(file.data[at + 4], newest[i]);
        file.data[at + 4]++;
        sum_up(&file);
        refuse(&file, words);
        file = copy_of(good, good.len);
        memset(file.data + at + 4, 0, 4);
        sum_up(&file);
        refuse(&file, "has version 0");
    }
}

static void lengths(void **state)
{
    static const uint64_t changes[] = {1,       UINT64_MAX, 8,          (uint64_t)-8,
                                       1000000, 1ull << 32, 1ull << 63, 1ull << 16};

    (void)state;
    for (unsigned i = 0; i < sections_of(good); i++)
        for (unsigned j = 0; j < sizeof(changes) / sizeof(changes[0]); j++) {
            struct file file = copy_of(good, good.len);
            size_t at = frame_of(file, i) + 8;
            uint64_t len;

            memcpy(&len, file.data + at, 8);
            len += changes[j];
            memcpy(file.data + at, &len, 8);
            sum_up(&file);
            refuse(&file, "");
        }
}

/* The same with the bytes that the length counts: a section that is longer or shorter. */
static void contents_of_another_length(void **state)
{
    struct save_file parsed, changed;
    char error[200];

    (void)state;
    assert_int_equal(save_file_read(&parsed, good.data, good.len, error, sizeof(error)), 0);
    for (unsigned i = 0; i < parsed.n; i++)
        for (int more = -1; more <= 1; more += 2) {
            uint8_t bytes[0x9000] = {0};
            struct file file;

            changed = parsed;
            memcpy(bytes, parsed.sections[i].data, parsed.sections[i].len);
            changed.sections[i].data = bytes;
            changed.sections[i].len += (size_t)more;
            file = (struct file){malloc(save_file_size(&changed)), save_file_size(&changed)};
            save_file_write(&changed, file.data);
            refuse(&file, "section ");
        }
}

static void sections(void **state)
{
    struct save_file parsed, changed;
    char error[200];
    struct file file;

    (void)state;
    assert_int_equal(save_file_read(&parsed, good.data, good.len, error, sizeof(error)), 0);
    for (unsigned i = 0; i < parsed.n; i++) { /* missing */
        changed = parsed;
        changed.sections[i] = changed.sections[--changed.n];
        file = (struct file){malloc(save_file_size(&changed)), save_file_size(&changed)};
        save_file_write(&changed, file.data);
        refuse(&file, "is missing");
    }
    changed = parsed; /* twice */
    changed.sections[changed.n++] = changed.sections[2];
    file = (struct file){malloc(save_file_size(&changed)), save_file_size(&changed)};
    save_file_write(&changed, file.data);
    refuse(&file, "section MBOX is there twice");
    changed = parsed; /* unknown */
    changed.sections[changed.n++] =
        (struct save_section){SAVE_FILE_TAG('N', 'E', 'X', 'T'), 1, (const uint8_t *)"x", 1};
    file = (struct file){malloc(save_file_size(&changed)), save_file_size(&changed)};
    save_file_write(&changed, file.data);
    refuse(&file, "does not know its section NEXT");
    changed = parsed;
    changed.sections[0].tag = 0x01020304;
    file = (struct file){malloc(save_file_size(&changed)), save_file_size(&changed)};
    save_file_write(&changed, file.data);
    refuse(&file, "does not know its section ????");
    file = copy_of(good, good.len + 1); /* bytes after the last section */
    sum_up(&file);
    refuse(&file, "after the last section");
    file = copy_of(good, good.len);
    file.data[8]++;
    sum_up(&file);
    refuse(&file, "a section is missing");
    file = copy_of(good, good.len);
    file.data[0]++;
    sum_up(&file);
    refuse(&file, "it has no state of a SEV machine");
    file = copy_of(good, good.len);
    file.data[20]++;
    refuse(&file, "its checksum is wrong");
}

static void configuration(void **state)
{
    struct file file = copy_of(good, good.len);

    (void)state;
    file.data[12 + 16 + 9]++; /* cbitpos=57 */
    sum_up(&file);
    refuse(&file, "another configuration: cbitpos=4");
}

/* --- files that are accepted --- */

static void restored(void **state)
{
    struct machine *m = machine_new();
    struct file again;
    char error[300];
    struct psp_guest_info guest;

    (void)state;
    assert_int_equal(saved_machine_read(&m->parts, good.data, good.len, error, sizeof(error)), 0);
    again = save(m);
    assert_int_equal(again.len, good.len);
    assert_memory_equal(again.data, good.data, good.len);
    assert_int_equal(m->memory.forgotten, 1);
    assert_true(psp_get_guest(m->h->psp, 0, &guest));
    assert_int_equal(guest.state, SEV_GUEST_RUNNING);
    assert_true(m->h->keys[1].loaded);
    free(again.data);
    machine_free(m);
}

/* Change any byte, of the VMSAs some: the file is refused, nothing changes, or it is right too. */
static void any_byte(void **state)
{
    unsigned refused = 0;

    (void)state;
    for (size_t at = 0; at < good.len - HASH_SIZE; at += good.len - at < 8000 ? 367 : 1) {
        struct file file = copy_of(good, good.len), after;
        char error[300];
        int err;

        file.data[at] ^= 0x80;
        sum_up(&file);
        err = saved_machine_read(&target->parts, file.data, file.len, error, sizeof(error));
        assert_true(err == 0 || err == -EINVAL);
        refused += err != 0;
        after = save(target);
        if (err)
            assert_memory_equal(after.data, before.data, before.len);
        else
            assert_int_equal(
                saved_machine_read(&target->parts, before.data, before.len, error, sizeof(error)),
                0);
        free(after.data);
        free(file.data);
    }
    assert_true(refused > good.len / 2);
    target->memory.forgotten = 0;
}

/* A file of version 1, written as that version wrote it. */
static struct file version_1(const struct machine *m)
{
    static uint8_t psp[PSP_SAVE_MAX];
    struct file file = {calloc(1, 0x9000), 0x9000};
    struct buf b = buf_writer(file.data, file.len);
    size_t psp_len;

    assert_int_equal(psp_save(m->parts.psp, psp, sizeof(psp), &psp_len), 0);
    buf_put(&b, "SEVBXSR1", 8);
    buf_put32(&b, (uint32_t)strlen(m->parts.configuration));
    buf_put(&b, m->parts.configuration, strlen(m->parts.configuration));
    buf_put8(&b, 1);
    buf_put32(&b, hv_guest_handle(hv_guest(m->hv, 0)));
    buf_put(&b, hv_guest_measurement(hv_guest(m->hv, 0)), HV_MEASUREMENT_SIZE);
    buf_put32(&b, m->mailbox.cmdresp);
    buf_put32(&b, m->mailbox.pending);
    buf_put32(&b, m->mailbox.addr_lo);
    buf_put32(&b, m->mailbox.addr_hi);
    buf_put8(&b, m->rng.seeded);
    buf_put(&b, m->rng.seed, 32);
    buf_put64(&b, m->rng.block);
    buf_put(&b, m->rng.rest, 32);
    buf_put8(&b, (uint8_t)m->rng.rest_len);
    buf_put32(&b, CPUS);
    for (unsigned i = 0; i < CPUS; i++)
        buf_put64(&b, m->msr[i].hwcr);
    buf_put32(&b, (uint32_t)psp_len);
    buf_put(&b, psp, psp_len);
    buf_put32(&b, 4 * PAGES);
    buf_put(&b, m->memory.asid, 4 * PAGES);
    file.len = b.pos + HASH_SIZE;
    sum_up(&file);
    return file;
}

/* The guests of all machines have SEV-ES. */
static void have_vmsas(bool yes)
{
    source->parts.has_vmsas = target->parts.has_vmsas = yes;
    free(good.data);
    free(before.data);
    good = save(source);
    before = save(target);
}

static void version_1_restored(void **state)
{
    struct file file = version_1(source), again, copy = copy_of(file, file.len);
    struct machine *m = machine_new();
    char error[300] = "";

    (void)state;
    refuse(&copy, "its section VMSA is missing");
    have_vmsas(false); /* that version had no SEV-ES */
    m->parts.has_vmsas = false;
    assert_int_equal(saved_machine_read(&m->parts, file.data, file.len, error, sizeof(error)), 0);
    again = save(m);
    assert_int_equal(again.len, good.len);
    assert_memory_equal(again.data, good.data, good.len);
    for (size_t len = 8; len < file.len - HASH_SIZE; len++) {
        struct file cut = copy_of(file, len + HASH_SIZE);

        sum_up(&cut);
        refuse(&cut, "");
    }
    have_vmsas(true);
    free(again.data);
    free(file.data);
    machine_free(m);
}

static void is_refused(const struct machine *m, int err, const char *words)
{
    char error[200] = "";
    uint8_t *data;
    size_t len;

    assert_int_equal(saved_machine_possible(&m->parts, error, sizeof(error)), err);
    assert_non_null(strstr(error, words));
    assert_int_equal(saved_machine_write(&m->parts, &data, &len, error, sizeof(error)), err);
    assert_null(data);
}

/* After LAUNCH_MEASURE the secure processor could save the guest, but nobody would finish it. */
static void in_the_middle_of_a_launch(void **state)
{
    struct machine *m = machine_new(), *measured = with_guest(HV_LAUNCHING);

    (void)state;
    do_init(m->h);
    assert_int_equal(saved_machine_possible(&m->parts, NULL, 0), 0);
    (void)do_start(m->h, 1);
    is_refused(m, -EBUSY, "in the middle of its launch");
    is_refused(measured, -EBUSY, "in the middle of its launch");
    machine_free(measured);
    machine_free(m);
}

/* A guest with SEV-ES that runs has a section of its own, and only that has. */
static void sev_es(void **state)
{
    const struct hv_es_config config = {.max_version = 2, .cbit_pos = 47};
    struct machine *es = running(), *other = machine_new();
    struct file file, plain;
    char error[200];

    (void)state;
    hv_es_configure(hv_guest(es->hv, 0), &config);
    hv_es_configure(hv_guest(other->hv, 0), &config);
    hv_es_start(hv_guest(es->hv, 0), CPUS);
    hv_es_set_ghcb_msr(hv_guest(es->hv, 0), 1, 0x1234000);
    file = save(es);
    assert_int_equal(sections_of(file), sections_of(good) + 1);
    assert_int_equal(saved_machine_read(&other->parts, file.data, file.len, error, sizeof(error)),
                     0);
    assert_int_equal(hv_es_ghcb_msr(hv_guest(other->hv, 0), 1), 0x1234000);
    /* a file without the section ends it */
    assert_int_equal(saved_machine_read(&other->parts, good.data, good.len, error, sizeof(error)),
                     0);
    plain = save(other);
    assert_int_equal(sections_of(plain), sections_of(good));
    memset(file.data + frame_of(file, 2) + 16 + 4, 1, 1); /* the version of the GHCB protocol */
    sum_up(&file);
    refuse(&file, "section HVES: the version of the GHCB protocol differs");
    free(plain.data);
    machine_free(es);
    machine_free(other);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sev_es),
        cmocka_unit_test(cut_at_every_byte),
        cmocka_unit_test(versions),
        cmocka_unit_test(lengths),
        cmocka_unit_test(contents_of_another_length),
        cmocka_unit_test(sections),
        cmocka_unit_test(configuration),
        cmocka_unit_test(version_1_restored),
        cmocka_unit_test(restored),
        cmocka_unit_test(in_the_middle_of_a_launch),
        cmocka_unit_test(any_byte),
    };
    return cmocka_run_group_tests_name("saved_machine", tests, group_setup, group_teardown);
}
