"""The images of a subject: paths, a block, or single images, out of an artifact or a file."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from posectl.core.latent.paths import WHOLE, Span
from posectl.errors import InvalidInputError
from posectl.stages.artifacts.about import DecodedAbout, read_about
from posectl.stages.artifacts.formats import Shape
from posectl.stages.artifacts.image_arrays import as_images, as_one_path
from posectl.stages.artifacts.rows import evenly
from posectl.stages.comparison.scores import label, model_label
from posectl.stages.drawing.reconstructions import beside_reconstructions
from posectl.stages.drawing.subject import Subject
from posectl.stages.run import Run
from posectl.store import Artifact


@dataclass(frozen=True)
class Pictures:
    """The images of a subject: paths (B, T, C, H, W), or single ones (N, C, H, W). ends (B, 2, C, H, W): the ends of
    the paths; of a block (n, n, C, H, W), the upper and lower corners of its left and right edge. span: the first and
    the last alpha of the paths. pairs: whether each second image is what a model makes of the one before."""

    label: str
    images: np.ndarray
    ends: np.ndarray | None = None
    block: bool = False
    span: Span = WHOLE
    pairs: bool = False

    @property
    def moving(self) -> bool:
        """True for paths."""
        return self.ends is not None


def pictures_of(run: Run, subject: Subject, *, most: int, shape: Shape = None) -> Pictures:
    """Return up to `most` paths or images of a subject; of a block all, of a dataset images spread evenly over it, of a
    model such images with their reconstructions.

    Arrays are (B, T, C, H, W) or grey (B, T, H, W), which are paths, and (N, C, H, W), (C, H, W), grey (N, H, W) or (H,
    W), which are not: an axis of 1 or 3 before the last two is channels. A square array may stand beside blocks.
    """
    artifact = subject.artifact
    if artifact is None:
        images = as_images(subject.held, subject.name, subject.kind)
        return _of_array(run, subject.name, as_one_path(images) if shape == "paths" else images, most)
    if artifact.kind == "model":
        return Pictures(model_label(artifact), beside_reconstructions(run, artifact, most), pairs=True)
    if artifact.kind == "paths":
        return _of_paths(run, artifact, subject, most)
    if subject.sample is not None:
        return Pictures(subject.name, artifact.read("samples", rows=subject.row))
    if artifact.kind == "samples":
        return Pictures(label(run, artifact), artifact.read("samples", rows=slice(0, most)))
    images = artifact.read("samples")
    # Spread over the set, so that a glance shows its variety.
    return Pictures(artifact.ref, images[evenly(len(images), most)])


def _of_array(run: Run, name: str, array: np.ndarray, most: int) -> Pictures:
    if array.min() >= 0:
        run.tell(f"No value of {name} is below 0, and images are in [-1, 1]: they will look pale.")
    if array.ndim == 2 or (array.ndim == 3 and array.shape[0] not in (1, 3)):
        array = array[..., None, :, :]
    if array.ndim == 4 and array.shape[1] not in (1, 3):
        array = array[:, :, None]
    if array.ndim > 5:
        raise InvalidInputError(f"{name} has shape {array.shape}.", "Paths of images are (B, T, C, H, W).")
    if array.ndim == 5:
        return Pictures(name, array, _own_ends(array))
    return Pictures(name, (array if array.ndim == 4 else array[None])[:most])


def _of_paths(run: Run, artifact: Artifact, subject: Subject, most: int) -> Pictures:
    name = label(run, artifact)
    if subject.grid:
        return Pictures(name, artifact.read("paths"), artifact.read("ends"), block=True)
    rows = slice(0, most) if subject.sample is None else subject.row
    paths = artifact.read("paths", rows=rows)
    row_of_block = bool(read_about(artifact, DecodedAbout).grid)
    own = row_of_block or not artifact.has("ends")
    ends = _own_ends(paths) if own else artifact.read("ends", rows=rows)
    return Pictures(name, paths, ends, span=subject.span)


def _own_ends(paths: np.ndarray) -> np.ndarray:
    return paths[:, [0, -1]]


def corners(block: np.ndarray) -> np.ndarray:
    """Return the corners (2, 2, ...) of a block (R, K, ...): upper and lower, of its left and its right edge."""
    return block[np.ix_([0, -1], [0, -1])].swapaxes(0, 1)


def distinct_labels(labels: Sequence[str], subjects: Sequence[str]) -> list[str]:
    """Return a label for each; where several have the same, with the subject it came from."""
    return [
        name if labels.count(name) == 1 else f"{name} ({subject})"
        for name, subject in zip(labels, subjects, strict=True)
    ]
