/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * sevowner measurement build: the measurement that the expected launch must give.
 *
 * Source: `sevctl measurement build`, whose options and output these are; for SEV-SNP `sev-snp-measure
 * --mode snp` (virtee/sev-snp-measure).
 */
#include "owner.h"

#include <string.h>

#include "protocol/b64.h"
#include "expect.h"
#include "expect_snp.h"
#include "input.h"
#include "protocol/measure.h"

enum { NONCE = 1, OUTFILE };

static const struct owner_option options[] = {
    EXPECT_OPTIONS,
    {NONCE, "nonce", "FILE|BASE64", "MNONCE, 16 bytes, where there is no blob"},
    {OUTFILE, "outfile", "FILE", "write the 48 bytes there instead of base64 to stdout"},
    EXPECT_SNP_OPTIONS,
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

/* A SEV-SNP guest: the digest alone, which the attestation report has. */
static enum owner_exit build_snp(const struct expect *expect, struct expect_snp *snp,
                                 const char *outfile)
{
    uint8_t digest[EXPECT_SNP_DIGEST];
    enum owner_exit code = expect_snp(expect, snp, digest);

    if (code)
        return code;
    owner_answer_hex("launch_digest", digest, sizeof(digest));
    if (outfile) {
        owner_say("wrote %s\n", outfile);
        return output_file(outfile, digest, sizeof(digest), false);
    }
    owner_say("%s\n", owner_hex64(digest, sizeof(digest)));
    return OWNER_OK;
}

/* The verb with its options read. */
struct request {
    struct expect expect;
    struct expect_snp snp;
    const char *nonce, *outfile;
};

static enum owner_exit run_request(struct request *request)
{
    enum owner_exit code = expect_snp_mode(&request->expect, &request->snp);

    if (!code && request->snp.mode != EXPECT_MODE_SEV && request->nonce)
        code = owner_fail(OWNER_USAGE, "--mode snp: there is no nonce in the digest");
    if (code)
        return code;
    return request->snp.mode == EXPECT_MODE_SEV
               ? build(&request->expect, request->nonce, request->outfile)
               : build_snp(&request->expect, &request->snp, request->outfile);
}

static enum owner_exit run(const struct owner_verb *verb, int argc, char **argv)
{
    struct request request = {0};
    enum owner_exit code;
    const char *value;
    int id, first;

    while ((id = owner_option(verb, argc, argv, &value, &first)) > 0) {
        if (id == NONCE)
            request.nonce = value;
        else if (id == OUTFILE)
            request.outfile = value;
        else if (!expect_snp_option(&request.snp, id, value))
            expect_option(&request.expect, id, value);
    }
    if (id < 0 || !owner_count(verb, argc, first, 0))
        return OWNER_USAGE;
    code = run_request(&request);
    expect_snp_free(&request.snp);
    expect_free(&request.expect);
    return code;
}

const struct owner_verb verb_measurement_build = {
    "measurement build", "", "Compute the measurement of an expected launch", options, run};
