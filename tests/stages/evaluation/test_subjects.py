"""The inputs of an evaluation: which poses, how many, and the same whatever else was asked before."""

import gc
import weakref
from dataclasses import replace

import numpy as np
import pytest
import torch

from posectl.core.distances import mean_per_joint
from posectl.core.kinds import KINDS
from posectl.core.random import generator
from posectl.core.training.augment import for_poses
from posectl.data.dataset import TEST, TRAIN
from posectl.data.skeleton import H36M17
from posectl.stages.artifacts.dataset import StoredDataset
from posectl.stages.artifacts.model import load_model
from posectl.stages.evaluate import evaluate
from posectl.stages.evaluation.inputs import Inputs
from posectl.stages.evaluation.subjects import open_subject
from posectl.stages.evaluation.warnings import warnings_of
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


def test_what_was_made_is_let_go_of_without_the_garbage_collector(run, monkeypatch):
    made, get = [], Inputs.get

    def watched(inputs, name):
        found = get(inputs, name)
        if name == "paths":
            made.append(weakref.ref(found))
        return found

    monkeypatch.setattr(Inputs, "get", watched)
    gc.disable()
    try:
        evaluate(replace(run, name="let-go"), None, None, replace(SIZES, metrics=("anci",)))
        assert made
        assert all(each() is None for each in made)
    finally:
        gc.enable()


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


def published(run, turned, subject=None, **options):
    """The inputs of the pose report's protocol, of a model that was trained with turns about an axis."""
    model = train(
        replace(run, name=turned),
        None,
        TrainOptions(steps=2, set=("mlp.widths=8",), latent=3, rotate=turned, flip=False, degrees=20.0),
    )
    return open_subject(run, subject or model.ref, None, EvaluateOptions(compat="naayem", recall_targets=40)).inputs


@pytest.mark.parametrize(("turned", "kept"), [("up", 2), ("view", 1), ("none", slice(None))])
def test_as_published_recalls_targets_are_turned_as_the_model_was_trained(run, turned, kept):
    train_poses = StoredDataset(run.artifacts.get("mannequin")).train
    targets = published(run, turned).get("recall_targets").numpy()
    # What a turn keeps finds the pose that was turned; no flip was trained with.
    gaps = np.abs(targets[:, None, :, kept] - train_poses[None, :, :, kept]).reshape(len(targets), len(train_poses), -1)
    rows = gaps.max(-1).argmin(1)
    assert gaps.max(-1).min(1).max() < 1e-6
    moved = np.abs(targets - train_poses[rows]).max()
    assert moved == 0 if turned == "none" else moved > 0.01


def test_targets_follow_the_model_behind_samples_and_for_a_file_the_report(run, tmp_path):
    from posectl.stages.sample import sample

    published(run, "up")
    drawn = sample(replace(run, name="drawn"), "up").artifact
    of_model, of_samples = (published(run, "up", ref).get("recall_targets") for ref in ("up", drawn.ref))
    assert torch.equal(of_model, of_samples)
    np.save(tmp_path / "theirs.npy", drawn.read("samples"))
    theirs = open_subject(
        run, str(tmp_path / "theirs.npy"), "mannequin", EvaluateOptions(compat="naayem", recall_targets=40)
    ).inputs
    augment = for_poses("+z", H36M17.mirror, rotate="view")
    g = generator(0, "evaluate/augmented/targets")
    pool = StoredDataset(run.artifacts.get("mannequin")).train
    rows = torch.randint(len(pool), (40,), generator=g).numpy()
    assert torch.equal(theirs.get("recall_targets"), augment(torch.from_numpy(pool[rows]), g))


def test_what_a_published_protocol_leaves_out_is_said(run):
    said: list[str] = []
    open_subject(replace(run, tell=said.append), "plain", None, EvaluateOptions(compat="naayem"))
    assert any("--compat naayem does not reproduce the re-seeding of recall" in each for each in said)


def test_the_test_split_alone_is_scored_beside_the_reference(run, tmp_path):
    data = StoredDataset(run.artifacts.get("mannequin"))
    scores = evaluate(run, "plain", None, replace(SIZES, recall_targets=10_000)).figures["scores"]
    drawn = open_subject(run, "plain", None, SIZES).inputs.get("samples")
    samples, reference = drawn.numpy().astype(np.float64), data.test.astype(np.float64)
    gaps = np.linalg.norm(samples[:, None] - reference[None], axis=-1).mean(-1)
    assert scores["precision_distance"]["test"]["mean"] == pytest.approx(gaps.min(1).mean(), rel=1e-6)
    assert scores["precision_distance"]["test"]["mean"] > scores["precision_distance"]["mean"]
    assert scores["recall_distance"]["test"]["count"] == len(data.test)
    np.save(tmp_path / "test.npy", data.test)
    alone = evaluate(run, "plain", str(tmp_path / "test.npy"), replace(SIZES, recall_targets=10_000)).figures["scores"]
    assert "test" not in alone["recall_distance"]
    assert alone["recall_distance"]["mean"] == scores["recall_distance"]["test"]["mean"]
    assert alone["prdc"]["recall"]["mean"] == scores["prdc"]["recall"]["test"]["mean"]


def test_paths_that_no_metric_asks_for_are_not_decoded(run):
    made = evaluate(run, "plain", options=replace(SIZES, metrics=("reconstruction_mpjpe",)))
    assert not made.artifact.has("transitions/mean")
    assert made.figures["scores"].keys() == {"reconstruction_mpjpe"}
    made = evaluate(run, "plain", options=replace(SIZES, metrics=("reconstruction_mpjpe", "anci")))
    assert made.artifact.has("transitions/mean")


@pytest.mark.parametrize(("length", "warned"), [(1.0, 0), (0.06, 0), (0.04, 1), (1e-3, 1)])
def test_a_decoder_of_one_pose_is_warned_of(run, length, warned):
    data = StoredDataset(run.artifacts.get("mannequin"))
    poses = torch.from_numpy(data.samples)
    alpha = torch.linspace(0, 1, 9)[None, :, None, None]
    straight = (1 - alpha) * poses[:256, None] + alpha * poses[-256:, None]
    given = Inputs()
    given.provide(
        model=lambda: None,
        kind=lambda: KINDS.get("poses"),
        paths=lambda: straight.mean((0, 1)) + length * straight,
        reference=lambda: torch.cat([poses[:256], poses[-256:]]),
    )
    assert given.score("monotonicity")["mean"] == pytest.approx(1)  # which sees nothing amiss
    warnings = warnings_of(given, KINDS.get("poses"), {"anci": {"mean": 1.0}, "x": {"warning": "No more."}})
    assert warnings[0] == "x: No more."
    assert len(warnings) == 1 + warned
    if warned:
        assert (
            f"much the same pose whatever the code: the ends of its paths spread by {length:.2%} of what" in warnings[1]
        )
