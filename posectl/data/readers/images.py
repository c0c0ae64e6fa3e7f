"""Images from files: MNIST's idx, COIL's turntables, .npz, SVHN's .mat, folders with the label for a name.

The layout is found by the names: `*-images-idx3-ubyte[.gz]` with its labels beside it or in a folder nearby,
`obj{n}__{degrees}.png`, arrays (see posectl.data.images.archive), or any pictures in folders. A path is a file or a
folder. Images come out square, a power of two wide, of one channel or three, in [-1, 1] with black at -1.

Examples:
  posectl prepare images coil-100/ --objects 5 --size 64
  posectl prepare images t10k-images-idx3-ubyte.gz --name digits
  posectl prepare images train_32x32.mat --test test_32x32.mat --name svhn
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from posectl.data.dataset import Dataset
from posectl.data.images import archive, folder, idx
from posectl.data.images.image_set import ImageSet, join
from posectl.data.images.request import Request
from posectl.data.images.split import Split, train_test_split
from posectl.data.readers import Progress, option, reader
from posectl.data.safe.npy import split_key
from posectl.data.source_of import source_of
from posectl.errors import InvalidInputError, NotFoundError, UsageError

_PERIODS = {"angle": 2 * math.pi, "azimuth": 360.0}


@dataclass(frozen=True)
class ImageOptions:
    """The options of `prepare images`."""

    test: tuple[str, ...] = option(
        (), "A file or folder of the test split; may be repeated.", metavar="PATH",
        default_shown="what the names say, else --split",
    )  # fmt: skip
    size: int | None = option(
        None, "Side of the images in pixels, a power of two, to which they are resized.", metavar="PIXELS",
        default_shown="the images' own",
    )  # fmt: skip
    range: tuple[str, ...] | None = option(
        None, "Values of black and white in the files, such as 0,1.", metavar="LIST",
        default_shown="told from the type and the largest value",
    )  # fmt: skip
    grey: bool = option(False, "Convert the images to one channel.")
    objects: tuple[str, ...] | None = option(
        None, "Objects of a turntable to read, such as 5,14.", metavar="LIST", default_shown="all"
    )
    split: Split | None = option(
        None, "What goes to the test split: a random fifth, every fifth view, or whole objects.",
        default_shown="random",
    )  # fmt: skip
    skip_broken: bool = option(False, "Leave broken pictures out, and name them.")
    seed: int = option(0, "Seed that draws the fifth of the images for the test split.")


@reader("images", ImageOptions, kind="images", paths="Files or folders of images.", beside=idx.beside)
def read(paths: Sequence[Path], options: ImageOptions, progress: Progress) -> Dataset:
    """Read images (N, C, S, S) of all the files, with their labels and factors.

    Without test files, the files' or folders' names count, if they say train and test; else a fifth of the images,
    drawn by the seed. Without a size they have one, or are 28 px wide. Raises NotFoundError, InvalidInputError;
    UsageError for options that make no sense.
    """
    if not paths:
        raise UsageError("The source 'images' reads files, and none was named.", "posectl prepare images FOLDER")
    test, split, objects = options.test, options.split, options.objects
    if test and split is not None:
        raise UsageError("--test and --split both say what is for test.", "Leave one of them out.")
    request = Request(options.size, options.grey, options.skip_broken, _range(options.range), progress)
    image_set = _read_images([Path(path) for path in paths], objects, request)
    if test:
        image_set = join(image_set, _read_images([Path(path) for path in test], objects, request))
    is_test, how = train_test_split(image_set, split, options.seed)
    about: dict[str, Any] = {
        "kind": "images",
        "layout": image_set.layout,
        "source": "images: " + ", ".join(Path(path).name for path in paths),
        "citation": image_set.citation,
        "split": how,
        "prepared": request.steps,
        "factors": list(image_set.factors),
        "periods": {name: period for name, period in _PERIODS.items() if name in image_set.factors},
    }
    per_sample = {**image_set.factors, **image_set.columns}
    if image_set.labels is not None and len(image_set.class_names) > 1:
        per_sample["label"] = image_set.labels
        about |= {"classes": len(image_set.class_names), "class_names": list(image_set.class_names)}
    return Dataset(image_set.images, is_test, per_sample, about=about, warnings=request.warnings)


def _range(values: Sequence[str | float] | None) -> tuple[float, float] | None:
    """Return the values of black and white. Raises UsageError for what are none."""
    if values is None:
        return None
    try:
        black, white = map(float, values)
    except ValueError:
        black = white = math.nan
    if not -math.inf < black < white < math.inf:
        given = ",".join(map(str, values))
        raise UsageError(f"--range {given} is not the values of black and white.", "For example --range 0,1.")
    return black, white


def _read_images(paths: list[Path], objects: Sequence[str] | None, request: Request) -> ImageSet:
    """Read the images of files and folders, by the reader of their layout."""
    for path in paths:
        if not split_key(path)[0].exists():
            raise NotFoundError(f"There is no file or folder {path}.", "Check the path; `ls` shows what is there.")
    arrays = [path for path in paths if split_key(path)[0].suffix.lower() in archive.SUFFIXES]
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
        source = source_of(paths[0])
        other = f" `posectl prepare {source}` reads what is there." if source not in (None, "images") else ""
        hint = f"This source reads PNG and other pictures, MNIST's idx files, .npz, and SVHN's .mat.{other}"
        raise InvalidInputError(f"{listed} holds no images.", hint)
    if folder.is_turntable(pictures):
        return folder.read_turntable(pictures, objects, request)
    _refuse(objects)
    return folder.read_folder(pictures, request)


def _are_idx(paths: list[Path]) -> bool:
    """Tell whether any path is, or holds, a file of MNIST's; a file that is no picture by name may be a renamed one."""
    inside = (file for path in paths for file in (path.rglob("*") if path.is_dir() else [path]))
    return any(idx.is_idx(file) for file in inside) or all(
        path.is_file() and path.suffix.lower() not in folder.SUFFIXES for path in paths
    )


def _refuse(objects: Sequence[str] | None) -> None:
    if objects is not None:
        message = "--objects chooses among a turntable's objects, and these images are none."
        raise UsageError(message, "Name the files or folders that you want instead.")
