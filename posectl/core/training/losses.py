"""The losses of a step: the autoencoder minimises reconstruction + sum of lambda times term, each adversary its own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

from torch import Tensor, nn

from posectl.core.objectives import Objective, squared_error
from posectl.core.objectives.step import Step

T = TypeVar("T")


@dataclass(frozen=True)
class Term:
    """An objective with one lambda a replica."""

    objective: Objective
    lam: Tensor


class Losses:
    """The losses of the terms over these networks, and the parameters that each of them moves.

    networks: "encoder", "decoder", and what an objective brings as "objective.name". groups: parameters by optimiser
    group and name: the "autoencoder", with every network that has no loss of its own, and each adversary. figures:
    the names of the losses, those of groups among them.
    """

    def __init__(self, terms: Sequence[Term], networks: Mapping[str, nn.Module]) -> None:
        self.terms = [
            (
                term,
                {
                    name.partition(".")[2]: m
                    for name, m in networks.items()
                    if name.startswith(f"{term.objective.name}.")
                },
            )
            for term in terms
        ]
        adversaries = {f"{t.objective.name}.{name}" for t in terms for name in t.objective.adversary_names}
        self.groups: dict[str, dict[str, nn.Parameter]] = {"autoencoder": {}}
        for name, module in networks.items():
            group = self.groups.setdefault(name if name in adversaries else "autoencoder", {})
            group |= {f"{name}.{key}": parameter for key, parameter in module.named_parameters()}
        weighed = [term.objective.name for term in terms if term.objective.has_term]
        self.figures = ["reconstruction", *weighed, *(g for g in self.groups if g != "autoencoder"), "autoencoder"]

    def __call__(self, step: Step) -> dict[str, Tensor]:
        """Every figure of a step, (R,)."""
        figures = {"reconstruction": self._reconstruction(step)}
        total = figures["reconstruction"]
        for term, own in self.terms:
            name = term.objective.name
            if term.objective.has_term:
                figures[name] = term.objective.term(step, own)
                total = total + term.lam * figures[name]
            figures |= _by_group(term.objective, term.objective.adversaries(step, own))
        return {**figures, "autoencoder": total}

    def _reconstruction(self, step: Step) -> Tensor:
        for term, own in self.terms:
            if term.objective.replaces_reconstruction:
                return term.objective.reconstruction(step, own)
        return squared_error(step.x, step.x_hat)

    def paces(self, step: Step) -> dict[str, Tensor]:
        """Factors (R,) on the learning rates of groups at this step, of those that have one."""
        paces: dict[str, Tensor] = {}
        for term, own in self.terms:
            paces |= _by_group(term.objective, term.objective.paces(step, own))
        return paces

    def moving(self, index: int) -> list[str]:
        """The groups that move at the step of this index."""
        resting = {
            name for t, _ in self.terms for name in _by_group(t.objective, dict.fromkeys(t.objective.resting(index)))
        }
        return [group for group in self.groups if group not in resting]


def _by_group(objective: Objective, values: Mapping[str, T]) -> dict[str, T]:
    """Values by an objective's own names, under the names of the groups."""
    return {name if name == "autoencoder" else f"{objective.name}.{name}": value for name, value in values.items()}
