from __future__ import annotations

from pathlib import Path

import buckets
import pytest

from posectl.errors import ConflictError, IntegrityError, NotFoundError, UsageError
from posectl.store import Store
from posectl.store import transfer as transfer_module

from .conftest import Publish


@pytest.fixture(params=["folder", pytest.param("objects", marks=pytest.mark.slow)])
def other(request: pytest.FixtureRequest, tmp_path: Path) -> Store:
    """A second store, of either sort."""
    if request.param == "objects":
        request.getfixturevalue("cloud")
        return Store(buckets.new_url())
    return Store(tmp_path / "other")


def sent(transfers: object) -> list[tuple[str, str | None, bool]]:
    return [(each.source.ref, each.target, each.sent) for each in transfers]  # type: ignore[attr-defined]


def family(publish: Publish) -> None:
    poses = publish("poses", 1.0)
    model = publish("acai", 2.0, kind="model", parents=[("dataset", poses)])
    publish("acai-scores", 3.0, kind="scores", parents=[("model", model)])
    publish("lines", 4.0)


def test_a_push_brings_what_an_artifact_was_made_from_first(store: Store, publish: Publish, other: Store) -> None:
    family(publish)
    expected = [("poses:v1", True), ("acai:v1", True), ("acai-scores:v1", True)]
    assert [(ref, is_sent) for ref, _, is_sent in sent(store.push(["acai-scores"], other.place))] == expected
    assert other.names() == ["acai", "acai-scores", "poses"]
    assert other.verify(level=4) == []
    for ref in ("poses", "acai", "acai-scores"):
        assert other.get(ref).sealed == store.get(ref).sealed
        assert other.get(ref).read("x").tolist() == store.get(ref).read("x").tolist()


def test_what_is_there_is_not_sent_again(store: Store, publish: Publish, other: Store) -> None:
    publish("poses", 1.0)
    twin = Store(other.place)
    with twin.draft("dataset", "poses") as draft:
        draft.put("x", [9.0])
        draft.publish()
    assert sent(store.push(["poses"], other.place)) == [("poses:v1", "poses:v2", True)]
    assert sent(store.push(["poses"], other.place)) == [("poses:v1", "poses:v2", False)]
    assert other.versions("poses") == [1, 2]


def test_a_pull_is_a_push_from_there(store: Store, publish: Publish, other: Store, tmp_path: Path) -> None:
    family(publish)
    list(store.push(["acai-scores", "lines"], other.place))
    third = Store(tmp_path / "third")
    assert len(sent(third.pull(["acai-scores"], other.place))) == 3
    assert len(sent(third.pull(["lines"], other.place, parents=False))) == 1
    assert third.verify(level=4) == []
    assert third.names() == store.names()


def test_without_parents_one_artifact_goes(store: Store, publish: Publish, tmp_path: Path) -> None:
    family(publish)
    assert sent(store.push(["acai"], tmp_path / "other", parents=False)) == [("acai:v1", "acai:v1", True)]


def test_a_sync_makes_two_stores_one(store: Store, publish: Publish, other: Store) -> None:
    family(publish)
    with other.draft("dataset", "theirs") as draft:
        draft.put("x", [1.0])
        draft.publish()
    all_five = {"acai:v1", "acai-scores:v1", "lines:v1", "poses:v1", "theirs:v1"}
    assert {ref for ref, target, _ in sent(store.sync([], other.place, dry_run=True)) if target is None} == all_five
    assert {ref for ref, _, is_sent in sent(store.sync([], other.place)) if is_sent} == all_five
    assert store.names() == other.names() == ["acai", "acai-scores", "lines", "poses", "theirs"]
    assert sent(store.sync([], other.place)) == []


def test_a_sync_of_refs_takes_each_from_where_it_is(store: Store, publish: Publish, other: Store) -> None:
    publish("mine")
    publish("left")
    with other.draft("dataset", "theirs") as draft:
        draft.put("x", [1.0])
        draft.publish()
    assert len(sent(store.sync(["mine", "theirs"], other.place))) == 2
    assert (store.names(), other.names()) == (["left", "mine", "theirs"], ["mine", "theirs"])
    with pytest.raises(NotFoundError, match="no artifact 'nobodys'"):
        list(store.sync(["nobodys"], other.place))


def test_a_damaged_artifact_is_not_sent(store: Store, publish: Publish, other: Store) -> None:
    chunk = publish("poses").path / "x" / "c.0.0"
    chunk.write_bytes(chunk.read_bytes()[::-1])
    with pytest.raises(IntegrityError, match="has changed since it was published"):
        list(store.push(["poses"], other.place))
    assert other.names() == []


def test_a_name_of_another_kind_there_is_a_conflict(store: Store, publish: Publish, other: Store) -> None:
    publish("acai", kind="model")
    with other.draft("dataset", "acai") as draft:
        draft.publish()
    with pytest.raises(ConflictError, match="belongs to acai:v1, a dataset"):
        list(store.push(["acai"], other.place))


def test_a_store_is_not_sent_to_itself(store: Store, publish: Publish) -> None:
    publish("poses")
    with pytest.raises(UsageError, match="is the store itself"):
        list(store.push(["poses"], store.place))


def test_a_push_that_is_broken_off_goes_on(
    store: Store, publish: Publish, other: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    family(publish)
    bring, calls = transfer_module._bring, []

    def failing(*arguments: object) -> object:
        calls.append(arguments)
        if len(calls) == 2:
            raise KeyboardInterrupt
        return bring(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(transfer_module, "_bring", failing)
    with pytest.raises(KeyboardInterrupt):
        list(store.push(["acai-scores"], other.place))
    assert (other.names(), other.verify(level=4)) == (["poses"], [])
    assert [is_sent for _, _, is_sent in sent(store.push(["acai-scores"], other.place))] == [False, True, True]
