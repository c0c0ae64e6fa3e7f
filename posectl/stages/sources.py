"""What the identity of work reads of a module's source: its code without docstrings, comments and formatting, what it
imports, and which functions it defines.

To parse what a stage executes takes most of a second, so that what was read is kept beside the interpreter's compiled
code, and counts for as long as the source is the same to the byte.
"""

from __future__ import annotations

import ast
import hashlib
import importlib.util
import json
import os
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple


class Source(NamedTuple):
    """A module's source, of digest `content`. code: the digest of what is executed. imports: names that it imports,
    modules or what is in them. functions: names of those at its top."""

    content: str
    code: str
    imports: list[str]
    functions: list[str]


@cache
def source_of(path: Path) -> Source:
    """Return what there is in a file of Python."""
    content = path.read_bytes()
    digest, kept = _digest(content), _kept()
    found = kept.get(str(path))
    if found is None or found.content != digest:
        tree = ast.parse(content)
        functions = [node.name for node in tree.body if isinstance(node, ast.FunctionDef)]
        kept[str(path)] = found = Source(digest, _digest(_plain(tree).encode()), list(_imports(tree)), functions)
        _new.append(path)
    return found


def keep() -> None:
    """Keep what was read anew for the next process, where Python may keep compiled code."""
    file = _file()
    if not _new or file is None or sys.dont_write_bytecode:
        return
    _new.clear()
    sources = {path: source for path, source in _kept().items() if Path(path).exists()}
    with suppress(OSError):
        file.parent.mkdir(exist_ok=True)
        draft, name = tempfile.mkstemp(prefix=f"{file.name}.", dir=file.parent)
        try:
            with open(draft, "w", encoding="utf-8") as out:
                json.dump({"by": _reader(), "sources": sources}, out)
            os.chmod(name, 0o644)  # for whoever may read the sources
            os.replace(name, file)
        except OSError:
            os.unlink(name)


_new: list[Path] = []  # files that were read in this process


@cache
def _kept() -> dict[str, Source]:
    """What processes before this one kept, by path; nothing where that cannot be read, or this module was another."""
    file = _file()
    try:
        kept = json.loads(file.read_bytes()) if file is not None else {}
        return {path: Source(*source) for path, source in kept["sources"].items()} if kept["by"] == _reader() else {}
    except (OSError, ValueError, TypeError, KeyError, AttributeError):
        return {}


@cache
def _reader() -> str:
    return _digest(Path(__file__).read_bytes())


def _file() -> Path | None:
    try:
        return Path(importlib.util.cache_from_source(__file__)).with_suffix(".json")
    except NotImplementedError:  # an interpreter that keeps no compiled code
        return None


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _imports(tree: ast.AST) -> Iterator[str]:
    for node in _executed(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def _executed(tree: ast.AST) -> Iterator[ast.AST]:
    """Walk a tree without the code for type checkers alone."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING":
            for other in node.orelse:
                yield from _executed(other)
            continue
        yield node
        yield from _executed(node)


def _plain(node: Any) -> str:
    """Write a tree down without positions, empty fields and strings that stand alone, alike in every Python."""
    if isinstance(node, ast.AST):
        fields = [(name, value) for name, value in ast.iter_fields(node) if value not in (None, [])]
        return f"{type(node).__name__}({','.join(f'{name}={_plain(value)}' for name, value in fields)})"
    if isinstance(node, Sequence) and not isinstance(node, str | bytes):
        return f"[{','.join(_plain(each) for each in node if not _is_string(each))}]"
    return repr(node)


def _is_string(node: Any) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)
