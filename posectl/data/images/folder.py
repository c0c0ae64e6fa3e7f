"""Folders of pictures: the folder of a picture is its label, and a folder called train or test its split.

A turntable is recognised by its names, as in Columbia's object image libraries: `obj5__120.png` is object 5 at 120
degrees in COIL-100, and `obj5__24.png` in COIL-20, which counts steps of 5 degrees.
"""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from posectl.data.dataset import named_split, with_test
from posectl.data.images.image_set import ImageSet, natural
from posectl.data.images.pictures import SUFFIXES, read_pictures
from posectl.data.images.request import Request
from posectl.errors import InvalidInputError, NotFoundError
from posectl.printable import listed

_COIL = re.compile(r"obj(\d{1,6})__(\d{1,4})")
_TABLE = re.compile(r"(label|annotation|class|target|attribute|metadata|train|test).*\.(csv|tsv|txt|jsonl?|mat)$")
_STEP, _STEPS = 5, 72
_CITATION = (
    "S. A. Nene, S. K. Nayar and H. Murase, Columbia Object Image Library (COIL-100), CUCS-006-96, and (COIL-20), "
    "CUCS-005-96, Columbia University, 1996."
)


def pictures_in(paths: Sequence[Path]) -> list[Path]:
    """Find the image files among the paths and under them, in the order of their names."""
    found = {path for path in paths if not path.is_dir()}
    for path in paths:
        found.update(f for f in path.rglob("*") if f.suffix.lower() in SUFFIXES and not f.name.startswith("."))
    return sorted(found, key=lambda path: natural(str(path)))


def is_turntable(paths: Sequence[Path]) -> bool:
    """Tell whether all files are views of a turntable, by their names."""
    return bool(paths) and all(_COIL.fullmatch(path.stem) for path in paths)


def read_turntable(paths: Sequence[Path], objects: Sequence[str] | None, request: Request) -> ImageSet:
    """Read views of objects, all or those of the given numbers, with `azimuth` in degrees and `object`."""
    number, view = _object_and_view(paths)
    if objects is not None:
        wanted = _numbers(objects, number)
        chosen = np.flatnonzero(np.isin(number, wanted))
        paths, number, view = [paths[int(i)] for i in chosen], number[chosen], view[chosen]
    images, kept = read_pictures(paths, request)
    known, label = np.unique(number[kept], return_inverse=True)
    return ImageSet(
        images,
        layout="turntable",
        labels=label.astype(np.int32),
        class_names=[f"obj{n}" for n in known],
        factors={"azimuth": view[kept].astype(np.float64)},
        columns={"object": number[kept].astype(np.int32)},
        citation=_CITATION,
    )


def read_folder(paths: Sequence[Path], request: Request) -> ImageSet:
    """Read any pictures, with label and split where the folders of all of them give one."""
    folders = [_below(path, paths) for path in paths]
    roles = [named_split(parts[0]) if parts else None for parts in folders]
    split_given = None not in roles and len(set(roles)) > 1
    names = [parts[1 if split_given else 0] if len(parts) > split_given else "" for parts in folders]
    images, kept = read_pictures(paths, request)
    if any(names) and not all(names):
        loose = [path.name for path, name in zip(paths, names, strict=True) if not name]
        request.noted["lie in no folder of their own, so that no folder is taken for a label"] = loose
    classes = sorted({names[i] for i in kept}, key=natural)
    labels = np.array([classes.index(names[i]) for i in kept], np.int32)
    if not all(names) and (tables := _tables_of_labels(paths)):
        request.warned.append(f"{listed(tables)} was not read: a picture's label is the folder that it is in.")
    return ImageSet(
        images,
        layout="folder",
        labels=labels if all(names) else None,
        class_names=classes,
        split=with_test(np.array(roles, np.uint8)[kept]) if split_given else None,
    )


def _tables_of_labels(pictures: Sequence[Path]) -> list[str]:
    """Name the files beside pictures that are tables of labels, by their names."""
    folders = {path.parent for path in pictures}
    return sorted(file.name for folder in folders for file in folder.iterdir() if _TABLE.search(file.name.lower()))


def _below(path: Path, paths: Sequence[Path]) -> tuple[str, ...]:
    """Return the folders from the common parent of all the files down to this one."""
    root = os.path.commonpath([file.parent.absolute() for file in paths])
    return path.parent.absolute().relative_to(root).parts


def _object_and_view(paths: Sequence[Path]) -> tuple[np.ndarray, np.ndarray]:
    """Read (numbers (n,), degrees (n,)) from the files' names.

    Both libraries step by 5 degrees; so a view that is no multiple of 5 among none above 71 is a count of steps.
    """
    matches = [_COIL.fullmatch(path.stem) for path in paths]
    number, view = np.array([[int(part) for part in match.groups()] for match in matches if match]).T
    if view.max() >= _STEP * _STEPS:
        path = paths[int(view.argmax())]
        raise InvalidInputError(f"{path} is at {view.max()} degrees, beyond a turn.", "Rename it: obj5__120.png.")
    if view.max() < _STEPS and (view % _STEP).any():
        view = view * _STEP
    return number, view


def _numbers(objects: Sequence[str], known: np.ndarray) -> list[int]:
    """Return the numbers of objects called 5 or obj5."""
    numbers = {name: name.lower().removeprefix("obj") for name in objects}
    there = {str(number) for number in known}
    missing = [name for name, number in numbers.items() if number not in there]
    if missing:
        hint = f"Those that there are: {', '.join(sorted(there, key=int))}."
        raise NotFoundError(f"There is no object {missing[0]} here.", hint)
    return [int(number) for number in numbers.values()]
