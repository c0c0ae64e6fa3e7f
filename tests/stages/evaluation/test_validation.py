"""Scores on validation samples: no test sample is in them, and what is chosen is chosen by them alone."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

import posectl
from posectl.api.lab import Lab
from posectl.core.distances import mean_square
from posectl.data.dataset import TEST, TRAIN, VALIDATION
from posectl.errors import InvalidInputError, UsageError
from posectl.stages.artifacts.dataset import StoredDataset
from posectl.stages.evaluation.factors import FactorSpace

SIZES = {"endpoints": 4, "random_pairs": 8, "samples": 20, "recall_samples": 30, "recall_targets": 12, "k": 2}
SMALL = {"steps": 20, "batch": 8, "set": "mlp.widths=8,8", "evaluate_every": 10}


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Lab:
    """A store of six people, `people`, with a validation split."""
    lab = posectl.open(tmp_path_factory.mktemp("validation") / "artifacts", quiet=True)
    lab.prepare("mannequin", subjects=6, seconds=0.2, validation=0.2, name="people")
    return lab


def test_the_set_that_is_chosen_by_has_no_test_sample(lab: Lab) -> None:
    stored = lab["people"].artifact
    whole, held = StoredDataset(stored), StoredDataset(stored, "validation")
    assert len(held.samples) == len(held.split) == len(whole.samples) - len(whole.test)
    np.testing.assert_array_equal(held.train, whole.train)
    np.testing.assert_array_equal(held.test, whole.validation)
    np.testing.assert_array_equal(held.known("phase"), whole.known("phase")[whole.split != TEST])
    assert {TRAIN, TEST, VALIDATION} == set(whole.split.tolist())


def test_reconstruction_on_validation_is_that_of_its_samples(lab: Lab) -> None:
    model = lab.train("people", latent=2, name="two", **SMALL)
    scores = lab.evaluate(model, split="validation", **SIZES)
    x = lab["people"].validation.astype(np.float64)
    errors = np.linalg.norm(model.decode(model.encode(x.astype(np.float32))) - x, axis=-1)
    assert scores["reconstruction_mpjpe"]["mean"] == pytest.approx(errors.mean(), rel=1e-5)
    assert scores.protocol["endpoints"] == "all pairs of 4 validation poses"
    assert scores.protocol["reference_split"] == "train and validation"
    assert scores.protocol["reference_poses"] == len(lab["people"]) - len(lab["people"].test)
    assert lab.evaluate(model, **SIZES).protocol["reference_split"] == "train, validation and test"


def test_the_lowest_validation_score_is_chosen_and_test_scores_are_refused(lab: Lab) -> None:
    models = [lab.train("people", latent=d, name=f"d{d}", **SMALL) for d in (1, 3)]
    errors = {m.ref: lab.evaluate(m, split="validation", metrics="reconstruction_mpjpe")["reconstruction_mpjpe"]["mean"]
              for m in models}  # fmt: skip
    assert lab.choose(models, "reconstruction_mpjpe").ref == min(errors, key=lambda ref: errors[ref])
    test_scores = [lab.evaluate(model, metrics="reconstruction_mpjpe") for model in models]
    assert lab.choose(models, "reconstruction_mpjpe").ref == min(errors, key=lambda ref: errors[ref])
    with pytest.raises(UsageError, match="scores test samples"):
        lab.choose(test_scores, "reconstruction_mpjpe")
    with pytest.raises(UsageError, match="Not every score holds 'anci'"):
        lab.choose(models, "anci")
    columns = lab.compare(models).table.columns
    assert [column.ref for column in columns] == [scores.ref for scores in test_scores]


def test_without_a_validation_split_test_samples_are_not_taken_instead(lab: Lab) -> None:
    lab.prepare("mannequin", subjects=2, seconds=0.2, name="no-validation")
    lab.train("no-validation", latent=2, name="plain", **SMALL)
    with pytest.raises(InvalidInputError, match="no validation split, and test samples are not taken"):
        lab.evaluate("plain", split="validation", metrics="anci")


def test_true_images_at_test_angles_are_not_seen(lab: Lab) -> None:
    stored = lab.prepare("pole", size=16, validation=0.1).artifact
    whole, held = StoredDataset(stored), StoredDataset(stored, "validation")
    space = FactorSpace(held, torch.device("cpu"))
    factors = torch.stack([torch.from_numpy(whole.known(name)) for name in whole.about.factors], 1).double()
    drawn = space.truth(factors[:, None], torch.zeros(len(factors)))[:, 0]
    hidden = drawn.isnan().flatten(1).all(1).numpy()
    np.testing.assert_array_equal(hidden, whole.split == TEST)
    ends = space.interval(80.0, 1000, seed=0)
    assert ends is not None
    assert ends.images.isfinite().all()
    seen = FactorSpace(whole, torch.device("cpu")).truth(factors[:, None], torch.zeros(len(factors)))[:, 0]
    assert mean_square(seen[None], torch.from_numpy(whole.samples)[None]).max() < 1e-10


def test_a_model_of_a_set_without_validation_says_that_its_last_weights_are_its_best(tmp_path: Path) -> None:
    said: list[str] = []
    lab = posectl.open(tmp_path / "artifacts", quiet=True)
    lab.run.tell = said.append
    lab.prepare("mannequin", subjects=2, seconds=0.2, name="poses")
    lab.train("poses", latent=2, name="plain", **SMALL)
    last, best = (lab.evaluate("plain", weights=weights, metrics="anci", endpoints=4) for weights in ("last", "best"))
    assert last["anci"] == best["anci"]
    assert "plain:v1 was trained without a validation split, and its best weights are its last." in said
