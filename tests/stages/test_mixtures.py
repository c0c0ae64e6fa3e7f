"""New codes are drawn from the mixture that a model keeps, or from one that is fitted to its codes afterwards."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from posectl.core.latent.mixture import Mixture, fitted_mixture
from posectl.core.random import generator
from posectl.stages.artifacts.dataset import StoredDataset
from posectl.stages.artifacts.model import load_model
from posectl.stages.evaluation.subjects import open_subject
from posectl.stages.options import Axes, EvaluateOptions, SampleOptions, TrainOptions
from posectl.stages.prepare import prepare
from posectl.stages.run import Run
from posectl.stages.sample import sample
from posectl.stages.sweep import sweep
from posectl.stages.train import train

TINY = TrainOptions(reg=("density",), latent=4, steps=40, set=("mlp.widths=16",), evaluate_every=20)


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    run = Run(store=tmp_path_factory.mktemp("store") / "artifacts", threads=1, name="poses")
    prepare(run, "mannequin", options={"subjects": 6, "seconds": 0.5, "validation": 0.2})
    train(replace(run, name="model"), None, TINY)
    train(replace(run, name="alone"), None, replace(TINY, set=(*TINY.set, "density.components=1")))
    train(replace(run, name="plain"), None, replace(TINY, reg=("none",)))
    return replace(run, name=None)


def codes_of(run, model):
    data = StoredDataset(run.artifacts.get("poses"))
    return model.encode(torch.from_numpy(np.ascontiguousarray(data.train)))


@pytest.mark.parametrize("weights", ["last", "best"])
def test_a_model_keeps_the_mixture_of_its_training_codes_and_draws_from_it(run, weights):
    model = load_model(run, run.artifacts.get("model"), weights=weights)
    codes = codes_of(run, model)
    assert len(codes) < 16_384  # so all are taken
    found = fitted_mixture(codes, min(32, len(codes) // 40), generator(0, "mixture"))
    torch.testing.assert_close(model.density.means, found.means.float(), rtol=1e-4, atol=1e-5)
    assert len(model.density.means) > 1
    made = sample(run, "model", SampleOptions(count=9, weights=weights)).artifact
    g = generator(run.seed, "sample")
    noise, uniform = torch.randn(9, 4, generator=g), torch.rand(9, generator=g)
    expected = model.density.draw(noise, uniform)
    np.testing.assert_array_equal(made.read("codes"), (expected / (expected.norm(dim=1)[:, None] + 1e-16)).numpy())


def test_its_draws_are_likelier_under_the_codes_than_those_of_one_gaussian(run):
    model, alone = (load_model(run, run.artifacts.get(name)) for name in ("model", "alone"))
    assert alone.density is None
    drawn = [each.draw(2000, generator(0, "draws")).codes for each in (model, alone)]
    near = [float(torch.cdist(codes, codes_of(run, model)).amin(1).mean()) for codes in drawn]
    assert near[0] < near[1]


def test_one_is_fitted_to_any_model_afterwards(run):
    model = load_model(run, run.artifacts.get("plain"))
    assert model.density is None
    options = EvaluateOptions(samples=12, recall_samples=14, recall_targets=20, draws="mixture")
    evaluation = open_subject(run, "plain", None, options)
    density = evaluation.inputs.get("density")
    assert isinstance(density, Mixture)
    g = generator(run.seed, "evaluate/samples")
    codes = model.prior.project(density.draw(torch.randn(12, 4, generator=g), torch.rand(12, generator=g)))
    assert torch.equal(evaluation.inputs.get("samples"), model.decode(codes))
    assert evaluation.protocol["draws"] == "mixture"


def test_a_stack_keeps_the_mixtures_that_its_models_keep_alone(run):
    made = sweep(replace(run, name="many"), None, TINY, Axes(latent=(4,), seeds=2))
    stacked = run.artifacts.get(made.figures["replicas"][0]["model"])
    for name in ("weights", "means", "roots"):
        np.testing.assert_array_equal(
            stacked.read(f"mixture/last/{name}"), run.artifacts.get("model").read(f"mixture/last/{name}")
        )


def test_a_finished_model_goes_on_to_the_mixture_of_one_run(run):
    longer = replace(TINY, steps=60)
    on = train(replace(run, name="model"), None, longer, resume=True).artifact
    whole = train(replace(run, name="whole", force=True), None, longer).artifact
    assert on.read("mixture/last/means").tolist() == whole.read("mixture/last/means").tolist()
