"""Point clouds from files of clouds and meshes, in ShapeNet's layout: PLY, OFF, OBJ, .xyz, .npy.

A folder is a class; split files or folders called train and test say which shapes are for test, else a fifth is. Points
are drawn evenly over the surface of a mesh, and any of a cloud's. Every shape is moved and scaled into the ball of
diameter one about the origin.

Examples:
  posectl prepare clouds ShapeNetCore.v2/03001627/ --up +y
  posectl prepare clouds modelnet40/ --points 1024
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from posectl import budget
from posectl.data.axes import turned
from posectl.data.clouds.files import Shape, find_files, read_shapes
from posectl.data.clouds.layout import classes, splits
from posectl.data.clouds.surface import check_points
from posectl.data.dataset import Dataset
from posectl.data.images.split import random_fifth
from posectl.data.readers import Progress, option, reader
from posectl.data.safe.npy import split_key
from posectl.data.units import Axis
from posectl.errors import InvalidInputError, UsageError

_USUAL = 2048


@dataclass(frozen=True)
class CloudOptions:
    """The options of `prepare clouds`."""

    points: int | None = option(
        None, "Number of points of each cloud.", metavar="N", min=1,
        default_shown="2048 of meshes; the clouds' own, of the smallest",
    )  # fmt: skip
    up: Axis = option("+z", "Vertical of the files, which becomes +z: ShapeNet's is +y.")
    keep_scale: bool = option(False, "Leave every shape where it is and as large as it is.")
    skip_broken: bool = option(False, "Leave broken files out, and name them.")
    seed: int = option(0, "Seed of the points, and of the fifth for test.")


@reader("clouds", CloudOptions, kind="clouds", paths="Files or folders of clouds and meshes.")
def read(paths: Sequence[Path], options: CloudOptions, progress: Progress) -> Dataset:
    """Read clouds (N, P, 3) of all the files, with their `label` where folders name classes.

    Raises NotFoundError, InvalidInputError; UsageError for options that make no sense.
    """
    if not paths:
        raise UsageError("The source 'clouds' reads files, and none was named.", "posectl prepare clouds FOLDER")
    if options.points is not None:
        check_points(options.points)
    files, shapes, warnings = _read_all(find_files(paths), options, progress)
    count, thinned = _points(files, shapes, options.points)
    budget.check("The clouds", 12 * count * len(shapes), sum(split_key(f)[0].stat().st_size for f in set(files)))
    clouds = np.empty((len(shapes), count, 3), np.float32)
    for row, shape in enumerate(shapes):
        placed = shape if options.keep_scale else shape.in_ball()
        clouds[row] = turned(placed.draw(count, np.random.default_rng([options.seed, row])), options.up)
    names, label = classes(files)
    split, how, unlisted = splits(files, paths)
    if split is None:
        if len(shapes) < 2:
            raise InvalidInputError("One shape is no dataset.", "Name a folder with more of them.")
        split, how = (
            random_fifth(len(shapes), options.seed),
            f"a fifth of the shapes to test, drawn by seed {options.seed}",
        )
    about: dict[str, Any] = {
        "kind": "clouds",
        "up": "+z",
        "source": "clouds: " + ", ".join(path.name for path in paths),
        "split": how,
    }
    per_sample = {}
    if label is not None:
        per_sample["label"] = label
        about |= {"classes": len(names), "class_names": names}
    return Dataset(clouds, split, per_sample, about=about, warnings=[*warnings, *thinned, *unlisted])


def _read_all(
    found: list[Path], options: CloudOptions, progress: Progress
) -> tuple[list[Path], list[Shape], list[str]]:
    """Read the shapes of all files: (the file of each, shapes, warnings)."""
    files: list[Path] = []
    shapes: list[Shape] = []
    broken: list[str] = []
    for number, path in enumerate(found, 1):
        try:
            own = read_shapes(path)
        except InvalidInputError:
            if not options.skip_broken:
                raise
            broken.append(path.name)
            continue
        files += [path] * len(own)
        shapes += own
        progress(number, len(found), path.name)
    if not shapes:
        raise InvalidInputError("Every file is broken.", "Leave --skip-broken out to see why.")
    return (
        files,
        shapes,
        [f"{len(broken):,} files are broken and were left out (the first is {broken[0]})."] if broken else [],
    )


def _points(files: list[Path], shapes: list[Shape], asked: int | None) -> tuple[int, list[str]]:
    """Return the number of points of every cloud, and a warning where clouds were thinned to the smallest."""
    sizes = {len(shape.points): path for path, shape in zip(files, shapes, strict=True) if shape.faces is None}
    if not sizes:
        return asked or _USUAL, []
    least, most = min(sizes), max(sizes)
    if asked is None:
        text = f"Clouds have {least:,} to {most:,} points, and all were thinned to {least:,} of theirs."
        return least, [text] if least < most else []
    if least < asked:
        raise InvalidInputError(
            f"{sizes[least]} has {least:,} points, fewer than the {asked:,} of --points.", f"Take --points {least}."
        )
    return asked, []
