"""Artifacts in a list: of what dataset and model each is, told by manifests alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from posectl.printable import error_text
from posectl.store import Artifact

HEADER = ("ref", "kind", "data set", "regularizers", "d", "error", "age")


@dataclass(frozen=True)
class Listed:
    """An artifact; the ref of its dataset; regularizers with their lambdas and latent size of its model; and the test
    error, of a sweep its lowest, in `unit`."""

    artifact: Artifact
    dataset: str
    regularizers: str
    latent: str
    error: float | None
    unit: str

    def cells(self, now: datetime | None = None) -> list[str]:
        """Return a text for each column of HEADER."""
        a = self.artifact
        error = "" if self.error is None else error_text(self.error, self.unit, digits=1)
        old = age(a.created, now or datetime.now(UTC))
        return [a.ref, a.kind, self.dataset, self.regularizers, self.latent, error, old]


def rows_of(artifacts: Sequence[Artifact], among: Sequence[Artifact]) -> list[Listed]:
    """Return a row for each artifact; among: all of the store, where what they were made from is looked up."""
    by_digest = {artifact.digest: artifact for artifact in reversed(among)}
    return [_row(artifact, by_digest) for artifact in artifacts]


def _row(artifact: Artifact, by_digest: dict[str, Artifact]) -> Listed:
    family = _family(artifact, by_digest)
    model = next((each for each in family if each.kind == "model"), None)
    called = [p.ref for each in family for p in each.parents if p.role in ("dataset", "reference")]
    made = model or artifact
    net, objectives = made.about.get("net") or {}, made.about.get("objectives") or []
    latent = net.get("latent") or _setting(made, "latent", "") if made.kind in ("model", "sweep") else ""
    return Listed(
        artifact,
        called[0] if called else "",
        _regularizers(made, objectives),
        ", ".join(map(str, latent)) if isinstance(latent, list) else str(latent),
        *_error(artifact, by_digest),
    )


def _family(artifact: Artifact, by_digest: dict[str, Artifact]) -> list[Artifact]:
    """Return the artifact and its ancestors, nearest first; a sweep without its models."""
    family = {artifact.path: artifact}
    for each in (waiting := [artifact]):
        found = [by_digest[p.digest] for p in each.parents if p.digest in by_digest and each.kind != "sweep"]
        waiting += [parent for parent in found if parent.path not in family]
        family |= {parent.path: parent for parent in found}
    return list(family.values())


def _regularizers(made: Artifact, objectives: Sequence[dict[str, Any]]) -> str:
    """Name the regularizers as they were asked for, a recipe by its own name, each with its lambda."""
    asked = list(_setting(made, "reg", ())) if made.kind in ("model", "sweep") else []
    weights: dict[str, Any] = dict(zip(asked, _setting(made, "lam", ()), strict=False))
    if made.kind == "model":
        weights |= {each["name"]: each.get("lam") for each in objectives}
    terms = [(name, weights.get(name)) for name in asked if name != "none"]
    texts = [f"{name} {_weight(weight)}".strip() for name, weight in terms]
    return ", ".join(texts) if texts or not asked else "none"


def _weight(weight: Any) -> str:
    if isinstance(weight, list):
        return f"{min(weight):g} to {max(weight):g}" if len(weight) > 1 else "".join(f"{each:g}" for each in weight)
    return "" if weight is None else f"{weight:g}"


def _error(artifact: Artifact, by_digest: dict[str, Artifact]) -> tuple[float | None, str]:
    summary = artifact.summary
    if artifact.kind == "scores":
        score = (summary.get("scores") or {}).get("reconstruction_mpjpe") or {}
        return score.get("mean"), str(score.get("unit", ""))
    if artifact.kind == "sweep":
        errors = [row["test_error"] for row in summary.get("replicas", []) if row.get("test_error") is not None]
        models = [by_digest[p.digest] for p in artifact.parents if p.role == "model" and p.digest in by_digest]
        return min(errors, default=None), str(models[0].summary.get("unit", "")) if models else ""
    return summary.get("test_error"), str(summary.get("unit", ""))


def _setting(artifact: Artifact, key: str, otherwise: Any) -> Any:
    return artifact.config.get(key, {}).get("value") or otherwise


def age(created: str, now: datetime) -> str:
    """Write the time since an ISO 8601 date in its largest whole unit: 40 s, 5 min, 3 h, 12 d."""
    seconds = max(0, int((now - datetime.fromisoformat(created)).total_seconds()))
    for size, unit in ((86400, "d"), (3600, "h"), (60, "min")):
        if seconds >= size:
            return f"{seconds // size} {unit}"
    return f"{seconds} s"
