/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The schema of the control socket; see qmp_schema.h.
 */
#include "qmp_schema.h"

#include <stdbool.h>
#include <string.h>

/* Names in one text are separated by spaces. A member is name:type, and *name:type if it is
 * optional. */
struct builtin {
    const char *name, *json_type;
};

struct enumeration {
    const char *name, *values;
};

struct object {
    const char *name, *members;
    const char *tag, *variants; /* value:type, or NULL */
};

struct operation {
    const char *name, *arg, *ret; /* an event has no ret */
};

/* clang-format off */
static const struct builtin builtins[] = {
    {"str", "string"}, {"int", "int"}, {"bool", "boolean"}, {"any", "value"},
};

static const char *const arrays[] = {
    "CommandInfo", "QMPCapability", "SchemaInfo", "SchemaInfoObjectMember", "SchemaInfoObjectVariant",
    "SchemaInfoAlternateMember", "SchemaInfoEnumMember", "str",
};

static const struct enumeration enumerations[] = {
    {"JSONType", "string number int boolean null object array value"},
    {"QMPCapability", "oob"},
    {"RunState", "prelaunch running paused"},
    {"SchemaMetaType", "builtin enum array object alternate command event"},
    {"SevGuestType", "sev sev-snp"},
    {"SevState", "uninit launch-update launch-secret running send-update receive-update"},
    {"ShutdownCause", "host-qmp-quit host-qmp-system-reset guest-shutdown"},
};

static const struct object objects[] = {
    {"q_empty", "", NULL, NULL},
    {"q_obj_qmp_capabilities-arg", "*enable:[QMPCapability]", NULL, NULL},
    {"q_obj_query-sev-attestation-report-arg", "mnonce:str", NULL, NULL},
    {"q_obj_sev-inject-launch-secret-arg", "packet-header:str secret:str *gpa:int", NULL, NULL},
    {"q_obj_x-bochs-save-arg", "path:str", NULL, NULL},
    {"q_obj_RESET-arg", "guest:bool reason:ShutdownCause", NULL, NULL},
    {"q_obj_SHUTDOWN-arg", "guest:bool reason:ShutdownCause", NULL, NULL},
    {"CommandInfo", "name:str", NULL, NULL},
    {"SchemaInfo", "name:str meta-type:SchemaMetaType *features:[str]", "meta-type",
     "builtin:SchemaInfoBuiltin enum:SchemaInfoEnum array:SchemaInfoArray object:SchemaInfoObject "
     "alternate:SchemaInfoAlternate command:SchemaInfoCommand event:SchemaInfoEvent"},
    {"SchemaInfoAlternate", "members:[SchemaInfoAlternateMember]", NULL, NULL},
    {"SchemaInfoAlternateMember", "type:str", NULL, NULL},
    {"SchemaInfoArray", "element-type:str", NULL, NULL},
    {"SchemaInfoBuiltin", "json-type:JSONType", NULL, NULL},
    {"SchemaInfoCommand", "arg-type:str ret-type:str *allow-oob:bool", NULL, NULL},
    {"SchemaInfoEnum", "members:[SchemaInfoEnumMember] values:[str]", NULL, NULL},
    {"SchemaInfoEnumMember", "name:str *features:[str]", NULL, NULL},
    {"SchemaInfoEvent", "arg-type:str", NULL, NULL},
    {"SchemaInfoObject", "members:[SchemaInfoObjectMember] *tag:str *variants:[SchemaInfoObjectVariant]",
     NULL, NULL},
    {"SchemaInfoObjectMember", "name:str type:str *default:any *features:[str]", NULL, NULL},
    {"SchemaInfoObjectVariant", "case:str type:str", NULL, NULL},
    {"SevAttestationReport", "data:str", NULL, NULL},
    {"SevCapability", "pdh:str cert-chain:str cpu0-id:str cbitpos:int reduced-phys-bits:int", NULL, NULL},
    {"SevGuestInfo", "policy:int handle:int", NULL, NULL},
    {"SevInfo", "enabled:bool api-major:int api-minor:int build-id:int state:SevState sev-type:SevGuestType",
     "sev-type", "sev:SevGuestInfo sev-snp:SevSnpGuestInfo"},
    {"SevLaunchMeasureInfo", "data:str", NULL, NULL},
    {"SevSnpGuestInfo", "snp-policy:int", NULL, NULL},
    {"StatusInfo", "running:bool status:RunState", NULL, NULL},
    {"VersionInfo", "qemu:VersionTriple package:str", NULL, NULL},
    {"VersionTriple", "major:int minor:int micro:int", NULL, NULL},
};

static const struct operation operations[] = {
    {"qmp_capabilities", "q_obj_qmp_capabilities-arg", "q_empty"},
    {"query-version", "q_empty", "VersionInfo"},
    {"query-commands", "q_empty", "[CommandInfo]"},
    {"query-qmp-schema", "q_empty", "[SchemaInfo]"},
    {"query-status", "q_empty", "StatusInfo"},
    {"cont", "q_empty", "q_empty"},
    {"stop", "q_empty", "q_empty"},
    {"quit", "q_empty", "q_empty"},
    {"system_reset", "q_empty", "q_empty"},
    {"x-bochs-save", "q_obj_x-bochs-save-arg", "q_empty"},
    {"query-sev", "q_empty", "SevInfo"},
    {"query-sev-capabilities", "q_empty", "SevCapability"},
    {"query-sev-launch-measure", "q_empty", "SevLaunchMeasureInfo"},
    {"sev-inject-launch-secret", "q_obj_sev-inject-launch-secret-arg", "q_empty"},
    {"query-sev-attestation-report", "q_obj_query-sev-attestation-report-arg", "SevAttestationReport"},
    {"STOP", "q_empty", NULL},
    {"RESUME", "q_empty", NULL},
    {"RESET", "q_obj_RESET-arg", NULL},
    {"SHUTDOWN", "q_obj_SHUTDOWN-arg", NULL},
};
/* clang-format on */

#define LENGTH(table) (sizeof(table) / sizeof((table)[0]))

/* One JSON value for each word of `text`. */
static json_t *words(const char *text, json_t *(*make)(const char *word, size_t len))
{
    json_t *list = json_array();

    for (size_t len; *text; text += len + (text[len] == ' ')) {
        len = strcspn(text, " ");
        json_array_append_new(list, make(text, len));
    }
    return list;
}

static json_t *plain(const char *word, size_t len)
{
    return json_stringn(word, len);
}

static json_t *enum_member(const char *word, size_t len)
{
    return json_pack("{s:o}", "name", json_stringn(word, len));
}

/* "name:type" as an object of two strings. */
static json_t *pair(const char *word, size_t len, const char *first, const char *second)
{
    const size_t at = (size_t)((const char *)memchr(word, ':', len) - word);

    return json_pack("{s:o, s:o}", first, json_stringn(word, at), second,
                     json_stringn(word + at + 1, len - at - 1));
}

static json_t *member(const char *word, size_t len)
{
    const bool optional = *word == '*';
    json_t *object = pair(word + optional, len - optional, "name", "type");

    if (optional)
        json_object_set_new(object, "default", json_null());
    return object;
}

static json_t *variant(const char *word, size_t len)
{
    return pair(word, len, "case", "type");
}

static void add(json_t *list, const char *name, const char *meta_type, json_t *info)
{
    json_object_set_new(info, "name", json_string(name));
    json_object_set_new(info, "meta-type", json_string(meta_type));
    json_array_append_new(list, info);
}

static void add_object(json_t *list, const struct object *o)
{
    json_t *info = json_pack("{s:o}", "members", words(o->members, member));

    if (o->tag) {
        json_object_set_new(info, "tag", json_string(o->tag));
        json_object_set_new(info, "variants", words(o->variants, variant));
    }
    add(list, o->name, "object", info);
}

static void add_array(json_t *list, const char *element)
{
    json_t *name = json_sprintf("[%s]", element);

    add(list, json_string_value(name), "array", json_pack("{s:s}", "element-type", element));
    json_decref(name);
}

json_t *qmp_schema(void)
{
    json_t *list = json_array();

    for (size_t i = 0; i < LENGTH(operations); i++) {
        const struct operation *o = &operations[i];
        json_t *info = json_pack("{s:s}", "arg-type", o->arg);

        if (o->ret)
            json_object_set_new(info, "ret-type", json_string(o->ret));
        add(list, o->name, o->ret ? "command" : "event", info);
    }
    for (size_t i = 0; i < LENGTH(objects); i++)
        add_object(list, &objects[i]);
    for (size_t i = 0; i < LENGTH(arrays); i++)
        add_array(list, arrays[i]);
    for (size_t i = 0; i < LENGTH(enumerations); i++)
        add(list, enumerations[i].name, "enum",
            json_pack("{s:o, s:o}", "members", words(enumerations[i].values, enum_member), "values",
                      words(enumerations[i].values, plain)));
    for (size_t i = 0; i < LENGTH(builtins); i++)
        add(list, builtins[i].name, "builtin",
            json_pack("{s:s}", "json-type", builtins[i].json_type));
    return list;
}
