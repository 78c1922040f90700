/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A guest with SEV-ES that resets the machine or asks for system management mode, in the way that the argument
 * "how" names. reset_es.tap looks at what Bochs says.
 *
 * Sources: Bochs 3.0 iodev/devices.cc (port 92h), iodev/keyboard.cc (command FEh), iodev/pci2isa.cc (port CF9h);
 * Linux arch/x86/include/asm/apicdef.h (the interrupt command register).
 */
#include "es/es.h"

void guest_main(void)
{
    es_init();
    switch (argument("how", 0)) {
    case 0:
        outb(0x92, 1);
        break;
    case 1:
        outb(0x64, 0xfe);
        break;
    case 2:
        outb(0xcf9, 4);
        break;
    case 3:
        outb(0xcf9, 6);
        break;
    default:
        lapic_write(0x300, 0x40200); /* SMI to itself */
        print("# an SMI changes nothing\n");
        break;
    }
    ok(true, "it goes on");
    done_testing();
    shutdown();
}
