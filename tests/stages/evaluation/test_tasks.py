"""Tasks of a pose prior: what is hidden and held out, the baselines beside a model, and what is refused."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

import numpy as np
import pytest
import torch

from posectl.core.distances import mean_per_joint
from posectl.core.recovery import network
from posectl.data.dataset import TEST
from posectl.errors import InvalidInputError, TooFewError, UsageError
from posectl.stages.artifacts.about import ScoresAbout, read_about
from posectl.stages.artifacts.dataset import StoredDataset
from posectl.stages.compare import compare
from posectl.stages.evaluate import evaluate
from posectl.stages.evaluation import tasks
from posectl.stages.evaluation.masks import MASKS, any_known, known_by_mask
from posectl.stages.evaluation.subjects import open_subject
from posectl.stages.options import EvaluateOptions, TrainOptions
from posectl.stages.prepare import prepare
from posectl.stages.run import Run
from posectl.stages.train import train

SIZES = {"poses": 60, "hypotheses": 5}


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    run = Run(store=tmp_path_factory.mktemp("store") / "artifacts", threads=1)
    prepare(run, "mannequin", options={"subjects": 5, "seconds": 2.5})
    train(run, None, TrainOptions(steps=60, set=("mlp.widths=32",), latent=4))
    return run


@pytest.fixture
def small_network(monkeypatch):
    monkeypatch.setattr(network, "POSES", 2000)
    monkeypatch.setitem(tasks._RECOVERIES, "network", partial(network.Network, masks=any_known, steps=30))


def scored(run, subject, task, **options):
    against = "mannequin" if str(subject).startswith("baseline:") else None
    return evaluate(run, subject, against, EvaluateOptions(task=task, **{**SIZES, **options}))


def completions(run, subject=None, **options):
    against = "mannequin" if str(subject).startswith("baseline:") else None
    options = EvaluateOptions(task="completion", **{**SIZES, **options})
    return open_subject(run, subject, against, options).inputs.get("completions")


def test_hidden_joints_of_test_poses_are_completed_from_the_train_split_alone(run):
    made = completions(run, "baseline:neighbour", masks="left-arm")["left-arm"]
    data = StoredDataset(run.artifacts.get("mannequin"))
    train, test = torch.from_numpy(data.train), torch.from_numpy(data.test)
    assert made.poses.shape == (60, 5, 17, 3)
    assert (~made.known).nonzero()[:3, 1].tolist() == [11, 12, 13]
    assert mean_per_joint(made.truth[:, None], test).amin(1).max() == 0
    assert mean_per_joint(made.poses[:, :, None], train).amin(2).max() == 0
    seen = made.known[0]
    by_hand = mean_per_joint(made.truth[:, None, seen], train[:, seen]).amin(1)
    assert torch.equal(mean_per_joint(made.poses[:, 0, seen], made.truth[:, seen]), by_hand)


def test_nobody_sees_what_is_hidden(run, monkeypatch):
    handed = []
    monkeypatch.setattr(tasks.Linear, "complete", lambda self, poses, known, n: handed.append(poses) or poses[:, None])
    made = completions(run, "baseline:regression", masks="legs,random")
    for poses, each in zip(handed, made.values(), strict=True):
        assert (poses[~each.known] == 0).all()
        assert torch.equal(poses[each.known], each.truth[each.known])


@pytest.mark.slow
def test_every_subject_gets_the_same_poses_and_masks(run):
    one, other = completions(run, "plain", masks="random"), completions(run, "baseline:regression", masks="random")
    assert torch.equal(one["random"].truth, other["random"].truth)
    assert torch.equal(one["random"].known, other["random"].known)


def test_noise_is_of_the_size_that_its_name_tells(run):
    scores = scored(run, "baseline:noisy", "denoising").figures["scores"]["denoising"]
    for sigma in (20, 40, 100):
        for name in (f"{sigma}", f"{sigma}-clips"):
            assert scores["all"][name]["mean"] == pytest.approx(sigma / 1000 * 2 * np.sqrt(2 / np.pi), rel=0.05)


def test_clips_are_test_frames_that_follow_one_another(run):
    options = EvaluateOptions(task="denoising", **SIZES)
    found = open_subject(run, "baseline:noisy", "mannequin", options).inputs.get("denoised")["20-clips"].truth
    data = StoredDataset(run.artifacts.get("mannequin"))
    clip = data.artifact.read("clip")
    first = int(mean_per_joint(found[:1], torch.from_numpy(data.samples)).argmin())
    assert torch.equal(found[:60], torch.from_numpy(data.samples[first : first + 60]))
    assert (data.split[first : first + 60] == TEST).all()
    assert len(set(clip[first : first + 60].tolist())) == 1


def test_real_poses_are_precise_and_lie_on_training_ones(run):
    scores = scored(run, "baseline:train", "generation", samples=50).figures["scores"]["generation"]
    assert scores["dnn"]["mean"] == 0
    gaussian = scored(run, "baseline:gaussian", "generation", samples=50).figures["scores"]["generation"]
    assert gaussian["dnn"]["mean"] > 0.01


def test_scores_are_found_again_and_beside_other_scores(run):
    first = scored(run, "plain", "ik")
    assert not first.reused
    assert scored(run, "plain", "ik").reused
    with pytest.raises(InvalidInputError, match="has no such scores"):
        compare(run, ["plain"])
    plain = evaluate(run, "plain", None, EvaluateOptions(metrics=("reconstruction_mpjpe",)))
    assert [c.ref for c in compare(run, ["plain"]).columns] == [plain.ref]


@pytest.mark.slow
def test_a_table_has_every_baseline_and_published_ones(run, small_network):
    scored(run, "plain", "completion")
    table = compare(run, ["plain"], task="completion")
    labels = [c.label for c in table.columns]
    assert labels[:5] == ["regression", "network", "neighbour", "plain, d=4, random starts", "plain, d=4"]
    assert labels[-1] == "DPoser (AMASS)"
    assert "AMASS" in table.notes[-1]
    assert table.shown("completion.hidden_min10.legs")[-1]["mean"] == pytest.approx(64)
    assert {row.rpartition(".")[2] for row in table.rows} == set(MASKS["completion"])
    assert not table.columns[-1].scored
    assert all(c.scored for c in table.columns[:5])
    merged = compare(run, ["plain"], task="completion", seeds=True)  # no baselines into one
    assert [c.label for c in merged.columns] == labels
    made = {a.ref for a in run.artifacts.artifacts("scores")}
    compare(run, ["plain"], task="completion")
    assert made == {a.ref for a in run.artifacts.artifacts("scores")}


def test_rows_are_asked_for_by_how_their_names_begin(run, small_network):
    scored(run, "plain", "completion")
    table = compare(run, ["plain"], task="completion", metrics=("completion.hidden_mean5", "completion.bones.legs"))
    assert set(table.rows) == {f"completion.hidden_mean5.{m}" for m in MASKS["completion"]} | {"completion.bones.legs"}
    with pytest.raises(UsageError, match=r"No score holds 'completion\.hid'"):
        compare(run, ["plain"], task="completion", metrics=("completion.hid",))


def test_the_record_says_what_is_held_out_by_what(run):
    protocol = scored(run, "plain", "ik").figures["protocol"]
    assert protocol["split"] == "by subject"
    assert protocol["task"] == "ik"
    assert protocol["test_poses"] == 60


def test_samples_of_any_system_are_scored_as_draws(run, tmp_path):
    np.save(tmp_path / "theirs.npy", StoredDataset(run.artifacts.get("mannequin")).train[::7])
    options = EvaluateOptions(task="generation", **SIZES)
    result = evaluate(run, str(tmp_path / "theirs.npy"), "mannequin", options)
    assert result.figures["scores"]["generation"]["dnn"]["mean"] == 0
    assert read_about(result.artifact, ScoresAbout).label.endswith("theirs.npy")
    with pytest.raises(InvalidInputError, match="holds no model"):
        evaluate(run, str(tmp_path / "theirs.npy"), "mannequin", EvaluateOptions(task="ik", **SIZES))


@pytest.mark.parametrize(
    ("options", "error", "said"),
    [
        ({"task": "completing"}, UsageError, "no task 'completing'"),
        ({"task": "completion", "masks": "left-wing"}, UsageError, "left wing"),
        ({"task": "completion", "masks": "legs+arms+torso"}, InvalidInputError, "hides every joint"),
        ({"task": "completion", "masks": "Hip"}, InvalidInputError, "hides no joint"),
        ({"task": "completion", "masks": "none"}, InvalidInputError, "hides no joint"),
        ({"task": "completion", "hypotheses": 0}, UsageError, "hypotheses must be at least 1"),
        ({"task": "ik", "metrics": ("anci",)}, UsageError, "its own metrics"),
        ({"metrics": ("completion",)}, UsageError, "completion is a task"),
    ],
)
def test_what_makes_no_sense_is_refused(run, options, error, said):
    with pytest.raises(error, match=said):
        evaluate(run, "plain", None, EvaluateOptions(**options))


def test_a_baseline_of_another_task_is_refused(run):
    with pytest.raises(UsageError, match="no baseline 'noisy' of ik"):
        scored(run, "baseline:noisy", "ik")


def test_a_model_of_images_has_no_such_task(run):
    prepare(run, "lines", options={"size": 16, "train_count": 32, "test_count": 16})
    model = train(run, "lines", TrainOptions(steps=2, latent=4, net="mlp", set=("mlp.widths=8",)))
    with pytest.raises(InvalidInputError, match="task of poses"):
        evaluate(run, model.ref, None, EvaluateOptions(task="completion"))


def test_too_few_poses_are_refused(run, tmp_path):
    data = StoredDataset(run.artifacts.get("mannequin"))
    for name in ("train", "test"):
        np.save(tmp_path / f"{name}.npy", getattr(data, name)[: 40 if name == "train" else 4])
    few = prepare(replace(run, name="few"), "arrays", [tmp_path / "train.npy"], {"test": (tmp_path / "test.npy",)})
    with pytest.raises(TooFewError, match="has 4 poses for test"):
        evaluate(run, "mannequin-plain", few.artifact.ref, EvaluateOptions(task="completion"))


def test_masks_combine_joints():
    (known,) = known_by_mask("completion", "13+left-leg", 3, 0).values()
    assert (~known[0]).nonzero()[:, 0].tolist() == [4, 5, 6, 13]
