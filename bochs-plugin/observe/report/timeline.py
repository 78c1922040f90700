# SPDX-License-Identifier: LGPL-2.1-or-later
"""Memory over time in a compact form for the browser, and the time of a tick.

Steps are the slices of bochs-sev-map(5). If there are too many, neighbours are joined.
"""
import looks

STEPS_MAX = 20_000


class Timeline:
    def __init__(self, run):
        self.map = run.map
        self.start = run.map["usec"] if run.map else 0
        self.end = run.end_usec if run.map else 0
        self.changes = sum(step[1] for step in run.steps)
        self.outside = []
        self.steps = []
        for step in merged(run.steps, STEPS_MAX):
            self.steps.append(self.packed(step))

    def packed(self, step):
        """[usec, changes, use, first, pages, use, first, pages ...] of RAM."""
        usec, changes, uses = step
        flat = [usec, changes]
        ram = self.map["ram_pages"]
        for use, pairs in uses:
            for first, pages in zip(pairs[::2], pairs[1::2]):
                if first >= ram:
                    self.outside.append((usec, use, first, pages))
                else:
                    flat += [use, first, min(pages, ram - first)]
        return flat

    def usec(self, tick):
        """The machine's time at a tick; None if it is unknown."""
        if tick is None or not self.map:
            return None
        return tick * 1_000_000 // self.map["ticks_per_second"]

    def areas(self):
        """Ranges outside RAM, neighbours joined: (first page, pages, use, usec of the first)."""
        areas = []
        for usec, use, first, pages in sorted(self.outside, key=lambda area: area[2]):
            last = areas[-1] if areas else None
            if last and last[2] == use and last[0] + last[1] >= first:
                last[1] = max(last[1], first + pages - last[0])
                last[3] = min(last[3], usec)
            else:
                areas.append([first, pages, use, usec])
        return areas

    def has_rmp(self):
        """True if a page of RAM has a state that only the RMP of SEV-SNP says."""
        return any(use in looks.RMP for step in self.steps for use in step[2::3])

    def data(self):
        """For memory.js."""
        if not self.map:
            return None
        return {
            "pageSize": self.map["page_size"],
            "pages": self.map["ram_pages"],
            "start": self.start,
            "end": self.end,
            "steps": self.steps,
            "rmp": self.has_rmp(),
        }


def merged(steps, most):
    """At most `most` steps; a use is applied after those that the file had before it."""
    width = (len(steps) + most - 1) // most or 1
    for i in range(0, len(steps), width):
        group = steps[i:i + width]
        uses = [(use, pairs) for step in group for use, pairs in enumerate(step[2]) if pairs]
        yield group[-1][0], sum(step[1] for step in group), uses
