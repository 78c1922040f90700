/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A device of Bochs that fills the hook table (cpu-ext/hooks.h) as the guest asks through I/O
 * ports, so that a guest sees what Bochs makes of each verdict. It needs no sev: line.
 *
 * Every port is 32 bits wide:
 *
 *   5C0h  W  kind of the verdict that the rule gives (enum sev_verdict_kind)
 *   5C4h  W  its info
 *   5C8h  W  reason of the accesses that the rule is for (enum sev_why)
 *   5CCh  W  their page (system physical address / 4096)
 *   5D0h  W  how many of them get the verdict; R  how many got it since
 *   5D4h  W  context of CPU 0: bit 0 es, bit 1 svme_sticky, bits 31:16 insns
 *   5D8h  W  DMA address; R  DMA write of D1h D1h D1h D1h to it
 *   5DCh  R  DMA read of four bytes from it
 *   5E0h  W  number of a register below; R  its value
 *   5E4h  W  exit code that becomes #VC with the same error code, FFFFFFFFh = none
 *   5E8h  W  MSR whose accesses are intercepted
 *   5ECh  W  1: INIT, SIPI and NMI are handled here
 */
#define BX_PLUGGABLE

#include "iodev.h"

#include "cpu/sev_hooks.h"

#define FIRST_PORT 0x5c0u
#define LAST_PORT  0x5ecu

/* Registers 0 to 5 count the accesses by reason. */
enum reg {
    REG_EXITS = SEV_WHY_COUNT,
    REG_EXIT_INFO1, /* of the latest exit that became #VC */
    REG_SIGNALS,
    REG_INSN, /* the latest one, and its operand */
    REG_SPA,
    REG_LEAF,
    REG_PRIVATE,
    REG_COUNT
};

/* What the guest has asked for, and what happened. */
static struct state {
    struct sev_verdict verdict;
    Bit32u why, page, left, given, address, selected, regs[REG_COUNT], exit_code, msr, signals;
} state;

static const struct sev_verdict go = {SEV_GO, 0};

static struct sev_verdict give()
{
    if (!state.left)
        return go;
    state.left--;
    state.given++;
    return state.verdict;
}

/* An access whose two addresses differ is refused, because no guest here has nested paging. */
static struct sev_verdict on_access(void *, unsigned, uint64_t spa, uint64_t gpa, uint32_t flags,
                                    void *)
{
    const struct sev_verdict wrong = {SEV_GP, 0};

    state.regs[sev_flags_why(flags)]++;
    if (gpa != spa)
        return wrong;
    return sev_flags_why(flags) == state.why && spa >> 12 == state.page ? give() : go;
}

static int on_exit(void *, unsigned, int64_t code, uint64_t info1, uint64_t)
{
    state.regs[REG_EXITS]++;
    if (code != state.exit_code)
        return -1;
    state.regs[REG_EXIT_INFO1] = (Bit32u)info1;
    return (int)code;
}

static bool on_msr(void *, unsigned, uint32_t index, bool)
{
    return index == state.msr;
}

/* Leave a mark in every register that an instruction may change. */
static struct sev_verdict on_insn(void *, unsigned, enum sev_insn insn, struct sev_insn_regs *r)
{
    if (insn == SEV_INSN_WBINVD)
        return go;
    state.regs[REG_INSN] = insn;
    state.regs[REG_SPA] = (Bit32u)r->spa;
    state.regs[REG_LEAF] = r->leaf;
    state.regs[REG_PRIVATE] = r->private_;
    r->rax = r->rcx + 1;
    r->rdx = r->rdx + 2;
    r->cf = !r->cf;
    return give();
}

static bool on_startup(void *, unsigned, enum sev_signal, uint8_t)
{
    state.regs[REG_SIGNALS]++;
    return state.signals != 0;
}

static Bit32u read_port(void *, Bit32u port, unsigned)
{
    Bit8u bytes[4] = {0xd1, 0xd1, 0xd1, 0xd1};

    switch (port) {
    case 0x5d0:
        return state.given;
    case 0x5d8:
        BX_MEM(0)->dmaWritePhysicalPage(state.address, 4, bytes);
        return 0;
    case 0x5dc:
        BX_MEM(0)->dmaReadPhysicalPage(state.address, 4, bytes);
        return ReadHostDWordFromLittleEndian((Bit32u *)bytes);
    case 0x5e0:
        return state.selected < REG_COUNT ? state.regs[state.selected] : 0;
    }
    return ~0u;
}

static void set_context(Bit32u value)
{
    sev_hooks.cpus[0].es = value & 1;
    sev_hooks.cpus[0].svme_sticky = value >> 1 & 1;
    sev_hooks.cpus[0].insns = value >> 16;
}

static void write_port(void *, Bit32u port, Bit32u value, unsigned)
{
    switch (port) {
    case 0x5c0:
        state.verdict.kind = value;
        break;
    case 0x5c4:
        state.verdict.info = value;
        break;
    case 0x5c8:
        state.why = value;
        break;
    case 0x5cc:
        state.page = value;
        break;
    case 0x5d0:
        state.left = value;
        state.given = 0;
        break;
    case 0x5d4:
        set_context(value);
        break;
    case 0x5d8:
        state.address = value;
        break;
    case 0x5e0:
        state.selected = value;
        break;
    case 0x5e4:
        state.exit_code = value;
        break;
    case 0x5e8:
        state.msr = value;
        break;
    case 0x5ec:
        state.signals = value;
        break;
    }
}

class verdict_c : public bx_devmodel_c
{
  public:
    verdict_c()
    {
        put("VERDICT", "VRD");
    }

    void init(void)
    {
        for (Bit32u port = FIRST_PORT; port <= LAST_PORT; port += 4) {
            DEV_register_ioread_handler(this, read_port, port, "verdict", 4);
            DEV_register_iowrite_handler(this, write_port, port, "verdict", 4);
        }
        state.exit_code = ~0u;
        sev_hooks.access = on_access;
        sev_hooks.exit = on_exit;
        sev_hooks.msr = on_msr;
        sev_hooks.insn = on_insn;
        sev_hooks.startup = on_startup;
    }
};

static verdict_c *device;

/* One line of `verdict:` in bochsrc, whatever it says, loads the device. */
static Bit32s parse(const char *, int, char **)
{
    return 0;
}

/* The one symbol that Bochs looks for. */
extern "C" __attribute__((visibility("default"))) int libverdict_plugin_entry(plugin_t *, Bit16u,
                                                                              Bit8u);

PLUGIN_ENTRY_FOR_MODULE(verdict)
{
    if (mode == PLUGIN_INIT) {
        device = new verdict_c;
        BX_REGISTER_DEVICE_DEVMODEL(plugin, type, device, "verdict");
        SIM->register_addon_option("verdict", parse, NULL);
    } else if (mode == PLUGIN_FINI) {
        SIM->unregister_addon_option("verdict");
        delete device;
    } else if (mode == PLUGIN_PROBE) {
        return (int)PLUGTYPE_OPTIONAL;
    }
    return 0;
}
