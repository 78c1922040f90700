# SPDX-License-Identifier: LGPL-2.1-or-later
"""The keys of a terminal session: Ctrl-A begins a command, as with qemu -nographic.

Source: QEMU docs/system/mux-chardev.rst.inc, chardev/char-mux.c mux_proc_byte()."""
ESCAPE = 0x01
HELP = """Ctrl-A h  print this help
Ctrl-A x  end the machine
Ctrl-A c  switch between the guest and the monitor
Ctrl-A Ctrl-A  send Ctrl-A to the guest"""
COMMANDS = {ord("h"): "help", ord("?"): "help", ord("x"): "quit", ord("c"): "monitor"}


class Keys:
    """Bytes of the keyboard as actions: ("keys", bytes), ("help",), ("quit",), ("monitor",). An unknown command is
    dropped, as in QEMU."""

    def __init__(self):
        self.escaped = False

    def feed(self, data):
        actions, plain = [], bytearray()
        for byte in data:
            if self.escaped and byte != ESCAPE:
                self.escaped = False
                if byte in COMMANDS:
                    if plain:
                        actions.append(("keys", bytes(plain)))
                        plain.clear()
                    actions.append((COMMANDS[byte],))
            elif byte == ESCAPE and not self.escaped:
                self.escaped = True
            else:
                self.escaped = False
                plain.append(byte)
        if plain:
            actions.append(("keys", bytes(plain)))
        return actions


class Line:
    """A line that is typed to the monitor, in a terminal in raw mode."""

    def __init__(self):
        self.text = ""

    def feed(self, data):
        """(what to print, the complete lines)"""
        echo, lines = "", []
        for char in data.decode(errors="replace"):
            if char in "\r\n":
                echo += "\r\n"
                lines.append(self.text)
                self.text = ""
            elif char in "\x7f\b":
                echo += "\b \b" if self.text else ""
                self.text = self.text[:-1]
            elif char == "\x15":
                echo += "\b \b" * len(self.text)
                self.text = ""
            elif char.isprintable():
                echo += char
                self.text += char
        return echo, lines
