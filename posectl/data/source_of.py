"""The source that reads a file or folder, told by what is in it: for hints to whoever names none, or no dataset."""

from __future__ import annotations

import os
import re
import shlex
from collections import Counter
from itertools import islice
from pathlib import Path

from posectl.content import IMAGES, NPZ, content_of, head_of
from posectl.data.clouds.surface import FEWEST_POINTS
from posectl.data.safe.npy import array_shapes, split_key
from posectl.errors import PosectlError

_BY_SUFFIX = {
    "arrays": (".npy", ".npz"),
    "mocap": (".bvh", ".amc", ".asf", ".txt", ".c3d", ".skeleton"),
    "clouds": (".ply", ".off", ".obj", ".xyz", ".pts"),
    "h36m": (".cdf", ".pkl", ".pickle"),
    "images": (
        ".png",
        ".jpg",
        ".jpeg",
        ".bmp",
        ".gif",
        ".webp",
        ".tif",
        ".tiff",
        ".pgm",
        ".ppm",
        ".pnm",
        ".gz",
        ".mat",
    ),
}  # fmt: skip
_SOURCES = {suffix: source for source, suffixes in _BY_SUFFIX.items() for suffix in suffixes}
_BY_CONTENT = {"a BVH file": "mocap", "an ASF or AMC file": "mocap", "a CDF file": "h36m",
               "a C3D file": "mocap", "a PLY file": "clouds",
               "an OFF file": "clouds", "a pickle": "h36m", "a gzipped idx file, as MNIST's": "images"}  # fmt: skip
# Names of arrays whose many points are the joints of whole bodies, with hands and faces.
_OF_BODIES = re.compile("joint|pose|position|keypoint|kpt|skeleton", re.IGNORECASE)
_LOOKED_AT = 2000
_H36M_COLUMNS = 99
_LEAST_SIDE = 8


def source_of(path: Path) -> str | None:
    """Return the name of the reader of a file, or of most files in a folder; None where none reads it.

    Of a file that is not there it is the one of its suffix.
    """
    file, key = split_key(path)
    if file.is_dir():
        names = (Path(parent, name) for parent, _, names in os.walk(file) for name in sorted(names))
        counts = Counter(source for each in islice(names, _LOOKED_AT) if (source := source_of(each)) is not None)
        return counts.most_common(1)[0][0] if counts else None
    source = _SOURCES.get(file.suffix.lower())
    content = content_of(head_of(file))
    if content is not None and content != NPZ and content.what != "a NumPy array":
        picture = "images" if content.hint == IMAGES else None
        return _BY_CONTENT.get(content.what, picture)
    if source == "arrays":
        return _of_arrays(file, key)
    if file.suffix.lower() == ".txt" and head_of(file).partition(b"\n")[0].count(b",") == _H36M_COLUMNS - 1:
        return "h36m"
    return source


def how_to_read(path: Path) -> str:
    """Return the hint for a file or folder in the place of something else: the command that reads it into the store,
    or what to do with what no source reads."""
    source, content = source_of(path), content_of(head_of(split_key(path)[0]))
    if source is None and content is not None:
        return f"It is {content.what}, which no source reads. {content.hint}"
    return f"Read it into the store with: posectl prepare {source or 'SOURCE'} {shlex.quote(str(path))}"


def _of_arrays(file: Path, key: str | None) -> str:
    """Tell poses, images and Human3.6M's layouts apart by the names and shapes of the arrays."""
    try:
        shapes = array_shapes(file)
    except PosectlError as error:
        return "h36m" if "pickled" in error.message else "arrays"
    if {"S", "imgname"} <= shapes.keys():
        return "h36m"
    name = key if key in shapes else max(shapes, key=lambda each: len(shapes[each]), default="")
    shape = shapes.get(name, ())
    if shape[-1:] == (3,) and len(shape) in (2, 3) and shape[-2] >= FEWEST_POINTS and not _OF_BODIES.search(name):
        return "clouds"
    sides = shape[1:3] if len(shape) == 3 or shape[3:] in ((1,), (3,)) else shape[2:4]
    return "images" if len(sides) == 2 and min(sides) >= _LEAST_SIDE else "arrays"
