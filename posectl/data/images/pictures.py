"""A reader of image files, one picture each (PNG, JPEG and others that Pillow reads)."""

from __future__ import annotations

import math
import re
import struct
import warnings
import zlib
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import numpy as np
from PIL import Image, ImageOps, UnidentifiedImageError

from posectl import budget
from posectl.content import IMAGES, content_of, head_of
from posectl.data.images.fit import check_sides, fit, fitted_side
from posectl.data.images.request import Request
from posectl.data.images.scale import BYTE, LEVELS, OTHERWISE, WORD, requested, scaled, white_of
from posectl.errors import InvalidInputError
from posectl.inputs import open_input

S = TypeVar("S")
T = TypeVar("T")

SUFFIXES = {".png", ".jpg", ".jpeg", ".bmp", ".gif", ".webp", ".tif", ".tiff", ".pgm", ".ppm", ".pnm"}

_WORDS = {"I", "I;16", "I;16L", "I;16B", "I;16N"}
_GREY = {"1", "L", "LA", "La", *_WORDS}
_ALPHA = {"LA", "La", "PA", "RGBA", "RGBa"}
# A PNG begins with its signature, the length and name of its first block, width, height, and bits a channel.
_PNG, _PNG_BITS = b"\x89PNG\r\n\x1a\n", 24
# Those of SUFFIXES: Pillow would hand PostScript to another program, whatever the name.
_FORMATS = ("PNG", "JPEG", "BMP", "GIF", "WEBP", "TIFF", "PPM")
# Bytes a pixel of one and of three channels that decoding and scaling take, and what a pixel of the result takes.
_PIXEL, _FLOAT = {1: 24, 3: 60}, 4
_TILE = (322, 323)  # TIFF's tags of a tile's sides
_LEAVE_OUT = "Or leave broken ones out: --skip-broken."
# What Pillow raises for damage: of a block that says it is of gigabytes, of a width that is a fraction.
_BROKEN = (
    Image.DecompressionBombError, OSError, SyntaxError, ValueError, EOFError, struct.error, zlib.error, MemoryError,
    TypeError, ArithmeticError, LookupError,
)  # fmt: skip


@dataclass(frozen=True)
class Header:
    """The properties of a picture that its file declares before it is decoded; deep: more than 8 bits a channel; size:
    the file's bytes; moving: whether it holds several frames."""

    path: Path
    width: int
    height: int
    channels: int
    deep: bool
    size: int
    moving: bool = False


def read_pictures(paths: Sequence[Path], request: Request) -> tuple[np.ndarray, list[int]]:
    """Read pictures as (images (n, C, S, S), the indices of their files): all, or all but broken ones if skipped.

    Grey pictures among coloured ones become coloured. Raises InvalidInputError for broken files, and where no size is
    requested for pictures of several sizes or of one that is not allowed.
    """
    headers = dict(_each(dict(enumerate(paths)), _header, paths, request))
    if request.size is None:
        _check_one_size(list(headers.values()))
    channels = 1 if request.grey else max((header.channels for header in headers.values()), default=1)
    side = max((fitted_side(header.width, request.size) for header in headers.values()), default=1)
    _check_memory(headers.values(), len(headers) * channels * side * side * _FLOAT)
    images = np.empty((len(headers), channels, side, side), np.float32)
    kept: list[int] = []
    peaks: dict[int, int] = {}
    noted = {what: list(names) for what, names in request.noted.items()}
    for index, picture in _each(headers, lambda header: _picture(header, request, peaks), paths, request):
        if len(picture) < channels:
            request.note(paths[index].name, "are grey, among coloured ones")
        images[len(kept)] = picture
        kept.append(index)
        if request.progress is not None:
            request.progress(len(kept), len(headers), paths[index].name)
    if not kept:
        raise InvalidInputError("Not one of the images is whole.", "Copy or unpack them again.")
    if request.range is None and _is_dark(peaks, request):
        request.noted = noted
        return read_pictures(paths, request)
    for index in kept:
        if headers[index].moving:
            request.note(paths[index].name, "hold several frames, of which the first was taken")
    return images[: len(kept)], kept


def _check_memory(headers: Collection[Header], images: int) -> None:
    """Raise InvalidInputError if the images, of so many bytes in all, would take more than the budget."""
    size = sum(header.size for header in headers)
    budget.check(f"{len(headers):,} images", images, size)


def _is_dark(peaks: Mapping[int, int], request: Request) -> bool:
    """Decide the values of white by the largest that there are; tell whether any is another than the format's own."""
    dark = False
    for largest, peak in peaks.items():
        kind = _kind(largest)
        if kind not in request.whites:
            # Masks are pictures of 0 and 1, and some cameras fill 10 to 14 of 16 bits; a few grey levels may be dark.
            stretched = peak == 1 or (largest == WORD and peak > LEVELS)
            white = request.whites[kind] = white_of(peak) if stretched else largest
            if white != largest:
                dark = True
                request.warned.append(f"The {kind} hold 0 to {peak:,}, and {white:,} was taken for white: {OTHERWISE}")
            elif peak <= LEVELS:
                request.warned.append(f"The {kind} hold no more than {peak}: --range 0,{peak} takes that for white.")
    return dark


def _kind(largest: int) -> str:
    return f"pictures of {largest.bit_length()} bits"


def _each(
    items: Mapping[int, S], work: Callable[[S], T], paths: Sequence[Path], request: Request
) -> Iterator[tuple[int, T]]:
    """Yield (index, result) of each item, without those of broken files where these may be skipped."""
    for index, item in items.items():
        try:
            yield index, work(item)
        except InvalidInputError:
            if not request.skip_broken:
                raise
            request.note(paths[index].name, "are broken and were left out")


@contextmanager
def _opened(path: Path) -> Iterator[Image.Image]:
    try:
        with open_input(path) as stream, warnings.catch_warnings():
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)  # the budget says what is too large
            with Image.open(stream, formats=_FORMATS) as image:
                yield image
    except Image.DecompressionBombError as error:
        pixels = re.search(r"\d+", str(error))
        budget.check(str(path), int(pixels[0]) * _PIXEL[3] if pixels else 0, path.stat().st_size)
        raise _unreadable(path, error) from None
    except _BROKEN as error:
        raise _unreadable(path, error) from None


def _unreadable(path: Path, error: Exception) -> InvalidInputError:
    """Return the error for a picture that cannot be opened or decoded: missing rights, another format, or damage."""
    if isinstance(error, OSError) and error.errno:
        return InvalidInputError(f"{path} cannot be read: {error.strerror}.", f"Check its permissions. {_LEAVE_OUT}")
    if isinstance(error, Image.DecompressionBombError):
        return InvalidInputError(f"{path} has too many pixels: {error}", f"Make it smaller. {_LEAVE_OUT}")
    unknown = isinstance(error, UnidentifiedImageError)
    if unknown and (other := _other(path)):
        return other
    head = head_of(path)
    begins = "it is damaged" if content_of(head) else "it begins like none" if head else "it is empty"
    reason = begins if unknown else str(error).rstrip(".") or type(error).__name__
    return InvalidInputError(f"{path} is no whole image: {reason}.", f"Copy or unpack it again. {_LEAVE_OUT}")


def _other(path: Path) -> InvalidInputError | None:
    """Return the error for a file of a known format that is no picture."""
    content = content_of(head_of(path))
    if content is None or content.hint == IMAGES:
        return None
    return InvalidInputError(f"{path} is {content.what}, not a picture.", f"{content.hint} {_LEAVE_OUT}")


def _header(path: Path) -> Header:
    with _opened(path) as image:
        if image.mode == "F":
            message = f"{path} holds floating-point pixels, whose range is unknown."
            hint = "Save it with 8 bits a channel, or all images as an .npz."
            raise _other(path) or InvalidInputError(message, hint)
        start = head_of(path)
        deep = image.mode in _WORDS or (start.startswith(_PNG) and start[_PNG_BITS] > 8)
        channels = 1 if image.mode in _GREY else 3
        tile = (int(getattr(image, "tag_v2", {}).get(tag, 0)) for tag in _TILE)
        width, height = map(int, image.size)
        decoded = math.prod(max(sides) for sides in zip((width, height), tile, strict=True))
        size = path.stat().st_size
        budget.check(str(path), decoded * _PIXEL[channels], size)
        moving = False
        with suppress(*_BROKEN):  # whose first frame may well be whole
            moving = bool(getattr(image, "is_animated", False))
        return Header(path, width, height, channels, deep, size, moving)


def _check_one_size(headers: Sequence[Header]) -> None:
    sizes = {(header.width, header.height): header for header in headers}
    if len(sizes) > 1:
        first, second = list(sizes.values())[:2]
        examples = ", ".join(f"{header.path.name} is {header.width}x{header.height}" for header in (first, second))
        hint = "Have them all cropped and resized: --size 64."
        raise InvalidInputError(f"The images are of {len(sizes)} sizes: {examples}.", hint)
    for header in sizes.values():
        check_sides(header.height, header.width, str(header.path))


def _picture(header: Header, request: Request, peaks: dict[int, int]) -> np.ndarray:
    """Read a picture (C, S, S) in [-1, 1] in the requested form, and put its largest value into `peaks`, which is by
    the largest that there may be."""
    with _opened(header.path) as image:
        # Pixels may be stored rotated.
        values, largest = _values(ImageOps.exif_transpose(image), header, request)
    if values.min() < values.max():  # a picture of one value all over tells nothing
        peaks[largest] = max(peaks.get(largest, 0), int(values.max()))
    if request.range is not None:
        pixels = requested(values, request, str(header.path))
    else:
        pixels = np.minimum(scaled(values, request.whites.get(_kind(largest), largest)), 1)
    channels_first = np.moveaxis(np.atleast_3d(pixels), 2, 0)
    return fit(channels_first[None], request, str(header.path))[0]


def _values(image: Image.Image, header: Header, request: Request) -> tuple[np.ndarray, int]:
    """Return pixels (H, W) or (H, W, 3) as they are stored, and the largest value that there may be."""
    name = header.path.name
    if header.deep and request.range is None and request.whites.get(_kind(WORD), WORD) == WORD:
        request.note(name, "have 16 bits a channel, and their range of 0 to 65,535 became -1 to 1")
    if image.mode in _WORDS:
        words = np.asarray(image).astype(np.int64)
        if words.min() < 0 or words.max() > WORD:
            raise InvalidInputError(f"{header.path} holds {words.min():,} to {words.max():,}.", "Save it with 8 bits.")
        return words, WORD
    if image.mode in _ALPHA or "transparency" in image.info:
        image = image.convert("RGBA")
        if int(np.asarray(image)[..., 3].min()) < BYTE:
            request.note(name, "have an alpha channel and were laid on black")
            image = Image.alpha_composite(Image.new("RGBA", image.size, (0, 0, 0, BYTE)), image)
    return np.asarray(image.convert("L" if header.channels == 1 else "RGB")), BYTE
