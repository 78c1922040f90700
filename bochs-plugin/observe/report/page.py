# SPDX-License-Identifier: LGPL-2.1-or-later
"""The HTML report as one document that loads nothing.

Every text of the run passes e(), the data for the scripts passes script_json(). The document's own
policy (Content Security Policy, level 2) allows only the scripts of this directory, so that no
contents of a run can become a script.
"""
import base64
import hashlib
import html
import json
import os
import re

import looks

HERE = os.path.dirname(os.path.abspath(__file__))
BAD_MAX = 20

LEVELS = {5: "PML5", 4: "PML4", 3: "PDP", 2: "PD", 1: "PT"}


# --- text ---

# Characters that are invisible or that change the direction of text.
UNSEEN = re.compile("[\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff0-\uffff"
                    "\ud800-\udfff]")


def e(value):
    return html.escape(UNSEEN.sub("\ufffd", str(value)), quote=True)


def script_json(value):
    """JSON that is safe inside <script>: it holds no "<"."""
    return json.dumps(value, separators=(",", ":")).replace("<", "\\u003c")


def source(name):
    with open(os.path.join(HERE, name), encoding="utf-8") as file:
        return file.read()


def digest(source_text):
    return "'sha256-" + base64.b64encode(
        hashlib.sha256(source_text.encode("utf-8")).digest()).decode() + "'"


def size(bytes_):
    for unit, shift in (("GiB", 30), ("MiB", 20), ("KiB", 10)):
        if bytes_ >= 1 << shift:
            return f"{bytes_ / (1 << shift):.4g} {unit}"
    return f"{bytes_} bytes"


def hexa(value):
    return "?" if value is None else f"0x{value:x}"


def seconds(usec):
    return f"{usec / 1e6:.6f} s"


def counted(n, thing):
    return f"{n} {thing}{'' if n == 1 else 's'}"


def when(timeline, tick):
    usec = timeline.usec(tick)
    if usec is not None:
        return f"{seconds(usec)} (tick {tick})"
    return "" if tick is None else f"tick {tick}"


def map_link(timeline, usec, physical, words):
    """A link to a time and an address in memory; only the words if there are no changes of memory."""
    if not timeline.map or usec is None or physical is None:
        return e(words)
    return f'<a href="#at={usec},{hexa(physical)}">{e(words)}</a>'


def scrolling(label, content):
    """A wide table that scrolls by itself, also with the keyboard."""
    return (f'<div class="scroll" role="region" tabindex="0" aria-label="{e(label)}">'
            f"{content}</div>")


# --- summary ---

def card(name, value, note, bad=False):
    return (f'<div class="card{" bad" if bad else ""}"><dt>{e(name)}</dt>'
            f"<dd><strong>{e(value)}</strong> {e(note)}</dd></div>")


def overview(run, timeline):
    cards = []
    if run.commands:
        failed = sum(1 for command in run.commands if command["code"])
        regions = sum(1 for command in run.commands
                      if command["command"].startswith("LAUNCH_UPDATE") and not command["code"])
        digests = [command["digest"] for command in run.commands if command["digest"]]
        cards.append(card("Secure processor", counted(len(run.commands), "command"),
                          f"{failed} failed" if failed else "all succeeded", failed > 0))
        cards.append(card("Launch", counted(regions, "region") + " measured",
                          "launch digest " + digests[-1] if digests else "no launch digest"))
    if run.exits:
        vmgexits = run.exits.number("VMGEXIT", "VMGEXIT MSR")
        cards.append(card("Exits", f"{run.exits.number('#VC')} #VC", f"{vmgexits} VMGEXIT"))
    if timeline.map:
        ram = size(timeline.map["ram_pages"] * timeline.map["page_size"])
        cards.append(card("Memory", counted(timeline.changes, "change"),
                          f"between private and shared, in {ram} of RAM and "
                          f"{(timeline.end - timeline.start) / 1e6:.4g} s of the machine's time"))
    if run.findings or run.summary:
        reports = run.summary["reports"] if run.summary else None
        cards.append(card("Sanitizer", counted(len(run.findings), "finding"),
                          counted(reports, "report") if reports is not None
                          else "the run did not end in order", bool(run.findings)))
    return f'<dl class="cards">{"".join(cards)}</dl>'


def bad_lines(run):
    if not run.bad:
        return ""
    items = "".join(f"<li>{e(sentence)}</li>" for sentence in run.bad[:BAD_MAX])
    if len(run.bad) > BAD_MAX:
        items += f"<li>and {len(run.bad) - BAD_MAX} more</li>"
    return ('<section aria-labelledby="bad"><h2 id="bad">What could not be read</h2>'
            f"<ul>{items}</ul></section>")


# --- the launch ---

def guest_name(command):
    """The handle of a guest, of a SEV-SNP guest the address of its context page, or nothing."""
    return hexa(command["context"]) if command["context"] else command["handle"] or ""


def guest_states(run):
    """The states of the platform and of each guest, with the command that caused each."""
    ways = {}
    for n, command in enumerate(run.commands, 1):
        platform, guest = command["platform"], command["state"]
        if platform[0] != platform[1] or not ways:
            # SEV-SNP has a platform state of its own.
            name = "Platform of SEV-SNP" if command["command"].startswith("SNP_") else "Platform"
            ways.setdefault(name, [(platform[0], None)]).append((platform[1], n))
        if (command["handle"] or command["context"]) and guest[0] != guest[1]:
            name = f"Guest {guest_name(command)}"
            ways.setdefault(name, [(guest[0], None)]).append((guest[1], n))
    rows = []
    for name, way in list(ways.items())[:100]:
        steps = "".join(
            f"<li>{e(state)}" + (f' <a href="#c{n}">command {n}</a>' if n else "") + "</li>"
            for state, n in way[:200])
        rows.append(f"<h3>{e(name)}</h3><ol class='way'>{steps}</ol>")
    return "".join(rows)


def region_cell(run, timeline, command, n):
    region = command["region"]
    if not region:
        return ""
    place = f"{hexa(region['addr'])} + {hexa(region['len'])}"
    usec = timeline.usec(command["tick"])
    near = [f'<a href="#f{i}">finding {i}</a>' for i, found in enumerate(run.findings, 1)
            if region_holds(region, found["physical"])] if len(run.findings) <= 1000 else []
    digest_text = "".join(f'<br><span class="digest">{name} {e(region[key])}</span>'
                          for name, key in (("SHA-256", "sha256"), ("SHA-384", "sha384")) if region[key])
    return (e(region["name"]) + " " + map_link(timeline, usec, region["addr"], place) +
            digest_text + ("<br>" + ", ".join(near[:20]) if near else ""))


def region_holds(region, physical):
    return region["addr"] <= physical < region["addr"] + region["len"]


def state_change(pair):
    return e(pair[0]) if pair[0] == pair[1] else f"{e(pair[0])} \u2192 <strong>{e(pair[1])}</strong>"


def command_row(run, timeline, n, command):
    good = command["code"] == 0
    result = e(command["status"]) if good else f"failed: {e(command['status'])} ({command['code']:02X}h)"
    ld = f'<span class="digest">{e(command["digest"])}</span>' if command["digest"] else ""
    return (f'<tr id="c{n}"{"" if good else " class=failed"}><th scope="row">{n}</th>'
            f"<td data-label='Command'>{e(command['command'])}</td>"
            f"<td data-label='Result'>{result}</td>"
            f"<td data-label='Guest'>{guest_name(command)} {state_change(command['state'])}</td>"
            f"<td data-label='Platform'>{state_change(command['platform'])}</td>"
            f"<td data-label='Region'>{region_cell(run, timeline, command, n)}</td>"
            f"<td data-label='Launch digest'>{ld}</td>"
            f"<td data-label='Time'>{e(when(timeline, command['tick']))}</td>"
            f"<td data-label='Took'>{command['usec']} \u00b5s</td></tr>")


def launch(run, timeline):
    if not run.commands:
        return "<p>There is no PSP command log. A machine writes one with <code>trace=FILE</code>.</p>"
    heads = "".join(f'<th scope="col">{head}</th>' for head in (
        "No.", "Command", "Result", "Guest", "Platform", "Region", "Launch digest after it",
        "Finished at", "Took"))
    rows = "".join(command_row(run, timeline, n, command)
                   for n, command in enumerate(run.commands, 1))
    return (guest_states(run) + "<h3>Transcript</h3>" + scrolling(
        "Transcript of the secure processor's commands",
        "<table class='cards-when-narrow'><caption>The commands of the hypervisor and the answers of the secure "
        f"processor</caption><thead><tr>{heads}</tr></thead>"
        f"<tbody>{rows}</tbody></table>"))


# --- exits of a guest with SEV-ES ---

PLACES = 3


def exit_row(kind):
    places = ", ".join(f"{hexa(rip)} ({n})" for rip, n in kind.busiest(PLACES))
    return (f'<tr><th scope="row">{e(kind.name)}</th>'
            f"<td data-label='Code'>{e(f'{kind.code:x}h')}</td>"
            f"<td data-label='Meaning'>{e(kind.words)}</td>"
            f"<td data-label='Number' class='number'>{kind.number()}</td>"
            f"<td data-label='Most often at'>{e(places)}</td></tr>")


def exit_counts(run):
    if not run.exits:
        return ("<p>There is no log of exits. A machine with SEV-ES writes one with "
                "<code>exits=FILE</code>.</p>")
    note = ("" if run.exits.ended else
            "<p><strong>The last lines of the log of exits are missing: the machine still ran, was killed, or "
            "could not write the file.</strong></p>")
    if not run.exits.kinds:
        return note + "<p>There was no exit.</p>"
    heads = "".join(f'<th scope="col">{head}</th>' for head in (
        "Kind", "Code", "Meaning", "Number", "Most often at"))
    rows = "".join(exit_row(kind) for kind in run.exits.in_order())
    return note + scrolling(
        "Exits by kind and code",
        "<table class='cards-when-narrow' id='exit-counts'><caption>How often a #VC was raised and a VMGEXIT was "
        "answered, by exit code (for the MSR protocol, by request), and the instructions with the most of them"
        f"</caption><thead><tr>{heads}</tr></thead><tbody>{rows}</tbody></table>")


# --- memory ---

CONTROLS = """
<p id="map-help">Left and right arrow keys at the slider move in time, those in the map move from
cell to cell; each cell is <span id="cell-size">a piece of memory</span>.</p>
<div class="controls">
<button type="button" id="play" aria-pressed="false">Play</button>
<button type="button" id="before">Previous change</button>
<button type="button" id="after">Next change</button>
<button type="button" id="first">Start</button>
<button type="button" id="last">End</button>
</div>
<div class="time">
<canvas id="strip" role="img" aria-label="Pages that changed between private and shared, over time"></canvas>
<label for="slider">Time in the machine</label>
<input type="range" id="slider" min="0" max="1000" step="1" value="1000">
<output id="now" for="slider" aria-live="polite"></output>
</div>
"""


def legend(has_rmp):
    shown = [(n, look) for n, look in enumerate(looks.LOOKS) if has_rmp or n not in looks.RMP]
    items = "".join(
        f'<li><canvas class="swatch" data-look="{n}" width="30" height="20" role="img" '
        f'aria-label="pattern of {e(look["name"])}"></canvas><b>{e(look["name"])}</b> '
        f'{e(look["meaning"])}</li>' for n, look in shown)
    return (f'<ul class="legend">{items}<li><canvas class="swatch" data-look="mark" width="30" '
            'height="20" role="img" aria-label="mark of a finding"></canvas><b>finding</b> The '
            "sanitizer has a finding there, up to this time.</li></ul>")


def rmp_counters(run):
    """What the reverse map table of a guest with SEV-SNP counted."""
    if not run.counters:
        return ""
    rows = "".join(f'<tr><th scope="row">{e(name)}</th><td class="number">{n}</td></tr>'
                   for name, n in run.counters.items() if n)
    return ("<h3>Reverse map table (RMP)</h3>" + scrolling("Counters of the reverse map table",
            "<table id='rmp'><caption>Pages by state at the end, changes of entries, and accesses that did "
            "not pass, by the first check that failed</caption><thead><tr><th scope='col'>What</th>"
            f"<th scope='col'>Number</th></tr></thead><tbody>{rows}</tbody></table>"))


def outside(timeline):
    areas = timeline.areas()
    if not areas:
        return ""
    page_size = timeline.map["page_size"]
    rows = "".join(
        f"<tr><td>{hexa(first * page_size)}</td><td>{e(size(pages * page_size))}</td>"
        f"<td>{e(looks.USES[use]['name'])}</td><td>{e(seconds(usec))}</td></tr>"
        for first, pages, use, usec in areas[:500])
    return ("<h3>Outside RAM</h3>" + scrolling("Ranges outside RAM",
            "<table><caption>ROM and devices beyond the end of RAM</caption><thead><tr>"
            '<th scope="col">From</th><th scope="col">Size</th><th scope="col">What</th>'
            f'<th scope="col">First used</th></tr></thead><tbody>{rows}</tbody></table>'))


def memory(run, timeline):
    if not timeline.map:
        return ("<p>There are no changes of memory. A machine writes them with "
                "<code>map_changes=FILE</code>.</p>")
    note = ("" if run.ended or run.truncated else
            "<p><strong>The last line of the file of the changes is missing: the machine still ran, was "
            "killed, or could not write the file.</strong></p>")
    note += ("<p><strong>The file of the changes was full before the machine ended: later changes "
            "are missing.</strong></p>" if run.truncated else "")
    return (note + '<noscript><p>The pictures of memory need JavaScript. Everything else on this page does not.</p>'
            "</noscript>" + CONTROLS +
            '<div class="maps"><div>'
            '<h3>The first MiB</h3><canvas id="low" class="map" tabindex="0" role="application" '
            'aria-roledescription="memory map" aria-label="Map of the first MiB" '
            'aria-describedby="map-help here"></canvas>'
            '<h3>All RAM</h3><canvas id="all" class="map" tabindex="0" role="application" '
            'aria-roledescription="memory map" aria-label="Map of all RAM" '
            'aria-describedby="map-help here"></canvas></div>'
            '<div><h3 id="here-title" tabindex="-1">Selected cell</h3>'
            '<div id="here" aria-live="polite"><p>None yet: select one in memory.</p></div>'
            f"<h3>At this time</h3><table id='counts'><caption class='unseen'>Pages of each use"
            "</caption><thead><tr><th scope='col'>Use</th><th scope='col'>Pages</th>"
            "<th scope='col'>Size</th></tr></thead><tbody></tbody></table>"
            f"<h3>Legend</h3>{legend(timeline.has_rmp())}</div></div>"
            "<details id='ranges'><summary>All shared ranges at this time</summary><div></div>"
            "</details>" + rmp_counters(run) + outside(timeline))


# --- findings ---

def person(who, exact_matters=False):
    if who is None:
        return "unknown"
    words = {"cpu": "an instruction", "firmware": "firmware", "device": "a device",
             "psp": "the secure processor", "hypervisor": "the hypervisor"}.get(who["by"], who["by"])
    name = f" <{who['symbol']}>" if who["symbol"] else ""
    if who["rip"] is not None:
        words += f" at {hexa(who['rip'])}{name}"
    if who["cpu"] is not None:
        words += f" on CPU {who['cpu']}"
    if who["cpu0_rip"] is not None:
        words += f" while CPU 0 was at {hexa(who['cpu0_rip'])}{name}"
    if exact_matters and who["exact"] is False:
        words += ", the store for which the page was translated"
    return words


def path_table(found):
    if not found["walk"]:
        return ""
    rows = ""
    for entry in found["walk"]:
        value = entry["value"]
        cbit = {True: "1: private", False: "0: shared", None: "?"}[entry["cbit"]]
        rows += (f'<tr><th scope="row">{e(LEVELS.get(entry["level"], entry["level"]))}</th>'
                 f"<td>{hexa(entry['at'])}</td><td>{hexa(value)}</td>"
                 f"<td class=\"cbit{int(bool(entry['cbit']))}\">{cbit}</td>"
                 f"<td>{e(entry['flags'])}</td></tr>")
    return ("<h4>Path through the page tables</h4>" + scrolling(
        "Path through the page tables",
        f"<table><caption>From CR3 to {hexa(found['linear'])}, as the tables were then</caption>"
        '<thead><tr><th scope="col">Level</th><th scope="col">Entry at</th>'
        '<th scope="col">Value</th><th scope="col">C-bit</th><th scope="col">Flags</th></tr></thead>'
        f"<tbody>{rows}</tbody></table>"))


def launched_at(run, physical):
    for n, command in enumerate(run.commands, 1):
        region = command["region"]
        if region and command["command"].startswith("LAUNCH_") and region_holds(region, physical):
            name = region["name"] or "a region"
            return f'{e(name)}, launched by <a href="#c{n}">command {n}</a>'
    return ""


def finding_facts(run, timeline, found):
    who, usec = found["who"], timeline.usec(found["who"]["tick"])
    facts = [
        ("Access", e(f"{found['access']} of {counted(found['length'], 'byte')} as {found['view']} memory")),
        ("By", e(person(who))),
        ("At", map_link(timeline, usec, found["physical"], "in the map, " + when(timeline, who["tick"]))
         if timeline.map else e(when(timeline, who["tick"]))),
        ("Physical address", map_link(timeline, usec, found["physical"], hexa(found["physical"]))),
    ]
    if found["field"]:
        facts.append(("Field of the GHCB", e(
            f"{found['field']}, which exit {found['exit'] or 0:x}h ({found['exit_words']}) needs")))
    if found["linear"] is not None:
        facts.append(("Linear address", e(hexa(found["linear"]))))
    launched = launched_at(run, found["physical"]) if len(run.commands) <= 1000 else ""
    if launched:
        facts.append(("Contents", launched))
    writer = found["writer"]
    facts.append(("Written last by", e(person(writer, True)) + (
        ", " + map_link(timeline, timeline.usec(writer["tick"]), found["physical"],
                        when(timeline, writer["tick"])) if writer else "")))
    if found["changed_entry_at"] is not None:
        facts.append(("Entry that changed", e(hexa(found["changed_entry_at"]))))
    if found["entry"] is not None and not found["walk"]:
        facts.append(("Page-table entry", e(f"{hexa(found['entry'])} at {hexa(found['entry_at'])}")))
    return "".join(f"<div><dt>{name}</dt><dd>{value}</dd></div>" for name, value in facts)


def finding(run, timeline, n, found):
    count = f' <span class="count">{counted(found["count"], "time")}</span>' if found["count"] else ""
    code = " ".join(re.findall("..", found["code"]))
    disassembly = ""
    if found["code"] or found["disassembly"]:
        disassembly = ("<h4>Instruction</h4>" + scrolling(
            "Instruction", f"<pre><code>{e(hexa(found['who']['rip']))}:  {e(code)}  "
            f"<b>{e(found['disassembly'] or '?')}</b></code></pre>"))
    return (f'<article id="f{n}" class="finding" aria-labelledby="f{n}-name">'
            f'<h3 id="f{n}-name">{n}. {e(found["kind"])}{count}</h3><p>{e(found["meaning"])}</p>'
            f"<dl class='facts'>{finding_facts(run, timeline, found)}</dl>"
            f"{disassembly}{path_table(found)}</article>")


def findings(run, timeline):
    if not run.findings:
        return ("<p>Nothing was found.</p>" if run.summary else
                "<p>There are no findings. A machine writes them with "
                "<code>sanitize=report, sanitize_report=FILE</code>.</p>")
    others = run.summary["others"] if run.summary else 0
    note = f"<p>{counted(others, 'report')} are of sites that were not kept.</p>" if others else ""
    items = "".join(f'<li><a href="#f{n}">{e(found["kind"])} at '
                    f'{hexa(found["who"]["rip"] or found["physical"])}</a></li>'
                    for n, found in enumerate(run.findings, 1))
    return (f"{note}<ol class='toc'>{items}</ol>" +
            "".join(finding(run, timeline, n, found) for n, found in enumerate(run.findings, 1)))


# --- the document ---

def script_data(run, timeline):
    """Data for the scripts besides the changes of memory: addresses of findings and regions."""
    marks = [[timeline.usec(found["who"]["tick"]), found["physical"], found["kind"]]
             for found in run.findings]
    regions = [[n, command["region"]["name"], command["region"]["addr"], command["region"]["len"],
                command["command"]]
               for n, command in enumerate(run.commands, 1) if command["region"]]
    safe = 1 << 53
    return {
        "map": timeline.data(),
        "findings": [mark if mark[1] < safe else [mark[0], None, mark[2]] for mark in marks],
        "regions": [region for region in regions if region[2] < safe and region[3] < safe],
    }


def build(run, timeline, title):
    style = source("page.css")
    scripts = [looks.script() + source("memory.js"), source("page.js")] if timeline.map else []
    policy = ("default-src 'none'; style-src " + digest(style) + "; script-src " +
              (" ".join(digest(script) for script in scripts) or "'none'"))
    head = ('<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
            f'<meta http-equiv="Content-Security-Policy" content="{policy}">\n'
            '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
            '<meta name="generator" content="bochs-sev-report">\n'
            f"<title>{e(title)}</title>\n<style>{style}</style>\n</head>\n<body>\n")
    body = (f'<header><h1>{e(title)}</h1>{overview(run, timeline)}'
            '</header>\n<nav aria-label="Parts of this page"><ul><li><a href="#launch">Launch</a></li>'
            '<li><a href="#memory">Memory</a></li><li><a href="#findings">Findings</a></li>'
            '<li><a href="#exits">Exits</a></li></ul>'
            "</nav>\n<main>\n"
            f'{bad_lines(run)}\n<section aria-labelledby="launch"><h2 id="launch">Launch</h2>'
            f"{launch(run, timeline)}</section>\n"
            '<section aria-labelledby="memory"><h2 id="memory">Memory over time</h2>'
            f"{memory(run, timeline)}</section>\n"
            '<section aria-labelledby="findings"><h2 id="findings">Findings of the sanitizer</h2>'
            f"{findings(run, timeline)}</section>\n"
            '<section aria-labelledby="exits"><h2 id="exits">Exits to the hypervisor</h2>'
            f"{exit_counts(run)}</section>\n</main>\n"
            "<footer><p>The emulator protects nothing: it holds all keys in the clear. "
            "Made by bochs-sev-report(1).</p></footer>\n")
    tail = "".join(f"<script>{script}</script>\n" for script in scripts)
    if scripts:
        tail = (f'<script type="application/json" id="data">{script_json(script_data(run, timeline))}'
                "</script>\n") + tail
    return head + body + tail + "</body>\n</html>\n"
