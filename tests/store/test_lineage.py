from __future__ import annotations

from posectl.store import Store

from .conftest import Publish


def test_log_tells_ancestors_and_descendants_nearest_first(store: Store, publish: Publish) -> None:
    poses = publish("poses", 1.0)
    publish("poses", 9.0)
    model = publish("acai", 2.0, kind="model", parents=[("dataset", poses)])
    paths = publish("paths", 3.0, kind="paths", parents=[("model", model), ("endpoints", poses)])
    publish("scores", 4.0, kind="scores", parents=[("paths", paths), ("against", poses)])

    log = store.log("scores")
    assert [(each.depth, each.role, each.ref) for each in log.ancestors] == [
        (1, "paths", "paths:v1"),
        (1, "against", "poses:v1"),
        (2, "model", "acai:v1"),
    ]
    assert log.descendants == []
    log = store.log("poses:v1")
    assert log.ancestors == []
    assert [(each.depth, each.ref) for each in log.descendants] == [(1, "acai:v1"), (1, "paths:v1"), (1, "scores:v1")]
    assert store.log("poses:v2").descendants == []


def test_equal_content_under_two_versions_is_told_apart_by_ref(store: Store, publish: Publish) -> None:
    first, second = publish("poses", 1.0), publish("poses", 1.0)
    assert first.digest == second.digest
    publish("a", 2.0, parents=[("dataset", second)])
    assert store.log("poses:v1").descendants == []
    assert [each.ref for each in store.log("poses:v2").descendants] == ["a:v1"]
    store.remove("poses:v2", force=True)
    assert [each.ref for each in store.log("poses:v1").descendants] == ["a:v1"], "the same content serves"


def test_a_lost_ancestor_is_named_but_not_there(store: Store, publish: Publish) -> None:
    publish("acai", 2.0, parents=[("dataset", publish("poses", 1.0))])
    store.remove("poses", force=True)
    (lost,) = store.log("acai").ancestors
    assert (lost.ref, lost.artifact) == ("poses:v1", None)
