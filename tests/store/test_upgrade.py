from __future__ import annotations

from typing import Any

import pytest

from posectl.errors import InvalidInputError
from posectl.store import Store, kinds, migrations
from posectl.store.migrations import steps

from .conftest import Publish

SCHEMA, MODEL = kinds.SCHEMA, kinds.KINDS["model"]


@pytest.fixture
def next_release(monkeypatch: pytest.MonkeyPatch) -> None:
    """A release whose manifests note the schema they had, and whose models have a new field."""

    def note(manifest: dict[str, Any]) -> dict[str, Any]:
        return {**manifest, "about": {**manifest["about"], "schema_was": manifest["schema"]}}

    def add(manifest: dict[str, Any]) -> dict[str, Any]:
        return {**manifest, "about": {**manifest["about"], "latent": 8}}

    monkeypatch.setattr(migrations, "SCHEMA", SCHEMA + 1)
    monkeypatch.setitem(kinds.KINDS, "model", MODEL + 1)
    monkeypatch.setitem(steps.SCHEMA_STEPS, SCHEMA, note)
    monkeypatch.setitem(steps.KIND_STEPS, ("model", MODEL), add)


def test_every_earlier_version_has_its_step() -> None:
    assert set(steps.SCHEMA_STEPS) == set(range(1, SCHEMA))
    assert set(steps.KIND_STEPS) == {(kind, since) for kind, now in kinds.KINDS.items() for since in range(1, now)}


def test_a_step_is_registered_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(steps, "KIND_STEPS", {})
    assert steps.kind_step("model", 7)(dict) is dict
    assert {("model", 7): dict} == steps.KIND_STEPS
    with pytest.raises(ValueError, match="already"):
        steps.kind_step("model", 7)(dict)


def test_an_older_manifest_reads_as_one_of_this_release(store: Store, publish: Publish, request: Any) -> None:
    publish("acai", kind="model", about={"unit": "m"})
    request.getfixturevalue("next_release")
    model = store.get("acai")
    assert model.about == {"unit": "m", "schema_was": SCHEMA, "latent": 8}
    assert (model.manifest["schema"], model.manifest["kind_version"]) == (SCHEMA + 1, MODEL + 1)
    assert (model.sealed["schema"], model.sealed["kind_version"]) == (SCHEMA, MODEL)
    assert store.verify(level=4) == []


def test_upgrade_publishes_anew_and_keeps_the_old(store: Store, publish: Publish, request: Any) -> None:
    poses = publish("poses", 1.0)
    publish("acai", 2.0, kind="model", parents=[("dataset", poses)])
    store.alias("acai", "best")
    assert store.upgrade() == []
    request.getfixturevalue("next_release")
    assert [(old.ref, new) for old, new in store.upgrade(dry_run=True)] == [("acai:v1", None), ("poses:v1", None)]
    assert [(old.ref, new and new.ref) for old, new in store.upgrade("acai")] == [("acai:v1", "acai:v2")]
    upgraded = store.get("acai:best")
    assert upgraded.ref == "acai:v2"
    assert upgraded.sealed["schema"] == SCHEMA + 1
    assert upgraded.about == {"schema_was": SCHEMA, "latent": 8}
    assert upgraded.read("x")[0, 0] == 2.0
    assert [(parent.role, parent.ref) for parent in upgraded.parents] == [
        ("dataset", "poses:v1"),
        ("upgraded", "acai:v1"),
    ]
    assert store.get("acai:v1").digest == upgraded.digest
    assert store.verify(level=4) == []
    assert [old.ref for old, _ in store.upgrade()] == ["poses:v1"]
    assert store.upgrade() == []
    assert store.gc().removed == []


def test_this_release_refuses_what_the_next_wrote(
    store: Store, publish: Publish, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr("posectl.store.draft.SCHEMA", SCHEMA + 1)
        publish("poses")
    with pytest.raises(InvalidInputError, match=f"manifest schema {SCHEMA + 1}, and this one reads up to {SCHEMA}"):
        store.get("poses")
    assert store.artifacts() == []
