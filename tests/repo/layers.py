# layers.py - checks every #include in src/ against the table of rooms in docs/architecture.md.
# SPDX-License-Identifier: Apache-2.0
import os
import re

import check

TABLE = "docs/architecture.md"
INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]')
FOREIGN = re.compile(r"`([^`]+)` in ([\w.]+(?:, [\w.]+\.[ch])*)")

# The C library, the compiler and the kernel: open to every room.
PLATFORM = set("""
assert.h complex.h ctype.h errno.h fenv.h float.h inttypes.h iso646.h limits.h locale.h math.h
setjmp.h signal.h stdalign.h stdarg.h stdatomic.h stdbool.h stddef.h stdint.h stdio.h stdlib.h
stdnoreturn.h string.h strings.h tgmath.h threads.h time.h uchar.h wchar.h wctype.h
dirent.h dlfcn.h endian.h fcntl.h fnmatch.h ftw.h getopt.h glob.h grp.h langinfo.h libgen.h malloc.h
netdb.h poll.h pthread.h pwd.h regex.h sched.h semaphore.h spawn.h syslog.h termios.h ucontext.h
unistd.h utime.h arpa/inet.h net/if.h netinet/in.h netinet/tcp.h
immintrin.h x86intrin.h cpuid.h arm_neon.h
""".split())


def rooms_table(root):
    """Returns {room: (allowed rooms, {header or folder/: files that may include it})}."""
    rooms = {}
    for line in check.read(root, TABLE).splitlines():
        cells = [c.strip() for c in line.strip().strip("|").split("|")]
        if not line.startswith("| `") or len(cells) != 4:
            continue
        allowed = set(re.findall(r"[a-z]+", cells[2]))
        foreign = {h: set(f.split(", ")) for h, f in FOREIGN.findall(cells[3])}
        rooms[cells[0].strip("`")] = (allowed, foreign)
    return rooms


def circles(rooms):
    floor = {}
    while len(floor) < len(rooms):
        ready = [r for r in rooms if r not in floor and rooms[r][0] <= set(floor)]
        if not ready:
            rest = ", ".join(r for r in rooms if r not in floor)
            yield f"{TABLE}:1: rooms that include each other, or a room without a row: {rest}"
            return
        floor.update((r, len(floor)) for r in ready)


def judge(rooms, room, name, kind, header, root):
    """Returns what is wrong with one include of one file, or None."""
    allowed, foreign = rooms[room]
    if kind == '"':
        other = header.split("/")[0]
        if not os.path.isfile(os.path.join(root, "src", header)):
            return f"'{header}' is no file below src/"
        if other not in allowed | {room, "base"}:
            return f"room '{room}' may not include room '{other}'"
        return None
    if header in PLATFORM or header.startswith(("sys/", "linux/")):
        return None
    homes = [f for h, f in foreign.items() if header == h or (h[-1] == "/" and header.startswith(h))]
    if not any(name in home for home in homes):
        return f"foreign header <{header}> is not confined to '{room}/{name}' by the table"
    return None


def findings(root):
    rooms = rooms_table(root)
    yield from circles(rooms)
    seen = set()
    for path in check.files(root, ".c", ".h"):
        parts = path.split("/")
        if parts[0] != "src" or len(parts) < 3:
            continue
        room = parts[1]
        if room not in rooms:
            if room not in seen:
                yield f"{path}:1: room '{room}' has no row in {TABLE}"
            seen.add(room)
            continue
        seen.add(room)
        for number, line in enumerate(check.read(root, path).splitlines(), 1):
            hit = INCLUDE.match(line)
            wrong = hit and judge(rooms, room, parts[-1], hit[1], hit[2], root)
            if wrong:
                yield f"{path}:{number}: {wrong}"


ROW = "| room | sentence | may include | foreign headers |\n|-|-|-|-|\n"
CLEAN = {
    TABLE: ROW + "| `base` | ground | - | `openssl/` in hash.c, sign.c; `sodium.h` in sign.c |\n"
    "| `record` | records | base | - |\n| `store` | store | base, record | `sqlite3.h` in sqlite.c |\n",
    "src/base/str.h": "#include <stddef.h>\n#include <sys/stat.h>\n",
    "src/base/hash.c": '#include "base/str.h"\n#include <openssl/evp.h>\n',
    "src/record/record.h": '#include "base/str.h"\n',
    "src/store/sqlite.c": '#include "record/record.h"\n#include <sqlite3.h>\n',
}
FAULTS = [
    ({"src/record/up.c": '\n#include "store/sqlite.c"\n'}, "src/record/up.c:2: room 'record' may not"),
    ({"src/record/f.c": "#include <sqlite3.h>\n"}, "src/record/f.c:1: foreign header <sqlite3.h>"),
    ({"src/store/other.c": "#  include <sqlite3.h>\n"}, "src/store/other.c:1: foreign header"),
    ({"src/base/rand.c": "#include <openssl/rand.h>\n"}, "src/base/rand.c:1: foreign header"),
    ({"src/base/x.c": '#include "base/none.h"\n'}, "'base/none.h' is no file"),
    ({"src/attic/x.c": "int x;\n"}, "room 'attic' has no row"),
    ({TABLE: CLEAN[TABLE].replace("| records | base |", "| records | base, store |")}, "include each other"),
]

if __name__ == "__main__":
    check.run(findings, CLEAN, FAULTS)
