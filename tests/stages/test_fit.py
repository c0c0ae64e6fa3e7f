"""Fits of poses in files and datasets: what they hold, what is refused, and that they go on where they stopped."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest
from stages.turntables import publish_turntable

from posectl.core.fitting import fit as core
from posectl.data.skeleton import H36M17
from posectl.errors import InvalidInputError, UsageError
from posectl.stages import fit as stage
from posectl.stages.artifacts.dataset import StoredDataset
from posectl.stages.fit import fit
from posectl.stages.options import FitOptions, TrainOptions
from posectl.stages.prepare import prepare
from posectl.stages.run import Run
from posectl.stages.train import train

ARM = [H36M17.joints.index(joint) for joint in ("LShoulder", "LElbow", "LWrist")]


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    """A store with mannequins and a model of them."""
    run = Run(store=tmp_path_factory.mktemp("store") / "artifacts", threads=1)
    prepare(run, "mannequin", options={"subjects": 16, "seconds": 1.0})
    train(replace(run, name="ae"), "mannequin", TrainOptions(steps=2000, latent=8, set=("mlp.widths=64,64",)))
    return run


@pytest.fixture
def run(store):
    return replace(store, tell=lambda message: None)


@pytest.fixture(scope="module")
def poses(store):
    return StoredDataset(store.artifacts.get("mannequin", "dataset")).test[::7][:40]


@pytest.fixture
def saved(tmp_path):
    def save(array, name="poses.npy"):
        np.save(tmp_path / name, array)
        return str(tmp_path / name)

    return save


def without(poses, joints):
    holed = poses.copy()
    holed[:, joints] = np.nan
    return holed


def gaps(a, b):
    return np.linalg.norm(a - b, axis=-1)


def test_joints_that_are_nan_are_filled_in_and_the_others_stay(run, poses, saved):
    made = fit(run, saved(without(poses, ARM)), "ae").artifact
    samples = made.read("samples")
    seen = np.delete(np.arange(17), ARM)
    assert gaps(samples[:, seen], poses[:, seen]).mean() < 0.003
    train_mean = StoredDataset(run.artifacts.get("mannequin", "dataset")).train.mean(axis=0)
    assert gaps(samples[:, ARM], poses[:, ARM]).mean() < 0.6 * gaps(train_mean[ARM], poses[:, ARM]).mean()
    assert made.read("codes").shape == (len(poses), 8)
    lengths = H36M17.bone_lengths(samples) - H36M17.bone_lengths(poses)
    assert np.abs(lengths).mean() < 0.01


def test_hidden_joints_say_how_far_they_are_from_where_they_were_given(run, poses, saved):
    result = fit(run, saved(poses), "ae", FitOptions(hidden="left arm"))
    told = result.figures["hidden_error"]
    assert told == pytest.approx(gaps(result.artifact.read("samples")[:, ARM], poses[:, ARM]).mean(), rel=1e-5)


def test_a_mask_in_a_file_hides_what_its_name_does(run, poses, saved):
    mask = np.zeros((len(poses), 17), bool)
    mask[:, ARM] = True
    by_file = fit(run, saved(poses), "ae", FitOptions(hidden=saved(mask, "mask.npy"))).artifact
    by_name = fit(run, saved(poses), "ae", FitOptions(hidden="left arm")).artifact
    assert np.array_equal(by_file.read("samples"), by_name.read("samples"))


def test_noise_is_taken_out(run, poses, saved):
    noisy = poses + np.random.default_rng(0).normal(0, 0.05, poses.shape).astype(np.float32)
    noisy[:, 0] = 0
    samples = fit(run, saved(noisy), "ae", FitOptions(noise=0.05)).artifact.read("samples")
    assert gaps(samples, poses).mean() < 0.6 * gaps(noisy, poses).mean()


def test_poses_come_back_about_the_pelvis_with_where_it_was(run, poses, saved):
    moved = without(poses, ARM) + np.float32([1, 2, 3])
    made = fit(run, saved(moved), "ae").artifact
    assert np.allclose(made.read("root"), [1, 2, 3], atol=1e-5)
    assert np.allclose(
        made.read("samples"), fit(run, saved(without(poses, ARM)), "ae").artifact.read("samples"), atol=1e-3
    )


def test_without_a_pelvis_the_middle_of_the_hips_is_taken_or_its_place_is_fitted(run, poses, saved):
    by_hips = fit(run, saved(without(poses, [0, *ARM]) + np.float32(1)), "ae").artifact
    assert np.allclose(by_hips.read("root"), 1, atol=0.01)
    hips = [H36M17.joints.index(joint) for joint in ("Hip", "LHip", "RHip")]
    fitted = fit(run, saved(without(poses, hips) + np.float32(1)), "ae").artifact
    assert gaps(fitted.read("root"), 1).mean() < 0.03
    assert gaps(fitted.read("samples") + fitted.read("root")[:, None], poses + 1).mean() < 0.03


def test_a_clip_gives_a_path_that_smoothing_calms_and_whose_known_joints_stay(run, store):
    rough = fit(run, "mannequin#clip0", "ae", FitOptions(hidden="left arm")).artifact
    calm = fit(run, "mannequin#clip0", "ae", FitOptions(hidden="left arm", smooth=20.0)).artifact
    assert rough.kind == calm.kind == "paths"
    clip = StoredDataset(store.artifacts.get("mannequin", "dataset")).clip(0)[0]
    assert calm.read("paths").shape == (1, *clip.shape)

    def acceleration(made):
        return np.square(np.diff(made.read("paths")[0][:, ARM], 2, axis=0)).sum()

    assert acceleration(calm) < acceleration(rough)
    assert gaps(calm.read("paths")[0, :, 1:7], clip[:, 1:7]).mean() < 0.003


def test_the_same_seed_gives_the_same_bits_and_another_other_draws(run, poses, saved):
    name = saved(without(poses, ARM))
    some = [
        fit(replace(run, seed=seed, force=True), name, "ae", FitOptions(hypotheses=4)).artifact.read("hypotheses")
        for seed in (1, 1, 2)
    ]
    assert np.array_equal(some[0], some[1])
    assert np.array_equal(some[0][:, 0], some[2][:, 0])
    assert not np.array_equal(some[0][:, 1:], some[2][:, 1:])


def test_a_fit_that_was_interrupted_goes_on_to_the_same_bits(run, poses, saved, monkeypatch):
    monkeypatch.setattr(core, "BLOCK", 8)
    monkeypatch.setattr(stage, "BLOCK", 8)
    monkeypatch.setattr(stage, "_SAVED", 2)
    name, options = saved(without(poses, ARM)), FitOptions(hypotheses=3)
    whole = fit(replace(run, name="whole"), name, "ae", options).artifact
    told: list[str] = []

    def stop(progress):
        if progress.done == 24:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fit(replace(run, name="halted", progress=stop), name, "ae", options)
    again = fit(replace(run, name="halted", tell=told.append), name, "ae", options).artifact
    assert "Going on at pose 16 of 40." in told
    for array in ("samples", "codes", "residuals", "hypotheses"):
        assert np.array_equal(again.read(array), whole.read(array))


def test_targets_out_of_reach_say_by_how_much(run, poses, saved):
    warned: list[str] = []
    targets = np.full((2, 17, 3), np.nan, np.float32)
    effectors = [0, 3, 6, 10, 13, 16]
    targets[:, effectors] = poses[:2, effectors]
    targets[1, 13] = [0, 0, 5]
    result = fit(replace(run, warn=warned.append), saved(targets), "ae")
    far = result.figures["out_of_reach"]
    assert (far["pose"], far["joint"], far["poses"]) == (1, "LWrist", 1)
    wrist = result.artifact.read("samples")[1, 13]
    assert far["by"] == pytest.approx(float(gaps(wrist, targets[1, 13])), abs=1e-4)
    assert far["by"] > 3
    assert f"by {1000 * far['by']:.0f} mm" in warned[-1]


def test_keypoints_in_an_image_are_lifted_and_the_camera_is_said_to_be_taken_far_away(run, poses, saved):
    told: list[str] = []
    keypoints = np.stack([320 - 200 * poses[..., 1], 240 - 200 * poses[..., 2], np.ones_like(poses[..., 0])], axis=-1)
    made = fit(replace(run, tell=told.append), saved(keypoints), "ae").artifact
    assert "weak perspective" in told[0]
    seen = np.einsum("nab,njb->nja", made.read("camera"), made.read("samples"))
    assert gaps(seen[..., :2], np.stack([-poses[..., 1], -poses[..., 2]], axis=-1)).mean() < 0.03
    depth = gaps(seen[..., 2], 0), np.abs(seen[..., 2] - poses[..., 0]).mean()
    assert depth[1] < 0.15


def test_a_camera_of_a_file_is_used(run, poses, saved, tmp_path):
    level = np.stack([-poses[..., 1], -poses[..., 2], poses[..., 0] + 3], axis=-1)
    pixels = 500 * level[..., :2] / level[..., 2:] + 256
    camera = tmp_path / "camera.json"
    camera.write_text(json.dumps({"K": [[500, 0, 256], [0, 500, 256], [0, 0, 1]]}))
    made = fit(run, saved(pixels), "ae", FitOptions(camera=str(camera))).artifact
    seen = np.einsum("nab,njb->nja", made.read("camera"), made.read("samples"))
    assert gaps(seen[..., :2], level[..., :2]).mean() < 0.03


def test_a_model_of_images_is_refused(tmp_path, poses, saved):
    run = Run(store=tmp_path / "artifacts", threads=1)
    publish_turntable(run, "one", objects=1)
    train(replace(run, name="images"), "one", TrainOptions(steps=2, net="mlp", set=("mlp.widths=16",), latent=4))
    with pytest.raises(InvalidInputError, match="model of images"):
        fit(run, saved(poses), "images", FitOptions(hidden="left arm"))


BAD = [
    (lambda p: p, FitOptions(), UsageError, "nothing is left to fit"),
    (lambda p: p, FitOptions(hidden=""), UsageError, "hides no joint"),
    (lambda p: p, FitOptions(hidden="legs,arms,torso"), UsageError, "every joint"),
    (lambda p: p, FitOptions(hidden="left ram"), UsageError, "no joint or limb 'left ram'"),
    (lambda p: p, FitOptions(hidden="17"), UsageError, "'17'"),
    (lambda p: without(p, range(17)), FitOptions(), InvalidInputError, "no joint that is known"),
    (lambda p: without(p, range(1, 17)), FitOptions(), InvalidInputError, "one joint is known"),
    (lambda p: without(p, [5]), FitOptions(hidden="left arm"), InvalidInputError, "NaN for LKnee of pose 0"),
    (lambda p: np.where(p == p[3, 4, 1], np.inf, p), FitOptions(), InvalidInputError, "infinity in pose 3"),
    (lambda p: p[:, :16], FitOptions(hidden="left arm"), InvalidInputError, "16 joints"),
    (lambda p: p, FitOptions(noise=-1.0), UsageError, "--noise -1"),
    (lambda p: p, FitOptions(noise=float("nan")), UsageError, "--noise nan"),
    (lambda p: p, FitOptions(hidden="legs", hypotheses=0), UsageError, "not 0"),
    (lambda p: p[..., :2] * 200, FitOptions(joints="smpl22"), InvalidInputError, "no array of smpl22 keypoints"),
    (lambda p: p[:, :14, :2] * 200, FitOptions(), InvalidInputError, "14 keypoints"),
    (lambda p: np.concatenate([p[..., :2] * 200, np.full_like(p[..., :1], 1.5)], -1), FitOptions(), InvalidInputError,
     "confidences from 1.5 to 1.5"),
]  # fmt: skip


@pytest.mark.parametrize(("change", "options", "error", "words"), BAD, ids=[each[3] for each in BAD])
def test_what_cannot_be_fitted_is_refused(run, poses, saved, change, options, error, words):
    with pytest.raises(error, match=words) as refused:
        fit(run, saved(change(poses)), "ae", options)
    assert refused.value.hint


def test_a_mask_of_another_skeleton_is_refused(run, poses, saved):
    mask = saved(np.zeros((len(poses), 22), bool), "mask.npy")
    with pytest.raises(InvalidInputError, match="no mask of these poses"):
        fit(run, saved(poses), "ae", FitOptions(hidden=mask))
