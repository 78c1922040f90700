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

# local APIC: one panic is an error already, a message is for debugging, and a mask has 64 bits.
s/^-    BX_PANIC(("APIC read at address \(.*\) spans/-    BX_ERROR(("APIC read at address \1 spans/
s/^-  Bit32u value = read_aligned(addr & ~0x3);$/-  Bit32u value = read_aligned(addr \& ~BX_CONST64(0x3));/
s/^   BX_INFO(("set timer divide factor/   BX_DEBUG(("set timer divide factor/

# HPET: accesses of 1 and 2 bytes are errors already. The panic for other sizes says the size.
/^+++ b\/iodev\/hpet\.cc$/,/^--- / {
    /^   } else {$/ {
        N
        /HPET read/ i\
   } else if (len == 2) {\
     BX_ERROR(("Unsupported HPET read at address 0x" FMT_PHY_ADDRX " with len = 2", a20addr));\
     *((Bit16u *)data) = 0x0000;\
   } else if (len == 1) {\
     BX_ERROR(("Unsupported HPET read at address 0x" FMT_PHY_ADDRX " with len = 1", a20addr));\
     *((Bit8u *)data) = 0x00;
        /HPET write/ i\
   } else if (len == 2) {\
     BX_ERROR(("Unsupported HPET write at address 0x" FMT_PHY_ADDRX " with len = 2", a20addr));\
   } else if (len == 1) {\
     BX_ERROR(("Unsupported HPET write at address 0x" FMT_PHY_ADDRX " with len = 1", a20addr));
        s/\(-    BX_PANIC.*FMT_PHY_ADDRX\), a20addr));/\1 " with len = %i", a20addr, len));/
    }
}

# DMA handlers have the device as a parameter.
/^+++ b\/iodev\/dma\.cc$/,/^--- / {
    s/\(dma\(Read\|Write\)\(8\|16\)\)(\(buffer\|(Bit16u\*)\)/\1(BX_DMA_THIS h[channel].this_ptr\3, \4/
}

# The floppy controller is silent while it is reset, has one constant for its times, and shows sectors in a message.
/^+++ b\/iodev\/floppy\.cc$/,/^--- / {
    s/= 200000 \/ \(.*\);$/= (FDC_TIMER_VAL \/ \1) * 1000;/
    s/= (200000 \/ \(.*\)) \* fmt_sectors;$/= ((FDC_TIMER_VAL \/ \1) * fmt_sectors) * 1000;/
    s/^         if (BX_FD_THIS s\.pending_command != FD_CMD_NOP)$/         } else if (BX_FD_THIS s.pending_command != FD_CMD_NOP)/
    /^         } else if (BX_FD_THIS s\.pending_command != FD_CMD_NOP)$/ i\
         if (BX_FD_THIS s.pending_command == FD_RESET) {\
           return; // Don't respond during reset
    s/offset=%u, bytes=%u, direction/offset=%u (sector=%u), bytes=%u (sectors=%u), direction/
    s/drive, offset, bytes, (direction==FROM_FLOPPY)/drive, offset, offset >> 9, bytes, bytes >> 9, (direction==FROM_FLOPPY)/
}

# The debugger's access to memory: a translated address, a new function before it, no limit in dbg_set_mem().
/^+++ b\/memory\/misc_mem\.cc$/,/^--- / {
    /^   struct memory_handler_struct \*memory_handler = NULL;$/ i\
   bx_phy_address linear_addr = bx_translate_gpa_to_linear(a20addr);
    /^   if ((a20addr + len - 1) > BX_MEM_THIS len) {$/,/^ *$/d
}

# A read that a device answered may be one of shadow RAM.
/^+++ b\/memory\/memory\.cc$/,/^--- / {
    /^       return;$/ {
        N
        s/.*/ #if BX_SUPPORT_PCI\
       if (BX_MEM_THIS pci_enabled \&\& ((a20addr \& 0xfffc0000) == 0x000c0000)) {/
    }
}

# Svm_Vmexit() has one more level of blocks.
/^+++ b\/cpu\/svm\.cc$/,/^--- / {
    /^     {$/ {
        N
        s,.*\n-      // TODO$,       {\n-        // TODO,
    }
    /^+      SvmSaveInstructionBytes/ {
        n
        s/^     }$/       }/
    }
    # It sets RIP back to the instruction only after this.
    s/^\(+.*get_laddr(BX_SEG_REG_CS, \)RIP + n);$/\1BX_CPU_THIS_PTR prev_rip + n);/
}

# The Ryzen has one more feature of SVM.
s/^\(          BX_CPUID_SVM_PAUSE_FILTER\);.*/\1 |/

# SVM instructions do not ask for protected mode, and SetCR0() has no panic for RIP.
s/^\([ -]  if (\)! protected_mode() || \(! BX_CPU_THIS_PTR efer\.get_SVME())\)$/\1\2/
/^-      BX_CPU_THIS_PTR efer\.set_LMA(0);$/ {
    n
    a\
 \
       // clear upper part of RIP when leaving 64-bit long mode\
       BX_CLEAR_64BIT_HIGH(BX_64BIT_REG_RIP);
}
