/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * sevowner's inputs and outputs: numbers, files, and blobs that come as a file or as base64. What
 * is wrong is reported through owner_fail() in one sentence that names the option and the value.
 */
#ifndef OWNER_INPUT_H
#define OWNER_INPUT_H

#include <stddef.h>
#include <stdint.h>

#include "owner.h"

/* Decimal, or hexadecimal with 0x; at most `max`. */
enum owner_exit input_number(const char *what, const char *text, uint32_t max, uint32_t *value);

enum owner_exit input_number64(const char *what, const char *text, uint64_t *value);

/* Bytes that come as a file, as base64, or as hexadecimal digits. */
enum owner_exit input_bytes(const char *what, const char *arg, void *data, size_t len);

/* A whole file in memory that the caller frees; at most 1 GiB. */
enum owner_exit input_file(const char *what, const char *path, uint8_t **data, size_t *len);

/* Read a blob of at most `cap` bytes, of exactly `exact` bytes unless that is 0. If a file of the
 * name `arg` exists, the blob is its content, raw or base64 (protocol/blob.h); else `arg` itself is
 * base64. */
enum owner_exit input_blob(const char *what, const char *arg, size_t exact, void *data, size_t cap,
                           size_t *len);
enum owner_exit input_exact(const char *what, const char *arg, void *data, size_t len);

/* Random bytes of the system. */
enum owner_exit input_random(void *data, size_t len);

/* Write a file so that it appears whole or not at all. A secret one is readable by its owner only.
 */
enum owner_exit output_file(const char *path, const void *data, size_t len, bool secret);
enum owner_exit output_base64(const char *path, const void *data, size_t len);

#endif
