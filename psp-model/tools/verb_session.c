/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * sevowner session: new TEK and TIK, wrapped for one platform.
 *
 * Source: the files of `sevctl session` and, with --sev-tool, of sev-tool's generate_launch_blob.
 */
#include "owner.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "protocol/cert.h"
#include "chain.h"
#include "protocol/crypto.h"
#include "input.h"
#include "protocol/session.h"

enum { NAME = 1, TIK, TEK, SEV_TOOL, FORCE };

static const struct owner_option options[] = {
    {NAME, "name", "NAME", "names of the files start with it (default: vm)"},
    {TIK, "tik", "FILE|BASE64", "use this TIK instead of a new one"},
    {TEK, "tek", "FILE|BASE64", "use this TEK instead of a new one"},
    {SEV_TOOL, "sev-tool", NULL, "write sev-tool's files instead of sevctl's"},
    {FORCE, "force", NULL, "overwrite files that exist"},
    {0, NULL, NULL, NULL},
};

struct made {
    struct session_keys keys;
    uint8_t session[SESSION_SIZE], godh[CERT_SIZE];
};

static enum owner_exit read_pdh(const char *path, struct crypto_p384_public *pub)
{
    struct chain chain = {.model = false};
    enum owner_exit code = chain_read("PDH", path, &chain);
    if (!code && (!chain.have[CHAIN_PDH] || cert_public(&chain.cert[CHAIN_PDH], pub)))
        code = owner_fail(OWNER_INPUT, "PDH: there is no PDH certificate in %s", path);
    return code;
}

/* Make our end of the key agreement; its private key is wiped before the return. */
static enum owner_exit make(const struct crypto_p384_public *pdh, uint32_t policy,
                            struct made *made)
{
    uint8_t seed[CRYPTO_P384_SEED_SIZE], z[CRYPTO_P384_SIZE];
    struct crypto_p384_key key;
    struct session session;
    struct cert godh;
    int err = -1;
    enum owner_exit code = input_random(seed, sizeof(seed));
    if (!code)
        code = input_random(session.nonce, sizeof(session.nonce));
    if (!code)
        code = input_random(session.wrap_iv, sizeof(session.wrap_iv));
    if (code)
        return code;
    err = crypto_p384_from_seed(seed, &key);
    if (!err)
        err = crypto_p384_ecdh(&key, pdh, z);
    if (!err)
        err = session_seal(&session, z, sizeof(z), &made->keys, policy);
    if (!err) {
        cert_init(&godh, CERT_USAGE_PDH, &key.pub);
        cert_write(&godh, made->godh);
        session_write(&session, made->session);
    }
    crypto_wipe(seed, sizeof(seed));
    crypto_wipe(z, sizeof(z));
    crypto_wipe(&key, sizeof(key));
    return err ? owner_fail(OWNER_TROUBLE, "the session cannot be made") : OWNER_OK;
}

/* A file of one kind of output: its name after --name's text, and what it holds. */
struct file {
    const char *what, *suffix;
    const void *data;
    size_t len;
    bool base64, secret;
};

/* The files, at most 4; their number is returned. `tk` is for sev-tool's, TEK and TIK. */
static unsigned list_files(bool sev_tool, const struct made *made, uint8_t tk[32],
                           struct file files[4])
{
    const struct file sevctl[] = {
        {"tik", "_tik.bin", made->keys.tik, 16, false, true},
        {"tek", "_tek.bin", made->keys.tek, 16, false, true},
        {"godh", "_godh.b64", made->godh, CERT_SIZE, true, false},
        {"session", "_session.b64", made->session, SESSION_SIZE, true, false},
    };
    const struct file sevtool[] = {
        {"tk", "tmp_tk.bin", tk, 32, false, true},
        {"godh", "godh.cert", made->godh, CERT_SIZE, false, false},
        {"session", "launch_blob.bin", made->session, SESSION_SIZE, false, false},
    };

    memcpy(tk, made->keys.tek, 16);
    memcpy(tk + 16, made->keys.tik, 16);
    memcpy(files, sev_tool ? sevtool : sevctl, sev_tool ? sizeof(sevtool) : sizeof(sevctl));
    return sev_tool ? 3 : 4;
}

/* The path of a file. Without `force` it must be free: a lost TIK or TEK cannot be had again. */
static enum owner_exit place(const char *prefix, const struct file *file, bool force,
                             char path[PATH_MAX])
{
    struct stat st;

    if (snprintf(path, PATH_MAX, "%s%s", prefix, file->suffix) >= PATH_MAX)
        return owner_fail(OWNER_USAGE, "--name is too long");
    if (!force && !lstat(path, &st))
        return owner_fail(OWNER_OUTPUT, "%s exists; use another --name, or --force to overwrite it",
                          path);
    return OWNER_OK;
}

static enum owner_exit write_one(const char *path, const struct file *file)
{
    enum owner_exit code = file->base64 ? output_base64(path, file->data, file->len)
                                        : output_file(path, file->data, file->len, file->secret);

    if (!code) {
        owner_say("%-8s %s\n", file->what, path);
        owner_answer(file->what, json_string(path));
    }
    return code;
}

/* All files, or none if one of them exists. */
static enum owner_exit write_files(const char *name, bool sev_tool, bool force,
                                   const struct made *made)
{
    char path[PATH_MAX];
    struct file files[4];
    uint8_t tk[32];
    const unsigned count = list_files(sev_tool, made, tk, files);
    const char *prefix = sev_tool ? "" : name;
    enum owner_exit code = OWNER_OK;

    for (unsigned i = 0; i < count && !code; i++)
        code = place(prefix, &files[i], force, path);
    for (unsigned i = 0; i < count && !code; i++) {
        code = place(prefix, &files[i], force, path);
        if (!code)
            code = write_one(path, &files[i]);
    }
    crypto_wipe(tk, sizeof(tk));
    return code;
}

static enum owner_exit run(const struct owner_verb *verb, int argc, char **argv)
{
    const char *value, *name = "vm", *tik = NULL, *tek = NULL;
    bool sev_tool = false, force = false;
    int id, first;
    while ((id = owner_option(verb, argc, argv, &value, &first)) > 0) {
        if (id == NAME)
            name = value;
        else if (id == TIK)
            tik = value;
        else if (id == TEK)
            tek = value;
        else if (id == FORCE)
            force = true;
        else
            sev_tool = true;
    }
    if (id < 0 || !owner_count(verb, argc, first, 2))
        return OWNER_USAGE;

    struct crypto_p384_public pdh;
    struct made made;
    uint32_t policy;
    enum owner_exit code = input_number("POLICY", argv[first + 1], UINT32_MAX, &policy);
    if (!code)
        code = read_pdh(argv[first], &pdh);
    if (!code)
        code = tik ? input_exact("--tik", tik, made.keys.tik, 16) : input_random(made.keys.tik, 16);
    if (!code)
        code = tek ? input_exact("--tek", tek, made.keys.tek, 16) : input_random(made.keys.tek, 16);
    if (!code)
        code = make(&pdh, policy, &made);
    if (!code)
        code = write_files(name, sev_tool, force, &made);
    crypto_wipe(&made, sizeof(made));
    return code;
}

const struct owner_verb verb_session = {"session", "PDH POLICY",
                                        "Make a launch session for a platform", options, run};
