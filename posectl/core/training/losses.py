"""The losses of a step: the autoencoder minimises reconstruction + sum of lambda times term, each adversary its own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple, TypeVar

import torch
from torch import Tensor, nn

from posectl.core.objectives.base import Networks, Objective
from posectl.core.objectives.price import Price
from posectl.core.objectives.step import Step

T = TypeVar("T")


class _Term(NamedTuple):
    """An objective with its lambda (R,) for each replica, and the networks that it brings, by its own names."""

    objective: Objective
    lam: Tensor
    networks: Networks


class Losses:
    """The losses of objectives over these networks, and the parameters that each of them moves.

    objectives: a list for each replica, which differ in their lambdas alone; networks: "encoder", "decoder", and what
    an objective brings as "objective.name". groups: parameters by optimiser group and name: the "autoencoder", with
    every network that has no loss of its own, and each adversary. figures: the names of the losses, those of groups
    among them. price: the objective that weighs terms, with its networks, where there is one.
    """

    def __init__(self, objectives: Sequence[Sequence[Objective]], networks: Mapping[str, nn.Module]) -> None:
        device = next(networks["encoder"].parameters()).device
        self.terms = [
            _Term(
                same[0],
                torch.tensor([objective.lam for objective in same], device=device),
                {n.partition(".")[2]: m for n, m in networks.items() if n.startswith(f"{same[0].name}.")},
            )
            for same in zip(*objectives, strict=True)
        ]
        adversaries = {f"{t.objective.name}.{name}" for t in self.terms for name in t.objective.adversary_names}
        self.groups: dict[str, dict[str, nn.Parameter]] = {"autoencoder": {}}
        for name, module in networks.items():
            group = self.groups.setdefault(name if name in adversaries else "autoencoder", {})
            group |= {f"{name}.{key}": parameter for key, parameter in module.named_parameters()}
        weighed = [term.objective.name for term in self.terms if term.objective.has_term]
        self.figures = ["reconstruction", *weighed, *(g for g in self.groups if g != "autoencoder"), "autoencoder"]
        self.last = {name: torch.full((len(objectives),), 0.0, device=device) for name in weighed}
        self.price = next(((t.objective, t.networks) for t in self.terms if isinstance(t.objective, Price)), None)

    def __call__(self, step: Step, index: int = 0) -> dict[str, Tensor]:
        """Compute every figure of the step of this index, (R,); of a term that does not act at it, the last one."""
        figures = {"reconstruction": self._reconstruction(step)}
        total = figures["reconstruction"]
        lams = self._lambdas(index)
        for term in self.terms:
            name = term.objective.name
            if name in lams:
                figures[name] = term.objective.term(step, term.networks)
                total = total + lams[name] * figures[name]
                self.last[name] = figures[name].detach()
            elif term.objective.has_term:
                figures[name] = self.last[name]
            figures |= _by_group(term.objective, term.objective.adversaries(step, term.networks))
        if self.price is not None:
            price, networks = self.price
            acting = {name: figures[name] for name in ("reconstruction", *lams)}
            price.observe(step, networks, acting, index)
        for term in self.terms:
            term.objective.follow(step, term.networks)
        return {**figures, "autoencoder": total}

    def _lambdas(self, index: int) -> dict[str, Tensor]:
        """Return the lambda (R,) of each term that acts at the step of this index, by name."""
        lams = {term.objective.name: term.lam for term in self.terms if term.objective.has_term}
        if self.price is not None:
            price, networks = self.price
            for name, weight in zip(price.rules, price.weights(networks).unbind(1), strict=True):
                lam = lams.pop(name, None)
                if lam is not None and price.acts(name, index):
                    lams[name] = lam * weight
        return lams

    def _reconstruction(self, step: Step) -> Tensor:
        for term in self.terms:
            if term.objective.replaces_reconstruction:
                return term.objective.reconstruction(step, term.networks)
        return step.kind.reconstruction(step.x, step.x_hat)

    def lr_scales(self, step: Step) -> dict[str, Tensor]:
        """Return factors (R,) on the learning rates of groups at this step, of those that have one."""
        scales: dict[str, Tensor] = {}
        for term in self.terms:
            scales |= _by_group(term.objective, term.objective.lr_scales(step, term.networks))
        return scales

    def moving(self, index: int) -> list[str]:
        """Return the groups that move at the step of this index."""
        frozen = {name for t in self.terms for name in _by_group(t.objective, dict.fromkeys(t.objective.frozen(index)))}
        return [group for group in self.groups if group not in frozen]


def _by_group(objective: Objective, values: Mapping[str, T]) -> dict[str, T]:
    """Return values by an objective's own names, under the names of the groups."""
    return {name if name == "autoencoder" else f"{objective.name}.{name}": value for name, value in values.items()}
