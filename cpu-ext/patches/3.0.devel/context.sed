# SPDX-License-Identifier: LGPL-2.1-or-later
#
# What the patches of the groups find different in Bochs 3.0.devel: each rule rewrites lines of a
# patch that were written against Bochs 3.0. `port` applies it, counts the lines of each hunk again and cuts
# its context to three lines. A rule may add or remove whole context lines.

# dbg_print_paging_pte() got the address of the entry.
s/^\([ -] *dbg_print_paging_pte(level, \)\(pte, \)/\1pt_address, \2/

# dmaWritePhysicalPage() applies A20 to the page that it stamps.
/^  *pageWriteStampTable\.decWriteStamp(addr);$/ {
    i\
     bx_phy_address a20addr = A20ADDR(addr);
    s/(addr)/(a20addr)/
}

# dbg_set_mem() translates each byte's address: RAM above the PCI hole is stored elsewhere.
/^   for (; len>0; len--) {$/ a\
     // Keep translated address in sync as we increment a20addr.\
     linear_addr = bx_translate_gpa_to_linear(a20addr);
