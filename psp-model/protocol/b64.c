/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Base64 over libgpg-error's coder.
 *
 * Source: RFC 4648, section 4.
 */
#include "b64.h"

#include <ctype.h>
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include <gpg-error.h>

void b64_encode(const void *data, size_t len, char *text)
{
    char *out = text;
    gpgrt_stream_t stream = gpgrt_fopenmem(0, "w+b");
    gpgrt_b64state_t state = stream ? gpgrt_b64enc_start(stream, "") : NULL;
    int c;

    /* A fresh memory stream fails only without memory, where the whole program is lost anyway. */
    if (!state || gpgrt_b64enc_write(state, data, len) || gpgrt_b64enc_finish(state))
        abort();
    gpgrt_rewind(stream);
    while ((c = gpgrt_fgetc(stream)) != EOF) /* the coder breaks lines, one line is wanted */
        if (!isspace(c))
            *out++ = (char)c;
    *out = 0;
    gpgrt_fclose(stream);
}

/* Copies `text` without white space and checks its shape: the library skips what it does not know,
 * an owner wants to hear of it. Returns the number of bytes it stands for, or -EINVAL. */
static long b64_strip(const char *text, size_t len, char *plain)
{
    size_t n = 0, pad = 0;

    for (size_t i = 0; i < len; i++) {
        unsigned char c = (unsigned char)text[i];
        if (isspace(c))
            continue;
        if (c == '=' && pad < 2)
            pad++;
        else if (pad || !(isalnum(c) || c == '+' || c == '/'))
            return -EINVAL;
        plain[n++] = (char)c;
    }
    plain[n] = 0;
    return n % 4 ? -EINVAL : (long)(n / 4 * 3 - pad);
}

long b64_decode(const char *text, size_t text_len, void *data, size_t cap)
{
    gpgrt_b64state_t state = NULL;
    size_t decoded = 0;
    long len = -ENOMEM;
    char *plain = malloc(text_len + 1);

    if (!plain)
        goto out;
    len = b64_strip(text, text_len, plain);
    if (len <= 0)
        goto out;
    if ((size_t)len > cap) {
        len = -ENOSPC;
        goto out;
    }
    state = gpgrt_b64dec_start(NULL);
    if (!state) {
        len = -ENOMEM;
        goto out;
    }
    if (gpgrt_b64dec_proc(state, plain, strlen(plain), &decoded) || decoded != (size_t)len)
        len = -EINVAL;
    else
        memcpy(data, plain, decoded);
out:
    if (state && gpgrt_b64dec_finish(state) && len > 0)
        len = -EINVAL;
    free(plain);
    return len;
}
