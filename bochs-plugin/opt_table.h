/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The parameters of the `sev:` line. One row here is all the code that a parameter needs:
 *
 *   opt.h           makes its member of struct opt, with the name of the parameter
 *   opt.c           makes its check, its default and its text in error messages
 *   sev_options.cc  makes its place in Bochs's menus and in the saved configuration
 *
 * Then tests/manual.tap wants its entry in bochs-sev(5), and tests/unit/test_opt.c its test. What
 * must hold between parameters is in opt_check().
 *
 * `default` is text as a user would write it, "" for a parameter that can be left out. `allowed`
 * continues a message: "cbitpos: '52' is out of range; allowed: a bit number from 32 to 51".
 *
 * This file is included where rows are needed and has no include guard. Before an
 * include, define the macros of the kinds of rows that are wanted; the others are empty. All are undefined at the end.
 */
#ifndef OPT_NUMBER
#define OPT_NUMBER(name, default, least, most, multiple, allowed)
#endif
#ifndef OPT_WORD
#define OPT_WORD(name, default, allowed, ...) /* the words, in the order of their enum */
#endif
#ifndef OPT_CPUID
#define OPT_CPUID(name, allowed)
#endif
#ifndef OPT_LIES
#define OPT_LIES(name, allowed) /* a list that hv_lies_parse() reads */
#endif
#ifndef OPT_POLICIES
#define OPT_POLICIES(name, allowed) /* a list that hv_policies_parse() reads */
#endif
#ifndef OPT_VERSION
#define OPT_VERSION(name, default, allowed)
#endif
#ifndef OPT_ADDRESS
#define OPT_ADDRESS(name, least, most, multiple, allowed)
#endif
#ifndef OPT_KEY_HEX
#define OPT_KEY_HEX(name, allowed)
#endif
#ifndef OPT_KEY_FILE
#define OPT_KEY_FILE(name, allowed)
#endif
#ifndef OPT_BLOB
#define OPT_BLOB(name, least, most, allowed) /* bytes of a file that is raw or base64 */
#endif
#ifndef OPT_TEXT
#define OPT_TEXT(name, allowed)
#endif
#ifndef OPT_FILE
#define OPT_FILE(name, allowed) /* a file that is read later */
#endif
#ifndef OPT_PICTURE
#define OPT_PICTURE(name, allowed)
#endif
#ifndef OPT_SOCKET
#define OPT_SOCKET(name, allowed)
#endif
#ifndef OPT_GDB
#define OPT_GDB(name, allowed) /* an address of gdb_socket.h */
#endif

/* clang-format off */
OPT_NUMBER(enabled, "1", 0, 1, 1, "0 or 1")
OPT_WORD(mode, "guest", "guest or host", "guest", "host")
OPT_NUMBER(cbitpos, "47", 32, 51, 1, "a bit number from 32 to 51")
OPT_NUMBER(reduced_phys_bits, "5", 0, 63, 1, "a number from 0 to 63")
OPT_CPUID(cpuid, "erms, fsrm, btc_no, srso_no, sme_coherent or several")
OPT_NUMBER(policy, "0x1", 0, UINT32_MAX, 1, "a 32-bit number, e.g. 0x1 (NODBG)")
OPT_WORD(vmsa, "init2", "init2 or es_init", "init2", "es_init")
OPT_NUMBER(cpu_signature, "0", 0, UINT32_MAX, 1, "a 32-bit number, CPUID 1 EAX, e.g. 0x800f12 (EPYC-v4 of QEMU); 0: that of the CPU model")
OPT_NUMBER(snp, "0", 0, 1, 1, "0 or 1")
OPT_NUMBER(snp_policy, "0x30000", 0, UINT64_MAX, 1, "a 64-bit number, e.g. 0x30000 (SMT is allowed)")
OPT_NUMBER(sev_features, "0x1", 0, UINT64_MAX, 1, "a 64-bit number whose bit 0 (SNP) is set, e.g. 0x1")
OPT_BLOB(host_data, SNP_HOST_DATA_SIZE, SNP_HOST_DATA_SIZE, "a file of 32 bytes, raw or base64")
OPT_BLOB(id_block, ID_BLOCK_SIZE, ID_BLOCK_SIZE, "a file with an ID block: 96 bytes, raw or base64")
OPT_BLOB(id_auth, ID_AUTH_SIZE, ID_AUTH_SIZE, "a file with an ID authentication structure: 4096 bytes, raw or base64")
OPT_NUMBER(author_key_enabled, "0", 0, 1, 1, "0 or 1")
OPT_NUMBER(vcek_disabled, "0", 0, 1, 1, "0 or 1")
OPT_WORD(snp_chip, "milan", "milan, genoa or turin", "milan", "genoa", "turin")
OPT_BLOB(snp_chip_id, 8, PSP_CHIP_ID_SIZE, "a file with the id of the chip: 64 bytes, or 8 with snp_chip=turin, raw or base64")
OPT_NUMBER(snp_tcb, "0", 0, UINT64_MAX, 1, "a 64-bit number, e.g. 0xdb18000000000004; 0: firmware of 2024")
OPT_NUMBER(snp_committed_tcb, "0", 0, UINT64_MAX, 1, "a 64-bit number; 0: as snp_tcb")
OPT_NUMBER(snp_reported_tcb, "0", 0, UINT64_MAX, 1, "a 64-bit number; 0: as snp_committed_tcb")
OPT_NUMBER(snp_platform_info, "0", 0, 0xbf, 1, "bits of the report, e.g. 0x1 (SMT is in use)")
OPT_NUMBER(snp_report, "3", 2, 5, 1, "a number from 2 to 5")
OPT_WORD(snp_mask, "none", "none, id, key or both", "none", "id", "key", "both")
OPT_BLOB(snp_vlek, SNP_VLEK_SIZE, SNP_VLEK_SIZE, "a file with a wrapped VLEK: 432 bytes, raw or base64")
OPT_BLOB(snp_certs, 24, OPT_SECRET_MAX, "a file with a table of certificates: 24 to 16384 bytes, raw or base64")
OPT_BLOB(guest_visible_workarounds, SNP_GOSVW_SIZE, SNP_GOSVW_SIZE, "a file of 16 bytes, raw or base64")
OPT_KEY_FILE(tik, "a file of exactly 16 bytes")
OPT_KEY_FILE(tek, "a file of exactly 16 bytes")
OPT_BLOB(session, SESSION_SIZE, SESSION_SIZE, "a file with a launch session: 128 bytes, raw or base64")
OPT_BLOB(dh_cert, CERT_SIZE, CERT_SIZE, "a file with the guest owner's Diffie-Hellman certificate: 2084 bytes, raw or base64")
OPT_KEY_HEX(mnonce, "32 hexadecimal digits")
OPT_NUMBER(ghcb_max, "2", 1, 2, 1, "1 or 2")
OPT_POLICIES(host_policy, "names and values of host policies, e.g. assign:eager")
OPT_LIES(lies, "names of lies, each with @n or @~n or nothing, e.g. wrong-cpuid@3")
OPT_ADDRESS(lies_page, 0, (UINT64_C(1) << 36) - 4096, 4096, "the guest physical address of a page below 2^36")
OPT_WORD(encryption, "aes", "aes or none", "aes", "none")
OPT_NUMBER(port, "0x5e0", 0x100, 0xfff0, 16, "an I/O port from 0x100 to 0xfff0, a multiple of 16")
OPT_WORD(launch, "auto", "auto, guest or wait", "auto", "guest", "wait")
OPT_BLOB(secret_header, PACKET_HEADER_SIZE, PACKET_HEADER_SIZE, "a file with a packet header: 52 bytes, raw or base64")
OPT_BLOB(secret_payload, 1, OPT_SECRET_MAX, "a file with the encrypted secret: 1 to 16384 bytes, raw or base64")
OPT_ADDRESS(secret_gpa, 0, (UINT64_C(1) << 40) - 1, 16, "a guest physical address below 2^40, a multiple of 16")
OPT_VERSION(api, "0.24", "major.minor, each from 0 to 255")
OPT_NUMBER(build, "21", 0, 255, 1, "a number from 0 to 255")
OPT_NUMBER(asids, "15", 1, PSP_ASIDS_MAX, 1, "a number from 1 to 1023")
OPT_FILE(kernel, "a readable file, a Linux kernel (bzImage)")
OPT_FILE(initrd, "a readable file, the kernel's initial RAM disk")
OPT_TEXT(append, "the kernel's command line, at most 511 characters")
OPT_FILE(vars, "a readable file, OVMF's variables")
OPT_NUMBER(kernel_hashes, "0", 0, 1, 1, "0 or 1")
OPT_WORD(vc_without_gate, "stop", "stop or fault", "stop", "fault")
OPT_WORD(reboot, "restart", "restart or end", "restart", "end")
OPT_TEXT(state_dir, "a directory for the chip's keys")
OPT_TEXT(seed, "any text")
OPT_SOCKET(control, "unix: and the path of the socket")
OPT_GDB(gdb, "a TCP port of this computer (0: any that is free), or unix: and the path of a socket")
OPT_NUMBER(gdb_wait, "0", 0, 1, 1, "0 or 1")
OPT_TEXT(exits, "a file to write")
OPT_TEXT(trace, "a file to write")
OPT_PICTURE(map, "a file to write whose name ends in .svg")
OPT_TEXT(map_changes, "a file to write")
OPT_WORD(sanitize, "off", "off, report or break", "off", "report", "break")
OPT_TEXT(sanitize_report, "a file to write")
OPT_FILE(symbols, "a readable file with symbols: System.map, kallsyms or an ELF file")
OPT_WORD(log, "info", "error, info or debug", "error", "info", "debug")
/* clang-format on */

#undef OPT_NUMBER
#undef OPT_WORD
#undef OPT_CPUID
#undef OPT_LIES
#undef OPT_POLICIES
#undef OPT_VERSION
#undef OPT_ADDRESS
#undef OPT_KEY_HEX
#undef OPT_KEY_FILE
#undef OPT_BLOB
#undef OPT_TEXT
#undef OPT_FILE
#undef OPT_PICTURE
#undef OPT_SOCKET
#undef OPT_GDB
