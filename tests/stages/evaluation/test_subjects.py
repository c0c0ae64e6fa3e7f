"""The inputs of an evaluation: which poses, how many, and the same whatever else was asked before."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from posectl.core.distances import mean_per_joint
from posectl.data.dataset import TEST, TRAIN
from posectl.stages.artifacts.dataset import StoredDataset
from posectl.stages.artifacts.model import load_model
from posectl.stages.evaluate import evaluate
from posectl.stages.evaluation.subjects import open_subject
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
    train(run, None, TrainOptions(steps=30, set=("mlp.widths=16",), latent=4))
    return run


def inputs(run, options=SIZES):
    return open_subject(run, None, None, options).inputs


def test_all_pairs_of_the_endpoints_are_interpolated_between_test_poses(run):
    paths = inputs(run).get("paths")
    assert paths.shape == (15, 5, 17, 3)
    model, data = load_model(run, run.artifacts.get("plain")), StoredDataset(run.artifacts.get("mannequin"))
    reconstructions = model.reconstruct(torch.from_numpy(data.test))
    ends = torch.cat([paths[:, 0], paths[:, -1]])
    gaps = mean_per_joint(ends[:, None], reconstructions[None]).min(1).values
    assert gaps.max().item() < 1e-5
    # 6 endpoints in 15 pairs: each is at an end of 5 of them.
    _, counts = np.unique((ends * 1e4).round().flatten(1).numpy(), axis=0, return_counts=True)
    assert counts.tolist() == [5] * 6


def test_random_paths_go_between_different_poses(run):
    paths = inputs(run).get("random_paths")
    assert paths.shape == (9, 4, 17, 3)
    assert mean_per_joint(paths[:, 0], paths[:, -1]).min().item() > 1e-4


def test_the_reference_is_every_pose_and_as_published_only_test(run):
    data = StoredDataset(run.artifacts.get("mannequin"))
    assert len(inputs(run).get("reference")) == len(data.samples)
    published = open_subject(run, None, None, EvaluateOptions(compat="naayem", endpoints=6, random_pairs=9))
    assert len(published.inputs.get("reference")) == int((data.split == TEST).sum())
    assert published.protocol["reference_split"] == "test"
    assert published.inputs.get("paths").shape[0] == 15
    assert int((data.split == TRAIN).sum()) > 0


def test_targets_are_real_poses_drawn_without_repetition(run):
    data = StoredDataset(run.artifacts.get("mannequin"))
    targets = inputs(run).get("recall_targets").numpy()
    rows = {pose.tobytes() for pose in data.samples}
    assert {pose.tobytes() for pose in targets} <= rows
    assert len(targets) == 15


def test_inputs_do_not_depend_on_the_order_in_which_they_are_asked_for(run):
    first, second = inputs(run), inputs(run)
    keys = ["paths", "random_paths", "samples", "recall_samples", "recall_targets"]
    for key in keys:
        first.get(key)
    for key in reversed(keys):
        assert torch.equal(second.get(key), first.get(key)), key


def test_one_metric_alone_scores_what_it_scores_among_all(run):
    everything = evaluate(run, None, None, SIZES).figures["scores"]
    for name in ("mean_distance", "recall_distance", "anci"):
        assert inputs(run).score(name) == everything[name]


def test_another_seed_draws_other_samples(run):
    assert not torch.equal(inputs(replace(run, seed=1)).get("samples"), inputs(run).get("samples"))
