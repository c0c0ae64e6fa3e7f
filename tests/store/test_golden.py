"""Stores that earlier releases wrote, kept under tests/store/golden, are read, verified and exported by this one."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest

from posectl.store import Store

from .make_golden import CLIPS, GOLDEN, POSITIONS, WEIGHT

RELEASES = sorted(path.name for path in GOLDEN.iterdir() if path.is_dir())


@pytest.fixture(params=RELEASES)
def golden(request: pytest.FixtureRequest, tmp_path: Path) -> Store:
    return Store(shutil.copytree(GOLDEN / request.param, tmp_path / "golden"))


def test_there_is_one_of_this_release() -> None:
    assert "0.1.0" in RELEASES


def test_every_byte_and_parent_is_there(golden: Store) -> None:
    assert golden.verify(level=4) == []


def test_every_value_is_read(golden: Store) -> None:
    np.testing.assert_array_equal(golden.get("poses").read("samples"), POSITIONS)
    np.testing.assert_array_equal(golden.get("poses").read("clips/name"), CLIPS)
    np.testing.assert_array_equal(golden.get("acai:best").read_group("weights/last")["encoder.0.weight"], WEIGHT)
    np.testing.assert_array_equal(golden.get("acai").read("weights/last/encoder.0.weight"), -WEIGHT)
    np.testing.assert_array_equal(golden.get("acai-paths").read("paths"), POSITIONS[None].astype(np.float16))
    np.testing.assert_array_equal(golden.get("acai-samples").read("samples"), POSITIONS[:2] > 0.5)
    assert golden.get("acai:v1").read("optimizer/step") == 7
    assert golden.get("acai:v1").read("log/loss").shape == (0,)


def test_every_record_is_read(golden: Store) -> None:
    assert golden.names() == ["acai", "acai-paths", "acai-samples", "acai-scores", "poses", "sweep"]
    assert golden.aliases("acai") == {"best": "v1"}
    scores = golden.get("acai-scores")
    assert (scores.kind, scores.summary, scores.config["lam"]["value"]) == ("scores", {"anci": 1.25}, [0.3])
    assert [(parent.role, parent.ref) for parent in scores.parents] == [
        ("paths", "acai-paths:v1"),
        ("against", "poses:v1"),
    ]
    assert golden.get("poses").about == {"unit": "m"}
    assert golden.get("acai:v1").summary == {"loss": "nan"}
    found = golden.find("model", "acai", "model acai")
    assert found is not None
    assert found.ref == "acai:v2"


def test_what_was_removed_then_is_not_numbered_anew(golden: Store) -> None:
    with golden.draft("model", "acai") as draft:
        assert draft.publish().ref == "acai:v4"


def test_it_travels(golden: Store, tmp_path: Path) -> None:
    golden.export("acai-scores", tmp_path / "x.zip", with_parents=True)
    other = Store(tmp_path / "other")
    assert len(other.import_(tmp_path / "x.zip")) == 4
    assert other.verify(level=4) == []
