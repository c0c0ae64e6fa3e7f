"""The interface of targets: how their files end, and what writes one of a model, or of poses in motion."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from posectl.core.autoencoder import Autoencoder
from posectl.errors import UsageError
from posectl.stages.exporting import TARGETS, Target
from posectl.stages.options import ExportOptions
from posectl.stages.run import Run
from posectl.store import Artifact

Told = tuple[list[str], dict[str, Any]]
"""Sentences to be told, and figures beside path, target and bytes."""


@dataclass(frozen=True)
class Motion:
    """Poses (T, 17, 3) float32 in metres, z up, and how many of them are a second."""

    name: str
    poses: np.ndarray
    fps: float


class MotionTarget(Target):
    """A format of motions. several: whether one file holds more than one."""

    several: ClassVar[bool] = False

    def write(self, run: Run, motions: Sequence[Motion], path: Path, options: ExportOptions) -> Told:
        """Write motions, one unless `several`, to a path that is not there yet.

        Raises UnavailableError for an extra that is missing, InvalidInputError for motions that the format cannot hold.
        """
        raise NotImplementedError


class ModelTarget(Target):
    """A format of models."""

    def write(self, run: Run, artifact: Artifact, model: Autoencoder, path: Path, options: ExportOptions) -> list[str]:
        """Write a model, whose outputs are found equal, to a path that is not there yet, and return sentences to be
        told.

        Raises UnavailableError for an extra that is missing, InvalidInputError for a model that the format cannot hold.
        """
        raise NotImplementedError


def target_of(name: str | None, out: Path) -> Target:
    """Return the target of this name or, where none is named, the one that writes files which end as `out` does.

    Raises UsageError where there is none such, or several.
    """
    if name is not None:
        return TARGETS.get(name)
    known = [TARGETS.get(each) for each in TARGETS.names()]
    fitting = [each for each in known if out.suffix.lower() in each.suffixes]
    fitting = [each for each in fitting if f".{each.name}" == out.suffix.lower()] or fitting
    if len(fitting) != 1:
        names = [each.name for each in fitting]
        said = f"{' and '.join(names) or 'No target'} write{'' if names else 's'} {out.suffix}."
        raise UsageError(
            said if out.suffix else f"{out} does not end as any format's file.",
            f"Name one: --to {'|'.join(names or (each.name for each in known))}.",
        )
    return fitting[0]
