"""A price: the weights of the other terms follow what they cost, against a plain autoencoder trained beside.

The twin is the plain autoencoder of the same seed, on the same batches: its error is what a price is a multiple of. A
weight says how hard a term pulls: at 1, its gradient of the decoder is as large as the reconstruction's, whatever the
data, the code and the metre. What a term itself comes to would not tell. All weights are multiplied by one factor,
which rises while the error stands under the price and falls while it stands above.
Source: posectl's own. Norms of gradients are balanced as in Chen et al., "GradNorm", 2018 (arXiv:1711.02257), without
its loss; the factor is a Lagrange multiplier found as in Rezende and Viola, "Taming VAEs", 2018 (arXiv:1810.00597),
Algorithm 1 (GECO), with a proportional part, as of Stooke et al., "Responsive Safety in Reinforcement Learning by PID
Lagrangian Methods", 2020 (arXiv:2007.03964).
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import cast

import torch
from torch import Tensor, nn

from posectl.core.nets import Architecture
from posectl.core.objectives import OBJECTIVES, objective
from posectl.core.objectives.base import Networks, Objective
from posectl.core.objectives.step import Step
from posectl.errors import UsageError, did_you_mean

TWIN = "price.twin"
"""The group of the twin's parameters, which learns as fast as the autoencoder."""

BALANCE = "price.balance"
"""The network that is the balance."""

# Steps over which errors, and measurements of gradients, are averaged; of how many times that a term acts one is
# measured.
_ERRORS, _GRADIENTS, _MEASURED = 100, 20, 8
# The factor at first, and the range of its logarithm; how fast it follows a gap between the logarithms of
# error and price, by what has been and by what is, and the largest gaps that count.
_FIRST, _RANGE = 0.02, (-8.0, 3.0)
_BY_PAST, _BY_PRESENT = 0.15, 15.0
_PAST, _PRESENT = (-0.1, 0.1), (-0.05, 0.2)
# Errors, and squared gradients, below which there is nothing to hold.
_LEAST = 1e-12
# The terms that share the decoded paths of a step, and act at the same ones.
_OF_PATHS = ("smooth", "cycle", "speed", "near")


class Twin(nn.Module):
    """A plain autoencoder, whose parts are drawn as those of the one that it stands beside."""

    def __init__(self, architecture: Architecture, replicas: int) -> None:
        super().__init__()
        self.encoder, self.decoder = architecture.encoder(replicas), architecture.decoder(replicas)


class Balance(nn.Module):
    """What R replicas know of what they pay, and what for.

    error, twin_error (R,): running means of the errors. pull (R,), pulls (R, T): of the squared norm of the decoder's
    gradient by the reconstruction and by each term. log_factor (R,): the part of the factor that the past has made.
    offset (R,): how much larger the logarithm of what is paid is on held-out samples than in training.
    """

    error: Tensor
    twin_error: Tensor
    pull: Tensor
    pulls: Tensor
    log_factor: Tensor
    offset: Tensor

    def __init__(self, replicas: int, terms: int) -> None:
        super().__init__()
        for name in ("error", "twin_error", "pull", "offset"):
            self.register_buffer(name, torch.zeros(replicas))
        self.register_buffer("pulls", torch.zeros(replicas, terms))
        self.register_buffer("log_factor", torch.full((replicas,), math.log(_FIRST)))

    @property
    def paid(self) -> Tensor:
        """The logarithm (R,) of the error over the twin's, as held-out samples see it where there are any."""
        return (self.error / self.twin_error.clamp_min(_LEAST)).clamp_min(_LEAST).log() + self.offset


@objective("price")
@dataclass(frozen=True)
class Price(Objective):
    """The price of the other terms, which are weighed by how hard they pull at the decoder.

    lam: weighs nothing.
    price: the error of the reconstruction, as a multiple of the plain autoencoder's.
    terms: names of the terms that are weighed so, of those that are there; others weigh what they say.
    every: of so many steps a term acts at one, and presses as much: those of paths at the first, others at the next.
    """

    name = "price"
    whole_batch = "its weights follow errors of the whole batch"
    has_term = False
    paths_once = True
    adversary_names = ("twin",)

    lam: float = 0.0
    price: float = 1.03
    terms: str = "smooth,cycle,speed,near,cover"
    every: int = 2

    def __post_init__(self) -> None:
        if not self.price >= 1 or math.isinf(self.price):
            raise UsageError(
                f"A price is a multiple of the plain autoencoder's error, at least 1, and {self.price:g} is not.",
                "For example --price 1.03.",
            )
        unknown = [name for name in self.rules if name not in OBJECTIVES.names()]
        if unknown:
            raise UsageError(
                f"price.terms: there is no term {unknown[0]!r}.", did_you_mean(unknown[0], OBJECTIVES.names())
            )
        if self.every < 1:
            raise UsageError(f"price.every counts steps and cannot be {self.every}.", "1 has all terms at every step.")

    @property
    def rules(self) -> tuple[str, ...]:
        """The names of the terms that are weighed by their gradients."""
        return tuple(name.strip() for name in self.terms.split(","))

    def networks(self, architecture: Architecture, replicas: int) -> dict[str, nn.Module]:
        """Build the twin, and the balance of the terms."""
        return {"twin": Twin(architecture, replicas), "balance": Balance(replicas, len(self.rules))}

    def adversaries(self, step: Step, networks: Networks) -> dict[str, Tensor]:
        """Return the reconstruction loss of the twin."""
        twin = self._twin(step, networks)
        return {"twin": step.kind.reconstruction(twin.x, twin.x_hat)}

    def acts(self, name: str, index: int) -> bool:
        """Tell whether the term of this name acts at the step of this index: those of paths at one, others after."""
        turn = 0 if name in _OF_PATHS else 1
        return index % self.every == turn % self.every

    @torch.no_grad()
    def weights(self, networks: Networks) -> Tensor:
        """Return the factors (R, T) on the lambdas of the terms that it rules, at a step at which they act."""
        known = cast(Balance, networks["balance"])
        gap = (known.paid - math.log(self.price)).clamp(*_PRESENT)
        factor = (known.log_factor - _BY_PRESENT * gap).exp() * self.every
        weights = factor[:, None] * (known.pull[:, None] / known.pulls.clamp_min(_LEAST)).sqrt()
        return torch.where(known.pulls > _LEAST, weights, 0.0)

    def observe(self, step: Step, networks: Networks, figures: Mapping[str, Tensor], index: int) -> None:
        """Measure the errors of the step of this index and, now and then, the gradients by its losses (R,), of those
        that it rules and "reconstruction"; let the factor follow."""
        known, twin = cast(Balance, networks["balance"]), self._twin(step, networks)
        with torch.no_grad():
            share = max(1 / (index + 1), 1 / _ERRORS)
            known.error.lerp_(step.kind.errors(step.x, step.x_hat).mean(1), share)
            known.twin_error.lerp_(step.kind.errors(twin.x, twin.x_hat).mean(1), share)
        span = _MEASURED * self.every
        share = max(1 / (index // span + 1), 1 / _GRADIENTS)
        if index % span == 0:
            known.pull.lerp_(_squared_gradient(figures["reconstruction"], step.decoder), share)
        for column, name in enumerate(self.rules):
            if index % span < self.every and name in figures:
                known.pulls[:, column].lerp_(_squared_gradient(figures[name], step.decoder), share)
        known.log_factor -= _BY_PAST * (known.paid - math.log(self.price)).clamp(*_PAST)
        known.log_factor.clamp_(*_RANGE)

    @torch.no_grad()
    def hold(self, paid: Tensor, networks: Networks) -> None:
        """Take what is paid (R,) on held-out samples, as a multiple of the twin's error, for what is to be held."""
        known = cast(Balance, networks["balance"])
        known.offset += paid.clamp_min(_LEAST).log() - known.paid

    def _twin(self, step: Step, networks: Networks) -> Step:
        """The step as the twin trains, without noise and objectives."""
        twin = cast(Twin, networks["twin"])
        return step.once("price/twin", lambda: step.of(twin.encoder, twin.decoder))


def _squared_gradient(loss: Tensor, module: nn.Module) -> Tensor:
    """Return the squared norm (R,) of the gradient of a module's parameters by a loss (R,)."""
    parameters = [each for each in module.parameters() if each.requires_grad]
    gradients = torch.autograd.grad(loss.sum(), parameters, retain_graph=True, materialize_grads=True)
    # Row by row first: see `mean_over_batch`.
    rows = (each.square().flatten(2).sum(2) if each.dim() > 2 else each.square() for each in gradients)
    return torch.stack([each.sum(1) for each in rows]).sum(0)
