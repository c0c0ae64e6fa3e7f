"""Numba's compiler as the search uses it: free of the interpreter's lock, and with its work kept on disk."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numba


def compiled(reordered: bool = False) -> Callable[[Callable], Any]:
    """Decorator: compile to machine code at the first call, kept beside the source or in the user's cache folder.

    Unless sums may be `reordered` it is IEEE arithmetic as written, not fused either, and the same on every processor.
    """
    fastmath = {"reassoc", "contract", "nsz"} if reordered else False

    def decorate(function: Callable) -> Any:
        try:
            return numba.njit(nogil=True, cache=True, fastmath=fastmath)(function)
        except RuntimeError:  # no folder can be written to
            return numba.njit(nogil=True, fastmath=fastmath)(function)

    return decorate
