/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * sevowner id-block create, id-block show: what a SEV-SNP guest is to be, signed by its owner.
 *
 * Source: protocol/id_block.h; the options and the first line of the output are those of
 * snp-create-id-block (virtee/sev-snp-measure).
 */
#include <stdlib.h>
#include <string.h>

#include "input.h"
#include "key_file.h"
#include "owner.h"
#include "protocol/b64.h"
#include "protocol/id_block.h"

#define DEFAULT_POLICY 0x30000u

enum { MEASUREMENT = 1, IDKEY, AUTHORKEY, POLICY, FAMILY, IMAGE, SVN, BLOCK_FILE, AUTH_FILE };

/* --- what both verbs print ------------------------------------------------------------------- */

static void say_hex(const char *key, const char *label, const void *data, size_t len)
{
    owner_say("%-18s %s\n", label, owner_hex64(data, len));
    owner_answer_hex(key, data, len);
}

static void say_keys(const struct id_digests *digests, bool author)
{
    say_hex("id_key_digest", "id key digest", digests->id_key, sizeof(digests->id_key));
    if (author)
        say_hex("author_key_digest", "author key digest", digests->author_key,
                sizeof(digests->author_key));
}

static void say_block(const struct id_block *block)
{
    say_hex("launch_digest", "launch digest", block->launch_digest, sizeof(block->launch_digest));
    say_hex("family_id", "family id", block->family_id, sizeof(block->family_id));
    say_hex("image_id", "image id", block->image_id, sizeof(block->image_id));
    owner_say("%-18s %u\n%-18s %u\n%-18s 0x%llx\n", "version", block->version, "guest svn",
              block->guest_svn, "policy", (unsigned long long)block->policy);
    owner_answer("version", json_integer(block->version));
    owner_answer("guest_svn", json_integer(block->guest_svn));
    owner_answer("policy", json_integer((json_int_t)block->policy));
}

/* --- create ---------------------------------------------------------------------------------- */

static const struct owner_option create_options[] = {
    {MEASUREMENT, "measurement", "FILE|BASE64|HEX", "launch digest of the guest, 48 bytes"},
    {IDKEY, "idkey", "FILE", "private key that signs the block, PEM"},
    {AUTHORKEY, "authorkey", "FILE", "private key that signs the ID key, PEM"},
    {POLICY, "policy", "N", "policy of the guest (default 0x30000)"},
    {FAMILY, "family-id", "FILE|BASE64|HEX", "family of the guest, 16 bytes (default zeros)"},
    {IMAGE, "image-id", "FILE|BASE64|HEX", "image of the guest, 16 bytes (default zeros)"},
    {SVN, "guest-svn", "N", "security version of the guest (default 0)"},
    {BLOCK_FILE, "id-block", "FILE", "write the block there, as base64"},
    {AUTH_FILE, "id-auth", "FILE", "write its authentication there, as base64"},
    {0, NULL, NULL, NULL},
};

struct request {
    const char *measurement, *id_key, *author_key, *policy, *family, *image, *svn, *block_file,
        *auth_file;
};

static enum owner_exit make_block(const struct request *request, struct id_block *block)
{
    uint32_t policy = DEFAULT_POLICY;
    enum owner_exit code = input_bytes("--measurement", request->measurement, block->launch_digest,
                                       sizeof(block->launch_digest));

    if (!code && request->family)
        code =
            input_bytes("--family-id", request->family, block->family_id, sizeof(block->family_id));
    if (!code && request->image)
        code = input_bytes("--image-id", request->image, block->image_id, sizeof(block->image_id));
    if (!code && request->svn)
        code = input_number("--guest-svn", request->svn, UINT32_MAX, &block->guest_svn);
    if (!code && request->policy)
        code = input_number("--policy", request->policy, UINT32_MAX, &policy);
    block->version = ID_BLOCK_VERSION;
    block->policy = policy;
    return code;
}

static enum owner_exit sign(const struct request *request, const uint8_t block[ID_BLOCK_SIZE],
                            uint8_t auth[ID_AUTH_SIZE])
{
    struct crypto_p384_key id_key, author;
    enum owner_exit code = key_file_read("--idkey", request->id_key, &id_key);

    if (!code && request->author_key)
        code = key_file_read("--authorkey", request->author_key, &author);
    if (!code && id_auth_make(auth, block, &id_key, request->author_key ? &author : NULL))
        code = owner_fail(OWNER_TROUBLE, "the ID block cannot be signed");
    crypto_wipe(&id_key, sizeof(id_key));
    crypto_wipe(&author, sizeof(author));
    return code;
}

static enum owner_exit write_made(const struct request *request, const uint8_t block[ID_BLOCK_SIZE],
                                  const uint8_t auth[ID_AUTH_SIZE])
{
    char block_text[B64_TEXT_SIZE(ID_BLOCK_SIZE)], auth_text[B64_TEXT_SIZE(ID_AUTH_SIZE)];
    enum owner_exit code = OWNER_OK;

    b64_encode(block, ID_BLOCK_SIZE, block_text);
    b64_encode(auth, ID_AUTH_SIZE, auth_text);
    owner_say("id-block=%s,id-auth=%s\n", block_text, auth_text);
    owner_answer_base64("id_block", block, ID_BLOCK_SIZE);
    owner_answer_base64("id_auth", auth, ID_AUTH_SIZE);
    if (request->block_file)
        code = output_base64(request->block_file, block, ID_BLOCK_SIZE);
    if (!code && request->auth_file)
        code = output_base64(request->auth_file, auth, ID_AUTH_SIZE);
    return code;
}

static enum owner_exit create(const struct request *request)
{
    uint8_t wire[ID_BLOCK_SIZE], auth[ID_AUTH_SIZE];
    struct id_block block = {{0}, {0}, {0}, 0, 0, 0};
    struct id_digests digests;
    enum owner_exit code;

    if (!request->measurement || !request->id_key)
        return owner_fail(OWNER_USAGE, "--measurement and --idkey are needed");
    code = make_block(request, &block);
    if (code)
        return code;
    id_block_write(&block, wire);
    code = sign(request, wire, auth);
    if (!code)
        code = write_made(request, wire, auth);
    if (code)
        return code;
    id_auth_digests(auth, request->author_key, &digests);
    say_keys(&digests, request->author_key);
    return code;
}

static enum owner_exit run_create(const struct owner_verb *verb, int argc, char **argv)
{
    struct request request = {0};
    const char **const places[] = {
        [MEASUREMENT] = &request.measurement,
        [IDKEY] = &request.id_key,
        [AUTHORKEY] = &request.author_key,
        [POLICY] = &request.policy,
        [FAMILY] = &request.family,
        [IMAGE] = &request.image,
        [SVN] = &request.svn,
        [BLOCK_FILE] = &request.block_file,
        [AUTH_FILE] = &request.auth_file,
    };
    const char *value;
    int id, first;

    while ((id = owner_option(verb, argc, argv, &value, &first)) > 0)
        *places[id] = value;
    if (id < 0 || !owner_count(verb, argc, first, 0))
        return OWNER_USAGE;
    return create(&request);
}

/* --- show ------------------------------------------------------------------------------------ */

static const struct owner_option show_options[] = {
    {MEASUREMENT, "measurement", "FILE|BASE64|HEX", "compare the launch digest with this one"},
    {AUTHORKEY, "author-key-enabled", NULL, "check the author key, too"},
    {0, NULL, NULL, NULL},
};

/* What LAUNCH_FINISH would say. */
static enum owner_exit check(const uint8_t block[ID_BLOCK_SIZE], const uint8_t auth[ID_AUTH_SIZE],
                             bool author)
{
    static const char *const words[] = {
        [ID_GOOD] = "good",
        [ID_BAD_FORM] = "wrong: a reserved byte is not zero, or a key is not on the curve P-384",
        [ID_BAD_ALGORITHM] = "wrong: an algorithm is not ECDSA P-384 with SHA-384",
        [ID_BAD_BLOCK_SIGNATURE] = "wrong: the ID key did not sign the block",
        [ID_BAD_AUTHOR_SIGNATURE] = "wrong: the author key did not sign the ID key",
    };
    struct id_digests digests;
    enum id_verdict verdict = id_auth_check(auth, block, author, &digests);

    if (verdict == ID_FAILED)
        return owner_fail(OWNER_TROUBLE, "the signatures cannot be checked");
    id_auth_digests(auth, author, &digests);
    say_keys(&digests, author);
    owner_say("%-18s %s\n", "authentication", words[verdict]);
    owner_answer("authentication", json_string(words[verdict]));
    return verdict == ID_GOOD
               ? OWNER_OK
               : owner_fail(OWNER_MISMATCH, "the authentication is %s", words[verdict]);
}

static enum owner_exit show(const char *block_arg, const char *auth_arg, const char *measurement,
                            bool author)
{
    uint8_t wire[ID_BLOCK_SIZE], auth[ID_AUTH_SIZE], digest[CRYPTO_SHA384_SIZE];
    struct id_block block;
    enum owner_exit code = input_exact("ID block", block_arg, wire, sizeof(wire));

    if (!code && auth_arg)
        code = input_exact("ID authentication", auth_arg, auth, sizeof(auth));
    if (!code && measurement)
        code = input_bytes("--measurement", measurement, digest, sizeof(digest));
    if (code)
        return code;
    id_block_read(&block, wire);
    say_block(&block);
    if (auth_arg)
        code = check(wire, auth, author);
    if (!code && measurement && memcmp(digest, block.launch_digest, sizeof(digest)) != 0)
        code = owner_fail(OWNER_MISMATCH, "the launch digest is another one");
    return code;
}

static enum owner_exit run_show(const struct owner_verb *verb, int argc, char **argv)
{
    const char *value, *measurement = NULL;
    bool author = false;
    int id, first;

    while ((id = owner_option(verb, argc, argv, &value, &first)) > 0) {
        if (id == MEASUREMENT)
            measurement = value;
        else
            author = true;
    }
    if (id < 0)
        return OWNER_USAGE;
    if (argc - first != 1 && !owner_count(verb, argc, first, 2))
        return OWNER_USAGE;
    if (author && argc - first == 1)
        return owner_fail(OWNER_USAGE, "--author-key-enabled needs an authentication to check");
    return show(argv[first], argc - first == 2 ? argv[first + 1] : NULL, measurement, author);
}

const struct owner_verb verb_id_block_create = {
    "id-block create", "", "Sign what a SEV-SNP guest is to be", create_options, run_create};
const struct owner_verb verb_id_block_show = {"id-block show", "BLOCK [AUTH]",
                                              "Print an ID block and check its authentication",
                                              show_options, run_show};
