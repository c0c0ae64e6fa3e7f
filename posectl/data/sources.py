"""The registry of sources: each module of `posectl.data.readers` is one, and `posectl prepare NAME` runs it.

A source is a function `read(paths, **options) -> Dataset`. It raises InvalidInputError or NotFoundError, never anything
else, for input that is not what it should be. Keyword-only parameters, with their annotations and defaults, are the
options that the command line offers for it.
"""

from __future__ import annotations

from collections.abc import Callable

from posectl.data.dataset import Dataset
from posectl.registry import Registry

Source = Callable[..., Dataset]

SOURCES: Registry[Source] = Registry("source", "posectl.data.readers")
source = SOURCES.register
