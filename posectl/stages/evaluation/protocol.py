"""The evaluation protocol: the inputs that a subject gives, and the record of them.

`Protocol` serves every kind of sample; `@protocol("poses")` on a subclass registers one for a kind of its own.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Any, ClassVar, cast

import numpy as np
import torch
from torch import Tensor

from posectl.core.autoencoder import Autoencoder
from posectl.core.kinds import Kind
from posectl.core.latent.paths import between
from posectl.core.nearest.joint import Pass
from posectl.core.random import generator
from posectl.core.shards import Shards, Workers, joined
from posectl.data.dataset import TEST, TRAIN
from posectl.data.foreign import load_poses
from posectl.data.safe.npy import source_name
from posectl.errors import InvalidInputError, UsageError, did_you_mean
from posectl.registry import Registry
from posectl.stages.artifacts.dataset import StoredDataset
from posectl.stages.artifacts.files import conventions, file_record, is_file
from posectl.stages.artifacts.formats import Taken, format_of
from posectl.stages.evaluation.codes import provide_heads, provide_matched
from posectl.stages.evaluation.draws import drawn_codes, fitted_density
from posectl.stages.evaluation.endpoints import all_pairs, random_pairs
from posectl.stages.evaluation.generated import generated, is_generated
from posectl.stages.evaluation.inputs import Inputs
from posectl.stages.options import EvaluateOptions
from posectl.stages.run import Parents, Run
from posectl.store import Artifact

_LEAST = {"endpoints": 2, "steps": 2, "random_pairs": 1, "random_steps": 2, "samples": 1, "recall_samples": 1,
          "recall_targets": 1, "clouds": 1, "k": 1, "intervals": 1, "kmeans_restarts": 1, "labelled": 1,
          "poses": 2, "hypotheses": 1}  # fmt: skip


# Of more samples than these a few are drawn without a permutation of them all.
_PERMUTED = 1 << 25


@dataclass(frozen=True)
class ResolvedOptions(EvaluateOptions):
    """The options with every size decided."""

    random_pairs: int = 0
    random_steps: int = 0
    samples: int = 0
    recall_samples: int = 0
    recall_targets: int = 0


@dataclass
class Evaluation:
    """A subject under a protocol: the inputs of its metrics, and the record of the evaluation.

    name: of the scores by default; against: the reference that was named; protocol: the record; parents, files: the
    origin of the samples; modules: those that a registry chose for it. up: the vertical of what a model made; taken:
    the subject, if it is an array from outside; reference: once it was asked for. workers: what searches a reference
    beyond memory; None: processes of this machine. joint: what searches one together with other evaluations.
    """

    run: Run
    label: str
    name: str
    kind: Kind
    device: torch.device
    options: ResolvedOptions
    against: str | None = None
    inputs: Inputs = field(default_factory=Inputs)
    protocol: dict[str, Any] = field(default_factory=dict)
    parents: Parents = ()
    files: list[Any] | None = None
    modules: list[str] = field(default_factory=list)
    up: str = ""
    taken: Taken | None = None
    reference: Reference | None = None
    workers: Workers | None = None
    joint: Pass | None = None

    def dataset(self, ref: str) -> StoredDataset:
        """Return the dataset of a ref, with the split that is held out."""
        return StoredDataset(self.run.artifacts.get(ref, "dataset"), self.options.split)

    def tensor(self, array: np.ndarray) -> Tensor:
        """Return an array as a tensor on the device."""
        return torch.from_numpy(np.ascontiguousarray(array)).to(self.device)

    def searched(self, array: np.ndarray) -> Tensor:
        """Return what is searched: a tensor, or shards as they are, for the workers, or `jobs` processes, to read."""
        if not isinstance(array, Shards):
            return self.tensor(array)
        array.workers, array.joint = self.workers, self.joint
        if self.workers is None and self.options.jobs > 1:
            from posectl.core.nearest.parallel import Processes

            array.workers = Processes(self.options.jobs)
        return cast("Tensor", array)


@dataclass(frozen=True)
class Reference:
    """Real samples: train and test (either may be empty), the up axis, and their origin; validation: those of neither
    that are real all the same."""

    train: np.ndarray
    test: np.ndarray
    label: str
    up: str = "+z"
    parent: Artifact | None = None
    record: dict[str, Any] | None = None
    validation: np.ndarray | None = None

    @property
    def all(self) -> np.ndarray:
        """All samples."""
        parts = [part for part in (self.train, self.validation, self.test) if part is not None]
        beyond = any(isinstance(part, Shards) for part in parts)
        return cast("np.ndarray", joined(parts)) if beyond else np.concatenate(parts)


class Protocol:
    """The protocol of any kind: a model is scored between its dataset's test samples, paths and samples as they are."""

    compat: ClassVar[tuple[str, ...]] = ()
    not_reproduced: ClassVar[dict[str, str]] = {}  # by compat: what differs from the authors' code all the same
    sizes: ClassVar[dict[str, int]] = {
        "random_pairs": 10_000, "random_steps": 10, "samples": 10_000, "recall_samples": 180_000,
        "recall_targets": 10_000,
    }  # fmt: skip
    reconstruction: ClassVar[tuple[str, str]] = ("originals", "reconstructions")

    def __init__(self, kind: Kind) -> None:
        self.kind = kind

    def resolve(self, options: EvaluateOptions) -> ResolvedOptions:
        """Decide the sizes that were left open.

        Raises UsageError for sizes that are too small, and for a published protocol that is not of this kind.
        """
        if options.compat is not None and options.compat not in self.compat:
            raise UsageError(
                f"There is no protocol {options.compat!r} for {self.kind.name}.",
                did_you_mean(options.compat, self.compat),
            )
        given = {key: value for key in self.sizes if (value := getattr(options, key)) is not None}
        decided = ResolvedOptions(**{**dataclasses.asdict(options), **self.sizes, **given})
        for key, least in _LEAST.items():
            if getattr(decided, key) < least:
                raise UsageError(
                    f"{key} must be at least {least}, not {getattr(decided, key)}.",
                    f"--{key.replace('_', '-')} {least} or more.",
                )
        return decided

    def model(self, evaluation: Evaluation, model: Autoencoder, path: str, dataset: StoredDataset | None) -> None:
        """Provide the inputs that a model makes, against its dataset or the named reference."""
        reference = self.reference(evaluation, dataset)
        if reference is None:
            raise InvalidInputError(f"The dataset of {evaluation.label} is gone.", "Name one with --against.")
        _check_shape(evaluation, model, reference)
        options = evaluation.options
        pool, described = self.pool(evaluation, reference)
        count = min(options.endpoints, len(pool))

        def encoded(pairs: tuple[np.ndarray, np.ndarray]) -> tuple[Tensor, Tensor]:
            return model.encode(evaluation.tensor(pairs[0])), model.encode(evaluation.tensor(pairs[1]))

        def along(pairs: tuple[np.ndarray, np.ndarray], steps: int) -> Tensor:
            a, b = encoded(pairs)
            return model.decode_path(a, b, steps, path)

        def ends() -> tuple[np.ndarray, np.ndarray]:
            return self.random_pairs(evaluation, reference)

        truth = reference.test if len(reference.test) else reference.train
        if isinstance(truth, Shards):
            drawn = drawn_once(evaluation, truth, "truth").cpu().numpy()
            evaluation.protocol[self.reconstruction[0]], truth = len(drawn), drawn
        originals, reconstructions = self.reconstruction
        evaluation.inputs.provide(
            **{
                "model": lambda: model,
                "paths": lambda: along(self.endpoint_pairs(evaluation, reference, count), options.steps),
                "random_paths": lambda: along(ends(), options.random_steps),
                "path_codes": lambda: between(*encoded(ends()), options.random_steps, path),
                originals: lambda: evaluation.tensor(truth),
                reconstructions: lambda: model.reconstruct(evaluation.tensor(truth)),
            }
        )
        evaluation.protocol |= {
            "weights": options.weights,
            "path": path,
            "prior": model.prior.name,
            "paths": count * (count - 1) // 2,
            "steps": options.steps,
            "random_pairs": options.random_pairs,
            "random_steps": options.random_steps,
            "samples": options.samples,
            "recall_samples": options.recall_samples,
            "endpoints": described or f"all pairs of {count} {evaluation.options.split} {self.kind.noun}s",
        }
        if dataset is not None:
            provide_labels(evaluation, model, dataset)
        provide_draws(evaluation, model, dataset)
        self.provide_reference(evaluation, reference)

    def outside(self, evaluation: Evaluation, taken: Taken) -> None:
        """Provide what was taken in from outside, as it fits the reference, if one was named."""
        evaluation.taken = taken
        reference = self.reference(evaluation, None)
        array = self.placed(evaluation, taken, None if reference is None else reference.up, real=False)
        evaluation.files = [file_record(taken.source, array)]
        self.array(evaluation, array, None)

    def placed(self, evaluation: Evaluation, taken: Taken, up: str | None, *, real: bool) -> np.ndarray:
        """Return an array from outside as it fits samples whose vertical is `up`, and warn of what looks wrong."""
        array, warnings = format_of(self.kind).place(taken, up, real=real)
        for warning in warnings:
            evaluation.run.warn(warning)
        return array

    def array(self, evaluation: Evaluation, array: np.ndarray, behind: StoredDataset | None) -> None:
        """Provide paths (B, T, *shape), or samples (N, *shape), as they are."""
        tensor = torch.from_numpy(array).to(evaluation.device)
        moving = array.ndim == 2 + len(self.kind.axes)
        evaluation.inputs.provide(**{name: lambda: tensor for name in (
            ("paths", "random_paths") if moving else ("samples", "recall_samples")
        )})  # fmt: skip
        evaluation.protocol |= dict(zip(("paths", "steps") if moving else ("samples",), array.shape, strict=False))
        reference = self.reference(evaluation, behind)
        if reference is not None:
            self.provide_reference(evaluation, reference)

    def reference(self, evaluation: Evaluation, dataset: StoredDataset | None) -> Reference | None:
        """Return the reference that was named, or that of the dataset; it is read once."""
        if evaluation.reference is None and evaluation.against is not None:
            evaluation.reference = self.read_reference(evaluation, evaluation.against)
        elif evaluation.reference is None and dataset is not None:
            evaluation.reference = self.stored_reference(dataset)
        return evaluation.reference

    def pool(self, evaluation: Evaluation, reference: Reference) -> tuple[np.ndarray, str]:
        """Return the real samples (N, *shape) that paths go between, and the description of the pairs in the record."""
        pool = reference.test if len(reference.test) else reference.train
        if len(pool) < 2:
            raise InvalidInputError(
                f"{reference.label} has fewer than two {self.kind.nouns} to go between.", "Prepare one of more."
            )
        return pool, ""

    def endpoint_pairs(self, evaluation: Evaluation, reference: Reference, count: int) -> tuple[np.ndarray, np.ndarray]:
        """Return first and last samples of all pairs of `count` of the pool."""
        pool, _ = self.pool(evaluation, reference)
        first, last = all_pairs(len(pool), count, evaluation.run.seed)
        return pool[first], pool[last]

    def random_pairs(self, evaluation: Evaluation, reference: Reference) -> tuple[np.ndarray, np.ndarray]:
        """Return first and last samples of random pairs of the pool."""
        pool, _ = self.pool(evaluation, reference)
        first, last = random_pairs(len(pool), evaluation.options.random_pairs, evaluation.run.seed)
        return pool[first], pool[last]

    def provide_reference(self, evaluation: Evaluation, reference: Reference) -> None:
        """Provide the real samples: those that distances are measured to, and those whose recall is asked."""
        searched = self.searched(evaluation, reference)
        split, targets = self.splits(evaluation)
        evaluation.inputs.provide(
            reference=lambda: evaluation.searched(searched),
            recall_targets=partial(self.targets, evaluation, reference),
        )
        provide_real(evaluation, reference.train, reference.test)
        if len(reference.train) and len(reference.test):
            evaluation.inputs.provide(test_targets=lambda: drawn_once(evaluation, reference.test, "test targets"))
            if len(searched) > len(reference.test):
                evaluation.inputs.provide(test_reference=lambda: evaluation.searched(reference.test))
        evaluation.protocol |= {
            "reference": reference.label,
            f"reference_{self.kind.noun}s": len(searched),
            "reference_split": split,
            "recall_targets": min(evaluation.options.recall_targets, len(reference.all)),
            "targets_from": targets,
        }
        if reference.parent is not None:
            evaluation.parents = [*evaluation.parents, ("reference", reference.parent)]
        if reference.record is not None:
            evaluation.files = [*(evaluation.files or []), reference.record]

    def searched(self, evaluation: Evaluation, reference: Reference) -> np.ndarray:
        """Return the real samples that distances are measured to."""
        return reference.all

    def splits(self, evaluation: Evaluation) -> tuple[str, str]:
        """Name the splits that distances are measured to, and that recall's targets are drawn from."""
        real = splits_of(evaluation, evaluation.reference.validation if evaluation.reference else None)
        return real, real

    def targets(self, evaluation: Evaluation, reference: Reference) -> Tensor:
        """Draw the real samples whose recall is asked, each at most once."""
        return drawn_once(evaluation, reference.all, "targets")

    def stored_reference(self, dataset: StoredDataset) -> Reference:
        """Return the samples of a dataset. Raises InvalidInputError for another kind's."""
        check_kind(dataset, self.kind)
        return Reference(
            dataset.train, dataset.test, dataset.artifact.ref, up=dataset.up, parent=dataset.artifact,
            validation=dataset.validation,
        )  # fmt: skip

    def read_reference(self, evaluation: Evaluation, against: str) -> Reference:
        """Return the samples of a dataset, or of a file as test samples."""
        if is_generated(against):
            shards, record = generated(against)
            poses = cast("np.ndarray", shards)
            return Reference(np.zeros((0, *shards.shape[1:]), np.float32), poses, against, record=record)
        if not is_file(against):
            return self.stored_reference(evaluation.dataset(against))
        arrays, name, form = load_poses(against), source_name(against), format_of(self.kind)
        said = conventions(evaluation.options)
        if evaluation.taken is not None:
            said = form.left_to_say(arrays, name, said, subject=False)
        taken = form.take(arrays, name, said)
        array = self.placed(evaluation, taken, evaluation.up or None, real=True)
        samples = array.reshape(-1, *array.shape[-len(self.kind.axes) :]).astype(np.float32, copy=False)
        own = taken.up if taken.plain or taken.told else None
        up = (evaluation.up if taken.told else own) or own or evaluation.up or "+z"
        return Reference(samples[:0], samples, against, up=up, record=file_record(against, samples))


def splits_of(evaluation: Evaluation, validation: np.ndarray | None) -> str:
    """Name the splits of all real samples: without test where validation samples are held against a subject."""
    held_out = evaluation.options.split
    return "train, validation and test" if validation is not None and len(validation) else f"train and {held_out}"


def provide_real(evaluation: Evaluation, train: np.ndarray, test: np.ndarray) -> None:
    """Provide the real samples whose codes are compared with others: of training, or of the test where none are."""
    real = train if len(train) else test
    evaluation.inputs.provide(real_samples=lambda: drawn_once(evaluation, real, "real samples"))


def drawn_once(evaluation: Evaluation, samples: np.ndarray, purpose: str) -> Tensor:
    """Draw `recall_targets` of the samples at most, each at most once."""
    stream, count = generator(evaluation.run.seed, f"evaluate/{purpose}"), evaluation.options.recall_targets
    if len(samples) <= _PERMUTED:
        return evaluation.tensor(samples[torch.randperm(len(samples), generator=stream)[:count].numpy()])
    seed = int(torch.randint(2**62, (1,), generator=stream))
    return evaluation.tensor(samples[np.random.default_rng(seed).choice(len(samples), count, replace=False)])


def provide_draws(evaluation: Evaluation, model: Autoencoder, dataset: StoredDataset | None) -> None:
    """Provide decoded draws, of codes of the prior or of a density fitted to those of the dataset's samples."""
    options, seed, inputs = evaluation.options, evaluation.run.seed, evaluation.inputs

    def drawn(purpose: str, count: int) -> Tensor:
        stream = generator(seed, f"evaluate/{purpose}")
        return model.decode(drawn_codes(model, inputs.get("density"), count, stream).to(model.device))

    inputs.provide(
        density=lambda: fitted_density(model, options.draws, dataset),
        samples=lambda: drawn("samples", options.samples),
        recall_samples=lambda: drawn("crowd", options.recall_samples),
    )
    if options.draws != "prior":
        evaluation.protocol["draws"] = options.draws


def _check_shape(evaluation: Evaluation, model: Autoencoder, reference: Reference) -> None:
    if model.shape != reference.test.shape[1:]:
        raise InvalidInputError(
            f"{evaluation.label} takes samples of shape {model.shape}; "
            f"{reference.label} has {reference.test.shape[1:]}.",
            "Name a reference of the model's shape with --against.",
        )


def provide_labels(evaluation: Evaluation, model: Autoencoder, dataset: StoredDataset) -> None:
    """Provide draws of the prior beside codes, and codes and labels of a dataset that has classes in both splits."""
    provide_matched(evaluation.inputs, model, dataset, evaluation.run.seed)
    classes = dataset.about.classes
    if not (classes and dataset.artifact.has("label") and {TRAIN, TEST} <= set(np.unique(dataset.split).tolist())):
        return
    known = torch.from_numpy(dataset.known("label")).long()
    split = torch.from_numpy(dataset.split)
    evaluation.inputs.provide(
        train_samples=lambda: evaluation.tensor(dataset.train),
        test_samples=lambda: evaluation.tensor(dataset.test),
        codes=lambda: model.encode(evaluation.tensor(dataset.train)),
        labels=lambda: known[split == TRAIN],
        test_codes=lambda: model.encode(evaluation.tensor(dataset.test)),
        test_labels=lambda: known[split == TEST],
        classes=lambda: classes,
    )
    provide_heads(evaluation.inputs, model, dataset)
    if evaluation.options.compat == "acai" and model.has_posterior:  # vae.py classifies what its posterior is made of
        evaluation.inputs.provide(
            features=lambda: model.features(evaluation.tensor(dataset.train)),
            test_features=lambda: model.features(evaluation.tensor(dataset.test)),
        )


def check_kind(dataset: StoredDataset, kind: Kind) -> None:
    """Raise InvalidInputError for a dataset of another kind."""
    if dataset.kind is not kind:
        raise InvalidInputError(
            f"{dataset.artifact.ref} holds {dataset.kind.name}, not {kind.name}.", "Name another reference."
        )


PROTOCOLS: Registry[type[Protocol]] = Registry("protocol", "posectl.stages.evaluation", decorator="protocol")


def protocol(kind: str) -> Callable[[type[Protocol]], type[Protocol]]:
    """Decorator: register the evaluation protocol of a kind."""
    return PROTOCOLS.register(kind)


def protocol_of(kind: Kind) -> Protocol:
    """Return the evaluation protocol of a kind."""
    return (PROTOCOLS.get(kind.name) if kind.name in PROTOCOLS.names() else Protocol)(kind)
