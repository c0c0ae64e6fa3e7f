"""Images from files: MNIST's idx, COIL's turntables, .npz, folders with the label for a name.

The layout is told by the names: `*-images-idx3-ubyte[.gz]` with its labels beside it, `obj{n}__{degrees}.png`, arrays
(see posectl.data.images.archive), or any pictures in folders. A path is a file or a folder. Images come out square, a
power of two wide, of one channel or three, in [-1, 1] with black at -1.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from posectl.data.dataset import Dataset
from posectl.data.images import archive, folder, idx
from posectl.data.images.gathered import Gathered, Progress, Request, joined
from posectl.data.images.split import Split, deal
from posectl.data.sources import source
from posectl.errors import InvalidInputError, NotFoundError, UsageError

_PERIODS = {"angle": 2 * math.pi, "azimuth": 360.0}


@source("images")
def read(
    paths: Sequence[str | Path],
    *,
    test: tuple[str | Path, ...] = (),
    size: int | None = None,
    grey: bool = False,
    objects: Sequence[str] | None = None,
    split: Split | None = None,
    skip_broken: bool = False,
    seed: int = 0,
    progress: Progress | None = None,
) -> Dataset:
    """Images (N, C, S, S) of all the files, with their labels and factors.

    test: files or folders of the test split. Without them the files' or folders' names count, if they say train and
        test; else a fifth of the images, drawn by the seed.
    size: side in pixels to bring all images to, a power of two; without it they have one, or are 28 px wide.
    grey: one channel.
    objects: of a turntable, the numbers of the objects to read; all without it.
    split: "random", "azimuth" (every fifth view of a turntable to test) or "object" (whole ones).
    skip_broken: leave broken pictures out, and say which.
    Raises NotFoundError, InvalidInputError; UsageError for options that make no sense.
    """
    if not paths:
        raise UsageError("The source 'images' reads files, and none was named.", "posectl prepare images FOLDER")
    if test and split is not None:
        raise UsageError("--test and --split both say what is for test.", "Leave one of them out.")
    request = Request(size, grey, skip_broken, progress)
    gathered = _gather([Path(path) for path in paths], objects, request)
    if test:
        gathered = joined(gathered, _gather([Path(path) for path in test], objects, request))
    is_test, how = deal(gathered, split, seed)
    about: dict[str, Any] = {
        "kind": "images",
        "layout": gathered.layout,
        "source": "images: " + ", ".join(Path(path).name for path in paths),
        "citation": gathered.citation,
        "split": how,
        "prepared": request.steps,
        "factors": list(gathered.factors),
        "periods": {name: period for name, period in _PERIODS.items() if name in gathered.factors},
    }
    per_sample = {**gathered.factors, **gathered.columns}
    if gathered.labels is not None and len(gathered.class_names) > 1:
        per_sample["label"] = gathered.labels
        about |= {"classes": len(gathered.class_names), "class_names": list(gathered.class_names)}
    return Dataset(gathered.images, is_test, per_sample, about=about, warnings=request.warnings)


def _gather(paths: list[Path], objects: Sequence[str] | None, request: Request) -> Gathered:
    """The images of files and folders, by the reader of their layout."""
    for path in paths:
        if not path.exists():
            raise NotFoundError(f"There is no file or folder {path}.", "Check the path; `ls` shows what is there.")
    arrays = [path for path in paths if path.suffix.lower() in archive.SUFFIXES]
    if arrays:
        if len(paths) > 1:
            raise UsageError("One .npz is read at a time.", "Save all images in one, or name the test file: --test.")
        _refuse(objects)
        return archive.read(arrays[0], request)
    if _are_idx(paths):
        _refuse(objects)
        return idx.read(paths, request)
    pictures = folder.pictures_in(paths)
    if not pictures:
        listed = ", ".join(str(path) for path in paths)
        message = f"{listed} holds no images."
        raise InvalidInputError(message, "posectl reads PNG and other pictures, MNIST's idx files, and .npz.")
    if folder.is_turntable(pictures):
        return folder.read_turntable(pictures, objects, request)
    _refuse(objects)
    return folder.read_folder(pictures, request)


def _are_idx(paths: list[Path]) -> bool:
    """Whether any of them is, or holds, a file of MNIST's; a file that is no picture by its name may be one renamed."""
    inside = (file for path in paths for file in (path.rglob("*") if path.is_dir() else [path]))
    return any(idx.is_idx(file) for file in inside) or all(
        path.is_file() and path.suffix.lower() not in folder.SUFFIXES for path in paths
    )


def _refuse(objects: Sequence[str] | None) -> None:
    if objects is not None:
        message = "--objects chooses among a turntable's objects, and these images are none."
        raise UsageError(message, "Name the files or folders that you want instead.")
