/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Save and restore of encrypted memory. The saved bytes: the temporary key (16); for each page of the ROM
 * array its enum rom_state (1) and, unless it is empty, 4096 bytes; pages_save().
 */
#define BX_PLUGGABLE

#include "iodev.h"
#include "sev_memory_priv.h"

#include <errno.h>
#include <string.h>

size_t bx_sev_memory_save_size(const struct sev_memory *mem)
{
    size_t used = 0;

    for (uint32_t page = 0; page < rom_pages; page++)
        used += mem->rom_state[page] != ROM_EMPTY;
    return sizeof(mem->temporary_key) + rom_pages + used * SEV_PAGE_SIZE +
           pages_save_size(mem->pages);
}

void bx_sev_memory_save(const struct sev_memory *mem, uint8_t *out)
{
    memcpy(out, mem->temporary_key, sizeof(mem->temporary_key));
    out += sizeof(mem->temporary_key);
    for (uint32_t page = 0; page < rom_pages; page++) {
        *out++ = mem->rom_state[page];
        if (mem->rom_state[page] == ROM_EMPTY)
            continue;
        memcpy(out, mem->rom + (size_t)page * SEV_PAGE_SIZE, SEV_PAGE_SIZE);
        out += SEV_PAGE_SIZE;
    }
    pages_save(mem->pages, mem->asid, out);
}

void bx_sev_memory_forget(struct sev_memory *mem)
{
    struct pages *old = mem->pages;

    bx_sev_memory_new_pages(mem);
    pages_free(old);
    bx_sev_memory_set_guest(mem, 0);
}

/* The ASIDs that have a key in a saved machine: those of its guests and the temporary one. */
struct saved_keys {
    bool (*has_key)(void *ctx, uint32_t asid);
    void *ctx;
};

static bool has_saved_key(void *ctx, uint32_t asid)
{
    const struct saved_keys *keys = (const struct saved_keys *)ctx;

    return asid == temporary_asid || keys->has_key(keys->ctx, asid);
}

/* Return the length of the key and the ROM pages at the start of a saved state, 0 if they are
 * damaged. */
static size_t saved_rom_length(const struct sev_memory *mem, const uint8_t *in, size_t len)
{
    size_t pos = sizeof(mem->temporary_key);

    for (uint32_t page = 0; page < rom_pages; page++) {
        if (pos >= len || in[pos] > ROM_LAUNCHED)
            return 0;
        pos += in[pos] == ROM_EMPTY ? 1 : 1 + SEV_PAGE_SIZE;
    }
    return pos <= len ? pos : 0;
}

int bx_sev_memory_check(const struct sev_memory *mem, const uint8_t *in, size_t len,
                        bool (*has_key)(void *ctx, uint32_t asid), void *ctx)
{
    struct saved_keys keys = {has_key, ctx};
    size_t rom = saved_rom_length(mem, in, len);

    return rom ? pages_check(mem->pages, in + rom, len - rom, has_saved_key, &keys) : -EINVAL;
}

int bx_sev_memory_restore(struct sev_memory *mem, const uint8_t *in, size_t len)
{
    size_t rom = saved_rom_length(mem, in, len);
    const uint8_t *pages = in + rom;
    uint32_t asid = 0;
    int err;

    if (!rom)
        return -EINVAL;
    memcpy(mem->temporary_key, in, sizeof(mem->temporary_key));
    in += sizeof(mem->temporary_key);
    for (uint32_t page = 0; page < rom_pages; page++) {
        mem->rom_state[page] = *in++;
        if (mem->rom_state[page] == ROM_EMPTY)
            continue;
        memcpy(mem->rom + (size_t)page * SEV_PAGE_SIZE, in, SEV_PAGE_SIZE);
        in += SEV_PAGE_SIZE;
    }
    err = pages_key_install(mem->pages, temporary_asid, mem->temporary_key);
    if (!err)
        err = pages_restore(mem->pages, pages, len - rom, &asid);
    bx_sev_memory_set_guest(mem, err ? mem->asid : asid);
    return err;
}
