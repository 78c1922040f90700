/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Fuzz target: a kernel file, its initial RAM disk and the machine that is to boot them.
 *
 * The input is tried as a file, and laid over a right header. A kernel that is taken has its parts
 * inside the file and, with the RAM disk, inside memory, as Linux's boot.rst says it; one that is
 * refused gets one sentence and leaves no item in the device.
 */
#include "fuzz.h"

#include <stdbool.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "firmware/bzimage.h"
#include "firmware/kernel_boot.h"
#include "no_memory.h"
#include "protocol/crypto.h"

enum { HEADER_START = 0x1f1, HEADER_END = 0x264, PAGE = 4096, LEN_MAX = 0x9000 };

static uint64_t le(const uint8_t *in, unsigned bytes)
{
    uint64_t value = 0;

    while (bytes--)
        value = value << 8 | in[bytes];
    return value;
}

static bool is_sentence(const char *text)
{
    return text && strlen(text) > 10 && !strchr(text, '\n') && text[strlen(text) - 1] != '.';
}

/* --- the header --- */

static void check_kernel(const struct bzimage *kernel, const uint8_t *data, size_t len,
                         uint64_t size)
{
    uint64_t end = 0x100000;

    FUZZ_CHECK(len >= HEADER_END && le(data + 0x1fe, 2) == 0xaa55);
    FUZZ_CHECK(!memcmp(data + 0x202, "HdrS", 4));
    FUZZ_CHECK(le(data + 0x206, 2) >= 0x206 && data[0x211] & 1);
    FUZZ_CHECK(kernel->setup_size == (data[0x1f1] ? data[0x1f1] + 1 : 5) * 512u);
    FUZZ_CHECK(kernel->setup_size < size && kernel->setup_size <= 0x8000);
    FUZZ_CHECK(kernel->cmdline_max == le(data + 0x238, 4));
    FUZZ_CHECK(kernel->initrd_addr_max == le(data + 0x22c, 4));
    end += size - kernel->setup_size;
    FUZZ_CHECK(end <= UINT32_MAX && kernel->kernel_end >= end);
    if (le(data + 0x206, 2) < 0x20a || le(data + 0x258, 8) >= UINT32_MAX)
        FUZZ_CHECK(kernel->kernel_end == end);
    else
        FUZZ_CHECK(kernel->kernel_end >= le(data + 0x258, 8) + le(data + 0x260, 4));
}

/* As high as can be, or nowhere. Nothing, at 4 GiB, is nowhere too. */
static void check_place(const struct bzimage *kernel, uint64_t size, uint64_t ram_end)
{
    const uint64_t start = bzimage_place_initrd(kernel, size, ram_end);
    uint64_t end = kernel->initrd_addr_max + 1;

    if (ram_end < end)
        end = ram_end;
    FUZZ_CHECK(start % PAGE == 0);
    if (start)
        FUZZ_CHECK(start >= kernel->kernel_end && size <= end && start <= end - size &&
                   start + PAGE > end - size);
    else
        FUZZ_CHECK(size > end || end - size > UINT32_MAX ||
                   (end - size) / PAGE * PAGE < kernel->kernel_end);
}

static bool try_header(const uint8_t *data, size_t len, uint64_t size, const uint64_t numbers[2])
{
    struct bzimage kernel, untouched;
    const char *wrong;

    memset(&untouched, 0xa5, sizeof(untouched));
    kernel = untouched;
    wrong = bzimage_parse(&kernel, data, len, size);
    if (wrong) {
        FUZZ_CHECK(is_sentence(wrong) && !memcmp(&kernel, &untouched, sizeof(kernel)));
        return false;
    }
    check_kernel(&kernel, data, len, size);
    check_place(&kernel, numbers[0], numbers[1]);
    check_place(&kernel, numbers[0] % 0x1000000, 0x1000000 + numbers[1] % 0xf0000000);
    check_place(&kernel, 0, UINT64_MAX);
    return true;
}

/* --- files --- */

static uint32_t number(struct fwcfg *f, uint16_t key)
{
    uint8_t bytes[4];

    fwcfg_write(f, 0, key, 2);
    fwcfg_read_block(f, bytes, sizeof(bytes));
    return (uint32_t)le(bytes, 4);
}

/* The item is these bytes, and ends there. */
static void check_item(struct fwcfg *f, uint16_t key, const void *data, uint32_t len)
{
    uint8_t *got = malloc(len + 4u);

    FUZZ_CHECK(got);
    fwcfg_write(f, 0, key, 2);
    fwcfg_read_block(f, got, len + 4);
    FUZZ_CHECK((!len || !memcmp(got, data, len)) && !le(got + len, 4));
    FUZZ_CHECK(fwcfg_state(f)->offset == len);
    free(got);
}

static void check_items(struct fwcfg *f, const struct kernel_boot_config *c, const uint8_t *kernel,
                        uint32_t kernel_len, const uint8_t *initrd, uint32_t initrd_len)
{
    const uint32_t setup = number(f, FW_CFG_SETUP_SIZE), text = (uint32_t)strlen(c->append);
    const uint64_t place = number(f, FW_CFG_INITRD_ADDR);

    FUZZ_CHECK(setup && setup < kernel_len && text <= le(kernel + 0x238, 4));
    FUZZ_CHECK(number(f, FW_CFG_KERNEL_SIZE) == kernel_len - setup);
    FUZZ_CHECK(number(f, FW_CFG_KERNEL_ADDR) + (uint64_t)kernel_len - setup <= c->ram_end);
    FUZZ_CHECK(number(f, FW_CFG_CMDLINE_SIZE) == text + 1);
    FUZZ_CHECK(number(f, FW_CFG_INITRD_SIZE) == initrd_len);
    FUZZ_CHECK(*c->initrd ? place && place + initrd_len <= c->ram_end : !place && !initrd_len);
    check_item(f, FW_CFG_SETUP_DATA, kernel, setup);
    check_item(f, FW_CFG_KERNEL_DATA, kernel + setup, kernel_len - setup);
    check_item(f, FW_CFG_CMDLINE_DATA, c->append, text + 1);
    check_item(f, FW_CFG_INITRD_DATA, initrd, initrd_len);
}

/* The table has the digest of each item, after its GUID and length. */
static void check_hashes(const struct kernel_boot *d, const struct kernel_boot_config *c,
                         const uint8_t *kernel, uint32_t kernel_len, const uint8_t *initrd,
                         uint32_t initrd_len)
{
    const struct {
        const void *data;
        size_t len;
    } parts[] = {{c->append, strlen(c->append) + 1}, {initrd, initrd_len}, {kernel, kernel_len}};
    uint8_t table[KERNEL_HASHES_SIZE], digest[CRYPTO_SHA256_SIZE];

    kernel_boot_hashes(d, table);
    FUZZ_CHECK(le(table + 16, 2) == 168 && !le(table + 168, 8));
    for (unsigned i = 0; i < 3; i++) {
        crypto_sha256(parts[i].data, parts[i].len, digest);
        FUZZ_CHECK(!memcmp(table + 18 + i * 50 + 18, digest, sizeof(digest)));
    }
}

static int make_file(char path[40], const uint8_t *data, size_t len)
{
    int fd = memfd_create("file", 0);

    FUZZ_CHECK(fd >= 0 && (!len || write(fd, data, len) == (ssize_t)len));
    snprintf(path, 40, "/proc/self/fd/%d", fd);
    return fd;
}

/* Take these or not, by what was checked above. */
static bool fits(const uint8_t *kernel, uint32_t kernel_len, uint32_t initrd_len,
                 const struct kernel_boot_config *c)
{
    struct bzimage image;

    return !bzimage_parse(&image, kernel, kernel_len, kernel_len) &&
           image.kernel_end <= c->ram_end && strlen(c->append) <= image.cmdline_max &&
           (!initrd_len || bzimage_place_initrd(&image, initrd_len, c->ram_end));
}

static void try_files(const uint8_t *kernel, uint32_t kernel_len, const uint8_t *initrd,
                      uint32_t initrd_len, struct kernel_boot_config *c)
{
    struct fwcfg *f = fwcfg_no_memory();
    char kernel_path[40], initrd_path[40], error[300];
    int kernel_fd = make_file(kernel_path, kernel, kernel_len);
    int initrd_fd = make_file(initrd_path, initrd, initrd_len);
    struct kernel_boot *d;

    c->kernel = kernel_path;
    c->initrd = initrd_len ? initrd_path : "";
    d = kernel_boot_new(c, f, error, sizeof(error));
    FUZZ_CHECK(fits(kernel, kernel_len, initrd_len, c) == !!d);
    if (d) {
        check_items(f, c, kernel, kernel_len, initrd, initrd_len);
        check_hashes(d, c, kernel, kernel_len, initrd, initrd_len);
    } else {
        FUZZ_CHECK(is_sentence(error) && strncmp(error, "kernel: out", 11) != 0);
        for (uint16_t key = FW_CFG_KERNEL_ADDR; key < FW_CFG_FILE_DIR; key++)
            check_item(f, key, NULL, 0);
    }
    fwcfg_free(f);
    kernel_boot_free(d);
    close(kernel_fd);
    close(initrd_fd);
}

/* Protocol 2.15 as a distribution's kernel has it: 1 + 3 sectors of setup, 16 MiB, 48 MiB. */
static void make_header(uint8_t file[LEN_MAX])
{
    static const struct {
        uint16_t at;
        uint8_t bytes[4];
    } fields[] = {{0x1f1, {3}},          {0x1fe, {0x55, 0xaa}}, {0x202, "HdrS"},
                  {0x206, {0x0f, 0x02}}, {0x211, {1}},          {0x22c, {0xff, 0xff, 0xff, 0x7f}},
                  {0x238, {0xff, 0x7}},  {0x258, {0, 0, 0, 1}}, {0x260, {0, 0, 0, 3}}};

    for (size_t i = 0; i < LEN_MAX; i++)
        file[i] = i < HEADER_START || i >= HEADER_END ? (uint8_t)(i * 7 + i / 256) : 0;
    for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++)
        memcpy(file + fields[i].at, fields[i].bytes, 4);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static uint8_t file[LEN_MAX], initrd[0x2000];
    struct kernel_boot_config c = {0};
    uint64_t numbers[2], whole;
    uint8_t head[8], n;
    char append[256];

    fuzz_take(&data, &size, numbers, sizeof(numbers));
    fuzz_take(&data, &size, &whole, sizeof(whole));
    fuzz_take(&data, &size, head, sizeof(head));
    (void)!try_header(data, size, size, numbers);
    (void)!try_header(data, size < PAGE ? size : PAGE, whole, numbers);

    /* The rest goes over a right header: where, how many bytes, the bytes; again and again. */
    make_header(file);
    for (uint8_t at; size;) {
        fuzz_take(&data, &size, &at, 1);
        fuzz_take(&data, &size, &n, 1);
        at %= HEADER_END - HEADER_START;
        n = n % 8 + 1;
        fuzz_take(&data, &size, file + HEADER_START + at,
                  n < HEADER_END - HEADER_START - at ? n : HEADER_END - HEADER_START - at);
    }
    (void)!try_header(file, PAGE, whole, numbers);
    (void)!try_header(file, PAGE, 0x8000 + whole % UINT32_MAX, numbers);

    memset(append, 'a', sizeof(append));
    append[head[0] % sizeof(append)] = '\0';
    append[sizeof(append) - 1] = '\0';
    c.append = append;
    c.ram_size = (head[1] & 0x80 ? head[2] : head[2] | 64u) * UINT64_C(0x100000);
    c.ram_end =
        c.ram_size - (head[1] & 1 ? c.ram_size / 8 : 0) - (head[1] & 2 ? c.ram_size % 7 : 0);
    memset(initrd, head[3], sizeof(initrd));
    try_files(file, (head[4] | (uint32_t)head[5] << 8) % LEN_MAX, initrd,
              (head[6] | (uint32_t)head[7] << 8) % sizeof(initrd), &c);
    return 0;
}
