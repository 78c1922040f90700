/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Exercise 4, the given part: the host, which accesses the queue's page through a mapping without
 * the C-bit, and the guest that uses it.
 */
#include "kit.h"

#define QUEUE_MAGIC 0x51554555u
#define QUEUE_SIZE  64u

struct queue {
    volatile uint32_t magic, sent, taken, number[QUEUE_SIZE];
};

struct queue *queue_open(uint64_t cbit, void *page);
uint32_t queue_sum(struct queue *queue);
void queue_close(uint64_t cbit, struct queue *queue);

static void check(int good, const char *what, const char *reason)
{
    if (good)
        print("ok %s\n", what);
    else
        print("not %s: %s\n", what, reason);
}

/* Map the page without the C-bit, as the host has it. */
static struct queue *host_queue(const void *page)
{
    struct queue *queue = (struct queue *)0x20000000;

    *page_entry(queue) = (uintptr_t)page | PTE_PRESENT | PTE_WRITE;
    flush_page(queue);
    return queue;
}

void guest_main(uint64_t cbit)
{
    uint8_t *page = page_new();
    uint32_t numbers = (uint32_t)argument("numbers", 10), wanted = 0, wrong = 0;
    struct queue *queue = queue_open(cbit, page), *host = host_queue(page);
    int known = host->magic == QUEUE_MAGIC;

    check(known, "the host knows the queue",
          "where the magic number should be it sees something else");
    for (uint32_t i = 0; known && i < numbers; i++) {
        host->number[i] = i * i + 1;
        wanted += i * i + 1;
        host->sent++;
    }
    check(queue_sum(queue) == wanted && known, "the numbers arrive",
          "queue_sum() returned another sum than that of the numbers sent");
    check(host->taken == host->sent, "the host knows what was taken",
          "it does not find in `taken` what the guest wrote there");
    queue_close(cbit, queue);
    check((*page_entry(page) & cbit) != 0, "the page is private again",
          "its page-table entry has no C-bit");
    flush_page(page);
    for (unsigned i = 0; i < PAGE; i++)
        wrong += page[i] != 0;
    check(!wrong, "and empty", "the guest finds bytes that are not zero");
    print("done\n");
    stop();
}
