"""Nearness by hand, and where its gradient goes."""

import pytest
import torch
from core.objectives.settings import assert_replicas_apart, linear_step, moved, small_step
from core.objectives.training import assert_resumes, trainer

from posectl.core.latent.priors import NORMAL, SPHERE
from posectl.core.objectives.near import Near
from posectl.errors import UsageError

X = torch.tensor([[[0.0], [4.0]]], dtype=torch.float64)
# Codes 2x and decodes z / 4 give x / 2: from 0 to 2 at a quarter is 0.5, and from 2 to 0 is 1.5.
NOISE = {
    "t": torch.tensor([[0.25, 0.25]], dtype=torch.float64),
    "near": torch.tensor([[[4.0], [-2.0]]], dtype=torch.float64),  # decoded to 1 and -0.5
}


def test_by_hand():
    data = torch.tensor([[[0.0], [1.25], [9.0]]], dtype=torch.float64)
    paths = (0.5**2 + 0.25**2) / 2
    fresh = (0.25**2 + 0.5**2) / 2
    assert Near(samples=0).term(linear_step(X, NOISE, data=data), {}).item() == pytest.approx(paths, rel=1e-12)
    both = Near(samples=0.3).term(linear_step(X, NOISE, data=data), {})
    assert both.item() == pytest.approx(paths + 0.3 * fresh, rel=1e-12)


def test_no_more_of_the_data_are_searched_than_asked():
    data = torch.tensor([[[5.0], [0.5], [1.5]]], dtype=torch.float64)
    assert Near(samples=0).term(linear_step(X, NOISE, data=data), {}).item() == 0
    expected = (4.5**2 + 3.5**2) / 2
    assert Near(samples=0, among=1).term(linear_step(X, NOISE, data=data), {}).item() == pytest.approx(expected)


def test_without_other_data_the_batch_is_searched():
    expected = (0.5**2 + 1.5**2) / 2
    assert Near(samples=0).term(linear_step(X, NOISE), {}).item() == pytest.approx(expected)


def test_moves_encoder_and_decoder_but_fresh_codes_move_the_decoder_alone():
    step, networks = small_step(Near())
    term = Near().term(step, {})
    assert moved(term, networks["encoder"])
    assert moved(term, networks["decoder"])
    fresh = Near(samples=1).term(step, {}) - Near(samples=0).term(step, {})
    assert moved(fresh, networks["decoder"])


@pytest.mark.parametrize("prior", [NORMAL, SPHERE], ids=lambda p: p.name)
def test_replicas_do_not_mix(prior):
    assert_replicas_apart(Near(), prior)


def test_a_resumed_run_searches_what_it_would_have():
    assert_resumes(lambda: trainer(Near(among=64)))


def test_a_term_near_the_data_ends_nearer():
    plain, near = (trainer(Near(lam=lam, samples=0.3), steps=400) for lam in (0.0, 0.3))
    plain.run()
    near.run()
    column = plain.history.figures.index("near")
    assert near.history.log[-50:, column].mean() < 0.7 * plain.history.log[-50:, column].mean()


@pytest.mark.parametrize(("settings", "said"), [({"among": 0}, "among"), ({"samples": -1.0}, "samples")])
def test_bad_settings(settings, said):
    with pytest.raises(UsageError, match=said):
        Near(**settings)
