# SPDX-License-Identifier: LGPL-2.1-or-later
"""The text files of the tree, for tests of the tree itself. The working directory is the source tree."""
import os
import re
import subprocess

TEXT = re.compile(r"\.(c|cc|h|S|s|asl|ld|mk|ac|am|py|js|md|tap|patch|sh|txt|css|html|rc|bochsrc|yml|cfg|[1-9])$|/[A-Za-z-]+$")
SKIPPED = re.compile(r"^tests/(vectors|fuzz/corpus)/|^tests/.*\.(b64|bin|json|jsonl|state)$")


def files():
    """All text files of the tree: those that git tracks, or in a release all but what a build makes."""
    git = subprocess.run(["git", "ls-files", "-z"], capture_output=True, text=True)
    if git.returncode == 0 and git.stdout:
        found = git.stdout.strip("\0").split("\0")
    else:
        found = [os.path.relpath(os.path.join(root, name)) for top in
                 ("bochs-plugin", "bochsrc-examples", "cpu-ext", "debian", "psp-model", "tests")
                 for root, _, names in os.walk(top) for name in names]
        found += ["README.md", "CONTRIBUTING.md", "MAINTAINERS", "NEWS", "SECURITY.md", "bootstrap", "Makefile.am", "configure.ac"]
    return [path for path in sorted(found) if os.path.isfile(path) and not SKIPPED.search(path)
            and TEXT.search("/" + path)]


def own_lines(path):
    """Number and text of the lines that are ours."""
    with open(path, encoding="utf-8", errors="replace") as file:
        body = False
        for number, line in enumerate(file, 1):
            if path.endswith(".patch"):
                body = body or line.startswith(("--- ", "diff "))
                if body and (not line.startswith("+") or line.startswith("+++")):
                    continue
            yield number, line.rstrip("\n")
