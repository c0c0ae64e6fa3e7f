"""MNIST's idx files, plain or gzipped: `train-images-idx3-ubyte.gz`, `t10k-labels-idx1-ubyte` and the like.

The format (Y. LeCun, C. Cortes and C. Burges, The MNIST database): two zero bytes, the type (8 for bytes), the number
of dimensions, each dimension as a big-endian 32-bit integer, and the values.
"""

from __future__ import annotations

import gzip
import math
import re
import struct
import zlib
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from posectl.content import HEAD, IMAGES, content_of
from posectl.data.dataset import TEST, TRAIN
from posectl.data.images.fit import fit, scaled
from posectl.data.images.image_set import ImageSet, join
from posectl.data.images.request import Request
from posectl.data.images.split import named_split
from posectl.errors import InvalidInputError

_NAME = re.compile(r"(?P<set>.*?)[-_.]?(?P<what>images|labels)[-_.]idx[13][-_.]ubyte(\.gz)?", re.IGNORECASE)
_GZIP = b"\x1f\x8b"
_BYTES, _BYTE = 8, 255
_MOST_EXPANSION = 1032  # of deflate
_COPY = "Copy or download the file again."


def is_idx(path: Path) -> bool:
    """Tell whether a file's name is one of MNIST's."""
    return _NAME.fullmatch(path.name) is not None


def read(paths: Sequence[Path], request: Request) -> ImageSet:
    """Read the images of all the files, with their labels, which are found by name; train and test by name too."""
    files = _files(paths)
    sets = [(key, path) for (key, what), path in files.items() if what == "images"]
    if not sets:
        raise InvalidInputError(f"{paths[0]} has labels, but no images.", "Put train-images-idx3-ubyte.gz beside it.")
    parts = {named_split(Path(key).name): _read_set(path, files.get((key, "labels")), request) for key, path in sets}
    if len(sets) == 1:
        return next(iter(parts.values()))
    if len(sets) > 2 or parts.keys() != {TRAIN, TEST}:
        names = ", ".join(sorted(path.name for _, path in sets))
        raise InvalidInputError(f"There are several sets of images here: {names}.", "Name the files of one of them.")
    return join(parts[TRAIN], parts[TEST])


def _read_set(path: Path, labels_path: Path | None, request: Request) -> ImageSet:
    pixels = read_idx(path)
    if pixels.ndim != 3 or 0 in pixels.shape:
        raise InvalidInputError(f"{path} has shape {pixels.shape}, not (N, rows, columns).", "Name the images' file.")
    images = fit(scaled(pixels, _BYTE)[:, None], request, str(path))
    if labels_path is None:
        return ImageSet(images, "idx")
    labels = read_idx(labels_path)
    if labels.shape != (len(images),):
        message = f"{labels_path} has {labels.size:,} labels, and there are {len(images):,} images."
        raise InvalidInputError(message, "Take both files from one set.")
    return ImageSet(images, "idx", labels.astype(np.int32), [str(label) for label in range(int(labels.max()) + 1)])


def read_idx(path: Path) -> np.ndarray:
    """Read the uint8 array of one file. Raises InvalidInputError for a file that is broken or no idx file."""
    size = path.stat().st_size
    try:
        with path.open("rb") as raw:
            head = raw.read(HEAD)
        packed = head.startswith(_GZIP)
        with gzip.open(path) if packed else path.open("rb") as stream:
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


def _files(paths: Sequence[Path]) -> dict[tuple[str, str], Path]:
    """Map (folder and set, "images" or "labels") to files: all those of folders, and those of a file's own set."""
    found = set(paths)
    for path in paths:
        beside = path.rglob("*") if path.is_dir() else path.parent.iterdir()
        found.update(file for file in beside if is_idx(file) and (path.is_dir() or _key(file)[0] == _key(path)[0]))
    files: dict[tuple[str, str], Path] = {}
    # Where a file is there both plain and gzipped, as torchvision leaves them, the plain one is quicker.
    for file in sorted(found, key=lambda file: (file.suffix == ".gz", str(file))):
        if file.is_file():
            files.setdefault(_key(file), file)
    return files


def _key(path: Path) -> tuple[str, str]:
    match = _NAME.fullmatch(path.name)
    return (str(path.parent / match["set"]), match["what"].lower()) if match else (str(path), "images")
