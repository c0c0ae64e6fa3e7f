"""AAE that reduces dimensions: a code is a head of its class plus a style, W y + z, and heads are kept apart.

Source: Makhzani et al., "Adversarial Autoencoders", 2015, section 7 and Figs. 13 to 15. Classes come from labels
(`--labelled`), or are clusters where `clusters` is given.

Defaults: the paper's networks, but for the activation of the discriminators, a leaky ReLU; not its momentum; the paper
does not say how far apart heads are (1 in musyoku/adversarial-autoencoder, where clusters still overlap).
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import torch
from torch import Tensor, nn

from posectl.core.latent.priors import Prior
from posectl.core.nets import Architecture
from posectl.core.objectives import objective
from posectl.core.objectives.base import Draws, Networks
from posectl.core.objectives.categorical import Categorical, SoftmaxFirst, labels_loss, one_hots
from posectl.core.objectives.discriminator import Compared
from posectl.core.objectives.step import Step
from posectl.errors import UsageError


@objective("aae-reduce")
@dataclass(frozen=True)
class ReducingAAE(Categorical):
    """The AAE for dimensionality reduction; --latent 2 for a picture.

    lam: weight of the sum of the encoder's losses; beside the mean square of an
        image 0.3 is a fair start. Paper: 1, in steps of its own.
    width: units of each hidden layer of a discriminator. Paper: 1000.
    depth: hidden layers of a discriminator. Paper: 2.
    sigma: standard deviation of noise on all that the discriminators see, without which they tell one-hot vectors at a
        glance. As in musyoku/adversarial-autoencoder: 0.3.
    joint: whether the discriminator of the style sees the head, too, so that the style tells nothing of it. Paper: it
        does not, over thousands of epochs.
    supervision: weight in that sum of the labels' cross-entropy. Paper: 1, in steps of its own.
    eta: distance below which two heads push each other apart, with a cost of what is wanting.
    clusters: number of clusters, of data whose labels are not looked at; 0: the classes of the labels. Paper: 10
        classes, 20 clusters.
    classes: number of classes, which comes from the data.
    """

    name = "aae-reduce"

    supervision: float = 1.0
    eta: float = 6.0
    clusters: int = 0
    classes: int = 0

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.eta < 0 or self.clusters < 0 or self.clusters == 1:
            raise UsageError(
                f"{self.name}.eta is a distance, and its clusters are two or more, or 0 for the labels' classes.",
                f"For example --set {self.name}.eta=4 --set {self.name}.clusters=20.",
            )

    @property
    def needs_labels(self) -> bool:  # type: ignore[override]
        """True unless there are clusters."""
        return not self.clusters

    @property
    def needs_labelled(self) -> bool:  # type: ignore[override]
        """True unless there are clusters."""
        return not self.clusters

    @property
    def heads(self) -> int:
        """The number of clusters, or of classes."""
        return self.clusters or self.classes

    @property
    def in_code(self) -> int:
        """Nothing: a code is W y + z."""
        return 0

    def meant(self, heads: Tensor) -> Tensor | None:
        """Return the heads where they are classes."""
        return None if self.clusters else heads

    def encoder(self, inner: nn.Module, architecture: Architecture, replicas: int) -> nn.Module:
        """Return the net's encoder of y and z, with W behind it."""
        both = replace(architecture, latent=self.heads + architecture.latent)  # type: ignore[type-var]
        heads = Heads(replicas, self.heads, architecture.latent, self.eta)
        return AroundHeads(SoftmaxFirst(both.encoder(replicas), self.heads), heads)

    def probabilities(self, outputs: Tensor, latent: int) -> Tensor:
        """Return y, which comes after the code."""
        return outputs[..., latent : latent + self.heads]

    def sizes(self, architecture: Architecture) -> dict[str, int]:
        """Return the sizes of y and of z."""
        return self.sizes_of(architecture.latent)

    def parts(self, step: Step) -> dict[str, Compared]:
        """Return y beside one-hot vectors, and z beside normal noise."""
        _, drawn = one_hots(step.drawn("class"), self.heads)
        y, z = step.extra[..., : self.heads], step.extra[..., self.heads :]
        return {"categorical": (y, drawn), "gaussian": (z, step.drawn("style"))}

    def term(self, step: Step, networks: Networks) -> Tensor:
        """Return the discriminators' cross-entropy (R,), that of the labels, and what heads are too near by."""
        total = super().term(step, networks) + nearness(_heads(step.encoder).matrix, self.eta)
        return total if self.clusters else total + self.supervision * labels_loss(self, step)

    def draws(self, prior: Prior, noise: Tensor, uniform: Tensor, encoder: nn.Module) -> Draws:
        """Return draws of W y + z."""
        classes, y = one_hots(uniform, self.heads)
        heads = _heads(encoder).matrix[0].detach()
        return Draws(y.to(heads) @ heads + noise.to(heads), self.meant(classes))


class Heads(nn.Module):
    """The matrix W (R, K, d) whose rows are the heads, by which y (R, B, K) becomes W y (R, B, d)."""

    def __init__(self, replicas: int, count: int, latent: int, eta: float) -> None:
        super().__init__()
        self.matrix = nn.Parameter(torch.empty(replicas, count, latent))
        # Wide enough for so many heads at this distance: Adam would move them there by its rate a step.
        self.spread = max(1.0, eta / 2 * count ** (1 / latent))

    def forward(self, y: Tensor) -> Tensor:
        return y @ self.matrix

    def initialise(self, replica: int, generator: torch.Generator) -> None:
        """Draw heads from a normal distribution over room for all of them."""
        self.matrix.data[replica] = self.spread * torch.randn(self.matrix.shape[1:], generator=generator)


class AroundHeads(nn.Module):
    """An encoder of y and z that gives W y + z, then y and z."""

    def __init__(self, inner: nn.Module, heads: Heads) -> None:
        super().__init__()
        self.inner, self.heads = inner, heads
        self.count = heads.matrix.shape[1]

    def forward(self, x: Tensor) -> Tensor:
        outputs = self.inner(x)
        code = self.heads(outputs[..., : self.count]) + outputs[..., self.count :]
        return torch.cat((code, outputs), dim=-1)


def _heads(encoder: nn.Module) -> Heads:
    assert isinstance(encoder, AroundHeads)
    return encoder.heads


def nearness(heads: Tensor, eta: float) -> Tensor:
    """Return the sum (R,) over pairs of heads (R, K, d) of what is wanting to the distance eta."""
    i, j = torch.triu_indices(heads.shape[1], heads.shape[1], offset=1, device=heads.device)
    apart = torch.linalg.vector_norm(heads[:, i] - heads[:, j], dim=-1)
    return (eta - apart).clamp_min(0).sum(1)
