"""The interface of objectives: networks, noise and losses of a regularizer, as functions of a `Step`.

A regularizer names the networks that it brings, the noise that a step needs, and its losses, all as functions of a
`Step`. The autoencoder minimises reconstruction + sum of lambda times term. Each of a regularizer's networks whose name
is in `adversary_names` minimises its own loss, and no gradient of that loss reaches anything else; the other networks
are trained with the autoencoder. Losses are (R,): one figure a replica, never mixed.

Hooks change the autoencoder itself: `encoder` and `decoder` wrap the networks for training and for use alike;
`corrupt_input` and `corrupt_code` act in training alone. An objective whose code has a part that stands for classes
says of how many (`heads`), and reads their probabilities from the encoder's outputs.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable, Mapping
from typing import ClassVar, NamedTuple

import torch
from torch import Tensor, nn

from posectl.core.kinds import Kind
from posectl.core.latent.priors import Prior
from posectl.core.nets import Architecture
from posectl.core.nets.layers import uses_batch_statistics
from posectl.core.objectives.step import Noise, Step
from posectl.errors import UsageError

Networks = Mapping[str, nn.Module]


class Draws(NamedTuple):
    """Codes (N, d) drawn from a prior, and the class (N,) that each is drawn for, where the prior knows classes."""

    codes: Tensor
    classes: Tensor | None = None


class Objective:
    """One regularizer. Options are dataclass fields, among them `lam`, the weight of `term`."""

    name: ClassVar[str]
    noise: ClassVar[Mapping[str, Noise]] = {}
    replaces_reconstruction: ClassVar[bool] = False
    has_term: ClassVar[bool] = True
    observes: ClassVar[bool] = False  # the autoencoder comes to the same with it and without
    needs_labels: ClassVar[bool] = False
    has_posterior: ClassVar[bool] = False
    needs_velocity: ClassVar[bool] = False
    needs_data: ClassVar[bool] = False
    paths_once: ClassVar[bool] = False  # of a path and its reverse, one serves
    adversary_names: ClassVar[tuple[str, ...]] = ()
    # Why a step takes the whole batch at once; "" where losses are means over samples, or over the pairs of a batch,
    # and nothing else follows it: then micro-batches come to the same.
    whole_batch: ClassVar[str] = "it does not say that its losses are means over samples"
    # What it asks of a training: a batch of labelled samples alone beside each; a label for every sample; codes that
    # are not on a sphere.
    needs_labelled: ClassVar[bool] = False
    needs_all_labels: ClassVar[bool] = False
    needs_normal: ClassVar[bool] = False
    # What no two objectives do at once: give codes a distribution, change what the encoder gives.
    shapes_code: ClassVar[bool] = False
    changes_encoder: ClassVar[bool] = False
    encodes_again: ClassVar[bool] = False

    lam: float

    def __post_init__(self) -> None:
        """Raise UsageError for settings that make no sense."""

    @property
    def heads(self) -> int:
        """The number of classes, or clusters, that the encoder tells apart; 0 where it does not."""
        return 0

    @property
    def in_code(self) -> int:
        """The numbers of a code that stand for classes, before those of `--latent`."""
        return 0

    def informed(self, classes: int, unlabelled: bool) -> Objective:
        """Return the objective for data of so many classes; unlabelled: whether samples have no label."""
        known = {field.name for field in dataclasses.fields(self)}  # type: ignore[arg-type]
        values = {"classes": classes, "unlabelled": unlabelled}
        return dataclasses.replace(self, **{k: v for k, v in values.items() if k in known})  # type: ignore[type-var]

    def encoder(self, inner: nn.Module, architecture: Architecture, replicas: int) -> nn.Module:
        """Return the encoder to use in place of the net's own. Its first `architecture.latent` outputs are the code."""
        return inner

    def decoder(self, inner: nn.Module, architecture: Architecture, replicas: int, kind: Kind) -> nn.Module:
        """Return the decoder to use in place of the net's own, for samples of this kind."""
        return inner

    def networks(self, architecture: Architecture, replicas: int) -> dict[str, nn.Module]:
        """Return the networks of the regularizer, by name."""
        return {}

    def corrupt_input(self, x: Tensor, noise: Mapping[str, Tensor], kind: Kind) -> Tensor:
        """Return the input of the encoder in place of x (R, B, *shape), in training."""
        return x

    def corrupt_code(self, z: Tensor, step: Step) -> Tensor:
        """Return the code to decode for the reconstruction in place of z (R, B, d), in training."""
        return z

    def with_labels(self, z: Tensor, labels: Tensor | None) -> Tensor:
        """Return codes z (R, B, d) with what labels (R, B) say of them, in training."""
        return z

    def completed(self, z: Tensor, x: Tensor, decode: Callable[[Tensor], Tensor], kind: Kind) -> Tensor:
        """Return codes z (R, B, d) of samples x with what labels would say of them, in use, where there are none."""
        return z

    def probabilities(self, outputs: Tensor, latent: int) -> Tensor:
        """Return those (..., heads) of classes by the encoder's outputs (..., k), of which `latent` are a code."""
        raise NotImplementedError

    def draws(self, prior: Prior, noise: Tensor, uniform: Tensor, encoder: nn.Module) -> Draws | None:
        """Return draws from the distribution of codes, by standard normal noise (N, d) and uniform (N,); None where
        that is the latent space's own."""
        return None

    def most_components(self) -> int:
        """Return the most Gaussians of the mixture that is fitted to codes of training samples in the end, and that new
        ones are drawn from; 0 where there is none."""
        return 0

    def fresh(self, prior: Prior, noise: Tensor, encoder: nn.Module) -> Tensor | None:
        """Return such draws (R, N, d) in training, of standard normal noise; None where they are the prior's."""
        return None

    def follow(self, step: Step, networks: Networks) -> None:
        """Take note of a step of training whose losses have been computed."""

    def reconstruction(self, step: Step, networks: Networks) -> Tensor:
        """Return the loss (R,) in place of the plain reconstruction, where `replaces_reconstruction`."""
        return step.kind.reconstruction(step.x, step.x_hat)

    def term(self, step: Step, networks: Networks) -> Tensor:
        """Return the loss (R,) of the autoencoder that lambda weighs, for objectives that have one (`has_term`)."""
        return torch.zeros(len(step.x), device=step.x.device)

    def adversaries(self, step: Step, networks: Networks) -> dict[str, Tensor]:
        """Return the losses (R,) of the networks in `adversary_names`."""
        return {}

    def tested(self, features: Tensor, labels: Tensor, networks: Networks) -> dict[str, Tensor]:
        """Return figures (R, B) of test samples by their features (R, B, n) (see `Step`) and labels (R, B), for
        objectives that `observes`; their means are logged where test errors are taken."""
        return {}

    def lr_scales(self, step: Step, networks: Networks) -> dict[str, Tensor]:
        """Return factors (R,) in [0, 1] on the learning rates of "autoencoder" or of adversaries, by name, at this
        step."""
        return {}

    def frozen(self, index: int) -> tuple[str, ...]:
        """Name those of "autoencoder" and its adversaries that do not move at the step of this index."""
        return ()


def build_encoder(architecture: Architecture, objectives: Iterable[Objective], replicas: int) -> nn.Module:
    """Build the net's encoder, as every objective wraps it."""
    module = architecture.encoder(replicas)
    for objective in objectives:
        module = objective.encoder(module, architecture, replicas)
    return module


def build_decoder(architecture: Architecture, objectives: Iterable[Objective], replicas: int, kind: Kind) -> nn.Module:
    """Build the net's decoder for samples of this kind, as every objective wraps it."""
    module = architecture.decoder(replicas)
    for objective in objectives:
        module = objective.decoder(module, architecture, replicas, kind)
    return module


def mean_over_batch(values: Tensor) -> Tensor:
    """Return the mean (R,) over all but the first axis of values (R, B, ...)."""
    # Sample by sample first: the sum of one large replica alone would be shared out among threads, in another order.
    of_samples = values.flatten(2).mean(2) if values.dim() > 2 else values
    return of_samples.mean(1)


def check_together(objectives: list[Objective]) -> None:
    """Raise UsageError where two objectives are the same, or do what only one can."""
    names = [objective.name for objective in objectives]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise UsageError(f"The regularizer {twice[0]!r} is named twice.", "Name each once, with its own --lam.")
    replacing = [objective.name for objective in objectives if objective.replaces_reconstruction]
    if len(replacing) > 1:
        raise UsageError(f"{' and '.join(replacing)} each replace the reconstruction loss.", "Keep one of them.")
    shaping = [objective.name for objective in objectives if objective.shapes_code]
    if len(shaping) > 1:
        raise UsageError(f"{' and '.join(shaping)} each shape the distribution of codes.", "Keep one of them.")
    changing = [objective.name for objective in objectives if objective.changes_encoder]
    if len(changing) > 1:
        raise UsageError(f"{' and '.join(changing)} each change what the encoder gives.", "Keep one of them.")
    told = [objective.name for objective in objectives if objective.needs_all_labels]
    again = [objective.name for objective in objectives if objective.encodes_again]
    if told and again:
        raise UsageError(
            f"{again[0]} encodes what was decoded, and the label in a code of {told[0]} comes from no encoder.",
            f"Leave --reg {again[0]} out, or take --reg aae-semi.",
        )


def check_micro_batches(architecture: Architecture, objectives: Iterable[Objective], networks: Networks) -> None:
    """Raise UsageError for an objective, or a net, that takes the whole batch at once."""
    elsewhere = "or train on one device, without --micro-batch"
    for objective in objectives:
        if objective.whole_batch:
            raise UsageError(
                f"{objective.name} cannot be trained in micro-batches or over ranks: {objective.whole_batch}.",
                f"Leave --reg {objective.name} out, {elsewhere}.",
            )
    if any(uses_batch_statistics(network) for network in networks.values()):
        raise UsageError(
            f"{architecture.name} cannot be trained in micro-batches or over ranks: its layers are normed over the "
            "whole batch.",
            f"Take a net without batch norm (conv has none), {elsewhere}.",
        )


def check_unweighted(objective: Objective, strength: str) -> None:
    """Raise UsageError where an objective that has no term is given a weight; `strength` is the setting that it has."""
    if objective.lam != 1:
        raise UsageError(
            f"{objective.name} adds no term to the loss that --lam {objective.lam:g} could weigh.",
            f"Its strength is --set {strength}=VALUE; beside other regularizers give it --lam 1.",
        )
