/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Tests of psp-model/protocol/measure against the measurement that virtee/sev and sev-tool share.
 */
#include "unit.h"

#include "protocol/crypto.h"
#include "protocol/measure.h"
#include "vectors.h"

static uint8_t tik[16];

static struct measure_input published(void)
{
    struct measure_input in = {.api_major = 0, .api_minor = 18, .build = 15, .policy = 0};
    vector_exact("measure.txt", "digest", in.launch_digest, 32);
    vector_exact("measure.txt", "mnonce", in.mnonce, 16);
    return in;
}

static int setup(void **state)
{
    (void)state;
    vector_exact("measure.txt", "tik", tik, 16);
    return crypto_init();
}

static void known_answer(void **state)
{
    (void)state;
    struct measure_input in = published();
    uint8_t want[MEASURE_SIZE], got[MEASURE_SIZE];
    vector_exact("measure.txt", "measure", want, sizeof(want));
    assert_int_equal(measure_compute(&in, tik, got), 0);
    assert_memory_equal(got, want, sizeof(got));
}

static void before_0_17_the_version_is_left_out(void **state)
{
    (void)state;
    struct measure_input in = published();
    uint8_t want[MEASURE_SIZE], got[MEASURE_SIZE];
    vector_exact("measure.txt", "old_measure", want, sizeof(want));
    in.api_minor = 16;
    assert_int_equal(measure_compute(&in, tik, got), 0);
    assert_memory_equal(got, want, sizeof(got));
    in.build = 77;
    assert_int_equal(measure_compute(&in, tik, got), 0);
    assert_memory_equal(got, want, sizeof(got));

    assert_false(measure_binds_version(0, 16));
    assert_true(measure_binds_version(0, 17));
    assert_true(measure_binds_version(1, 0));
}

static void every_field_counts(void **state)
{
    (void)state;
    struct measure_input in[7];
    uint8_t want[MEASURE_SIZE], got[MEASURE_SIZE], other[16];
    for (unsigned i = 0; i < 7; i++)
        in[i] = published();
    in[0].api_major++;
    in[1].api_minor++;
    in[2].build++;
    in[3].policy = 0x80000000;
    in[4].launch_digest[31] ^= 1;
    in[5].mnonce[15] ^= 1;
    vector_exact("measure.txt", "measure", want, sizeof(want));
    for (unsigned i = 0; i < 6; i++) {
        assert_int_equal(measure_compute(&in[i], tik, got), 0);
        assert_memory_not_equal(got, want, sizeof(got));
    }
    for (unsigned i = 0; i < 16; i++)
        other[i] = tik[i] ^ (i == 15);
    assert_int_equal(measure_compute(&in[6], other, got), 0);
    assert_memory_not_equal(got, want, sizeof(got));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(known_answer),
        cmocka_unit_test(before_0_17_the_version_is_left_out),
        cmocka_unit_test(every_field_counts),
    };
    return cmocka_run_group_tests_name("measure", tests, setup, NULL);
}
