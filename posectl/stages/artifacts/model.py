"""A model artifact as the other stages use it: the autoencoder, rebuilt from what the artifact says."""

from __future__ import annotations

from posectl.core import device as devices
from posectl.core.autoencoder import Autoencoder
from posectl.core.latent.priors import PRIORS
from posectl.core.nets import NETS, Architecture
from posectl.core.objectives import OBJECTIVES, Objective
from posectl.errors import IntegrityError, UsageError
from posectl.stages.run import Run, expect
from posectl.store import Artifact

HINT = "`posectl train` makes one."


def architecture_of(artifact: Artifact) -> Architecture:
    """The architecture that a model artifact describes."""
    try:
        described = dict(expect(artifact, "model").about["net"])
        kind = NETS.get(described.pop("name"))
        return kind(**{k: tuple(v) if isinstance(v, list) else v for k, v in described.items()})
    except (KeyError, TypeError) as error:
        raise IntegrityError(f"{artifact.ref} does not describe a network.", "Train it again.") from error


def objectives_of(artifact: Artifact) -> list[Objective]:
    """The objectives that a model artifact was trained under."""
    try:
        described = [dict(each) for each in artifact.about["objectives"]]
        return [OBJECTIVES.get(each.pop("name"))(**each) for each in described]
    except (KeyError, TypeError) as error:
        raise IntegrityError(f"{artifact.ref} does not describe its objectives.", "Train it again.") from error


def load_model(run: Run, artifact: Artifact, *, weights: str = "last", sample_posterior: bool = False) -> Autoencoder:
    """The autoencoder on the run's device, with its last weights, its best by test reconstruction, or a snapshot's.

    sample_posterior: codes are drawn from a VAE's posterior, as published, in place of its mean.
    """
    devices.use_threads(run.threads)
    device = devices.resolve(run.device)
    prior = PRIORS[artifact.about["prior"]]
    model = Autoencoder(architecture_of(artifact), prior, device, objectives_of(artifact))
    if sample_posterior:
        if not model.has_posterior:
            raise UsageError(
                f"{artifact.ref} is no VAE, and its codes have no posterior.", "Leave out --sample-posterior."
            )
        model.posterior = run.seed
    return model.load(artifact.read_group(f"weights/{_known(artifact, weights)}"))


def _known(artifact: Artifact, weights: str) -> str:
    known = ["last", "best", *(f"step-{step}" for step in artifact.about.get("snapshots", ()))]
    if weights not in known:
        raise UsageError(f"{artifact.ref} holds no weights {weights!r}.", f"It holds {', '.join(known)}.")
    return weights
