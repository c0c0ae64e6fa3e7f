from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import soak

from posectl.errors import ConflictError, IntegrityError
from posectl.store import Store, durable
from posectl.store.layout import Layout

from .conftest import Publish

Staging = Callable[[], list[str]]


def test_a_draft_is_invisible_until_it_is_published(store: Store, staging: Staging) -> None:
    with store.draft("dataset", "poses") as draft:
        draft.put("x", np.zeros(3))
        assert store.names() == []
        assert len(staging()) == 2, "the folder and its lock"
        artifact = draft.publish()
        assert store.names() == ["poses"]
    assert staging() == []
    assert artifact.read("x").tolist() == [0, 0, 0]


def test_a_draft_that_fails_leaves_nothing(store: Store, staging: Staging) -> None:
    def fail() -> None:
        with store.draft("dataset", "poses") as draft:
            draft.put("x", np.zeros(3))
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    assert (store.names(), staging()) == ([], [])


def test_a_draft_never_published_leaves_nothing(store: Store, staging: Staging) -> None:
    with store.draft("dataset", "poses") as draft:
        draft.put("x", np.zeros(3))
    assert (store.names(), staging()) == ([], [])


def test_a_draft_is_published_once(store: Store) -> None:
    with store.draft("scores", "any") as draft:
        draft.publish()
        with pytest.raises(ConflictError):
            draft.publish()
    assert store.versions("any") == [1]


def test_a_draft_with_a_file_of_somebody_else_is_not_published(store: Store) -> None:
    with store.draft("dataset", "poses") as draft:
        draft.put("x", np.zeros(3))
        (draft.path / "x" / "notes.txt").write_text("mine")
        with pytest.raises(IntegrityError, match=r"notes\.txt"):
            draft.publish()
    assert store.names() == []


def test_a_lost_race_takes_the_next_number(store: Store, publish: Publish, monkeypatch: pytest.MonkeyPatch) -> None:
    publish("poses", 1.0)
    next_version = Layout.next_version
    answers = iter([1, 1, 1])
    monkeypatch.setattr(Layout, "next_version", lambda self, name: next(answers, None) or next_version(self, name))
    assert publish("poses", 2.0).ref == "poses:v2"
    assert store.get("poses:v1").read("x")[0, 0] == 1.0


def test_a_names_folder_that_vanishes_meanwhile_is_made_again(
    publish: Publish, monkeypatch: pytest.MonkeyPatch
) -> None:
    rename, calls = durable.rename_new, []

    def vanish_once(source: Path, target: Path) -> bool:
        if not calls:
            calls.append(target)
            target.parent.rmdir()
        return rename(source, target)

    monkeypatch.setattr(durable, "rename_new", vanish_once)
    assert publish("poses").ref == "poses:v1"
    assert calls


@pytest.mark.parametrize("count", [80, pytest.param(320, marks=pytest.mark.slow)])
def test_eight_processes_publish_one_name_at_once(tmp_path: Path, count: int) -> None:
    soak.race(8, count, tmp_path / "artifacts")
