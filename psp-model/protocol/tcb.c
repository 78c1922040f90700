/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The versions of a SEV-SNP platform's firmware; see tcb.h.
 */
#include "tcb.h"

#include <string.h>

enum { FMC, BOOTLOADER, TEE, SNP, MICROCODE, LEVELS, NOWHERE = 8 };

/* Which of the eight bytes has a level. */
static const uint8_t milan[LEVELS] = {NOWHERE, 0, 1, 6, 7};
static const uint8_t turin[LEVELS] = {0, 1, 2, 3, 7};

static const struct {
    const char *name;
    const uint8_t *byte;
    uint8_t chip_id_size;
} models[TCB_MODELS] = {
    [TCB_MILAN] = {"Milan", milan, 64},
    [TCB_GENOA] = {"Genoa", milan, 64},
    [TCB_TURIN] = {"Turin", turin, 8},
};

uint64_t tcb_pack(enum tcb_model model, const struct tcb *tcb)
{
    const uint8_t levels[LEVELS] = {tcb->fmc, tcb->bootloader, tcb->tee, tcb->snp, tcb->microcode};
    uint64_t packed = 0;

    for (unsigned i = 0; i < LEVELS; i++) {
        if (models[model].byte[i] != NOWHERE)
            packed |= (uint64_t)levels[i] << 8 * models[model].byte[i];
    }
    return packed;
}

bool tcb_unpack(enum tcb_model model, uint64_t packed, struct tcb *tcb)
{
    uint8_t levels[LEVELS] = {0};

    for (unsigned i = 0; i < LEVELS; i++) {
        if (models[model].byte[i] != NOWHERE)
            levels[i] = (uint8_t)(packed >> 8 * models[model].byte[i]);
    }
    *tcb =
        (struct tcb){levels[FMC], levels[BOOTLOADER], levels[TEE], levels[SNP], levels[MICROCODE]};
    return tcb_pack(model, tcb) == packed;
}

bool tcb_at_most(const struct tcb *a, const struct tcb *b)
{
    return a->fmc <= b->fmc && a->bootloader <= b->bootloader && a->tee <= b->tee &&
           a->snp <= b->snp && a->microcode <= b->microcode;
}

bool tcb_valid(enum tcb_model model, uint64_t packed)
{
    struct tcb tcb;

    return tcb_unpack(model, packed, &tcb);
}

bool tcb_packed_at_most(uint64_t a, uint64_t b)
{
    for (unsigned shift = 0; shift < 64; shift += 8) {
        if ((a >> shift & 0xff) > (b >> shift & 0xff))
            return false;
    }
    return true;
}

size_t tcb_chip_id_size(enum tcb_model model)
{
    return models[model].chip_id_size;
}

const char *tcb_model_name(enum tcb_model model)
{
    return models[model].name;
}

bool tcb_model_parse(const char *name, enum tcb_model *model)
{
    for (unsigned i = 0; i < TCB_MODELS; i++) {
        if (strcmp(name, models[i].name) == 0) {
            *model = (enum tcb_model)i;
            return true;
        }
    }
    return false;
}
