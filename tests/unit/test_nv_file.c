/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Tests of bochs-plugin/nv_file and rng: a store is whole or not there, a damaged file is reported and
 * kept, a newer file and a directory in use are refused and left alone; a seed gives the stream that
 * sha256sum gives.
 */
#include "unit.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "nv.h"
#include "rng.h"
#include "nv_file.h"

static char base[] = "/tmp/test_nv_file.XXXXXX", dir[64], file[96], error[400];
static uint8_t blob[2][NV_SIZE]; /* two valid identities */

static int fill(void *ctx, void *buf, size_t len)
{
    return rng_fill(ctx, buf, len);
}

static int group_setup(void **state)
{
    (void)state;
    if (crypto_init() || !mkdtemp(base))
        return -1;
    for (int i = 0; i < 2; i++) {
        struct rng rng;
        struct identity id;
        rng_init(&rng, i ? "one" : "two");
        if (identity_create(&id, &(struct identity_random){fill, &rng}, 1, 55) ||
            nv_encode(&id, blob[i]))
            return -1;
    }
    return 0;
}

static int group_teardown(void **state)
{
    char command[64];
    (void)state;
    snprintf(command, sizeof(command), "rm -r %s", base);
    return system(command);
}

static int setup(void **state)
{
    static int n;
    (void)state;
    snprintf(dir, sizeof(dir), "%s/%d", base, n++);
    snprintf(file, sizeof(file), "%s/%s", dir, NV_FILE_FILE);
    return 0;
}

static struct nv_file *opened(void)
{
    struct nv_file *s = nv_file_open(dir, error, sizeof(error));
    if (!s)
        fail_msg("%s", error);
    return s;
}

static void write_file(const void *data, size_t len)
{
    FILE *f = fopen(file, "wb");
    assert_non_null(f);
    assert_int_equal(fwrite(data, 1, len, f), len);
    fclose(f);
}

static void stores_and_loads(void **state)
{
    (void)state;
    uint8_t data[NV_SIZE + 1];
    struct stat st;
    size_t len;
    struct nv_file *s = opened();

    assert_int_equal(stat(dir, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0700);
    assert_int_equal(nv_file_load(s, data, sizeof(data), &len), -ENOENT);
    assert_int_equal(nv_file_store(s, blob[0], NV_SIZE), 0);
    assert_int_equal(nv_file_store(s, blob[1], NV_SIZE), 0);
    nv_file_close(s);
    s = opened();
    assert_int_equal(nv_file_load(s, data, sizeof(data), &len), 0);
    assert_int_equal(len, NV_SIZE);
    assert_memory_equal(data, blob[1], NV_SIZE);
    assert_int_equal(stat(file, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    nv_file_close(s);
}

/* No room for the new file: an error, and the old one as it was. A limit on the size of files
 * stands for a full disk. */
static void full_disk(void **state)
{
    struct nv_file *s = opened();
    struct rlimit all, little;
    uint8_t got[NV_SIZE];
    size_t len;
    int error_code;

    (void)state;
    assert_int_equal(nv_file_store(s, blob[0], NV_SIZE), 0);
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &all), 0);
    little = all;
    signal(SIGXFSZ, SIG_IGN);
    for (little.rlim_cur = 0; little.rlim_cur < NV_SIZE; little.rlim_cur += NV_SIZE / 3) {
        assert_int_equal(setrlimit(RLIMIT_FSIZE, &little), 0);
        error_code = nv_file_store(s, blob[1], NV_SIZE);
        assert_int_equal(setrlimit(RLIMIT_FSIZE, &all), 0);
        assert_int_equal(error_code, -EFBIG);
        assert_int_equal(nv_file_load(s, got, sizeof(got), &len), 0);
        assert_int_equal(len, NV_SIZE);
        assert_memory_equal(got, blob[0], NV_SIZE);
    }
    assert_int_equal(nv_file_store(s, blob[1], NV_SIZE), 0);
    nv_file_close(s);
}

static void one_process(void **state)
{
    (void)state;
    struct nv_file *s = opened();
    assert_null(nv_file_open(dir, error, sizeof(error)));
    assert_non_null(strstr(error, "in use by another process"));
    assert_non_null(strstr(error, dir));
    nv_file_close(s);
    nv_file_close(opened());
}

static void refused_file(const void *data, size_t len)
{
    uint8_t after[NV_SIZE + 64];
    FILE *f;

    mkdir(dir, 0700);
    write_file(data, len);
    assert_null(nv_file_open(dir, error, sizeof(error)));
    assert_non_null(strstr(error, file));
    assert_non_null(strstr(error, "left as it is"));
    f = fopen(file, "rb");
    assert_int_equal(fread(after, 1, sizeof(after), f), len);
    fclose(f);
    assert_memory_equal(after, data, len);
}

/* The file `name` in the directory has these bytes. */
static void assert_file(const char *name, const void *data, size_t len)
{
    uint8_t found[NV_SIZE + 64];
    char path[128];
    FILE *f;

    snprintf(path, sizeof(path), "%s/%s", dir, name);
    f = fopen(path, "rb");
    assert_non_null(f);
    assert_int_equal(fread(found, 1, sizeof(found), f), len);
    fclose(f);
    assert_memory_equal(found, data, len);
}

/* It is reported and left, until a store replaces it. */
static void damaged_file(const void *data, size_t len)
{
    struct nv_file *s;

    mkdir(dir, 0700);
    write_file(data, len);
    s = opened();
    assert_non_null(strstr(error, file));
    assert_non_null(strstr(error, "is damaged"));
    nv_file_close(s);
    assert_file(NV_FILE_FILE, data, len);
}

static void damaged(void **state)
{
    (void)state;
    uint8_t data[NV_SIZE + 1];

    memcpy(data, blob[0], NV_SIZE);
    damaged_file(data, NV_SIZE - 1);
    data[NV_SIZE] = 1;
    damaged_file(data, NV_SIZE + 1);
    damaged_file(data, 0);
    for (size_t i = 0; i < NV_SIZE; i += 97) {
        data[i] ^= 1;
        if (i != 8 + 1) /* the version */
            damaged_file(data, NV_SIZE);
        data[i] ^= 1;
    }
    write_file(data, NV_SIZE);
    nv_file_close(opened());
    assert_string_equal(error, "");
}

/* Each damaged file is kept beside the one that replaces it; a sound one is replaced. */
static void kept(void **state)
{
    (void)state;
    uint8_t bad[2][NV_SIZE];
    struct nv_file *s;

    mkdir(dir, 0700);
    for (unsigned i = 0; i < 2; i++) {
        memcpy(bad[i], blob[0], NV_SIZE);
        bad[i][NV_SIZE / 2] ^= (uint8_t)(i + 1);
        write_file(bad[i], NV_SIZE);
        s = opened();
        assert_int_equal(nv_file_store(s, blob[0], NV_SIZE), 0);
        assert_int_equal(nv_file_store(s, blob[1], NV_SIZE), 0);
        nv_file_close(s);
        assert_file(NV_FILE_FILE, blob[1], NV_SIZE);
        nv_file_close(opened());
        assert_string_equal(error, "");
    }
    assert_file(NV_FILE_DAMAGED ".1", bad[0], NV_SIZE);
    assert_file(NV_FILE_DAMAGED ".2", bad[1], NV_SIZE);
    snprintf(file, sizeof(file), "%s/%s", dir, NV_FILE_DAMAGED ".3");
    assert_int_not_equal(access(file, F_OK), 0);
}

static void newer(void **state)
{
    (void)state;
    uint8_t data[NV_SIZE];

    memcpy(data, blob[0], NV_SIZE);
    data[8]++; /* the version */
    crypto_sha256(data, NV_SIZE - 32, data + NV_SIZE - 32);
    refused_file(data, NV_SIZE);
    assert_non_null(strstr(error, "newer"));
}

static void bad_places(void **state)
{
    (void)state;
    assert_null(nv_file_open("/proc/none", error, sizeof(error)));
    assert_non_null(strstr(error, "/proc/none"));
    assert_null(nv_file_open("/dev/null", error, sizeof(error)));
    assert_non_null(strstr(error, "Not a directory"));
}

/* A writer that alternates between two identities is killed at random moments: what is in the
 * file is always one of them, whole. */
static void killed(void **state)
{
    (void)state;
    uint8_t data[NV_SIZE + 1];
    size_t len;

    bool stored = false;

    nv_file_close(opened());
    srand(1);
    for (int round = 0; round < 40; round++) {
        pid_t pid = fork();
        if (pid == 0) {
            struct nv_file *s = nv_file_open(dir, error, sizeof(error));
            for (int i = 0; s; i++)
                if (nv_file_store(s, blob[i & 1], NV_SIZE))
                    break;
            _exit(1);
        }
        usleep((useconds_t)(2000 + rand() % 20000));
        kill(pid, SIGKILL);
        assert_int_equal(waitpid(pid, NULL, 0), pid);
        struct nv_file *s = opened();
        int failed = nv_file_load(s, data, sizeof(data), &len);
        /* Killed before its first store, or not started yet on a busy machine; later never. */
        assert_true(!failed || (!stored && failed == -ENOENT));
        if (!failed) {
            stored = true;
            assert_int_equal(len, NV_SIZE);
            assert_true(!memcmp(data, blob[0], NV_SIZE) || !memcmp(data, blob[1], NV_SIZE));
        }
        nv_file_close(s);
    }
    assert_true(stored);
}

/* python3: s = sha256(b"seed").digest(); sha256(s + n.to_bytes(8, "little")) for n = 0, 1 */
static void seeded(void **state)
{
    (void)state;
    static const char known[] = "cc36962cfef13089a78aacb34a45b2a9f29c01dff44cfc1ad0a679eaae30db0edf"
                                "74b6c59685088657b589b883da19c19a53b661514be62db4e0778b14ba8394";
    struct rng rng, again;
    uint8_t one[64], two[64];
    char hex[129];

    rng_init(&rng, "seed");
    rng_init(&again, "seed");
    assert_int_equal(rng_fill(&rng, one, 64), 0);
    for (size_t i = 0; i < 64; i++) {
        assert_int_equal(rng_fill(&again, two + i, 1), 0); /* the same in other pieces */
        snprintf(hex + 2 * i, 3, "%02x", one[i]);
    }
    assert_memory_equal(one, two, 64);
    assert_string_equal(hex, known);
    rng_init(&again, "other");
    assert_int_equal(rng_fill(&again, two, 64), 0);
    assert_memory_not_equal(one, two, 64);
    rng_init(&rng, NULL);
    assert_int_equal(rng_fill(&rng, one, 64), 0);
    assert_int_equal(rng_fill(&rng, two, 64), 0);
    assert_memory_not_equal(one, two, 64);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(stores_and_loads, setup),
        cmocka_unit_test_setup(full_disk, setup),
        cmocka_unit_test_setup(one_process, setup),
        cmocka_unit_test_setup(damaged, setup),
        cmocka_unit_test_setup(kept, setup),
        cmocka_unit_test_setup(newer, setup),
        cmocka_unit_test_setup(bad_places, setup),
        cmocka_unit_test_setup(killed, setup),
        cmocka_unit_test_setup(seeded, setup),
    };
    return cmocka_run_group_tests_name("state", tests, group_setup, group_teardown);
}
