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
            if (result != PV_FAIL_SIZE_MISMATCH)
                return 1;
            for (uint64_t last = first + PAGE_2M; first < last; first += PAGE)
                if (pvalidate(first, SIZE_4K, 1) != PV_OK)
                    return 1;
            continue;
        }
        if (pvalidate(first, SIZE_4K, 1) != PV_OK)
            return 1;
        first += PAGE;
    }
    return 0;
}

int give_back(uint64_t page)
{
    return ask_shared(page);
}
