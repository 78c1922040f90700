/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Read the table of GUIDed structures from the firmware's file, romimage: of bochsrc.
 */
#define BX_PLUGGABLE

#include "iodev.h"
#include "param_names.h"
#include "sev_log.h"

#include <fstream>
#include <string>

#include "protocol/ovmf_table.h"
#include "sev_firmware.h"

void bx_sev_firmware_read(struct ovmf_table *table)
{
    static const std::streamoff table_max = 0x10000 + 0x20; /* 64 KiB and the reset vector */
    const char *path = SIM->get_param_string(BXPN_ROM_PATH)->getptr(), *wrong;
    std::ifstream file(path, std::ios::binary | std::ios::ate);
    std::streamoff size = file ? (std::streamoff)file.tellg() : 0,
                   len = size < table_max ? size : table_max;
    std::string end((size_t)len, '\0');

    file.seekg(size - len);
    if (!file.read(&end[0], len))
        end.clear(); /* Bochs says so when it loads it */
    wrong = ovmf_table_parse(table, end.data(), end.size());
    if (wrong)
        BX_ERROR(("romimage: '%.300s' %s", path, wrong));
}
