"""The training loop: R replicas of one autoencoder, stepped as one.

Everything that a step uses is a function of (seed, step) and of the state that `state` returns, so a run that is
restored at any step continues bit for bit on the same machine, versions and threads.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import Literal, cast

import numpy as np
import torch
from torch import Tensor, nn

from posectl.core.kinds import Kind
from posectl.core.latent.priors import Prior
from posectl.core.nets import Architecture, code_shape
from posectl.core.nets.layers import initialise
from posectl.core.objectives.base import (
    Objective,
    build_decoder,
    build_encoder,
    check_micro_batches,
    check_together,
)
from posectl.core.objectives.price import TWIN, Twin
from posectl.core.objectives.step import Pairing, Step, features_of
from posectl.core.random import generator
from posectl.core.training.adam import Adam
from posectl.core.training.batches import Batches, Block, FiniteSamples, SampleStream, micro_batches
from posectl.core.training.history import History, Split
from posectl.core.training.losses import Losses
from posectl.core.training.ranks import ALONE, Alone

# Rows whose error is taken at once, fewer where samples are large.
_ROWS, _NUMBERS = 8192, 1 << 22

Precision = Literal["fp32", "tf32", "bf16"]


@dataclass(frozen=True)
class Plan:
    """The length and speed of a training. `evaluate_every` steps an error is taken; lr_adversary None means lr.
    precision: of matrix products; bf16 computes the losses under autocast, and keeps parameters and moments in float32.
    snapshots: how many times on the way, evenly, the autoencoder is kept as it is. micro_batch: samples whose gradients
    are taken at once, and summed in order; None: those of the whole batch."""

    steps: int = 20_000
    batch: int = 64
    lr: float = 1e-3
    lr_adversary: float | None = None
    betas: tuple[float, float] = (0.9, 0.999)
    pairing: Pairing = "reverse"
    evaluate_every: int = 500
    precision: Precision = "fp32"
    snapshots: int = 0
    micro_batch: int | None = None

    @property
    def kept(self) -> tuple[int, ...]:
        """The steps after which the autoencoder is kept."""
        return tuple(sorted({round(self.steps * (i + 1) / self.snapshots) for i in range(self.snapshots)} - {0}))

    def rate(self, group: str) -> float:
        """The learning rate of an optimiser group."""
        return self.lr if group in ("autoencoder", TWIN) or self.lr_adversary is None else self.lr_adversary


class Trainer:
    """R replicas of one autoencoder, with a seed and objectives each, which differ in their lambdas alone.

    objectives: a list for each replica; train: a stream of samples, or samples (N, *shape) on the device; test,
    validation: samples, and their labels (N,) in test_labels and validation_labels where there are any; kind: of the
    samples. Errors on the way are of validation samples, which choose the best weights, and the test error is taken
    once, at the end; without validation samples they are test errors, which choose if `best_by` says so, and else
    nothing does: the last weights are the best. `step` counts the steps that are done; `history` has what they came to.
    ranks: among which a step's micro-batches are shared out.
    """

    def __init__(
        self,
        architecture: Architecture,
        prior: Prior,
        objectives: Sequence[Sequence[Objective]],
        train: SampleStream | Tensor,
        test: Tensor,
        plan: Plan,
        seeds: Sequence[int],
        *,
        kind: Kind,
        augment: Callable[[Tensor, torch.Generator], Tensor] | None = None,
        test_labels: Tensor | None = None,
        validation: Tensor | None = None,
        validation_labels: Tensor | None = None,
        best_by: Split = "validation",
        ranks: Alone = ALONE,
    ) -> None:
        self._labels: dict[Split, Tensor | None] = {"test": test_labels, "validation": validation_labels}
        self.objectives = list(objectives[0])
        check_together(self.objectives)
        samples = FiniteSamples(train) if isinstance(train, Tensor) else train
        self.prior, self.plan, self.test, self.latent = prior, plan, test, architecture.latent
        self.validation = validation if best_by == "validation" else None
        self.kind, self.replicas, self.step, self.device = kind, len(seeds), 0, samples.device
        self._code_shape = code_shape(architecture)
        self.networks = build_networks(architecture, self.objectives, seeds, self.device, kind)
        self.losses = Losses(objectives, self.networks)
        self.optimizers = {
            group: Adam(list(parameters.values()), plan.rate(group), plan.betas)
            for group, parameters in self.losses.groups.items()
        }
        noise = {name: each for objective in self.objectives for name, each in objective.noise.items()}
        needs_labelled = any(objective.needs_labelled for objective in self.objectives)
        self.batches = Batches(samples, plan.batch, tuple(seeds), self.latent, noise, augment, needs_labelled)
        self._needs_data = any(objective.needs_data for objective in self.objectives)
        self._paths_once = any(objective.paths_once for objective in self.objectives)
        best_from = None if best_by == "validation" and validation is None else best_by
        self.history = History(plan.steps, self.losses.figures, self._weights(), best_from)
        self.ranks = ranks
        self._parts = micro_batches(plan.batch, plan.micro_batch, plan.pairing) if plan.micro_batch else []
        if len(self._parts) > 1:
            check_micro_batches(architecture, self.objectives, self.networks)

    def run(
        self,
        *,
        checkpoint_every: int = 0,
        checkpoint: Callable[[], None] = lambda: None,
        report: Callable[[], None] = lambda: None,
        should_stop: Callable[[], bool] = lambda: False,
    ) -> bool:
        """Step until the plan's end; False if `should_stop` ended it before, or every replica has diverged.

        `checkpoint` is called every so many steps, `report` after every few.
        """
        plan, history, length = self.plan, self.history, self.batches.steps
        self._train_mode(True)
        if not history.errors:
            self._evaluate()  # what there was before the first step
        block, block_index, stopped = None, -1, False
        while self.step < plan.steps and not stopped and not history.all_diverged:
            if self.step // length != block_index:
                block_index = self.step // length
                block = self.batches.block(block_index)
            assert block is not None
            start, pause, losses = self.step, self._next_pause(checkpoint_every), []
            try:
                while self.step < pause and not stopped:
                    losses += self._advance(block, self.step % length)
                    self.step += 1
                    stopped = self.ranks.agreed(should_stop())
            finally:  # of a step that another rank left, those before it stand
                if losses:
                    history.add_losses(start, losses)
            if self.step in plan.kept:
                history.add_snapshot(self.step, {k: v for k, v in self._weights().items() if _is_autoencoders(k)})
            if self.step % plan.evaluate_every == 0 or self.step == plan.steps:
                self._evaluate()
            report()
            if checkpoint_every and self.step % checkpoint_every == 0 and self.step < plan.steps and not stopped:
                checkpoint()
        return not stopped and not history.all_diverged

    def _advance(self, block: Block, k: int) -> list[Tensor]:
        """Take the k-th step of a block; its figures, (R,) each, in the history's order."""
        if len(self._parts) > 1:
            return self._advance_in_parts(block, k)
        step = self._step(block, k)
        losses, gradients = self._differentiated(step)
        scales = self.losses.lr_scales(step)
        for group, gradient in gradients.items():
            self.optimizers[group].step(gradient, scales.get(group))
        return [losses[figure].detach() for figure in self.history.figures]

    def _advance_in_parts(self, block: Block, k: int) -> list[Tensor]:
        """Take that step by the mean over micro-batches, of which this rank computes its own."""
        parts = []
        for rows in self.ranks.share_of(self._parts):
            losses, gradients = self._differentiated(self._step(block, k, rows.to(self.device)))
            flat = [gradient.flatten() for group in gradients.values() for gradient in group]
            figures = [losses[figure].detach().to(flat[0].dtype) for figure in self.history.figures]
            parts.append(torch.cat([*flat, *figures]))
        mean = self.ranks.total(parts) / len(self._parts)
        moved = {group: self.optimizers[group].parameters for group in self.losses.moving(self.step)}
        numbers = [parameter.numel() for parameters in moved.values() for parameter in parameters]
        *pieces, of_figures = mean.split([*numbers, mean.numel() - sum(numbers)])
        gradient = iter(pieces)
        for group, parameters in moved.items():
            self.optimizers[group].step([next(gradient).view_as(parameter) for parameter in parameters])
        return list(of_figures.view(-1, self.replicas).unbind())

    def _step(self, block: Block, k: int, rows: Tensor | None = None) -> Step:
        """Return the k-th step of a block, on these rows of its batch alone, or on all."""

        def of(tensor: Tensor) -> Tensor:
            return tensor[k] if rows is None else tensor[k].index_select(1, rows)

        return Step(
            self.networks["encoder"],
            self.networks["decoder"],
            self.prior,
            of(block.x),
            {name: of(tensor) for name, tensor in block.noise.items()},
            kind=self.kind,
            latent=self.latent,
            code_shape=self._code_shape,
            labels=None if block.labels is None else of(block.labels),
            labelled=None if block.labelled is None else (of(block.labelled[0]), of(block.labelled[1])),
            data=block.samples if self._needs_data else None,
            pairing=self.plan.pairing,
            paths_once=self._paths_once,
            objectives=self.objectives,
        )

    def _differentiated(self, step: Step) -> tuple[dict[str, Tensor], dict[str, Sequence[Tensor]]]:
        """Return the losses of a step, and the gradients of each group that moves: of its own loss with respect to its
        own parameters alone."""
        with self._arithmetic():
            losses = self.losses(step, self.step)
        moving = self.losses.moving(self.step)
        return losses, {
            group: torch.autograd.grad(
                losses[group].sum(),
                self.optimizers[group].parameters,
                retain_graph=group != moving[-1],
                materialize_grads=True,
            )
            for group in moving
        }

    def _arithmetic(self) -> AbstractContextManager[object]:
        if self.plan.precision == "bf16":
            return torch.autocast(self.device.type, torch.bfloat16)
        return nullcontext()

    def _next_pause(self, checkpoint_every: int) -> int:
        """The next step at which something other than a step happens."""
        spans = [self.batches.steps, self.plan.evaluate_every, *([checkpoint_every] if checkpoint_every else [])]
        ends = [self.plan.steps, *(step for step in self.plan.kept if step > self.step)]
        return min([*ends, *((self.step // span + 1) * span for span in spans)])

    @property
    def watched(self) -> Tensor:
        """The samples whose errors are taken on the way: of validation, or of test where there are none."""
        return self.test if self.validation is None else self.validation

    def _evaluate(self) -> None:
        """Take the error of every replica, and what observers measure, of the samples that are watched; at the end of
        test samples too, by the last weights and by the best."""
        weights, at_end = self._weights(), self.step == self.plan.steps
        split: Split = "test" if self.validation is None else "validation"
        self.history.add_errors(split, self.step, weights, *self._errors(split))
        if split == "validation" and self.step and self.step % self.plan.evaluate_every == 0:
            self._hold_price(self.history.errors[self.step])
        if split == "validation" and at_end:
            self.history.add_errors("test", self.step, weights, *self._errors("test"))
            last = {name: tensor.clone() for name, tensor in weights.items()}
            self._hold(self.history.best)
            self.history.best_test_error = self._errors("test")[0]
            self._hold(last)

    def _rows(self, samples: Tensor) -> int:
        """Return how many samples pass at once where errors are taken."""
        return max(1, min(_ROWS, _NUMBERS // math.prod(samples.shape[1:])))

    @torch.no_grad()
    def _errors(self, split: Split) -> tuple[np.ndarray, dict[str, np.ndarray]]:
        """Return the errors (R,) of a split's samples, and what observers measure of them."""
        self._train_mode(False)
        samples = self.test if split == "test" else self.watched
        errors = torch.zeros(self.replicas, dtype=torch.float64, device=self.device)
        measured: dict[str, Tensor] = {}
        rows = self._rows(samples)
        for first in range(0, len(samples), rows):
            block = samples[first : first + rows]
            x = block.expand(self.replicas, *block.shape)
            codes = self.prior.project(self.networks["encoder"](x)[..., : self.latent])
            for objective in self.objectives:
                codes = objective.completed(codes, x, self.networks["decoder"], self.kind)
            errors += self.kind.errors(x, self.networks["decoder"](codes)).double().sum(1)
            for name, values in self._observed(split, x, codes, first).items():
                measured[name] = measured.get(name, 0) + values.sum(1)
        self._train_mode(True)
        means = {name: (total / len(samples)).cpu().numpy() for name, total in measured.items()}
        return (errors / len(samples)).cpu().numpy(), means

    @torch.no_grad()
    def _hold_price(self, errors: np.ndarray) -> None:
        """Tell the price, where there is one, what is paid for these errors (R,) of validation samples."""
        if self.losses.price is None or self.validation is None:
            return
        price, networks = self.losses.price
        twin = cast(Twin, networks["twin"]).eval()
        total = torch.zeros(self.replicas, dtype=torch.float64, device=self.device)
        for block in self.validation.split(self._rows(self.validation)):
            x = block.expand(self.replicas, *block.shape)
            codes = self.prior.project(twin.encoder(x)[..., : self.latent])
            total += self.kind.errors(x, twin.decoder(codes)).double().sum(1)
        twin.train()
        paid = torch.from_numpy(errors).to(self.device) / (total / len(self.validation))
        price.hold(paid.float(), networks)

    def _observed(self, split: Split, x: Tensor, codes: Tensor, first: int) -> dict[str, Tensor]:
        """Return what observers measure (R, B) of samples x (R, B, *shape) of a split, the first-th and on, and their
        codes."""
        known = self._labels[split]
        if known is None or not any(objective.observes for objective in self.objectives):
            return {}
        if any(objective.has_posterior for objective in self.objectives):
            codes = features_of(self.networks["encoder"], self.prior, self.latent, x, True)
        labels = known[first : first + x.shape[1]].expand(self.replicas, -1)
        return {
            name: values
            for term in self.losses.terms
            for name, values in term.objective.tested(codes, labels, term.networks).items()
        }

    def _hold(self, weights: Mapping[str, Tensor]) -> None:
        """Copy these weights (R, ...) into the networks."""
        for name, tensor in self._weights().items():
            tensor.copy_(weights[name])

    def _train_mode(self, on: bool) -> None:
        for module in self.networks.values():
            module.train(on)

    def _weights(self) -> dict[str, Tensor]:
        """Every parameter and buffer by name, (R, ...)."""
        return {
            f"{name}.{key}": tensor
            for name, module in self.networks.items()
            for key, tensor in module.state_dict().items()
        }

    def _moments(self) -> dict[str, Tensor]:
        """Adam's two moments of every parameter by name, (R, ...)."""
        moments = {}
        for group, parameters in self.losses.groups.items():
            optimizer = self.optimizers[group]
            for name, mean, square in zip(parameters, optimizer.mean, optimizer.square, strict=True):
                moments[f"{name}/mean"], moments[f"{name}/square"] = mean, square
        return moments

    def weights(self, replica: int, which: str = "last") -> dict[str, np.ndarray]:
        """One replica's parameters and buffers, without the replica dimension: the "last", the "best", which are the
        last where nothing chose others, or those of the autoencoder at "step-N"."""
        is_last = which == "last" or (which == "best" and self.history.best_by is None)
        tensors = self._weights() if is_last else self.history.weights(which)
        return {name: tensor[replica].cpu().numpy().copy() for name, tensor in tensors.items()}

    def moments(self, replica: int) -> dict[str, np.ndarray]:
        """One replica's optimizer state."""
        return {name: tensor[replica].cpu().numpy().copy() for name, tensor in self._moments().items()}

    def state(self) -> dict[str, np.ndarray]:
        """All that `restore` needs, as arrays."""
        arrays = {f"last/{k}": v for k, v in self._weights().items()}
        arrays |= {f"optimizer/{k}": v for k, v in self._moments().items()}
        updates = np.array([float(optimizer.updates) for optimizer in self.optimizers.values()])
        return {**{k: v.cpu().numpy() for k, v in arrays.items()}, "updates": updates, **self.history.state(self.step)}

    def restore(self, step: int, arrays: Mapping[str, np.ndarray]) -> None:
        """Continue from what `state` returned after `step` steps of a run with the same settings."""
        self.step = step
        for name, tensor in self._weights().items():
            tensor.copy_(torch.from_numpy(arrays[f"last/{name}"]))
        for name, tensor in self._moments().items():
            tensor.copy_(torch.from_numpy(arrays[f"optimizer/{name}"]))
        for optimizer, updates in zip(self.optimizers.values(), arrays["updates"], strict=True):
            optimizer.updates.fill_(float(updates))
        self.history.restore(step, arrays)
        if step:
            self.losses.last = dict(zip(self.history.figures, self.history.log[step - 1], strict=True))


def build_networks(
    architecture: Architecture, objectives: Sequence[Objective], seeds: Sequence[int], device: torch.device, kind: Kind
) -> dict[str, nn.Module]:
    """Build the encoder, the decoder and what objectives bring, as "objective.name": a replica a seed, drawn by it."""
    networks = blank_networks(architecture, objectives, len(seeds), kind)
    for name, module in networks.items():
        # A twin's parts are drawn as the autoencoder's own.
        parts = dict(module.named_children()) if isinstance(module, Twin) else {name: module}
        for own, part in parts.items():
            for replica, seed in enumerate(seeds):
                initialise(part, replica, generator(seed, f"init/{own}"))
        module.to(device)
    return networks


def blank_networks(
    architecture: Architecture, objectives: Sequence[Objective], replicas: int, kind: Kind
) -> dict[str, nn.Module]:
    """Build those networks without drawing their weights."""
    networks = {
        "encoder": build_encoder(architecture, objectives, replicas),
        "decoder": build_decoder(architecture, objectives, replicas, kind),
    }
    for objective in objectives:
        own = objective.networks(architecture, replicas)
        networks |= {f"{objective.name}.{name}": module for name, module in own.items()}
    return networks


def _is_autoencoders(name: str) -> bool:
    return name.startswith(("encoder.", "decoder."))
