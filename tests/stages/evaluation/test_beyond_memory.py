"""References beyond memory: searched block by block, with the scores that they have in memory, to the bit."""

from __future__ import annotations

import pickle
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import posectl
from posectl.api.lab import Lab
from posectl.core.shards import Shards
from posectl.data.readers import mannequin
from posectl.errors import IntegrityError, InvalidInputError, UsageError
from posectl.stages.artifacts.beyond import stored
from posectl.stages.evaluation.together import evaluate_together
from posectl.stages.options import EvaluateOptions

COUNT = 5 * 13 * 15 - 20
ENOUGH, TOO_LITTLE = str(4 * 150 * 204), str(4 * 150 * 204 - 1)  # for a block of 150 samples, and not
PATHS = {"metrics": ("mean_distance",), "random_pairs": 40}


@pytest.fixture
def lab(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, small_blocks: None) -> Lab:
    """A lab with the mannequin, seed 1, in files of 50 samples and shards of 150, and blocks of two people."""
    monkeypatch.setattr(mannequin, "BLOCK_BYTES", 2 * 13 * 120 * 204)
    lab = posectl.open(tmp_path / "store", force=True)
    lab.prepare("mannequin", name="poses", seed=1, seconds=0.5, samples=COUNT)
    return lab


def _queries() -> np.ndarray:
    return np.random.default_rng(0).normal(scale=0.3, size=(60, 17, 3)).astype(np.float32)


def _scored(lab: Lab, subject: object, against: str | None, **options: object) -> dict[str, object]:
    made = lab.evaluate(subject, against, name="scores", **options)
    return {**made.figures["scores"], "protocol": made.figures["protocol"]}


@pytest.mark.parametrize("split", ["test", "validation"])
def test_scores_are_to_the_bit_those_of_a_search_in_memory(
    lab: Lab, monkeypatch: pytest.MonkeyPatch, split: str
) -> None:
    lab.prepare("mannequin", name="held-out", seed=1, seconds=0.5, samples=COUNT, validation=0.3)
    options = {"metrics": ("precision_distance", "recall_distance", "prdc"), "split": split, "recall_targets": 50}
    inside = _scored(lab, _queries(), "held-out", **options)
    monkeypatch.setenv("POSECTL_MAX_MEMORY", ENOUGH)
    assert _scored(lab, _queries(), "held-out", **options) == inside
    poses = lab["held-out"].artifact.read("samples", slice(0, 150)).astype(np.float64)
    everything = [np.linalg.norm(query - poses, axis=2).mean(1).min() for query in _queries().astype(np.float64)]
    assert inside["precision_distance"]["minimum"] <= min(everything) + 1e-12


def test_workers_are_not_sent_which_rows_are_kept_row_by_row(lab: Lab) -> None:
    artifact = lab["poses"].artifact
    samples = artifact.read("samples")
    kept = np.arange(COUNT) % 100 < 30
    kept[:150], kept[150:300] = True, False
    sent = len(pickle.dumps(stored(artifact, kept))) - len(pickle.dumps(stored(artifact, np.ones(COUNT, bool))))
    assert sent < COUNT / 2
    sent = pickle.loads(pickle.dumps(stored(artifact, kept)))
    np.testing.assert_array_equal(np.concatenate(list(sent)), samples[kept])
    np.testing.assert_array_equal(sent[np.array([0, 149, 150, 200])], samples[kept][[0, 149, 150, 200]])


def test_the_nearest_is_that_of_float64_brute_force(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    poses = lab["poses"].artifact.read("samples").astype(np.float64)
    monkeypatch.setenv("POSECTL_MAX_MEMORY", ENOUGH)
    score = _scored(lab, _queries(), "poses", metrics=("precision_distance",))["precision_distance"]
    lowest = [np.linalg.norm(query - poses, axis=2).mean(1).min() for query in _queries().astype(np.float64)]
    assert score["mean"] == pytest.approx(np.mean(lowest), rel=1e-12)
    assert score["maximum"] == pytest.approx(max(lowest), rel=1e-12)


def test_a_model_is_scored_against_a_reference_beyond_memory(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    model = lab.train("poses", steps=2, latent=4, set="mlp.widths=8,8")
    inside = _scored(lab, model, "poses", **PATHS)
    monkeypatch.setenv("POSECTL_MAX_MEMORY", ENOUGH)
    outside = _scored(lab, model, "poses", **PATHS)
    assert outside["mean_distance"] == inside["mean_distance"]


def test_one_pass_over_the_reference_answers_all_metrics_of_several_models(
    lab: Lab, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    sweep = lab.sweep("poses", reg="acai", lam=[0, 0.1, 0.5], steps=2, latent=4, set="mlp.widths=8,8")
    models = lab.spread([sweep])
    options = {"metrics": ("precision_distance", "mean_distance", "recall_distance"), "samples": 50,
               "recall_samples": 60, "recall_targets": 20, "random_pairs": 10}  # fmt: skip
    assert not lab.is_one_pass(models, "poses")
    monkeypatch.setenv("POSECTL_MAX_MEMORY", ENOUGH)
    reads: list[int] = []
    original = Shards.block

    def block(self: Shards, number: int, rows: np.ndarray | None = None) -> np.ndarray:
        reads.extend([number] if rows is None else [])
        return original(self, number, rows)

    monkeypatch.setattr(Shards, "block", block)
    alone = [lab.evaluate(model, "poses", name="alone", **options) for model, _ in models]
    passed = reads.copy()
    reads.clear()
    lab = posectl.open(lab.store.path, quiet=False)
    assert lab.is_one_pass(models, "poses")
    together = lab.evaluate_all(models, "poses", name="together", **options)
    assert [each.figures["scores"] for each in together] == [each.figures["scores"] for each in alone]
    assert passed == 3 * reads
    assert "One pass over the reference for 3 subjects." in capsys.readouterr().err


def test_one_that_fails_stops_no_other(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    models = [lab.train("poses", steps=2, latent=4, set="mlp.widths=8,8", seed=seed).ref for seed in (0, 1)]
    poses = lab.sample(models[0], 3).ref
    monkeypatch.setenv("POSECTL_MAX_MEMORY", ENOUGH)
    run, made = replace(lab.run, force=False), []
    subjects = [(poses, "last"), *((model, "last") for model in models)]
    options = EvaluateOptions(metrics=("mean_distance",), random_pairs=10)
    with pytest.raises(InvalidInputError, match="mean_distance needs"):  # samples are no paths
        evaluate_together(run, subjects, "poses", options, done=lambda subject, scores: made.append(subject[0]))
    assert made == models


def test_a_generated_reference_is_the_set_that_prepare_makes_and_lies_nowhere(lab: Lab) -> None:
    lab.prepare("mannequin", name="four", seed=1, samples=4000)
    before = {path for path in lab.store.path.rglob("*") if path.is_file()}
    options = {"metrics": ("precision_distance", "recall_distance"), "recall_targets": 50}
    kept = lab.evaluate(_queries(), "four", name="kept", **options)
    made = lab.evaluate(_queries(), "generated:4k:1", name="made", **options)
    assert made.figures["protocol"]["reference_poses"] == 4000
    assert {k: v for k, v in made.figures["scores"]["precision_distance"].items() if k != "test"} == {
        k: v for k, v in kept.figures["scores"]["precision_distance"].items() if k != "test"
    }
    assert made.artifact.about["inputs"][-1] == {"generated": "mannequin", "samples": 4000, "seed": 1}
    new = {path for path in lab.store.path.rglob("*") if path.is_file()} - before
    assert sum(path.stat().st_size for path in new) < 200_000


@pytest.mark.parametrize("text", ["generated:", "generated:many", "generated:1T", "generated:10M:x"])
def test_what_cannot_be_generated_is_said(lab: Lab, text: str) -> None:
    with pytest.raises(UsageError, match="no set of poses") as caught:
        lab.evaluate(_queries(), text)
    assert "generated:1M:1" in caught.value.hint


def test_a_budget_that_is_too_small_for_one_block_is_said(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("POSECTL_MAX_MEMORY", TOO_LITTLE)
    with pytest.raises(InvalidInputError, match=r"A block of the samples of poses:v1 takes 119\.5 KiB") as caught:
        lab.evaluate(_queries(), "poses", metrics=("precision_distance",))
    assert "POSECTL_MAX_MEMORY=1M" in caught.value.hint


def test_a_damaged_shard_is_an_integrity_error(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    path = lab["poses"].artifact.path / "samples" / "c.4.0.0"
    data = bytearray(path.read_bytes())
    data[100] ^= 1
    path.write_bytes(bytes(data))
    monkeypatch.setenv("POSECTL_MAX_MEMORY", ENOUGH)
    with pytest.raises(IntegrityError, match=r"c\.4\.0\.0 has changed"):
        lab.evaluate(_queries(), "poses", metrics=("precision_distance",))


def test_a_reference_of_another_kind_is_refused(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    lab.prepare("lines", name="lines", size=16, train_count=20, test_count=5)
    monkeypatch.setenv("POSECTL_MAX_MEMORY", "1k")
    with pytest.raises(InvalidInputError, match="lines:v1 holds images, not poses"):
        lab.evaluate(_queries(), "lines", metrics=("precision_distance",))
