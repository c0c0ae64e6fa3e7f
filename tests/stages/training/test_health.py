"""Trainings that blew up, collapsed, or learned less than a mean: what is said of each, and what is published."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from posectl.data.dataset import TEST
from posectl.errors import DivergedError
from posectl.stages.artifacts.dataset import StoredDataset
from posectl.stages.evaluate import evaluate
from posectl.stages.options import Axes, EvaluateOptions, TrainOptions
from posectl.stages.sweep import sweep
from posectl.stages.train import train
from posectl.stages.training.health import Health

SMALL = TrainOptions(steps=40, set=("mlp.widths=16",), evaluate_every=20, batch=16)
# Adam's steps are as long as its rate: four such, and weights of a thousand.
EXPLODING = replace(SMALL, lr=1000.0, steps=4)


def mean_sample_error(run):
    """The mean joint distance of test poses to the mean training pose, in float64."""
    data = StoredDataset(run.artifacts.get("mannequin"))
    samples = data.samples.astype(np.float64)
    test = data.split == TEST
    return np.linalg.norm(samples[test] - samples[~test].mean(0), axis=-1).mean()


def test_the_error_of_the_mean_sample_stands_beside_that_of_the_model(run):
    made = train(run, None, SMALL)
    assert made.figures["mean_sample_error"] == pytest.approx(mean_sample_error(run), rel=1e-5)


def test_ten_times_worse_than_the_mean_sample_is_not_published(run, tmp_path):
    with pytest.raises(DivergedError, match="blew up") as caught:
        train(run, None, EXPLODING)
    assert caught.value.exit_code == 8
    assert f"{1000 * mean_sample_error(run):.2f} mm" in caught.value.message
    assert not run.artifacts.artifacts("model")
    assert not list((tmp_path / "artifacts" / ".staging").glob("checkpoints-*/save-*"))


def test_of_a_sweep_it_is_left_out(run, told):
    with pytest.raises(DivergedError, match="diverged"):
        sweep(run, None, EXPLODING, Axes())
    assert any("plain-d8-s0 blew up" in line and "it has no model" in line for line in told)
    assert not run.artifacts.artifacts("model")


def test_worse_than_the_mean_sample_is_a_warning(run, caplog):
    # One step from where the weights were drawn.
    made = train(run, None, replace(SMALL, steps=1, lr=1e-6))
    assert made.figures["test_error"] > made.figures["mean_sample_error"]
    assert "worse than no model" in caplog.text
    caplog.clear()
    longer = train(run, None, replace(SMALL, steps=600, lr=3e-3))
    assert longer.figures["test_error"] < longer.figures["mean_sample_error"]
    assert "worse than no model" not in caplog.text


def test_a_trained_model_is_passed_over_in_silence(run, told, caplog):
    told.clear()
    train(run, None, replace(SMALL, steps=600, lr=3e-3))
    assert told == []
    assert caplog.text == ""


def health(run, **numbers):
    kind = StoredDataset(run.artifacts.get("mannequin")).kind
    return Health(kind, **{"first": 0.4, "last": 0.1, "of_mean": 0.2, "codes": 1.0, "decoded": 1.0, **numbers})


def test_each_is_said_in_a_line(run, caplog):
    said = []
    health(run, last=0.19, first=0.15).tell(said.append, "m")
    assert said == ["m ends above where it began: test error 190.00 mm, 150.00 mm at first."]
    said.clear()
    health(run, codes=1e-4).tell(said.append, "m")
    assert said == ["m collapsed: the codes of all test frames are one point."]
    health(run, decoded=1e-3).tell(said.append, "m")
    assert [r.message for r in caplog.records] == ["m decodes whatever code to one pose."]
    assert not health(run, last=1.99).blew_up
    assert health(run, last=2.01).blew_up
    assert not health(run, first=5.0, last=4.9).blew_up  # it is on its way
    assert health(run, last=float("nan")).blew_up
    assert not health(run, of_mean=0.0, last=1e-3).blew_up  # of samples that are all one, nothing is ten times as bad


def test_a_decoder_that_gives_one_pose_whatever_the_code_is_warned_of_where_monotonicity_is_scored(run, monkeypatch):
    from posectl.core.autoencoder import Autoencoder

    train(replace(run, name="m"), None, replace(SMALL, steps=600, lr=3e-3))
    options = EvaluateOptions(metrics=("monotonicity", "anci"), endpoints=6, steps=5)
    assert evaluate(run, "m", None, options).figures["warnings"] == []
    decode = Autoencoder.decode

    def nearly_one(self, codes):
        poses = decode(self, codes)
        return poses.mean(0) + 1e-4 * (poses - poses.mean(0))

    monkeypatch.setattr(Autoencoder, "decode", nearly_one)
    made = evaluate(replace(run, force=True), "m", None, options)
    assert made.figures["scores"]["monotonicity"]["mean"] > 0.5
    assert "much the same pose whatever the code" in made.figures["warnings"][0]


@pytest.mark.parametrize("network", ["encoder", "decoder"])
def test_collapse_is_found_in_the_weights(run, told, caplog, monkeypatch, network):
    """Of an encoder, or a decoder, whose last layer forgets what it is given."""
    from posectl.stages import train as stage

    examine = stage.examine

    def forgetful(trainer, *rest):
        list(trainer.networks[network].parameters())[-2].data.zero_()
        return examine(trainer, *rest)

    monkeypatch.setattr(stage, "examine", forgetful)
    train(run, None, replace(SMALL, steps=300, lr=3e-3, prior="normal"))
    assert ("The training collapsed: the codes of all test frames are one point." in told) == (network == "encoder")
    assert ("decodes whatever code to one pose" in caplog.text) == (network == "decoder")


def test_the_spread_is_the_median_distance_from_the_median_sample_which_a_few_far_ones_hardly_move():
    from posectl.core.distances import spread

    x = torch.randn(500, 4, 3, generator=torch.Generator().manual_seed(0))
    wide = x.double().numpy().reshape(500, 12)
    apart = np.linalg.norm(wide - np.median(wide, axis=0), axis=1) / np.sqrt(12)
    assert spread(x) == pytest.approx(np.median(apart))
    far = x.clone()
    far[:4, 2] += 50  # the root mean square over all is 2.4 times as large
    assert spread(far) == pytest.approx(spread(x), rel=0.02)
