"""The training loop: R replicas of one autoencoder, stepped as one.

Everything that a step uses is a function of (seed, step) and of the state that `state` returns, so a run that is
restored at any step continues bit for bit on the same machine, versions and threads.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn

from posectl.core.latent.priors import Prior
from posectl.core.nets import Architecture
from posectl.core.nets.layers import initialise
from posectl.core.objectives import Objective, check_together, squared_error
from posectl.core.objectives.step import Pairing, Step
from posectl.core.random import generator
from posectl.core.training.batches import BLOCK, Batches, Block

AUTOENCODER = ("encoder", "decoder")


@dataclass(frozen=True)
class Plan:
    """How long and how fast. `evaluate_every` steps the test error is taken; lr_adversary None means lr."""

    steps: int = 20_000
    batch: int = 64
    lr: float = 1e-3
    lr_adversary: float | None = None
    pairing: Pairing = "reverse"
    evaluate_every: int = 500


@dataclass(frozen=True)
class Term:
    """An objective with one lambda a replica."""

    objective: Objective
    lam: Tensor


class Trainer:
    """R replicas, one seed and one set of lambdas each, and where they stand.

    train, test: samples (N, *shape) on the device; the test ones choose the best state. `step` is how many steps are
    done; `log` holds every loss of every step, (steps, figures, R), and `tests` the test errors by step.
    """

    def __init__(
        self,
        architecture: Architecture,
        prior: Prior,
        terms: Sequence[Term],
        train: Tensor,
        test: Tensor,
        plan: Plan,
        seeds: Sequence[int],
        *,
        augment: Callable[[Tensor, torch.Generator], Tensor] | None = None,
    ) -> None:
        objectives = [term.objective for term in terms]
        check_together(objectives)
        self.prior, self.terms, self.plan, self.test = prior, list(terms), plan, test
        self.replicas, self.step, self.device = len(seeds), 0, train.device
        self.networks: dict[str, nn.Module] = {
            "encoder": architecture.encoder(self.replicas),
            "decoder": architecture.decoder(self.replicas),
        }
        for objective in objectives:
            own = objective.networks(architecture, self.replicas)
            self.networks |= {f"{objective.name}.{name}": module for name, module in own.items()}
        for name, module in self.networks.items():
            for replica, seed in enumerate(seeds):
                initialise(module, replica, generator(seed, f"init/{name}"))
            module.to(self.device)

        draws = {name: draw for objective in objectives for name, draw in objective.draws.items()}
        self.batches = Batches(train, plan.batch, tuple(seeds), architecture.latent, draws, augment)
        self._own = {
            o.name: {n.partition(".")[2]: m for n, m in self.networks.items() if n.startswith(f"{o.name}.")}
            for o in objectives
        }
        self.groups = self._groups()
        self.optimizer = torch.optim.Adam(
            [{"params": list(p.values()), "lr": self._rate(g)} for g, p in self.groups.items()], fused=True
        )
        self.figures = self._figures()
        self.log = torch.zeros(plan.steps, len(self.figures), self.replicas, device=self.device)
        self.tests: dict[int, np.ndarray] = {}
        self.best = {name: tensor.clone() for name, tensor in self._tensors().items()}
        self.best_error = np.full(self.replicas, np.inf)
        self.best_step = np.zeros(self.replicas, dtype=np.int64)
        self.diverged_at = np.full(self.replicas, -1, dtype=np.int64)

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
        block, block_index = None, -1
        while self.step < self.plan.steps and not self.all_diverged:
            if self.step // BLOCK != block_index:
                block_index = self.step // BLOCK
                block = self.batches.block(block_index)
            assert block is not None
            start, stop = self.step, self._next_pause(checkpoint_every)
            stopped = False
            while self.step < stop and not stopped:
                self._advance(block, self.step % BLOCK)
                self.step += 1
                stopped = should_stop()
            self._note_divergence(start)
            if self.step % self.plan.evaluate_every == 0 or self.step == self.plan.steps:
                self._evaluate()
            report()
            if stopped:
                return False
            if checkpoint_every and self.step % checkpoint_every == 0 and self.step < self.plan.steps:
                checkpoint()
        return not self.all_diverged

    def _advance(self, block: Block, k: int) -> None:
        noise = {name: tensor[k] for name, tensor in block.noise.items()}
        step = Step(
            self.networks["encoder"], self.networks["decoder"], self.prior, block.x[k], noise, pairing=self.plan.pairing
        )
        figures = {"reconstruction": self._reconstruction(step)}
        total = figures["reconstruction"]
        losses: dict[str, Tensor] = {}
        for term in self.terms:
            name, own = term.objective.name, self._own[term.objective.name]
            figures[name] = term.objective.term(step, own)
            total = total + term.lam * figures[name]
            losses |= {f"{name}.{key}": loss for key, loss in term.objective.adversaries(step, own).items()}
        losses = {"autoencoder": total, **losses}

        # Each group's gradient is taken of its own loss with respect to its own parameters alone, all before any moves.
        for i, (name, parameters) in enumerate(self.groups.items()):
            wanted = list(parameters.values())
            more = i < len(self.groups) - 1
            gradients = torch.autograd.grad(losses[name].sum(), wanted, retain_graph=more, allow_unused=True)
            for parameter, gradient in zip(wanted, gradients, strict=True):
                # Fused Adam walks memory in step with the parameter, whatever the gradient's strides say.
                parameter.grad = None if gradient is None else gradient.contiguous()
        self.optimizer.step()
        self.log[self.step] = torch.stack([(figures | losses)[f] for f in self.figures]).detach()

    def _reconstruction(self, step: Step) -> Tensor:
        for term in self.terms:
            if term.objective.replaces_reconstruction:
                return term.objective.reconstruction(step, self._own[term.objective.name])
        return squared_error(step.x, step.x_hat)

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
        terms = [t.objective.name for t in self.terms if t.objective.name != "none"]
        return ["reconstruction", *terms, *(g for g in self.groups if g != "autoencoder"), "autoencoder"]

    def _next_pause(self, checkpoint_every: int) -> int:
        """The next step at which something other than a step happens."""
        spans = [BLOCK, self.plan.evaluate_every, *([checkpoint_every] if checkpoint_every else [])]
        return min([self.plan.steps, *((self.step // span + 1) * span for span in spans)])

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
        for block in self.test.split(8192):
            x = block.expand(self.replicas, *block.shape)
            codes = self.prior.project(self.networks["encoder"](x))
            errors += sample_errors(x, self.networks["decoder"](codes)).double().sum(1)
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
        for parameters in self.groups.values():
            for name, parameter in parameters.items():
                state = self.optimizer.state[parameter]
                moments[f"{name}/mean"], moments[f"{name}/square"] = state["exp_avg"], state["exp_avg_sq"]
        return moments

    def weights(self, replica: int, *, best: bool = False) -> dict[str, np.ndarray]:
        """One replica's parameters and buffers, without the replica dimension."""
        tensors = self.best if best else self._tensors()
        return {name: tensor[replica].cpu().numpy().copy() for name, tensor in tensors.items()}

    def moments(self, replica: int) -> dict[str, np.ndarray]:
        """One replica's optimizer state."""
        return {name: tensor[replica].cpu().numpy().copy() for name, tensor in self._moments().items()}

    def state(self) -> dict[str, np.ndarray]:
        """All that `restore` needs, as arrays."""
        arrays = {f"last/{k}": v for k, v in self._tensors().items()}
        arrays |= {f"best/{k}": v for k, v in self.best.items()}
        arrays |= {f"optimizer/{k}": v for k, v in self._moments().items()}
        out = {k: v.detach().cpu().numpy() for k, v in arrays.items()}
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
        for group in self.groups.values():
            for name, parameter in group.items():
                self.optimizer.state[parameter] = {
                    "step": torch.tensor(float(step)),
                    "exp_avg": torch.from_numpy(arrays[f"optimizer/{name}/mean"]).to(self.device),
                    "exp_avg_sq": torch.from_numpy(arrays[f"optimizer/{name}/square"]).to(self.device),
                }
        self.log[:step] = torch.from_numpy(arrays["log"][:step]).to(self.device)
        self.tests = dict(zip(arrays["tests/step"].tolist(), arrays["tests/error"], strict=True))
        self.best_error, self.best_step = arrays["best_error"].copy(), arrays["best_step"].copy()
        self.diverged_at = arrays["diverged_at"].copy()


def sample_errors(x: Tensor, x_hat: Tensor) -> Tensor:
    """The test error of each sample, (R, B): mean joint distance for points (..., 3), metres; else mean square."""
    difference = x_hat - x
    if x.dim() == 4 and x.shape[-1] == 3:
        return torch.linalg.vector_norm(difference, dim=-1).mean(-1)
    return difference.square().flatten(2).mean(2)
