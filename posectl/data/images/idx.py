"""MNIST's idx files, plain or gzipped: `train-images-idx3-ubyte.gz`, `t10k-labels-idx1-ubyte` and the like.

The format (Y. LeCun, C. Cortes and C. Burges, The MNIST database): two zero bytes, the type (8 for bytes), the number
of dimensions, each dimension as a big-endian 32-bit integer, and the values.
"""

from __future__ import annotations

import filecmp
import gzip
import math
import re
import struct
import zlib
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np

from posectl import budget
from posectl.content import HEAD, IMAGES, content_of
from posectl.data.dataset import TEST, TRAIN, VALIDATION, named_split
from posectl.data.images.fit import fit
from posectl.data.images.image_set import ImageSet, join
from posectl.data.images.request import Request
from posectl.data.images.scale import in_range
from posectl.errors import InvalidInputError
from posectl.inputs import open_input

_NAME = re.compile(r"(?P<set>.*?)[-_.]?(?P<what>images|labels)[-_.]idx[13][-_.]ubyte(\.gz)?", re.IGNORECASE)
_GZIP = b"\x1f\x8b"
_BYTES = 8
_MOST_EXPANSION = 1032  # of deflate
# Bytes that each pixel takes: its own, and those of the floats that are made of it.
_COPIES = 2 + 12
_COPY = "Copy or download the file again."


def is_idx(path: Path) -> bool:
    """Tell whether a file's name is one of MNIST's."""
    return _NAME.fullmatch(path.name) is not None


def read(paths: Sequence[Path], request: Request) -> ImageSet:
    """Read the images of all the files, with their labels, which are found by name; train and test by name too."""
    sets = _image_files(paths)
    if not sets:
        raise InvalidInputError(f"{paths[0]} has labels, but no images.", "Put train-images-idx3-ubyte.gz beside it.")
    parts = {}
    for path in sets:
        part = named_split(_set(path) or "")
        parts[TEST if part == VALIDATION else part] = _read_set(path, _labels_of(path, paths, request), request)
    if len(sets) == 1:
        return next(iter(parts.values()))
    if len(sets) > 2 or parts.keys() != {TRAIN, TEST}:
        names = ", ".join(sorted(path.name for path in sets))
        raise InvalidInputError(f"There are several sets of images here: {names}.", "Name the files of one of them.")
    return join(parts[TRAIN], parts[TEST])


def beside(paths: Sequence[Path]) -> list[Path]:
    """Return the labels of images, and the images of labels, that are read with the files that were named."""
    return [file for path in paths if is_idx(path) for file in _partners(path)[:1]]


def _read_set(path: Path, labels_path: Path | None, request: Request) -> ImageSet:
    pixels = read_idx(path)
    if pixels.ndim != 3 or 0 in pixels.shape:
        raise InvalidInputError(f"{path} has shape {pixels.shape}, not (N, rows, columns).", "Name the images' file.")
    images = fit(in_range(pixels, request, str(path))[:, None], request, str(path))
    if labels_path is None:
        return ImageSet(images, "idx")
    labels = read_idx(labels_path)
    if labels.shape != (len(images),):
        message = f"{labels_path} has {labels.size:,} labels, and there are {len(images):,} images."
        raise InvalidInputError(message, "Take both files from one set.")
    return ImageSet(images, "idx", labels.astype(np.int32), [str(label) for label in range(int(labels.max()) + 1)])


def read_idx(path: Path) -> np.ndarray:
    """Read the uint8 array of one file. Raises InvalidInputError for a file that is broken or no idx file."""
    try:
        with open_input(path) as raw:
            size = path.stat().st_size
            head = raw.read(HEAD)
        packed = head.startswith(_GZIP)
        with gzip.open(path) if packed else open_input(path) as stream:
            start = stream.read(4)
            if len(start) < 4 or start[:2] != b"\0\0" or start[2] != _BYTES or not 1 <= start[3] <= 4:
                raise _no_idx(path, head, start)
            sizes = stream.read(4 * start[3])
            if len(sizes) < 4 * start[3]:
                raise _cut_short(path)
            shape = struct.unpack(f">{start[3]}I", sizes)
            promised = math.prod(shape)
            if promised > size * (_MOST_EXPANSION if packed else 1):
                raise _cut_short(path)
            budget.check(str(path), promised * _COPIES, size)
            values = np.frombuffer(stream.read(promised + 1), np.uint8)
    except (OSError, EOFError, zlib.error) as error:
        if isinstance(error, gzip.BadGzipFile | EOFError | zlib.error):
            raise _cut_short(path) from None
        raise InvalidInputError(f"{path} cannot be read: {error.strerror}.", "Check its permissions.") from None
    if len(values) < promised:
        raise _cut_short(path)
    if len(values) > promised:
        raise InvalidInputError(f"{path} is longer than its header says.", _COPY)
    return values.reshape(shape)


def _no_idx(path: Path, head: bytes, start: bytes) -> InvalidInputError:
    if not head:
        return InvalidInputError(f"{path} is empty.", _COPY)
    content = content_of(head)
    if content is not None:
        hint = "Give it the ending of its format, as in cat.png." if content.hint == IMAGES else content.hint
        return InvalidInputError(f"{path} is {content.what}, not an idx file.", hint)
    message = f"{path} is no idx file of bytes: it begins with 0x{start.hex()}, not 0x0000080N."
    return InvalidInputError(message, "Name pictures, MNIST's files or an .npz; other arrays save as one.")


def _cut_short(path: Path) -> InvalidInputError:
    return InvalidInputError(f"{path} is damaged or cut short.", _COPY)


def _image_files(paths: Sequence[Path]) -> list[Path]:
    """Return the files of images: those of folders, those that are named, and those of labels that are named."""
    found: list[Path] = []
    for path in paths:
        if path.is_dir():
            found += [file for file in path.rglob("*") if is_idx(file) and file.is_file() and _what(file) == "images"]
        elif _what(path) == "images":
            found.append(path)
        else:
            found += _partners(path)[:1]
    distinct: list[Path] = []
    for file in _plain_first(found):
        if not any(_is_copy(file, other) for other in distinct):
            distinct.append(file)
    return distinct


def _is_copy(file: Path, other: Path) -> bool:
    """Tell whether a file is another one packed, in the same folder, or its copy, as in archives of Kaggle's."""
    if _set(file) is None or _set(file) != _set(other):
        return file == other
    return file.parent == other.parent or filecmp.cmp(file, other, shallow=False)


def _labels_of(images: Path, paths: Sequence[Path], request: Request) -> Path | None:
    """Find the labels of images: in the same folder, else in one that has no images of theirs, within or beside that of
    the images, else anywhere in the folders that were named. Warns where there are none, or several."""
    if _set(images) is None:
        return None
    elsewhere = [file for path in paths if path.is_dir() for file in path.rglob("*") if is_idx(file)]
    found = _partners(images) or [file for file in _plain_first(elsewhere) if _is_partner(file, images)]
    found = [file for file in found if file.parent == images.parent or not _partners(file, near=False)]
    folders = {file.parent for file in found}
    if len(folders) == 1:
        return found[0]
    wanted = _partner_name(images)
    if folders:
        listed = ", ".join(map(str, found))
        request.warned.append(
            f"{images} was read without labels, for they may be any of {listed}: put {wanted} beside."
        )
    else:
        request.warned.append(f"{images} has no labels: {wanted} is neither beside it nor in a folder nearby.")
    return None


def _partners(path: Path, *, near: bool = True) -> list[Path]:
    """Return the labels of images, or the images of labels: in the same folder, else if `near` in those within it and
    beside it. Of a plain file and a packed one the plain one is first: it is quicker."""
    own = [file for file in path.parent.glob("*") if _is_partner(file, path)]  # none where there is no folder
    if own or not near:
        return _plain_first(own)
    name = _partner_name(path)
    folder = path.absolute().parent
    around = (file for place in (folder, folder.parent) for end in ("", ".gz") for file in place.glob(f"*/{name}{end}"))
    return _plain_first(file for file in around if file.is_file())


def _plain_first(files: Iterable[Path]) -> list[Path]:
    return sorted(set(files), key=lambda file: (file.suffix == ".gz", str(file)))


def _is_partner(file: Path, of: Path) -> bool:
    return is_idx(file) and file.is_file() and _set(file) == _set(of) and _what(file) != _what(of)


def _partner_name(path: Path) -> str:
    """Return `train-labels-idx1-ubyte` for the images of that set, packed or not, and the other way round."""
    name = path.name.removesuffix(".gz")
    old, new = ("images", "labels") if _what(path) == "images" else ("labels", "images")
    old_axes, new_axes = ("idx3", "idx1") if old == "images" else ("idx1", "idx3")
    return re.sub(old_axes, new_axes, re.sub(old, new, name, flags=re.IGNORECASE), flags=re.IGNORECASE)


def _set(path: Path) -> str | None:
    """Return `train` of `train-images-idx3-ubyte.gz`; None for a name that is none of MNIST's."""
    match = _NAME.fullmatch(path.name)
    return match["set"] if match else None


def _what(path: Path) -> str:
    """Return what a file holds by its name: "labels", or "images", as one of any other name does."""
    match = _NAME.fullmatch(path.name)
    return match["what"].lower() if match else "images"
