/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A device of Bochs that has the I/O ports of the firmware configuration device, as a newer Bochs's
 * own would: for the test that ours steps back. Every port reads as 5Ah.
 */
#define BX_PLUGGABLE

#include "iodev.h"

class claim510_c : public bx_devmodel_c
{
  public:
    claim510_c()
    {
        put("CLAIM510", "CLM");
    }
    void init(void)
    {
        for (Bit32u port = 0x510; port <= 0x51b; port++) {
            DEV_register_ioread_handler(this, read, port, "claim510", 7);
            DEV_register_iowrite_handler(this, write, port, "claim510", 7);
        }
    }

  private:
    static Bit32u read(void *, Bit32u, unsigned)
    {
        return 0x5a;
    }
    static void write(void *, Bit32u, Bit32u, unsigned)
    {
    }
};

static claim510_c *device;

/* In place of one line of `claim510:` in bochsrc, whatever it says. */
static Bit32s parse(const char *, int, char **)
{
    return 0;
}

/* The one symbol that Bochs looks for. */
extern "C" __attribute__((visibility("default"))) int libclaim510_plugin_entry(plugin_t *, Bit16u,
                                                                               Bit8u);

PLUGIN_ENTRY_FOR_MODULE(claim510)
{
    if (mode == PLUGIN_INIT) {
        device = new claim510_c;
        BX_REGISTER_DEVICE_DEVMODEL(plugin, type, device, "claim510");
        SIM->register_addon_option("claim510", parse, NULL);
    } else if (mode == PLUGIN_FINI) {
        SIM->unregister_addon_option("claim510");
        delete device;
    } else if (mode == PLUGIN_PROBE) {
        return (int)PLUGTYPE_OPTIONAL;
    }
    return 0;
}
