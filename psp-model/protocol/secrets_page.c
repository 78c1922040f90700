/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The secrets page of a SEV-SNP guest; see secrets_page.h.
 */
#include "secrets_page.h"

#include <assert.h>

#include "buf.h"

/* The area of the guest's software: sequence numbers, the address of the AP jump table, what an SVSM
 * hands over. */
#define OS_AREA     0x0a0u
#define OS_AREA_END 0x160u
#define FLAG_IMI    0x1u

void secrets_page_write(const struct secrets_page *page, uint8_t out[SECRETS_PAGE_SIZE])
{
    struct buf b = buf_writer(out, SECRETS_PAGE_SIZE);

    buf_put32(&b, SECRETS_PAGE_VERSION);
    buf_put32(&b, page->imi ? FLAG_IMI : 0);
    buf_put32(&b, page->fms);
    buf_put32(&b, 0);
    buf_put(&b, page->gosvw, sizeof(page->gosvw));
    buf_put(&b, page->vmpck, sizeof(page->vmpck));
    assert(b.pos == OS_AREA);
    buf_fill(&b, 0, OS_AREA_END - OS_AREA);
    buf_put32(&b, page->tsc_factor);
    buf_fill(&b, 0, SECRETS_PAGE_SIZE - b.pos);
    assert(buf_done(&b));
}
