"""posectl store push, pull and sync, and places that are none of a store."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from posectl.store import Store

from .conftest import Posectl


@pytest.fixture
def filled(tmp_path: Path) -> Path:
    store = Store(tmp_path / "artifacts")
    with store.draft("dataset", "poses") as draft:
        draft.put("x", np.arange(3.0))
        poses = draft.publish()
    with store.draft("model", "acai") as draft:
        draft.record(parents=[("dataset", poses)])
        draft.publish()
    return tmp_path


def test_push_pull_and_sync_say_what_is_where(posectl: Posectl, filled: Path) -> None:
    pushed = posectl("store", "push", "acai", filled / "other", "--store", filled / "artifacts")
    assert (pushed.code, pushed.out) == (0, "poses:v1\nacai:v1\n")
    again = posectl("store", "push", "acai", filled / "other", "--store", filled / "artifacts", "--json").json
    assert [(each["ref"], each["sent"]) for each in again["transfers"]] == [("poses:v1", False), ("acai:v1", False)]
    pulled = posectl("store", "pull", "poses", filled / "other", "--store", filled / "third")
    assert (pulled.code, pulled.out) == (0, "poses:v1\n")
    dry = posectl("store", "sync", filled / "other", "--store", filled / "third", "--dry-run")
    assert (dry.code, dry.out) == (0, "acai:v1\n")
    assert posectl("store", "sync", filled / "other", "--store", filled / "third").out == "acai:v1\n"
    assert posectl("store", "sync", filled / "other", "--store", filled / "third").out == "nothing to bring\n"


@pytest.mark.parametrize(
    ("place", "code", "message"),
    [
        ("ftp://bucket/x", 2, "A store cannot lie at ftp://."),
        ("s3://", 2, "This is no bucket and prefix after s3://."),
        ("s3://key:secret@bucket/x", 2, "This is no bucket and prefix after s3://."),
        ("missing/folder", 0, ""),
    ],
)
def test_a_place_that_is_none_is_told_apart(posectl: Posectl, place: str, code: int, message: str) -> None:
    ran = posectl("store", "ls", "--store", place)
    assert (ran.code, "secret" in ran.err) == (code, False)
    assert message in ran.err
