"""The settings of registered dataclasses, with defaults and meanings, read from their source: imports none of them.

A class says what its fields mean in its docstring, one entry each: `gamma: what it is. Paper: 0.2.`
"""

from __future__ import annotations

import ast
import re
import textwrap
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from posectl.registry import Registry


@dataclass(frozen=True)
class Setting:
    """A field of a registered dataclass. type, default: as its source has them; paper: what was published, or ""."""

    key: str
    type: str
    default: str
    meaning: str = ""
    paper: str = ""


@dataclass(frozen=True)
class Described:
    """What a registered dataclass is. source: its papers; defaults: which of their settings it takes."""

    name: str
    summary: str
    source: str
    defaults: str
    settings: tuple[Setting, ...]

    def as_json(self) -> dict[str, Any]:
        """Return the JSON object of `--json`."""
        return {**asdict(self), "settings": [asdict(setting) for setting in self.settings]}


def describe(registry: Registry[Any], name: str) -> Described:
    """Describe what is registered under a name. Raises UsageError for one that there is not."""
    tree = _tree(registry.module(name))
    doc = ast.get_docstring(tree) or ""
    paragraphs = [" ".join(paragraph.split()) for paragraph in doc.split("\n\n")]
    found = {key: next((p.partition(f"{key}: ")[2] for p in paragraphs if f"{key}: " in p), "") for key in
             ("Source", "Defaults")}  # fmt: skip
    registered = re.compile(rf"""^{registry.decorator}\(['"]{re.escape(name)}['"]""")
    node = next(
        node
        for node in tree.body
        if isinstance(node, ast.ClassDef | ast.FunctionDef)
        and any(registered.match(ast.unparse(each).rpartition(".")[2]) for each in node.decorator_list)
    )
    settings = tuple(_settings(node, tree)) if isinstance(node, ast.ClassDef) else ()
    return Described(name, paragraphs[0], found["Source"], found["Defaults"], settings)


def _settings(node: ast.ClassDef, tree: ast.Module) -> Iterator[Setting]:
    """Yield the fields of a dataclass that have a default, those that it inherits first."""
    fields: dict[str, Setting] = {}
    for base in node.bases:
        above = _base(ast.unparse(base), tree)
        if above is not None:
            fields |= {setting.key: setting for setting in _settings(*above)}
    meanings = _entries(ast.get_docstring(node) or "")
    for each in node.body:
        if not isinstance(each, ast.AnnAssign) or each.value is None or not isinstance(each.target, ast.Name):
            continue
        key, kind = each.target.id, ast.unparse(each.annotation)
        if not kind.startswith("ClassVar"):
            told = fields[key] if key in fields else Setting(key, kind, "")
            fields[key] = Setting(key, kind, _default(each.value), told.meaning, told.paper)
    for key, told in fields.items():
        meaning, paper = meanings.get(key, (told.meaning, told.paper))
        yield Setting(key, told.type, told.default, meaning, paper)


def _default(value: ast.expr) -> str:
    """Write a default as `--set` takes it."""
    if isinstance(value, ast.Tuple):
        return ",".join(_default(each) for each in value.elts)
    if isinstance(value, ast.Constant):
        if value.value is None:
            return ""
        return str(value.value).lower() if isinstance(value.value, bool) else str(value.value)
    return ast.unparse(value)


def _base(name: str, tree: ast.Module) -> tuple[ast.ClassDef, ast.Module] | None:
    """Find a class of posectl's own that a module imports, with its module."""
    for node in tree.body:
        if isinstance(node, ast.ImportFrom) and node.module and name in {alias.name for alias in node.names}:
            there = _tree(node.module)
            return next(((n, there) for n in there.body if isinstance(n, ast.ClassDef) and n.name == name), None)
    return None


def _entries(doc: str) -> dict[str, tuple[str, str]]:
    """Return key -> (meaning, what was published) of the entries of a docstring."""
    found = {}
    for key, text in re.findall(r"^(\w+): (.*(?:\n +.*)*)", textwrap.dedent(doc), re.MULTILINE):
        meaning, _, paper = " ".join(text.split()).partition(" Paper: ")
        found[key] = (meaning.removesuffix("."), paper.removesuffix("."))
    return found


@cache
def _tree(module: str) -> ast.Module:
    spec = find_spec(module)
    if spec is None or not spec.origin or not Path(spec.origin).is_file():
        return ast.Module([], [])
    return ast.parse(Path(spec.origin).read_text(encoding="utf-8"))
