/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The machine that Bochs 3.0 emulates with the chip set i440FX, for the operating system: PCI bus,
 * interrupt links of the PIIX3, devices of the ISA bus, power-off.
 *
 * The hardware is that of Bochs's iodev/pci2isa.cc, acpi.cc and hpet.cc. What differs from machine to machine comes
 * in an SSDT, which acpi.c makes: PCIB, the first address above RAM, and DEVS, the devices that are
 * there (enum acpi_device).
 */
DefinitionBlock ("", "DSDT", 1, "BOCHS", "BXSEV", 1)
{
    External (\PCIB, IntObj)
    External (\DEVS, IntObj)

    /* Soft off is type 0 of the PIIX4's PM1a control register; there is no other state. */
    Name (\_S5, Package () { Zero, Zero, Zero, Zero })

    /* The operating system chooses: 0 = 8259, 1 = I/O APIC. */
    Name (\PICM, Zero)
    Method (\_PIC, 1, NotSerialized)
    {
        \PICM = Arg0
    }

    Scope (\_SB)
    {
        Device (PCI0)
        {
            Name (_HID, EisaId ("PNP0A03"))
            Name (_UID, Zero)

            Name (CRES, ResourceTemplate ()
            {
                WordBusNumber (ResourceProducer, MinFixed, MaxFixed, PosDecode,
                    0, 0x0000, 0x00FF, 0, 0x0100)
                IO (Decode16, 0x0CF8, 0x0CF8, 1, 8)
                WordIO (ResourceProducer, MinFixed, MaxFixed, PosDecode, EntireRange,
                    0, 0x0000, 0x0CF7, 0, 0x0CF8)
                WordIO (ResourceProducer, MinFixed, MaxFixed, PosDecode, EntireRange,
                    0, 0x0D00, 0xFFFF, 0, 0xF300)
                DWordMemory (ResourceProducer, PosDecode, MinFixed, MaxFixed, Cacheable, ReadWrite,
                    0, 0x000A0000, 0x000BFFFF, 0, 0x00020000)
                DWordMemory (ResourceProducer, PosDecode, MinFixed, MaxFixed, NonCacheable, ReadWrite,
                    0, 0xC0000000, 0xFEBFFFFF, 0, 0x3EC00000, , , PMEM)
            })
            CreateDWordField (CRES, PMEM._MIN, PMIN)
            CreateDWordField (CRES, PMEM._MAX, PMAX)
            CreateDWordField (CRES, PMEM._LEN, PLEN)
            Method (_CRS, 0, Serialized)
            {
                PMIN = \PCIB
                PLEN = PMAX - PMIN + 1
                Return (CRES)
            }

            /* Pin n of slot s is PIRQ (s + n - 1) mod 4, which goes to the I/O APIC's input 16 +
             * PIRQ and, through the PIIX3's router, to an interrupt of the 8259s. */
            Name (APRT, Package ()
            {
                Package () { 0x0001FFFF, 0, 0, 16 }, Package () { 0x0001FFFF, 1, 0, 17 },
                Package () { 0x0001FFFF, 2, 0, 18 }, Package () { 0x0001FFFF, 3, 0, 19 },
                Package () { 0x0002FFFF, 0, 0, 17 }, Package () { 0x0002FFFF, 1, 0, 18 },
                Package () { 0x0002FFFF, 2, 0, 19 }, Package () { 0x0002FFFF, 3, 0, 16 },
                Package () { 0x0003FFFF, 0, 0, 18 }, Package () { 0x0003FFFF, 1, 0, 19 },
                Package () { 0x0003FFFF, 2, 0, 16 }, Package () { 0x0003FFFF, 3, 0, 17 },
                Package () { 0x0004FFFF, 0, 0, 19 }, Package () { 0x0004FFFF, 1, 0, 16 },
                Package () { 0x0004FFFF, 2, 0, 17 }, Package () { 0x0004FFFF, 3, 0, 18 },
                Package () { 0x0005FFFF, 0, 0, 16 }, Package () { 0x0005FFFF, 1, 0, 17 },
                Package () { 0x0005FFFF, 2, 0, 18 }, Package () { 0x0005FFFF, 3, 0, 19 },
                Package () { 0x0006FFFF, 0, 0, 17 }, Package () { 0x0006FFFF, 1, 0, 18 },
                Package () { 0x0006FFFF, 2, 0, 19 }, Package () { 0x0006FFFF, 3, 0, 16 },
            })
            Name (LPRT, Package ()
            {
                Package () { 0x0001FFFF, 0, LNKA, 0 }, Package () { 0x0001FFFF, 1, LNKB, 0 },
                Package () { 0x0001FFFF, 2, LNKC, 0 }, Package () { 0x0001FFFF, 3, LNKD, 0 },
                Package () { 0x0002FFFF, 0, LNKB, 0 }, Package () { 0x0002FFFF, 1, LNKC, 0 },
                Package () { 0x0002FFFF, 2, LNKD, 0 }, Package () { 0x0002FFFF, 3, LNKA, 0 },
                Package () { 0x0003FFFF, 0, LNKC, 0 }, Package () { 0x0003FFFF, 1, LNKD, 0 },
                Package () { 0x0003FFFF, 2, LNKA, 0 }, Package () { 0x0003FFFF, 3, LNKB, 0 },
                Package () { 0x0004FFFF, 0, LNKD, 0 }, Package () { 0x0004FFFF, 1, LNKA, 0 },
                Package () { 0x0004FFFF, 2, LNKB, 0 }, Package () { 0x0004FFFF, 3, LNKC, 0 },
                Package () { 0x0005FFFF, 0, LNKA, 0 }, Package () { 0x0005FFFF, 1, LNKB, 0 },
                Package () { 0x0005FFFF, 2, LNKC, 0 }, Package () { 0x0005FFFF, 3, LNKD, 0 },
                Package () { 0x0006FFFF, 0, LNKB, 0 }, Package () { 0x0006FFFF, 1, LNKC, 0 },
                Package () { 0x0006FFFF, 2, LNKD, 0 }, Package () { 0x0006FFFF, 3, LNKA, 0 },
            })
            Method (_PRT, 0, NotSerialized)
            {
                If (\PICM)
                {
                    Return (APRT)
                }
                Return (LPRT)
            }

            Device (ISA)
            {
                Name (_ADR, 0x00010000)
                OperationRegion (PIRQ, PCI_Config, 0x60, 0x04)

                Method (HERE, 1, NotSerialized)
                {
                    If (\DEVS & Arg0)
                    {
                        Return (0x0F)
                    }
                    Return (Zero)
                }

                Device (RTC)
                {
                    Name (_HID, EisaId ("PNP0B00"))
                    Name (_CRS, ResourceTemplate ()
                    {
                        IO (Decode16, 0x0070, 0x0070, 1, 8)
                        IRQNoFlags () { 8 }
                    })
                }
                Device (KBD)
                {
                    Name (_HID, EisaId ("PNP0303"))
                    Name (_CRS, ResourceTemplate ()
                    {
                        IO (Decode16, 0x0060, 0x0060, 1, 1)
                        IO (Decode16, 0x0064, 0x0064, 1, 1)
                        IRQNoFlags () { 1 }
                    })
                }
                Device (MOU)
                {
                    Name (_HID, EisaId ("PNP0F13"))
                    Name (_CRS, ResourceTemplate ()
                    {
                        IRQNoFlags () { 12 }
                    })
                }
                Device (COM1)
                {
                    Name (_HID, EisaId ("PNP0501"))
                    Name (_UID, 1)
                    Method (_STA, 0, NotSerialized)
                    {
                        Return (HERE (0x01))
                    }
                    Name (_CRS, ResourceTemplate ()
                    {
                        IO (Decode16, 0x03F8, 0x03F8, 8, 8)
                        IRQNoFlags () { 4 }
                    })
                }
                Device (COM2)
                {
                    Name (_HID, EisaId ("PNP0501"))
                    Name (_UID, 2)
                    Method (_STA, 0, NotSerialized)
                    {
                        Return (HERE (0x02))
                    }
                    Name (_CRS, ResourceTemplate ()
                    {
                        IO (Decode16, 0x02F8, 0x02F8, 8, 8)
                        IRQNoFlags () { 3 }
                    })
                }
                Device (LPT1)
                {
                    Name (_HID, EisaId ("PNP0400"))
                    Method (_STA, 0, NotSerialized)
                    {
                        Return (HERE (0x04))
                    }
                    Name (_CRS, ResourceTemplate ()
                    {
                        IO (Decode16, 0x0378, 0x0378, 8, 8)
                        IRQNoFlags () { 7 }
                    })
                }
                Device (FDC0)
                {
                    Name (_HID, EisaId ("PNP0700"))
                    Method (_STA, 0, NotSerialized)
                    {
                        Return (HERE (0x08))
                    }
                    Name (_CRS, ResourceTemplate ()
                    {
                        IO (Decode16, 0x03F0, 0x03F0, 1, 6)
                        IO (Decode16, 0x03F7, 0x03F7, 1, 1)
                        IRQNoFlags () { 6 }
                        DMA (Compatibility, NotBusMaster, Transfer8) { 2 }
                    })
                }

                /* What the chip set has at fixed ports and is no device of its own: reset, APM
                 * control, trigger modes of the 8259s, power management, SMBus. */
                Device (SYSR)
                {
                    Name (_HID, EisaId ("PNP0C02"))
                    Name (_UID, 1)
                    Name (_CRS, ResourceTemplate ()
                    {
                        IO (Decode16, 0x0092, 0x0092, 1, 1)
                        IO (Decode16, 0x00B2, 0x00B2, 1, 2)
                        IO (Decode16, 0x04D0, 0x04D0, 1, 2)
                        IO (Decode16, 0xB000, 0xB000, 1, 0x40)
                    })
                }
            }

            /* QEMU's firmware configuration device. */
            Device (FWCF)
            {
                Name (_HID, "QEMU0002")
                Name (_STA, 0x0B)
                Name (_CRS, ResourceTemplate ()
                {
                    IO (Decode16, 0x0510, 0x0510, 1, 12)
                })
            }
        }

        Field (\_SB.PCI0.ISA.PIRQ, ByteAcc, NoLock, Preserve)
        {
            PRQA, 8,
            PRQB, 8,
            PRQC, 8,
            PRQD, 8
        }

        /* A link has the interrupt to which the router sends its PIRQ; bit 7 = to none. The number is
         * at offset 5 of an extended interrupt descriptor. */
        Name (LRES, ResourceTemplate ()
        {
            Interrupt (ResourceConsumer, Level, ActiveLow, Shared) { 0 }
        })
        Method (LCRS, 1, Serialized)
        {
            CreateDWordField (LRES, 5, IRQN)
            IRQN = Zero
            If (!(Arg0 & 0x80))
            {
                IRQN = Arg0
            }
            Return (LRES)
        }
        Method (LSTA, 1, NotSerialized)
        {
            If (Arg0 & 0x80)
            {
                Return (0x09)
            }
            Return (0x0B)
        }
        Name (LPRS, ResourceTemplate ()
        {
            Interrupt (ResourceConsumer, Level, ActiveLow, Shared) { 5, 10, 11 }
        })

        /* PIRQA carries the power management's interrupt (slot 1, pin A), which the FADT says is
         * 10 (or 9, of its own): it stays there. */
        Device (LNKA)
        {
            Name (_HID, EisaId ("PNP0C0F"))
            Name (_UID, 1)
            Name (_PRS, ResourceTemplate ()
            {
                Interrupt (ResourceConsumer, Level, ActiveLow, Shared) { 10 }
            })
            Method (_STA, 0, NotSerialized)
            {
                Return (LSTA (PRQA))
            }
            Method (_CRS, 0, Serialized)
            {
                Return (LCRS (PRQA))
            }
            Method (_SRS, 1, NotSerialized)
            {
                CreateDWordField (Arg0, 5, IRQN)
                PRQA = IRQN
            }
            Method (_DIS, 0, NotSerialized)
            {
            }
        }
        Device (LNKB)
        {
            Name (_HID, EisaId ("PNP0C0F"))
            Name (_UID, 2)
            Method (_PRS, 0, NotSerialized)
            {
                Return (LPRS)
            }
            Method (_STA, 0, NotSerialized)
            {
                Return (LSTA (PRQB))
            }
            Method (_CRS, 0, Serialized)
            {
                Return (LCRS (PRQB))
            }
            Method (_SRS, 1, NotSerialized)
            {
                CreateDWordField (Arg0, 5, IRQN)
                PRQB = IRQN
            }
            Method (_DIS, 0, NotSerialized)
            {
                PRQB = 0x80
            }
        }
        Device (LNKC)
        {
            Name (_HID, EisaId ("PNP0C0F"))
            Name (_UID, 3)
            Method (_PRS, 0, NotSerialized)
            {
                Return (LPRS)
            }
            Method (_STA, 0, NotSerialized)
            {
                Return (LSTA (PRQC))
            }
            Method (_CRS, 0, Serialized)
            {
                Return (LCRS (PRQC))
            }
            Method (_SRS, 1, NotSerialized)
            {
                CreateDWordField (Arg0, 5, IRQN)
                PRQC = IRQN
            }
            Method (_DIS, 0, NotSerialized)
            {
                PRQC = 0x80
            }
        }
        Device (LNKD)
        {
            Name (_HID, EisaId ("PNP0C0F"))
            Name (_UID, 4)
            Method (_PRS, 0, NotSerialized)
            {
                Return (LPRS)
            }
            Method (_STA, 0, NotSerialized)
            {
                Return (LSTA (PRQD))
            }
            Method (_CRS, 0, Serialized)
            {
                Return (LCRS (PRQD))
            }
            Method (_SRS, 1, NotSerialized)
            {
                CreateDWordField (Arg0, 5, IRQN)
                PRQD = IRQN
            }
            Method (_DIS, 0, NotSerialized)
            {
                PRQD = 0x80
            }
        }

        Device (HPET)
        {
            Name (_HID, EisaId ("PNP0103"))
            Name (_UID, Zero)
            Method (_STA, 0, NotSerialized)
            {
                Return (\_SB.PCI0.ISA.HERE (0x10))
            }
            Name (_CRS, ResourceTemplate ()
            {
                Memory32Fixed (ReadOnly, 0xFED00000, 0x00000400)
            })
        }
    }
}
