"""A store of its own for each test, in a folder or on object storage, and a quick way to put something in it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import buckets
import numpy as np
import pytest

from posectl.store import Artifact, Store

Publish = Callable[..., Artifact]

# The store's contract: tests of these modules hold of either sort of store, but for those that are of folders alone.
CONTRACT = ("test_collect", "test_diff", "test_lineage", "test_names", "test_order", "test_publish", "test_store",
            "test_upgrade", "test_verify")  # fmt: skip
# Locks, kills, fsync and what lies in a folder. What changes in a bucket, and races there, are in test_remote.
LOCAL = {
    "test_a_folder_that_another_process_makes_a_store_of_meanwhile_is_a_store",
    "test_a_folder_with_other_content_is_no_store",
    "test_a_lost_race_takes_the_next_number",
    "test_a_name_that_goes_meanwhile_keeps_no_publication_from_its_number",
    "test_a_names_folder_that_vanishes_meanwhile_is_made_again",
    "test_a_number_is_not_given_again_when_a_removal_comes_between",
    "test_a_store_of_another_format_is_refused",
    "test_a_symlink_to_the_very_bytes_is_noticed",
    "test_a_version_under_another_name_is_noticed",
    "test_an_alias_of_nothing_is_noticed",
    "test_each_problem_says_whose_and_where",
    "test_every_byte_of_an_artifact_counts",
    "test_every_byte_of_the_aliases_counts",
    "test_every_byte_of_the_stores_mark_counts",
    "test_find_passes_over_a_damaged_artifact",
    "test_gc_goes_on_when_a_file_vanishes",
    "test_gc_goes_on_when_a_link_takes_a_locks_place",
    "test_integrity_is_still_told_of_what_is_there",
    "test_names_come_without_numpy_and_zarr",
    "test_one_odd_manifest_hides_no_other_artifact",
    "test_sizes_are_checked_on_opening",
    "test_truncated_grown_deleted_and_replaced_files_are_noticed",
    "test_what_is_none_of_the_stores_is_noticed",
    "test_what_was_not_published_is_noticed",
}
# A request takes a hundredth of a second, and a test some fifty.
DEFAULT = {
    "test_a_draft_is_invisible_until_it_is_published",
    "test_a_version_in_use_is_removed_only_by_force",
    "test_aliases_move_and_go",
    "test_every_form_of_ref_finds_its_artifact",
    "test_newest_is_the_last_published_of_its_kind",
    "test_the_number_of_a_removed_version_is_not_used_again",
    "test_what_was_removed_is_not_called_damaged",
}


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    module, name = metafunc.module.__name__.rpartition(".")[2], metafunc.function.__name__
    if module in CONTRACT and name not in LOCAL and "store" in metafunc.fixturenames:
        marks = [] if name in DEFAULT else [pytest.mark.slow]
        metafunc.parametrize("store", ["folder", pytest.param("objects", marks=marks)], indirect=True)


@pytest.fixture(scope="session")
def address() -> Iterator[str]:
    """The address of a server of object storage; skips where there is none."""
    pytest.importorskip("obstore")
    pytest.importorskip("moto")
    with buckets.serving() as address:
        yield address


@pytest.fixture
def cloud(address: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """The address of object storage, which the environment names, with local copies of the test's own."""
    for name, value in buckets.ENVIRONMENT.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("AWS_ENDPOINT_URL", address)
    monkeypatch.setenv("POSECTL_CACHE", str(tmp_path / "copies"))
    return address


@pytest.fixture
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Store:
    if getattr(request, "param", "folder") == "objects":
        request.getfixturevalue("cloud")
        return Store(buckets.new_url())
    return Store(tmp_path / "artifacts")


@pytest.fixture
def publish(store: Store) -> Publish:
    """publish(name, value, kind=, parents=, **record): an artifact with one array `x` of `value`, and one of text."""

    def put(
        name: str = "poses",
        value: float = 0.0,
        *,
        kind: str = "dataset",
        parents: Sequence[tuple[str, Artifact]] = (),
        **record: Any,
    ) -> Artifact:
        with store.draft(kind, name) as draft:
            draft.put("x", np.full((4, 3), value, np.float32), dims=("sample", "axis"))
            draft.put("label", np.array(["walk", "run"]), dims=("clip",))
            draft.record(parents=parents, **record)
            return draft.publish()

    return put


@pytest.fixture
def staging(store: Store) -> Callable[[], list[str]]:
    """What lies in .staging."""

    def names() -> list[str]:
        folder = store.path / ".staging"
        return sorted(path.name for path in folder.iterdir()) if folder.is_dir() else []

    return names
