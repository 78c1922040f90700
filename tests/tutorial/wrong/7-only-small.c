/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "accept.h"

int accept_range(uint64_t first, uint64_t end)
{
    for (; first < end; first += PAGE)
        if (pvalidate(first, SIZE_4K, 1) != PV_OK)
            return 1;
    return 0;
}

int give_back(uint64_t page)
{
    if (pvalidate(page, SIZE_4K, 0) != PV_OK)
        return 1;
    return ask_shared(page);
}
