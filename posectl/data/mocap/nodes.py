"""A file's nodes, found by the names of a joint map, however the file spells them.

A left thigh is called LeftUpLeg, mixamorig:LeftUpLeg, mixamorigLeftUpLeg, Armature|left_up_leg, L_UpLeg or upleg.l:
case, separators, leading zeros, a prefix that the nodes share, and where and how the side is written do not count.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from functools import cache

_SIDES = (
    re.compile(r"(?P<side>(?i:left|right))(?P<part>.+)"),
    re.compile(r"(?P<side>[LlRr])(?=[A-Z _.-])(?P<part>.+)"),
    re.compile(r"(?P<part>.+)(?P<side>Left|Right)"),
    re.compile(r"(?P<part>.+)[ _.-](?P<side>[LlRr])"),
)
# A file has one or two; a bound for hostile ones.
_PREFIXES = 16
_WHOLE = {"l": "left", "r": "right"}


class Nodes:
    """The nodes of a file by name."""

    def __init__(self, names: Sequence[str]) -> None:
        self.index = {name: i for i, name in enumerate(names)}
        self._plain: dict[str, str] = {}
        for name in names:
            if not name.endswith(".end"):
                # Of names that are alike when plain, the node nearest to the root counts.
                self._plain.setdefault(plain(name), name)

    def prefixes(self, names: Iterable[str]) -> list[str]:
        """List what stands before these names of a map in the file's own, plain, the shortest first."""
        endings = tuple(spelling for name in names for spelling in spellings(name.removesuffix(".end")))
        found = {own.removesuffix(end) for end in endings for own in self._plain if own.endswith(end)}
        return sorted(found, key=lambda prefix: (len(prefix), prefix))[:_PREFIXES]

    def find(self, name: str, prefix: str) -> int | None:
        """Return the index of the node that a map calls `name`: behind the prefix, else exactly so, else plainly."""
        bare = name.removesuffix(".end")
        for start in dict.fromkeys((prefix, "")):
            if not start and name in self.index:
                return self.index[name]
            for spelling in spellings(bare):
                if (own := self._plain.get(start + spelling)) is not None:
                    return self.index.get(own + name[len(bare) :])
        return None


def plain(name: str) -> str:
    """Return a name in lower case, without separators and leading zeros."""
    return re.sub(r"(?<!\d)0+(?=\d)", "", re.sub(r"[\W_]+", "", name.lower()))


@cache
def spellings(name: str) -> tuple[str, ...]:
    """List the plain spellings of a map's name: as it is, and with its side before or behind, in a letter or a word."""
    found = next((match for pattern in _SIDES if (match := pattern.fullmatch(name))), None)
    if found is None:
        return (plain(name),)
    letter, part = found["side"][0].lower(), plain(found["part"])
    word = _WHOLE[letter]
    return tuple(dict.fromkeys((plain(name), word + part, letter + part, part + letter, part + word)))
