# SPDX-License-Identifier: LGPL-2.1-or-later
"""Write a bochsrc. Each line has the option that it comes from, so that an error of Bochs, which names a line, can be
said with what the user typed.

Source: Bochs config.cc parse_bochsrc() and parse_line_unformatted(). A line has at most 510 characters. Double quotes
begin and end a quoted part anywhere, and cannot be part of a value. Two commas become one. $NAME is replaced by an
environment variable as it is, with quotes and commas."""
import re
import string

from errors import WRONG_USAGE, Refused

LINE_MAX = 510


class Bochsrc:
    def __init__(self):
        self.lines = []  # (text, option as typed or None)
        self.environment = {}

    def add(self, text, what=None):
        for line in text.splitlines():
            if len(line.encode(errors="surrogateescape")) > LINE_MAX:
                raise Refused(what, f"the text has more than the {LINE_MAX} characters of a line in a bochsrc", WRONG_USAGE)
            self.lines.append((line, what))

    def value(self, head, value, what=None):
        """A line that ends with `value`, which can have any characters but line ends."""
        key = head.split()[-1]
        if len(f"{key}{value}".encode(errors="surrogateescape")) > LINE_MAX:
            raise Refused(what, f"the text has {len(value)} characters; Bochs takes at most {LINE_MAX - len(key)}", WRONG_USAGE)
        text = f'{head}"{value}"'
        if any(part in value for part in ('"', "$", ",,")) or len(text.encode(errors="surrogateescape")) > LINE_MAX:
            name = "BOCHS_SEV_" + string.ascii_uppercase[len(self.environment)]
            self.environment[name] = value
            text = f"{head}${name}"
        self.lines.append((text, what))

    def text(self):
        return "".join(f"{line}\n" for line, _ in self.lines)

    def printed(self):
        """The text for --print-bochsrc, which has no environment of ours."""
        for line, what in self.lines:
            if "$BOCHS_SEV_" in line:
                raise Refused(what, "a bochsrc cannot have a double quote, a dollar sign, two commas or such a long line; "
                                    "only a machine that is started can", WRONG_USAGE)
        return self.text()

    def origin(self, message, path, typed):
        """An error message of Bochs with the option as typed in place of our file and line, or of a parameter that
        has the name of an option."""
        match = re.match(r"(.*):(\d+): (?:sev: )?(.*)", message)
        if match and match[1] == path and int(match[2]) <= len(self.lines):
            what = self.lines[int(match[2]) - 1][1]
            return f"{what}: {match[3]}" if what else match[3]
        match = re.match(r"sev: (\w+)(:? .*)", message)
        if match and match[1] in typed:
            return typed[match[1]] + match[2]
        return message
