// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Bochs's multiplication and division without the patch 17-wide-multiply, under other names, for wide_int.cc.
#define BX_WIDE_INT_PLAIN
#define long_mul  plain_mul
#define long_imul plain_imul
#define long_div  plain_div
#define long_idiv plain_idiv
#define long_neg  plain_neg
#define long_shl  plain_shl
#define long_shr  plain_shr
#define long_sub  plain_sub
#define long_le   plain_le
#include "bochs.h"
#include "cpu/wide_int.cc"
