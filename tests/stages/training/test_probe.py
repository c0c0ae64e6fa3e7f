"""A layer trained beside a model: its accuracies in the artifact, scored, and laid beside the published ones."""

from dataclasses import replace

import numpy as np
import pytest
from stages.turntables import publish_pictures

from posectl.errors import InvalidInputError
from posectl.stages.compare import compare
from posectl.stages.evaluate import evaluate
from posectl.stages.options import EvaluateOptions, TrainOptions
from posectl.stages.train import train

OPTIONS = TrainOptions(
    reg=("acai", "probe"), steps=40, latent=4, batch=8, net="mlp", set=("mlp.widths=16",), evaluate_every=10
)
PROBED = EvaluateOptions(metrics=("probe_accuracy",))


def test_its_median_is_scored_beside_the_published_figures_of_other_data(run):
    publish_pictures(run)
    model = train(replace(run, name="acai"), "pictures", OPTIONS).artifact
    accuracy = model.read("log/test_accuracy")
    assert model.read("log/test_step").tolist() == [0, 10, 20, 30, 40]
    scores = evaluate(run, "acai", options=PROBED)
    assert scores.figures["scores"]["probe_accuracy"]["mean"] == np.median(accuracy)
    table = compare(run, ["acai"], published="mnist32", metrics=["probe_accuracy"])
    labels = [column.label for column in table.columns]
    assert labels[0] == "acai λ=0.5, d=4"  # what only watches is no part of a model's name
    assert labels[-1] == "MNIST, d=32: ACAI"
    assert table.columns[-1].scores["probe_accuracy"]["mean"] == pytest.approx(0.9825)
    assert table.notes == [
        "The published figures are of MNIST, d=32, of all its images; the others of pictures:v1."
    ]  # fmt: skip


def test_it_goes_on_to_the_bit(run, told):
    publish_pictures(run)
    train(replace(run, name="first"), "pictures", OPTIONS)
    longer = replace(OPTIONS, steps=60)
    gone_on = train(replace(run, name="on"), "pictures", longer, resume=True).artifact
    assert "Going on from first:v1 at step 40." in told
    whole = train(replace(run, name="whole"), "pictures", longer).artifact
    for name in whole.arrays():
        np.testing.assert_array_equal(gone_on.read(name), whole.read(name), err_msg=name)


def test_without_it_there_is_nothing_to_score(run):
    publish_pictures(run)
    train(replace(run, name="plain"), "pictures", replace(OPTIONS, reg=("none",)))
    with pytest.raises(InvalidInputError, match="--reg probe"):
        evaluate(run, "plain", options=PROBED)


def test_samples_without_classes_are_refused(run):
    with pytest.raises(InvalidInputError, match="probe is to be informed by labels, and mannequin:v1 has none"):
        train(run, "mannequin", OPTIONS)
