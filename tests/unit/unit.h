/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What every unit test includes: cmocka with the headers that it needs before it.
 */
#ifndef TESTS_UNIT_H
#define TESTS_UNIT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#endif
