"""The model artifact of a trained replica."""

from __future__ import annotations

from typing import Any

import numpy as np

from posectl.core.objectives.price import BALANCE
from posectl.core.training.loop import Trainer
from posectl.stages.artifacts.about import ModelAbout
from posectl.stages.artifacts.dataset import StoredDataset
from posectl.stages.training.health import Health
from posectl.stages.training.replica import Replica
from posectl.stages.training.settings import describe
from posectl.stages.training.trainer import latest
from posectl.store import Draft


def write_model(
    draft: Draft,
    trainer: Trainer,
    index: int,
    replica: Replica,
    dataset: StoredDataset,
    seconds: float,
    health: Health,
) -> dict[str, Any]:
    """Put one replica of a trainer into a draft, and return the summary of its figures."""
    _write_arrays(draft, trainer, index)
    about = ModelAbout(
        net=describe(replica.architecture),
        prior=str(replica.options.prior),
        objectives=tuple(describe(o) for o in replica.objectives),
        samples=dataset.about.shared(),
        snapshots=tuple(trainer.history.snapshots),
        stack=trainer.replicas if trainer.replicas > 1 else 0,
    )
    draft.record(about=about.as_json())
    return {
        **_summary(trainer, index),
        **_paid(trainer, index),
        "mean_sample_error": health.of_mean,
        "unit": dataset.kind.unit,
        "steps": replica.options.steps,
        "seconds": round(seconds, 3),
    }


def _write_arrays(draft: Draft, trainer: Trainer, replica: int) -> None:
    """Put one replica's weights (last and best), optimizer state and log into a draft."""
    for which in ("last", "best", *(f"step-{step}" for step in trainer.history.snapshots)):
        for name, array in trainer.weights(replica, which).items():
            draft.put(f"weights/{which}/{name}", array, _dims(array))
    for name, array in trainer.moments(replica).items():
        draft.put(f"optimizer/{name}", array, _dims(array))
    for i, name in enumerate(trainer.history.figures):
        draft.put(f"log/{name}", trainer.history.log[: trainer.step, i, replica].cpu().numpy(), ("step",))
    steps = sorted(trainer.history.tests)
    draft.put("log/test_step", np.array(steps, dtype=np.int64), ("test",))
    for name, values in {"error": trainer.history.tests, **trainer.history.measured}.items():
        draft.put(f"log/test_{name}", np.array([values[s][replica] for s in steps]), ("test",))


def _dims(array: np.ndarray) -> tuple[str, ...]:
    return tuple(f"size_{n}_of_axis_{i}" for i, n in enumerate(array.shape))


def _summary(trainer: Trainer, replica: int) -> dict[str, Any]:
    return {
        "losses": {k: v for k, v in latest(trainer, replica).items() if k != "test"},
        "initial_test_error": float(trainer.history.tests[0][replica]),
        "test_error": float(trainer.history.tests[max(trainer.history.tests)][replica]),
        "best_test_error": float(trainer.history.best_error[replica]),
        "best_step": int(trainer.history.best_step[replica]),
    }


def _paid(trainer: Trainer, replica: int) -> dict[str, float]:
    """Return what was paid in the end, as a multiple of the plain twin's error, where there is a price."""
    balance = trainer.networks.get(BALANCE)
    return {} if balance is None else {"paid": float(balance.paid[replica].exp())}
