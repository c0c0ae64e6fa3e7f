from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from posectl.errors import IntegrityError
from posectl.store.sealed import MAX_BYTES, decode, encode, plain, read_sealed, seal, unseal

values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=9),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=9), inner, max_size=4),
    max_leaves=8,
)


@settings(max_examples=60, deadline=None)
@given(st.dictionaries(st.text(max_size=9).filter(lambda key: key != "seal"), values, max_size=4))
def test_what_is_sealed_reads_back(fields: dict[str, object]) -> None:
    assert unseal(seal(fields)) == fields


@pytest.mark.parametrize("mask", [1, 2, 4, 8, 16, 32, 64, 128, 255])
def test_every_byte_of_sealed_json_counts(mask: int) -> None:
    data = seal({"best": "v4", "n": [1, 2.5, None, True], "text": "é \n"})
    for offset in range(len(data)):
        changed = bytearray(data)
        changed[offset] ^= mask
        with pytest.raises(ValueError, match=r"."):
            unseal(bytes(changed))


@pytest.mark.parametrize("data", [b"{}", b"[]", b"null", b'{"seal": 1}', b'{"seal": "x"}', b"", b'{"a": 1, "a": 1}'])
def test_what_was_never_sealed_is_refused(data: bytes) -> None:
    with pytest.raises(ValueError, match=r"."):
        unseal(data)


@pytest.mark.parametrize(
    "data",
    [b"NaN", b"[Infinity]", b'{"a":1,"a":2}', b"{", b"\xff", b"[" * 100_000, b"1" * 5000, b" " * (MAX_BYTES + 1)],
)
def test_loose_json_is_refused(data: bytes) -> None:
    with pytest.raises(ValueError, match=r"."):
        decode(data)


def test_numbers_that_json_lacks_become_text() -> None:
    given = {"a": float("nan"), "b": [float("inf"), -np.inf], "c": np.float32(0.5), "d": np.arange(2), "e": Path("x")}
    assert plain(given) == {"a": "nan", "b": ["inf", "-inf"], "c": 0.5, "d": [0, 1], "e": "x"}
    assert json.loads(encode(plain(given))) == plain(given)


@pytest.mark.parametrize("value", [object(), {1: 2}, {"a": {3}}, b"x"])
def test_what_json_cannot_hold_is_refused(value: object) -> None:
    with pytest.raises(TypeError):
        plain(value)


def test_a_broken_seal_is_an_integrity_error_that_names_the_file(tmp_path: Path) -> None:
    path = tmp_path / "aliases.json"
    path.write_bytes(seal({"best": "v4"}).replace(b"v4", b"v5"))
    with pytest.raises(IntegrityError, match=r"aliases\.json"):
        read_sealed(path)
