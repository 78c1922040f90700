/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Explain a measurement: every region as launched and as expected, the first that differs, or
 * whether keys, policy or versions differ instead.
 */
#ifndef OWNER_EXPLAIN_H
#define OWNER_EXPLAIN_H

#include <stdbool.h>

#include "expect.h"
#include "launched.h"

/* Says it, and puts "cause", "regions", "first_difference" and "hints" into the JSON answer.
 * `launched` may be NULL; `same`: the measurement was right. */
void explain(const struct expect *expect, const struct launched *launched, bool same);
/* Say the sentence, and answer with "cause". */
void explain_cause(const char *cause, const char *sentence);

#endif
