"""What every stage shares: where it works, whom it tells, and how its artifact is found again or made."""

from __future__ import annotations

import dataclasses
import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from posectl import __version__
from posectl.errors import InvalidInputError, NotFoundError
from posectl.store import Artifact, Draft, Store
from posectl.store.lineage import find_parent

Parents = Sequence[tuple[str, Artifact]]


@dataclass(frozen=True)
class Progress:
    """How far a long stage is: `done` of `total` units, and figures worth a glance."""

    stage: str
    done: int
    total: int
    unit: str
    figures: Mapping[str, float] = field(default_factory=dict)


@dataclass
class Run:
    """The surroundings of a stage. A notebook needs none of it: Run() works in ./artifacts and says nothing.

    sources: for each option whether it came from flag, env, file, preset or default, for the record. tell receives
    sentences, progress receives `Progress`.
    """

    store: Path | str = "artifacts"
    name: str | None = None
    seed: int = 0
    device: str = "auto"
    threads: int | None = None
    force: bool = False
    command: str = ""
    sources: Mapping[str, str] = field(default_factory=dict)
    tell: Callable[[str], None] = lambda message: None
    progress: Callable[[Progress], None] = lambda progress: None

    @property
    def artifacts(self) -> Store:
        return Store(Path(self.store))

    def config(self, options: Any) -> dict[str, dict[str, Any]]:
        """An options dataclass as {key: {"value", "source"}}."""
        values = dataclasses.asdict(options)
        return {
            key: {"value": value, "source": self.sources.get(key, "default")} for key, value in sorted(values.items())
        }

    def subject(self, ref: str | None, kind: str, hint: str) -> Artifact:
        """The artifact of this ref, or the newest of its kind. Raises NotFoundError, with the hint, where there is
        none, and for an artifact of another kind."""
        artifact = self.artifacts.get(ref) if ref else self.artifacts.newest(kind)
        if artifact is None:
            raise NotFoundError(f"There is no {kind} in {self.store}.", hint)
        return expect(artifact, kind)


def parent_of(run: Run, artifact: Artifact, role: str) -> Artifact | None:
    """The artifact that another was made from in this role; None if it has none such, or it is gone."""
    for parent in artifact.parents:
        if parent.role == role:
            return find_parent(run.artifacts, parent)
    return None


def expect(artifact: Artifact, *kinds: str) -> Artifact:
    """The artifact, if it is of one of the kinds; else InvalidInputError."""
    if artifact.kind not in kinds:
        raise InvalidInputError(
            f"{artifact.ref} is a {artifact.kind}, not a {' or '.join(kinds)}.",
            f"`posectl store ls --kind {kinds[0]}` lists those.",
        )
    return artifact


@dataclass(frozen=True)
class Result:
    """What a stage made: the artifact, and the figures worth printing. `reused` if it was there already."""

    artifact: Artifact
    figures: dict[str, Any]
    reused: bool = False

    @property
    def ref(self) -> str:
        return self.artifact.ref

    def as_json(self) -> dict[str, Any]:
        a = self.artifact
        return {
            "ref": a.ref,
            "kind": a.kind,
            "path": str(a.path),
            "digest": a.digest,
            "parents": [parent.ref for parent in a.parents],
            "reused": self.reused,
            **self.figures,
        }


@cache
def code_digest() -> str:
    """A digest of the code that decides what a stage computes: its version and the source of core, data and stages."""
    root = Path(__file__).parents[1]
    digest = hashlib.sha256(__version__.encode())
    for package in ("core", "data", "stages"):
        for path in sorted((root / package).rglob("*.py")):
            digest.update(str(path.relative_to(root)).encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()


def run_key(kind: str, config: Mapping[str, Any], seed: int, device: str, parents: Parents, inputs: Any = None) -> str:
    """The identity of a stage's work: the same key, the same artifact."""
    identity = {
        "kind": kind,
        "config": {key: entry["value"] for key, entry in config.items()},
        "seed": seed,
        "device": device.partition(":")[0],
        "parents": [[role, parent.kind, parent.digest] for role, parent in parents],
        "inputs": inputs,
        "code": code_digest(),
    }
    return hashlib.sha256(json.dumps(identity, sort_keys=True, default=str).encode()).hexdigest()


def produce(
    run: Run,
    kind: str,
    default_name: str,
    config: Mapping[str, Any],
    fill: Callable[[Draft], dict[str, Any]],
    *,
    parents: Parents = (),
    inputs: Any = None,
    device: str = "cpu",
    about: Mapping[str, Any] | None = None,
) -> Result:
    """The artifact of this work: the one that is there, unless `run.force`, or a new one that `fill` writes.

    fill puts arrays into the draft and returns the summary of figures.
    """
    name = run.name or default_name
    key = run_key(kind, config, run.seed, device, parents, inputs)
    found = None if run.force else run.artifacts.find(kind, name, key)
    if found is not None:
        run.tell(f"{found.ref} is this very run; --force makes it again.")
        return Result(found, dict(found.summary), reused=True)
    with run.artifacts.draft(kind, name) as draft:
        summary = fill(draft)
        draft.record(
            command=run.command,
            config=dict(config),
            seed=run.seed,
            device=device,
            key=key,
            parents=list(parents),
            summary=summary,
            about={**(about or {}), **({"inputs": inputs} if inputs else {})},
        )
        if run.threads is not None:
            draft.record(threads=run.threads)
        return Result(draft.publish(), summary)
