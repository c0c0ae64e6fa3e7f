"""The skill of ACAI's critic by hand, in float64, and what it does to the term."""

import pytest
import torch
from core.objectives.settings import Scale, linear_step
from core.objectives.training import assert_resumes, assert_stacks, trainer

from posectl.core.objectives.acai import ACAI
from posectl.core.objectives.acai_skill import ACAISkill, Skill

X = torch.tensor([[[1.0, 2.0], [3.0, 6.0], [-1.0, 0.0], [2.0, 2.0]]], dtype=torch.float64)
U = torch.tensor([[0.1, 0.4, 0.9, 0.5]], dtype=torch.float64)
ALPHA = torch.tensor([[0.1, 0.4, 0.1, 0.5]], dtype=torch.float64)
MIX = ((1 - ALPHA[..., None]) * X + ALPHA[..., None] * X.flip(1)) / 2


def step_of(critic, decoder=0.25):
    """A step whose mixes are MIX, and the networks, before any skill is known."""
    return linear_step(X, {"alpha": U}, decoder=decoder), {"critic": critic, "skill": Skill(1).double()}


def near_alpha(x):
    return ALPHA + 0.02 * x.mean(-1)


def test_skill_and_term_by_hand():
    # Of alpha, uniform in [0, 1/2], the variance is 1/48; of a hundred errors the last counts a hundredth.
    step, networks = step_of(near_alpha)
    guess = ALPHA + 0.02 * MIX.mean(-1)
    assert ACAISkill().term(step, networks).item() == 0
    for _ in range(3):
        ACAISkill().adversaries(step, networks)
    error = 0.99**3 / 48 + (1 - 0.99**3) * ((guess - ALPHA) ** 2).mean()
    skill = 1 - 48 * error
    assert 0.02 < skill < 0.03
    torch.testing.assert_close(networks["skill"].value.item(), skill.item())
    torch.testing.assert_close(ACAISkill().term(step, networks), skill * (guess**2).mean(1))


def test_a_critic_that_guesses_worse_than_the_mean_has_no_skill():
    step, networks = step_of(Scale(3.0, mean=True))
    ACAISkill().adversaries(step, networks)
    assert networks["skill"].error > 1 / 48
    assert ACAISkill().term(step, networks).item() == 0


@pytest.mark.parametrize(("guessed", "skill"), [(lambda alpha: alpha, 1), (lambda alpha: 0 * alpha + 0.25, 0)])
def test_alpha_itself_has_all_skill_and_its_mean_none(guessed, skill):
    uniform = torch.linspace(0, 1, 10_001, dtype=torch.float64)[None]
    step = linear_step(torch.zeros(1, 10_001, 1, dtype=torch.float64), {"alpha": uniform})
    networks = {"critic": lambda x: guessed(step.alpha), "skill": Skill(1).double()}
    for _ in range(2000):
        ACAISkill().adversaries(step, networks)
    assert networks["skill"].value.item() == pytest.approx(skill, abs=1e-3)


def test_no_gradient_reaches_the_skill():
    decoder = Scale(0.25)
    step, networks = step_of(near_alpha, decoder)
    networks["skill"].error.fill_(1 / 96)
    (found,) = torch.autograd.grad(ACAISkill().term(step, networks).sum(), decoder.factor, retain_graph=True)
    (acais,) = torch.autograd.grad(ACAI().term(step, networks).sum(), decoder.factor)
    torch.testing.assert_close(found, 0.5 * acais)


def test_the_critic_learns_as_acais_does():
    step, networks = step_of(near_alpha)
    torch.testing.assert_close(ACAISkill().adversaries(step, networks), ACAI().adversaries(step, networks))


def test_beside_acai_it_has_a_critic_of_its_own():
    run = trainer(ACAI(), ACAISkill(), steps=2)
    assert run.run()
    log = dict(zip(run.history.figures, run.state()["log"][0, :, 0].tolist(), strict=True))
    assert log["acai.critic"] != log["acai-skill.critic"]


def test_stacks_and_resumes_to_the_bit():
    def build(seeds=(0,), steps=120):
        run = trainer(ACAISkill(lam=5.0), seeds=seeds, steps=steps)
        run.networks["acai-skill.skill"].error.fill_(0.01)
        return run

    run = build()
    run.run()
    assert (run.state()["log"][:10, run.history.figures.index("acai-skill")] > 0).all()
    assert_stacks(lambda seeds: build(seeds, 60))
    assert_resumes(build)
