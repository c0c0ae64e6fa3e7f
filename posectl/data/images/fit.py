"""The conversion of pixels of any type, shape and size to float32 in [-1, 1], square, and a power of two wide."""

from __future__ import annotations

import numpy as np

from posectl.data.images.request import Request
from posectl.data.images.size import LARGEST, SMALLEST, is_power_of_two
from posectl.errors import InvalidInputError

_MNIST, _PADDED = 28, 32
_LUMINANCE = np.array([0.299, 0.587, 0.114], np.float32)  # of Rec. 601
_BLACK = -1.0


def grey(images: np.ndarray) -> np.ndarray:
    """Return the luminance (n, 1, H, W) of images (n, 1 or 3, H, W)."""
    if images.shape[1] == 1:
        return images
    return np.einsum("nchw,c->nhw", images, _LUMINANCE)[:, None]


def fit(images: np.ndarray, request: Request, name: str) -> np.ndarray:
    """Convert images (n, C, H, W) in [-1, 1] to the requested size and colours.

    28 px become 32 by a black border, as in ACAI's MNIST; images that are not square are cropped to their middle; then
    pixels are averaged. Raises InvalidInputError for sides that are no power of two where no size is requested.
    """
    if request.size is None:
        check_sides(images.shape[2], images.shape[3], name)
    if request.grey and images.shape[1] == 3:
        images = grey(images)
        request.step("made grey")
    images = _square(images, request, name)
    if images.shape[2] == _MNIST:
        border = (_PADDED - _MNIST) // 2
        images = np.pad(images, ((0, 0), (0, 0), (border, border), (border, border)), constant_values=_BLACK)
        request.step(f"padded from {_MNIST}x{_MNIST} to {_PADDED}x{_PADDED} with black")
    return images if request.size is None else _resize(images, request.size, request)


def fitted_side(side: int, size: int | None) -> int:
    """Return the side of images of `side` px after `fit` to the requested `size`."""
    return size or (_PADDED if side == _MNIST else side)


def check_sides(height: int, width: int, name: str) -> None:
    """Raise InvalidInputError unless the networks take images of these sides as they are."""
    if height != width or not (is_power_of_two(width) or width == _MNIST):
        nearest = 2 ** round(np.log2(min(max(min(height, width), SMALLEST), LARGEST)))
        message = f"{name} is {width}x{height} pixels; images must be square, and a power of two from {SMALLEST} wide."
        raise InvalidInputError(message, f"Have them cropped and resized: --size {nearest}.")


def _square(images: np.ndarray, request: Request, name: str) -> np.ndarray:
    height, width = images.shape[2:]
    side = min(height, width)
    if height != width:
        request.note(name, "are not square and were cropped to their middle")
    top, left = (height - side) // 2, (width - side) // 2
    return images[:, :, top : top + side, left : left + side]


def _resize(images: np.ndarray, size: int, request: Request) -> np.ndarray:
    side = images.shape[2]
    if side == size:
        return images
    import torch
    import torch.nn.functional as F

    pixels = torch.from_numpy(np.ascontiguousarray(images))
    if side % size == 0:
        pixels = F.interpolate(pixels, size, mode="area")
        request.step(f"resized from {side}x{side} by averaging")
    else:
        pixels = F.interpolate(pixels, size, mode="bilinear", antialias=True)
        request.step(f"resized from {side}x{side}, anti-aliased")
    return pixels.clamp_(-1, 1).numpy()
