"""Clouds from folders: classes and splits as ShapeNet's and ModelNet's layouts say, and numbers of points."""

import json

import numpy as np
import pytest

from posectl.data.dataset import TEST, TRAIN, VALIDATION
from posectl.data.readers.clouds import read
from posectl.data.source_of import source_of
from posectl.errors import InvalidInputError, NotFoundError, UsageError

CUBE = "OFF\n8 6 0\n" + "".join(f"{x} {y} {z}\n" for x in (0, 1) for y in (0, 1) for z in (0, 2)) + (
    "4 0 1 3 2\n4 4 6 7 5\n4 0 4 5 1\n4 2 3 7 6\n4 0 2 6 4\n4 1 5 7 3\n"
)  # fmt: skip


def meshes(folder, *names):
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(CUBE)


def clouds(folder, sizes):
    for number, size in enumerate(sizes):
        np.save(folder / f"{number}.npy", np.random.default_rng(number).normal(size=(size, 3)))


def test_a_folder_is_a_class_and_lists_say_the_split(tmp_path):
    meshes(
        tmp_path, *(f"{kind}/m{i}/models/model_normalized.off" for kind in ("03001627", "04379243") for i in range(4))
    )
    splits = tmp_path / "train_test_split"
    splits.mkdir()
    (splits / "shuffled_test_file_list.json").write_text(
        json.dumps(["shape_data/04379243/m3", "shape_data/03001627/m1"])
    )
    names = [f"shape_data/03001627/m{i}" for i in (0, 2)]
    (splits / "shuffled_train_file_list.json").write_text(json.dumps(names))
    dataset = read(tmp_path, points=64)
    assert dataset.samples.shape == (8, 64, 3)
    assert dataset.about["class_names"] == ["03001627", "04379243"]
    assert dataset.per_sample["label"].tolist() == [0] * 4 + [1] * 4
    # A model goes by its folder's name, m1 and m3 of either class; and half of them are in no list by that name.
    assert np.flatnonzero(dataset.split == TEST).tolist() == [1, 3, 5, 7]
    assert dataset.about["split"] == "as the split files say"


def test_shapenets_table_says_the_split(tmp_path):
    meshes(tmp_path, *(f"chair/c{i}.off" for i in range(3)), *(f"lamp/l{i}.off" for i in range(2)))
    table = (
        "id,synsetId,subSynsetId,modelId,split\n1,chair,,c1,test\n2,chair,,c0,train\n3,lamp,,l0,val\n4,lamp,,l1,train\n"
    )
    (tmp_path / "all.csv").write_text(table)
    dataset = read(tmp_path, points=64)
    assert dataset.split.tolist() == [TRAIN, TEST, TRAIN, VALIDATION, TRAIN]
    assert any("1 of 5 shapes are in no split file" in warning for warning in dataset.warnings)


def test_folders_called_train_and_test_are_splits_below_classes(tmp_path):
    meshes(tmp_path, "chair/train/a.off", "chair/test/b.off", "sofa/train/c.off", "sofa/train/d.off", "sofa/test/e.off")
    dataset = read(tmp_path, points=64)
    assert dataset.about["class_names"] == ["chair", "sofa"]
    labels, test = dataset.per_sample["label"].tolist(), dataset.split == TEST
    assert sorted(zip(labels, test.tolist(), strict=True)) == [(0, 0), (0, 1), (1, 0), (1, 0), (1, 1)]


def test_folders_of_one_shape_each_are_no_classes(tmp_path):
    meshes(tmp_path, *(f"{i}a/models/model.off" for i in range(10)))
    dataset = read(tmp_path, points=64)
    assert "label" not in dataset.per_sample
    assert (dataset.split == TEST).sum() == 2


def test_up_becomes_z_and_points_lie_on_the_surface(tmp_path):
    meshes(tmp_path, "a.off", "b.off")
    dataset = read(tmp_path, points=500, up="+y", keep_scale=True)
    extent = np.ptp(dataset.samples[0], axis=0)
    np.testing.assert_allclose(extent, [1, 2, 1], atol=0.02)  # the file's z of 2 is level when its y is up
    inside = read(tmp_path, points=500).samples
    assert np.linalg.norm(inside, axis=-1).max() <= 0.5 + 1e-6


def test_clouds_of_mixed_sizes_are_thinned_to_the_smallest_and_that_is_said(tmp_path):
    clouds(tmp_path, (100, 80, 120))
    dataset = read(tmp_path)
    assert dataset.samples.shape == (3, 80, 3)
    assert "80 to 120 points" in dataset.warnings[0]
    with pytest.raises(InvalidInputError, match=r"1\.npy has 80 points") as refused:
        read(tmp_path, points=100)
    assert "--points 80" in refused.value.hint


def test_broken_files_are_left_out_where_asked(tmp_path):
    meshes(tmp_path, "a.off", "b.off", "c.off")
    (tmp_path / "b.off").write_text("OFF\n3 0 0\n0 0 0\n1 0 0\n0 1 0\n")
    with pytest.raises(InvalidInputError, match="no faces"):
        read(tmp_path)
    dataset = read(tmp_path, points=64, skip_broken=True)
    assert len(dataset.samples) == 2
    assert "b.off" in dataset.warnings[0]


def test_more_points_than_the_memory_holds_are_refused(tmp_path, monkeypatch):
    meshes(tmp_path, "a.off", "b.off")
    monkeypatch.setenv("POSECTL_MAX_MEMORY", "1M")
    with pytest.raises(InvalidInputError, match="The clouds would take"):
        read(tmp_path, points=65536)


def test_the_same_files_and_seed_give_the_same_points(tmp_path):
    meshes(tmp_path, "a.off", "b.off")
    assert read(tmp_path, points=64, seed=3).samples.tolist() == read(tmp_path, points=64, seed=3).samples.tolist()


def test_what_there_is_not_is_said(tmp_path):
    with pytest.raises(UsageError):
        read()
    with pytest.raises(NotFoundError):
        read(tmp_path / "gone")
    with pytest.raises(InvalidInputError, match="no clouds and no meshes"):
        read(tmp_path)


def test_the_source_of_a_folder_of_meshes_or_of_an_array_of_clouds_is_this_one(tmp_path):
    meshes(tmp_path / "set", "chair/a.off")
    np.save(tmp_path / "clouds.npy", np.zeros((4, 512, 3)))
    np.save(tmp_path / "poses.npy", np.zeros((512, 17, 3)))
    assert [source_of(tmp_path / name) for name in ("set", "clouds.npy", "poses.npy")] == ["clouds", "clouds", "arrays"]
