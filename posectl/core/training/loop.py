"""The training loop: R replicas of one autoencoder, stepped as one.

Everything that a step uses is a function of (seed, step) and of the state that `state` returns, so a run that is
restored at any step continues bit for bit on the same machine, versions and threads.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import Literal, TypeVar

import numpy as np
import torch
from torch import Tensor, nn

from posectl.core.kinds import Kind
from posectl.core.latent.priors import Prior
from posectl.core.nets import Architecture
from posectl.core.nets.layers import initialise
from posectl.core.objectives.base import Objective, build_decoder, build_encoder, check_together
from posectl.core.objectives.step import Pairing, Step
from posectl.core.random import generator
from posectl.core.training.adam import Adam
from posectl.core.training.batches import Batches, Block, Stored, Supply
from posectl.core.training.dense import DensePlain

# Rows whose test error is taken at once, fewer where samples are large.
_ROWS, _NUMBERS = 8192, 1 << 22

Precision = Literal["fp32", "tf32", "bf16"]
T = TypeVar("T")


@dataclass(frozen=True)
class Plan:
    """How long and how fast. `evaluate_every` steps the test error is taken; lr_adversary None means lr. precision:
    of matrix products; bf16 computes the losses under autocast, and keeps parameters and moments in float32.
    snapshots: how many times on the way, evenly, the autoencoder is kept as it is."""

    steps: int = 20_000
    batch: int = 64
    lr: float = 1e-3
    lr_adversary: float | None = None
    betas: tuple[float, float] = (0.9, 0.999)
    pairing: Pairing = "reverse"
    evaluate_every: int = 500
    precision: Precision = "fp32"
    snapshots: int = 0

    @property
    def kept(self) -> tuple[int, ...]:
        """The steps after which the autoencoder is kept."""
        return tuple(sorted({round(self.steps * (i + 1) / self.snapshots) for i in range(self.snapshots)} - {0}))


@dataclass(frozen=True)
class Term:
    """An objective with one lambda a replica."""

    objective: Objective
    lam: Tensor


class Trainer:
    """R replicas, one seed and one set of lambdas each, and where they stand.

    train: a supply, or samples (N, *shape) on the device; test: samples, which choose the best state. `step` is how
    many steps are done; `log` holds every loss of every step, (steps, figures, R), and `tests` the test errors by step.
    """

    def __init__(
        self,
        architecture: Architecture,
        prior: Prior,
        terms: Sequence[Term],
        train: Supply | Tensor,
        test: Tensor,
        plan: Plan,
        seeds: Sequence[int],
        *,
        kind: Kind,
        augment: Callable[[Tensor, torch.Generator], Tensor] | None = None,
    ) -> None:
        self.objectives = [term.objective for term in terms]
        check_together(self.objectives)
        supply = Stored(train) if isinstance(train, Tensor) else train
        self.prior, self.terms, self.plan, self.test = prior, list(terms), plan, test
        self.kind, self.replicas, self.step, self.device = kind, len(seeds), 0, supply.device
        self.latent = architecture.latent
        self.networks: dict[str, nn.Module] = {
            "encoder": build_encoder(architecture, self.objectives, self.replicas),
            "decoder": build_decoder(architecture, self.objectives, self.replicas, kind),
        }
        for objective in self.objectives:
            own = objective.networks(architecture, self.replicas)
            self.networks |= {f"{objective.name}.{name}": module for name, module in own.items()}
        for name, module in self.networks.items():
            for replica, seed in enumerate(seeds):
                initialise(module, replica, generator(seed, f"init/{name}"))
            module.to(self.device)

        draws = {name: draw for objective in self.objectives for name, draw in objective.draws.items()}
        self.batches = Batches(supply, plan.batch, tuple(seeds), architecture.latent, draws, augment)
        self._own = {
            o.name: {n.partition(".")[2]: m for n, m in self.networks.items() if n.startswith(f"{o.name}.")}
            for o in self.objectives
        }
        self.groups = self._groups()
        self.optimizers = {g: Adam(list(p.values()), self._rate(g), plan.betas) for g, p in self.groups.items()}
        self.figures = self._figures()
        self._ones = torch.ones(self.replicas, device=self.device)
        self._needs_data = any(objective.needs_data for objective in self.objectives)
        self._plain = None
        if plan.precision != "bf16":
            self._plain = DensePlain.of(self.networks, prior, self.objectives, kind)
        self.log = torch.zeros(plan.steps, len(self.figures), self.replicas, device=self.device)
        self.tests: dict[int, np.ndarray] = {}
        self.best = {name: tensor.clone() for name, tensor in self._tensors().items()}
        self.best_error = np.full(self.replicas, np.inf)
        self.best_step = np.zeros(self.replicas, dtype=np.int64)
        self.diverged_at = np.full(self.replicas, -1, dtype=np.int64)
        self.snapshots: dict[int, dict[str, Tensor]] = {}

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
        self._train_mode(True)
        if not self.tests:
            self._evaluate()  # what there was before the first step
        block, block_index, length = None, -1, self.batches.steps
        while self.step < self.plan.steps and not self.all_diverged:
            if self.step // length != block_index:
                block_index = self.step // length
                block = self.batches.block(block_index)
            assert block is not None
            start, stop = self.step, self._next_pause(checkpoint_every)
            stopped, losses = False, []
            while self.step < stop and not stopped:
                losses += self._advance(block, self.step % length)
                self.step += 1
                stopped = should_stop()
            self.log[start : self.step] = torch.stack(losses).view(-1, *self.log.shape[1:])
            self._note_divergence(start)
            if self.step in self.plan.kept:
                self.snapshots[self.step] = {k: v.clone() for k, v in self._tensors().items() if _is_autoencoders(k)}
            if self.step % self.plan.evaluate_every == 0 or self.step == self.plan.steps:
                self._evaluate()
            report()
            if stopped:
                return False
            if checkpoint_every and self.step % checkpoint_every == 0 and self.step < self.plan.steps:
                checkpoint()
        return not self.all_diverged

    def _advance(self, block: Block, k: int) -> list[Tensor]:
        """Take the k-th step of a block; its figures, (R,) each, in the order of `figures`."""
        step = Step(
            self.networks["encoder"],
            self.networks["decoder"],
            self.prior,
            block.x[k],
            {name: tensor[k] for name, tensor in block.noise.items()},
            kind=self.kind,
            latent=self.latent,
            labels=None if block.labels is None else block.labels[k],
            data=block.samples if self._needs_data else None,
            pairing=self.plan.pairing,
            objectives=self.objectives,
        )
        if self._plain is not None:
            loss, by_parameter = self._plain(step.x, step.x_in)
            self.optimizers["autoencoder"].step(by_parameter)
            return [loss] * len(self.figures)
        with self._arithmetic():
            figures, losses = self._losses(step)
        paces: dict[str, Tensor] = {}
        resting: set[str] = set()
        for objective in self.objectives:
            paces |= self._by_group(objective, objective.lr_scales(step, self._own[objective.name]))
            resting |= self._by_group(objective, dict.fromkeys(objective.frozen(self.step))).keys()

        # Each group's gradient is taken of its own loss with respect to its own parameters alone, all before any moves.
        moving = [name for name in self.groups if name not in resting]
        gradients = {
            name: torch.autograd.grad(
                losses[name],
                self.optimizers[name].parameters,
                self._ones.to(losses[name].dtype),
                retain_graph=name != moving[-1],
                allow_unused=True,
            )
            for name in moving
        }
        for name in moving:
            self.optimizers[name].step(gradients[name], paces.get(name))
        figures |= losses
        return [figures[name].detach() for name in self.figures]

    def _losses(self, step: Step) -> tuple[dict[str, Tensor], dict[str, Tensor]]:
        """The figures of a step, and what each group minimises, all (R,)."""
        figures = {"reconstruction": self._reconstruction(step)}
        total = figures["reconstruction"]
        losses: dict[str, Tensor] = {}
        for term in self.terms:
            name, own = term.objective.name, self._own[term.objective.name]
            if term.objective.has_term:
                figures[name] = term.objective.term(step, own)
                total = total + term.lam * figures[name]
            losses |= self._by_group(term.objective, term.objective.adversaries(step, own))
        return figures, {"autoencoder": total, **losses}

    @staticmethod
    def _by_group(objective: Objective, values: Mapping[str, T]) -> dict[str, T]:
        """Values by an objective's own names, under the names of the groups."""
        return {key if key == "autoencoder" else f"{objective.name}.{key}": value for key, value in values.items()}

    def _arithmetic(self) -> AbstractContextManager[object]:
        if self.plan.precision == "bf16":
            return torch.autocast(self.device.type, torch.bfloat16)
        return nullcontext()

    def _reconstruction(self, step: Step) -> Tensor:
        for term in self.terms:
            if term.objective.replaces_reconstruction:
                return term.objective.reconstruction(step, self._own[term.objective.name])
        return step.kind.mean_square(step.x_hat - step.x)

    def _groups(self) -> dict[str, dict[str, nn.Parameter]]:
        """Optimiser groups: the autoencoder, with every network that has no loss of its own, and each adversary."""
        adversaries = {f"{t.objective.name}.{key}" for t in self.terms for key in t.objective.adversary_names}
        groups: dict[str, dict[str, nn.Parameter]] = {"autoencoder": {}}
        for name, module in self.networks.items():
            group = groups.setdefault(name if name in adversaries else "autoencoder", {})
            group |= {f"{name}.{key}": parameter for key, parameter in module.named_parameters()}
        return groups

    def _rate(self, group: str) -> float:
        slow = self.plan.lr_adversary
        return self.plan.lr if group == "autoencoder" or slow is None else slow

    def _figures(self) -> list[str]:
        terms = [t.objective.name for t in self.terms if t.objective.has_term]
        return ["reconstruction", *terms, *(g for g in self.groups if g != "autoencoder"), "autoencoder"]

    def _next_pause(self, checkpoint_every: int) -> int:
        """The next step at which something other than a step happens."""
        spans = [self.batches.steps, self.plan.evaluate_every, *([checkpoint_every] if checkpoint_every else [])]
        ends = [self.plan.steps, *(step for step in self.plan.kept if step > self.step)]
        return min([*ends, *((self.step // span + 1) * span for span in spans)])

    def _note_divergence(self, start: int) -> None:
        bad = ~torch.isfinite(self.log[start : self.step]).all(dim=1).cpu().numpy()
        for replica in np.flatnonzero(bad.any(axis=0) & (self.diverged_at < 0)):
            self.diverged_at[replica] = start + int(bad[:, replica].argmax()) + 1

    @property
    def all_diverged(self) -> bool:
        return bool((self.diverged_at >= 0).all())

    @torch.no_grad()
    def _evaluate(self) -> None:
        """Take the test error of every replica, and keep the state where it is the lowest yet."""
        self._train_mode(False)
        errors = torch.zeros(self.replicas, dtype=torch.float64, device=self.device)
        rows = max(1, min(_ROWS, _NUMBERS // math.prod(self.test.shape[1:])))
        for block in self.test.split(rows):
            x = block.expand(self.replicas, *block.shape)
            codes = self.prior.project(self.networks["encoder"](x)[..., : self.latent])
            errors += self.kind.errors(x, self.networks["decoder"](codes)).double().sum(1)
        self._train_mode(True)
        error = (errors / len(self.test)).cpu().numpy()
        self.tests[self.step] = error
        better = np.nan_to_num(error, nan=np.inf) < self.best_error
        if better.any():
            self.best_error[better], self.best_step[better] = error[better], self.step
            mask = torch.from_numpy(better).to(self.device)
            for name, tensor in self._tensors().items():
                self.best[name][mask] = tensor[mask]

    def _train_mode(self, on: bool) -> None:
        for module in self.networks.values():
            module.train(on)

    def _tensors(self) -> dict[str, Tensor]:
        """Every parameter and buffer by name, (R, ...)."""
        return {
            f"{name}.{key}": tensor
            for name, module in self.networks.items()
            for key, tensor in module.state_dict().items()
        }

    def _moments(self) -> dict[str, Tensor]:
        """Adam's two moments of every parameter by name, (R, ...)."""
        moments = {}
        for group, parameters in self.groups.items():
            optimizer = self.optimizers[group]
            for name, mean, square in zip(parameters, optimizer.mean, optimizer.square, strict=True):
                moments[f"{name}/mean"], moments[f"{name}/square"] = mean, square
        return moments

    def weights(self, replica: int, which: str = "last") -> dict[str, np.ndarray]:
        """One replica's parameters and buffers, without the replica dimension: the "last", the "best", or those of the
        autoencoder at "step-N"."""
        if which in ("last", "best"):
            tensors = self.best if which == "best" else self._tensors()
        else:
            tensors = self.snapshots[int(which.removeprefix("step-"))]
        return {name: tensor[replica].cpu().numpy().copy() for name, tensor in tensors.items()}

    def moments(self, replica: int) -> dict[str, np.ndarray]:
        """One replica's optimizer state."""
        return {name: tensor[replica].cpu().numpy().copy() for name, tensor in self._moments().items()}

    def state(self) -> dict[str, np.ndarray]:
        """All that `restore` needs, as arrays."""
        arrays = {f"last/{k}": v for k, v in self._tensors().items()}
        arrays |= {f"best/{k}": v for k, v in self.best.items()}
        arrays |= {f"optimizer/{k}": v for k, v in self._moments().items()}
        arrays |= {f"step-{step}/{k}": v for step, kept in self.snapshots.items() for k, v in kept.items()}
        out = {k: v.detach().cpu().numpy() for k, v in arrays.items()}
        out["updates"] = np.array([float(optimizer.updates) for optimizer in self.optimizers.values()])
        out["log"] = self.log[: self.step].cpu().numpy()
        out["tests/step"] = np.array(sorted(self.tests), dtype=np.int64)
        out["tests/error"] = np.array([self.tests[s] for s in sorted(self.tests)]).reshape(-1, self.replicas)
        out["best_error"], out["best_step"] = self.best_error.copy(), self.best_step.copy()
        out["diverged_at"] = self.diverged_at.copy()
        return out

    def restore(self, step: int, arrays: Mapping[str, np.ndarray]) -> None:
        """Continue from what `state` returned after `step` steps of a run with the same settings."""
        self.step = step
        for name, tensor in self._tensors().items():
            tensor.copy_(torch.from_numpy(arrays[f"last/{name}"]))
            self.best[name].copy_(torch.from_numpy(arrays[f"best/{name}"]))
        for kept in (k for k in self.plan.kept if k <= step):
            names = [name for name in self._tensors() if _is_autoencoders(name)]
            self.snapshots[kept] = {n: torch.from_numpy(arrays[f"step-{kept}/{n}"]).to(self.device) for n in names}
        for name, tensor in self._moments().items():
            tensor.copy_(torch.from_numpy(arrays[f"optimizer/{name}"]))
        for optimizer, updates in zip(self.optimizers.values(), arrays["updates"], strict=True):
            optimizer.updates.fill_(float(updates))
        self.log[:step] = torch.from_numpy(arrays["log"][:step]).to(self.device)
        self.tests = dict(zip(arrays["tests/step"].tolist(), arrays["tests/error"], strict=True))
        self.best_error, self.best_step = arrays["best_error"].copy(), arrays["best_step"].copy()
        self.diverged_at = arrays["diverged_at"].copy()


def _is_autoencoders(name: str) -> bool:
    return name.startswith(("encoder.", "decoder."))
