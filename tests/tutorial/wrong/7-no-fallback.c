/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "accept.h"

int accept_range(uint64_t first, uint64_t end)
{
    unsigned result;

    while (first < end) {
        if (first % PAGE_2M == 0 && end - first >= PAGE_2M) {
            result = pvalidate(first, SIZE_2M, 1);
            if (result == PV_OK) {
                first += PAGE_2M;
                continue;
            }
            return 1;
        }
        if (pvalidate(first, SIZE_4K, 1) != PV_OK)
            return 1;
        first += PAGE;
    }
    return 0;
}

int give_back(uint64_t page)
{
    if (pvalidate(page, SIZE_4K, 0) != PV_OK)
        return 1;
    return ask_shared(page);
}
