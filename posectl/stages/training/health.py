"""What a training came to: whether it blew up or collapsed, said before anybody takes it for a model."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass

import torch

from posectl.core.autoencoder import Autoencoder
from posectl.core.distances import ONE_SAMPLE, share, share_of_spread, spread
from posectl.core.kinds import Kind
from posectl.core.random import generator
from posectl.core.training.loop import Trainer
from posectl.printable import error_text
from posectl.stages.artifacts.dataset import StoredDataset
from posectl.stages.training.replica import Replica

# So many times the error of the mean sample, and a training has blown up.
_BLOWN_UP = 10
# The share of the size of codes below which their spread makes them one.
_ONE_CODE = 1e-3
_SAMPLES = 512
_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Health:
    """The errors of a replica at the first step and at the last, and that of giving the mean sample always, of a
    held-out split; the spread of its codes as a share of their size, and that of decoded draws as a share of the
    data's."""

    kind: Kind
    first: float
    last: float
    of_mean: float
    codes: float
    decoded: float
    split: str = "test"

    @property
    def blew_up(self) -> bool:
        """True if the mean sample, always, does ten times as well, and so did the weights as they were drawn: a
        training that is not there yet has not blown up."""
        return self.of_mean > 0 and not self.last <= max(_BLOWN_UP * self.of_mean, self.first)

    def __str__(self) -> str:
        last, of_mean = (error_text(error, self.kind.unit) for error in (self.last, self.of_mean))
        return f"the {self.split} error at the end is {last}, and the mean sample always would have {of_mean}"

    def tell(self, say: Callable[[str], None], name: str = "The training") -> None:
        """Say in a line each, by `say`, what went wrong with the training of this name; warn where it is worthless."""
        if self.last > self.of_mean > 0:
            _log.warning("%s is worse than no model: %s.", name, self)
        elif self.last > self.first:
            errors = [error_text(error, self.kind.unit) for error in (self.last, self.first)]
            say(f"{name} ends above where it began: {self.split} error {errors[0]}, {errors[1]} at first.")
        if self.codes < _ONE_CODE:
            say(f"{name} collapsed: the codes of all {self.split} {self.kind.nouns} are one point.")
        if self.decoded < ONE_SAMPLE:
            _log.warning("%s decodes whatever code to one %s.", name, self.kind.noun)


def examine(trainer: Trainer, index: int, replica: Replica, dataset: StoredDataset) -> Health:
    """Examine one replica at the end of its training, by its last weights."""
    kind, history = dataset.kind, trainer.history
    model = Autoencoder(replica.architecture, trainer.prior, trainer.device, replica.objectives, kind=kind)
    model.load(trainer.weights(index))
    mean = torch.from_numpy(dataset.train.mean(0, dtype="float64")).to(trainer.watched)
    some = trainer.watched[:_SAMPLES]
    codes = model.encode(some)
    draws = model.draw(_SAMPLES, generator(replica.seed, "health")).codes
    return Health(
        kind,
        split=history.watched,
        first=float(history.errors[0][index]),
        last=float(history.errors[max(history.errors)][index]),
        of_mean=kind.errors(trainer.watched[None], mean.expand_as(trainer.watched)[None]).double().mean().item(),
        codes=share(spread(codes), codes.double().square().mean().sqrt().item()),
        decoded=share_of_spread(model.decode(draws), some),
    )
