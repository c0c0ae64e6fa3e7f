"""Refs to artifacts: `name`, `name:v3`, `name:alias`, `sha256:PREFIX` or a path; `#i` picks a sample of it, `#clipi` a
clip."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from posectl.errors import UsageError

_LONGEST = 63
NAME = re.compile(rf"[a-z0-9][a-z0-9._-]{{0,{_LONGEST - 1}}}")
VERSION = re.compile(r"v([1-9][0-9]{0,8})")
LATEST = "latest"
_DIGEST = re.compile(r"[0-9a-f]{4,64}")
_RESERVED_NAMES = {"sha256", "store.json"}
_RESERVED_ALIASES = {LATEST, "seal"}
_PART = re.compile(r"(clip)?([0-9]{1,12})")
_FORMS = "A ref is name, name:v3, name:alias, sha256:PREFIX or a path to an artifact; #12 after it picks a sample."


@dataclass(frozen=True)
class Ref:
    """One ref, taken apart.

    Either `name`, with `selector` (an alias, "v3" or "latest"), or `digest` (the first digits of a sha256), or `path`;
    and `sample` or `clip`, an index from 0, where the ref picks one.
    """

    name: str = ""
    selector: str = LATEST
    digest: str = ""
    path: Path | None = None
    sample: int | None = None
    clip: int | None = None

    @classmethod
    def parse(cls, text: str | os.PathLike[str]) -> Ref:
        """Return the parts of `text`; raise UsageError if it has none of the forms."""
        if isinstance(text, os.PathLike):
            return cls(path=Path(text))
        body, part = _split_part(text)
        if _is_path(body):
            return cls(path=Path(body), **part)
        name, colon, selector = body.partition(":")
        if name == "sha256" and colon:
            if not _DIGEST.fullmatch(selector):
                raise UsageError(
                    f"{text!r} is no digest.", "Give at least four of its hexadecimal digits, sha256:1f2e."
                )
            return cls(digest=selector, **part)
        if not NAME.fullmatch(name) or (colon and not NAME.fullmatch(selector)):
            raise UsageError(f"{text!r} is no ref.", _FORMS)
        return cls(name=name, selector=selector or LATEST, **part)

    @property
    def part(self) -> str:
        """The sample or clip as it is written, `#12` or `#clip3`; empty for a whole artifact."""
        if self.clip is not None:
            return f"#clip{self.clip}"
        return "" if self.sample is None else f"#{self.sample}"

    @property
    def version(self) -> int | None:
        """The number in `name:v3`; None for an alias."""
        match = VERSION.fullmatch(self.selector)
        return int(match[1]) if match else None

    def __str__(self) -> str:
        if self.path is not None:
            return f"{self.path}{self.part}"
        return f"sha256:{self.digest}{self.part}" if self.digest else f"{self.name}:{self.selector}{self.part}"


def is_name(text: str) -> bool:
    """Return whether an artifact can have this name."""
    return bool(NAME.fullmatch(text)) and text not in _RESERVED_NAMES


def fitting_name(name: str) -> str:
    """Return a name that was put together, cut at its front to the longest that an artifact can have."""
    return name[-_LONGEST:].lstrip("._-")


def check_name(name: str) -> str:
    """Return `name`; raise UsageError if no artifact can have it."""
    if not is_name(name):
        raise UsageError(
            f"An artifact cannot be named {name!r}.",
            "A name has up to 63 of a-z 0-9 . _ -, begins with a letter or digit, and is not sha256 or store.json.",
        )
    return name


def check_alias(alias: str) -> str:
    """Return `alias`; raise UsageError if no version can have it, as v3 and latest, which mean something already."""
    if not NAME.fullmatch(alias) or VERSION.fullmatch(alias) or alias in _RESERVED_ALIASES:
        raise UsageError(
            f"A version cannot have the alias {alias!r}.",
            "An alias has up to 63 of a-z 0-9 . _ -, begins with a letter or digit, and is not v3, latest or seal.",
        )
    return alias


def _is_path(body: str) -> bool:
    return "/" in body or os.sep in body or body.startswith(".")


def _split_part(text: str) -> tuple[str, dict[str, Any]]:
    """Return what stands before the `#`, and the sample or clip behind it, by its field."""
    body, mark, behind = text.rpartition("#")
    if not mark:
        return text, {}
    part = _PART.fullmatch(behind)
    if not body or not part:
        raise UsageError(
            f"{text!r} does not pick a sample.", "Samples and clips have numbers from 0: poses#12, poses#clip3."
        )
    return body, {part[1] or "sample": int(part[2])}
