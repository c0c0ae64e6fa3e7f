"""Worlds whose every image is known: pure functions from factors to images, on any device, that touch no file.

A dataset says which world it is of in `about["world"]`: {"name": "lines", "renderer": "acai", "size": 32, "endless":
true} or {"name": "pole", "size": 64, "colour": true, "endless": false}. Factors go by their names in
`about["factors"]`: `angle` in radians, `azimuth` and `elevation` in degrees.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Protocol

import torch
from torch import Tensor

from posectl.data.synthetic import lines, pole
from posectl.errors import InvalidInputError, UsageError, nearest_name


class World(Protocol):
    """What a module of this package offers."""

    def render(self, settings: Mapping[str, Any], factors: Mapping[str, Tensor]) -> Tensor: ...

    def random_factors(self, count: int, generator: torch.Generator) -> dict[str, Tensor]: ...

    def labels(self, factors: Mapping[str, Tensor]) -> dict[str, Tensor]: ...


WORLDS: dict[str, World] = {"lines": lines, "pole": pole}

Draw = Callable[[int, torch.Generator], tuple[Tensor, dict[str, Tensor]]]


def render(about: Mapping[str, Any], factors: Mapping[str, Tensor]) -> Tensor:
    """The images (N, C, H, W) of a dataset's world at any values (N,) of its factors, on their device.

    Raises UsageError for a dataset that no world is behind, InvalidInputError for a world that is not known.
    """
    world, settings = _world(about)
    return world.render(settings, factors)


def draw_factors(about: Mapping[str, Any], count: int, generator: torch.Generator) -> dict[str, Tensor]:
    """Factors (count,) float64 of fresh images, uniform over their ranges, on the CPU."""
    return _world(about)[0].random_factors(count, generator)


def sampler(about: Mapping[str, Any], device: torch.device | str = "cpu") -> Draw | None:
    """A function (count, CPU generator) -> (images (count, C, H, W), factors), on `device`, for a world without end.

    The factors are drawn on the CPU, so that they are the same for every device; beside them is the `label` (count,)
    int64 where the world has classes. None for finite datasets.
    """
    if not about.get("world", {}).get("endless"):
        return None

    def draw(count: int, generator: torch.Generator) -> tuple[Tensor, dict[str, Tensor]]:
        factors = {name: values.to(device) for name, values in draw_factors(about, count, generator).items()}
        images = render(about, factors)
        return images, factors | labels(about, factors)

    return draw


def labels(about: Mapping[str, Any], factors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """{"label": (N,) int64} for factors of a world that has classes, else nothing."""
    return _world(about)[0].labels(factors)


def _world(about: Mapping[str, Any]) -> tuple[World, Mapping[str, Any]]:
    """The world that a dataset is of, and its settings."""
    settings: Mapping[str, Any] = about.get("world", {})
    if not settings:
        message = "This dataset is a collection of images, and what lies between them is not known."
        raise UsageError(message, "Take one of a world: posectl prepare lines, or pole.")
    name = str(settings.get("name"))
    if name not in WORLDS:
        raise InvalidInputError(f"There is no world {name!r}.", nearest_name(name, WORLDS))
    return WORLDS[name], settings
