"""Inputs of metrics: what a subject gives, and what a metric's own module makes of it."""

import importlib
import sys
from dataclasses import replace

import pytest
import torch

from posectl.core.metrics import INPUTS, METRICS, metric
from posectl.errors import UsageError
from posectl.stages.artifacts.model import load_model
from posectl.stages.evaluate import evaluate
from posectl.stages.evaluation.inputs import Inputs
from posectl.stages.options import EvaluateOptions, TrainOptions
from posectl.stages.prepare import prepare
from posectl.stages.run import Run
from posectl.stages.train import train

MODULE = '''"""The length of a path's codes over the angle between their ends; a metric with an input of its own."""

from posectl.core.latent.paths import angle
from posectl.core.metrics import metric, metric_input
from posectl.core.metrics.summary import summarise

made = []


@metric_input("codes_of_paths")
def codes_of_paths(paths, model):
    """The codes (B, T, d) of the samples on the paths."""
    made.append(paths.shape)
    return model.encode(paths.flatten(0, 1)).unflatten(0, paths.shape[:2])


@metric_input("angles_of_ends")
def angles_of_ends(codes_of_paths):
    """The angles (B,) between the codes of a path's ends."""
    return angle(codes_of_paths[:, 0], codes_of_paths[:, -1])[:, 0]


@metric("code_length")
def code_length(codes_of_paths, angles_of_ends):
    """The sum of the angles between neighbours over that of the ends."""
    return summarise(angle(codes_of_paths[:, 1:], codes_of_paths[:, :-1])[..., 0].sum(1) / angles_of_ends, "1")


@metric("code_angle")
def code_angle(angles_of_ends, compat=None):
    return summarise(angles_of_ends, "rad", compat=compat)
'''

SIZES = EvaluateOptions(
    metrics=("code_length", "code_angle"), endpoints=4, steps=5, random_pairs=3, random_steps=3, samples=4,
    recall_samples=4, recall_targets=4,
)  # fmt: skip


@pytest.fixture
def plugin(tmp_path, monkeypatch):
    """The module above, registered for the length of a test."""
    (tmp_path / "code_metrics.py").write_text(MODULE)
    monkeypatch.syspath_prepend(tmp_path)
    yield importlib.import_module("code_metrics")
    del sys.modules["code_metrics"]
    for registry, names in ((METRICS, ("code_length", "code_angle")), (INPUTS, ("codes_of_paths", "angles_of_ends"))):
        for name in names:
            registry.unregister(name)


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    run = Run(store=tmp_path_factory.mktemp("store") / "artifacts", threads=1)
    prepare(run, "mannequin", options={"subjects": 3, "seconds": 0.3})
    train(run, None, TrainOptions(steps=5, set=("mlp.widths=8",), latent=3))
    return run


def test_a_metric_brings_an_input_of_its_own_and_no_other_file_knows_of_it(run, plugin):
    result = evaluate(run, None, None, SIZES)
    scores = result.figures["scores"]
    model = load_model(run, run.artifacts.get("plain"))
    ends = model.encode(torch.from_numpy(run.artifacts.get("mannequin").read("samples")))
    assert 0 < scores["code_angle"]["mean"] <= torch.acos((ends @ ends.T).clamp(-1, 1)).max().item() + 1e-3
    assert scores["code_length"]["minimum"] >= 1 - 1e-6  # no way round a sphere is shorter than the arc
    assert (scores["code_length"]["count"], scores["code_angle"]["unit"]) == (6, "rad")


def test_an_input_that_several_metrics_ask_for_is_made_once(run, plugin):
    evaluate(replace(run, force=True), None, None, SIZES)
    assert plugin.made == [(6, 5, 17, 3)]


def test_the_modules_of_a_metric_are_its_own_and_those_of_the_inputs_that_it_asks_for(plugin):
    @metric("code_spread")
    def spread(angles_of_ends):
        """Elsewhere than its input."""

    inputs = Inputs()
    inputs.provide(paths=lambda: None, model=lambda: None)
    assert set(inputs.modules("code_spread")) == {__name__, "code_metrics"}
    inputs.provide(angles_of_ends=lambda: None)
    assert inputs.modules("code_spread") == [__name__]
    assert inputs.modules("anci") == ["posectl.core.metrics.anci"]
    METRICS.unregister("code_spread")


def test_without_what_an_input_is_made_of_the_metric_lacks_it(plugin):
    inputs = Inputs()
    inputs.provide(paths=lambda: pytest.fail("only asked for"))
    assert not inputs.has("codes_of_paths")
    assert inputs.lacking("code_length") == ["codes_of_paths", "angles_of_ends"]
    assert inputs.lacking("monotonicity") == ["kind"]
    inputs.provide(model=lambda: pytest.fail("only asked for"))
    assert inputs.has("angles_of_ends")
    assert inputs.lacking("code_length") == []


def test_what_has_a_default_is_given_where_there_is_any(plugin):
    inputs = Inputs()
    inputs.provide(angles_of_ends=lambda: torch.tensor([1.0, 2.0, 4.0, 8.0]))
    assert inputs.score("code_angle")["median"] == 3
    inputs.provide(compat=lambda: "naayem")
    assert inputs.score("code_angle")["median"] == 2  # the lower one


def test_what_a_subject_gives_goes_before_what_is_registered(plugin):
    inputs = Inputs()
    inputs.provide(angles_of_ends=lambda: torch.tensor([2.0]), paths=lambda: None, model=lambda: None)
    assert inputs.get("angles_of_ends").tolist() == [2.0]
    assert plugin.made == []


def test_what_is_no_input_is_told():
    with pytest.raises(UsageError, match="no metric input 'pathes'"):
        Inputs().get("pathes")
