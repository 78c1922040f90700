/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The table of commands: psp-model/COMMANDS.md has the same one as dispatch.c, and the API version
 * that is reported fits it.
 */
#include "unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dispatch.h"
#include "protocol/measure.h"

#define COLUMNS 9

static const struct dispatch_entry *rows;
static unsigned n_rows;

/* Split a table row at its bars and trim each cell; gives how many cells. */
static unsigned split(char *line, char *cell[COLUMNS])
{
    unsigned n = 0;

    for (char *p = strtok(line, "|"); p && n < COLUMNS; p = strtok(NULL, "|")) {
        while (*p == ' ')
            p++;
        for (char *end = p + strlen(p); end > p && (end[-1] == ' ' || end[-1] == '\n');)
            *--end = 0;
        if (*p)
            cell[n++] = p;
    }
    return n;
}

static unsigned states(const char *text, const char *letters, unsigned first)
{
    unsigned set = 0;

    if (strcmp(text, "\xe2\x80\x93") == 0) /* an en dash: none */
        return 0;
    for (; *text; text++) {
        const char *at = strchr(letters, *text);

        assert_non_null(at);
        set |= STATE(first + (unsigned)(at - letters));
    }
    return set;
}

static void check_row(char *cell[COLUMNS], const struct dispatch_entry *row)
{
    if (strtoul(cell[0], NULL, 16) != row->id)
        fail_msg("psp-model/COMMANDS.md has the row %s (%s) where dispatch.c has %s (%x): one of "
                 "the two lacks a row, or the order differs",
                 cell[0], cell[1], row->name, row->id);
    assert_string_equal(cell[1], row->name);
    assert_int_equal(strtoul(cell[2], NULL, 16), row->size);
    assert_int_equal(states(cell[3], "UIW", SEV_PLATFORM_UNINIT), row->platform_states);
    if (row->flags & CMD_SNP)
        assert_int_equal(states(cell[4], "ilR", SNP_GUEST_INIT), row->guest_states);
    else
        assert_int_equal(states(cell[4], "LSRsrx", SEV_GUEST_LUPDATE), row->guest_states);
    assert_non_null(strstr(cell[8], "test_"));
}

static void the_table_in_the_documentation(void **state)
{
    FILE *f = fopen(COMMANDS_MD, "r");
    char line[1024];
    unsigned seen = 0;

    (void)state;
    assert_non_null(f);
    while (fgets(line, sizeof(line), f)) {
        char *cell[COLUMNS];

        if (strncmp(line, "| ", 2) != 0 || strncmp(line, "| id", 4) == 0)
            continue;
        assert_int_equal(split(line, cell), COLUMNS);
        if (seen == n_rows)
            fail_msg("psp-model/COMMANDS.md has a row %s that dispatch.c has not", cell[0]);
        check_row(cell, &rows[seen++]);
    }
    fclose(f);
    if (seen < n_rows)
        fail_msg("%s (%x) has no row in psp-model/COMMANDS.md", rows[seen].name, rows[seen].id);
}

/* What Linux's driver concludes from the version: from which one on it issues which command.
 * Linux drivers/crypto/ccp/sev-dev.c sev_update_firmware(), sev_ioctl_do_get_id2(),
 * __sev_snp_init_locked(). */
static const struct conclusion {
    uint8_t major, minor;
    uint16_t command;
} conclusions[] = {
    {0, 15, SEV_CMD_DOWNLOAD_FIRMWARE},
    {0, 16, SEV_CMD_GET_ID},
    {1, 51, SEV_CMD_SNP_INIT},
    {1, 52, SEV_CMD_SNP_INIT_EX},
};

struct version {
    unsigned major, minor;
};

/* sev-dev.c sev_version_greater_or_equal() */
static bool at_least(const struct version *ours, unsigned major, unsigned minor)
{
    return ours->major > major || (ours->major == major && ours->minor >= minor);
}

/* Without an RMP the processor has no command of SEV-SNP, with one it has all. */
static void fits(const struct version *ours, bool snp)
{
    for (unsigned i = 0; i < sizeof(conclusions) / sizeof(conclusions[0]); i++) {
        const struct conclusion *c = &conclusions[i];
        const struct dispatch_entry *row = dispatch_find(c->command);
        bool there = row && (snp || !(row->flags & CMD_SNP));

        assert_int_equal(at_least(ours, c->major, c->minor), there);
    }
    /* AMDESE/sev-tool src/commands.cpp: from 0.17 on the measurement has API, build and policy. */
    assert_int_equal(at_least(ours, 0, 17),
                     measure_binds_version((uint8_t)ours->major, (uint8_t)ours->minor));
}

static void the_api_version_fits_the_commands(void **state)
{
    const struct version plain = {PSP_API_MAJOR, PSP_API_MINOR};
    const struct version snp = {PSP_API_SNP_MAJOR, PSP_API_SNP_MINOR};

    (void)state;
    fits(&plain, false);
    fits(&snp, true);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(the_table_in_the_documentation),
                                       cmocka_unit_test(the_api_version_fits_the_commands)};

    rows = dispatch_table(&n_rows);
    return cmocka_run_group_tests_name("commands", tests, NULL, NULL);
}
