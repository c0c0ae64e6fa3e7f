"""Synthetic scenes, whose image is known at every value of their factors: pure functions on any device, no files.

A dataset says in `about["world"]` which scene it is of, and with which settings: {"name": "lines", "renderer": "acai",
"size": 32, "endless": true} or {"name": "pole", "size": 64, "colour": true, "endless": false}. Factors go by their
names in `about["factors"]`: `angle` in radians, `azimuth` and `elevation` in degrees.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Protocol

import torch
from torch import Tensor

from posectl.data.synthetic import lines, pole
from posectl.errors import InvalidInputError, UsageError, did_you_mean

Settings = Mapping[str, Any]


class Scene(Protocol):
    """The functions that a module of this package offers."""

    def render(self, settings: Settings, factors: Mapping[str, Tensor]) -> Tensor:
        """Render the images (N, C, H, W) at factors (N,)."""
        ...

    def random_factors(self, count: int, generator: torch.Generator) -> dict[str, Tensor]:
        """Draw factors (count,) float64."""
        ...

    def labels(self, factors: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """Return {"label": (N,) int64}, or nothing for scenes without classes."""
        ...


SCENES: dict[str, Scene] = {"lines": lines, "pole": pole}

Sampler = Callable[[int, torch.Generator], tuple[Tensor, dict[str, Tensor]]]


def render(settings: Settings, factors: Mapping[str, Tensor]) -> Tensor:
    """Render the images (N, C, H, W) of a scene at any values (N,) of its factors, on their device.

    Raises UsageError where there are no settings, InvalidInputError for a scene that is not known.

    >>> import torch
    >>> from posectl.data.synthetic import render
    >>> settings = {"name": "lines", "renderer": "acai", "size": 32}
    >>> render(settings, {"angle": torch.zeros(2)}).shape
    torch.Size([2, 1, 32, 32])
    """
    return _scene(settings).render(settings, factors)


def random_factors(settings: Settings, count: int, generator: torch.Generator) -> dict[str, Tensor]:
    """Draw factors (count,) float64 uniformly over their ranges, on the CPU.

    >>> import torch
    >>> from posectl.data.synthetic import random_factors
    >>> random_factors({"name": "lines"}, 4, torch.Generator().manual_seed(0))["angle"].shape
    torch.Size([4])
    """
    return _scene(settings).random_factors(count, generator)


def sampler(settings: Settings, device: torch.device | str = "cpu") -> Sampler | None:
    """Return a function (count, CPU generator) -> (images (count, C, H, W), factors), on `device`, for endless scenes.

    The factors are drawn on the CPU, so that they are the same for every device; beside them is the `label` (count,)
    int64 where the scene has classes. None for finite datasets.

    >>> import torch
    >>> from posectl.data.synthetic import sampler
    >>> draw = sampler({"name": "lines", "renderer": "acai", "size": 32, "endless": True})
    >>> images, factors = draw(4, torch.Generator().manual_seed(0))
    >>> images.shape, sorted(factors)
    (torch.Size([4, 1, 32, 32]), ['angle', 'label'])
    """
    if not settings.get("endless"):
        return None

    def draw(count: int, generator: torch.Generator) -> tuple[Tensor, dict[str, Tensor]]:
        factors = {name: values.to(device) for name, values in random_factors(settings, count, generator).items()}
        return render(settings, factors), factors | labels(settings, factors)

    return draw


def labels(settings: Settings, factors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Return {"label": (N,) int64} for factors of a scene that has classes, else nothing.

    >>> import torch
    >>> from posectl.data.synthetic import labels
    >>> labels({"name": "lines"}, {"angle": torch.tensor([0.1, 3.2])})
    {'label': tensor([0, 5])}
    """
    return _scene(settings).labels(factors)


def _scene(settings: Settings) -> Scene:
    if not settings:
        message = "This dataset is a collection of images, and what lies between them is not known."
        raise UsageError(message, "Take a synthetic one: posectl prepare lines, or pole.")
    name = str(settings.get("name"))
    if name not in SCENES:
        raise InvalidInputError(f"There is no scene {name!r}.", did_you_mean(name, SCENES))
    return SCENES[name]
