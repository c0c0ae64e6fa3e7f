"""Coverage by hand, and where its gradient goes."""

import pytest
import torch
from core.objectives.settings import assert_replicas_apart, linear_step, moved, small_step
from core.objectives.training import assert_resumes, trainer

from posectl.core.latent.priors import NORMAL, SPHERE
from posectl.core.objectives.cover import Cover
from posectl.errors import UsageError


def test_by_hand():
    x = torch.tensor([[[0.0], [4.0]]], dtype=torch.float64)
    # Decoded, z / 4: -1, 1.5, 3 for the first sample and 0.5, 8, 9 for the second; each chooses among all six.
    noise = {"cover": torch.tensor([[[[-4.0], [6.0], [12.0]], [[2.0], [32.0], [36.0]]]], dtype=torch.float64)}
    term = Cover().term(linear_step(x, noise), {})
    assert term.item() == pytest.approx((0.5**2 + 1**2) / 2, rel=1e-12)


def test_moves_the_decoder_alone():
    step, networks = small_step(Cover())
    term = Cover().term(step, {})
    assert moved(term, networks["decoder"])
    assert not moved(term, networks["encoder"])


def test_so_many_codes_a_sample():
    assert small_step(Cover(codes=5))[0].drawn("cover").shape[2] == 5
    one, _ = small_step(Cover(codes=1))
    assert Cover(codes=1).term(one, {}).isfinite().all()
    with pytest.raises(UsageError, match=r"cover\.codes"):
        Cover(codes=0)


@pytest.mark.parametrize("prior", [NORMAL, SPHERE], ids=lambda p: p.name)
def test_replicas_do_not_mix(prior):
    assert_replicas_apart(Cover(), prior)


def test_a_resumed_run_draws_what_it_would_have():
    assert_resumes(lambda: trainer(Cover()))


def test_a_term_that_covers_ends_nearer():
    plain, cover = (trainer(Cover(lam=lam), steps=400) for lam in (0.0, 0.3))
    plain.run()
    cover.run()
    column = plain.history.figures.index("cover")
    assert cover.history.log[-50:, column].mean() < 0.7 * plain.history.log[-50:, column].mean()
