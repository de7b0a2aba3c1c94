#!/usr/bin/env python3
"""Finds circles of imports between the files of each crate.

A file imports another if it names one of its items by a path that begins with `crate`, `self` or
`super`, directly or through a `pub use`. A parent and its descendants may import each other, and
code under `#[cfg(test)]` may import anything.

    python3 scripts/check_circles.py

Prints every circle and exits with status 1 if there is one.
"""

import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def without_comments_and_literals(text):
    pattern = r"""
        //[^\n]* | /\*.*?\*/ | b?r(?P<hashes>\#*)"(?:.|\n)*?"(?P=hashes)
        | b?"(?:\\.|[^"\\])*" | b?'(?:\\.[^']*|[^'\\])'
    """
    return re.sub(pattern, " ", text, flags=re.VERBOSE | re.DOTALL)


def end_of_block(text, start):
    """The index after the brace that closes the one at `start`."""
    depth = 0
    for index in range(start, len(text)):
        depth += {"{": 1, "}": -1}.get(text[index], 0)
        if depth == 0:
            return index + 1
    return len(text)


def without_tests(text):
    """Removes each item under `#[cfg(test)]`, up to its semicolon or closing brace."""
    attribute = re.compile(r"#\[cfg\((?:all\()?test\b[^\]]*\]")
    while found := attribute.search(text):
        end = re.compile(r"[;{]").search(text, found.end())
        if not end:
            return text[: found.start()]
        stop = end_of_block(text, end.start()) if end.group() == "{" else end.end()
        text = text[: found.start()] + text[stop:]
    return text


def leaves(tree):
    """The paths of a `use` tree: `a::{b, c as d}` gives (a, b) and (a, c), with the names b, d."""
    head, brace, rest = tree.strip().partition("{")
    prefix = [part.strip() for part in head.split("::") if part.strip()]
    if not brace:
        words = head.split(" as ")
        path = [part.strip() for part in words[0].split("::") if part.strip()]
        if path and path[-1] == "self":
            path = path[:-1] if len(path) > 1 else path
        return [(path, words[-1].split("::")[-1].strip())] if path else []
    inner, depth, parts = rest[: rest.rfind("}")], 0, [""]
    for char in inner:
        depth += {"{": 1, "}": -1}.get(char, 0)
        if char == "," and depth == 0:
            parts.append("")
        else:
            parts[-1] += char
    found = []
    for part in parts:
        for path, name in leaves(part):
            found.append((prefix if path == ["self"] else prefix + path, name))
    return found


class Crate:
    def __init__(self, root):
        self.files = {}  # module path -> file
        self.paths = []  # (file, module path, path named in it)
        self.exports = {}  # module path -> {name: absolute path}
        self.read(root, ())

    def read(self, file, module):
        text = without_tests(without_comments_and_literals(file.read_text()))
        self.scan(text, file, module, is_root=module == ())

    def scan(self, text, file, module, is_root=False):
        self.files[module] = file
        self.exports[module] = {}
        while found := re.search(r"\bmod\s+(\w+)\s*\{", text):
            stop = end_of_block(text, found.end() - 1)
            self.scan(text[found.end() : stop - 1], file, module + (found[1],))
            text = text[: found.start()] + text[stop:]
        folder = file.parent if is_root or file.name == "mod.rs" else file.with_suffix("")
        for name in re.findall(r"\bmod\s+(\w+)\s*;", text):
            for child in (folder / f"{name}.rs", folder / name / "mod.rs"):
                if child.exists():
                    self.read(child, module + (name,))
        uses = re.compile(r"\b(pub(?:\([^)]*\))?\s+)?use\s+([^;]+);")
        for public, tree in uses.findall(text):
            for path, name in leaves(tree):
                self.paths.append((file, module, path))
                if public:
                    self.exports[module][name] = (module, path)
        for path in re.findall(r"\b(?:crate|self|super)(?:\s*::\s*\w+)+", uses.sub(" ", text)):
            self.paths.append((file, module, [part.strip() for part in path.split("::")]))

    def resolve(self, module, path, seen=()):
        """The module that a path leads to, or None outside the crate."""
        first = path[0]
        if first == "crate":
            at = ()
        elif first == "self":
            at = module
        elif first == "super":
            at = module[:-1]
        elif module + (first,) in self.files:
            at = module + (first,)
        else:
            return None
        for index, part in enumerate(path[1:], 1):
            if part == "super":
                at = at[:-1]
            elif at + (part,) in self.files:
                at += (part,)
            elif part in self.exports[at] and (at, part) not in seen:
                of, inner = self.exports[at][part]
                rest = inner + path[index + 1 :]
                return self.resolve(of, rest, (*seen, (at, part))) or at
            else:
                break
        return at

    def edges(self):
        module_of = {}
        for module, file in self.files.items():
            module_of.setdefault(file, module)
        graph = {file: set() for file in module_of}
        for file, module, path in self.paths:
            at = self.resolve(module, path)
            if at is None or self.files[at] == file:
                continue
            ours, theirs = module_of[file], module_of[self.files[at]]
            shorter = min(len(ours), len(theirs))
            if ours[:shorter] != theirs[:shorter]:
                graph[file].add(self.files[at])
        return graph


def circles(graph):
    """Sets of two or more files that reach one another."""
    reached = {}
    for start in graph:
        seen, todo = set(), [start]
        while todo:
            for file in graph[todo.pop()] - seen:
                seen.add(file)
                todo.append(file)
        reached[start] = seen
    found = {frozenset(b for b in reached[a] if a in reached[b]) for a in graph if a in reached[a]}
    return sorted(sorted(circle) for circle in found)


def main():
    count = 0
    roots = [ROOT / "src/lib.rs", ROOT / "src/main.rs", *sorted(ROOT.glob("crates/*/src/lib.rs"))]
    for root in filter(Path.exists, roots):
        graph = Crate(root).edges()
        for circle in circles(graph):
            count += 1
            print("a circle of imports:")
            for file in circle:
                inside = sorted(graph[file] & set(circle))
                names = ", ".join(str(other.relative_to(ROOT)) for other in inside)
                print(f"    {file.relative_to(ROOT)} imports {names}")
    return 1 if count else 0


if __name__ == "__main__":
    sys.exit(main())
