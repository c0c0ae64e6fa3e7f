"""Scenes as datasets name them."""

from __future__ import annotations

import math
from typing import Any

import pytest
import torch

from posectl.data.synthetic import lines, pole, render, sampler
from posectl.errors import InvalidInputError, UsageError

LINES: dict[str, Any] = {"name": "lines", "renderer": "smooth", "size": 16, "endless": True}
POLE: dict[str, Any] = {"name": "pole", "size": 16, "colour": True, "endless": True}


def seeded(seed: int) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def test_factors_are_rendered_as_the_dataset_says() -> None:
    angle, azimuth, elevation = torch.tensor([1.0, 2.0]), torch.tensor([30.0]), torch.tensor([50.0])
    drawn = render(LINES, {"angle": angle})
    assert torch.equal(drawn, lines.draw(angle, renderer="smooth", size=16))
    drawn = render(POLE, {"azimuth": azimuth, "elevation": elevation})
    assert torch.equal(drawn, pole.draw(azimuth, elevation, size=16))
    grey = {**POLE, "colour": False}
    assert render(grey, {"azimuth": azimuth, "elevation": elevation}).shape == (1, 1, 16, 16)


@pytest.mark.parametrize("scene", [LINES, {**LINES, "renderer": "acai"}, POLE, {**POLE, "colour": False}])
def test_images_are_drawn_where_their_factors_are(scene: dict[str, Any]) -> None:
    """On a device of no memory, which refuses to work with tensors from elsewhere."""
    factors = {name: torch.empty(3000, device="meta") for name in ("angle", "azimuth", "elevation")}
    assert render(scene, factors).device.type == "meta"


@pytest.mark.parametrize("scene", [LINES, POLE])
def test_an_endless_scene_draws_what_its_factors_say(scene: dict[str, Any]) -> None:
    draw = sampler(scene)
    assert draw is not None
    images, factors = draw(50, seeded(0))
    assert torch.equal(images, render(scene, factors))
    again, other = draw(50, seeded(0))[0], draw(50, seeded(1))[0]
    assert torch.equal(images, again)
    assert not torch.equal(images, other)


def test_lines_bring_their_sectors_along() -> None:
    draw = sampler(LINES)
    assert draw is not None
    _, drawn = draw(500, seeded(0))
    assert torch.equal(drawn["label"], lines.sector(drawn["angle"]))
    assert drawn["label"].unique().tolist() == list(range(10))


def test_lights_are_uniform_over_the_sky_that_the_grid_covers() -> None:
    draw = sampler(POLE)
    assert draw is not None
    _, drawn = draw(4000, seeded(0))
    for name, low, high in (("azimuth", 0, 360), ("elevation", 45, 80)):
        scaled = (drawn[name] - low) / (high - low)
        assert scaled.min() >= 0
        assert scaled.max() < 1
        gap = (scaled.sort().values - torch.arange(4000) / 4000).abs().max()
        assert gap < 1.63 / math.sqrt(4000)


@pytest.mark.parametrize("scene", [{}, {**LINES, "endless": False}])
def test_finite_datasets_have_no_sampler(scene: dict[str, Any]) -> None:
    assert sampler(scene) is None


def test_a_dataset_without_a_scene_cannot_be_rendered() -> None:
    with pytest.raises(UsageError, match="not known") as caught:
        render({}, {"azimuth": torch.zeros(1)})
    assert "posectl prepare lines" in caught.value.hint


def test_an_unknown_scene_is_named_with_its_nearest() -> None:
    with pytest.raises(InvalidInputError, match="'line'") as caught:
        render({"name": "line"}, {"angle": torch.zeros(1)})
    assert "lines" in caught.value.hint
