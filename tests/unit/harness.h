/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A host for the secure processor in unit tests: RAM in an array, keys by ASID, deterministic
 * random numbers and time, a record of the last trace, and faults on demand in every callback.
 *
 * Source: the contract of psp-model/psp_host.h.
 */
#ifndef TESTS_HARNESS_H
#define TESTS_HARNESS_H

#include "unit.h"

#include <stdbool.h>
#include <string.h>

#include "psp.h"

#define RAM_SIZE 0x400000u /* from address 0 */
#define ASIDS    5u
#define CPUS     2u

/* Where tests put things. */
#define CMD_ADDR   0x1000u
#define BLOB_ADDR  0x2000u
#define TRANS_ADDR 0x8000u
#define DATA_ADDR  0x100000u

enum fault {
    FAULT_RAM_READ,
    FAULT_RAM_WRITE,
    FAULT_KEY_INSTALL,
    FAULT_RANDOM,
    FAULT_NV_LOAD,
    FAULT_NV_STORE,
    FAULT_RMP_SET,
    FAULT_COUNT
};

struct harness {
    uint8_t *ram;
    struct {
        bool loaded;
        uint8_t vek[16];
    } keys[ASIDS + 1];
    struct psp_rmp_entry rmp[RAM_SIZE / 0x1000u]; /* used after harness_snp() */
    uint64_t seed, clock;
    int64_t clock_step; /* what each look at the clock adds, 7 */
    uint8_t nv[0x10000];
    size_t nv_len;

    /* A fault: after[x] more calls of x succeed, the next one fails; negative = no fault. */
    int after[FAULT_COUNT];
    unsigned calls[FAULT_COUNT];
    unsigned errors_logged;

    unsigned traces;
    struct psp_event trace;
    uint8_t trace_region[48], trace_launch[48];
    bool trace_has_region, trace_has_launch;
    void (*on_trace)(struct harness *harness); /* called inside a command */
    void *on_trace_arg;

    enum psp_issuer issuer;   /* of the commands of exec(); PSP_ISSUER_GUEST */
    uint64_t hypervisor_only; /* memory from here on accepts PSP_ISSUER_HYPERVISOR only; 0 = none */
    unsigned issuers_seen;    /* a bit for each enum psp_issuer that the callbacks received */

    struct psp_host host;
    struct psp_config config;
    struct psp *psp;
};

/* API 0.24 build 15, 5 ASIDs, 2 CPUs, random keys; change ->config or ->host and call
 * harness_start() again for something else. */
struct harness *harness_new(void);
void harness_start(struct harness *harness);
/* Start again as a platform with SEV-SNP: API 1.55, an RMP for all of RAM. */
void harness_snp(struct harness *harness);
void harness_free(struct harness *harness);

void harness_fail(struct harness *harness, enum fault fault, int after);
void harness_no_faults(struct harness *harness);

/* Raw memory contents. */
void put(struct harness *harness, uint64_t addr, const void *data, size_t len);
void put32(struct harness *harness, uint64_t addr, uint32_t v);
void put64(struct harness *harness, uint64_t addr, uint64_t v);
uint32_t get32(const struct harness *harness, uint64_t addr);
/* RAM as private accesses of the guest that is active under `asid` see it. */
void guest_read(struct harness *harness, uint32_t asid, uint64_t addr, void *out, size_t len);

/* Zero a command buffer at CMD_ADDR; fields are then set with put32() and put64(). */
void cmd_clear(struct harness *harness);
/* The buffer of the commands that move a packet: its header at `header`, its data at TRANS_ADDR,
 * the guest's page at `guest`; `len` bytes. */
void cmd_packet(struct harness *harness, uint32_t handle, uint64_t header, uint64_t guest,
                uint32_t len);
enum sev_status exec(struct harness *harness, enum sev_cmd command);

/* Steps of the launch, each asserting SUCCESS. */
void do_init(struct harness *harness); /* INIT, DF_FLUSH */
uint32_t do_start(struct harness *harness, uint32_t policy);
void do_activate(struct harness *harness, uint32_t handle, uint32_t asid);
void do_update(struct harness *harness, uint32_t handle, uint64_t addr, uint32_t len);
void do_measure(struct harness *harness, uint32_t handle, uint8_t blob[48]);
void do_finish(struct harness *harness, uint32_t handle);
/* All of them: a guest that is RUNNING under `asid`. */
uint32_t do_launch(struct harness *harness, uint32_t policy, uint32_t asid);

enum sev_status exec_start(struct harness *harness, uint32_t handle, uint32_t policy);
enum sev_status exec_handle(struct harness *harness, enum sev_cmd command, uint32_t handle);
enum sev_status exec_activate(struct harness *harness, uint32_t handle, uint32_t asid);
enum sev_status exec_region(struct harness *harness, enum sev_cmd command, uint32_t handle,
                            uint64_t addr, uint32_t len);
uint8_t guest_state(struct harness *harness, uint32_t handle);
uint8_t platform_state(struct harness *harness);

/* A picture of everything that software can observe: states, guests, keys, RAM. Two of them are
 * equal if a command changed nothing. The command buffer's page is left out. */
struct snapshot {
    uint8_t digest[32];
    uint8_t state[32]; /* all but RAM */
};
struct snapshot snapshot(struct harness *harness);
#define assert_unchanged(harness, before)                                                          \
    do {                                                                                           \
        struct snapshot now_ = snapshot(harness);                                                  \
        assert_memory_equal(now_.digest, (before).digest, 32);                                     \
    } while (0)

#endif
