"""Strict JSON, and sealed JSON: it carries its own digest, the seal, so that a change of any one byte is noticed."""

from __future__ import annotations

import hashlib
import json
import math
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from posectl.errors import IntegrityError
from posectl.store.regular import open_file

SEAL = "seal"
_MARK = b'\n "seal": "'  # nowhere else: what is nested is indented further, and text holds no line ends
MAX_BYTES = 64 * 2**20
MAX_DIGITS = 300  # a float holds no more


def plain(value: Any) -> Any:
    """Return `value` as JSON values: arrays, tuples as lists, paths as text, and "nan", "inf", "-inf" for such numbers.

    Raises TypeError for anything else.
    """
    if value is None or isinstance(value, bool | int | str):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else str(float(value))
    if isinstance(value, Mapping):
        if bad := [key for key in value if not isinstance(key, str)]:
            raise TypeError(f"a JSON object's keys are text, not {bad[0]!r}")
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    if isinstance(value, os.PathLike):
        return os.fspath(value)
    if hasattr(value, "tolist"):  # numpy's and torch's scalars and arrays
        return plain(value.tolist())
    raise TypeError(f"{type(value).__name__} has no place in JSON")


def encode(value: Any) -> bytes:
    """Return a JSON value as the store writes it: sorted, indented, ASCII, finite."""
    return (json.dumps(value, sort_keys=True, indent=1, allow_nan=False) + "\n").encode("ascii")


def decode(data: bytes) -> Any:
    """Return the value of strict JSON; raise ValueError on a number that is not finite or has more digits than a store
    writes, half of a surrogate pair, a key given twice, too many bytes, and other text."""
    if len(data) > MAX_BYTES:
        raise ValueError(f"{len(data)} bytes of JSON are too many")
    try:
        value = json.loads(
            data.decode("utf-8"), object_pairs_hook=_object, parse_constant=_refuse_constant, parse_float=_finite,
            parse_int=_integer,
        )  # fmt: skip
    except RecursionError as error:
        raise ValueError("JSON nested too deeply") from error
    if b"\\u" in data:
        json.dumps(value, ensure_ascii=False).encode()  # raises on half of a surrogate pair
    return value


def seal(fields: Mapping[str, Any]) -> bytes:
    """Return `fields` as JSON with one more, "seal": the sha256 of this very text while the seal is still empty."""
    blank = encode({**fields, SEAL: ""})
    head, mark, tail = blank.partition(_MARK)
    return head + mark + hashlib.sha256(blank).hexdigest().encode() + tail


def unseal(data: bytes) -> dict[str, Any]:
    """Return the fields that `seal` was given; raise ValueError if `data` is not, byte for byte, what it wrote."""
    head, mark, tail = data.partition(_MARK)
    if not mark:
        raise ValueError("it bears no seal")
    if hashlib.sha256(head + mark + tail[64:]).hexdigest().encode() != tail[:64]:
        raise ValueError("its seal is broken")
    fields = decode(data)
    if not isinstance(fields, dict):
        raise ValueError("it is no object")
    del fields[SEAL]
    return fields


def read_sealed(path: Path, hint: str = "Restore it from a copy.") -> dict[str, Any]:
    """Return the fields in the sealed file at `path`; raise FileNotFoundError, IntegrityError on any change."""
    try:
        return unseal(read_bytes(path, MAX_BYTES))
    except ValueError as error:
        raise IntegrityError(
            f"{path} is damaged: {error}.", f"`posectl store verify` says what else is. {hint}"
        ) from error


def read_bytes(path: Path, limit: int) -> bytes:
    """Return the whole of a regular file; raise ValueError if it holds more than `limit` bytes."""
    with open(open_file(path), "rb") as file:
        data = file.read(limit + 1)
    if len(data) > limit:
        raise ValueError(f"it holds more than {limit} bytes")
    return data


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    value = dict(pairs)
    if len(value) != len(pairs):
        raise ValueError("a key is given twice")
    return value


def _finite(text: str) -> float:
    if not math.isfinite(number := float(text)):
        raise ValueError(f"{text:.20} is too large a number")
    return number


def _integer(text: str) -> int:
    if len(text) > MAX_DIGITS:
        raise ValueError(f"{text:.20}... is too large a number")
    return int(text)


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is no JSON")
