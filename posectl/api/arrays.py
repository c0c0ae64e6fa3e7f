"""Arrays of either sort, NumPy's or PyTorch's, through functions of tensors: the same sort comes out."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor

from posectl.errors import InvalidInputError

Array = np.ndarray | Tensor


def as_tensor(array: Any, name: str, device: torch.device | None = None) -> Tensor:
    """Return an array as a tensor on the device, the CPU unless given.

    Raises InvalidInputError for what is no array of numbers, and for a tensor on another accelerator than the device.
    """
    device = device or torch.device("cpu")
    if isinstance(array, Tensor):
        if array.device.type not in ("cpu", device.type):
            raise InvalidInputError(
                f"{name} is on {array.device}, and the work is done on {device}.", f"Give {name}.cpu()."
            )
        return array.detach().to(device)
    values = np.asarray(array)
    if values.dtype.kind not in "fiub":
        raise InvalidInputError(f"{name} holds {values.dtype}, not numbers.", "Give an array of floats.")
    return torch.from_numpy(np.ascontiguousarray(values)).to(device)


def like(tensor: Tensor, given: Any) -> Array:
    """Return a tensor as the sort of array that was given: a tensor on the same device, or a NumPy array."""
    return tensor.to(given.device) if isinstance(given, Tensor) else tensor.cpu().numpy()


def check_rank(array: Any, name: str, shapes: Sequence[tuple[str, ...]]) -> None:
    """Raise InvalidInputError unless an array has as many axes as one of the shapes, which the message names."""
    if np.ndim(array) not in {len(shape) for shape in shapes}:
        wanted = " or ".join(f"({', '.join(shape)})" for shape in shapes)
        raise InvalidInputError(f"{name} has shape {tuple(np.shape(array))}.", f"Give {wanted}.")
