"""Finding motion files, and reading many."""

from __future__ import annotations

import numpy as np
import pytest
from data.mocap.person import person_bvh, still

from posectl.data.mocap.clip import Options
from posectl.data.mocap.files import find_files, read_clips
from posectl.errors import InvalidInputError, NotFoundError


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "deep" / "er").mkdir(parents=True)
    (tmp_path / "deep" / "b.BVH").write_text(person_bvh(still()))
    (tmp_path / "deep" / "er" / "c.bvh").write_text(person_bvh(still(2)))
    (tmp_path / "a.bvh").write_text(person_bvh(still(3)))
    (tmp_path / "notes.txt").write_text("Recorded in 2020, by me.\n")
    (tmp_path / "walking_1.txt").write_text("0.5,-1e-3,2\n")
    (tmp_path / "image.png").touch()
    return tmp_path


def names(paths, folder):
    return [path.relative_to(folder).as_posix() for path in paths]


def test_folders_are_searched_through_and_notes_left_out(folder):
    expected = ["a.bvh", "deep/b.BVH", "deep/er/c.bvh", "walking_1.txt"]
    assert names(find_files([folder]), folder) == expected


def test_a_file_named_twice_is_read_once(folder):
    assert names(find_files([folder / "a.bvh", folder / "deep", folder / "deep" / ".." / "a.bvh"]), folder) == [
        "a.bvh",
        "deep/b.BVH",
        "deep/er/c.bvh",
    ]


def test_what_is_not_there_or_is_no_motion_is_said(folder, tmp_path_factory):
    empty = tmp_path_factory.mktemp("empty")
    for paths, error, said in [
        ([folder / "none"], NotFoundError, "There is no file or folder"),
        ([empty], NotFoundError, "holds no motion file"),
        ([], NotFoundError, "No motion file was given"),
        ([folder / "image.png"], InvalidInputError, "is no motion file"),
        ([folder / ("x" * 5000)], NotFoundError, "There is no file or folder"),
    ]:
        with pytest.raises(error, match=said) as raised:
            find_files(paths)
        assert raised.value.hint
    (empty / "01.asf").touch()
    with pytest.raises(NotFoundError, match=r"holds a skeleton, \.asf, but no motion"):
        find_files([empty])


@pytest.mark.parametrize("jobs", [1, 2])
def test_clips_come_in_the_order_of_the_files_and_broken_ones_as_their_errors(folder, jobs):
    (folder / "b.bvh").write_text("HIERARCHY")
    files = find_files([folder / "a.bvh", folder / "b.bvh", folder / "deep"])
    told: list[tuple[int, int, str]] = []
    results = list(read_clips(files, Options(), offered_asf=(), jobs=jobs, progress=lambda *args: told.append(args)))
    assert isinstance(results[1], InvalidInputError)
    assert [len(results[i][0].poses) for i in (0, 2, 3)] == [3, 4, 2]
    assert told == [(1, 4, "a.bvh"), (2, 4, "b.bvh"), (3, 4, "b.BVH"), (4, 4, "c.bvh")]


def test_processes_give_what_one_gives(folder):
    files = find_files([folder / "a.bvh", folder / "deep"])
    for (one,), (other,) in zip(
        read_clips(files, Options(fps=20), offered_asf=(), jobs=1, progress=None),
        read_clips(files, Options(fps=20), offered_asf=(), jobs=3, progress=None),
        strict=True,
    ):
        np.testing.assert_array_equal(one.poses, other.poses)
        np.testing.assert_array_equal(one.root, other.root)
