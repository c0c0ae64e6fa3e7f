"""Builds the store that stays under tests/store/golden, one a release: `python tests/store/make_golden.py 0.1.0`.

Run it once, when the format of a release is final; later releases must read every one of them.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

import numpy as np

from posectl.store import Artifact, Store

GOLDEN = Path(__file__).parent / "golden"
POSITIONS = (np.arange(6 * 17 * 3, dtype=np.float32) / 64).reshape(6, 17, 3)
WEIGHT = np.linspace(-1, 1, 12, dtype=np.float64).reshape(3, 4)
CLIPS = np.array(["walk", "läuft", ""])


def build(path: Path) -> None:
    """One artifact of each kind, with parents, an alias and a version that was removed."""
    path.mkdir(parents=True)
    store = Store(path)
    os.chdir("/")  # where no repository lends its commit
    poses = _publish(store, "dataset", "poses", {"samples": POSITIONS, "clips/name": CLIPS}, about={"unit": "m"})
    arrays = {"weights/last/encoder.0.weight": WEIGHT, "optimizer/step": np.array(7), "log/loss": np.zeros(0)}
    model = _publish(store, "model", "acai", arrays, parents=[("dataset", poses)], summary={"loss": float("nan")})
    _publish(store, "model", "acai", {"weights/last/encoder.0.weight": -WEIGHT}, parents=[("dataset", poses)])
    store.remove(_publish(store, "model", "acai", {}).ref)
    store.alias("acai:v1", "best")
    paths = _publish(
        store, "paths", "acai-paths", {"paths": POSITIONS[None].astype(np.float16)}, parents=[("model", model)]
    )
    _publish(store, "samples", "acai-samples", {"samples": POSITIONS[:2] > 0.5}, parents=[("model", model)])
    _publish(store, "scores", "acai-scores", {}, parents=[("paths", paths), ("against", poses)], summary={"anci": 1.25})
    _publish(store, "sweep", "sweep", {}, parents=[("model", model)])
    (path / ".staging").rmdir()


def _publish(store: Store, kind: str, name: str, arrays: dict[str, np.ndarray], **record: object) -> Artifact:
    with store.draft(kind, name) as draft:
        for array, values in arrays.items():
            draft.put(array, values)
        draft.record(command="golden", seed=3, device="cpu", threads=1, key=f"{kind} {name}")
        draft.record(config={"lam": {"value": [0.3], "source": "flag"}}, **record)  # type: ignore[arg-type]
        return draft.publish()


if __name__ == "__main__":
    build(GOLDEN / sys.argv[1])
