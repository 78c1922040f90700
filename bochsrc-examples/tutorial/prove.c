/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * TUTORIAL.md, chapter 10: a guest with SEV-SNP asks the secure processor for an attestation report: `make prove.rom`.
 * Its owner's 64 bytes are in the first sector of the disk.
 *
 * Sources: Linux drivers/virt/coco/sev-guest/sev-guest.h struct snp_guest_msg_hdr, sev-guest.c enc_payload();
 * arch/x86/include/asm/sev.h struct snp_secrets_page; include/uapi/linux/sev-guest.h struct snp_report_req.
 */
#include "gcm.h"
#include "vc.h"

/* --- the hypervisor's part --- */

static uint64_t ask(uint64_t request)
{
    wrmsr(MSR_GHCB, request);
    vmgexit();
    return rdmsr(MSR_GHCB);
}

/* Give a page of ours to the hypervisor. */
static void share(const void *page)
{
    if (ask(UINT64_C(2) << 52 | (uintptr_t)page | 0x014) != 0x015)
        terminate(0);
}

#define GHCB     SHARED_WINDOW
#define REQUEST  (SHARED_WINDOW + 1 * PAGE)
#define RESPONSE (SHARED_WINDOW + 2 * PAGE)

static void set(unsigned offset, uint64_t value)
{
    *(volatile uint64_t *)(GHCB + offset) = value;
    *(volatile uint8_t *)(GHCB + 0x3f0 + offset / 64) |= (uint8_t)(1 << offset / 8 % 8);
}

/* SNP guest request: the hypervisor passes one page to the secure processor and gets another. */
static void exchange(void)
{
    memset(GHCB, 0, PAGE);
    *(volatile uint16_t *)(GHCB + 0xffa) = 2;
    set(0x390, 0x80000011);
    set(0x398, (uintptr_t)REQUEST);
    set(0x3a0, (uintptr_t)RESPONSE);
    wrmsr(MSR_GHCB, (uintptr_t)GHCB);
    vmgexit();
    if (*(volatile uint64_t *)(GHCB + 0x3a0)) {
        print("the hypervisor did not pass the message on\n");
        power_off();
    }
}

/* --- the guest's part: a message that only the secure processor can read --- */

/* At launch the secure processor wrote keys into this page (kit/rom.S). VMPCK 0 is at 20h. */
#define VMPCK0 ((const uint8_t *)0x90020)

#define REPORT_SIZE 0x4a0

struct __attribute__((packed)) message {
    uint8_t tag[32];
    uint64_t sequence, zero;
    uint8_t algorithm, version; /* from here on the header is authenticated, too */
    uint16_t header_size;
    uint8_t type, type_version;
    uint16_t size;
    uint32_t zero2;
    uint8_t vmpck, zero3[35];
    uint8_t payload[4000];
};

/* What is authenticated of a header: 30h to 5Fh. */
#define AAD(m)   ((const uint8_t *)&(m)->algorithm)
#define AAD_SIZE 0x30

static struct message message;

/* The IV is the sequence number, which is never used twice with a key. */
static void iv_of(const struct message *m, uint8_t iv[12])
{
    memset(iv, 0, 12);
    memcpy(iv, &m->sequence, 8);
}

/* Ask for a report about these 64 bytes. It is then in message.payload. Return NULL, or what is wrong. */
static const char *get_report(const uint8_t data[64])
{
    uint8_t iv[12];

    message = (struct message){.sequence = 1,
                               .algorithm = 1, /* AES-256-GCM */
                               .version = 1,
                               .header_size = 0x60,
                               .type = 5, /* MSG_REPORT_REQ */
                               .type_version = 1,
                               .size = 0x60};
    memcpy(message.payload, data, 64);
    iv_of(&message, iv);
    gcm_encrypt(VMPCK0, iv, AAD(&message), AAD_SIZE, message.payload, message.size, message.tag);
    memcpy(REQUEST, &message, PAGE);
    exchange();
    /* Copy it first, then check it: what is shared can change at any time. */
    memcpy(&message, RESPONSE, PAGE);
    if (message.type != 6 || message.sequence != 2 || message.size > sizeof(message.payload))
        return "this is not the answer";
    iv_of(&message, iv);
    if (gcm_decrypt(VMPCK0, iv, AAD(&message), AAD_SIZE, message.payload, message.size,
                    message.tag))
        return "this answer is not from the secure processor";
    return message.payload[0] ? "the secure processor refuses" : NULL;
}

/* --- in and out --- */

/* The first sector of the disk, by PIO. */
static void read_sector(uint16_t sector[256])
{
    outb(0x1f6, 0xe0);
    outb(0x1f2, 1);
    outb(0x1f3, 0);
    outb(0x1f4, 0);
    outb(0x1f5, 0);
    outb(0x1f7, 0x20);
    while ((inb(0x1f7) & 0x88) != 0x08)
        ;
    for (unsigned i = 0; i < 256; i += 2) {
        const uint32_t two = inl(0x1f0);

        memcpy(sector + i, &two, 4);
    }
}

static void print_base64(const uint8_t *bytes, size_t len)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

    for (size_t i = 0; i < len; i += 3) {
        const unsigned more = len - i > 2 ? 2 : (unsigned)(len - i - 1);
        const unsigned v =
            bytes[i] << 16 | (more > 0 ? bytes[i + 1] << 8 : 0) | (more > 1 ? bytes[i + 2] : 0);

        for (unsigned j = 0; j < 4; j++)
            print("%c", j <= more + 1 ? digits[v >> (18 - 6 * j) & 63] : '=');
    }
    print("\n");
}

/* No other #VC is expected. */
void guest_main(uint64_t cbit)
{
    static uint16_t sector[256];
    const char *wrong;

    (void)cbit;
    share(GHCB);
    share(REQUEST);
    share(RESPONSE);
    if (ask((uintptr_t)GHCB | 0x012) != ((uintptr_t)GHCB | 0x013)) /* register the GHCB */
        terminate(0);
    install();
    read_sector(sector);
    wrong = get_report((const uint8_t *)sector);
    if (wrong)
        print("no report: %s\n", wrong);
    else
        print_base64(message.payload + 0x20, REPORT_SIZE);
    power_off();
}
