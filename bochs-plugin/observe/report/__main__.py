# SPDX-License-Identifier: LGPL-2.1-or-later
"""bochs-sev-report(1): make one HTML file from the files of a run of the machine.

The data goes one way: reading.py and exits.py (files, hostile) -> timeline.py (memory over time) ->
page.py (HTML). page.py puts page.css, memory.js and page.js into the file as they are, with looks.def before
memory.js.
"""
import argparse
import os
import sys
import tempfile

import exits
import page
import reading
import timeline

SENTENCES_MAX = 20


def arguments():
    parser = argparse.ArgumentParser(
        prog="bochs-sev-report",
        description="Make an HTML report of a run from its PSP command log, changes of memory and "
                    "sanitizer findings, and its log of exits. The file needs nothing else.")
    parser.add_argument("--trace", metavar="FILE", help="what trace= wrote, bochs-sev-trace(5)")
    parser.add_argument("--map", metavar="FILE", help="what map_changes= wrote, bochs-sev-map(5)")
    parser.add_argument("--findings", metavar="FILE",
                        help="what sanitize_report= wrote, bochs-sev-sanitizer(7)")
    parser.add_argument("--exits", metavar="FILE", help="what exits= wrote, bochs-sev-exits(5)")
    parser.add_argument("--title", default="A run of a SEV guest", help="heading of the report")
    parser.add_argument("-o", "--output", metavar="FILE", default="sev-report.html",
                        help="default: %(default)s; - is standard output")
    args = parser.parse_args()
    if not (args.trace or args.map or args.findings or args.exits):
        parser.error("give at least one of --trace, --map, --findings and --exits")
    return args


def write(path, text):
    """Write the whole file or nothing: an old report remains if the disk is full."""
    data = text.encode("utf-8")
    if path == "-":
        sys.stdout.buffer.write(data)
        sys.stdout.buffer.flush()
        return
    if os.path.exists(path) and not os.path.isfile(path):  # /dev/null, a pipe
        with open(path, "wb") as file:
            file.write(data)
        return
    handle, name = tempfile.mkstemp(dir=os.path.dirname(path) or ".", prefix=".sev-report.")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
        mask = os.umask(0)
        os.umask(mask)
        os.chmod(name, 0o666 & ~mask)
        os.replace(name, path)
    except BaseException:
        os.unlink(name)
        raise


def main():
    args = arguments()
    run = reading.Run()
    try:
        if args.trace:
            reading.read_trace(args.trace, run)
        if args.map:
            reading.read_map(args.map, run)
        if args.findings:
            reading.read_findings(args.findings, run)
        if args.exits:
            exits.read_exits(args.exits, run)
        write(args.output, page.build(run, timeline.Timeline(run), args.title))
    except OSError as error:
        print(f"bochs-sev-report: {error.filename or args.output}: {error.strerror}",
              file=sys.stderr)
        return 2
    for sentence in run.bad[:SENTENCES_MAX]:
        print(f"bochs-sev-report: {sentence}", file=sys.stderr)
    if len(run.bad) > SENTENCES_MAX:
        print(f"bochs-sev-report: and {len(run.bad) - SENTENCES_MAX} more", file=sys.stderr)
    return 1 if run.bad else 0


if __name__ == "__main__":
    sys.exit(main())
