"""The factors behind datasets: true images drawn or looked up, intervals, and where images are found."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from stages.turntables import publish_pictures, publish_turntable

from posectl.data.synthetic import lines
from posectl.errors import InvalidInputError
from posectl.stages.artifacts.dataset import StoredDataset
from posectl.stages.evaluation.factors import FactorSpace
from posectl.stages.prepare import prepare
from posectl.stages.run import Run

CPU = torch.device("cpu")


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    run = Run(store=tmp_path_factory.mktemp("store") / "artifacts")
    prepare(run, "lines", options={"train_count": 40, "test_count": 40})
    publish_turntable(run)
    publish_pictures(run)
    return run


@pytest.fixture(scope="module")
def drawn(run):
    return FactorSpace(StoredDataset(run.artifacts.get("lines")), CPU)


@pytest.fixture(scope="module")
def turntable(run):
    return FactorSpace(StoredDataset(run.artifacts.get("turntable")), CPU)


def test_true_images_of_lines_are_drawn_at_any_angle(drawn):
    angles = torch.tensor([[[0.1], [7.0]]], dtype=torch.float64)
    expected = lines.draw(torch.tensor([0.1, 7.0], dtype=torch.float64), renderer="acai")
    assert torch.equal(drawn.truth(angles, torch.zeros(1))[0], expected)


def test_lines_are_held_against_ten_thousand_drawn_evenly_by_the_cosine(drawn):
    images, angles = drawn.gallery
    assert images.shape == (10_000, 1, 32, 32)
    np.testing.assert_allclose(angles[:, 0].numpy(), np.linspace(0, 2 * math.pi - 2 * math.pi / 10_000, 10_000))
    assert (drawn.metric, drawn.unit) == ("cosine", "rad")


def test_true_images_of_a_turntable_exist_at_its_own_angles_of_its_own_object(turntable):
    way = torch.tensor([[[355.0], [360.0], [362.5]]] * 2, dtype=torch.float64)
    images = turntable.truth(way, torch.tensor([0, 1]))
    stored = turntable.images
    assert torch.equal(images[0, 0], stored[71])
    assert torch.equal(images[1, 1], stored[72])
    assert images[:, 2].isnan().all()
    assert torch.equal(turntable.images_at(way, torch.tensor([0, 1]))[0, 2], stored[0])
    assert (turntable.metric, turntable.unit) == ("l2", "deg")


def test_intervals_are_so_many_degrees_apart(drawn, turntable):
    for space in (drawn, turntable):
        ends = space.interval(80, 30, seed=0)
        assert ends.images.shape[0] == 30
        gap = (ends.factors[:, 1] - ends.factors[:, 0])[:, 0] / space.degree
        np.testing.assert_allclose(gap.numpy(), 80, rtol=1e-12)
        assert torch.equal(ends.images, space.truth(ends.factors, ends.objects))


def test_intervals_that_no_two_images_span_are_none(turntable):
    assert turntable.interval(12, 10, seed=0) is None
    assert len(turntable.interval(80, 10_000, seed=0).images) == 144


def test_images_are_found_where_they_are(turntable):
    rows = torch.tensor([[0, 16, 40], [71, 75, 100]])
    trace = turntable.trace(turntable.images[rows])
    assert torch.equal(trace.retrieved, turntable.values[rows])
    assert trace.gap.abs().max() == 0
    # The even way between the ends found, the short way round: 0 to 200 is 160 back; 355 to 140 is 145 on.
    assert trace.expected[0, :, 0].tolist() == pytest.approx([0, -80, -160])
    assert trace.expected[1, :, 0].tolist() == pytest.approx([355, 427.5, 500])
    assert turntable.objects_in(turntable.images[rows[:, 2]]).tolist() == [0, 1]


def test_pictures_of_which_nothing_is_known_have_no_factors(run):
    with pytest.raises(InvalidInputError, match="Nothing is known"):
        FactorSpace(StoredDataset(run.artifacts.get("pictures")), CPU)
