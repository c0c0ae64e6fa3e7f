"""Ancestors and descendants of artifacts: what each was made from, and what was made from it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass

from posectl.errors import PosectlError
from posectl.store.artifact import Artifact, Parent
from posectl.store.box import boxed
from posectl.store.catalogue import Catalogue
from posectl.store.refs import Ref


@dataclass(frozen=True)
class Relative:
    """One ancestor or descendant: `depth` steps away, in the `role` of the nearer one's parent.

    artifact: None for an ancestor that is no longer in the store; `ref` is then what it was called.
    """

    depth: int
    role: str
    ref: str
    artifact: Artifact | None


@dataclass(frozen=True)
class Lineage:
    """An artifact between what it came from and what came from it, nearest first, each once."""

    artifact: Artifact
    ancestors: list[Relative]
    descendants: list[Relative]


def lineage(catalogue: Catalogue, artifact: Artifact) -> Lineage:
    """Return all ancestors and descendants of an artifact."""
    everyone = catalogue.artifacts()

    def parents(child: Artifact) -> Iterator[tuple[str, str, Artifact | None]]:
        for parent in child.parents:
            found = find_parent(catalogue, parent, everyone)
            yield parent.role, found.ref if found else parent.ref, found

    def offspring(parent: Artifact) -> Iterator[tuple[str, str, Artifact | None]]:
        for child, role in children(catalogue, parent, everyone):
            yield role, child.ref, child

    return Lineage(artifact, _reach(artifact, parents), _reach(artifact, offspring))


def find_parent(catalogue: Catalogue, parent: Parent, among: list[Artifact] | None = None) -> Artifact | None:
    """Return the artifact that a manifest calls a parent: that of its ref if the digest agrees, else any of its digest.

    An import may have given it another version here.
    """
    with suppress(PosectlError):  # no ref, not there, damaged: then another of that digest serves
        ref = Ref.parse(parent.ref)
        called = Artifact(catalogue.layout.version(ref.name, ref.version or 0))
        if called.digest == parent.digest:
            return called
    with suppress(PosectlError):
        found = boxed(Ref.parse(parent.ref))
        if found is not None and found.digest == parent.digest:
            return found
    everyone = catalogue.artifacts() if among is None else among
    return next((each for each in everyone if each.digest == parent.digest), None)


def children(
    catalogue: Catalogue, artifact: Artifact, among: list[Artifact] | None = None
) -> list[tuple[Artifact, str]]:
    """Return every artifact that has this one as a parent, and in which role, oldest first."""
    everyone = catalogue.artifacts() if among is None else among
    found = []
    for child in everyone:
        for parent in child.parents:
            if parent.digest == artifact.digest:
                meant = find_parent(catalogue, parent, everyone)
                if meant is not None and meant.path == artifact.path:
                    found.append((child, parent.role))
    return found


def _reach(start: Artifact, step: Callable[[Artifact], Iterator[tuple[str, str, Artifact | None]]]) -> list[Relative]:
    """Search breadth first from `start`; return each relative once."""
    seen, relatives = {start.ref}, []
    level, depth = [start], 0
    while level:
        depth += 1
        following = []
        for each in level:
            for role, ref, found in step(each):
                if ref in seen:
                    continue
                seen.add(ref)
                relatives.append(Relative(depth, role, ref, found))
                if found is not None:
                    following.append(found)
        level = following
    return relatives
