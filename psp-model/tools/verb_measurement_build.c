/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * sevowner measurement build: the measurement that the expected launch must give.
 *
 * Source: `sevctl measurement build`, whose options and output these are.
 */
#include "owner.h"

#include <string.h>

#include "protocol/b64.h"
#include "expect.h"
#include "input.h"
#include "protocol/measure.h"

enum { NONCE = 1, OUTFILE };

static const struct owner_option options[] = {
    EXPECT_OPTIONS,
    {NONCE, "nonce", "FILE|BASE64", "MNONCE, 16 bytes, where there is no blob"},
    {OUTFILE, "outfile", "FILE", "write the 48 bytes there instead of base64 to stdout"},
    {0, NULL, NULL, NULL},
};

static enum owner_exit build(struct expect *expect, const char *nonce, const char *outfile)
{
    uint8_t blob[MEASURE_BLOB_SIZE];
    char text[B64_TEXT_SIZE(MEASURE_BLOB_SIZE)];
    enum owner_exit code = expect_load(expect);
    if (!code && !nonce && !expect->blob_arg)
        code = owner_fail(OWNER_USAGE, "--nonce or --launch-measure-blob is needed");
    if (!code && nonce)
        code = input_exact("--nonce", nonce, expect->input.mnonce, sizeof(expect->input.mnonce));
    if (!code && measure_compute(&expect->input, expect->tik, blob))
        code = owner_fail(OWNER_TROUBLE, "the measurement cannot be computed");
    if (code)
        return code;

    memcpy(blob + MEASURE_SIZE, expect->input.mnonce, sizeof(expect->input.mnonce));
    owner_answer_base64("measurement", blob, sizeof(blob));
    owner_answer_hex("launch_digest", expect->input.launch_digest, 32);
    if (outfile) {
        owner_say("wrote %s\n", outfile);
        return output_file(outfile, blob, sizeof(blob), false);
    }
    b64_encode(blob, sizeof(blob), text);
    owner_say("%s\n", text);
    return OWNER_OK;
}

static enum owner_exit run(const struct owner_verb *verb, int argc, char **argv)
{
    struct expect expect = {0};
    const char *value, *nonce = NULL, *outfile = NULL;
    int id, first;
    while ((id = owner_option(verb, argc, argv, &value, &first)) > 0) {
        if (id == NONCE)
            nonce = value;
        else if (id == OUTFILE)
            outfile = value;
        else
            expect_option(&expect, id, value);
    }
    if (id < 0 || !owner_count(verb, argc, first, 0))
        return OWNER_USAGE;
    enum owner_exit code = build(&expect, nonce, outfile);
    expect_free(&expect);
    return code;
}

const struct owner_verb verb_measurement_build = {
    "measurement build", "", "Compute the measurement of an expected launch", options, run};
