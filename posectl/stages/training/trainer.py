"""The trainer of a stack of replicas, and its steps: with checkpoints, progress and Ctrl-C."""

from __future__ import annotations

import logging
import signal
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np
import torch

from posectl.budget import budget
from posectl.core import device as devices
from posectl.core.latent.priors import PRIORS
from posectl.core.memory import keep_freed
from posectl.core.shards import Shards
from posectl.core.training.batches import FiniteSamples, GeneratedSamples, LabelledSamples, SampleStream
from posectl.core.training.blocks import BlockSamples
from posectl.core.training.loop import Plan, Trainer
from posectl.core.training.ranks import ALONE, Alone, LostRankError
from posectl.data.dataset import TEST, TRAIN, VALIDATION
from posectl.data.synthetic import sampler
from posectl.errors import UnavailableError
from posectl.signals import ignore
from posectl.stages.artifacts.beyond import stored
from posectl.stages.artifacts.dataset import StoredDataset
from posectl.stages.options import TrainOptions
from posectl.stages.training.augmentation import augmentation_of
from posectl.stages.training.replica import Replica
from posectl.stages.training.settings import HELD_OUT

# Seconds between checkpoints unless asked otherwise: so few that a killed run loses a minute or so.
_CHECKPOINT_SECONDS = 30.0
_log = logging.getLogger(__name__)


def build_trainer(
    dataset: StoredDataset, replicas: Sequence[Replica], device: torch.device, ranks: Alone = ALONE
) -> Trainer:
    """Build the trainer of replicas that differ in lambdas and seed alone, as one stack."""
    options = replicas[0].options
    (test, test_labels), (validation, validation_labels) = (
        _held_out(dataset, split, options, device) for split in (TEST, VALIDATION)
    )
    devices.allow_tf32(options.precision == "tf32")
    plan = Plan(
        steps=options.steps, batch=options.batch, lr=options.lr, lr_adversary=options.lr_adversary,
        pairing=options.pairing, evaluate_every=max(1, min(options.evaluate_every, options.steps)),
        betas=options.betas, precision=options.precision, snapshots=options.snapshots,
        micro_batch=options.micro_batch,
    )  # fmt: skip
    return Trainer(
        replicas[0].architecture, PRIORS[str(options.prior)], [r.objectives for r in replicas],
        training_samples(dataset, device, options.labelled, options.order), test, plan,
        [r.seed for r in replicas], kind=dataset.kind, augment=augmentation_of(dataset.kind, dataset, options),
        test_labels=test_labels, validation=validation if len(validation) else None,
        validation_labels=validation_labels, best_by=options.best_by, ranks=ranks,
    )  # fmt: skip


def training_samples(
    dataset: StoredDataset, device: torch.device, labelled: int | None = None, order: str | None = None
) -> SampleStream:
    """Return the training samples: those of the dataset, or fresh ones where its scene is endless; labelled: how many
    of them show their label, None for all; order: "blocks" where they stay in their files."""
    draw = sampler(dataset.about.scene, device)
    if draw is not None:

        def draw_labelled(count: int, generator: torch.Generator) -> LabelledSamples:
            images, known = draw(count, generator)
            return images, known.get("label")

        return GeneratedSamples(draw_labelled, tuple(dataset.shape), device)
    if order == "blocks":
        shards = stored(dataset.artifact, dataset.split == TRAIN)
        return BlockSamples(shards, device, _labels(dataset, TRAIN, device), held_blocks(shards))
    train = torch.from_numpy(np.ascontiguousarray(dataset.train)).to(device)
    return FiniteSamples(train, _labels(dataset, TRAIN, device), labelled)


def held_blocks(shards: Shards) -> int:
    """Return how many blocks of training samples stay in memory: what a quarter of its budget has room for."""
    return max(1, budget() // 4 // (4 * int(np.prod(shards.shape[1:])) * int(shards.sizes.max())))


def _held_out(
    dataset: StoredDataset, split: int, options: TrainOptions, device: torch.device
) -> tuple[torch.Tensor, torch.Tensor | None]:
    """Return the samples of a split and their labels (N,); where samples come in blocks, `HELD_OUT` of them, evenly
    spaced."""
    samples, labels = dataset.test if split == TEST else dataset.validation, _labels(dataset, split, device)
    if options.order == "blocks" and len(samples) > HELD_OUT:
        rows = np.linspace(0, len(samples) - 1, HELD_OUT).astype(np.int64)
        samples, labels = samples[rows], None if labels is None else labels[torch.from_numpy(rows)]
    return torch.from_numpy(np.ascontiguousarray(samples)).to(device), labels


def _labels(dataset: StoredDataset, split: int, device: torch.device) -> torch.Tensor | None:
    """Return the labels (N,) of a split; None without classes."""
    if not dataset.about.classes:
        return None
    return torch.from_numpy(dataset.known("label")[dataset.split == split].astype(np.int64)).to(device)


def advance(
    trainer: Trainer,
    options: TrainOptions,
    *,
    save: Callable[[], None],
    report: Callable[[float], None],
    stopped: Callable[[], bool],
) -> tuple[bool, float]:
    """Step to the end; return whether it was reached (or not, by a stop or by divergence of all), and the seconds.

    report receives samples per second, all replicas summed. A stop leaves a checkpoint, and so does a rank that is
    lost. One that cannot be written is warned of, and the one before it stays.
    """
    keep_freed()
    started = last = time.monotonic()
    first = trainer.step

    def checkpoint() -> None:
        nonlocal last
        try:
            save()
        except UnavailableError as error:
            _log.warning("%s The checkpoint before it stays, and the training goes on.", error.message)
        last = time.monotonic()

    def look() -> None:
        seconds = time.monotonic() - started
        report((trainer.step - first) * options.batch * trainer.replicas / max(seconds, 1e-9))
        due = not options.checkpoint_every and time.monotonic() - last > _CHECKPOINT_SECONDS
        if due and trainer.step < options.steps and not trainer.history.all_diverged:
            checkpoint()

    try:
        finished = trainer.run(
            checkpoint_every=options.checkpoint_every, checkpoint=checkpoint, report=look, should_stop=stopped
        )
    except LostRankError:
        checkpoint()
        raise
    if not finished and not trainer.history.all_diverged:
        checkpoint()
    return finished, time.monotonic() - started


@contextmanager
def interruptible() -> Iterator[Callable[[], bool]]:
    """Turn the first Ctrl-C into a flag, so that a step is never left half done; a second one interrupts at once."""
    asked = False

    def ask(number: int, frame: Any) -> None:
        nonlocal asked
        asked = True
        signal.signal(signal.SIGINT, previous)

    try:
        previous = signal.signal(signal.SIGINT, ask)
    except ValueError:  # not the main thread: whoever owns the signals decides
        yield lambda: False
        return
    try:
        yield lambda: asked
    except LostRankError:
        previous = ignore  # torchrun ends those left by a signal, which is not to cut what they save and say
        raise
    finally:
        signal.signal(signal.SIGINT, previous)


def latest(trainer: Trainer, replica: int = 0) -> dict[str, float]:
    """Return the losses of the last step, and the last error of held-out samples, under their split's name."""
    figures = dict(
        zip(trainer.history.figures, trainer.history.log[trainer.step - 1, :, replica].tolist(), strict=True)
    )
    errors = trainer.history.errors
    if errors:
        figures[trainer.history.watched] = float(errors[max(errors)][replica])
    return figures
