"""The history of a run: its losses and held-out errors, the best weights, snapshots, and where replicas diverged."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal, get_args

import numpy as np
import torch
from torch import Tensor

Split = Literal["test", "validation"]
"""A held-out split."""


class History:
    """The history of R replicas in training.

    log: every loss of every step, (steps, figures, R), zero beyond the last; figures: the losses' names.
    measured: of each held-out split, "test" or "validation", its "error" and whatever else was measured, (R,) by name
    and step. best_by: the split whose lowest error (R,) best_error at best_step (R,) chose the `best` weights (R, ...)
    by name; None: the last are the best. best_test_error: (R,) of those weights, where validation chose them.
    snapshots: weights by name, by step. diverged_at: after which step (R,) a loss was not finite, or -1.
    """

    def __init__(
        self, steps: int, figures: Sequence[str], weights: Mapping[str, Tensor], best_by: Split | None = None
    ) -> None:
        some = next(iter(weights.values()))
        self.replicas, self.device = len(some), some.device
        self.figures = list(figures)
        self.log = torch.zeros(steps, len(self.figures), self.replicas, device=self.device)
        self.measured: dict[Split, dict[str, dict[int, np.ndarray]]] = {}
        self.best_by = best_by
        self.best = {name: tensor.clone() for name, tensor in weights.items()} if best_by else {}
        self.best_error = np.full(self.replicas, np.inf)
        self.best_step = np.zeros(self.replicas, dtype=np.int64)
        self.best_test_error: np.ndarray | None = None
        self.diverged_at = np.full(self.replicas, -1, dtype=np.int64)
        self.snapshots: dict[int, dict[str, Tensor]] = {}

    @property
    def tests(self) -> dict[int, np.ndarray]:
        """The test errors (R,) by step: at the last step alone where validation errors are taken on the way."""
        return self.measured.get("test", {}).get("error", {})

    @property
    def watched(self) -> Split:
        """The split whose errors are taken on the way."""
        return "validation" if "validation" in self.measured else "test"

    @property
    def errors(self) -> dict[int, np.ndarray]:
        """The errors (R,) of that split by step."""
        return self.measured.get(self.watched, {}).get("error", {})

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

    def add_errors(
        self,
        split: Split,
        step: int,
        weights: Mapping[str, Tensor],
        errors: np.ndarray,
        measured: Mapping[str, np.ndarray] = {},
    ) -> None:
        """Note the errors (R,) of a split and what else was measured of it; where it chooses, keep the weights of those
        replicas whose error is the lowest yet."""
        for name, values in {"error": errors, **measured}.items():
            self.measured.setdefault(split, {}).setdefault(name, {})[step] = values
        better = np.nan_to_num(errors, nan=np.inf) < self.best_error
        if split == self.best_by and better.any():
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
        arrays = {name: tensor.cpu().numpy() for name, tensor in weights.items()}
        for split, figures in self.measured.items():
            steps = sorted(figures["error"])
            arrays[f"{split}s/step"] = np.array(steps, dtype=np.int64)
            for name, values in figures.items():
                arrays[f"{split}s/{name}"] = np.array([values[each] for each in steps]).reshape(-1, self.replicas)
        if self.best_test_error is not None:
            arrays["best_test_error"] = self.best_test_error.copy()
        return {
            **arrays,
            "log": self.log[:step].cpu().numpy(),
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
        for split in get_args(Split):
            figures = {key.partition("/")[2]: array for key, array in arrays.items() if key.startswith(f"{split}s/")}
            steps = figures.pop("step", np.empty(0)).tolist()
            if figures:
                self.measured[split] = {name: dict(zip(steps, each, strict=True)) for name, each in figures.items()}
        self.best_test_error = arrays.get("best_test_error")
        self.best_error, self.best_step = arrays["best_error"].copy(), arrays["best_step"].copy()
        self.diverged_at = arrays["diverged_at"].copy()
