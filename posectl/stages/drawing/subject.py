"""The subject of a drawing: a file, or an artifact and perhaps one sample of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from posectl.core.kinds import Kind
from posectl.core.latent.paths import WHOLE, Span
from posectl.data.foreign import Conventions, load_poses
from posectl.data.safe.npy import source_name
from posectl.errors import InvalidInputError, NotFoundError
from posectl.stages.artifacts.about import DatasetAbout, DecodedAbout, read_about
from posectl.stages.artifacts.dataset import kind_named
from posectl.stages.artifacts.files import is_file
from posectl.stages.artifacts.formats import infer_kind
from posectl.stages.run import Run
from posectl.store import Artifact, Ref


@dataclass(frozen=True)
class Subject:
    """The subject of a drawing. arrays: the content of a file, its samples, of any shape, as `poses`, and said: what is
    said of poses in it; else artifact: paths, samples or a dataset, and sample: `#i`, or, of a dataset, clip: `#clipi`.
    """

    name: str
    said: Conventions = field(default_factory=Conventions)
    arrays: Mapping[str, np.ndarray] = field(default_factory=dict)
    artifact: Artifact | None = None
    sample: int | None = None
    clip: int | None = None

    @property
    def held(self) -> np.ndarray:
        """The array of a file."""
        return self.arrays["poses"]

    @property
    def kind(self) -> Kind:
        """The kind of the samples."""
        if self.artifact is None:
            return infer_kind(self.held, self.name, self.said)
        if self.artifact.kind == "dataset":
            return kind_named(read_about(self.artifact, DatasetAbout).kind)
        return kind_named(read_about(self.artifact, DecodedAbout).samples.kind)

    @property
    def grid(self) -> int:
        """Samples on a side of a block; 0 where it is none, or `#i` names one row of it."""
        if self.artifact is None or self.artifact.kind != "paths" or self.sample is not None:
            return 0
        return read_about(self.artifact, DecodedAbout).grid

    @property
    def span(self) -> Span:
        """The first and the last alpha of paths."""
        if self.artifact is None or self.artifact.kind != "paths":
            return WHOLE
        first, last = read_about(self.artifact, DecodedAbout).span
        return first, last

    @property
    def row(self) -> slice:
        """The one row of paths, samples or a dataset that `#i` names. Raises NotFoundError where there is none."""
        assert self.artifact is not None
        assert self.sample is not None
        key = "paths" if self.artifact.kind == "paths" else "samples"
        count = self.artifact.arrays()[key].shape[0]
        if not 0 <= self.sample < count:
            raise NotFoundError(f"{self.artifact.ref} has no #{self.sample}.", f"It has #0 to #{count - 1}.")
        return slice(self.sample, self.sample + 1)


def open_subject(run: Run, name: str | np.ndarray, said: Conventions = Conventions()) -> Subject:
    """Open an array, or the file or artifact of this name; a file, or standard input, is read here."""
    if isinstance(name, np.ndarray):
        return Subject("array", said, arrays={"poses": name})
    if is_file(name):
        return Subject(source_name(name), said, arrays=load_poses(name))
    ref = Ref.parse(name)
    artifact = run.artifacts.get(ref, "paths", "samples", "dataset")
    if ref.clip is not None and not artifact.has("clips/start"):
        raise NotFoundError(f"{artifact.ref} has no clips.", f"Pick one of its {artifact.kind} by its number, #0.")
    return Subject(name, artifact=artifact, sample=ref.sample, clip=ref.clip)


def common_kind(subjects: Sequence[Subject]) -> Kind:
    """Return the kind of all subjects. Raises InvalidInputError where they are of several."""
    kinds = {subject.kind.name: subject.kind for subject in subjects}
    if len(kinds) > 1:
        raise InvalidInputError(
            f"One picture cannot show {' and '.join(sorted(kinds, reverse=True))}.", "Draw them one by one."
        )
    return next(iter(kinds.values()))
