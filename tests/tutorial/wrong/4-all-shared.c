/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Exercise 4, not solved but avoided: the page is never made private again.
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

    *page_entry(page) &= ~cbit;
    flush_page(page);
    queue->magic = QUEUE_MAGIC;
    queue->sent = queue->taken = 0;
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
    (void)cbit;
    flush_page(queue);
    memset(queue, 0, PAGE);
}
