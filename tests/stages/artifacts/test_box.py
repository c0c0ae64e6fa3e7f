"""The model in the box: found by its name everywhere, taken where nothing else is there, and in what is installed."""

from __future__ import annotations

import shutil
import tarfile
import zipfile
from pathlib import Path

import numpy as np
import pytest
import torch
from stages.models import CASES, drawn, publish

import posectl
from posectl.errors import InvalidInputError, NotFoundError
from posectl.stages.artifacts.box import pose_model, training_codes
from posectl.stages.artifacts.model import load_model
from posectl.stages.export import export
from posectl.stages.fit import fit
from posectl.stages.options import FitOptions
from posectl.stages.run import Run
from posectl.store import Store
from posectl.store.box import BOX
from posectl.store.verify import verify

ROOT = Path(__file__).parents[3]
LARGEST = 1_200_000


@pytest.fixture
def run(tmp_path, told):
    return Run(store=tmp_path / "artifacts", threads=1, tell=told.append)


def test_it_is_whole_and_holds_weights_and_codes_and_no_poses(run):
    artifact = run.artifacts.get("box")
    assert artifact.ref == "box:v1"
    assert verify(Store(BOX), "box", 3) == []
    assert {name.partition("/")[0] for name in artifact.arrays()} == {"weights", "codes", "residual_covariance"}


def test_its_codes_decode_to_poses_of_people(run):
    artifact = pose_model(run, "box")
    model = load_model(run, artifact)
    codes = torch.from_numpy(training_codes(run, artifact, model))
    torch.testing.assert_close(codes.norm(dim=1), torch.ones(len(codes)))
    poses = model.decode(codes[::50])
    height = poses[:, 10, 2] - poses[:, [3, 6], 2].mean(1)  # head above ankles, metres
    assert 1.3 < height.median() < 1.8
    thigh = (poses[:, 1] - poses[:, 2]).norm(dim=-1)
    assert 0.35 < thigh.median() < 0.5


def test_the_error_that_its_card_tells_is_that_of_its_rounded_weights(run, test_data):
    artifact = run.artifacts.get("box")
    poses = torch.from_numpy(np.load(test_data / "poses" / "cmu17_test.npz")["positions"])
    poses = poses - poses[:, :1]
    error = (load_model(run, artifact).reconstruct(poses) - poses).norm(dim=-1).mean().item()
    assert error == pytest.approx(artifact.summary["test_error"], abs=1e-6)
    assert error < artifact.summary["mean_sample_error"] / 2


def test_it_is_taken_only_where_the_store_has_no_model_of_poses(run, told):
    assert pose_model(run).ref == "box:v1"
    assert "which comes with posectl" in told.pop()
    publish(run, drawn(*CASES["conv"]), "digits")
    assert pose_model(run).ref == "box:v1"
    publish(run, drawn(*CASES["leaky_relu"]), "mine")
    publish(run, drawn(*CASES["conv"]), "digits")
    told.clear()
    assert pose_model(run).ref == "mine:v1"
    assert told == []
    assert pose_model(run, "box").ref == "box:v1"
    with pytest.raises(InvalidInputError, match="digits:v2 is a model of images, and one of poses is wanted"):
        pose_model(run, "digits")


def test_a_name_of_the_users_own_goes_before_it(run):
    publish(run, drawn(*CASES["normal"]), "box")
    assert pose_model(run, "box").path.parent.parent == Path(run.store)
    with pytest.raises(NotFoundError, match="box has no version v2"):
        run.artifacts.get("box:v2")


def test_other_versions_than_its_own_are_not_there(run):
    with pytest.raises(NotFoundError):
        run.artifacts.get("box:v2")


def test_what_is_made_with_it_knows_where_it_came_from(tmp_path):
    lab = posectl.open(tmp_path / "artifacts", quiet=True)
    drawn_ = lab.sample("box", 5)
    (ancestor,) = [each for each in lab.store.log(drawn_.ref).ancestors if each.role == "model"]
    assert ancestor.artifact is not None
    assert ancestor.artifact.ref == "box:v1"
    with pytest.raises(InvalidInputError, match="The dataset of box:v1 is gone"):
        lab.evaluate("box")


def test_poses_are_fitted_by_it_where_there_is_no_other_model(run):
    model = load_model(run, pose_model(run, "box"))
    poses = model.decode(torch.from_numpy(training_codes(run, pose_model(run, "box"), model)[::500])).numpy()
    poses -= poses[:, :1]
    known = poses.copy()
    known[:, 13] = np.nan  # the left wrist
    made = fit(run, known).artifact
    assert [parent.ref for parent in made.parents] == ["box:v1"]
    off = np.linalg.norm(made.read("samples") - poses, axis=-1)
    assert np.delete(off, 13, 1).max() < 0.005
    assert off[:, 13].mean() < 0.04


@pytest.mark.parametrize("hidden", ["left leg", "arms"])
def test_regressions_help_it_on_people_whom_it_has_not_seen(run, test_data, hidden):
    """Learnt from decoded poses and no more, they made it worse: by 6 and 20 mm on average."""
    poses = np.load(test_data / "poses" / "cmu17_test.npz")["positions"][::40]
    poses = poses - poses[:, :1]
    errors = {}
    for experts in ("model", "all"):
        made = fit(run, poses, "box", FitOptions(hidden=hidden, experts=experts)).artifact
        errors[experts] = np.linalg.norm(made.read("samples") - poses, axis=-1).sum(1).mean()
    assert errors["all"] < errors["model"]


def test_its_card_tells_data_licence_and_limits(run, tmp_path):
    export(run, "box", tmp_path / "box", "hf-folder")
    card = (tmp_path / "box" / "README.md").read_text()
    for heading in ("## Data", "## Licence", "## Limits", "## Figures", "## Recipe"):
        assert heading in card
    assert "mocap.cs.cmu.edu" in card


def test_the_wheel_and_the_source_distribution_hold_it(tmp_path, monkeypatch):
    from setuptools import build_meta

    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, tmp_path)
    shutil.copytree(ROOT / "posectl", tmp_path / "posectl", ignore=shutil.ignore_patterns("__pycache__"))
    monkeypatch.chdir(tmp_path)
    wanted = {path.relative_to(BOX.parent).as_posix() for path in BOX.rglob("*") if path.is_file()}
    with zipfile.ZipFile(build_meta.build_wheel(".")) as wheel:
        held = {info.filename.removeprefix("posectl/"): info.compress_size for info in wheel.infolist()}
    assert wanted <= held.keys()
    assert sum(held[name] for name in wanted) < LARGEST
    with tarfile.open(build_meta.build_sdist(".")) as source:
        names = {name.partition("/posectl/")[2] for name in source.getnames()}
    assert wanted <= names
