"""The mannequin as point clouds: points on its limbs, in thirteen motions, nothing to download.

Points are spread evenly over the limbs, in no order. Factors are the pose, by the motion, which is the label, and its
`phase` in [0, 1), and the build: `stature` in metres, and `girth`, the thickness of limbs against the usual. Bodies
stand at 0.4 to the metre with the pelvis at the origin, facing +y, z up.

Example:
  posectl prepare bodies --motions walk,squat --points 512
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from posectl.data.clouds.drawn import check_drawing, last_fifths
from posectl.data.dataset import Dataset
from posectl.data.readers import Progress, option, reader


@dataclass(frozen=True)
class BodyOptions:
    """The options of `prepare bodies`."""

    motions: tuple[str, ...] = option((), "Motions to take moments of.", metavar="LIST", default_shown="all")
    points: int = option(2048, "Number of points of each cloud.", metavar="N", quick=128)
    count: int = option(150, "Number of bodies in each motion; a fifth are for test.", metavar="N", min=2, quick=5)
    seed: int = option(0, "Seed of the bodies, of their poses and of the points.")


@reader("bodies", BodyOptions, kind="clouds", paths=None)
def read(paths: Sequence[Path], options: BodyOptions, progress: Progress) -> Dataset:
    """Draw bodies (N, P, 3) with their `label` and factors; the last fifth of each motion is the test split.

    Raises UsageError for options that make no sense.
    """
    from posectl.data.clouds.bodies import GIRTH, STATURE, random_pose, surface
    from posectl.data.clouds.surface import points_on
    from posectl.data.mannequin.motions import MOTIONS

    names = options.motions or tuple(MOTIONS)
    check_drawing(paths, names, list(MOTIONS), ("motion", "--motions"), options.points, options.count, options.seed)
    count = options.count
    clouds = np.empty((len(names) * count, options.points, 3), np.float32)
    factors = {name: np.empty(len(clouds)) for name in ("stature", "girth", "phase")}
    for row, (name, number) in enumerate((name, number) for name in names for number in range(count)):
        # A stream for every body: the first are the same however many there are.
        rng = np.random.default_rng([options.seed, list(MOTIONS).index(name), number])
        stature, girth = rng.uniform(*STATURE), rng.uniform(*GIRTH)
        pose, phase = random_pose(MOTIONS[name], stature, rng)
        clouds[row] = points_on(surface(pose, stature, girth), options.points, rng)
        for key, value in (("stature", stature), ("girth", girth), ("phase", phase)):
            factors[key][row] = value
    return Dataset(
        samples=clouds,
        split=last_fifths(count, len(names)),
        per_sample={"label": np.repeat(np.arange(len(names), dtype=np.int32), count), **factors},
        about={
            "kind": "clouds",
            "up": "+z",
            "factors": list(factors),
            "classes": len(names),
            "class_names": list(names),
            "source": "bodies",
            "split": f"the last fifth of each motion to test, all drawn by seed {options.seed}",
        },
    )
