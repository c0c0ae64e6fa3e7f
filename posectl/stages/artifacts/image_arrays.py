"""Images in files: (..., C, H, W) in [-1, 1], or without the axis of their one channel."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from posectl.core.kinds import Kind
from posectl.data.foreign import Conventions
from posectl.errors import InvalidInputError
from posectl.stages.artifacts.formats import ArrayFormat, Shape, Taken, array_format, as_many, finite_floats

_ROUNDING = 1e-3
OF_BYTES = "Of bytes: image / 127.5 - 1."


@array_format("images")
class ImageArrays(ArrayFormat):
    """The file format of images: float32 arrays; paths are (B, T, C, H, W), or (B, T, H, W) in grey; samples, if they
    are said to be some, (N, C, H, W), or (N, H, W) in grey."""

    def claims(self, shape: tuple[int, ...]) -> bool:
        """Tell whether an array of this shape may hold images."""
        return 2 <= len(shape) <= 5

    def read(self, array: np.ndarray, source: str) -> np.ndarray:
        """Return paths (B, T, C, H, W)."""
        images = array[:, :, None] if array.ndim == 4 else array
        if images.ndim != 5 or images.shape[2] not in (1, 3):
            raise InvalidInputError(
                f"{source} has shape {array.shape}, and images have 1 or 3 channels.",
                "Paths of images are (B, T, C, H, W) or, in grey, (B, T, H, W).",
            )
        return as_images(images, source, self.kind)

    def take(
        self, arrays: Mapping[str, np.ndarray], source: str, said: Conventions = Conventions(), shape: Shape = None
    ) -> Taken:
        """Take in paths (B, T, C, H, W), or samples (N, C, H, W); what may as well be one path in colour is said to be
        taken for several."""
        self.refuse(said, source)
        array = arrays["poses"]
        if shape == "samples":
            return Taken(as_images(as_singles(array, source), source, self.kind), source)
        images = self.read(as_one_path(array) if shape == "paths" else array, source)
        if shape is None and array.ndim == 4 and array.shape[1] == 3:
            several = f"{source} is taken for {len(array):,} paths of 3 grey images; --as paths takes it for one path."
            return Taken(images, source, warnings=(several,))
        return Taken(images, source)

    def samples(self, array: np.ndarray, shape: tuple[int, ...], source: str) -> np.ndarray:
        """Return images (N, C, H, W). Raises InvalidInputError for values beyond [-1, 1]."""
        images = as_images(array, source, self.kind)
        grey = shape[0] == 1 and images.shape[-2:] == shape[1:] and images.shape != shape
        samples = as_many(images[..., None, :, :] if grey and images.ndim < 4 else images, shape, source)
        if np.abs(samples).max() > 1 + _ROUNDING:
            raise InvalidInputError(
                f"{source} has values from {samples.min():.4g} to {samples.max():.4g}, and images are in [-1, 1].",
                OF_BYTES,
            )
        return samples


def as_one_path(array: np.ndarray) -> np.ndarray:
    """Return one path (T, C, H, W), or (T, H, W) in grey, as several (1, T, ...); anything else as it is."""
    alone = array.ndim == 3 or (array.ndim == 4 and array.shape[1] in (1, 3))
    return array[None] if alone else array


def as_singles(array: np.ndarray, source: str) -> np.ndarray:
    """Return single images (N, C, H, W) out of these, of grey ones (N, H, W), of one, or of the steps of paths."""
    if array.ndim < 4 and not (array.ndim == 3 and array.shape[0] in (1, 3)):
        array = array[..., None, :, :]
    images = array.reshape(-1, *array.shape[-3:]) if array.ndim >= 3 else array
    if images.ndim != 4 or images.shape[1] not in (1, 3):
        raise InvalidInputError(
            f"{source} has shape {array.shape}, and images have 1 or 3 channels.",
            "Samples are (N, C, H, W) or, in grey, (N, H, W).",
        )
    return images


def as_images(array: np.ndarray, source: str, kind: Kind) -> np.ndarray:
    """Return images as float32. Raises InvalidInputError for whole numbers, and for NaN or infinity."""
    return finite_floats(array, source, kind, OF_BYTES).astype(np.float32, copy=False)
