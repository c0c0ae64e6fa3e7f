"""Clouds: (P, 3) points on the surface of a shape, in no order; P is at least 64."""

from __future__ import annotations

import torch
from torch import Tensor

from posectl.core.clouds.chamfer import chamfer, mean_chamfer, nearest_points, squared_distances
from posectl.core.kinds import FEWEST_POINTS, Kind, kind

SHARE = 0.05
"""Weight of the sum over points in the reconstruction loss, as published."""

_LOOKED_AT = 32


@kind("clouds")
class Clouds(Kind):
    """The kind of point clouds. The reconstruction loss is the Chamfer distance, a sum over points, times 0.05 as in
    3d-AAE (Zamorski et al., 2020; MaciejZamorski/3d-AAE, experiments/train_aae.py), and its mean over the batch, which
    the authors sum over too. Squares of points that correspond weigh as much as those of nearest points, so that terms
    of paths stand to the reconstruction as they do of other samples. The test error is the Chamfer distance as a mean
    over points; the distance is the root of half of it. Noise is that of a scan."""

    axes = ("point", "axis")
    noun, nouns = "cloud", "clouds"
    net = "cloud"
    coordinates = 3
    likelihood = "nearest"
    noise = 0.02

    def accepts(self, shape: tuple[int, ...]) -> bool:
        """Tell whether the shape is (P, 3) with at least 64 points."""
        return len(shape) == 2 and shape[1] == 3 and shape[0] >= FEWEST_POINTS

    def squares(self, x: Tensor, x_hat: Tensor) -> Tensor:
        """Return the Chamfer distance (R, B), a sum over points."""
        return chamfer(x, x_hat.to(x.dtype))

    def reconstruction(self, x: Tensor, x_hat: Tensor) -> Tensor:
        """Return 0.05 times the mean (R,) over the batch of the Chamfer distance."""
        return SHARE * self.squares(x, x_hat).mean(1)

    def mean_square(self, differences: Tensor) -> Tensor:
        """Return the reconstruction loss (R,) of clouds of which each point is so far off its nearest."""
        flat = differences.flatten(2)
        return 2 * SHARE * torch.linalg.vecdot(flat, flat).mean(1)

    def mean_absolute(self, x: Tensor, x_hat: Tensor) -> Tensor:
        """Return the mean distance (R,) of points to the nearest of the other cloud, of both."""
        to_b, to_a = squared_distances(x, x_hat.to(x.dtype))
        near = torch.finfo(x.dtype).tiny
        return sum(each.clamp_min(near).sqrt().mean(-1) for each in (to_b, to_a)).mean(1) / 2  # type: ignore[union-attr]

    def matched(self, x: Tensor, x_hat: Tensor) -> Tensor:
        """Return, for every point of x_hat, the nearest of x."""
        of_x_hat, _ = nearest_points(x_hat.flatten(0, 1).to(x.dtype), x.flatten(0, 1))
        return x.flatten(0, 1).gather(1, of_x_hat[..., None].expand(-1, -1, 3)).view(x_hat.shape)

    @torch.no_grad()
    def closest(self, x: Tensor, among: Tensor) -> Tensor:
        """Find the nearest (R, N) of `among` (R, K, P, 3) to each of x (R, N, P, 3), by the Chamfer distance of 32
        points of each."""
        x, among = (each[:, :, :: max(1, each.shape[2] // _LOOKED_AT)][:, :, :_LOOKED_AT] for each in (x, among))
        rows = []
        for row in x.to(among.dtype).unbind(1):
            distances = mean_chamfer(row[:, None].expand_as(among), among)
            rows.append(distances.argmin(1))
        return torch.stack(rows, dim=1)

    def errors(self, x: Tensor, x_hat: Tensor) -> Tensor:
        """Return the Chamfer distance (R, B), a mean over points."""
        return mean_chamfer(x, x_hat.to(x.dtype))

    def pairwise_squares(self, x: Tensor) -> Tensor:
        """Return half the Chamfer distance (R, B, B) between clouds x (R, B, P, 3), as a mean over points."""
        first, second = torch.triu_indices(x.shape[1], x.shape[1], 1)
        squares = x.new_zeros(len(x), x.shape[1], x.shape[1])
        squares[:, first, second] = mean_chamfer(x[:, first], x[:, second]) / 2
        return squares + squares.mT

    def distance(self, a: Tensor, b: Tensor) -> Tensor:
        """Return the root (...) float64 of half the Chamfer distance as a mean over points."""
        a, b = torch.broadcast_tensors(a.double(), b.double())
        return (mean_chamfer(a, b) / 2).sqrt()
