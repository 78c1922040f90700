/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * sevowner's inputs and outputs; see input.h.
 */
#define _DEFAULT_SOURCE /* getrandom(), mkstemp() */

#include "input.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "protocol/b64.h"
#include "protocol/blob.h"
#include "protocol/crypto.h"
#include "protocol/file.h"
#include "protocol/hex.h"

#define FILE_MAX (1u << 30)

/* strtoull() takes signs and blanks, we do not. */
static bool read_number(const char *text, uint64_t max, uint64_t *value)
{
    bool hex = text[0] == '0' && (text[1] == 'x' || text[1] == 'X');
    const char *digits = hex ? text + 2 : text;
    const char *allowed = hex ? "0123456789abcdefABCDEF" : "0123456789";
    char *end;

    errno = 0;
    *value = strtoull(digits, &end, hex ? 16 : 10);
    return *digits && strspn(digits, allowed) == strlen(digits) && !errno && *value <= max;
}

enum owner_exit input_number(const char *what, const char *text, uint32_t max, uint32_t *value)
{
    uint64_t v;

    if (!read_number(text, max, &v))
        return owner_fail(OWNER_USAGE,
                          "%s: \"%s\" is not a number from 0 to %" PRIu32 " (hexadecimal with 0x)",
                          what, text, max);
    *value = (uint32_t)v;
    return OWNER_OK;
}

enum owner_exit input_number64(const char *what, const char *text, uint64_t *value)
{
    if (!read_number(text, UINT64_MAX, value))
        return owner_fail(OWNER_USAGE,
                          "%s: \"%s\" is not a number of at most 64 bits (hexadecimal with 0x)",
                          what, text);
    return OWNER_OK;
}

enum owner_exit input_bytes(const char *what, const char *arg, void *data, size_t len)
{
    if (strlen(arg) == 2 * len && hex_decode(arg, data, len))
        return OWNER_OK;
    return input_exact(what, arg, data, len);
}

enum owner_exit input_file(const char *what, const char *path, uint8_t **data, size_t *len)
{
    char why[FILE_WHY_SIZE];
    int err = file_read(path, FILE_MAX, data, len, why);

    if (err)
        return owner_fail(err == -ENOMEM ? OWNER_TROUBLE : OWNER_INPUT, "%s: '%s' %s", what, path,
                          why);
    return OWNER_OK;
}

/* What `arg` itself means, when there is no file of that name. */
static enum owner_exit text_blob(const char *what, const char *arg, size_t exact, void *data,
                                 size_t cap, size_t *len)
{
    long n = b64_decode(arg, strlen(arg), data, cap);

    if (n >= 0 && (!exact || (size_t)n == exact)) {
        *len = (size_t)n;
        return OWNER_OK;
    }
    if (exact)
        return owner_fail(OWNER_INPUT, "%s: '%s' is neither a file nor base64 of %zu bytes", what,
                          arg, exact);
    return owner_fail(OWNER_INPUT, "%s: '%s' is neither a file nor base64 of at most %zu bytes",
                      what, arg, cap);
}

enum owner_exit input_blob(const char *what, const char *arg, size_t exact, void *data, size_t cap,
                           size_t *len)
{
    uint8_t *file = NULL;
    size_t size = 0;
    enum owner_exit code;

    if (access(arg, F_OK) != 0)
        return text_blob(what, arg, exact, data, cap, len);
    code = input_file(what, arg, &file, &size);
    if (!code && blob_decode(file, size, exact, exact ? exact : cap, data, len, NULL)) {
        if (exact)
            code =
                owner_fail(OWNER_INPUT, "%s: '%s' has %zu bytes, %zu are needed, raw or as base64",
                           what, arg, size, exact);
        else
            code = owner_fail(OWNER_INPUT, "%s: '%s' has %zu bytes, at most %zu are allowed", what,
                              arg, size, cap);
    }
    if (file)
        crypto_wipe(file, size);
    free(file);
    return code;
}

enum owner_exit input_exact(const char *what, const char *arg, void *data, size_t len)
{
    size_t got;
    return input_blob(what, arg, len, data, len, &got);
}

enum owner_exit input_random(void *data, size_t len)
{
    if (getrandom(data, len, 0) != (ssize_t)len)
        return owner_fail(OWNER_TROUBLE, "the system gives no random bytes: %s", strerror(errno));
    return OWNER_OK;
}

static bool write_all(int fd, const uint8_t *data, size_t len)
{
    while (len > 0) {
        ssize_t n = write(fd, data, len);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return false;
        data += n;
        len -= (size_t)n;
    }
    return true;
}

enum owner_exit output_file(const char *path, const void *data, size_t len, bool secret)
{
    char temporary[PATH_MAX];
    if (snprintf(temporary, sizeof(temporary), "%s.XXXXXX", path) >= (int)sizeof(temporary))
        return owner_fail(OWNER_OUTPUT, "%s: the name is too long", path);
    int fd = mkstemp(temporary);
    if (fd < 0)
        return owner_fail(OWNER_OUTPUT, "%s: %s", path, strerror(errno));
    mode_t mask = umask(0);
    umask(mask);
    bool good = write_all(fd, data, len) && (secret || fchmod(fd, 0666 & ~mask) == 0);
    good = close(fd) == 0 && good;
    if (good && rename(temporary, path) == 0)
        return OWNER_OK;
    enum owner_exit code = owner_fail(OWNER_OUTPUT, "%s: %s", path, strerror(errno));
    unlink(temporary);
    return code;
}

enum owner_exit output_base64(const char *path, const void *data, size_t len)
{
    char *text = malloc(B64_TEXT_SIZE(len));
    if (!text)
        return owner_fail(OWNER_TROUBLE, "out of memory");
    b64_encode(data, len, text);
    enum owner_exit code = output_file(path, text, strlen(text), false);
    free(text);
    return code;
}
