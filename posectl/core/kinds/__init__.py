"""Kinds of samples: poses, images, clouds, one file each; the rest of posectl asks them all that depends on the sample.

A kind says how its arrays are shaped, in which unit they are, what trains them by default, and the distance of two of
them. `@kind("curves")` on a subclass of `Kind`, in any module, registers one more.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import ClassVar, Literal

import torch
from torch import Tensor

from posectl.core.distances import pairwise_squares, root_mean_square
from posectl.core.objectives.lookup import closest
from posectl.registry import Registry


class Kind:
    """A kind of sample. The defaults are those of plain arrays without a unit, compared element by element.

    axes: names of a sample's dimensions; nouns: what one and several of them are called, and what `prepare` counts;
    unit: "m", or "1" where there is none; prior, net: names of the default prior and net.

    coordinates: elements that make one place, 3 for points in space; the reconstruction loss is the mean over places.
    likelihood: what a VAE decodes, a Gaussian's mean, logits, or points, each the mean of a Gaussian of the nearest.
    noise: standard deviation of denoising's noise. intensity: the difference that GAIA's balance counts as one. search,
    path_search: the distance of the exact search for samples, and for Mean Distance along paths (see
    posectl.core.metrics.nearest).
    """

    name: ClassVar[str]
    axes: ClassVar[tuple[str, ...]]
    noun: ClassVar[str] = "sample"
    nouns: ClassVar[str] = "samples"
    unit: ClassVar[str] = "1"
    prior: ClassVar[str] = "normal"
    net: ClassVar[str] = "mlp"
    coordinates: ClassVar[int] = 1
    likelihood: ClassVar[Literal["gaussian", "bernoulli", "nearest"]] = "gaussian"
    noise: ClassVar[float] = 0.1
    intensity: ClassVar[float] = 1.0
    search: ClassVar[Literal["mpjpe", "l2", "cosine"]] = "l2"
    path_search: ClassVar[Literal["mpjpe", "l2", "cosine"]] = "l2"

    @property
    def path_unit(self) -> str:
        """The unit of distances found by `path_search`."""
        return "1" if self.path_search == "cosine" else self.unit

    def accepts(self, shape: tuple[int, ...]) -> bool:
        """Tell whether one sample of this kind may have this shape."""
        return len(shape) == len(self.axes)

    def mean_square(self, differences: Tensor) -> Tensor:
        """Return the reconstruction loss (R,) of differences (R, B, *shape): squared, mean over batch and places."""
        flat = differences.flatten(2)
        return torch.linalg.vecdot(flat, flat).sum(1) * (self.coordinates / flat[0].numel())

    def reconstruction(self, x: Tensor, x_hat: Tensor) -> Tensor:
        """Return the reconstruction loss (R,) of x_hat (R, B, *shape) against x."""
        return self.mean_square(x_hat - x)

    def squares(self, x: Tensor, x_hat: Tensor) -> Tensor:
        """Return the squared error (R, B) of x_hat (R, B, *shape) against x, a sum over elements."""
        return (x_hat - x).square().flatten(2).sum(2)

    def mean_absolute(self, x: Tensor, x_hat: Tensor) -> Tensor:
        """Return the mean absolute error (R,) of x_hat (R, B, *shape) against x."""
        absolute = (x - x_hat).abs().flatten(2).mean(2)
        return absolute.mean(1)

    def matched(self, x: Tensor, x_hat: Tensor) -> Tensor:
        """Return the elements of x (R, B, *shape) in the order in which x_hat has its own."""
        return x

    def closest(self, x: Tensor, among: Tensor) -> Tensor:
        """Find the nearest (R, N) of `among` (R, K, *shape) to each of x (R, N, *shape), for training."""
        return closest(x.flatten(2), among.flatten(2))

    def pairwise_squares(self, x: Tensor) -> Tensor:
        """Return the squared distances (R, B, B) between samples x (R, B, *shape): the mean over elements."""
        return pairwise_squares(x)

    def errors(self, x: Tensor, x_hat: Tensor) -> Tensor:
        """Return the test error (R, B) of each reconstruction: the mean square of its elements."""
        return (x_hat - x).square().flatten(2).mean(2)

    def speed(self, velocity: Tensor) -> Tensor:
        """Return the size (R, B) of derivatives (R, B, *shape) along a path, in the norm of `distance`."""
        size = math.prod(velocity.shape[2:])
        return torch.linalg.vector_norm(velocity.flatten(2), dim=-1) / size**0.5

    def distance(self, a: Tensor, b: Tensor) -> Tensor:
        """Return the distance (...) float64 of samples (..., *shape) that broadcast: root mean square of elements."""
        return root_mean_square(a, b, len(self.axes))


FEWEST_POINTS = 64
"""Points that an array (..., P, 3) of which nothing is said has at least, to be clouds rather than poses."""

KINDS: Registry[Kind] = Registry("kind of sample", "posectl.core.kinds", decorator="kind")


def kind(name: str) -> Callable[[type[Kind]], type[Kind]]:
    """Decorator: register a subclass of `Kind` under its name.

    >>> @kind("signals")
    ... class Signals(Kind):
    ...     axes = ("time",)
    >>> KINDS.get("signals").distance(torch.zeros(3, 100), torch.ones(100))
    tensor([1., 1., 1.], dtype=torch.float64)
    >>> KINDS.unregister("signals")
    """

    def put(cls: type[Kind]) -> type[Kind]:
        cls.name = name
        KINDS.register(name)(cls())
        return cls

    return put


def of_shape(shape: tuple[int, ...]) -> Kind | None:
    """Return the kind whose samples have this shape, poses and images before others; None where none has.

    >>> from posectl.core.kinds import of_shape
    >>> of_shape((17, 3)).name, of_shape((2048, 3)).name, of_shape((1, 32, 32)).name
    ('poses', 'clouds', 'images')
    """
    known = sorted(KINDS.names(), key=lambda name: (name not in KINDS.built_in(), name != "poses", name))
    return next((each for name in known if (each := KINDS.get(name)).accepts(shape)), None)
