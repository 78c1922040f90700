/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What firmware/ offers to the plugin: the table in OVMF's image, the firmware configuration device
 * and the flash chip. All of them also exist without SEV.
 *
 * For C++ files, after Bochs's own headers.
 */
#ifndef BX_SEV_FIRMWARE_H
#define BX_SEV_FIRMWARE_H

#include <stddef.h>
#include <stdint.h>

#include "kernel_boot.h"

struct fw_machine;
struct hv_region;
struct memmap;
struct opt;
struct ovmf_area;
struct ovmf_table;

/* --- sev_firmware.cc: the table in the firmware's image --- */

/* The firmware's table of GUIDed structures; a damaged one is an empty one. */
void bx_sev_firmware_read(struct ovmf_table *table);

/* --- sev_fwcfg.cc: the firmware configuration device, direct kernel boot --- */

struct sev_fwcfg;
/* Loads kernel=, initrd= and append=, claims the ports and, unless the firmware is OVMF, loads the
 * boot ROM. NULL without kernel= under another firmware, and where another device serves OVMF at
 * these ports. An error ends Bochs with a message. */
struct sev_fwcfg *bx_sev_fwcfg_new(const struct opt *opt, const struct ovmf_table *ovmf,
                                   const struct memmap *memmap);
void bx_sev_fwcfg_free(struct sev_fwcfg *fwcfg);
/* What the launch has to do with it: the boot ROM, which it measures; the table of hashes of
 * kernel=, initrd= and append=, and where to write and measure it (0: nowhere); where secrets go
 * that name no address. False: there is none. */
bool bx_sev_fwcfg_rom(const struct sev_fwcfg *fwcfg, struct hv_region *rom);
bool bx_sev_fwcfg_hashes(const struct sev_fwcfg *fwcfg, uint8_t table[KERNEL_HASHES_SIZE],
                         uint64_t *gpa);
bool bx_sev_fwcfg_secrets(const struct sev_fwcfg *fwcfg, struct ovmf_area *area);
void bx_sev_fwcfg_reset(struct sev_fwcfg *fwcfg);
/* For save and restore. */
void bx_sev_fwcfg_register_state(struct sev_fwcfg *fwcfg, bx_list_c *list);

/* --- sev_fw_machine.cc: the machine, for firmware --- */

/* Describe Bochs's machine in the device. Never NULL: an error ends Bochs with a message. */
struct fw_machine *bx_sev_fw_machine_new(struct fwcfg *fwcfg, const struct memmap *memmap);
/* Correct what Bochs's reset leaves wrong for firmware. Call it after all of Bochs's devices were
 * reset, also if another device describes the machine. */
void bx_sev_fw_machine_reset(void);

/* --- sev_flash.cc: OVMF's variables --- */

struct sev_device_memory;
struct sev_flash;
/* vars=. Never NULL: an error ends Bochs with a message. */
struct sev_flash *bx_sev_flash_new(const char *path, bool ovmf);
void bx_sev_flash_free(struct sev_flash *flash);
/* In a SEV machine, reads through C=1 are decrypted. */
void bx_sev_flash_attach(struct sev_flash *flash, struct sev_device_memory *device_memory);
/* Its place in physical memory. */
uint64_t bx_sev_flash_base(const struct sev_flash *flash);
uint64_t bx_sev_flash_size(const struct sev_flash *flash);
void bx_sev_flash_reset(struct sev_flash *flash);
/* For save and restore. */
void bx_sev_flash_register_state(struct sev_flash *flash, bx_list_c *list);
void bx_sev_flash_restored(struct sev_flash *flash);

#endif
