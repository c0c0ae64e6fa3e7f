"""Fits in a world where the answer is known: poses linear in their codes."""

import pytest
import torch
from core.fitting.linear_body import LATENT, linear_body

from posectl.core.fitting.evidence import Evidence, level, turn
from posectl.core.fitting.fit import BLOCK, blocks, fit, joined
from posectl.core.random import generator


@pytest.fixture(scope="module")
def world():
    model, examples = linear_body()
    codes = torch.randn(300, LATENT, generator=torch.Generator().manual_seed(5)).clamp(-1.5, 1.5)
    return model, examples, codes, model.decode(codes)


def arms_hidden(poses):
    known = torch.ones(poses.shape[:2], dtype=torch.bool)
    known[:, 11:] = False
    return known


def test_what_is_hidden_is_found_where_the_rest_determines_it(world):
    model, examples, codes, poses = world
    known = arms_hidden(poses)
    fitted = fit(model, poses.masked_fill(~known[..., None], torch.nan), known, examples)
    assert (fitted.poses[:, 0] - poses).norm(dim=-1).mean() < 0.002
    assert fitted.residuals.max() < 0.01
    assert (fitted.codes[:, 0] - codes).norm(dim=-1).median() < 0.02


def test_noise_is_taken_out_down_to_what_the_code_leaves_free(world):
    model, examples, _, poses = world
    noise = 0.05 * torch.randn(poses.shape, generator=torch.Generator().manual_seed(1))
    noise[:, 0] = 0
    fitted = fit(model, poses + noise, torch.ones(poses.shape[:2], dtype=torch.bool), examples, noise=0.05)
    left = (fitted.poses[:, 0] - poses).square().mean() / noise.square().mean()
    assert left < 2 * LATENT / 48  # a projection onto 4 of 48 directions leaves 4/48 of the power


def test_the_place_of_the_pelvis_may_be_open(world):
    model, examples, _, poses = world
    known = arms_hidden(poses)
    known[:, 0] = False
    moved = poses + torch.tensor([3.0, -2.0, 1.0])
    evidence = Evidence(moved.where(known[..., None], 0), known.float(), free="place")
    fitted = joined(list(blocks(model, evidence, examples, 1, lambda block: None)))
    assert (fitted.poses[:, 0] - poses).norm(dim=-1).mean() < 0.004


def test_keypoints_of_a_level_camera_at_any_turn_and_scale_are_lifted(world):
    model, examples, _, _ = world
    truth = examples.poses[::40]
    up = torch.tensor([0.0, 0.0, 1.0])
    seen = torch.einsum("ab,nbc,njc->nja", level(up), turn(torch.linspace(0, 6, len(truth)), up), truth)
    evidence = Evidence(200 * seen[..., :2] + 320, torch.ones(truth.shape[:2]), free="scale", axes=level(up))
    fitted = joined(list(blocks(model, evidence, examples, 1, lambda block: None)))
    lifted = torch.einsum("nab,njb->nja", fitted.axes, fitted.poses[:, 0])
    assert (lifted - seen).norm(dim=-1).mean(1).median() < 0.08  # bodies of 0.6 m that know no limits of joints
    assert fitted.residuals.max() < 0.03


def test_the_first_hypothesis_is_the_same_however_many_there_are_and_draws_repeat(world):
    model, examples, _, poses = world
    known = arms_hidden(poses)
    one = fit(model, poses, known, examples)
    ten = [fit(model, poses, known, examples, hypotheses=10, generator=generator(3, "x")) for _ in range(2)]
    assert torch.equal(ten[0].poses, ten[1].poses)
    assert torch.equal(ten[0].poses[:, 0], one.poses[:, 0])
    other = fit(model, poses, known, examples, hypotheses=10, generator=generator(4, "x"))
    assert not torch.equal(ten[0].codes[:, 1:], other.codes[:, 1:])


def test_a_block_is_the_same_whatever_was_fitted_before(world):
    model, examples, _, poses = world
    evidence = Evidence(poses, arms_hidden(poses).float())
    assert len(poses) > BLOCK

    def stream(block):
        return generator(0, "x", block)

    whole = joined(list(blocks(model, evidence, examples, 3, stream)))
    rest = joined(list(blocks(model, evidence, examples, 3, stream, first=1)))
    assert torch.equal(whole.poses[BLOCK:], rest.poses)
    assert torch.equal(whole.codes[BLOCK:], rest.codes)
