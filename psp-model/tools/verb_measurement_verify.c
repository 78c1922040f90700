/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * sevowner measurement verify: is a measurement the expected one, and if not, why.
 *
 * Source: protocol/measure.h.
 */
#include "owner.h"

#include <inttypes.h>
#include <string.h>

#include "protocol/crypto.h"
#include "expect.h"
#include "expect_snp.h"
#include "explain.h"
#include "explain_snp.h"
#include "input.h"
#include "launched.h"
#include "snp_verify.h"

enum { TRACE = 1, HANDLE, MEASUREMENT, REPORT };

static const struct owner_option options[] = {
    EXPECT_OPTIONS,
    EXPECT_SNP_OPTIONS,
    {MEASUREMENT, "measurement", "FILE|BASE64|HEX", "SEV-SNP: what to verify, 48 bytes,"},
    {REPORT, "report", "FILE|BASE64", "or the attestation report that has it"},
    {TRACE, "trace", "FILE", "the emulator's trace: compare region by region"},
    {HANDLE, "handle", "N", "the guest in the trace (default: the last launched)"},
    {0, NULL, NULL, NULL},
};

/* The verb with its options read. */
struct request {
    struct expect expect;
    struct expect_snp snp;
    const char *trace, *handle;
    const char *measurement, *report; /* SEV-SNP */
};

static enum owner_exit verify(struct request *request)
{
    struct expect *expect = &request->expect;
    struct launched launched = {0};
    uint8_t want[MEASURE_SIZE];
    uint32_t handle = 0;
    enum owner_exit code = expect_load(expect);
    if (!code && !expect->blob_arg)
        code = owner_fail(OWNER_USAGE, "--launch-measure-blob is needed: it is what to verify");
    if (!code && request->handle)
        code = input_number("--handle", request->handle, UINT32_MAX, &handle);
    if (!code && request->trace)
        code = launched_read(request->trace, handle, &launched);
    if (!code && measure_compute(&expect->input, expect->tik, want))
        code = owner_fail(OWNER_TROUBLE, "the measurement cannot be computed");
    if (!code) {
        bool same = crypto_compare(want, expect->blob, sizeof(want)) == 0;
        owner_answer_hex("measurement", expect->blob, MEASURE_SIZE);
        owner_answer_hex("expected", want, sizeof(want));
        owner_answer_hex("expected_digest", expect->input.launch_digest, 32);
        owner_say("measurement  %s\n", owner_hex64(expect->blob, MEASURE_SIZE));
        owner_say("expected     %s\n", owner_hex64(want, sizeof(want)));
        explain(expect, request->trace ? &launched : NULL, same);
        code =
            same ? OWNER_OK : owner_fail(OWNER_MISMATCH, "the measurement is not the expected one");
    }
    launched_free(&launched);
    return code;
}

/* --- SEV-SNP --- */

/* The measurement comes alone or in a report. */
static enum owner_exit read_measurement(const struct request *request,
                                        uint8_t measurement[EXPECT_SNP_DIGEST])
{
    uint8_t wire[SNP_REPORT_SIZE];
    struct snp_report report;
    enum owner_exit code;

    if (!request->measurement == !request->report)
        return owner_fail(OWNER_USAGE, "--mode snp: give what to verify, by --measurement or by "
                                       "--report");
    if (request->measurement)
        return input_bytes("--measurement", request->measurement, measurement, EXPECT_SNP_DIGEST);
    code = snp_report_input("--report", request->report, wire, &report);
    if (!code)
        memcpy(measurement, report.measurement, EXPECT_SNP_DIGEST);
    return code;
}

static enum owner_exit compare_snp(const struct request *request,
                                   const uint8_t measurement[EXPECT_SNP_DIGEST],
                                   const uint8_t want[EXPECT_SNP_DIGEST])
{
    struct launched_pages launched = {0};
    enum owner_exit code =
        request->trace ? launched_pages_read(request->trace, &launched) : OWNER_OK;

    if (!code) {
        owner_answer_hex("measurement", measurement, EXPECT_SNP_DIGEST);
        owner_answer_hex("expected", want, EXPECT_SNP_DIGEST);
        owner_say("measurement  %s\n", owner_hex64(measurement, EXPECT_SNP_DIGEST));
        owner_say("expected     %s\n", owner_hex64(want, EXPECT_SNP_DIGEST));
        explain_snp(&request->snp, measurement, request->trace ? &launched : NULL);
    }
    if (!code && memcmp(measurement, want, EXPECT_SNP_DIGEST) != 0) {
        explain_snp_search(&request->expect, &request->snp, measurement);
        code = owner_fail(OWNER_MISMATCH, "the measurement is not the expected one");
    }
    launched_pages_free(&launched);
    return code;
}

static enum owner_exit verify_snp(struct request *request)
{
    uint8_t measurement[EXPECT_SNP_DIGEST], want[EXPECT_SNP_DIGEST];
    enum owner_exit code = OWNER_OK;

    if (request->handle)
        code = owner_fail(OWNER_USAGE, "--handle: a guest of SEV-SNP has no handle");
    if (!code)
        code = read_measurement(request, measurement);
    if (!code)
        code = expect_snp(&request->expect, &request->snp, want);
    return code ? code : compare_snp(request, measurement, want);
}

static enum owner_exit run_request(struct request *request)
{
    enum owner_exit code = expect_snp_mode(&request->expect, &request->snp);

    if (!code && request->snp.mode == EXPECT_MODE_SEV && (request->measurement || request->report))
        code = owner_fail(OWNER_USAGE, "--measurement and --report go with --mode snp");
    if (code)
        return code;
    return request->snp.mode == EXPECT_MODE_SEV ? verify(request) : verify_snp(request);
}

static void take(struct request *request, int id, const char *value)
{
    if (id == TRACE)
        request->trace = value;
    else if (id == HANDLE)
        request->handle = value;
    else if (id == MEASUREMENT)
        request->measurement = value;
    else if (id == REPORT)
        request->report = value;
    else if (!expect_snp_option(&request->snp, id, value))
        expect_option(&request->expect, id, value);
}

static enum owner_exit run(const struct owner_verb *verb, int argc, char **argv)
{
    struct request request = {0};
    const char *value;
    int id, first;
    enum owner_exit code;

    while ((id = owner_option(verb, argc, argv, &value, &first)) > 0)
        take(&request, id, value);
    if (id < 0 || !owner_count(verb, argc, first, 0))
        return OWNER_USAGE;
    code = run_request(&request);
    expect_snp_free(&request.snp);
    expect_free(&request.expect);
    return code;
}

const struct owner_verb verb_measurement_verify = {
    "measurement verify", "", "Verify a measurement, and explain one that is wrong", options, run};
