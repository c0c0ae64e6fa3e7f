"""The entanglement of attribute vectors: what a move along each changes in the samples, beside what it should.

Sainburg et al., Generative adversarial interpolative autoencoding, 2018, section 2.4, find those of least squares less
intertwined than differences of means, and show pictures; this is a measure of it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from posectl.core.latent.attributes import Attribute
from posectl.core.metrics import Score, metric
from posectl.core.metrics.summary import summarise


@dataclass(frozen=True)
class Edits:
    """What moves along attribute vectors changed in held-out samples, as classifiers and regressions of samples tell.

    change (A, A): the mean change of the j-th attribute, as a probability of classes and in standard deviations of
    numbers, by a move of 1 along the i-th, over samples without the i-th; accuracy: by label, of the classifier on
    held-out samples, or R^2 of a regression.
    """

    attributes: Sequence[Attribute]
    change: Tensor
    accuracy: dict[str, float]


@metric("entanglement", better={"change": "higher", "leakage": "lower", "ratio": "lower", "accuracy": "higher"})
def entanglement(edits: Edits) -> Score:
    """Compute what moves along attribute vectors change, and leak, and the ratio of the two.

    change: of the wished attribute, over attributes; leakage: into each other label, over pairs of attribute and label:
    of classes the total variation of their mean probabilities, half of the sum of the absolute changes, of numbers the
    absolute change; ratio: mean leakage over mean change; accuracy: of what tells. `a>b` is what moves along attributes
    of the label a change in b, of a itself the wished change. The curve `matrix` (A, A) is the change of every
    attribute.

    >>> import torch
    >>> from posectl.core.latent.attributes import Attribute
    >>> from posectl.core.metrics.entanglement import Edits, entanglement
    >>> edits = Edits([Attribute("a", "a"), Attribute("b", "b")], torch.tensor([[1.0, -0.5], [0.1, 0.5]]), {})
    >>> round(entanglement(edits)["ratio"]["mean"], 6)
    0.4
    """
    attributes, change = edits.attributes, edits.change.double()
    labels = list(dict.fromkeys(each.label for each in attributes))
    wished = change.diagonal()
    leaks = {label: _into(label, attributes, change) for label in labels}
    cells: dict[tuple[str, str], Tensor] = {}
    for one in labels:
        own = torch.tensor([each.label == one for each in attributes], device=change.device)
        cells |= {(one, other): (wished if other == one else leaks[other])[own] for other in labels}
    leaked = [cell for (one, other), cell in cells.items() if one != other]
    leakage = torch.cat(leaked) if leaked else change.new_empty(0)
    return {
        "change": summarise(wished, "1"),
        "leakage": summarise(leakage, "1"),
        "ratio": summarise((leakage.mean() / wished.mean())[None], "1"),
        "accuracy": summarise(torch.tensor(list(edits.accuracy.values())), "1", by_label=edits.accuracy),
        **{f"{one}>{other}": summarise(cell, "1") for (one, other), cell in cells.items()},
        "attributes": [each.name for each in attributes],
        "unit": "1",
        "curve": {"attribute": torch.arange(len(attributes)), "matrix": change.cpu()},
    }


def _into(label: str, attributes: Sequence[Attribute], change: Tensor) -> Tensor:
    """Return what leaks (A,) from moves along each attribute into a label."""
    own = [i for i, each in enumerate(attributes) if each.label == label]
    if attributes[own[0]].value:
        return change[:, own].abs().sum(1) / 2
    return change[:, own].norm(dim=1)
