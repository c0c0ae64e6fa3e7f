"""Interpolations as samples to learn of, of a model that knows the data's shape and of one that knows nothing."""

import math
from types import SimpleNamespace

import pytest
import torch

from posectl.core.latent.priors import NORMAL
from posectl.core.metrics import few_label_error as module
from posectl.core.metrics.few_label_error import SORTS, balanced, few_label_error
from posectl.errors import TooFewError


def model(encode, decode):
    return SimpleNamespace(device=torch.device("cpu"), prior=NORMAL, encode=encode, decode=decode)


PLAIN = model(lambda x: x.flatten(1), lambda z: z.unflatten(1, (1, 2)))


def arc_and_heart(count, seed):
    """Points (2 count, 1, 2): a half-circle of radius 1, and the disc of radius 1/2 about its centre."""
    g = torch.Generator().manual_seed(seed)
    turn, around, radius = (torch.rand(count, generator=g) for _ in range(3))
    turn, around = math.pi * turn, 2 * math.pi * around
    arc = torch.stack([turn.cos(), turn.sin()], 1)
    heart = (0.5 * radius.sqrt())[:, None] * torch.stack([around.cos(), around.sin()], 1)
    return torch.cat([arc, heart])[:, None], torch.arange(2).repeat_interleave(count)


def polar(x):
    return torch.stack([torch.atan2(x[:, 0, 1], x[:, 0, 0]), x[:, 0].norm(dim=1)], 1)


def from_polar(z):
    return (z[:, 1:] * torch.stack([z[:, 0].cos(), z[:, 0].sin()], 1))[:, None]


def scored(network, labelled=6, **options):
    x, y = arc_and_heart(200, 0)
    tests, of_tests = arc_and_heart(300, 1)
    return few_label_error(network, x, y, tests, of_tests, classes=2, labelled=labelled, seed=0, **options)


def test_a_model_whose_path_is_the_straight_line_does_what_the_cross_fade_does():
    score = scored(PLAIN)
    assert score["paths"] == score["crossfade"]
    assert [score[sort]["count"] for sort in SORTS] == [1800] * 3


def test_paths_along_the_data_help_where_straight_ones_lead_through_another_class():
    # Chords of the arc cross the heart, and bear the arc's label.
    score = scored(model(polar, from_polar), labelled=4)
    assert score["paths"]["mean"] < score["crossfade"]["mean"]
    assert score["paths"]["mean"] < score["labelled"]["mean"]


def test_made_samples_lie_on_the_paths_between_two_of_a_class(monkeypatch):
    x, y = arc_and_heart(50, 0)
    draw = module._draw(model(polar, from_polar), x, y, 2, 8, torch.Generator().manual_seed(0))
    on_arc = draw.bank_labels == 0
    torch.testing.assert_close(draw.paths[on_arc].norm(dim=1), torch.ones(int(on_arc.sum())))
    assert draw.faded[on_arc].norm(dim=1).min() < 0.9
    # A place on the straight line between two labelled samples of the class.
    for made, label in zip(draw.faded[:20], draw.bank_labels[:20], strict=True):
        own = draw.x[draw.labels == label]
        detours = (own - made).norm(dim=1)[:, None] + (own - made).norm(dim=1) - torch.cdist(own, own)
        assert detours.min() < 1e-5


def test_labels_are_drawn_evenly_over_the_classes():
    labels = torch.tensor([2, 0, 1, 0, 1, 2, 0, 1, 2, 0])
    rows = balanced(labels, 3, 7, torch.Generator().manual_seed(0))
    assert torch.bincount(labels[rows]).tolist() == [3, 2, 2]
    assert len(set(rows.tolist())) == 7


def test_more_labels_than_there_are_is_told():
    with pytest.raises(TooFewError, match="Class 0 has 200 training samples, and 250 of 500") as error:
        scored(PLAIN, labelled=500)
    assert error.value.hint == "--labelled 400 or fewer."
