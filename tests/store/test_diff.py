from __future__ import annotations

import math

import numpy as np
import pytest

from posectl.store import Artifact, Store


def _publish(store: Store, arrays: dict[str, object], **record: object) -> Artifact:
    with store.draft("model", "acai") as draft:
        for name, values in arrays.items():
            draft.put(name, values)
        draft.record(**record)  # type: ignore[arg-type]
        return draft.publish()


def test_only_what_differs_is_told(store: Store) -> None:
    base = {"same": np.arange(3), "moved": np.zeros(4), "gone": np.ones(2), "text": np.array(["a"])}
    lam = {"lam": {"value": 0.1, "source": "flag"}, "seed": {"value": 0, "source": "flag"}}
    _publish(store, base, config=lam, summary={"loss": 1.0, "same": 2})
    moved = {**base, "moved": np.array([0, -0.5, 0.25, 0]), "new": np.zeros(1), "text": np.array(["b"])}
    del moved["gone"]
    lam = {"lam": {"value": 0.3, "source": "flag"}, "seed": {"value": 0, "source": "default"}}
    _publish(store, moved, config=lam, summary={"loss": 0.5, "same": 2, "more": 1})
    difference = store.diff("acai:v1", "acai:v2")
    assert difference.config == {"lam": (0.1, 0.3)}
    assert difference.summary == {"loss": (1.0, 0.5), "more": (None, 1)}
    assert difference.about == {}
    assert {name: each.max_abs for name, each in difference.arrays.items()} == {
        "gone": None,
        "moved": 0.5,
        "new": None,
        "text": None,
    }
    assert difference.arrays["new"].a is None
    assert not difference.arrays["moved"].same


def test_an_artifact_does_not_differ_from_itself(store: Store) -> None:
    _publish(store, {"x": np.array([np.nan, 1.0])}, summary={"a": 1})
    assert not store.diff("acai", "acai")


@pytest.mark.parametrize(
    ("a", "b", "expected"),
    [
        (np.array([True, False]), np.array([True, True]), 1.0),
        (np.array([1, 5], np.uint8), np.array([3, 4], np.uint8), 2.0),
        (np.array([1.0], np.float32), np.array([1.5]), 0.5),
        (np.array([np.nan, 1.0]), np.array([np.nan, 3.0]), 2.0),
        (np.array([np.inf, 1.0]), np.array([np.inf, 1.25]), 0.25),
        (np.array([np.nan, 9.0]), np.array([1.0, 1.0]), math.nan),
        (np.zeros((2, 3)), np.zeros((3, 2)), None),
        (np.float64(2.0), np.float64(-1.0), 3.0),
        (np.random.default_rng(0).normal(size=(200_000, 12)), np.zeros((200_000, 12)), None),
    ],
)
def test_the_largest_difference_is_that_of_numpy(
    store: Store, a: np.ndarray, b: np.ndarray, expected: float | None
) -> None:
    _publish(store, {"x": a})
    _publish(store, {"x": b})
    if a.size > 1000:
        expected = float(np.abs(a - b).max())
    found = store.diff("acai:v1", "acai:v2").arrays["x"].max_abs
    assert found == expected or (
        expected is not None and math.isnan(expected) and found is not None and math.isnan(found)
    )
