/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The `sev:` directive, see bochs-sev(5). opt.c parses its text. The accepted text is kept in
 * Bochs's parameter tree (user.sev.*) for the menus and for "save options". Errors are reported with
 * file and line.
 */
#define BX_PLUGGABLE

#include "iodev.h"
#include "sev_options.h"
#include "sev_log.h"

#include <stdio.h>
#include <string.h>

#include <memory>
#include <string>

#include "opt.h"

static const size_t error_size = 800; /* Bochs's message buffers hold 1 KiB with prefixes */

static bx_list_c *bx_sev_params(void)
{
    return (bx_list_c *)SIM->get_param("user.sev");
}

/* Parse one "name=value" of the directive. */
static void bx_sev_parse(struct opt *scratch, const char *context, const char *param)
{
    char error[error_size];
    const char *equals = strchr(param, '=');

    if (!equals)
        BX_FATAL(("%s: sev: '%.200s' is not of the form parameter=value", context, param));
    std::string name(param, equals - param), value(equals + 1);
    /* Bochs stores a parameter in BX_PATHNAME_LEN characters and would cut a longer one. */
    if (value.size() >= BX_PATHNAME_LEN)
        BX_FATAL(("%s: sev: %.64s: the value is longer than %d characters", context, name.c_str(),
                  BX_PATHNAME_LEN - 1));
    if (!opt_set(scratch, name.c_str(), value.c_str(), error, sizeof(error)))
        BX_FATAL(("%s: sev: %s", context, error));
    SIM->get_param_string(name.c_str(), bx_sev_params())->set(value.c_str());
}

static Bit32s bx_sev_directive(const char *context, int num_params, char *params[])
{
    std::unique_ptr<struct opt> scratch(new struct opt);

    opt_init(scratch.get());
    for (int i = 1; i < num_params; i++)
        bx_sev_parse(scratch.get(), context, params[i]);
    return 0;
}

/* "Save options": write the parameters that differ from their defaults. Each has a line of its own,
 * because the parser's lines are limited. */
static Bit32s bx_sev_save(FILE *fp)
{
    fprintf(fp, "sev: enabled=%s\n", SIM->get_param_string("enabled", bx_sev_params())->getptr());
    for (unsigned i = 0; i < opt_count(); i++) {
        const char *value = SIM->get_param_string(opt_name(i), bx_sev_params())->getptr();
        if (strcmp(value, opt_default(i)) && strcmp(opt_name(i), "enabled"))
            fprintf(fp, "sev: %s=\"%s\"\n", opt_name(i), value);
    }
    return 0;
}

void bx_sev_options_register(void)
{
    bx_list_c *menu = new bx_list_c(SIM->get_param("user"), "sev", "AMD SEV");

    menu->set_options(bx_list_c::SHOW_PARENT);
    for (unsigned i = 0; i < opt_count(); i++)
        new bx_param_string_c(menu, opt_name(i), opt_name(i), opt_allowed(i), opt_default(i),
                              BX_PATHNAME_LEN);
    SIM->register_addon_option("sev", bx_sev_directive, bx_sev_save);
}

void bx_sev_options_unregister(void)
{
    SIM->unregister_addon_option("sev");
    ((bx_list_c *)SIM->get_param("user"))->remove("sev");
}

void bx_sev_options_get(struct opt *opt)
{
    char error[error_size];

    opt_init(opt);
    for (unsigned i = 0; i < opt_count(); i++) {
        const char *value = SIM->get_param_string(opt_name(i), bx_sev_params())->getptr();
        if (!opt_set(opt, opt_name(i), value, error, sizeof(error)))
            BX_FATAL(("sev: %s", error));
    }
    if (!opt_check(opt, error, sizeof(error)))
        BX_FATAL(("sev: %s", error));
}
