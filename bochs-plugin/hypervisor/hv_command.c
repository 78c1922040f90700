/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Commands to the secure processor: build the buffer, execute, read the answer.
 */
#include "hv_priv.h"

#include <string.h>

#include "psp.h"
#include "protocol/buf.h"

bool hv_fail(struct hv_failure *failure, const char *step, const char *what, const char *words)
{
    *failure = (struct hv_failure){step, what, SEV_STATUS_SUCCESS, words};
    return false;
}

void hv_command_begin(struct hv_command *command, struct hv *hv, uint16_t id)
{
    memset(command, 0, sizeof(*command));
    command->hv = hv;
    command->id = id;
    command->buffer = hv_memory_alloc(&hv->memory, HV_PAGE_SIZE);
    command->full = !command->buffer;
}

void hv_command_put(struct hv_command *command, const void *data, size_t len)
{
    if (!command->full)
        hv_memory_write(&command->hv->memory, command->buffer + command->pos, data, len);
    command->pos += (unsigned)len;
}

void hv_command_fill(struct hv_command *command, unsigned len)
{
    command->pos = command->pos < len ? len : command->pos; /* the page is zero */
}

static void put(struct hv_command *command, uint64_t v, unsigned size)
{
    uint8_t bytes[8];
    struct buf b = buf_writer(bytes, sizeof(bytes));

    buf_put64(&b, v);
    hv_command_put(command, bytes, size);
}

void hv_command_put32(struct hv_command *command, uint32_t v)
{
    put(command, v, 4);
}

void hv_command_put64(struct hv_command *command, uint64_t v)
{
    put(command, v, 8);
}

uint64_t hv_command_place(struct hv_command *command, unsigned which, const void *data, size_t len)
{
    uint64_t spa = hv_memory_alloc(&command->hv->memory, len);

    command->data[which] = spa;
    command->data_len[which] = len;
    if (spa && data)
        hv_memory_write(&command->hv->memory, spa, data, len);
    if (!spa)
        command->full = true;
    return spa;
}

void hv_command_put_data(struct hv_command *command, unsigned which, const void *data, size_t len)
{
    hv_command_put64(command, hv_command_place(command, which, data, len));
    hv_command_put32(command, (uint32_t)len);
}

bool hv_command_exec(struct hv_command *command, const char *what, struct hv_failure *failure)
{
    const struct hv *hv = command->hv;
    const char *name = psp_command_name(command->id);
    enum sev_status status;

    if (command->full)
        return hv_fail(failure, name, what, "the hypervisor's memory is full");
    status = hv->ops.psp(hv->machine, command->id, command->pos ? command->buffer : 0);
    if (status == SEV_STATUS_SUCCESS)
        return true;
    *failure = (struct hv_failure){name, what, (uint16_t)status, psp_status_name((uint16_t)status)};
    return false;
}

uint32_t hv_command_get32(const struct hv_command *command, unsigned offset)
{
    uint8_t bytes[4] = {0};
    struct buf b = buf_reader(bytes, sizeof(bytes));

    hv_memory_read(&command->hv->memory, command->buffer + offset, bytes, sizeof(bytes));
    return buf_get32(&b);
}

void hv_command_get_data(const struct hv_command *command, unsigned which, void *out, size_t len)
{
    hv_memory_read(&command->hv->memory, command->data[which], out, len);
}

void hv_command_end(struct hv_command *command)
{
    hv_memory_free(&command->hv->memory, command->buffer, HV_PAGE_SIZE);
    for (unsigned i = 0; i < 2; i++)
        hv_memory_free(&command->hv->memory, command->data[i], command->data_len[i]);
}

bool hv_command_run(struct hv_command *command, const char *what, struct hv_failure *failure)
{
    const bool ok = hv_command_exec(command, what, failure);

    hv_command_end(command);
    return ok;
}

bool hv_command_run_region(struct hv_command *command, const char *region,
                           struct hv_failure *failure)
{
    bool ok;

    command->hv->region = region;
    ok = hv_command_run(command, region, failure);
    command->hv->region = NULL;
    return ok;
}
