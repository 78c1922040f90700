/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Feeds a fuzz target without libFuzzer: every seed, each of its beginnings at some lengths, and
 * mutations that are the same in every run. Seeds are the hex values of text files with one
 * `name = hex` a line, such as tests/vectors/ and tests/fuzz/corpus/, so that no binaries are kept.
 *
 * usage: replay_x FILE...            as a test (TAP)
 *        replay_x --once FILE...     without beginnings and mutations
 *        replay_x --dump DIR FILE... write the seeds as files for libFuzzer
 */
#include "fuzz.h"

#include <stdbool.h>
#include <string.h>

enum { SEED_MAX = 1 << 16, MUTATIONS = 150, CUTS = 16 };

static uint8_t seed[SEED_MAX], input[SEED_MAX];
static unsigned long runs;
static bool once;
static uint64_t random_state = 1;

static uint32_t next(void)
{
    random_state = random_state * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(random_state >> 32);
}

/* An exact allocation, so that ASan sees a read beyond the end. */
static void feed(const uint8_t *data, size_t len)
{
    uint8_t *copy = malloc(len ? len : 1);
    FUZZ_CHECK(copy);
    memcpy(copy, data, len);
    LLVMFuzzerTestOneInput(copy, len);
    free(copy);
    runs++;
}

static void mutate(size_t len)
{
    memcpy(input, seed, len);
    for (unsigned i = next() % 4 + 1; i > 0; i--) {
        size_t at = next() % len;
        if (next() % 4)
            input[at] ^= (uint8_t)(1u << next() % 8);
        else
            memset(input + at, (int)(next() % 2 * 0xff), next() % (len - at));
    }
    feed(input, len);
}

static void replay(size_t len)
{
    feed(seed, len);
    if (once)
        return;
    for (unsigned i = 0; i < CUTS; i++)
        feed(seed, len * i / CUTS);
    for (unsigned i = 0; len && i < MUTATIONS; i++)
        mutate(len);
}

static size_t decode(const char *hex)
{
    size_t n = 0;
    unsigned byte;
    while (n < SEED_MAX && sscanf(hex + 2 * n, "%2x", &byte) == 1)
        seed[n++] = (uint8_t)byte;
    return n;
}

static void dump(const char *folder, const char *name, size_t len)
{
    char path[4096];
    snprintf(path, sizeof(path), "%.3000s/%.200s", folder, name);
    FILE *f = fopen(path, "wb");
    FUZZ_CHECK(f && fwrite(seed, 1, len, f) == len);
    fclose(f);
}

static unsigned each_seed(const char *file, const char *folder)
{
    static char line[2 * SEED_MAX + 256];
    unsigned count = 0;
    FILE *f = fopen(file, "r");
    if (!f)
        return 0;
    while (fgets(line, sizeof(line), f)) {
        char *equals = strstr(line, " = ");
        if (!equals)
            continue;
        *equals = '\0';
        size_t len = decode(equals + 3);
        if (folder)
            dump(folder, line, len);
        else
            replay(len);
        count++;
    }
    fclose(f);
    return count;
}

int main(int argc, char **argv)
{
    const char *folder = argc > 2 && strcmp(argv[1], "--dump") == 0 ? argv[2] : NULL;
    once = argc > 1 && strcmp(argv[1], "--once") == 0;
    int first = folder ? 3 : 1 + once;
    for (int i = first; i < argc; i++) {
        unsigned count = each_seed(argv[i], folder);
        if (count == 0) {
            printf("Bail out! no seeds in %s\n", argv[i]);
            return 99;
        }
        if (!folder)
            printf("ok %d - %u seeds of %s\n", i - first + 1, count, strrchr(argv[i], '/'));
    }
    if (!folder)
        printf("# %lu inputs\n1..%d\n", runs, argc - first);
    return 0;
}
