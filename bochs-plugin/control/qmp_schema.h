/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What query-qmp-schema answers: the commands, events and types of the control socket, as QEMU
 * describes its own.
 *
 * Source: QEMU qapi/introspect.json SchemaInfo; the names and members of types are those of QEMU
 * qapi/misc-i386.json, run-state.json, control.json and introspect.json. x-bochs-save is not QEMU's.
 */
#ifndef SEV_QMP_SCHEMA_H
#define SEV_QMP_SCHEMA_H

#include <jansson.h>

#ifdef __cplusplus
extern "C" {
#endif

/* A new reference, NULL without memory. */
json_t *qmp_schema(void);

#ifdef __cplusplus
}
#endif
#endif
