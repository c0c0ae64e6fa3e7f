"""Trainings that tell classes apart: what of labels they see, what is said, and what their models give."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from posectl.core.training.labelled import labelled_rows
from posectl.errors import InvalidInputError, UsageError
from posectl.stages.artifacts.model import load_model
from posectl.stages.compare import compare
from posectl.stages.encode import encode
from posectl.stages.evaluate import evaluate
from posectl.stages.options import Axes, EvaluateOptions, SampleOptions, TrainOptions
from posectl.stages.run import Run
from posectl.stages.sample import sample
from posectl.stages.sweep import sweep
from posectl.stages.train import train

SEMI = TrainOptions(
    reg=("aae-semi",), net="mlp", set=("mlp.widths=16", "aae-semi.width=8"), latent=3, labelled=10, steps=20, batch=8
)
OF = {
    "aae-semi": SEMI,
    "classifier": replace(SEMI, reg=("classifier",), set=SEMI.set[:1]),
    "aae-supervised": replace(SEMI, reg=("aae-supervised",), labelled=None,
                              set=("mlp.widths=16", "aae-supervised.width=8")),
    "aae-cluster": replace(SEMI, reg=("aae-cluster",), labelled=None,
                           set=("mlp.widths=16", "aae-cluster.width=8", "aae-cluster.clusters=5")),
    "aae-reduce": replace(SEMI, reg=("aae-reduce",), set=("mlp.widths=16", "aae-reduce.width=8"), latent=2),
}  # fmt: skip


def put(run, name, labels, test):
    """A dataset of images (1, 4, 4), bright in the row that the label names; test: which of them are."""
    labels = np.asarray(labels)
    images = np.random.default_rng(0).normal(-0.8, 0.1, size=(len(labels), 1, 4, 4)).astype(np.float32)
    images[np.arange(len(labels)), 0, labels % 4] += 1.5
    with run.artifacts.draft("dataset", name) as draft:
        draft.put("samples", images, ("sample", "channel", "row", "column"))
        draft.put("label", labels.astype(np.int32), ("sample",))
        draft.put("split", np.asarray(test).astype(np.uint8), ("sample",))
        draft.record(about={"kind": "images", "classes": int(labels.max()) + 1})
        draft.publish()


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    run = Run(store=tmp_path_factory.mktemp("classes") / "artifacts", threads=1)
    put(run, "rows", np.arange(120) % 3, np.arange(120) % 4 == 0)
    return run


@pytest.fixture
def told(run):
    sentences = []
    return replace(run, tell=sentences.append), sentences


@pytest.mark.parametrize("reg", OF)
def test_it_goes_on_from_fewer_steps_to_the_bit(run, reg):
    first = train(replace(run, name=f"{reg}-first"), "rows", OF[reg])
    longer = replace(OF[reg], steps=40)
    went_on = train(replace(run, name=f"{reg}-on"), "rows", longer, resume=True)
    anew = train(replace(run, name=f"{reg}-anew", force=True), "rows", longer)
    assert went_on.artifact.digest == anew.artifact.digest != first.artifact.digest


@pytest.mark.parametrize(
    ("reg", "size"), [("aae-semi", 6), ("aae-supervised", 6), ("aae-cluster", 8), ("aae-reduce", 2)]
)
def test_a_code_begins_with_the_classes_but_where_they_are_added(run, reg, size):
    model = train(run, "rows", OF[reg]).artifact
    assert encode(run, "rows", model.ref)[1].shape == (120, size)
    drawn = sample(run, model.ref, SampleOptions(count=50)).artifact
    assert drawn.read("codes").shape == (50, size)
    if reg != "aae-reduce":
        assert set(drawn.read("codes")[:, : size - 3].sum(1).tolist()) == {1.0}


def test_labels_are_recorded_and_a_training_of_all_is_that_of_before(run):
    assert train(run, "rows", SEMI).artifact.config["labelled"]["value"] == 10
    assert "labelled" not in train(run, "rows", replace(SEMI, labelled=None)).artifact.config


def test_the_error_rates_are_those_of_the_model_and_of_the_labels_that_it_saw(run):
    model = train(run, "rows", replace(SEMI, steps=200)).artifact
    scores = evaluate(run, model.ref).artifact
    found = scores.summary["scores"]
    dataset = run.artifacts.get("rows")
    images, labels, split = (dataset.read(name) for name in ("samples", "label", "split"))
    y = load_model(run, model).probabilities(torch.from_numpy(images[split == 1]))
    assert found["error_rate"]["mean"] == (y.argmax(1).numpy() != labels[split == 1]).mean()
    assert found["logistic_error_rate"]["labelled"] == 10
    seen = labelled_rows(torch.from_numpy(labels[split == 0]).long(), 10, 0)
    assert labels[split == 0][seen].tolist().count(0) in (3, 4)
    assert len(found["prior_mmd"]["by_class"]) == 3
    shown = compare(run, [scores.ref], published="mnist")
    assert not [c for c in shown.columns if c.label.startswith("published")]  # of 10 labels nothing is published


def test_the_published_error_rates_stand_beside_as_many_labels(run):
    model = train(run, "rows", replace(SEMI, labelled=None)).artifact
    scores = evaluate(run, model.ref, options=EvaluateOptions(metrics=("error_rate",))).artifact
    columns = {c.label: c.scores for c in compare(run, [scores.ref], published="mnist").columns}
    assert columns["published AAE, all labels"]["error_rate"]["mean"] == pytest.approx(0.0085)
    assert columns["published network, all labels"]["error_rate"]["mean"] == pytest.approx(0.0125)


def test_clusters_have_the_error_of_their_heads_and_no_error_of_classes(run):
    model = train(run, "rows", OF["aae-cluster"]).artifact
    found = evaluate(run, model.ref).artifact.summary["scores"]
    assert found["head_error_rate"]["clusters"] == 5
    assert "error_rate" not in found
    with pytest.raises(InvalidInputError, match="a model that tells classes apart"):
        evaluate(run, model.ref, options=EvaluateOptions(metrics=("error_rate",)))


def test_seeds_in_a_stack_have_labels_of_their_own(run):
    made = sweep(replace(run, name="seeds"), "rows", SEMI, Axes(latent=(3,), seeds=2))
    logs = [run.artifacts.get(row["model"]).read("log/aae-semi") for row in made.figures["replicas"]]
    alone = train(replace(run, seed=1, name="alone", force=True), "rows", SEMI).artifact.read("log/aae-semi")
    np.testing.assert_allclose(logs[1], alone, rtol=1e-4)
    assert not np.allclose(logs[0], logs[1])


@pytest.mark.parametrize(
    ("labels", "options", "said"),
    [
        (np.arange(40) % 3, replace(OF["aae-cluster"], set=(*OF["aae-cluster"].set[:2], "aae-cluster.clusters=2")),
         "2 clusters are fewer than the 3 classes of some:v1: some share one."),
        (np.r_[np.arange(20) % 3, np.arange(20) % 2], SEMI,
         "Of some:v1, classes [2] are in the training samples alone."),
        (np.r_[np.arange(20) % 2, np.arange(20) % 3], SEMI, "Of some:v1, classes [2] are in the test samples alone."),
    ],
)  # fmt: skip
def test_what_the_classes_cannot_show_is_said(tmp_path, labels, options, said):
    sentences = []
    run = Run(store=tmp_path / "artifacts", threads=1, tell=sentences.append)
    put(run, "some", labels, np.arange(40) >= 20)
    train(run, "some", options)
    assert said in sentences


@pytest.mark.parametrize(
    ("labels", "options", "error", "message", "hint"),
    [
        (np.zeros(40, int), SEMI, InvalidInputError, "of one class", "two classes"),
        (np.arange(40) % 3, replace(SEMI, labelled=21), UsageError, "more than the 20 training", "--labelled 20 at"),
        (np.arange(40) % 3, replace(SEMI, labelled=2), UsageError, "some of the 3 classes", "--labelled 3"),
        (np.arange(40) % 3, replace(SEMI, prior="sphere"), UsageError, "on no sphere", "--prior normal"),
        (np.arange(40) % 3, replace(SEMI, reg=("aae",), set=()), UsageError, "learns any", "--reg aae-semi"),
        (np.arange(40) % 3, replace(OF["aae-supervised"], labelled=10), UsageError, "leaves some without", "aae-semi"),
        (np.arange(40) % 3, replace(SEMI, reg=("aae-semi", "vae")), UsageError, "change what the encoder", "Keep one"),
    ],
)  # fmt: skip
def test_labels_that_cannot_teach_are_refused(tmp_path, labels, options, error, message, hint):
    run = Run(store=tmp_path / "artifacts", threads=1)
    put(run, "some", labels, np.arange(40) >= 20)
    with pytest.raises(error, match=message) as raised:
        train(run, "some", options)
    assert hint in raised.value.hint


def test_without_labels_there_is_nothing_to_learn_and_clusters_are_found_all_the_same(tmp_path):
    run = Run(store=tmp_path / "artifacts", threads=1)
    with run.artifacts.draft("dataset", "plain") as draft:
        draft.put("samples", np.random.default_rng(0).normal(size=(40, 1, 4, 4)).astype(np.float32),
                  ("sample", "channel", "row", "column"))  # fmt: skip
        draft.put("split", (np.arange(40) >= 20).astype(np.uint8), ("sample",))
        draft.record(about={"kind": "images"})
        draft.publish()
    with pytest.raises(InvalidInputError, match="plain:v1 has none"):
        train(run, "plain", SEMI)
    model = train(run, "plain", OF["aae-cluster"])
    found = evaluate(run, model.ref).artifact.summary["scores"]
    assert "head_error_rate" not in found
    assert "prior_mmd" in found
