# SPDX-License-Identifier: LGPL-2.1-or-later
"""Why a machine is not started: one sentence for the user, and an exit status of bochs-sev-run(1)."""

WRONG_USAGE, NO_MACHINE = 2, 1


class Refused(Exception):
    """`what` is the option as the user typed it (or None), `text` the rest of the sentence."""

    def __init__(self, what, text, status=NO_MACHINE):
        super().__init__(f"{what}: {text}" if what else text)
        self.status = status


def reason(error):
    """The words of an OSError without its number: 'No such file or directory'."""
    return error.strerror or str(error)
