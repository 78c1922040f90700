# SPDX-License-Identifier: LGPL-2.1-or-later
"""looks.def for the report: the uses of pages, their looks, and the rule for a cell of several pages."""
import ast
import json
import os
import re

FIELDS = ("key", "symbol", "name", "fill", "stroke", "width", "path", "meaning")


def read(path):
    """(looks, rule): a dictionary for each look, in the order of their numbers; a JavaScript expression."""
    with open(path, encoding="utf-8") as file:
        text = re.sub(r"/\*.*?\*/", "", file.read(), flags=re.S)
    looks = []
    for name, values in re.findall(r"^LOOK\((\w+),(.*?)\)$", text, re.S | re.M):
        looks.append({"id": name, **dict(zip(FIELDS, ast.literal_eval(f"({values})"), strict=True))})
    rule = re.search(r"^CELL_RULE\((.*)\)\n\n", text, re.S | re.M).group(1)
    return looks, " ".join(rule.split())


LOOKS, RULE = read(os.path.join(os.path.dirname(os.path.abspath(__file__)), "looks.def"))
USES = LOOKS[:-1]  # the last one is the look of a cell only
RMP = range([look["id"] for look in LOOKS].index("HYPERVISOR"), len(USES))  # what the RMP of SEV-SNP says


def script():
    """The same for memory.js."""
    numbers = ", ".join(f"TIMELINE_{look['id']} = {n}" for n, look in enumerate(LOOKS))
    return (f"const {numbers};\nconst LOOKS = {json.dumps(LOOKS)};\n"
            f"const cellRule = (pages, total) =>\n  {RULE};\n")
