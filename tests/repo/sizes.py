# sizes.py - keeps files at 800 lines and functions at 80 lines, in C, TypeScript and Python.
# SPDX-License-Identifier: Apache-2.0
import ast
import re

import check

FILE_LINES = 800
FUNCTION_LINES = 80
C_LIKE = (".c", ".h", ".ts", ".tsx", ".js")
SOURCES = C_LIKE + (".py", ".sh", ".sql", ".build", ".css")

BLANKED = re.compile(
    r"/\*.*?\*/|//[^\n]*|\"(?:\\.|[^\"\\\n])*\"|'(?:\\.|[^'\\\n])*'|`(?:\\.|[^`\\])*`", re.S)
CONTROL = re.compile(r"\b(if|for|while|switch|catch|do|else|with)\b[^{}]*$")


def blank(text):
    """Comments and literals become spaces, so that their braces do not count; lines stay."""
    return BLANKED.sub(lambda m: re.sub(r"[^\n]", " ", m[0]), text)


def drop_directives(text):
    """Preprocessor lines, and the #else halves whose braces would count twice, become empty."""
    lines, skipping, out, continued = text.split("\n"), [], [], False
    for line in lines:
        directive = continued or line.lstrip().startswith("#")
        word = re.match(r"\s*#\s*(\w+)", line)
        if word and not continued:
            if word[1].startswith("if"):
                skipping.append(False)
            elif word[1] in ("else", "elif") and skipping:
                skipping[-1] = True
            elif word[1] == "endif" and skipping:
                skipping.pop()
        continued = directive and line.endswith("\\")
        out.append("" if directive or any(skipping) else line)
    return "\n".join(out)


def name_of(head):
    names = re.findall(r"([A-Za-z_$][\w$]*)\s*(?:=\s*(?:async\s*)?)?(?:<[^<>]*>)?\(", head)
    return names[0] if names else "(anonymous)"


def is_function(head, is_c, depth):
    head = head.strip()
    if is_c:
        return depth == 0 and "(" in head and "=" not in head and not head.startswith(("typedef", "enum"))
    if CONTROL.search(head.rsplit(";", 1)[-1]) and not head.endswith("=>"):
        return False
    return head.endswith("=>") or bool(re.search(r"\)\s*(:[^=;{}]+)?$", head))


def c_functions(text, is_c):
    """Yields (name, first line, number of lines) of each function with a body in braces."""
    text = blank(text)
    text = drop_directives(text) if is_c else text
    open_blocks, head, head_line, line = [], "", 1, 1
    for ch in text:
        if ch == "{":
            found = is_function(head, is_c, len(open_blocks))
            open_blocks.append((name_of(head), head_line) if found else None)
            head = ""
        elif ch == "}":
            block = open_blocks.pop() if open_blocks else None
            if block:
                yield block[0], block[1], line - block[1] + 1
            head = ""
        elif ch == ";" and head.count("(") <= head.count(")"):
            head = ""
        else:
            if not head.strip() and not ch.isspace():
                head, head_line = "", line
            head += ch
        line += ch == "\n"


def python_functions(text):
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            yield node.name, node.lineno, node.end_lineno - node.lineno + 1


def functions(path, text):
    if path.endswith(C_LIKE):
        return c_functions(text, path.endswith((".c", ".h")))
    return python_functions(text) if path.endswith(".py") else ()


def is_script(root, path):
    return "." not in path.split("/")[-1] and check.is_text(root, path) and \
        check.read(root, path).startswith("#!")


def findings(root):
    for path in check.files(root):
        if check.is_fuzz_seed(path) or not (path.endswith(SOURCES) or is_script(root, path)):
            continue
        text = check.read(root, path)
        lines = text.count("\n")
        if lines > FILE_LINES:
            yield f"{path}:{lines}: file of {lines} lines, at most {FILE_LINES}"
        for name, line, length in functions(path, text):
            if length > FUNCTION_LINES:
                yield f"{path}:{line}: function '{name}' of {length} lines, at most {FUNCTION_LINES}"


def body(n):
    return "    x++;\n" * n


CLEAN = {
    "src/a.c": "static const int table[] = {\n" + "    1,\n" * 200 + "};\n"
    "int brace(void)\n{\n    return '{';\n}\n"
    "struct s {\n" + "    int m;\n" * 100 + "};\n"
    "int ok(int a,\n       int b)\n{\n" + body(76) + "}\n",
    "web/a.ts": "export function ok(a: number): number {\n" + body(78) + "}\n"
    "class Big {\n" + "    m(): void {\n        x();\n    }\n" * 40 + "}\n",
    "x.py": "def ok():\n" + "    x = 1\n" * 79,
    "fuzz/corpus/csv/long.sql": "\n" * 900,
}
FAULTS = [
    ({"src/b.c": "\n" * 801}, "src/b.c:801: file of 801 lines"),
    ({"src/b.c": "int y;\n\nint much(int a)\n{\n" + body(78) + "}\n"}, "src/b.c:3: function 'much' of 81"),
    ({"src/b.c": 'int a(void)\n{\n    s = "}";\n' + body(77) + "}\n"}, "function 'a' of 81"),
    ({"src/b.c": "#ifdef X\nint a(int x) {\n#else\nint a(void) {\n#endif\n" + body(77) + "}\n"}, "'a' of 82"),
    ({"web/b.ts": "const f = (a) => {\n" + body(79) + "};\n"}, "web/b.ts:1: function"),
    ({"web/b.ts": "class A {\n  go(a: string): void {\n" + body(79) + "  }\n}\n"}, "function 'go' of 81"),
    ({"y.py": "def much():\n" + "    x = 1\n" * 80}, "y.py:1: function 'much' of 81"),
    ({"script/x": "#!/bin/sh\n" + "\n" * 800}, "script/x:801: file"),
]

if __name__ == "__main__":
    check.run(findings, CLEAN, FAULTS)
