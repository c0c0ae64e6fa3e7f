"""A reference without end: the mannequin's poses, made block by block when they are searched, and never kept."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import partial
from typing import Any

import numpy as np

from posectl.core.shards import Shards
from posectl.data.readers.mannequin import Cast, MannequinOptions, cast_of
from posectl.errors import UsageError

PREFIX = "generated:"
_UNITS = {"": 1, "k": 10**3, "m": 10**6, "g": 10**9}


def is_generated(text: str) -> bool:
    """Tell whether a reference is made, and not kept."""
    return text.startswith(PREFIX)


def generated(text: str) -> tuple[Shards, dict[str, Any]]:
    """Return the mannequin's poses that `generated:COUNT[:SEED]` names, those of `prepare mannequin --samples`, and
    their record. Raises UsageError for what names none."""
    found = re.fullmatch(r"generated:([0-9]{1,12})([kmg]?)(?::([0-9]{1,9}))?", text.lower())
    if not found:
        raise UsageError(f"{text!r} is no set of poses that can be made.", "A million, of seed 1: generated:1M:1.")
    seed, samples = int(found[3] or 0), int(found[1]) * _UNITS[found[2]]
    cast = cast_of([], MannequinOptions(samples=samples, seed=seed))
    blocks = cast.blocks()
    sizes = [cast.count(*block) for block in blocks]
    record = {"generated": "mannequin", "samples": samples, "seed": seed}
    return Shards(sizes, (17, 3), partial(_make, cast, blocks)), record


def _make(cast: Cast, blocks: Sequence[tuple[int, int]], number: int, rows: np.ndarray | None) -> np.ndarray:
    """Move the people of a block; of single rows those alone who are in them."""
    first, last = blocks[number]
    if rows is None:
        return cast.part(first, last).samples
    of, row = np.divmod(rows, cast.count(first, first + 1))
    found = np.empty((len(rows), 17, 3), np.float32)
    for person in np.unique(of).tolist():
        mine = of == person
        found[mine] = cast.part(first + person, first + person + 1).samples[row[mine]]
    return found
