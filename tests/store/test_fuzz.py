"""The targets of tests/fuzz_store.py under Hypothesis: any bytes, any JSON, and sound input with some bytes changed."""

from __future__ import annotations

import json
import logging

import fuzz_store
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**70), 2**70) | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=8,
)
FIELDS = ["files", "arrays", "digest", "kind", "kind_version", "schema", "name", "parents", "config", "key", "created"]


@pytest.fixture(autouse=True)
def _quiet(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.CRITICAL)


@st.composite
def changed(draw: st.DrawFn, target: str) -> bytes:
    """What the target takes, with a few bytes replaced, put in or taken out."""
    data = bytearray(draw(st.sampled_from(fuzz_store.seeds(target))))
    for _ in range(draw(st.integers(1, 4))):
        start = draw(st.integers(0, len(data)))
        data[start : start + draw(st.integers(0, 8))] = draw(st.binary(max_size=8))
    return bytes(data)


@pytest.mark.parametrize("examples", [20, pytest.param(150, marks=pytest.mark.slow)])
@pytest.mark.parametrize("target", fuzz_store.TARGETS)
def test_nothing_but_a_posectl_error_escapes(target: str, examples: int) -> None:
    @settings(max_examples=examples, deadline=None, suppress_health_check=list(HealthCheck))
    @given(data=st.binary(max_size=200) | changed(target) | JSON.map(lambda value: json.dumps(value).encode()))
    def run(data: bytes) -> None:
        fuzz_store.TARGETS[target](data)

    run()


@pytest.mark.parametrize("examples", [30, pytest.param(200, marks=pytest.mark.slow)])
def test_any_value_in_a_manifests_field_is_survived(examples: int) -> None:
    @settings(max_examples=examples, deadline=None, suppress_health_check=list(HealthCheck))
    @given(fields=st.dictionaries(st.sampled_from(FIELDS), JSON, min_size=1, max_size=3))
    @example(fields={"arrays": {"x": {"shape": [2**40], "dtype": "float64", "dims": ["x_0"], "sha256": ""}}})
    @example(fields={"parents": [{"role": "a", "ref": "\0", "digest": ""}]})
    def run(fields: dict[str, object]) -> None:
        fuzz_store.fuzz_manifest(json.dumps(fields).replace("NaN", "0").replace("Infinity", "0").encode())

    run()
