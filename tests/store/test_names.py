"""Names: of one kind each, found by the kind that is wanted, and by what follows the dataset's name."""

from __future__ import annotations

import pytest

from posectl.errors import ConflictError, InvalidInputError, NotFoundError, UsageError
from posectl.store import Store, durable
from posectl.store.refs import Ref, fitting_name

from .conftest import Publish


@pytest.fixture
def mixed(store: Store, publish: Publish) -> Store:
    """A store of an earlier release, in which a model took the name of its dataset."""
    publish("poses", 1.0)
    publish("poses", 2.0)
    publish("poses", 3.0, kind="model")
    publish("poses", 4.0, kind="model")
    return store


def test_a_name_is_the_latest_of_the_kind_that_is_wanted(mixed: Store) -> None:
    assert mixed.get("poses").ref == "poses:v4"
    assert mixed.get("poses", "dataset").ref == mixed.get("poses:latest", "dataset").ref == "poses:v2"
    assert mixed.get(Ref.parse("poses#12"), "paths", "dataset").ref == "poses:v2"
    assert mixed.get("poses", "scores", "model").ref == "poses:v4"
    for ref in ("poses:v3", mixed.get("poses:v3").path, f"sha256:{mixed.get('poses:v3').digest}"):
        with pytest.raises(InvalidInputError, match="poses:v3 is a model, not a dataset"):
            mixed.get(ref, "dataset")
    with pytest.raises(InvalidInputError, match="poses:v4 is a model, not a sweep"):
        mixed.get("poses", "sweep")


def test_a_damaged_version_is_no_reason_to_take_another(mixed: Store) -> None:
    (mixed.path / "poses" / "v4" / "manifest.json").write_text("{")
    assert mixed.locate("poses", "dataset").ref == "poses:v4"


def test_a_name_belongs_to_the_kind_of_its_first_version(mixed: Store) -> None:
    mixed.check_free("dataset", "poses")
    mixed.check_free("model", "acai")
    with pytest.raises(ConflictError, match="belongs to poses:v1, a dataset, and is no name for a model") as told:
        mixed.check_free("model", "poses")
    assert "--name" in told.value.hint


def test_what_follows_the_dataset_names_an_artifact_where_it_is_the_only_one(store: Store, publish: Publish) -> None:
    for name in ("poses", "lines"):
        publish(name)
    for name in ("poses-acai", "lines-vae", "poses-acai-cycle"):
        publish(name, kind="model")
    store.alias("poses-acai", "best")
    for ref in ("acai", "acai:v1", "acai:best", "acai#3"):
        assert store.get(Ref.parse(ref), "model").ref == "poses-acai:v1"
    assert store.get("acai").ref == "poses-acai:v1"
    with pytest.raises(NotFoundError, match="'cycle'"):  # poses-acai is no dataset
        store.get("cycle")
    publish("lines-acai", kind="model")
    with pytest.raises(UsageError, match="'acai' may be any of lines-acai, poses-acai"):
        store.get("acai", "model")
    publish("acai", kind="model")
    assert store.get("acai", "model").ref == "acai:v1"
    publish("vae")
    assert store.get("vae", "model").ref == "lines-vae:v1"
    assert store.get("vae", "dataset").ref == "vae:v1"


def test_only_a_whole_name_is_removed(store: Store, publish: Publish) -> None:
    publish("poses")
    publish("poses-acai", kind="model")
    with pytest.raises(NotFoundError, match="'acai'") as told:
        store.remove("acai")
    assert "poses-acai:v1" in told.value.hint
    store.remove(f"sha256:{store.get('poses-acai').digest}")
    assert store.names() == ["poses"]


def test_an_import_gives_no_name_a_second_kind(mixed: Store, store: Store, tmp_path) -> None:
    mixed.export("poses:v2", tmp_path / "dataset.zip")
    mixed.export("poses:v4", tmp_path / "model.zip")
    other = Store(tmp_path / "other")
    other.import_(tmp_path / "dataset.zip")
    with pytest.raises(ConflictError, match="is no name for a model"):
        other.import_(tmp_path / "model.zip")
    assert [a.ref for a in mixed.import_(tmp_path / "model.zip")] == ["poses:v4"]


@pytest.mark.parametrize(("text", "sample", "clip"), [("poses#12", 12, None), ("poses:v2#clip3", None, 3)])
def test_a_number_is_a_sample_and_a_clip_is_called_so(text: str, sample: int | None, clip: int | None) -> None:
    ref = Ref.parse(text)
    assert (ref.sample, ref.clip, ref.part) == (sample, clip, text[text.index("#") :])
    assert Ref.parse(str(ref)) == ref
    for wrong in ("poses#clip", "poses#clip-1", "poses#path3"):
        with pytest.raises(UsageError, match="does not pick a sample"):
            Ref.parse(wrong)


def test_a_name_put_together_is_cut_where_it_begins() -> None:
    assert fitting_name("poses-acai") == "poses-acai"
    assert fitting_name("p" * 63 + "-acai") == "p" * 58 + "-acai"
    assert fitting_name("p-" + "q" * 62) == "q" * 62


def test_of_two_kinds_published_at_once_under_a_new_name_one_has_it(store: Store) -> None:
    with store.draft("dataset", "poses") as first, store.draft("model", "poses") as second:
        first.publish()
        with pytest.raises(ConflictError, match="belongs to poses:v1, a dataset, and is no name for a model"):
            second.publish()
    assert store.versions("poses") == [1]
    assert list(store.layout.staging.iterdir()) == []


def test_an_import_asks_for_a_names_kind_as_it_takes_the_name(
    store: Store, publish: Publish, tmp_path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store.export(publish("poses").ref, tmp_path / "poses.zip")
    other = Store(tmp_path / "other")

    def publish_a_model(_: object) -> None:
        monkeypatch.undo()
        with other.draft("model", "poses") as draft:
            draft.publish()

    monkeypatch.setattr(durable, "fsync_tree", publish_a_model)  # which comes after the first question
    with pytest.raises(ConflictError, match="belongs to poses:v1, a model"):
        other.import_(tmp_path / "poses.zip")
    assert [each.kind for each in other.artifacts()] == ["model"]
