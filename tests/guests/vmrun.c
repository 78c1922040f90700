/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A host runs SEV guests with VMRUN: launched through the secure processor's PCI function, run with the key
 * of their ASID. What the guest writes through C=1 is ciphertext for the host, for a guest without SEV and
 * for another guest; exits, nested page faults and VMRUNs that fail; ASIDs that are used again.
 *
 * Sources: Linux arch/x86/kvm/svm/sev.c sev_launch_start(), sev_launch_update_data(), sev_asid_free(),
 * sev_flush_asids() (the order of commands); arch/x86/include/asm/svm.h; include/linux/psp-sev.h.
 */
#include "guest.h"
#include "svm.h"

#define FUNCTION 0x80004000u /* 00:08.0 for the ports CF8h and CFCh */
#define PLAIN    UINT64_C(0x506c61696e746578)
#define MSR_PAT  0x277u
#define AT(page) ((uint64_t)(page)*PAGE_4K)

static uint64_t cbit;
static struct vm a, b, plain;
static uint32_t handle_a, handle_b;
static bool second_runs; /* the second CPU */

static uint64_t raw(const struct vm *vm, unsigned page)
{
    return *(volatile uint64_t *)(vm->ram + AT(page));
}

static void put_raw(const struct vm *vm, unsigned page, uint64_t value)
{
    *(volatile uint64_t *)(vm->ram + AT(page)) = value;
}

/* --- launch --- */

static void flush_caches(void *unused)
{
    (void)unused;
    wbinvd();
}

/* DF_FLUSH needs WBINVD of all CPUs, of which one or two run. */
static uint32_t flush(void)
{
    wbinvd();
    if (second_runs)
        on_cpu(1, flush_caches, NULL);
    return mbox_command(CMD_DF_FLUSH, 0);
}

static uint32_t finish(uint32_t handle)
{
    uint32_t len = 48;
    const uint32_t status = psp_measure(handle, (uintptr_t)shared(0x20000), &len);

    return status ? status : psp_handle(CMD_LAUNCH_FINISH, handle);
}

static uint32_t encrypt(const struct vm *vm, uint32_t handle)
{
    const uint32_t status =
        psp_update_data(handle, (uintptr_t)vm->ram, (uint32_t)AT(PAGE_LAUNCHED));

    return status ? status : finish(handle);
}

static void launch(struct vm *vm, uint32_t *handle, uint32_t asid)
{
    print("# launch of a guest with ASID %u\n", asid);
    vm_new(vm, cbit);
    vm_put(vm, VMCB_ASID, asid);
    *handle = 0;
    is(psp_launch_start(handle, 0), ST_SUCCESS, "LAUNCH_START");
    is(psp_activate(*handle, asid), ST_SUCCESS, "ACTIVATE");
    is(encrypt(vm, *handle), ST_SUCCESS, "LAUNCH_UPDATE_DATA, LAUNCH_MEASURE, LAUNCH_FINISH");
    ok(random_page(vm->ram + AT(PAGE_CODE)), "the guest's code is ciphertext for the host");
    is(vm_run(vm), EXIT_VMMCALL, "VMRUN: the code runs until its VMMCALL");
    is(vm_get(vm, VMCB_RIP), AT(PAGE_CODE), "RIP is there");
    is(vm_get(vm, VMCB_CR3), AT(PAGE_TABLES) | cbit, "CR3 has its C-bit");
    ok(random_page(vm->ram + AT(PAGE_CODE)), "and still ciphertext after the #VMEXIT");
}

/* --- memory --- */

static void memory(struct vm *vm)
{
    const uint64_t word = UINT64_C(0x1122334455667788);

    is(vm_do(vm, OP_STORE, AT(PAGE_PRIVATE), PLAIN), EXIT_VMMCALL, "the guest stores with C=1");
    ok(raw(vm, PAGE_PRIVATE) != PLAIN, "which is ciphertext for the host");
    is(vm_load(vm, AT(PAGE_PRIVATE)), PLAIN, "the guest reads it after the host has");
    is(vm_load(vm, AT(ALIAS + PAGE_PRIVATE)), raw(vm, PAGE_PRIVATE),
       "through C=0 it reads what the host reads");
    is(vm_load(vm, AT(PAGE_PRIVATE)), PLAIN, "and through C=1 its word again");

    is(vm_do(vm, OP_STORE, AT(PAGE_SHARED), word), EXIT_VMMCALL, "the guest stores with C=0");
    is(raw(vm, PAGE_SHARED), word, "the host reads it");
    put_raw(vm, PAGE_SHARED + 1, word + 1);
    is(vm_load(vm, AT(PAGE_SHARED + 1)), word + 1, "a word of the host, read with C=0");
    ok(vm_load(vm, AT(ALIAS + PAGE_SHARED + 1)) != word + 1, "is garbage through C=1");
    put_raw(vm, PAGE_PRIVATE, PLAIN);
    ok(vm_load(vm, AT(PAGE_PRIVATE)) != PLAIN, "and so is the host's word in a private page");
    is(vm_do(vm, OP_STORE, AT(PAGE_PRIVATE), PLAIN), EXIT_VMMCALL, "the guest stores again");
    is(vm_load(vm, AT(PAGE_PRIVATE)), PLAIN, "and reads it");
}

/* --- the guest's page tables and the nested ones --- */

static void page_tables(struct vm *vm)
{
    const volatile uint64_t *table = (uint64_t *)(vm->ram + AT(PAGE_TABLES + 3));

    is(vm_load(vm, AT(PAGE_TABLES + 3) + UINT64_C(8) * (PAGE_PRIVATE + 1)),
       AT(PAGE_PRIVATE + 1) | cbit | PTE_P | PTE_W, "the guest reads its own page table");
    (void)vm_load(vm, AT(PAGE_PRIVATE + 1));
    is(vm_load(vm, AT(PAGE_TABLES + 3) + UINT64_C(8) * (PAGE_PRIVATE + 1)),
       AT(PAGE_PRIVATE + 1) | cbit | PTE_P | PTE_W | PTE_A,
       "the accessed bit is set in it, encrypted");
    ok(table[PAGE_PRIVATE] != (AT(PAGE_PRIVATE) | cbit | PTE_P | PTE_W | PTE_A | PTE_D),
       "the host sees no entry there");
    is(vm->nested[PAGE_PRIVATE + 1] & (PTE_P | PTE_W | PTE_U | PTE_A),
       PTE_P | PTE_W | PTE_U | PTE_A, "the accessed bit of the nested entry is there for the host");
    ok(vm->nested[PAGE_PRIVATE] & PTE_D, "the dirty bit of a page that was written, too");
}

static void faults(struct vm *vm)
{
    const uint64_t missing = (uintptr_t)vm->ram + AT(VM_PAGES - 1);

    is(vm_do(vm, OP_LOAD, AT(VM_PAGES), 0), EXIT_NPF, "a private page that is not there");
    is(vm_get(vm, VMCB_EXIT_INFO2), AT(VM_PAGES), "the address is without the C-bit");
    is(vm_get(vm, VMCB_EXIT_INFO1), NPF_FINAL | NPF_U, "error code: final page, read");
    vm->nested[VM_PAGES] = missing | PTE_P | PTE_W | PTE_U;
    is(vm_run(vm), EXIT_VMMCALL, "mapped by the host, it goes on");
    is(vm_do(vm, OP_STORE, AT(VM_PAGES + 1), 1), EXIT_NPF, "a shared page that is not there");
    is(vm_get(vm, VMCB_EXIT_INFO1), NPF_FINAL | NPF_U | NPF_W, "error code: final page, write");
    vm->nested[VM_PAGES + 1] = missing | cbit | PTE_P | PTE_W | PTE_U;
    is(vm_run(vm), EXIT_NPF, "an address with the C-bit in a nested entry");
    is(vm_get(vm, VMCB_EXIT_INFO1), NPF_FINAL | NPF_U | NPF_W | NPF_RSVD | NPF_P,
       "is a reserved bit");
    vm->nested[VM_PAGES + 1] = missing | PTE_P | PTE_W | PTE_U;
    is(vm_run(vm), EXIT_VMMCALL, "without it the guest goes on");

    vm->nested[PAGE_TABLES + 3] &= ~PTE_P;
    is(vm_run(vm), EXIT_NPF, "a page table of the guest that is not there");
    is(vm_get(vm, VMCB_EXIT_INFO2) & ~UINT64_C(0xfff), AT(PAGE_TABLES + 3),
       "its address is without the C-bit");
    ok(vm_get(vm, VMCB_EXIT_INFO1) & NPF_WALK, "error code: page walk");
    vm->nested[PAGE_TABLES + 3] |= PTE_P;
    is(vm_run(vm), EXIT_VMMCALL, "the guest goes on");
}

/* --- exits --- */

static void exits(struct vm *vm)
{
    is(vm_do(vm, OP_RDMSR, MSR_SEV_STATUS, 0), EXIT_VMMCALL,
       "RDMSR of SEV_STATUS makes no exit, although its bit in the map is set");
    is(vm_result(vm), 1, "SEV_STATUS");
    is(vm_do(vm, OP_RDMSR, MSR_SYSCFG, 0), EXIT_MSR, "RDMSR of SYSCFG does");
    is(vm_get(vm, VMCB_EXIT_INFO1), 0, "a read");
    is(vm_skip(vm, 2), EXIT_VMMCALL, "the guest goes on");
    is(vm_do(vm, OP_CPUID, 0x8000001f, 0), EXIT_CPUID, "CPUID");
    is(vm_skip(vm, 2), EXIT_VMMCALL, "the guest goes on");
    is(vm_do(vm, OP_OUT, 0x80, 0), EXIT_IO, "OUT");
    is(vm_get(vm, VMCB_EXIT_INFO1) >> 16, 0x80, "its port");
    is(vm_skip(vm, 1), EXIT_VMMCALL, "the guest goes on");
    is(vm_do(vm, OP_HLT, 0, 0), EXIT_HLT, "HLT");
    is(vm_skip(vm, 1), EXIT_VMMCALL, "the guest goes on");
    is(vm_do(vm, OP_READ_CR3, 0, 0), EXIT_VMMCALL, "MOV from CR3");
    is(vm_result(vm), AT(PAGE_TABLES) | cbit, "has the C-bit");
}

/* --- the host --- */

static void host(void)
{
    uint64_t *entry;
    struct table boot = {(uint64_t *)(uintptr_t)0x1000, 4, 0};
    uint32_t value;
    struct fault f;

    is((uint64_t)try_cr3(read_cr3() | cbit).vector, FAULT_GP,
       "in the host's CR3 the bit is reserved");
    entry = table_entry(&boot, 0x3000000, 2);
    *entry |= cbit;
    write_cr3(read_cr3());
    f = try_read((void *)0x3000000, &value);
    is((uint64_t)f.vector, FAULT_PF, "in its page tables too");
    is(f.error & PF_RSVD, PF_RSVD, "error code: reserved");
    *entry &= ~cbit;
    write_cr3(read_cr3());
    is(rdmsr(MSR_SEV_STATUS), 0, "SEV_STATUS of the host");
}

/* --- two guests, and one without SEV --- */

static void two_guests(void)
{
    const uint64_t was = b.nested[PAGE_PRIVATE + 4];

    is(vm_do(&a, OP_STORE, AT(PAGE_PRIVATE + 2), PLAIN), EXIT_VMMCALL, "guest 1 stores");
    is(vm_do(&b, OP_STORE, AT(PAGE_PRIVATE + 2), PLAIN), EXIT_VMMCALL, "guest 2 stores");
    ok(raw(&a, PAGE_PRIVATE + 2) != raw(&b, PAGE_PRIVATE + 2), "the same word, another ciphertext");
    is(vm_load(&a, AT(PAGE_PRIVATE + 2)), PLAIN, "guest 1 reads its word");
    is(vm_load(&b, AT(PAGE_PRIVATE + 2)), PLAIN, "guest 2 reads its word");
    b.nested[PAGE_PRIVATE + 4] = (uintptr_t)a.ram + AT(PAGE_PRIVATE + 2);
    b.nested[PAGE_PRIVATE + 4] |= PTE_P | PTE_W | PTE_U;
    ok(vm_load(&b, AT(PAGE_PRIVATE + 4)) != PLAIN, "guest 2 sees garbage in a page of guest 1");
    is(vm_load(&b, AT(ALIAS + PAGE_PRIVATE + 4)), raw(&a, PAGE_PRIVATE + 2),
       "and through C=0 the ciphertext");
    is(vm_load(&a, AT(PAGE_PRIVATE + 2)), PLAIN, "guest 1 still reads its word");
    b.nested[PAGE_PRIVATE + 4] = was;
}

/* mov $value, %eax; ret */
static uint64_t routine(uint32_t value)
{
    return 0xb8 | (uint64_t)value << 8 | UINT64_C(0xc3) << 40;
}

static void without_sev(void)
{
    vm_new(&plain, 0);
    vm_put(&plain, VMCB_ASID, 1); /* as guest 1 */
    is(vm_run(&plain), EXIT_VMMCALL, "a guest without SEV, with the ASID of guest 1, runs");
    is(vm_do(&plain, OP_STORE, AT(PAGE_PRIVATE), PLAIN), EXIT_VMMCALL, "it stores");
    is(raw(&plain, PAGE_PRIVATE), PLAIN, "the host reads it");
    is(vm_do(&plain, OP_RDMSR, MSR_SEV_STATUS, 0), EXIT_MSR, "SEV_STATUS is intercepted");
    is(vm_skip(&plain, 2), EXIT_VMMCALL, "it goes on");

    /* Guest 1 executes code, then the same page is code of the other guest: ciphertext. */
    is(vm_do(&a, OP_STORE, AT(PAGE_PRIVATE + 5), routine(77)), EXIT_VMMCALL, "guest 1 writes code");
    is(vm_do(&a, OP_CALL, AT(PAGE_PRIVATE + 5), 0), EXIT_VMMCALL, "and calls it");
    is(vm_result(&a), 77, "it returned");
    plain.nested[PAGE_PRIVATE + 5] = (uintptr_t)a.ram + AT(PAGE_PRIVATE + 5);
    plain.nested[PAGE_PRIVATE + 5] |= PTE_P | PTE_W | PTE_U;
    is(vm_load(&plain, AT(PAGE_PRIVATE + 5)), raw(&a, PAGE_PRIVATE + 5),
       "the guest without SEV reads ciphertext there");
    vm_put(&plain, VMCB_EXCEPTIONS, (uint64_t)vm_get(&plain, VMCB_INTERCEPT0) << 32 | 0xffffffff);
    is(vm_do(&a, OP_CALL, AT(PAGE_PRIVATE + 5), 0), EXIT_VMMCALL, "guest 1 calls its code again");
    ok(vm_do(&plain, OP_CALL, AT(PAGE_PRIVATE + 5), 0) != EXIT_VMMCALL || vm_result(&plain) != 77,
       "the other guest does not execute the code of guest 1");
    is(vm_do(&a, OP_CALL, AT(PAGE_PRIVATE + 5), 0), EXIT_VMMCALL, "guest 1 does");
    is(vm_result(&a), 77, "it returned");

    vm_new(&plain, 0);
    *(uint64_t *)(plain.ram + AT(PAGE_TABLES + 3) + 8 * PAGE_PRIVATE) |= cbit;
    vm_put(&plain, VMCB_EXCEPTIONS,
           (uint64_t)vm_get(&plain, VMCB_INTERCEPT0) << 32 | 1u << FAULT_PF);
    is(vm_run(&plain), EXIT_VMMCALL, "a guest without SEV whose page table has the bit");
    is(vm_do(&plain, OP_LOAD, AT(PAGE_PRIVATE), 0), 0x40 + FAULT_PF, "page fault");
    is(vm_get(&plain, VMCB_EXIT_INFO1), PF_P | PF_RSVD, "error code: reserved bit");
}

/* --- VMRUNs that fail --- */

static void refused(void)
{
    static const struct {
        uint32_t asid, control;
        const char *name;
    } rows[] = {
        {0, NESTED_PAGING | NESTED_SEV, "ASID 0"},
        {16, NESTED_PAGING | NESTED_SEV, "an ASID above the number of CPUID 8000001Fh"},
        {0xffffffff, NESTED_PAGING | NESTED_SEV, "the largest ASID"},
        {1, NESTED_SEV, "SEV without nested paging"},
        {1, NESTED_PAGING | NESTED_SEV | NESTED_SEV_ES, "SEV-ES, which this host does not have"},
    };

    static uint8_t was[4096];

    memcpy(was, a.vmcb, sizeof(was));
    for (unsigned i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        vm_put(&a, VMCB_ASID, rows[i].asid);
        vm_put(&a, VMCB_NESTED, rows[i].control);
        is(vm_run(&a), EXIT_INVALID, rows[i].name);
        memcpy(a.vmcb, was, sizeof(was));
    }
}

static void without_key(void)
{
    vm_new(&plain, cbit);
    vm_put(&plain, VMCB_ASID, 9);
    is(vm_run(&plain), EXIT_VMMCALL, "a SEV guest whose ASID has no key sees raw memory");
    is(vm_do(&plain, OP_STORE, AT(PAGE_PRIVATE), PLAIN), EXIT_VMMCALL, "it stores with C=1");
    is(raw(&plain, PAGE_PRIVATE), PLAIN, "the host reads it");
}

/* --- DBG_DECRYPT and ASIDs that are used again --- */

static void debug(void)
{
    uint8_t *out = shared(0x30000);

    is(vm_do(&a, OP_STORE, AT(PAGE_PRIVATE), PLAIN), EXIT_VMMCALL, "the guest stores");
    is(psp_decrypt(handle_a, a.ram + AT(PAGE_PRIVATE), out, 4096), ST_SUCCESS, "DBG_DECRYPT");
    is(*(uint64_t *)out, PLAIN, "gives the word that the guest wrote");
    ok(raw(&a, PAGE_PRIVATE) != PLAIN, "memory is ciphertext still");
}

static void recycle(void)
{
    struct vm old = a;
    uint32_t handle = 0;

    is(psp_handle(CMD_DEACTIVATE, handle_a), ST_SUCCESS, "DEACTIVATE of guest 1");
    ok(raw(&a, PAGE_PRIVATE) != PLAIN, "its memory is ciphertext");
    is(psp_handle(CMD_DECOMMISSION, handle_a), ST_SUCCESS, "DECOMMISSION");
    is(psp_launch_start(&handle, 0), ST_SUCCESS, "LAUNCH_START of another guest");
    is(psp_activate(handle, 1), ST_DFFLUSH_REQUIRED, "its ASID, before DF_FLUSH");
    is(mbox_command(CMD_DF_FLUSH, 0), ST_WBINVD_REQUIRED, "DF_FLUSH, before WBINVD");
    is(psp_handle(CMD_DECOMMISSION, handle), ST_SUCCESS, "DECOMMISSION");
    is(flush(), ST_SUCCESS, "WBINVD and DF_FLUSH");
    launch(&a, &handle_a, 1);
    memory(&a);
    a.nested[PAGE_PRIVATE + 6] = (uintptr_t)old.ram + AT(PAGE_PRIVATE);
    a.nested[PAGE_PRIVATE + 6] |= PTE_P | PTE_W | PTE_U;
    ok(vm_load(&a, AT(PAGE_PRIVATE + 6)) != PLAIN, "the old guest's memory is garbage");
    is(vm_load(&b, AT(PAGE_PRIVATE + 2)), PLAIN, "guest 2 still reads its word");
}

/* --- two CPUs (run-guest -c 2) --- */

#define ROUNDS 1000u

static struct vm a2; /* a second virtual CPU of guest 1 */
static unsigned wrong2;

/* Store and load words of one page, which the other CPU uses at the same time. */
static unsigned use_page(struct vm *vm, uint64_t at, bool host)
{
    unsigned wrong = 0;

    for (unsigned i = 0; i < ROUNDS; i++) {
        wrong += vm_do(vm, OP_STORE, at, PLAIN + i) != EXIT_VMMCALL;
        if (host)
            wrong += raw(&a, PAGE_PRIVATE + 8) == PLAIN + i;
        wrong += vm_load(vm, at) != PLAIN + i;
    }
    return wrong;
}

static void second_cpu(void *page)
{
    svm_init_cpu(page);
    wrong2 = use_page(&a2, AT(PAGE_PRIVATE + 8) + 64, false);
}

static void two_cpus(void)
{
    unsigned wrong;

    second_runs = ok(ap_start(NULL), "the second CPU starts");
    if (!second_runs)
        return;
    a2 = a;
    a2.vmcb = page_alloc(1);
    memcpy(a2.vmcb, a.vmcb, 4096);
    ap_begin(second_cpu, page_alloc(1));
    wrong = use_page(&a, AT(PAGE_PRIVATE + 8), true);
    ap_wait();
    is(wrong, 0, "one guest on two CPUs, and its host on the page that both use");
    is(wrong2, 0, "seen from the second CPU");
}

/* The test saves the machine while guest 15 runs, and goes on with it in another process. */
static void saved(void)
{
    const uint64_t pat = rdmsr(MSR_PAT);

    is(vm_do(&a, OP_STORE, AT(PAGE_PRIVATE), PLAIN + 1), EXIT_VMMCALL, "guest 1 stores");
    is(vm_do(&b, OP_STORE, AT(PAGE_PRIVATE), PLAIN), EXIT_VMMCALL, "guest 15 stores");
    print("# ready\n");
    is(vm_do(&b, OP_WAIT, AT(PAGE_PRIVATE), 0), EXIT_VMMCALL, "guest 15 goes on");
    is(vm_result(&b), PLAIN << 24, "it has read its word all the time");
    ok(raw(&b, PAGE_PRIVATE) != PLAIN, "which is ciphertext for the host");
    is(rdmsr(MSR_PAT), pat, "the host has its PAT");
    is(vm_load(&b, AT(PAGE_PRIVATE)), PLAIN, "it reads it again");
    is(vm_load(&a, AT(PAGE_PRIVATE)), PLAIN + 1, "guest 1 has its own");
    is(psp_handle(CMD_DEACTIVATE, handle_a), ST_SUCCESS, "DEACTIVATE");
    is(psp_handle(CMD_DECOMMISSION, handle_a), ST_SUCCESS, "DECOMMISSION");
    is(vm_load(&b, AT(PAGE_PRIVATE)), PLAIN, "guest 15 goes on without guest 1");
    done_testing();
}

void guest_main(void)
{
    trap_init();
    mbox_init();
    outl(0xcf8, FUNCTION | 0x18);
    mbox_at((volatile uint8_t *)(uintptr_t)(inl(0xcfc) & ~0xfu));
    cbit = 1ull << (cpuid(0x8000001f, 0).ebx & 0x3f);
    svm_init();
    is(psp_init(0, 0, 0), ST_SUCCESS, "INIT");
    is(flush(), ST_SUCCESS, "DF_FLUSH");
    launch(&a, &handle_a, 1);
    memory(&a);
    page_tables(&a);
    faults(&a);
    exits(&a);
    host();
    launch(&b, &handle_b, 15);
    memory(&b);
    if (vm_rounds(&b))
        return;
    if (argument("save", 0))
        return saved();
    two_guests();
    without_sev();
    refused();
    without_key();
    is(vm_load(&a, AT(PAGE_PRIVATE)), PLAIN, "after all that, guest 1 goes on");
    if (argument("cpus", 1) > 1)
        two_cpus();
    debug();
    recycle();
    done_testing();
}
