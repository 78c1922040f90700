/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * sevowner measurement verify: is a measurement the expected one, and if not, why.
 *
 * Source: protocol/measure.h.
 */
#include "owner.h"

#include <inttypes.h>

#include "protocol/crypto.h"
#include "expect.h"
#include "explain.h"
#include "input.h"
#include "launched.h"

enum { TRACE = 1, HANDLE };

static const struct owner_option options[] = {
    EXPECT_OPTIONS,
    {TRACE, "trace", "FILE", "the emulator's trace: compare region by region"},
    {HANDLE, "handle", "N", "the guest in the trace (default: the last launched)"},
    {0, NULL, NULL, NULL},
};

static enum owner_exit verify(struct expect *expect, const char *trace, const char *handle_text)
{
    struct launched launched = {0};
    uint8_t want[MEASURE_SIZE];
    uint32_t handle = 0;
    enum owner_exit code = expect_load(expect);
    if (!code && !expect->blob_arg)
        code = owner_fail(OWNER_USAGE, "--launch-measure-blob is needed: it is what to verify");
    if (!code && handle_text)
        code = input_number("--handle", handle_text, UINT32_MAX, &handle);
    if (!code && trace)
        code = launched_read(trace, handle, &launched);
    if (!code && measure_compute(&expect->input, expect->tik, want))
        code = owner_fail(OWNER_TROUBLE, "the measurement cannot be computed");
    if (!code) {
        bool same = crypto_compare(want, expect->blob, sizeof(want)) == 0;
        owner_answer_hex("measurement", expect->blob, MEASURE_SIZE);
        owner_answer_hex("expected", want, sizeof(want));
        owner_answer_hex("expected_digest", expect->input.launch_digest, 32);
        owner_say("measurement  %s\n", owner_hex64(expect->blob, MEASURE_SIZE));
        owner_say("expected     %s\n", owner_hex64(want, sizeof(want)));
        explain(expect, trace ? &launched : NULL, same);
        code =
            same ? OWNER_OK : owner_fail(OWNER_MISMATCH, "the measurement is not the expected one");
    }
    launched_free(&launched);
    return code;
}

static enum owner_exit run(const struct owner_verb *verb, int argc, char **argv)
{
    struct expect expect = {0};
    const char *value, *trace = NULL, *handle = NULL;
    int id, first;
    while ((id = owner_option(verb, argc, argv, &value, &first)) > 0) {
        if (id == TRACE)
            trace = value;
        else if (id == HANDLE)
            handle = value;
        else
            expect_option(&expect, id, value);
    }
    if (id < 0 || !owner_count(verb, argc, first, 0))
        return OWNER_USAGE;
    enum owner_exit code = verify(&expect, trace, handle);
    expect_free(&expect);
    return code;
}

const struct owner_verb verb_measurement_verify = {
    "measurement verify", "", "Verify a measurement, and explain one that is wrong", options, run};
