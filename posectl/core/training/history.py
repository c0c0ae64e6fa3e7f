"""The history of a run: its losses and test errors, the best weights, snapshots, and where replicas diverged."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import torch
from torch import Tensor


class History:
    """The history of R replicas in training.

    log: every loss of every step, (steps, figures, R), zero beyond the last; figures: the losses' names.
    tests: test errors (R,) by step; measured: other figures (R,) of test samples, by name and step. best: the weights
    (R, ...) by name at the lowest test error, which was best_error (R,) at best_step (R,). snapshots: weights by name,
    by step. diverged_at: after which step (R,) a loss was not finite, or -1.
    """

    def __init__(self, steps: int, figures: Sequence[str], weights: Mapping[str, Tensor]) -> None:
        self.best = {name: tensor.clone() for name, tensor in weights.items()}
        some = next(iter(self.best.values()))
        self.replicas, self.device = len(some), some.device
        self.figures = list(figures)
        self.log = torch.zeros(steps, len(self.figures), self.replicas, device=self.device)
        self.tests: dict[int, np.ndarray] = {}
        self.measured: dict[str, dict[int, np.ndarray]] = {}
        self.best_error = np.full(self.replicas, np.inf)
        self.best_step = np.zeros(self.replicas, dtype=np.int64)
        self.diverged_at = np.full(self.replicas, -1, dtype=np.int64)
        self.snapshots: dict[int, dict[str, Tensor]] = {}

    @property
    def all_diverged(self) -> bool:
        return bool((self.diverged_at >= 0).all())

    def diverged_in(self, step: int, figure: str) -> bool:
        """Tell whether this loss was not finite after so many steps, in any replica."""
        return figure in self.figures and not self.log[step - 1, self.figures.index(figure)].isfinite().all().item()

    def add_losses(self, start: int, losses: Sequence[Tensor]) -> None:
        """Log what the steps after `start` came to: the figures of one, (R,) each, then those of the next."""
        new = torch.stack(list(losses)).view(-1, *self.log.shape[1:])
        self.log[start : start + len(new)] = new
        bad = ~torch.isfinite(new).all(dim=1).cpu().numpy()
        for replica in np.flatnonzero(bad.any(axis=0) & (self.diverged_at < 0)):
            self.diverged_at[replica] = start + int(bad[:, replica].argmax()) + 1

    def add_test(
        self, step: int, errors: np.ndarray, weights: Mapping[str, Tensor], measured: Mapping[str, np.ndarray] = {}
    ) -> None:
        """Note the test errors (R,) and what else was measured, and keep the weights of those replicas whose error is
        the lowest yet."""
        self.tests[step] = errors
        for name, values in measured.items():
            self.measured.setdefault(name, {})[step] = values
        better = np.nan_to_num(errors, nan=np.inf) < self.best_error
        if better.any():
            self.best_error[better], self.best_step[better] = errors[better], step
            mask = torch.from_numpy(better).to(self.device)
            for name, tensor in weights.items():
                self.best[name][mask] = tensor[mask]

    def add_snapshot(self, step: int, weights: Mapping[str, Tensor]) -> None:
        self.snapshots[step] = {name: tensor.clone() for name, tensor in weights.items()}

    def weights(self, which: str) -> dict[str, Tensor]:
        """Weights (R, ...) by name: the "best", or those of "step-N"."""
        return self.best if which == "best" else self.snapshots[int(which.removeprefix("step-"))]

    def state(self, step: int) -> dict[str, np.ndarray]:
        """All that `restore` needs after so many steps, as arrays."""
        weights = {f"best/{name}": tensor for name, tensor in self.best.items()}
        for kept, tensors in self.snapshots.items():
            weights |= {f"step-{kept}/{name}": tensor for name, tensor in tensors.items()}
        tests = sorted(self.tests)
        return {
            **{name: tensor.cpu().numpy() for name, tensor in weights.items()},
            **{f"tests/{name}": np.array([of[step] for step in tests]) for name, of in self.measured.items()},
            "log": self.log[:step].cpu().numpy(),
            "tests/step": np.array(tests, dtype=np.int64),
            "tests/error": np.array([self.tests[step] for step in tests]).reshape(-1, self.replicas),
            "best_error": self.best_error.copy(),
            "best_step": self.best_step.copy(),
            "diverged_at": self.diverged_at.copy(),
        }

    def restore(self, step: int, arrays: Mapping[str, np.ndarray]) -> None:
        """Take up what `state` returned after so many steps."""
        for name, tensor in self.best.items():
            tensor.copy_(torch.from_numpy(arrays[f"best/{name}"]))
        kept = [key.removeprefix("step-").partition("/") for key in arrays if key.startswith("step-")]
        for number, _, name in sorted(kept, key=lambda key: int(key[0])):
            array = torch.from_numpy(arrays[f"step-{number}/{name}"])
            self.snapshots.setdefault(int(number), {})[name] = array.to(self.device)
        self.log[:step] = torch.from_numpy(arrays["log"][:step]).to(self.device)
        steps = arrays["tests/step"].tolist()
        of_tests = {name.removeprefix("tests/"): array for name, array in arrays.items() if name.startswith("tests/")}
        tests = {name: dict(zip(steps, array, strict=True)) for name, array in of_tests.items() if name != "step"}
        self.tests, self.measured = tests.pop("error"), tests
        self.best_error, self.best_step = arrays["best_error"].copy(), arrays["best_step"].copy()
        self.diverged_at = arrays["diverged_at"].copy()
