/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The secure processor in another emulator: the smallest program that uses pspmodel(3). It launches
 * one page of zeros, as a hypervisor would, and prints its launch digest. Build:
 *
 *   cc embed.c $(pkg-config --cflags --libs pspmodel)
 */
#include <stdio.h>
#include <string.h>
#include <sys/random.h>

#include <psp.h>

static uint8_t ram[1 << 20], keys[16][16];

static bool ram_valid(void *ctx, enum psp_issuer issuer, uint64_t spa, uint64_t len)
{
    return (void)ctx, (void)issuer, spa <= sizeof(ram) && len <= sizeof(ram) - spa;
}

/* Put your memory encryption here. This example only makes private and shared memory differ. */
static void engine(uint32_t asid, uint64_t spa, uint8_t *buf, size_t len)
{
    for (size_t i = 0; asid != PSP_NO_ASID && i < len; i++)
        buf[i] ^= keys[asid][(spa + i) % 16];
}

static int ram_read(void *ctx, enum psp_issuer issuer, uint32_t asid, uint64_t spa, void *buf,
                    size_t len)
{
    memcpy(buf, ram + spa, len);
    return (void)ctx, (void)issuer, engine(asid, spa, buf, len), 0;
}

static int ram_write(void *ctx, enum psp_issuer issuer, uint32_t asid, uint64_t spa,
                     const void *buf, size_t len)
{
    memcpy(ram + spa, buf, len);
    return (void)ctx, (void)issuer, engine(asid, spa, ram + spa, len), 0;
}

static int key_install(void *ctx, uint32_t asid, const uint8_t vek[16])
{
    return (void)ctx, memcpy(keys[asid], vek, 16), 0;
}

static void key_remove(void *ctx, uint32_t asid)
{
    (void)ctx, memset(keys[asid], 0, 16);
}

static int random_bytes(void *ctx, void *buf, size_t len)
{
    return (void)ctx, getrandom(buf, len, 0) == (ssize_t)len ? 0 : -1;
}

static uint64_t time_us(void *ctx)
{
    return (void)ctx, 0;
}

/* Execute one command, with a buffer of 32-bit words (sev_abi.h) at 1000h. */
static uint32_t command(struct psp *psp, uint16_t id, const uint32_t *words, size_t n)
{
    uint32_t first;

    memcpy(ram + 0x1000, words, 4 * n);
    enum sev_status status = psp_exec(psp, PSP_ISSUER_HYPERVISOR, id, 0x1000);
    printf("%s: %s\n", psp_command_name(id), psp_status_name(status));
    memcpy(&first, ram + 0x1000, sizeof(first)); /* LAUNCH_START puts the handle there */
    return first;
}

int main(void)
{
    static const struct psp_host host = {
        .ram_valid = ram_valid,
        .ram_read = ram_read,
        .ram_write = ram_write,
        .key_install = key_install,
        .key_remove = key_remove,
        .random = random_bytes,
        .time_us = time_us,
    };
    struct psp_config config = {.api_major = PSP_API_MAJOR,
                                .api_minor = PSP_API_MINOR,
                                .build = 21,
                                .asids = 15,
                                .cpus = 1};
    struct psp *psp = psp_new(&host, NULL, &config);
    struct psp_guest_info guest;

    if (!psp)
        return 1;
    (void)command(psp, SEV_CMD_INIT, (uint32_t[5]){0}, 5);
    (void)command(psp, SEV_CMD_DF_FLUSH, (uint32_t[1]){0}, 0);
    uint32_t handle = command(psp, SEV_CMD_LAUNCH_START, (uint32_t[9]){0, 1}, 9);
    (void)command(psp, SEV_CMD_ACTIVATE, (uint32_t[]){handle, 1}, 2);
    (void)command(psp, SEV_CMD_LAUNCH_UPDATE_DATA, (uint32_t[]){handle, 0, 0x8000, 0, 4096}, 5);
    for (unsigned i = 0; i < psp_guest_slots(); i++)
        for (unsigned k = 0; psp_get_guest(psp, i, &guest) && k < 32; k++)
            printf("%02x%s", guest.launch_digest[k], k == 31 ? "\n" : "");
    psp_free(psp);
    return 0;
}
