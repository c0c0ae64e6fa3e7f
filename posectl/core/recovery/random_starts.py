"""A model's code, optimised from random draws of its prior: what most papers mean by fitting a prior."""

from __future__ import annotations

import torch
from torch import Tensor

from posectl.core.autoencoder import Autoencoder
from posectl.core.distances import pairwise_sum
from posectl.core.latent.priors import sample_codes
from posectl.core.memory import Blocks
from posectl.core.random import generator
from posectl.core.recovery import Recovery

STEPS, LR, ROWS = 150, 0.05, 20_000
"""Steps of Adam, their rate, and codes that are optimised at once, on which no pose depends."""


class RandomStarts(Recovery):
    """Codes of least squared distance on the known joints, by Adam from `starts` draws of the prior a pose; no density
    over codes, no penalty."""

    def __init__(self, model: Autoencoder, starts: int, seed: int) -> None:
        self._model, self._starts, self._seed = model, starts, seed

    def complete(self, poses: Tensor, known: Tensor, hypotheses: int) -> Tensor:
        """Return poses (N, starts, J, 3), the best on the known joints first."""
        g = generator(self._seed, "recovery/random-starts")
        drawn = sample_codes(self._model.prior, len(poses) * self._starts, self._model.latent, g).to(poses.device)
        targets, known = (each.repeat_interleave(self._starts, 0) for each in (poses, known))

        def some(rows: slice) -> Tensor:
            return self._optimised(drawn[rows], targets[rows], known[rows])

        made = torch.cat(list(Blocks(ROWS).over(len(drawn), some)))
        gaps = torch.linalg.vector_norm(made.double() - targets.double(), dim=-1) * known
        order = pairwise_sum(gaps).view(-1, self._starts).argsort(dim=1, stable=True)
        made = made.unflatten(0, (len(poses), self._starts))
        return made[torch.arange(len(poses), device=order.device)[:, None], order][:, :hypotheses]

    def _optimised(self, codes: Tensor, targets: Tensor, known: Tensor) -> Tensor:
        """Return the decoded poses (N, J, 3) of codes (N, d) that started as these."""
        codes = codes.clone().requires_grad_()
        adam = torch.optim.Adam([codes], lr=LR)
        weight, goal = known[..., None].to(targets), torch.where(known[..., None], targets, 0.0)
        for _ in range(STEPS):
            made = self._decoded(codes)
            loss = ((made - goal) * weight).square().sum()
            (codes.grad,) = torch.autograd.grad(loss, codes)
            adam.step()
        with torch.no_grad():
            return self._decoded(codes)

    def _decoded(self, codes: Tensor) -> Tensor:
        return self._model.decoder(self._model.prior.project(codes)[None])[0]

    def denoise(self, poses: Tensor, noise: float) -> Tensor:
        """Return poses (N, 1, J, 3)."""
        return self.complete(poses, torch.ones(poses.shape[:2], dtype=torch.bool, device=poses.device), 1)
