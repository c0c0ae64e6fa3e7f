"""The model artifact of a trained replica."""

from __future__ import annotations

from typing import Any, cast

import numpy as np

from posectl.core.autoencoder import Autoencoder
from posectl.core.objectives.price import BALANCE, Balance
from posectl.core.training.loop import Trainer
from posectl.stages.artifacts.about import ModelAbout
from posectl.stages.artifacts.dataset import StoredDataset
from posectl.stages.artifacts.mixture import mixture_of, put_mixture
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
    _write_mixtures(draft, trainer, index, replica, dataset)
    about = ModelAbout(
        net=describe(replica.architecture),
        prior=str(replica.options.prior),
        objectives=tuple(describe(o) for o in replica.objectives),
        samples=dataset.about.shared(),
        snapshots=tuple(trainer.history.snapshots),
        best_by=trainer.history.best_by or "",
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


def _kept(trainer: Trainer) -> list[str]:
    """Name the weights that are kept: last, best where they were chosen, and snapshots."""
    chosen = ["best"] if trainer.history.best_by else []
    return ["last", *chosen, *(f"step-{step}" for step in trainer.history.snapshots)]


def _write_mixtures(draft: Draft, trainer: Trainer, index: int, replica: Replica, dataset: StoredDataset) -> None:
    """Put the mixtures that codes are drawn from, one for each of the weights, where an objective asks for them."""
    components = max((each.most_components() for each in replica.objectives), default=0)
    for which in _kept(trainer) if components > 1 else []:
        model = Autoencoder(
            replica.architecture, trainer.prior, trainer.device, replica.objectives, kind=dataset.kind
        ).load(trainer.weights(index, which))
        put_mixture(draft, which, mixture_of(model, dataset.train, components))


def _write_arrays(draft: Draft, trainer: Trainer, replica: int) -> None:
    """Put one replica's weights, optimizer state and log into a draft."""
    for which in _kept(trainer):
        for name, array in trainer.weights(replica, which).items():
            draft.put(f"weights/{which}/{name}", array, _dims(array))
    for name, array in trainer.moments(replica).items():
        draft.put(f"optimizer/{name}", array, _dims(array))
    for i, name in enumerate(trainer.history.figures):
        draft.put(f"log/{name}", trainer.history.log[: trainer.step, i, replica].cpu().numpy(), ("step",))
    for split, figures in trainer.history.measured.items():
        steps = sorted(figures["error"])
        draft.put(f"log/{split}_step", np.array(steps, dtype=np.int64), (split,))
        for name, values in figures.items():
            draft.put(f"log/{split}_{name}", np.array([values[s][replica] for s in steps]), (split,))


def _dims(array: np.ndarray) -> tuple[str, ...]:
    return tuple(f"size_{n}_of_axis_{i}" for i, n in enumerate(array.shape))


def _summary(trainer: Trainer, replica: int) -> dict[str, Any]:
    """Return the figures of a replica; without weights that were chosen, the last are its best."""
    history, last, watched = trainer.history, trainer.step, trainer.history.watched
    test_error = float(history.tests[last][replica])
    figures = {
        "losses": {k: v for k, v in latest(trainer, replica).items() if k != watched},
        f"initial_{watched}_error": float(history.errors[0][replica]),
        "test_error": test_error,
        "best_test_error": test_error,
        "best_step": last,
        "best_by": history.best_by or "",
    }
    if history.best_by:
        figures[f"best_{watched}_error"] = float(history.best_error[replica])
        figures["best_step"] = int(history.best_step[replica])
    if history.best_test_error is not None:
        figures["validation_error"] = float(history.errors[last][replica])
        figures["best_test_error"] = float(history.best_test_error[replica])
    return figures


def _paid(trainer: Trainer, replica: int) -> dict[str, float | str]:
    """Return what was paid in the end, as a multiple of the plain twin's error, and on what, where there is a price."""
    if BALANCE not in trainer.networks:
        return {}
    balance = cast(Balance, trainer.networks[BALANCE])
    on = "training batches" if trainer.validation is None else "validation samples"
    return {"paid": float(balance.paid[replica].exp()), "paid_on": on}
