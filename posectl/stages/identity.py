"""The identity of a stage's work: its settings, seed, parents and inputs, and the code that computes it.

The code is all that the stage imports of posectl's core, data and stages, with the modules that it chose from
registries and the data files beside them; docstrings, comments and formatting do not count. Another stage's module does
not, either: its results are parents. The store and the renderer keep and show numbers, and decide none.
"""

from __future__ import annotations

import hashlib
import importlib.util
import json
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

from posectl.stages.sources import keep, source_of
from posectl.store import Artifact

_ROOT = Path(__file__).parents[1]
_COUNTED = ("core", "data", "stages")

# Options that repeat others, or have no influence on the result, by the kind of artifact.
# What is said of a file's poses shows in the digest of its array as it was read.
_OF_FILES = {"unit", "up", "joints", "shape"}
_IRRELEVANT = {"model": {"reg", "lam", "price", "set", "checkpoint_every"}, "sweep": {"checkpoint_every"},
               "scores": {*_OF_FILES, "jobs"}, "paths": _OF_FILES, "samples": _OF_FILES}  # fmt: skip

# Options that came later, with the value by which artifacts from before them were made.
_LATER: dict[str, dict[str, Any]] = {
    "model": {"best_by": "validation", "micro_batch": None, "order": "rows"},
    "paths": {"start": 0.0, "stop": 1.0},
    "samples": {"draws": "prior"},
    "scores": {
        "split": "test",
        "clouds": 200,
        "draws": "prior",
        "labelled": 100,
        "task": None,
        "poses": 2000,
        "masks": None,
        "hypotheses": 10,
        "starts": "neighbours",
    },
    "sweep": {"labelled": None, "best_by": "validation", "price": None, "micro_batch": None, "order": None},
}


def work_of(
    kind: str,
    config: Mapping[str, Mapping[str, Any]],
    seed: int,
    device: str,
    parents: Iterable[tuple[str, str]],
    inputs: Any = None,
) -> str:
    """Digest the inputs of a computation, whatever the code: parents are (role, digest) pairs."""
    values = {key: entry["value"] for key, entry in config.items()}
    left_out = {key for key, value in _LATER.get(kind, {}).items() if values.get(key) == value}
    left_out |= _IRRELEVANT.get(kind, set())
    work = {
        "kind": kind,
        "config": {key: value for key, value in values.items() if key not in left_out},
        "seed": seed,
        "device": device.partition(":")[0],
        "parents": sorted(parents),
        "inputs": inputs or None,
    }
    return hashlib.sha256(json.dumps(work, sort_keys=True, default=str).encode()).hexdigest()


def work_recorded(artifact: Artifact, roles: Iterable[str]) -> str:
    """Digest the work that an artifact records, with its parents in these roles."""
    m, wanted = artifact.manifest, set(roles)
    parents = [(parent.role, parent.digest) for parent in artifact.parents if parent.role in wanted]
    return work_of(m["kind"], m["config"], m["seed"], str(m["device"]), parents, m["about"].get("inputs"))


def key_of(work: str, stage: str, modules: Iterable[str] = ()) -> str:
    """Return the key that a stage's artifact is found by: a digest of the work, and of the code that computes it.

    stage: the name of its module in `posectl.stages`; modules: those that it chose from registries.
    """
    return hashlib.sha256(f"{work}/{code_digest(stage, frozenset(modules))}".encode()).hexdigest()


@cache
def code_digest(stage: str, modules: frozenset[str] = frozenset()) -> str:
    """Digest the code of a stage and of the modules that it chose."""
    digest = hashlib.sha256()
    for name in sorted(code_of(stage, modules)):
        digest.update(f"{name}={module_digest(name)}\n".encode())
    keep()
    return digest.hexdigest()


def code_of(stage: str, modules: Iterable[str] = ()) -> set[str]:
    """Name the modules whose code a stage executes: itself, those it chose, and what they import, at any depth."""
    own = f"posectl.stages.{stage}"
    found: set[str] = set()
    waiting = [own, *modules]
    while waiting:
        name = waiting.pop()
        if name not in found and (name == own or _counts(name)):
            found.add(name)
            waiting += _imported(name)
    return found


def _counts(name: str) -> bool:
    parts = name.split(".")
    if parts[0] != "posectl":
        return _file(name) is not None
    is_stage = parts[1:2] == ["stages"] and len(parts) == 3 and _is_verb(name)
    return len(parts) > 1 and parts[1] in _COUNTED and not is_stage


def _is_verb(name: str) -> bool:
    """Tell whether a module of stages is a stage of its own: one that defines a function of its name."""
    path = _file(name)
    return path is not None and name.rpartition(".")[2] in source_of(path).functions


@cache
def module_digest(name: str) -> str:
    """Digest a module's code, without docstrings, comments and formatting, and the data files of a package."""
    path = _file(name)
    digest = hashlib.sha256(source_of(path).code.encode() if path is not None else b"")
    if path is not None and path.name == "__init__.py":
        for file in _data_files(path.parent):
            digest.update(f"{file.relative_to(path.parent)}:{_content(file)}\n".encode())
    return digest.hexdigest()


def _data_files(folder: Path) -> Iterator[Path]:
    """Yield the YAML files of a package, and of its folders that are no packages."""
    for path in sorted(folder.iterdir()):
        if path.suffix == ".yaml":
            yield path
        elif path.is_dir() and not (path / "__init__.py").exists():
            yield from _data_files(path)


def _content(file: Path) -> str:
    import yaml

    return json.dumps(yaml.safe_load(file.read_text(encoding="utf-8")), sort_keys=True, default=str)


@cache
def _imported(name: str) -> tuple[str, ...]:
    """Name the modules that a module imports when it is executed, its packages among them."""
    path = _file(name)
    found = [name.rpartition(".")[0]] if "." in name else []
    found += source_of(path).imports if path is not None else []
    tops = ("posectl", name.partition(".")[0])
    return tuple(each for each in found if each.partition(".")[0] in tops and _file(each) is not None)


@cache
def _file(name: str) -> Path | None:
    """Find the source of a module; None where there is none, or it is no module."""
    top, _, rest = name.partition(".")
    if top == "posectl":
        path = _ROOT.joinpath(*rest.split(".")) if rest else _ROOT
        return next((p for p in (path.with_suffix(".py"), path / "__init__.py") if p.is_file()), None)
    try:
        spec = importlib.util.find_spec(name)
    except (ImportError, ValueError, AttributeError):
        return None
    return Path(spec.origin) if spec and spec.origin and spec.origin.endswith(".py") else None
