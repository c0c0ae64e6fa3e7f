"""The context that every stage shares: where it works, where it reports, and how its artifact is found or made."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch

from posectl.errors import IntegrityError, NotFoundError
from posectl.stages.artifacts.about import About
from posectl.stages.identity import code_digest, key_of, work_of, work_recorded
from posectl.store import Artifact, Draft, Store
from posectl.store.artifact import expect as expect
from posectl.store.leases import Lease
from posectl.store.lineage import find_parent
from posectl.store.refs import fitting_name

Parents = Sequence[tuple[str, Artifact]]


@dataclass(frozen=True)
class Progress:
    """The progress of a long stage: `done` of `total` units, and figures worth a glance."""

    stage: str
    done: int
    total: int
    unit: str
    figures: Mapping[str, float] = field(default_factory=dict)


@dataclass
class Run:
    """The context of a stage: Run() works in ./artifacts and says nothing.

    store: the folder of artifacts.
    name: of the artifact that is made; None: by what makes it.
    seed: of every random stream.
    device, threads: where to compute.
    force: make the artifact again, though it is there.
    reuse: take the artifact of the same work by other code.
    command: for the record.
    sources: for each option whether it came from flag, env, file, preset or default, for the record.
    tell, detail, warn: receive sentences, those of detail for whoever wants to know more, those of warn on what looks
        wrong.
    progress: receives `Progress`.
    """

    store: Path | str = "artifacts"
    name: str | None = None
    seed: int = 0
    device: str = "auto"
    threads: int | None = None
    force: bool = False
    reuse: bool = False
    command: str = ""
    sources: Mapping[str, str] = field(default_factory=dict)
    tell: Callable[[str], None] = lambda message: None
    detail: Callable[[str], None] = lambda message: None
    warn: Callable[[str], None] = lambda message: None
    progress: Callable[[Progress], None] = lambda progress: None

    @property
    def artifacts(self) -> Store:
        """The store."""
        return Store(self.store)

    def config(self, options: Any) -> dict[str, dict[str, Any]]:
        """Return an options dataclass as {key: {"value", "source"}}."""
        values = dataclasses.asdict(options)
        return {
            key: {"value": value, "source": self.sources.get(key, "default")} for key, value in sorted(values.items())
        }

    def subject(self, ref: str | None, kind: str, hint: str) -> Artifact:
        """Return the artifact of this ref and kind, or the newest of its kind. Raises NotFoundError, with the hint,
        where there is none, InvalidInputError for an artifact of another kind."""
        artifact = self.artifacts.get(ref, kind) if ref else self.artifacts.newest(kind)
        if artifact is None:
            raise NotFoundError(f"There is no {kind} in {self.store}.", hint)
        return artifact


def parent_of(run: Run, artifact: Artifact, role: str) -> Artifact | None:
    """Find the artifact that another was made from in this role; None if it has none such, or it is gone."""
    for parent in artifact.parents:
        if parent.role == role:
            return find_parent(run.artifacts, parent)
    return None


@dataclass(frozen=True)
class Result:
    """The artifact that a stage made, and the figures worth printing; `reused` if it was there already."""

    artifact: Artifact
    figures: dict[str, Any]
    reused: bool = False

    @property
    def ref(self) -> str:
        """The ref of the artifact."""
        return self.artifact.ref

    def as_json(self) -> dict[str, Any]:
        """Return the JSON object of `--json`."""
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


def produce(
    run: Run,
    kind: str,
    default_name: str,
    config: Mapping[str, Any],
    fill: Callable[[Draft], dict[str, Any]],
    *,
    stage: str,
    modules: Iterable[str] = (),
    parents: Parents = (),
    inputs: Any = None,
    device: str = "cpu",
    about: About | None = None,
    lease: Lease | None = None,
) -> Result:
    """Return the artifact of this work: the one that is there, unless `run.force`, or a new one that `fill` writes.

    stage: the stage's module; modules: those that it chose from registries; lease: under which it is made. fill puts
    arrays into the draft and returns the summary of figures.
    Where only the same work by other code is there, it is reported, and `run.reuse` takes it. Raises ConflictError for
    a name of another kind, or where the lease was taken over.
    """
    name = run.name or fitting_name(default_name)
    work = work_of(kind, config, run.seed, device, [(role, parent.digest) for role, parent in parents], inputs)
    key = key_of(work, stage, modules)
    found = None if run.force else find_existing(run, kind, name, key, work, [role for role, _ in parents])
    if found is not None:
        return Result(found, dict(found.summary), reused=True)
    run.artifacts.check_free(kind, name)
    run.detail(f"{kind} {name}: computing on {device}; code {code_digest(stage, frozenset(modules))[:12]}.")
    started = time.monotonic()
    with run.artifacts.draft(kind, name, lease) as draft:
        summary = fill(draft)
        draft.record(
            command=run.command,
            config=dict(config),
            seed=run.seed,
            device=device,
            key=key,
            parents=list(parents),
            summary=summary,
            about={**(about.as_json() if about else {}), **({"inputs": inputs} if inputs else {})},
            threads=torch.get_num_threads(),
        )
        artifact = draft.publish()
    run.detail(f"{artifact.ref}: {time.monotonic() - started:.2f} s, {artifact.size:,} bytes.")
    return Result(artifact, summary)


def find_existing(run: Run, kind: str, name: str | None, key: str, work: str, roles: Iterable[str]) -> Artifact | None:
    """Find the artifact of this key, under any name if None; or, if `run.reuse`, that of the same work by other code.

    Says which it is, and where it is there but not taken.
    """
    artifacts = run.artifacts.artifacts(kind, name)[::-1]
    same = next((a for a in artifacts if a.key == key and _is_whole(a)), None)
    if same is not None:
        threads = same.manifest["threads"]
        if kind == "model" and threads not in (None, torch.get_num_threads()):
            others = (
                f"by {threads} thread{'s' if threads > 1 else ''}; by {torch.get_num_threads()} it may round otherwise"
            )
            run.tell(f"{same.ref} is this run {others}. --force makes it again.")
        else:
            run.tell(f"{same.ref} is this very run; --force makes it again.")
        return same
    roles = list(roles)
    other = next((a for a in artifacts if work_recorded(a, roles) == work and _is_whole(a)), None)
    if other is None:
        return None
    if run.reuse:
        run.tell(f"{other.ref} is the same work by other code, and is taken.")
        return other
    how = "" if run.sources and "reuse" not in run.sources else "; --reuse takes it"  # the demo has no such option
    run.tell(f"{other.ref} is the same work by other code{how}.")
    return None


def _is_whole(artifact: Artifact) -> bool:
    try:
        artifact.check_sizes()
    except IntegrityError:
        return False
    return True
