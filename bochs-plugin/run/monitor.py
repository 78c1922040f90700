# SPDX-License-Identifier: LGPL-2.1-or-later
"""The monitor at Ctrl-A c: a few commands of QEMU's monitor, sent to the machine's control socket (bochs-sev-control(7)).
Each command is a connection of its own, so that other clients of the socket are not kept out."""
import json
import socket

PROMPT = "(bochs-sev) "
SECONDS = 5
# Command: request of QMP, what help says. A request of None is answered here.
COMMANDS = {
    "help": (None, "print this list"),
    "info status": ("query-status", "whether the machine runs"),
    "info sev": ("query-sev", "state and policy of the SEV guest"),
    "info measurement": ("query-sev-launch-measure", "the launch measurement"),
    "cont": ("cont", "start or continue the machine"),
    "stop": ("stop", "halt the machine"),
    "system_reset": ("system_reset", "restart the machine"),
    "quit": ("quit", "end the machine"),
}
SHORT = {"c": "cont", "q": "quit", "s": "stop", "?": "help", "h": "help"}


def expand(line):
    """The whole name of a command, with one blank between words; None if there is no such command."""
    name = " ".join(line.split())
    name = SHORT.get(name, name)
    return name if name in COMMANDS else None


def help_text():
    return "\n".join(f"{name:18} {text}" for name, (_, text) in COMMANDS.items())


def show(answer):
    """An answer of QMP as lines."""
    if "error" in answer:
        return "error: " + str(answer["error"].get("desc", answer["error"]))
    value = answer.get("return")
    if isinstance(value, dict):
        return "\n".join(f"{key}: {json.dumps(item) if isinstance(item, bool) else item}" for key, item in value.items())
    return str(value)


class Client:
    """One connection, blocking, with a time limit."""

    def __init__(self, path):
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.socket.settimeout(SECONDS)
        self.socket.connect(path)
        self.file = self.socket.makefile("rw", encoding="utf-8")
        self.read()
        self.ask("qmp_capabilities")

    def read(self):
        while True:
            line = self.file.readline(1 << 20)
            if not line:
                raise OSError("the machine closed the connection")
            answer = json.loads(line)
            if "event" not in answer:
                return answer

    def ask(self, request):
        self.file.write(json.dumps({"execute": request}) + "\n")
        self.file.flush()
        return self.read()

    def close(self):
        self.file.close()
        self.socket.close()


def execute(line, path):
    """What the monitor answers to a line. `path` is the control socket, or None."""
    if not line.strip():
        return ""
    name = expand(line)
    if name is None:
        return f"unknown command '{line.strip()}'; help lists the commands"
    request = COMMANDS[name][0]
    if request is None:
        return help_text()
    if not path:
        return "a machine without SEV has no control socket; Ctrl-A x ends the machine"
    try:
        client = Client(path)
        try:
            return show(client.ask(request))
        finally:
            client.close()
    except TimeoutError:
        return f"no answer at the control socket '{path}'; another client may be connected"
    except (OSError, ValueError) as error:
        return f"the control socket '{path}': {error}"
