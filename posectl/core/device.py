"""The device that the work runs on, and its number of threads."""

from __future__ import annotations

import torch

from posectl.errors import UnavailableError, UsageError


def resolve(name: str) -> torch.device:
    """Return the device called `auto`, `cpu`, `cuda` or `cuda:N`; `auto` is CUDA where there is one.

    Raises UnavailableError where the device is missing, UsageError for any other name.
    """
    if name == "auto":
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    kind, _, index = name.partition(":")
    if kind not in ("cpu", "cuda") or (index and not index.isdecimal()) or (kind == "cpu" and index):
        raise UsageError(f"There is no device {name!r}.", "Use auto, cpu, cuda or cuda:N.")
    if kind == "cuda":
        if not torch.cuda.is_available():
            raise UnavailableError("This machine has no CUDA device that PyTorch can use.", "Use --device cpu or auto.")
        if int(index or 0) >= torch.cuda.device_count():
            raise UnavailableError(
                f"There is no {name}: this machine has {torch.cuda.device_count()} CUDA device(s).",
                "Count them from cuda:0.",
            )
    return torch.device(name)


def use_threads(count: int | None) -> int:
    """Set the number of threads that tensor operations use, and say how many that is; None leaves it alone."""
    if count is not None:
        torch.set_num_threads(count)
    return torch.get_num_threads()


def allow_tf32(allow: bool) -> None:
    """Set whether CUDA multiplies float32 matrices with ten-bit mantissas: several times as fast, but inexact."""
    torch.backends.cuda.matmul.allow_tf32 = torch.backends.cudnn.allow_tf32 = allow
