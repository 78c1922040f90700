/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The page-state timeline as text for a terminal 80 characters wide. See timeline.h.
 */
#include "timeline.h"

#include <inttypes.h>
#include <stdarg.h>
#include <string.h>

#define TEXT_COLUMNS 60u
#define TEXT_ROWS    24u

struct printer {
    void (*print)(void *ctx, const char *line);
    void *ctx;
};

static void say(const struct printer *to, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

static void say(const struct printer *to, const char *format, ...)
{
    char line[160];
    va_list ap;

    va_start(ap, format);
    vsnprintf(line, sizeof(line), format, ap);
    va_end(ap);
    to->print(to->ctx, line);
}

const char *timeline_size_text(uint64_t bytes, char text[TIMELINE_SIZE_TEXT])
{
    static const char *const units[] = {"bytes", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};
    unsigned unit = 0;
    uint64_t rest = 0;

    while (bytes >= 1024) {
        rest = bytes % 1024;
        bytes /= 1024;
        unit++;
    }
    if (rest)
        snprintf(text, TIMELINE_SIZE_TEXT, "%" PRIu64 ".%u %s", bytes, (unsigned)(rest * 10 / 1024),
                 units[unit]);
    else
        snprintf(text, TIMELINE_SIZE_TEXT, "%" PRIu64 " %s", bytes, units[unit]);
    return text;
}

static void print_panel(const struct timeline *timeline, const struct timeline_info *info, bool low,
                        const struct printer *to)
{
    unsigned rows = low ? info->rows_low : info->rows;
    uint64_t row_bytes = (low ? info->row_low_pages : info->row_pages) * TIMELINE_PAGE_SIZE;
    unsigned step = (rows + TEXT_ROWS - 1) / TEXT_ROWS;
    unsigned wide = (info->columns + TEXT_COLUMNS - 1) / TEXT_COLUMNS;
    char line[TEXT_COLUMNS + 1], size[TIMELINE_SIZE_TEXT];

    say(to, "%s, a line is %s:", low ? "the first MiB" : "all RAM",
        timeline_size_text(step * row_bytes, size));
    for (unsigned row = 0; row < rows; row += step) {
        unsigned high = rows - row < step ? rows - row : step, n = 0;

        for (unsigned column = 0; column < info->columns; column += wide) {
            unsigned columns = info->columns - column < wide ? info->columns - column : wide;

            line[n++] =
                *timeline_looks[timeline_block(timeline, low, row, high, column, columns)].symbol;
        }
        line[n] = 0;
        say(to, "%12" PRIx64 " |%s|", row * row_bytes, line);
    }
}

/* Return the number of decimal digits of a rate as a character, '.' if there is no change. */
static char magnitude(uint64_t changes, uint64_t us)
{
    uint64_t rate = us ? changes * 1000000 / us : 0;
    char digits = '1';

    if (!changes)
        return '.';
    for (; rate >= 10 && digits < '9'; rate /= 10)
        digits++;
    return digits;
}

static void print_changes(const struct timeline *timeline, const struct timeline_info *info,
                          const struct printer *to)
{
    unsigned wide = (info->columns + TEXT_COLUMNS - 1) / TEXT_COLUMNS, n = 0;
    char line[TEXT_COLUMNS + 1];

    for (unsigned column = 0; column < info->columns; column += wide) {
        uint64_t changes = 0;

        for (unsigned c = column; c < column + wide && c < info->columns; c++)
            changes += timeline_changes(timeline, c);
        line[n++] = magnitude(changes, wide * info->column_us);
    }
    line[n] = 0;
    say(to, "%12s |%s|", "changes/s", line);
    say(to, "%12s  one character = %.3f s of the machine's time, %.3f s in all", "",
        (double)(wide * info->column_us) / 1e6, (double)(info->now_us - info->start_us) / 1e6);
}

static void print_legend(const struct timeline *timeline, const struct timeline_info *info,
                         const struct printer *to)
{
    struct timeline_range largest = timeline_largest_shared(timeline);
    char a[TIMELINE_SIZE_TEXT];

    for (unsigned look = 0; look < TIMELINE_LOOKS; look++) {
        if (!timeline_in_legend(info, look))
            continue;
        say(to, "%s %s", timeline_looks[look].symbol, timeline_looks[look].name);
        say(to, "    %s", timeline_looks[look].meaning);
    }
    say(to, "changes/s: pages that changed between private and shared. 1: below 10 a second,");
    say(to, "2: below 100, 3: below 1000 ...");
    for (unsigned use = 0; use < TIMELINE_USES; use++)
        if (info->pages[use])
            say(to, "%8u pages of RAM are %s (%s)", info->pages[use], timeline_looks[use].name,
                timeline_size_text((uint64_t)info->pages[use] * TIMELINE_PAGE_SIZE, a));
    say(to, "%8" PRIu64 " pages changed between private and shared", info->changes);
    if (largest.pages)
        say(to, "largest shared range: %s at %#" PRIx64,
            timeline_size_text(largest.pages * TIMELINE_PAGE_SIZE, a),
            largest.first * TIMELINE_PAGE_SIZE);
}

void timeline_print(const struct timeline *timeline, void (*print)(void *ctx, const char *line),
                    void *ctx)
{
    const struct timeline_info info = timeline_info(timeline);
    const struct printer to = {print, ctx};
    const struct timeline_area *areas;
    unsigned n;
    char size[TIMELINE_SIZE_TEXT];

    print_panel(timeline, &info, true, &to);
    print_panel(timeline, &info, false, &to);
    print_changes(timeline, &info, &to);
    areas = timeline_areas(timeline, &n);
    for (unsigned i = 0; i < n; i++)
        say(&to, "%12" PRIx64 " %s, %s", areas[i].range.first * TIMELINE_PAGE_SIZE,
            timeline_looks[areas[i].use].name,
            timeline_size_text(areas[i].range.pages * TIMELINE_PAGE_SIZE, size));
    print_legend(timeline, &info, &to);
}
