from __future__ import annotations

import logging
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from posectl.errors import (
    ConflictError,
    IntegrityError,
    InvalidInputError,
    NotFoundError,
    PosectlError,
    UsageError,
)
from posectl.store import Ref, Store
from posectl.store.kinds import KINDS, SCHEMA

from .conftest import Publish


def test_nothing_is_made_before_the_first_write(tmp_path: Path) -> None:
    store = Store(tmp_path / "artifacts")
    assert (store.names(), store.artifacts(), store.newest("model"), store.verify()) == ([], [], None, [])
    assert store.gc().removed == []
    assert not store.path.exists()


def test_versions_count_from_one_and_each_name_for_itself(store: Store, publish: Publish) -> None:
    refs = [publish("poses").ref, publish("poses").ref, publish("other").ref]
    assert refs == ["poses:v1", "poses:v2", "other:v1"]
    assert store.names() == ["other", "poses"]
    assert store.versions("poses") == [1, 2]


def test_every_form_of_ref_finds_its_artifact(store: Store, publish: Publish) -> None:
    first, second = publish("poses", 1.0), publish("poses", 2.0)
    store.alias("poses:v1", "best")
    for ref in ("poses:v1", "poses:best", f"sha256:{first.digest[:8]}", str(first.path), Ref.parse("poses:v1#3")):
        assert store.get(ref).path == first.path
    assert store.get(first.path).ref == "poses:v1"
    for ref in ("poses", "poses:latest", "poses:v2", Ref.parse("poses#7")):
        assert store.get(ref).path == second.path
    with pytest.raises(UsageError, match="'poses#7' picks a part"):
        store.get("poses#7")


def test_what_is_not_found_names_the_nearest_and_what_there_is(store: Store, publish: Publish) -> None:
    with pytest.raises(NotFoundError, match="no artifact 'poses'") as error:
        store.get("poses")
    assert "empty" in error.value.hint
    publish("poses")
    store.alias("poses", "best")
    for ref, hint in {
        "posse": "Did you mean 'poses'?",
        "poses:v9": "Versions: v1; aliases: best.",
        "poses:bset": "Versions: v1; aliases: best.",
        "sha256:0000": "store ls",
        "./poses/v7": "manifest.json",
    }.items():
        with pytest.raises(NotFoundError) as error:
            store.get(ref)
        assert hint in error.value.hint


def test_a_digest_prefix_of_several_contents_is_ambiguous(store: Store, publish: Publish) -> None:
    same = [publish("a", 1.0), publish("b", 1.0)]
    assert store.get(f"sha256:{same[0].digest[:12]}").path == same[1].path
    digests = {publish("c", value).digest for value in range(2, 14)}
    first = {digest[:4] for digest in digests}
    assert len(first) > 10  # so four digits nearly always tell them apart; shorter prefixes are no refs at all
    with pytest.raises(UsageError):
        store.get("sha256:" + same[0].digest[:3])


def test_manifest_says_what_was_recorded(store: Store, publish: Publish) -> None:
    poses = publish("poses")
    with store.draft("model", "acai") as draft:
        draft.record(command="posectl train", seed=7, device="cpu", threads=2, key="abc")
        draft.record(config={"lam": {"value": [0.3], "source": "flag"}}, summary={"loss": float("nan")})
        draft.record(config={"steps": {"value": 10, "source": "default"}}, summary={"steps": 10}, about={"unit": "m"})
        draft.record(parents=[("dataset", poses)])
        model = draft.publish()
    assert (model.kind, model.name, model.version, model.ref, model.key) == ("model", "acai", 1, "acai:v1", "abc")
    assert model.config == {
        "lam": {"value": [0.3], "source": "flag"},
        "steps": {"value": 10, "source": "default"},
    }
    assert model.summary == {"loss": "nan", "steps": 10}
    assert model.about == {"unit": "m"}
    assert model.parents == [("dataset", "poses:v1", poses.digest)]
    manifest = model.manifest
    assert [manifest[key] for key in ("schema", "kind_version")] == [SCHEMA, KINDS["model"]]
    assert [manifest[key] for key in ("seed", "device", "threads")] == [7, "cpu", 2]
    assert manifest["software"].keys() == {"posectl", "python", "torch", "numpy", "zarr", "numcodecs"}
    assert manifest["software"]["numpy"] == np.__version__
    assert [entry["path"] for entry in manifest["files"]] == ["zarr.json"]


def test_what_a_manifest_cannot_hold_is_refused_at_once(store: Store) -> None:
    with store.draft("scores", "any") as draft, pytest.raises(InvalidInputError, match="summary"):
        draft.record(summary={"x": object()})


def test_newest_is_the_last_published_of_its_kind(store: Store, publish: Publish) -> None:
    publish("b", kind="dataset")
    last = publish("a", kind="dataset")
    publish("c", kind="model")
    newest = store.newest("dataset")
    assert newest is not None
    assert newest.ref == last.ref
    assert [artifact.ref for artifact in store.artifacts("dataset")] == ["b:v1", "a:v1"]
    assert [artifact.ref for artifact in store.artifacts(name="c")] == ["c:v1"]


def test_find_gives_the_newest_of_the_same_key(store: Store, publish: Publish) -> None:
    for key in ("k1", "k2", "k1"):
        publish("poses", key=key)
    found = store.find("dataset", "poses", "k1")
    assert found is not None
    assert found.ref == "poses:v3"
    assert store.find("dataset", "poses", "k3") is None
    assert store.find("model", "poses", "k1") is None
    assert store.find("dataset", "nothing", "k1") is None


def test_find_passes_over_a_damaged_artifact(store: Store, publish: Publish, caplog: pytest.LogCaptureFixture) -> None:
    publish("poses", key="k")
    (publish("poses", key="k").path / "x" / "c.0.0").unlink()
    (publish("poses", key="k").path / "manifest.json").write_text("{}")
    with caplog.at_level(logging.WARNING):
        found = store.find("dataset", "poses", "k")
    assert found is not None
    assert found.ref == "poses:v1"
    assert "poses/v2" in caplog.text
    assert "poses/v3" in caplog.text


def test_newest_does_not_guess_past_a_damaged_manifest(store: Store, publish: Publish) -> None:
    publish("poses")
    (publish("poses").path / "manifest.json").write_text("{}")
    with pytest.raises(IntegrityError):
        store.newest("dataset")


def test_sizes_are_checked_on_opening(store: Store, publish: Publish) -> None:
    artifact = publish("poses")
    with (artifact.path / "x" / "c.0.0").open("ab") as file:
        file.write(b"x")
    with pytest.raises(IntegrityError, match=r"holds \d+ bytes instead of \d+"):
        store.get("poses")


def test_aliases_move_and_go(store: Store, publish: Publish) -> None:
    publish("poses")
    publish("poses")
    store.alias("poses:v1", "best")
    store.alias("poses:v2", "good")
    store.alias("poses:v2", "best")
    assert store.aliases("poses") == {"best": "v2", "good": "v2"}
    store.remove_alias("poses", "good")
    assert store.aliases("poses") == {"best": "v2"}
    with pytest.raises(NotFoundError, match="no alias 'good'"):
        store.remove_alias("poses", "good")
    with pytest.raises(NotFoundError):
        store.alias("poses:v9", "best")
    with pytest.raises(UsageError):
        store.alias("poses", "latest")


def test_every_byte_of_the_aliases_counts(store: Store, publish: Publish) -> None:
    publish("poses")
    store.alias("poses", "best")
    path = store.path / "poses" / "aliases.json"
    whole = path.read_bytes()
    for offset in range(len(whole)):
        path.write_bytes(whole[:offset] + bytes([whole[offset] ^ 1]) + whole[offset + 1 :])
        assert store.verify()
        with pytest.raises(IntegrityError):
            store.get("poses:best")
    path.write_bytes(whole)
    assert store.verify() == []


def test_a_version_in_use_is_removed_only_by_force(store: Store, publish: Publish) -> None:
    poses = publish("poses", 1.0)
    publish("acai", 2.0, kind="model", parents=[("dataset", poses)])
    store.alias("poses", "best")
    with pytest.raises(ConflictError, match=r"acai:v1 was made from it, it is poses:best"):
        store.remove("poses")
    removal = store.remove("poses", force=True)
    assert (removal.ref, removal.children, removal.aliases) == ("poses:v1", ["acai:v1"], ["best"])
    assert removal.size == poses.size
    assert store.names() == ["acai"]
    assert store.aliases("poses") == {}
    assert [problem.ref for problem in store.verify(level=4)] == ["acai:v1"]
    assert store.verify(level=3) == []


def test_a_dry_run_removes_nothing(store: Store, publish: Publish) -> None:
    publish("poses")
    assert store.remove("poses", dry_run=True).ref == "poses:v1"
    assert store.versions("poses") == [1]


def test_the_number_of_a_removed_version_is_not_used_again(store: Store, publish: Publish) -> None:
    publish("poses", 1.0)
    publish("poses", 2.0)
    store.remove("poses:v2")
    assert publish("poses", 3.0).ref == "poses:v3"
    with pytest.raises(NotFoundError, match="poses:v2 was removed"):
        store.get("poses:v2")


def test_a_damaged_version_can_be_removed(store: Store, publish: Publish) -> None:
    (publish("poses").path / "manifest.json").write_text("rotten")
    store.remove("poses")
    assert store.names() == []
    assert store.verify() == []


def test_an_artifact_of_another_store_is_read_but_not_changed(store: Store, publish: Publish, tmp_path: Path) -> None:
    path = publish("poses", 1.0).path
    other = Store(tmp_path / "other")
    assert other.get(path).read("x")[0, 0] == 1.0
    with pytest.raises(UsageError, match="does not lie in the store"):
        other.remove(str(path))
    assert path.is_dir()


def test_a_folder_with_other_content_is_no_store(tmp_path: Path) -> None:
    (tmp_path / "thesis.tex").write_text("x")
    with pytest.raises(InvalidInputError, match="it holds other files"):
        Store(tmp_path)
    with pytest.raises(InvalidInputError, match="is a file"):
        Store(tmp_path / "thesis.tex")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["thesis.tex"]


@pytest.mark.parametrize(
    ("mark", "error", "message"),
    [
        ('{"format": "posectl-store", "version": 2}', InvalidInputError, "has format 2; this posectl reads up to 1"),
        ('{"format": "other", "version": 1}', InvalidInputError, "not that of a posectl store"),
        ('{"format": "posectl-store", "version": true}', InvalidInputError, "not that of a posectl store"),
        ('{"format": "posectl-store", "version": 0}', IntegrityError, "never was"),
        ("{", IntegrityError, "damaged"),
        ("[]", InvalidInputError, "not that of a posectl store"),
    ],
)
def test_a_store_of_another_format_is_refused(
    store: Store, publish: Publish, mark: str, error: type[PosectlError], message: str
) -> None:
    publish("poses")
    (store.path / "store.json").write_text(mark)
    with pytest.raises(error, match=message):
        Store(store.path)


def test_every_byte_of_the_stores_mark_counts(store: Store, publish: Publish) -> None:
    publish("poses")
    path = store.path / "store.json"
    whole = path.read_bytes()
    for offset in range(len(whole)):
        path.write_bytes(whole[:offset] + bytes([whole[offset] ^ 1]) + whole[offset + 1 :])
        with pytest.raises((PosectlError, AssertionError)):
            assert Store(store.path).verify() == []


def test_a_folder_that_another_process_makes_a_store_of_meanwhile_is_a_store(
    store: Store, publish: Publish, monkeypatch: pytest.MonkeyPatch
) -> None:
    def publish_meanwhile(path: Path) -> Iterator[Path]:
        monkeypatch.undo()
        publish("poses")
        return path.iterdir()

    store.path.mkdir()
    monkeypatch.setattr(Path, "iterdir", publish_meanwhile)
    assert Store(store.path).names() == ["poses"]


def test_a_store_is_not_made_inside_another(store: Store, publish: Publish) -> None:
    publish("poses")
    for inner in (store.path / "poses" / "inner", store.path / "inner"):
        with pytest.raises(InvalidInputError, match="lies inside the store"):
            Store(inner).draft("dataset", "poses")
        assert not inner.exists()
    assert store.verify() == []


def test_an_interrupted_making_of_a_store_is_taken_up(tmp_path: Path) -> None:
    (tmp_path / "artifacts" / ".staging").mkdir(parents=True)
    store = Store(tmp_path / "artifacts")
    with store.draft("scores", "any") as draft:
        draft.publish()
    assert store.names() == ["any"]


def test_an_unknown_kind_is_a_usage_error_that_lists_the_known(store: Store) -> None:
    with pytest.raises(UsageError) as error:
        store.draft("modle", "acai")
    assert "Did you mean 'model'?" in error.value.hint


def test_names_come_without_numpy_and_zarr(store: Store, publish: Publish) -> None:
    publish("poses")
    store.alias("poses", "best")
    code = (
        "import sys; from posectl.store import Store; s = Store(sys.argv[1]);"
        "print(s.names(), s.versions('poses'), s.aliases('poses'));"
        "print([m for m in ('numpy', 'zarr', 'torch') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code, store.path], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines() == ["['poses'] [1] {'best': 'v1'}", "[]"]
