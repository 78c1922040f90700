# SPDX-License-Identifier: LGPL-2.1-or-later
#
# The patches show lines of Bochs 3.0. Each rule here rewrites such a line, in a patch, into what Bochs 3.0.devel has in
# its place. A rule may also add or remove context lines: `port`, which applies the rules, counts the lines of each hunk
# again and keeps three lines of context.

# dbg_print_paging_pte() has a new parameter, the address of the entry.
s/^\([ -] *dbg_print_paging_pte(level, \)\(pte, \)/\1pt_address, \2/

# dmaWritePhysicalPage() applies the A20 mask before it stamps the page.
/^  *pageWriteStampTable\.decWriteStamp(addr);$/ {
    i\
     bx_phy_address a20addr = A20ADDR(addr);
    s/(addr)/(a20addr)/
}

# dbg_set_mem() translates the address of each byte, because RAM above the PCI hole is stored at another offset.
/^   for (; len>0; len--) {$/ a\
     // Keep translated address in sync as we increment a20addr.\
     linear_addr = bx_translate_gpa_to_linear(a20addr);

# access.cc and access2.cc include icache.h.
/^+++ b\/cpu\/access2*\.cc$/,/^--- / {
    /^ #include "cpu\.h"$/ a\
 #include "icache.h"
}
