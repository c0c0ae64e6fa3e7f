"""What an evaluation is computed from: which poses, how many, and the same whatever else was asked before."""

import numpy as np
import pytest
import torch

from posectl.core.distances import mean_per_joint
from posectl.data.dataset import TEST, TRAIN
from posectl.stages.artifacts.dataset import StoredDataset
from posectl.stages.artifacts.model import load_model
from posectl.stages.evaluate import evaluate
from posectl.stages.options import EvaluateOptions, TrainOptions
from posectl.stages.prepare import prepare
from posectl.stages.run import Run
from posectl.stages.train import train

SIZES = EvaluateOptions(
    endpoints=6, steps=5, random_pairs=9, random_steps=4, samples=20, recall_samples=30, recall_targets=15
)


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    run = Run(store=tmp_path_factory.mktemp("store") / "artifacts")
    prepare(run, "mannequin", options={"subjects": 4, "seconds": 1.0})
    train(run, None, TrainOptions(steps=30, widths=(16,), latent=4))
    return run


def test_all_pairs_of_the_endpoints_are_interpolated_between_test_poses(run):
    material = gather(run, None, None, SIZES)
    paths = material.get("paths")
    assert paths.shape == (15, 5, 17, 3)
    model, data = load_model(run, run.artifacts.get("plain")), StoredDataset(run.artifacts.get("mannequin"))
    reconstructions = model.reconstruct(torch.from_numpy(data.test))
    ends = torch.cat([paths[:, 0], paths[:, -1]])
    gaps = mean_per_joint(ends[:, None], reconstructions[None]).min(1).values
    assert gaps.max().item() < 1e-5
    # 6 endpoints in 15 pairs: each is at an end of 5 of them.
    _, counts = np.unique((ends * 1e4).round().flatten(1).numpy(), axis=0, return_counts=True)
    assert counts.tolist() == [5] * 6


def test_walks_go_between_different_poses(run):
    walks = gather(run, None, None, SIZES).get("walks")
    assert walks.shape == (9, 4, 17, 3)
    assert mean_per_joint(walks[:, 0], walks[:, -1]).min().item() > 1e-4


def test_the_reference_is_every_pose_and_as_published_only_test(run):
    data = StoredDataset(run.artifacts.get("mannequin"))
    assert len(gather(run, None, None, SIZES).get("reference")) == len(data.samples)
    published = gather(run, None, None, EvaluateOptions(compat="naayem", endpoints=6, random_pairs=9))
    assert len(published.get("reference")) == int((data.split == TEST).sum())
    assert published.protocol["reference_split"] == "test"
    assert published.get("paths").shape[0] == 15
    assert int((data.split == TRAIN).sum()) > 0


def test_targets_are_real_poses_drawn_without_repetition(run):
    data = StoredDataset(run.artifacts.get("mannequin"))
    targets = gather(run, None, None, SIZES).get("targets").numpy()
    rows = {pose.tobytes() for pose in data.samples}
    assert {pose.tobytes() for pose in targets} <= rows
    assert len(targets) == 15


def test_material_does_not_depend_on_the_order_in_which_it_is_asked_for(run):
    first, second = gather(run, None, None, SIZES), gather(run, None, None, SIZES)
    keys = ["paths", "walks", "samples", "crowd", "targets"]
    for key in keys:
        first.get(key)
    for key in reversed(keys):
        assert torch.equal(second.get(key), first.get(key)), key


def test_one_metric_alone_scores_what_it_scores_among_all(run):
    everything = evaluate(run, None, None, SIZES).figures["scores"]
    for name in ("mean_distance", "recall_distance", "anci"):
        assert score(name, gather(run, None, None, SIZES)) == everything[name]


def test_another_seed_draws_other_material(run):
    from dataclasses import replace

    other = gather(replace(run, seed=1), None, None, SIZES)
    assert not torch.equal(other.get("samples"), gather(run, None, None, SIZES).get("samples"))
