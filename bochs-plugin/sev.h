/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The parts of the Bochs plugin and how they call each other:
 *
 *   sev.cc          plugin entry and Bochs device: ports, reset, state, debug_dump
 *   sev_options.cc  the `sev:` directive, over opt.c
 *   sev_cpuid.cc    CPUID and MSRs, over cpu-ext
 *   sev_glue.cc     fills psp_host and the hook table: the one file that knows everybody
 *   sev_memory.cc   encrypted memory, over cpu-ext's views
 *   sev_launch.cc   the launch at power-on, over hv.c
 *   sev_save.cc     save and restore
 *
 * and three rooms, each with one header for those above: what firmware finds
 * (firmware/sev_firmware.h), the control socket (control/sev_control.h), and those who only look
 * (observe/sev_observe.h). No room knows another.
 *
 * Included by C++ files of the plugin only, after Bochs's own headers.
 */
#ifndef BX_SEV_H
#define BX_SEV_H

#include <stdint.h>
#include <stdio.h>

struct opt;
struct ovmf_table;
struct sev_flash;
struct sev_fwcfg;
struct sev_machine;

/* --- sev_options.cc --- */

/* Creates user.sev.* and registers the directive; removes both. */
void bx_sev_options_register(void);
void bx_sev_options_unregister(void);
/* All parameters, checked; a wrong value or combination ends Bochs with one sentence. */
void bx_sev_options_get(struct opt *opt);

/* --- sev_cpuid.cc --- */

/* Puts SEV's view of CPUID and MSRs over the CPU model of every CPU. A model that cannot be a SEV
 * guest ends Bochs with its name and the reason. */
void bx_sev_cpuid_install(const struct opt *opt);
/* The MSRs as after power-on, on all CPUs. */
void bx_sev_cpuid_reset(void);
/* HWCR of a CPU, for save and restore. */
uint64_t bx_sev_cpuid_hwcr(unsigned cpu);
void bx_sev_cpuid_hwcr_set(unsigned cpu, uint64_t value);

/* --- sev_glue.cc --- */

/* Builds secure processor, hypervisor role and hooks for a machine with this firmware and this
 * firmware configuration device (NULL: none), which stays the caller's. Never NULL: trouble ends
 * Bochs with one sentence. */
struct sev_machine *bx_sev_machine_new(const struct opt *opt, const struct ovmf_table *ovmf,
                                       struct sev_fwcfg *fwcfg);
void bx_sev_machine_free(struct sev_machine *machine);
/* Once, before the launch. */
void bx_sev_machine_power_on(struct sev_machine *machine);

/* --- sev_launch.cc --- */

/* The measured launch of all ROMs, up to the secret. Once, before the first instruction. */
void bx_sev_machine_launch(struct sev_machine *machine);
/* LAUNCH_FINISH: the guest may run. */
void bx_sev_machine_finish(struct sev_machine *machine);

/* --- sev_save.cc --- */

/* Everything that Bochs does not know, to and from a file of its saved state. What cannot be
 * restored ends Bochs with one sentence. The flag says whether power-on is over. */
void bx_sev_machine_save(struct sev_machine *machine, bool launched, FILE *file);
bool bx_sev_machine_restore(struct sev_machine *machine, FILE *file);

/* --- sev_glue.cc --- */

/* The register block of the secure processor; `offset` from the port base. */
uint32_t bx_sev_machine_port_read(struct sev_machine *machine, unsigned offset, unsigned size);
void bx_sev_machine_port_write(struct sev_machine *machine, unsigned offset, uint32_t value,
                               unsigned size);

/* --- sev.cc --- */

class bx_sev_c : public bx_devmodel_c
{
  public:
    bx_sev_c();
    virtual ~bx_sev_c();
    virtual void init(void);
    virtual void reset(unsigned type);
    virtual void register_state(void);
    virtual void after_restore_state(void);
#if BX_DEBUGGER
    virtual void debug_dump(int argc, char **argv);
#endif

    struct sev_machine *machine; /* NULL: enabled=0 */

  private:
    struct opt *opt;
    struct sev_fwcfg *fwcfg; /* NULL: neither kernel= nor OVMF */
    struct sev_flash *flash; /* NULL: no vars= */
    bool launched;
    FILE *saved; /* while restoring: Bochs's copy of what was saved; else NULL */

    static void save_handler(void *self, FILE *file);
    static Bit32u read_handler(void *self, Bit32u address, unsigned len);
    static void write_handler(void *self, Bit32u address, Bit32u value, unsigned len);
};

/* The one device; for log macros (LOG_THIS). */
extern bx_sev_c *bx_sev_device;

#endif
