/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Tests of saved machines that are hosts: their CPUs go on with the SEV guests that they ran.
 */
#include "saved.h"

#include <errno.h>
#include <stdlib.h>

#include "save_file.h"

static struct machine *host(uint32_t asids[CPUS])
{
    struct machine *m = running();

    m->parts.asids = asids;
    m->parts.max_asid = 15;
    return m;
}

/* The CPUs go on with the guests that they ran. */
static void asids_of_cpus(void **state)
{
    uint32_t run[CPUS] = {15}, taken[CPUS] = {1, 1};
    struct machine *m = host(run), *other = host(taken);
    struct file file = save(m);
    char error[200];

    (void)state;
    assert_int_equal(saved_machine_read(&other->parts, file.data, file.len, error, sizeof(error)),
                     0);
    assert_memory_equal(taken, run, sizeof(run));
    free(file.data);
    run[0] = 16;
    file = save(m);
    assert_int_equal(saved_machine_read(&other->parts, file.data, file.len, error, sizeof(error)),
                     -EINVAL);
    assert_non_null(strstr(error, "section VCPU: a CPU runs a guest that cannot be"));
    assert_int_equal(taken[0], 15);
    run[0] = 1;
    free(file.data);
    file = save(m);
    other->parts.asids = NULL; /* no host */
    assert_int_equal(saved_machine_read(&other->parts, file.data, file.len, error, sizeof(error)),
                     -EINVAL);
    free(file.data);
    machine_free(other);
    machine_free(m);
}

/* Version 2 of the CPUs' section has no ASIDs. */
static void cpus_of_version_2(void **state)
{
    uint8_t bytes[8 + 8 * CPUS] = {CPUS, 0, 0, 0, 8};
    uint32_t taken[CPUS] = {1, 1};
    const uint32_t none[CPUS] = {0};
    struct machine *m = running(), *other = host(taken);
    struct file file = save(m), old;
    struct save_file parsed;
    char error[200];

    (void)state;
    assert_int_equal(save_file_read(&parsed, file.data, file.len, error, sizeof(error)), 0);
    for (unsigned i = 0; i < parsed.n; i++)
        if (parsed.sections[i].tag == SAVE_VCPU)
            parsed.sections[i] = (struct save_section){SAVE_VCPU, 2, bytes, sizeof(bytes)};
    old = (struct file){malloc(save_file_size(&parsed)), save_file_size(&parsed)};
    save_file_write(&parsed, old.data);
    assert_int_equal(saved_machine_read(&other->parts, old.data, old.len, error, sizeof(error)), 0);
    assert_memory_equal(taken, none, sizeof(none));
    free(old.data);
    free(file.data);
    machine_free(other);
    machine_free(m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(asids_of_cpus),
        cmocka_unit_test(cpus_of_version_2),
    };
    return cmocka_run_group_tests_name("saved_host", tests, NULL, NULL);
}
