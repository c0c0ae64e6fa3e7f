"""The mixture of Gaussians that a model's new codes are drawn from, as its artifact holds it."""

from __future__ import annotations

import numpy as np
import torch

from posectl.core.autoencoder import Autoencoder
from posectl.core.latent.mixture import Mixture, fitted_mixture, fitting_components
from posectl.core.random import generator
from posectl.stages.artifacts.dataset import Samples
from posectl.stages.artifacts.rows import evenly
from posectl.store import Artifact, Draft

COMPONENTS = 32
"""Gaussians at most of a mixture that is fitted to a model's codes afterwards."""
_MOST = 16_384  # codes, of samples that are spread evenly


def mixture_of(model: Autoencoder, samples: Samples, components: int) -> Mixture:
    """Return the mixture of at most so many Gaussians that fits the codes of samples (N, *shape)."""
    some = np.ascontiguousarray(samples[evenly(len(samples), _MOST)])
    codes = model.encode(torch.from_numpy(some))
    fitting = fitting_components(len(codes), model.latent, components)
    found = fitted_mixture(codes, fitting, generator(0, "mixture"))
    return Mixture(found.weights.float(), found.means.float(), found.roots.float())


def put_mixture(draft: Draft, weights: str, mixture: Mixture) -> None:
    """Put the mixture of codes by the weights of this name into a draft."""
    for name, axes in (("weights", ()), ("means", ("code",)), ("roots", ("code", "noise"))):
        draft.put(f"mixture/{weights}/{name}", getattr(mixture, name).numpy(), ("component", *axes))


def read_mixture(artifact: Artifact, weights: str) -> Mixture | None:
    """Return the mixture that a model has by the weights of this name; None if it has none."""
    if not artifact.has(f"mixture/{weights}/means"):
        return None
    held = artifact.read_group(f"mixture/{weights}")
    return Mixture(*(torch.from_numpy(held[name]) for name in ("weights", "means", "roots")))
