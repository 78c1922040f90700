/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The packets with which gdb lets the machine run: vCont, c, C, s, S. Signals, which C and S carry,
 * have no meaning for a machine and are ignored.
 *
 * Source: gdb/doc/gdb.texinfo, "vCont packet".
 */
#include "gdb_reply.h"

#include <errno.h>
#include <string.h>

/* c, Cxx, s, Sxx, or r with its range */
static bool get_action(struct gdb_text *text, struct gdb_resume *resume)
{
    const char letter = text->at < text->end ? *text->at++ : 0;
    uint64_t signal;

    memset(resume, 0, sizeof(*resume));
    switch (letter) {
    case 'C':
        resume->action = GDB_CONTINUE;
        return gdb_get_number(text, &signal);
    case 'c':
        resume->action = GDB_CONTINUE;
        return true;
    case 'S':
        resume->action = GDB_STEP;
        return gdb_get_number(text, &signal);
    case 's':
        resume->action = GDB_STEP;
        return true;
    case 'r':
        resume->action = GDB_RANGE;
        return gdb_get_number(text, &resume->from) && gdb_get_char(text, ',') &&
               gdb_get_number(text, &resume->to);
    }
    return false;
}

static void resume(struct gdb_server *server, const struct gdb_resume *cpus)
{
    server->running = server->resumed = true;
    server->no_answer = true; /* the answer is the next stop */
    server->ops->resume(server->ctx, cpus);
}

/* Of several actions the first that names a CPU counts. CPUs that none names hold. */
void gdb_vcont(struct gdb_server *server, struct gdb_text text)
{
    const unsigned n = server->ops->cpus(server->ctx);
    struct gdb_resume cpus[GDB_CPUS_MAX] = {{GDB_HOLD, 0, 0}}, action;
    bool named[GDB_CPUS_MAX] = {false}, any = false;

    while (gdb_get_char(&text, ';')) {
        int cpu = -1;

        if (!get_action(&text, &action) ||
            (gdb_get_char(&text, ':') && !gdb_get_thread(server, &text, &cpu)))
            break;
        if (cpu == -2)
            cpu = (int)server->cpu;
        for (unsigned i = 0; i < n; i++)
            if ((cpu < 0 || (unsigned)cpu == i) && !named[i]) {
                named[i] = any = true;
                cpus[i] = action;
            }
    }
    if (!any || text.at != text.end)
        gdb_put_error(&server->reply, EINVAL);
    else
        resume(server, cpus);
}

/* A step moves one CPU. */
void gdb_continue(struct gdb_server *server, struct gdb_text text, enum gdb_action action)
{
    struct gdb_resume cpus[GDB_CPUS_MAX] = {{GDB_HOLD, 0, 0}};

    if (text.at != text.end) { /* an address or a signal, which no gdb of today sends */
        gdb_put_error(&server->reply, EINVAL);
        return;
    }
    for (unsigned i = 0; i < server->ops->cpus(server->ctx); i++)
        if (action == GDB_CONTINUE || i == server->step_cpu)
            cpus[i].action = action;
    resume(server, cpus);
}
