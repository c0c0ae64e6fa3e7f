"""Parametric tables, chairs, cars and lamps as point clouds: nothing to download, and every factor known.

Points are spread evenly over each shape's surface, in no order. All classes have five factors: width, depth, height,
thickness (of legs, of a pole, of wheels) and upper (the share of the height that is apron, back, cabin or shade).
A lamp's width is its shade's and its depth its foot's. All lie within a ball of diameter one; z is up.

Example:
  posectl prepare shapes --classes chair,lamp --points 512
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
class ShapeOptions:
    """The options of `prepare shapes`."""

    classes: tuple[str, ...] = option(
        (), "Classes to draw: table, chair, car, lamp.", metavar="LIST", default_shown="all"
    )
    points: int = option(2048, "Number of points of each cloud.", metavar="N", quick=128)
    count: int = option(500, "Number of shapes of each class; a fifth are for test.", metavar="N", min=2, quick=20)
    seed: int = option(0, "Seed of the factors and of the points.")


@reader("shapes", ShapeOptions, kind="clouds", paths=None)
def read(paths: Sequence[Path], options: ShapeOptions, progress: Progress) -> Dataset:
    """Draw shapes (N, P, 3) with their `label` and factors; the last fifth of each class is the test split.

    Raises UsageError for options that make no sense.
    """
    from posectl.data.clouds.shapes import CLASSES, FACTORS, draw, random_factors

    names = options.classes or CLASSES
    check_drawing(paths, names, CLASSES, ("class of shapes", "--classes"), options.points, options.count, options.seed)
    count = options.count
    clouds = np.empty((len(names) * count, options.points, 3), np.float32)
    factors = np.empty((len(clouds), len(FACTORS)))
    for row, (name, number) in enumerate((name, number) for name in names for number in range(count)):
        # A stream for every shape: the first are the same however many there are.
        rng = np.random.default_rng([options.seed, CLASSES.index(name), number])
        drawn = random_factors(name, rng)
        factors[row] = list(drawn.values())
        clouds[row] = draw(name, drawn, options.points, rng)
    return Dataset(
        samples=clouds,
        split=last_fifths(count, len(names)),
        per_sample={
            "label": np.repeat(np.arange(len(names), dtype=np.int32), count),
            **{factor: factors[:, i].copy() for i, factor in enumerate(FACTORS)},
        },
        about={
            "kind": "clouds",
            "up": "+z",
            "world": {"name": "shapes", "points": options.points},
            "factors": list(FACTORS),
            "classes": len(names),
            "class_names": list(names),
            "source": "shapes",
            "split": f"the last fifth of each class to test, all drawn by seed {options.seed}",
        },
    )
