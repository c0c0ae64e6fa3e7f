"""Perceptual loss: a reconstruction has the features of its image, of a network that is trained in place.

Source: Johnson et al., "Perceptual Losses for Real-Time Style Transfer and Super-Resolution", 2016, which AEAI takes
beside the L2 distance (Oring et al., 2021, section 2.1). Theirs are features of VGG-16 trained on ImageNet. Here
nothing is fetched: a small network learns beside the autoencoder, to tell by how many quarters an image was turned
(Gidaris et al., "Unsupervised Representation Learning by Predicting Image Rotations", 2018), or the images' classes;
and stands still after `until` steps. Features are of length one at every pixel (Zhang et al., "The Unreasonable
Effectiveness of Deep Features as a Perceptual Metric", 2018), so that the loss does not follow the scale of a network
that learns.

Defaults: our own.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from posectl.core.nets import Architecture
from posectl.core.nets.conv_layers import Conv2d, Pool, check_images
from posectl.core.nets.layers import Activation, Linear
from posectl.core.objectives import objective
from posectl.core.objectives.base import Networks, Objective, mean_over_batch
from posectl.core.objectives.step import UNIFORM, Step
from posectl.errors import UsageError

STAGES = 3
QUARTERS = 4


@objective("perceptual")
@dataclass(frozen=True)
class Perceptual(Objective):
    """The perceptual loss of images, beside the squared error of pixels.

    lam: weight of the term. Paper: 1, in place of the squared error.
    until: steps after which the network no longer learns.
    depth: channels of its first stage; each of the other two has twice as many as the one before.
    labels: whether it learns the images' classes, in place of their turns. Paper: 1,000 classes of photographs.
    classes: number of classes, which comes from the data.
    """

    name = "perceptual"
    whole_batch = ""
    noise = {"perceptual": UNIFORM}
    adversary_names = ("network",)

    lam: float = 1.0
    until: int = 2000
    depth: int = 16
    labels: bool = False
    classes: int = 0

    def __post_init__(self) -> None:
        if self.until < 0 or self.depth < 1:
            raise UsageError("perceptual.until is at least 0, and its depth at least 1.", "As by default: 2000, 16.")

    @property
    def needs_labels(self) -> bool:  # type: ignore[override]
        """True if the network learns labels."""
        return self.labels

    def networks(self, architecture: Architecture, replicas: int) -> dict[str, nn.Module]:
        """Build the network. Raises UsageError for samples that are no square images."""
        check_images(architecture.shape, 2**STAGES)
        outputs = self.classes if self.labels else QUARTERS
        return {"network": Features(replicas, architecture.shape[0], self.depth, outputs)}

    def term(self, step: Step, networks: Networks) -> Tensor:
        """Return the mean over stages and pixels of the squared distance (R,) of features of x_hat from those of x."""
        network = networks["network"]
        assert isinstance(network, Features)
        with torch.no_grad():
            of_image = list(network.stages(step.x))
        pairs = zip(network.stages(step.x_hat), of_image, strict=True)
        return torch.stack([mean_over_batch((a - b).square().sum(2)) for a, b in pairs]).mean(0)

    def adversaries(self, step: Step, networks: Networks) -> dict[str, Tensor]:
        """Return the network's softmax cross-entropy (R,) on turned images, or on the images' classes."""
        if self.labels:
            assert step.labels is not None
            images, target = step.x, step.labels
        else:
            target = (QUARTERS * step.drawn("perceptual")).long()
            images = turned(step.x, target)
        logits = networks["network"](images)
        return {"network": F.cross_entropy(logits.movedim(-1, 1), target, reduction="none").mean(1)}

    def frozen(self, index: int) -> tuple[str, ...]:
        """Name the network from step `until` on."""
        return ("network",) if index >= self.until else ()


class Features(nn.Module):
    """A classifier (R, B, C, H, W) to (R, B, classes): stages of a convolution and a pooling, then a mean over pixels
    and a linear layer."""

    def __init__(self, replicas: int, channels: int, depth: int, classes: int) -> None:
        super().__init__()
        widths = [channels, *(depth << stage for stage in range(STAGES))]
        self.convolutions = nn.ModuleList(Conv2d(replicas, inputs, outputs) for inputs, outputs in pairwise(widths))
        self.activation, self.pool = Activation("leaky_relu"), Pool("average")
        self.head = Linear(replicas, widths[-1], classes)

    def forward(self, images: Tensor) -> Tensor:
        *_, last = self._maps(images)
        return self.head(last.mean((-2, -1)))

    def stages(self, images: Tensor) -> Iterator[Tensor]:
        """Yield the maps of each stage (R, B, C, H, W), whose channels are of length one at every pixel."""
        for maps in self._maps(images):
            yield F.normalize(maps, dim=2, eps=1e-6)

    def _maps(self, images: Tensor) -> Iterator[Tensor]:
        maps = images
        for index, convolution in enumerate(self.convolutions):
            maps = self.activation(convolution(self.pool(maps) if index else maps))
            yield maps


def turned(images: Tensor, quarters: Tensor) -> Tensor:
    """Turn each of images (R, B, C, H, W) by its quarters (R, B), counterclockwise."""
    every = torch.stack([torch.rot90(images, k, (-2, -1)) for k in range(QUARTERS)], 2)
    return every.gather(2, quarters[:, :, None, None, None, None].expand(-1, -1, 1, *images.shape[2:]))[:, :, 0]
