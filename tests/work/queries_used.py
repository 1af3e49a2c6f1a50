# queries_used.py - fails when a statement of src/work/queries.c has no user in the room.
# SPDX-License-Identifier: Apache-2.0
import pathlib
import re
import sys

room = pathlib.Path(sys.argv[1])
text = "".join(f.read_text() for f in room.glob("*.c") if f.name != "queries.c")
named = re.findall(r"\[(Q_\w+)\]", (room / "queries.c").read_text())
unused = [q for q in named if not re.search(rf"SQL\({q}\)|\b{q}\b", text)]
for q in unused:
    print(f"src/work/queries.c: {q} is used nowhere")
sys.exit(bool(unused) or not named)
