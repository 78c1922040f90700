/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The page-state timeline as an SVG 1.1 picture: addresses are vertical, machine time is horizontal,
 * a graph below counts the changes between private and shared, a legend is at the right. Every use
 * has its own pattern, so that the picture can be read without colours. See timeline.h.
 */
#include "timeline.h"

#include <inttypes.h>
#include <stdarg.h>
#include <string.h>

/* The page, in pixels. */
#define PLOT_X   120.0
#define PLOT_W   640.0
#define LOW_Y    112.0
#define LOW_H    128.0
#define ALL_Y    282.0
#define ALL_H    448.0
#define AREA_Y   766.0
#define AREA_H   13.0
#define SIDE_X   796.0
#define PAGE_W   1120.0
#define RATE_H   110.0
#define TEXT_MAX 44u /* characters a line at the side */
#define FILL_MAX 32u

/* --- text --- */

static void put_escaped(FILE *file, const char *text)
{
    for (; *text; text++) {
        unsigned char c = (unsigned char)*text;

        if (c == '<')
            fputs("&lt;", file);
        else if (c == '&')
            fputs("&amp;", file);
        else
            fputc(c >= 0x20 && c < 0x7f ? c : '?', file);
    }
}

/* `class` is the style: t title, a axis, b bold, "" plain; e: ends at x, m: centred at x. */
static void put_text(FILE *file, double x, double y, const char *class, const char *format, ...)
    __attribute__((format(printf, 5, 6)));

static void put_text(FILE *file, double x, double y, const char *class, const char *format, ...)
{
    char text[256];
    va_list ap;

    va_start(ap, format);
    vsnprintf(text, sizeof(text), format, ap);
    va_end(ap);
    fprintf(file, "<text x='%.1f' y='%.1f' class='%s'>", x, y, class);
    put_escaped(file, text);
    fputs("</text>\n", file);
}

/* A pattern for each look, for `fill`. */
static void put_patterns(FILE *file)
{
    fputs("<defs>\n", file);
    for (unsigned i = 0; i < TIMELINE_LOOKS; i++) {
        const struct timeline_look *look = &timeline_looks[i];

        fprintf(file,
                "<pattern id='%s' width='8' height='8' patternUnits='userSpaceOnUse'>"
                "<rect width='8' height='8' fill='%s'/>",
                look->key, look->fill);
        if (*look->path)
            fprintf(file, "<path d='%s' stroke='%s' stroke-width='%u'/>", look->path, look->stroke,
                    look->width);
        fputs("</pattern>\n", file);
    }
    fputs("</defs>\n", file);
}

static const char *fill_of(unsigned look, char fill[FILL_MAX])
{
    snprintf(fill, FILL_MAX, "url(#%s)", timeline_looks[look].key);
    return fill;
}

static void put_line(FILE *file, double x1, double y1, double x2, double y2, const char *class)
{
    fprintf(file, "<path d='M%.1f,%.1f L%.1f,%.1f' class='%s'/>\n", x1, y1, x2, y2, class);
}

static void put_box(FILE *file, double x, double y, double w, double h, const char *fill,
                    const char *class)
{
    fprintf(file, "<rect x='%.2f' y='%.2f' width='%.2f' height='%.2f' fill='%s' class='%s'/>\n", x,
            y, w, h, fill, class);
}

/* Write a sentence in lines of at most TEXT_MAX characters. Return the y of the next line. */
static double put_sentence(FILE *file, double x, double y, const char *text)
{
    while (*text) {
        size_t n = strlen(text), cut;

        if (n > TEXT_MAX) {
            for (cut = TEXT_MAX; cut && text[cut] != ' '; cut--)
                ;
            n = cut ? cut : TEXT_MAX;
        }
        put_text(file, x, y, "s", "%.*s", (int)n, text);
        y += 14;
        text += n;
        while (*text == ' ')
            text++;
    }
    return y;
}

/* --- the panels --- */

struct drawing {
    FILE *file;
    const struct timeline *timeline;
    const struct timeline_caption *caption;
    struct timeline_info info;
    double column_w;
};

static double time_x(const struct drawing *d, uint64_t us)
{
    double x = (double)(us - d->info.start_us) / (double)d->info.column_us * d->column_w;

    return PLOT_X + (x < PLOT_W ? x : PLOT_W);
}

/* Draw equal cells as one rectangle: as far to the right as possible, then as far down. */
static void draw_run(const struct drawing *d, bool low, double y, double row_h,
                     bool done[TIMELINE_ROWS][TIMELINE_COLUMNS], unsigned row, unsigned column)
{
    unsigned rows = low ? d->info.rows_low : d->info.rows;
    unsigned cell = timeline_cell(d->timeline, low, row, column), end = column, down = row;
    bool same = true;
    char fill[FILL_MAX];

    while (end < d->info.columns && !done[row][end] &&
           timeline_cell(d->timeline, low, row, end) == cell)
        end++;
    while (same && down < rows) {
        for (unsigned c = column; c < end && same; c++)
            same = !done[down][c] && timeline_cell(d->timeline, low, down, c) == cell;
        if (same) {
            memset(&done[down][column], true, end - column);
            down++;
        }
    }
    if (cell != TIMELINE_UNTOUCHED)
        put_box(d->file, PLOT_X + column * d->column_w, y + row * row_h,
                (end - column) * d->column_w, (down - row) * row_h, fill_of(cell, fill), "c");
}

static void draw_panel(const struct drawing *d, bool low, double y, double h)
{
    static bool done[TIMELINE_ROWS][TIMELINE_COLUMNS];
    unsigned rows = low ? d->info.rows_low : d->info.rows;
    uint64_t pages = low && d->info.ram_pages > 256 ? 256 : d->info.ram_pages;
    char text[TIMELINE_SIZE_TEXT];

    memset(done, 0, sizeof(done));
    for (unsigned row = 0; row < rows; row++)
        for (unsigned column = 0; column < d->info.columns; column++)
            if (!done[row][column])
                draw_run(d, low, y, h / rows, done, row, column);
    put_box(d->file, PLOT_X, y, PLOT_W, h, "none", "f");
    for (unsigned i = 0; i <= (low ? 4u : 8u); i++) {
        uint64_t at = pages * TIMELINE_PAGE_SIZE * i / (low ? 4 : 8);
        double tick = y + h * i / (low ? 4 : 8);

        put_line(d->file, PLOT_X - 5, tick, PLOT_X, tick, "l");
        put_text(d->file, PLOT_X - 8, tick + 4, "a e", "%s",
                 i ? timeline_size_text(at, text) : "address 0");
    }
}

/* A round number of microseconds: 1, 2 or 5 times a power of ten, for five to ten ticks. */
static uint64_t tick_us(uint64_t us)
{
    static const uint64_t steps[] = {2, 5, 10};
    uint64_t tick = 1;

    for (unsigned i = 0; us / tick > 9; i++)
        tick = tick / (i % 3 ? steps[(i - 1) % 3] : 1) * steps[i % 3];
    return tick;
}

static void draw_time_axis(const struct drawing *d, double y)
{
    uint64_t length = d->info.columns * d->info.column_us, tick = tick_us(length);

    for (uint64_t us = 0; us <= length; us += tick) {
        double x = time_x(d, d->info.start_us + us);

        put_line(d->file, x, y, x, y + 5, "l");
        put_text(d->file, x, y + 18, "a m", "%g s", (double)us / 1e6);
    }
    put_text(d->file, PLOT_X + PLOT_W / 2, y + 36, "a m", "time in the machine (one column = %g s)",
             (double)d->info.column_us / 1e6);
}

/* Draw the ranges outside RAM, one per line. Return the y of what follows. */
static double draw_areas(const struct drawing *d, double y)
{
    char text[TIMELINE_SIZE_TEXT];
    unsigned n;
    const struct timeline_area *areas = timeline_areas(d->timeline, &n);

    if (!n)
        return y;
    put_text(d->file, PLOT_X, y - 6, "b", "Outside RAM (not to scale)");
    for (unsigned i = 0; i < n; i++, y += AREA_H) {
        double x = time_x(d, areas[i].first_us);
        char fill[FILL_MAX];

        put_box(d->file, x, y, PLOT_X + PLOT_W - x, AREA_H, fill_of(areas[i].use, fill), "c");
        put_text(d->file, PLOT_X - 8, y + 10, "a e", "%" PRIx64 "h %s",
                 areas[i].range.first * TIMELINE_PAGE_SIZE,
                 timeline_size_text(areas[i].range.pages * TIMELINE_PAGE_SIZE, text));
    }
    put_box(d->file, PLOT_X, y - AREA_H * n, PLOT_W, AREA_H * n, "none", "f");
    return y + 40;
}

/* --- changes per second --- */

static double rate_of(const struct drawing *d, unsigned column)
{
    return (double)timeline_changes(d->timeline, column) * 1e6 / (double)d->info.column_us;
}

/* Return the logarithm of a rate, with 1 per second as the first step, so that a single change is
 * visible. */
static double decades(double rate)
{
    double steps = 0;

    if (rate < 1)
        return rate;
    for (; rate >= 10; rate /= 10)
        steps++;
    return 1 + steps + (rate - 1) / 9;
}

static double draw_rates(const struct drawing *d, double y)
{
    double most = 0, top;

    for (unsigned column = 0; column < d->info.columns; column++)
        if (rate_of(d, column) > most)
            most = rate_of(d, column);
    top = (unsigned)decades(most) + 1;
    put_text(d->file, PLOT_X, y - 6, "b",
             "Pages that changed between private and shared, per second of the machine's time");
    for (unsigned step = 0; step <= (unsigned)top; step++) {
        double line = y + RATE_H - RATE_H * step / top, value = step ? 1 : 0;

        for (unsigned i = 1; i < step; i++)
            value *= 10;
        put_line(d->file, PLOT_X - 5, line, PLOT_X + PLOT_W, line, "g");
        put_text(d->file, PLOT_X - 8, line + 4, "a e", "%.0f", value);
    }
    for (unsigned column = 0; column < d->info.columns; column++) {
        double h = RATE_H * decades(rate_of(d, column)) / top;

        if (h > 0)
            put_box(d->file, PLOT_X + column * d->column_w, y + RATE_H - h, d->column_w, h,
                    "#8a3a0a", "c");
    }
    put_box(d->file, PLOT_X, y, PLOT_W, RATE_H, "none", "f");
    draw_time_axis(d, y + RATE_H);
    return y + RATE_H + 52;
}

/* --- legend --- */

static double draw_legend(const struct drawing *d, double y)
{
    put_text(d->file, SIDE_X, y, "b", "Legend");
    y += 12;
    for (unsigned look = 0; look < TIMELINE_LOOKS; look++) {
        char fill[FILL_MAX];

        if (!timeline_in_legend(&d->info, look))
            continue;
        put_box(d->file, SIDE_X, y, 30, 20, fill_of(look, fill), "f");
        put_text(d->file, SIDE_X + 38, y + 10, "b", "%s", timeline_looks[look].name);
        y = put_sentence(d->file, SIDE_X + 38, y + 24, timeline_looks[look].meaning) - 4;
    }
    return y + 14;
}

static double draw_explanation(const struct drawing *d, double y)
{
    static const char *const sentences[] = {
        "Addresses are vertical, time is horizontal. A row is a piece of memory. Its pattern shows "
        "how it was used at that time.",
        "A device cannot read private memory. So a Linux guest keeps one large shared area, "
        "the swiotlb. It copies all data of disks and network cards through it.",
        "The graph below counts the pages that changed between private and shared.",
    };

    put_text(d->file, SIDE_X, y, "b", "How to read it");
    y += 16;
    for (unsigned i = 0; i < sizeof(sentences) / sizeof(sentences[0]); i++)
        y = put_sentence(d->file, SIDE_X, y, sentences[i]) + 4;
    return y + 10;
}

/* The counters of the RMP, in lines with the number at the right. */
static double draw_counters(const struct drawing *d, double y)
{
    y += 26;
    put_text(d->file, SIDE_X, y, "b", "Reverse map table (RMP)");
    for (unsigned i = 0; i < d->caption->n_counters; i++) {
        const struct timeline_counter *counter = &d->caption->counters[i];

        if (!counter->number)
            continue;
        y += 16;
        put_text(d->file, SIDE_X, y, "s", "%s: %s", counter->kind, counter->name);
        put_text(d->file, SIDE_X + 300, y, "s e", "%" PRIu64, counter->number);
    }
    return y;
}

static double draw_numbers(const struct drawing *d, double y)
{
    static const enum timeline_use shown[] = {
        TIMELINE_PRIVATE,    TIMELINE_SHARED,        TIMELINE_DECLARED,
        TIMELINE_HYPERVISOR, TIMELINE_NOT_VALIDATED, TIMELINE_VALIDATED,
        TIMELINE_VMSA,       TIMELINE_PSP,           TIMELINE_UNTOUCHED};
    char text[TIMELINE_SIZE_TEXT];

    put_text(d->file, SIDE_X, y, "b", "RAM at the end");
    for (unsigned i = 0; i < sizeof(shown) / sizeof(shown[0]); i++) {
        if (!timeline_in_legend(&d->info, shown[i]))
            continue;
        y += 16;
        put_text(d->file, SIDE_X, y, "s", "%s", timeline_looks[shown[i]].name);
        put_text(d->file, SIDE_X + 230, y, "s e", "%s",
                 timeline_size_text((uint64_t)d->info.pages[shown[i]] * TIMELINE_PAGE_SIZE, text));
    }
    y += 16;
    put_text(d->file, SIDE_X, y, "s", "changes of pages");
    put_text(d->file, SIDE_X + 230, y, "s e", "%" PRIu64, d->info.changes);
    if (d->caption->n_notes) {
        y += 26;
        put_text(d->file, SIDE_X, y, "b", "Measured before the first instruction");
    }
    for (unsigned i = 0; i < d->caption->n_notes; i++) {
        const struct timeline_note *note = &d->caption->notes[i];

        y += 16;
        put_text(d->file, SIDE_X, y, "s", "%s: %s at %" PRIx64, note->text,
                 timeline_size_text(note->bytes, text), note->address);
    }
    if (d->caption->n_counters)
        y = draw_counters(d, y);
    return y + 20;
}

/* Return how high the side with the legend is with everything of the RMP. */
static double rmp_height(const struct timeline_caption *caption)
{
    return 1090.0 + 16.0 * (caption->n_notes + caption->n_counters);
}

/* The largest shared range, marked at the right border of the panel of all RAM. */
static void draw_largest(const struct drawing *d)
{
    struct timeline_range range = timeline_largest_shared(d->timeline);
    double scale = ALL_H / d->info.rows / (double)d->info.row_pages;
    double from = ALL_Y + (double)range.first * scale;
    double to = from + (double)range.pages * scale;
    double x = PLOT_X + PLOT_W, middle = (from + to) / 2;
    char text[TIMELINE_SIZE_TEXT];

    if (!range.pages)
        return;
    fprintf(d->file, "<path d='M%.1f,%.1f h8 V%.1f h-8' class='l w'/>\n", x + 2, from, to);
    middle = middle < ALL_Y + 14           ? ALL_Y + 14
             : middle > ALL_Y + ALL_H - 14 ? ALL_Y + ALL_H - 14
                                           : middle;
    put_box(d->file, x - 358, middle - 11, 350, 22, "white", "f");
    put_text(d->file, x - 183, middle + 4, "b m", "largest shared range: %s from %" PRIx64 "h",
             timeline_size_text(range.pages * TIMELINE_PAGE_SIZE, text),
             range.first * TIMELINE_PAGE_SIZE);
}

void timeline_write_svg(const struct timeline *timeline, const struct timeline_caption *caption,
                        FILE *file)
{
    struct drawing d = {file, timeline, caption, timeline_info(timeline), 0};
    unsigned n_areas;
    double height, side;

    timeline_areas(timeline, &n_areas);
    d.column_w = PLOT_W / d.info.columns;
    height = AREA_Y + (n_areas ? AREA_H * n_areas + 40 : 0) + RATE_H + 60;
    if (d.info.has_rmp && height < rmp_height(caption))
        height = rmp_height(caption);
    fprintf(file,
            "<?xml version='1.0' encoding='UTF-8'?>\n"
            "<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 %.0f %.0f' width='%.0f' "
            "height='%.0f' font-family='sans-serif' font-size='12'>\n"
            "<style>.t{font-size:20px;font-weight:bold}.b{font-weight:bold}.s{font-size:11.5px}"
            ".a{font-size:11px;fill:#333}.e{text-anchor:end}.m{text-anchor:middle}"
            ".f{stroke:#000;stroke-width:1}.l{stroke:#000;stroke-width:1;fill:none}.w{stroke-width:"
            "2}.g{stroke:#ccc;stroke-width:1}.c{shape-rendering:crispEdges}</style>\n",
            PAGE_W, height, PAGE_W, height);
    put_patterns(file);
    put_box(file, 0, 0, PAGE_W, height, "white", "c");
    put_text(file, PLOT_X - 100, 36, "t", "%s", caption->title);
    put_text(file, PLOT_X - 100, 58, "", "%s", caption->subtitle);
    put_text(file, PLOT_X, LOW_Y - 8, "b", "The first MiB, enlarged");
    draw_panel(&d, true, LOW_Y, LOW_H);
    put_text(file, PLOT_X, ALL_Y - 8, "b", "All RAM");
    draw_panel(&d, false, ALL_Y, ALL_H);
    draw_rates(&d, draw_areas(&d, AREA_Y));
    side = draw_legend(&d, LOW_Y - 8);
    side = draw_explanation(&d, side);
    draw_numbers(&d, side);
    draw_largest(&d);
    fputs("</svg>\n", file);
}
