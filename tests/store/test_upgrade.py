from __future__ import annotations

from typing import Any

import pytest

from posectl.errors import InvalidInputError
from posectl.store import Store, migrations

from .conftest import Publish


@pytest.fixture
def next_release(monkeypatch: pytest.MonkeyPatch) -> None:
    """A release whose manifests call the summary figures, and whose models have a new field."""
    monkeypatch.setattr(migrations, "SCHEMA", 2)
    monkeypatch.setattr(migrations, "KINDS", {**migrations.KINDS, "model": 2})
    monkeypatch.setattr(migrations, "_schema_steps", {})
    monkeypatch.setattr(migrations, "_kind_steps", {})

    @migrations.schema_step(1)
    def note(manifest: dict[str, Any]) -> dict[str, Any]:
        return {**manifest, "about": {**manifest["about"], "schema_was": manifest["schema"]}}

    @migrations.kind_step("model", 1)
    def add(manifest: dict[str, Any]) -> dict[str, Any]:
        return {**manifest, "about": {**manifest["about"], "latent": 8}}


def test_an_older_manifest_reads_as_one_of_this_release(store: Store, publish: Publish, request: Any) -> None:
    publish("acai", kind="model", about={"unit": "m"})
    request.getfixturevalue("next_release")
    model = store.get("acai")
    assert model.about == {"unit": "m", "schema_was": 1, "latent": 8}
    assert (model.manifest["schema"], model.manifest["kind_version"]) == (2, 2)
    assert (model.sealed["schema"], model.sealed["kind_version"]) == (1, 1)
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
    assert upgraded.sealed["schema"] == 2
    assert upgraded.about == {"schema_was": 1, "latent": 8}
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
        patch.setattr("posectl.store.draft.SCHEMA", 2)
        publish("poses")
    with pytest.raises(InvalidInputError, match="manifest schema 2, and this one reads up to 1"):
        store.get("poses")
    assert store.artifacts() == []
