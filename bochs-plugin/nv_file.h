/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The chip's non-volatile storage as a file in the directory of `state_dir=`. One process at a time
 * uses it. It is replaced as a whole or not at all, so that a kill at any moment loses nothing. The
 * contents are psp-model/nv.h's.
 *
 * Source: rename(2) and fsync(2) for what survives a crash.
 */
#ifndef SEV_STATE_H
#define SEV_STATE_H

#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

#define NV_FILE_FILE    "sev-platform.nv"
#define NV_FILE_LOCK    "sev-platform.lock"
#define NV_FILE_DAMAGED NV_FILE_FILE ".damaged" /* .damaged.1 and so on */

struct nv_file;

/* Open the directory (or create it, mode 0700), take its lock, and check the file if there is one.
 * A directory in use, or a file that cannot be read or is of a newer version, is refused and not
 * changed: return NULL with a message in `error`. A damaged file is accepted, because the secure
 * processor reports it: `error` is then a warning, otherwise it is empty. */
struct nv_file *nv_file_open(const char *dir, char *error, size_t error_size);
void nv_file_close(struct nv_file *state); /* NULL is allowed */

/* Return 0 with *len bytes in `buf`, -ENOENT if nothing was stored yet, or another negative
 * errno. */
int nv_file_load(struct nv_file *state, void *buf, size_t cap, size_t *len)
    __attribute__((warn_unused_result));
/* Replace the file. Return 0, or a negative errno; the old file remains then. A damaged file is kept
 * beside the new one, as NV_FILE_DAMAGED with a number. */
int nv_file_store(struct nv_file *state, const void *buf, size_t len)
    __attribute__((warn_unused_result));

#ifdef __cplusplus
}
#endif
#endif
