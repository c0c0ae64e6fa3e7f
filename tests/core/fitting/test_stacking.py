"""Experts and how far each is believed, against what is best where that is known."""

import math

import numpy as np
import torch
from core.fitting.linear_body import linear_body

from posectl.core.fitting import fit as module
from posectl.core.fitting.fit import fit
from posectl.core.fitting.regression import cross_fitted
from posectl.core.fitting.stacking import PARTS, Frame, Parts, Stack, parted, shares

UP = torch.tensor([0.0, 0.0, 1.0])


def drawn(*shape, seed=0):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


def test_experts_of_independent_errors_count_by_the_inverse_of_their_variance():
    errors = drawn(3, 20_000, 2, 3) * torch.tensor([1.0, 2.0, 4.0])[:, None, None, None]
    best = torch.tensor([16.0, 4.0, 1.0]) / 21
    assert (shares(errors) - best[:, None]).abs().max() < 0.015


def test_an_expert_that_adds_nothing_is_not_asked():
    errors = drawn(2, 500, 1, 3)
    errors[1] = 2 * errors[0]
    assert shares(errors)[:, 0].tolist() == [1.0, 0.0]


def test_shares_are_of_the_least_mean_distance_and_not_of_the_least_square():
    """Of an expert that is right but for one pose in ten and one that is 0.2 off, squares would take the second."""
    errors = torch.zeros(2, 1000, 1, 3)
    errors[0, ::10, 0, 0], errors[1, :, 0, 1] = 1.0, 0.2
    made = shares(errors)[:, 0].double()
    grid = torch.linspace(0, 1, 1001).double()
    means = [(a * errors[0] + (1 - a) * errors[1]).norm(dim=-1).mean() for a in grid]
    assert abs(made[0] - grid[int(torch.stack(means).argmin())]) < 0.04
    assert made[0] > 0.9


def test_what_is_told_of_rows_is_least_squares_on_the_other_parts():
    rows, parts = drawn(300, 4), torch.arange(300) % 3
    targets = rows @ drawn(4, 2, seed=1) + 0.1 * drawn(300, 2, seed=2) + 5
    _, told = cross_fitted(rows, targets, parts, landmarks=0, width=1.0)
    x = np.column_stack([rows.numpy(), np.ones(300)])
    for part in range(3):
        out = parts.numpy() == part
        solved = np.linalg.lstsq(x[~out], targets.numpy()[~out], rcond=None)[0]
        assert np.allclose(told[out], x[out] @ solved, atol=1e-4)


def test_a_curve_is_told_by_the_kernel_and_not_by_the_line():
    rows = torch.linspace(-1, 1, 400)[:, None]
    curve, parts = torch.sin(4 * rows), torch.arange(400) % PARTS
    regression, told = cross_fitted(rows, curve, parts, landmarks=60, width=0.5)
    assert (told - curve).abs().max() < 0.01
    assert (regression.at(torch.tensor([[0.123]])) - math.sin(4 * 0.123)).abs() < 1e-3
    assert (cross_fitted(rows, curve, parts, 0, 1.0)[1] - curve).abs().max() > 0.3


def test_beyond_all_rows_nothing_runs_away():
    rows = drawn(300, 2)
    regression, _ = cross_fitted(rows, rows, torch.arange(300) % PARTS, 20, 1.0)
    assert regression.at(torch.full((1, 2), 1e6)).abs().max() < 2 * rows.norm(dim=1).max()


def test_poses_that_differ_by_a_turn_are_one_in_the_frame():
    seen = torch.arange(17) > 0
    pose = drawn(1, 17, 3)
    angle = torch.linspace(-2, 2, 9)
    cos, sin, zero, one = angle.cos(), angle.sin(), torch.zeros(9), torch.ones(9)
    turns = torch.stack([cos, -sin, zero, sin, cos, zero, zero, zero, one], 1).view(9, 3, 3)
    poses = torch.einsum("nab,mjb->nja", turns, pose)
    frame = Frame.of(poses, seen, UP)
    alike = torch.einsum("nab,njb->nja", frame.turns(poses), poses)
    assert (alike - alike[:1]).abs().max() < 1e-5


def test_a_group_is_in_one_part_and_parts_are_alike_in_size():
    groups = np.random.default_rng(0).integers(0, 40, 2000)
    parts = parted(groups)
    assert all(len(set(parts[groups == group])) == 1 for group in range(40))
    assert np.bincount(parts, minlength=PARTS).min() > 300


def test_experts_are_asked_about_examples_that_were_kept_from_them():
    _, examples = linear_body()
    known = torch.arange(17) < 11
    apart, asked = Parts(examples), []

    def alone(evidence, of):
        for part, others in enumerate(apart.others):
            values = evidence.values[of == part]
            gaps = torch.cdist(values[:, known].flatten(1), others.poses[:, known].flatten(1))
            assert gaps.min() > 1e-3
            asked.append(len(values))
        return torch.zeros_like(evidence.values), torch.zeros(len(evidence), 1)

    first, second = (Stack.of(known, 0.0, apart, torch.tensor([[0, 1]]), alone) for _ in range(2))
    assert sum(asked) == 2 * 300
    assert len(asked) == 2 * PARTS
    assert min(asked) > 0
    assert torch.equal(first.shares, second.shares)
    assert float(first.shares[0].max()) < 0.01  # who says nothing, where others are right, is not believed


def test_a_models_own_solutions_for_them_come_from_other_parts(monkeypatch):
    model, examples = linear_body()
    known = torch.arange(17) < 11
    apart = []

    def found(model, evidence, among, k):
        if len(among.poses) < len(examples.poses):
            apart.append(torch.cdist(evidence.values[:, known].flatten(1), among.poses[:, known].flatten(1)).min())
        return find(model, evidence, among, k)

    find = module.find
    monkeypatch.setattr(module, "find", found)
    fit(model, examples.poses[:1], known[None], examples)
    assert len(apart) == PARTS
    assert min(apart) > 1e-3


def test_noise_of_gaussian_poses_is_taken_out_as_wiener_does():
    model, examples = linear_body(4000)
    poses = linear_body(4300)[1].poses[4000:]
    noise = 0.05
    noisy = poses + noise * drawn(*poses.shape, seed=3)
    inner = model.matrix.mT @ model.matrix  # codes have variance 1
    filtered = model.middle + (noisy.flatten(1) - model.middle) @ torch.linalg.solve(
        inner + noise**2 * torch.eye(51), inner
    )
    best = (filtered.view_as(poses) - poses).norm(dim=-1).mean()
    known = torch.ones(poses.shape[:2], dtype=torch.bool)
    made = fit(model, noisy, known, examples, noise=noise).poses[:, 0]
    assert (made - poses).norm(dim=-1).mean() < 1.1 * best


def test_of_masks_beyond_the_most_frequent_the_model_alone_decides(monkeypatch):
    model, examples = linear_body()
    poses = examples.poses[:40]
    known = torch.ones(40, 17, dtype=torch.bool)
    known[:30, 11:] = known[30:, 1:4] = False
    monkeypatch.setattr(module, "STACKS", 1)
    made, alone = (fit(model, poses, known, examples, stacked=stacked).poses for stacked in (True, False))
    assert torch.equal(made[30:], alone[30:])
    assert not torch.equal(made[:30], alone[:30])
