/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * For programs whose tests ask one secure processor each: `h`, which their setup() makes and
 * teardown() frees. Included once, by the program's only file.
 */
#ifndef TESTS_ONE_PROCESSOR_H
#define TESTS_ONE_PROCESSOR_H

#include "harness.h"

static struct harness *h;

static int teardown(void **state)
{
    (void)state;
    harness_free(h);
    return 0;
}

#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

#endif
