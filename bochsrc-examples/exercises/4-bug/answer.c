/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Exercise 4: a queue through which the host sends numbers to the guest. It works in every emulator
 * that ignores the C-bit. With real encryption the host does not recognise it, and afterwards the
 * page is full of garbage. Find the reasons with the sanitizer, and fix them.
 *
 *   queue_open    makes a private page the queue: shared, and with its header
 *   queue_sum     takes all numbers that the host has sent, and returns their sum
 *   queue_close   makes it an empty private page again, all zeros
 */
#include "kit.h"

#define QUEUE_MAGIC 0x51554555u /* "QUEU": how the host knows the page */
#define QUEUE_SIZE  64u

struct queue {
    volatile uint32_t magic;
    volatile uint32_t sent;  /* by the host, so far */
    volatile uint32_t taken; /* by the guest */
    volatile uint32_t number[QUEUE_SIZE];
};

struct queue *queue_open(uint64_t cbit, void *page);
uint32_t queue_sum(struct queue *queue);
void queue_close(uint64_t cbit, struct queue *queue);

struct queue *queue_open(uint64_t cbit, void *page)
{
    struct queue *queue = page;

    queue->magic = QUEUE_MAGIC;
    queue->sent = queue->taken = 0;
    *page_entry(page) &= ~cbit;
    flush_page(page);
    return queue;
}

uint32_t queue_sum(struct queue *queue)
{
    uint32_t sum = 0;

    while (queue->taken < queue->sent && queue->taken < QUEUE_SIZE) {
        sum += queue->number[queue->taken];
        queue->taken++;
    }
    return sum;
}

void queue_close(uint64_t cbit, struct queue *queue)
{
    *page_entry(queue) |= cbit;
    memset(queue, 0, PAGE);
    flush_page(queue);
}
