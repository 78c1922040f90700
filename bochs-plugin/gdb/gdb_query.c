/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The packets with which gdb asks about the machine and sets modes: q..., Q...
 *
 * Source: gdb/doc/gdb.texinfo, "General Query Packets".
 */
#include "gdb_reply.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "gdb_registers.h"

typedef void query(struct gdb_server *server, struct gdb_text text);

static bool has_word(const struct gdb_text *text, const char *word)
{
    const size_t len = strlen(word);

    for (const char *p = text->at; p + len <= text->end; p++)
        if (!memcmp(p, word, len) && (p + len == text->end || p[len] == ';') &&
            (p == text->at || p[-1] == ';'))
            return true;
    return false;
}

static void supported(struct gdb_server *server, struct gdb_text text)
{
    gdb_get_char(&text, ':');
    server->swbreak = has_word(&text, "swbreak+");
    server->hwbreak = has_word(&text, "hwbreak+");
    gdb_put(&server->reply,
            "PacketSize=%x;qXfer:features:read+;QStartNoAckMode+;vContSupported+;swbreak+;hwbreak+",
            GDB_PACKET_MAX);
}

static void start_no_ack(struct gdb_server *server, struct gdb_text text)
{
    (void)text;
    server->no_acknowledgements = true;
    gdb_put(&server->reply, "OK");
}

static void attached(struct gdb_server *server, struct gdb_text text)
{
    (void)text;
    gdb_put(&server->reply, "1");
}

static void current_thread(struct gdb_server *server, struct gdb_text text)
{
    (void)text;
    gdb_put(&server->reply, "QC%x", server->cpu + 1);
}

static void threads(struct gdb_server *server, struct gdb_text text)
{
    const unsigned n = server->ops->cpus(server->ctx);

    (void)text;
    for (unsigned i = 0; i < n; i++)
        gdb_put(&server->reply, "%c%x", i ? ',' : 'm', i + 1);
}

static void no_more_threads(struct gdb_server *server, struct gdb_text text)
{
    (void)text;
    gdb_put(&server->reply, "l");
}

static void thread_info(struct gdb_server *server, struct gdb_text text)
{
    char line[200] = "";
    int cpu;

    if (!gdb_get_char(&text, ',') || !gdb_get_thread(server, &text, &cpu) || cpu < 0) {
        gdb_put_error(&server->reply, EINVAL);
        return;
    }
    server->ops->describe(server->ctx, (unsigned)cpu, line, sizeof(line));
    gdb_put_bytes(&server->reply, (const uint8_t *)line, strlen(line));
}

/* A part of target.xml: "m" and a part that others follow, "l" and the last part. The text needs no
 * escapes, so a part may have the size of a packet. */
static void features(struct gdb_server *server, struct gdb_text text)
{
    static const char annex[] = ":target.xml:";
    const char *xml = gdb_target_xml();
    uint64_t offset, len;
    size_t left;

    if ((size_t)(text.end - text.at) < strlen(annex) || memcmp(text.at, annex, strlen(annex))) {
        gdb_put(&server->reply, "E00"); /* no such document */
        return;
    }
    text.at += strlen(annex);
    if (!xml || !gdb_get_number(&text, &offset) || !gdb_get_char(&text, ',') ||
        !gdb_get_number(&text, &len) || offset > strlen(xml)) {
        gdb_put_error(&server->reply, EINVAL);
        return;
    }
    left = strlen(xml) - (size_t)offset;
    if (len > GDB_PACKET_MAX / 2)
        len = GDB_PACKET_MAX / 2;
    gdb_put(&server->reply, "%c%.*s", left > len ? 'm' : 'l', (int)(left > len ? len : left),
            xml + offset);
}

/* Commands of the user, in hexadecimal. */
static void monitor(struct gdb_server *server, struct gdb_text text)
{
    char line[1024];
    size_t len;

    if (!gdb_get_char(&text, ',') || (text.end - text.at) % 2 ||
        (size_t)(text.end - text.at) / 2 >= sizeof(line)) {
        gdb_put_error(&server->reply, EINVAL);
        return;
    }
    len = (size_t)(text.end - text.at) / 2;
    if (!gdb_get_bytes(&text, (uint8_t *)line, len)) {
        gdb_put_error(&server->reply, EINVAL);
        return;
    }
    line[len] = 0;
    server->ops->monitor(server->ctx, server->cpu, line);
    gdb_put(&server->reply, "OK");
}

static const struct {
    const char *name;
    query *run;
} queries[] = {
    {"qAttached", attached},
    {"qC", current_thread},
    {"qRcmd", monitor},
    {"qSupported", supported},
    {"qThreadExtraInfo", thread_info},
    {"qXfer:features:read", features},
    {"qfThreadInfo", threads},
    {"qsThreadInfo", no_more_threads},
    {"QStartNoAckMode", start_no_ack},
};

/* A name ends where the packet does, at a comma or at a colon. */
void gdb_query(struct gdb_server *server, struct gdb_text text)
{
    for (size_t i = 0; i < sizeof(queries) / sizeof(queries[0]); i++) {
        const size_t len = strlen(queries[i].name);

        if ((size_t)(text.end - text.at) < len || memcmp(text.at, queries[i].name, len) ||
            (text.at + len < text.end && text.at[len] != ',' && text.at[len] != ':'))
            continue;
        text.at += len;
        queries[i].run(server, text);
        return;
    }
}
