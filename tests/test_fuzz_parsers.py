"""Every parser of files from outside, fed with damaged ones: nothing but PosectlError escapes.

POSECTL_FUZZ_EXAMPLES sets how many files each is fed; tests/fuzz_parsers.py goes on for as long as you like.
"""

from __future__ import annotations

import os

import pytest
from fuzz_parsers import TARGETS, attempt, data_folder
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

EXAMPLES = int(os.environ.get("POSECTL_FUZZ_EXAMPLES", "100"))

# What trips parsers: numbers that are none or too many, and the punctuation of the formats.
TOKENS = [
    *(b"nan", b"inf", b"1e999", b"-1", b"0", b"99999999999999999999", b"1_0", b"-", b".", b"\n", b"\r\n", b" ", b"\t"),
    *(b"\0", b"\xff", b"\xef\xbb\xbf", b"{", b"}", b"[", b"]", b",", b":", b"#", b"'", b"&a", b"*a", b"\xff" * 8),
    *(b"JOINT a", b"End Site", b"MOTION", b"CHANNELS 6", b"root", b"begin", b"end"),
    *(b"\x93NUMPY", b"PK\x05\x06", b"\x80\x04", b"cos\nsystem\n", b"\x00" * 8),
]
EDITS = st.lists(
    st.tuples(
        st.sampled_from(["insert", "overwrite", "delete", "cut", "repeat"]),
        st.floats(0, 1),
        st.sampled_from(TOKENS) | st.binary(min_size=1, max_size=4),
        st.integers(1, 300),
    ),
    min_size=1,
    max_size=5,
)


def edited(seed: bytes, edits: list[tuple[str, float, bytes, int]]) -> bytes:
    data = seed
    for how, where, token, length in edits:
        at = int(where * len(data))
        match how:
            case "insert":
                data = data[:at] + token + data[at:]
            case "overwrite":
                data = data[:at] + token + data[at + len(token) :]
            case "delete":
                data = data[:at] + data[at + length :]
            case "cut":
                data = data[:at]
            case "repeat":
                data = data[:at] + data[at : at + length] + data[at:]
    return data


@pytest.mark.parametrize("name", TARGETS)
def test_nothing_but_a_posectl_error_escapes(name, tmp_path_factory):
    target = TARGETS[name]
    seeds = target.seeds(data_folder())
    if not seeds:
        pytest.skip(f"no seeds of {name}; set POSECTL_TEST_DATA")
    folder = tmp_path_factory.mktemp(name)

    @settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)
    @given(seed=st.sampled_from(seeds), edits=EDITS)
    def feed(seed: bytes, edits: list[tuple[str, float, bytes, int]]) -> None:
        attempt(target, edited(seed, edits), folder)

    feed()


@pytest.mark.parametrize("name", TARGETS)
def test_the_undamaged_seeds_are_read_or_refused(name, tmp_path_factory):
    for number, seed in enumerate(TARGETS[name].seeds(data_folder())):
        attempt(TARGETS[name], seed, tmp_path_factory.mktemp(f"{name}{number}"))
