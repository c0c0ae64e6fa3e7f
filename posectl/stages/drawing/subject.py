"""What a subject to be drawn names: a file, or an artifact and perhaps one sample of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from posectl.data.safe.npy import load_array, source_name
from posectl.errors import InvalidInputError, NotFoundError
from posectl.stages.artifacts.files import is_file
from posectl.stages.run import Run, expect
from posectl.store import Artifact, Ref

Kind = Literal["poses", "images"]

_FLAT_POSE = 51


@dataclass(frozen=True)
class Source:
    """array: what a file holds, of any shape; else artifact: paths, samples or a dataset, and sample: `#i`."""

    subject: str
    array: np.ndarray | None = None
    artifact: Artifact | None = None
    sample: int | None = None

    @property
    def held(self) -> np.ndarray:
        """The array of a file."""
        assert self.array is not None
        return self.array

    @property
    def kind(self) -> Kind:
        """What it holds. A file holds poses if its array ends in 3 coordinates or in the 51 numbers of a flat pose."""
        if self.artifact is not None:
            about = self.artifact.about
            kind = about.get("kind", "poses") if self.artifact.kind == "dataset" else _kind_of_samples(about)
            if kind not in ("poses", "images"):
                raise InvalidInputError(f"{self.artifact.ref} holds {kind}.", "Draw poses or images.")
            return "images" if kind == "images" else "poses"
        shape = self.held.shape
        flat = shape[-1:] == (_FLAT_POSE,) and len(shape) <= 3
        return "poses" if flat or shape[-1:] == (3,) or len(shape) < 2 else "images"

    @property
    def side(self) -> int:
        """Samples on a side of a block; 0 where it is none, or `#i` names one row of it."""
        whole = self.artifact is not None and self.artifact.kind == "paths" and self.sample is None
        return int(self.artifact.about.get("grid", 0)) if self.artifact is not None and whole else 0

    @property
    def row(self) -> slice:
        """The one row of paths or samples that `#i` names. Raises NotFoundError where there is none."""
        assert self.artifact is not None
        assert self.sample is not None
        key = "paths" if self.artifact.kind == "paths" else "samples"
        count = self.artifact.arrays()[key].shape[0]
        if not 0 <= self.sample < count:
            raise NotFoundError(f"{self.artifact.ref} has no #{self.sample}.", f"It has #0 to #{count - 1}.")
        return slice(self.sample, self.sample + 1)


def _kind_of_samples(about: dict[str, Any]) -> str:
    return about.get("samples", {}).get("kind", "poses")


def source_of(run: Run, subject: str) -> Source:
    """The file or artifact of this name; a file, or standard input, is read here."""
    if is_file(subject):
        return Source(source_name(subject), array=load_array(subject))
    ref = Ref.parse(subject)
    return Source(subject, artifact=expect(run.artifacts.get(ref), "paths", "samples", "dataset"), sample=ref.sample)


def common_kind(sources: Sequence[Source]) -> Kind:
    """What all sources hold. Raises InvalidInputError where some hold poses and some images."""
    kinds = {source.kind for source in sources}
    if len(kinds) > 1:
        raise InvalidInputError("One picture cannot show poses and images.", "Draw them one by one.")
    return kinds.pop()
