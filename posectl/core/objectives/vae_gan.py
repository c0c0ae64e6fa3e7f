"""VAE-GAN: a VAE whose reconstructions are compared in the features of a discriminator, which they are to deceive too.

Source: Larsen et al., "Autoencoding beyond pixels using a learned similarity metric", 2016, Eqs. 5 to 8 and Algorithm
1; shown beside GAIA by Sainburg et al., 2018, Fig. 5 A. The decoder's adversarial loss does not saturate.

Features are compared at unit variance over the batch, as batch norm leaves those of the authors' discriminator. Without
it they shrink below the divergence, and every code comes to be the prior's.

Defaults: posectl's own gamma and features, for the paper states no gamma (its code: 1e-6 of 16,384 features of faces);
the authors' code's pauses of a discriminator that is ahead (andersbll/autoencoding_beyond_pixels, model/aegan.py), not
those of a decoder that is; not their RMSProp at 3e-4. On small images a discriminator a fifth as fast as the
autoencoder does better: --lr-adversary 2e-4 beside 1e-3.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, NamedTuple, cast

import torch
from torch import Tensor, nn

from posectl.core.nets import Architecture
from posectl.core.nets.layers import Activation, Linear, together
from posectl.core.objectives import objective
from posectl.core.objectives.base import Networks
from posectl.core.objectives.cross_entropy import fake_loss, real_loss
from posectl.core.objectives.step import Noise, Step
from posectl.core.objectives.vae import Variational
from posectl.errors import UsageError

# Added to variances of features, as in batch norm.
_EPSILON = 1e-5

# The cross-entropy of a discriminator that cannot tell, log 2, as the authors' code has it.
_EVEN = 0.68


class _Seen(NamedTuple):
    """What the discriminator makes of samples: features (R, B, F), and logits (R, B) of their being data."""

    features: Tensor
    logits: Tensor


@objective("vae-gan")
@dataclass(frozen=True)
class VAEGAN(Variational):
    """The VAE-GAN. The discriminator is the net's encoder to `features` in place of a code, the features of the paper's
    middle layer, with a linear layer to the logit. As in Algorithm 1 the encoder learns from features and divergence,
    the decoder from features, times gamma, and the discriminator's mistakes.

    lam: weight of the divergence. Paper: 1.
    gamma: weight of the features in the decoder's loss against the discriminator's mistakes.
    features: numbers in which reconstructions are compared.
    margin: the discriminator pauses while its cross-entropy, of data or of what is made, is this far below 0.68, and
        neither is as far above; 1 lets it never pause. Paper's code: 0.4.
    """

    name = "vae-gan"
    whole_batch = "it compares features at unit variance over the batch"
    noise = {**Variational.noise, "vae-gan": Noise("normal", "code")}
    adversary_names = ("discriminator",)

    lam: float = 1.0
    gamma: float = 0.01
    features: int = 256
    margin: float = 0.4

    def __post_init__(self) -> None:
        if self.gamma <= 0:
            raise UsageError(
                f"vae-gan.gamma must be positive, not {self.gamma}: the encoder learns through it.", "For example 0.01."
            )

    def networks(self, architecture: Architecture, replicas: int) -> dict[str, nn.Module]:
        """Build the discriminator. Raises UsageError for features that the net cannot have in place of a code."""
        try:
            trunk = cast(Architecture, replace(cast(Any, architecture), latent=self.features)).encoder(replicas)
        except UsageError as error:
            raise UsageError(
                f"The discriminator of vae-gan cannot have {self.features} features: {error.message}",
                "As by default, --set vae-gan.features=256.",
            ) from error
        return {"discriminator": Discriminator(trunk, Linear(replicas, self.features, 1))}

    def reconstruction(self, step: Step, networks: Networks) -> Tensor:
        """Return gamma times -log p(features of x | z), (R,), but for the constant, features at unit variance, plus the
        cross-entropies of reconstructions and of decoded draws, with the target of data; the encoder's share of the
        first is not weighed, and it has none in the others."""
        real, reconstructed, fixed, drawn = self._seen(step, networks)
        variance = real.features.detach().var(1, correction=0, keepdim=True) + _EPSILON
        apart = ((reconstructed.features - real.features).square() / variance).sum(2).mean(1) / 2
        return self.gamma * apart + real_loss(fixed.logits) + real_loss(drawn.logits)

    def adversaries(self, step: Step, networks: Networks) -> dict[str, Tensor]:
        """Return the cross-entropy (R,) of the discriminator on data, reconstructions and decoded draws."""
        real, _, fixed, drawn = self._seen(step, networks)
        return {"discriminator": real_loss(real.logits) + fake_loss(fixed.logits) + fake_loss(drawn.logits)}

    def lr_scales(self, step: Step, networks: Networks) -> dict[str, Tensor]:
        """Let the discriminator pause where it is ahead."""
        real, _, fixed, drawn = (each.logits.detach() for each in self._seen(step, networks))
        losses = torch.stack((real_loss(real), fake_loss(torch.cat((fixed, drawn), dim=1))))
        ahead, behind = losses.amin(0) < _EVEN - self.margin, losses.amax(0) > _EVEN + self.margin
        return {"discriminator": (~ahead | behind).to(real.dtype)}

    def _seen(self, step: Step, networks: Networks) -> list[_Seen]:
        """Return what is seen of x, of its reconstruction as it teaches the encoder, of the same as it teaches the
        decoder alone, and of decoded draws of the prior."""

        def seen() -> list[_Seen]:
            still = step.z_in.detach()
            codes = still + (step.z_in - still) / self.gamma  # z_in itself, with 1 / gamma times its gradient
            decoded = step.decode(codes, still, step.prior.draw(step.drawn("vae-gan")))
            outputs = together(networks["discriminator"], step.x, *decoded)
            return [_Seen(output[..., :-1], output[..., -1]) for output in outputs]

        return step.once(self.name, seen)


class Discriminator(nn.Module):
    """Features (R, B, F) of samples, and after them, as the last of F + 1 numbers, the logit that is read from them."""

    def __init__(self, trunk: nn.Module, head: nn.Module) -> None:
        super().__init__()
        self.trunk, self.activation, self.head = trunk, Activation("leaky_relu"), head

    def forward(self, x: Tensor) -> Tensor:
        features = self.trunk(x)
        return torch.cat((features, self.head(self.activation(features))), dim=-1)
