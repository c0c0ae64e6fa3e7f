"""The subject of an evaluation: a model, paths, samples, a file from any other system, or a baseline."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import torch

from posectl.core import device as devices
from posectl.core.kinds import KINDS, Kind
from posectl.core.nearest.joint import Pass
from posectl.core.shards import Workers
from posectl.data.safe.npy import split_key
from posectl.errors import NotFoundError, UsageError
from posectl.stages.artifacts.about import AttributeAbout, DecodedAbout, read_about
from posectl.stages.artifacts.dataset import StoredDataset, dataset_of, kind_named
from posectl.stages.artifacts.files import BASELINE, conventions, is_baseline, is_file, read_file
from posectl.stages.artifacts.model import HINT, fitting_path, load_model, model_about, modules_of, objectives_of
from posectl.stages.evaluation.attributes import provide_edits
from posectl.stages.evaluation.baselines import baseline
from posectl.stages.evaluation.clouds import CloudProtocol
from posectl.stages.evaluation.codes import provide_labelled
from posectl.stages.evaluation.factors import FactorSpace
from posectl.stages.evaluation.images import ImageProtocol
from posectl.stages.evaluation.protocol import PROTOCOLS, Evaluation, protocol_of
from posectl.stages.evaluation.tasks import baseline_task, model_task, samples_task
from posectl.stages.options import EvaluateOptions
from posectl.stages.run import Run, parent_of
from posectl.store import Artifact


def open_subject(
    run: Run,
    subject: str | np.ndarray | None,
    against: str | None,
    options: EvaluateOptions,
    workers: Workers | None = None,
    joint: Pass | None = None,
) -> Evaluation:
    """Bring a subject under its kind's protocol: a ref, a file, an array, `baseline:NAME`, or the newest model."""
    devices.use_threads(run.threads)
    device = devices.resolve(run.device)

    def begin(label: str, name: str, kind: Kind) -> Evaluation:
        settings = protocol_of(kind).resolve(options)
        return Evaluation(run, label, name, kind, device, settings, against, workers=workers, joint=joint)

    if isinstance(subject, np.ndarray):
        evaluation = _array(begin, subject, options, against)
    elif subject is not None and is_baseline(subject):
        evaluation = _baseline(run, begin, subject, against, options)
    elif subject is not None and is_file(subject):
        evaluation = _array(begin, subject, options, against)
    else:
        kinds = ("model", "paths", "samples", "attribute")
        artifact = run.artifacts.get(subject, *kinds) if subject else run.subject(None, "model", HINT)
        evaluation = _artifact(begin, artifact)
    if options.task is not None and "task" not in evaluation.protocol:
        samples_task(evaluation)
    settings, kind = evaluation.options, evaluation.kind
    lacking = protocol_of(kind).not_reproduced.get(settings.compat or "")
    if lacking:
        run.tell(f"--compat {settings.compat} does not reproduce {lacking}.")
    evaluation.inputs.provide(
        kind=lambda: kind,
        compat=lambda: settings.compat,
        k=lambda: settings.k,
        kmeans_restarts=lambda: settings.kmeans_restarts,
        labelled=lambda: settings.labelled,
        seed=lambda: run.seed,
    )
    evaluation.protocol |= {
        "subject": evaluation.label,
        "compat": settings.compat,
        "seed": run.seed,
        "unit": kind.unit,
    }
    evaluation.modules += [KINDS.module(kind.name)]
    if kind.name in PROTOCOLS.names():
        evaluation.modules.append(PROTOCOLS.module(kind.name))
    return evaluation


Begin = Callable[[str, str, Kind], Evaluation]
"""A function that begins the evaluation of a label, under a name, of a kind."""


def _baseline(run: Run, begin: Begin, subject: str, against: str | None, options: EvaluateOptions) -> Evaluation:
    name = subject.removeprefix(BASELINE)
    if against is not None and not is_file(against):
        named = StoredDataset(run.artifacts.get(against, "dataset"), options.split)
        if options.task is not None:
            evaluation = begin(subject, f"{name}-{named.artifact.name}"[:56], named.kind)
            baseline_task(evaluation, name)
            return evaluation
        if named.kind.name == "clouds":
            evaluation = begin(subject, f"{name}-{named.artifact.name}"[:56], named.kind)
            CloudProtocol(named.kind).baseline(evaluation, name, named)
            return evaluation
    images = ImageProtocol(KINDS.get("images"))
    evaluation = begin(subject, name, images.kind)
    dataset = images.dataset(evaluation, None)
    if dataset is None:
        raise UsageError(f"{subject} needs images to go between.", "Name a dataset of images with --against.")
    evaluation.name = f"{name}-{dataset.artifact.name}"[:56]
    images.baseline(
        evaluation,
        baseline(name, lambda: FactorSpace(dataset, evaluation.device, evaluation.options.retrieval)),
        dataset,
    )
    return evaluation


def _array(begin: Begin, source: str | np.ndarray, options: EvaluateOptions, against: str | None) -> Evaluation:
    """Evaluate an array from outside, of the kind of its shape."""
    beside = against is not None and is_file(against)
    kind, taken = read_file(source, conventions(options), options.shape, beside=beside)
    evaluation = begin(taken.source, _file_name(taken.source), kind)
    if options.shape is None and taken.array.ndim == 1 + len(kind.axes) and len(taken.array) > 1:
        evaluation.run.tell(
            f"{taken.source} is taken for {len(taken.array):,} single {kind.noun}s; --as paths takes it for one path."
        )
    protocol_of(kind).outside(evaluation, taken)
    return evaluation


def _artifact(begin: Begin, artifact: Artifact) -> Evaluation:
    if artifact.kind == "model":
        return _model(begin, artifact)
    if artifact.kind == "attribute":
        return _attribute(begin, artifact)
    about = read_about(artifact, DecodedAbout)
    kind = kind_named(about.samples.kind)
    evaluation = begin(artifact.ref, artifact.name, kind)
    evaluation.up = about.samples.up
    evaluation.parents = [(artifact.kind, artifact)]
    model = parent_of(evaluation.run, artifact, "model")
    protocol_of(kind).array(
        evaluation, artifact.read(artifact.kind), None if model is None else _dataset_of(evaluation, model)
    )
    return evaluation


def _attribute(begin: Begin, artifact: Artifact) -> Evaluation:
    about = read_about(artifact, AttributeAbout)
    evaluation = begin(f"{artifact.ref} ({about.by})", artifact.name, kind_named(about.samples.kind))
    provide_edits(evaluation, artifact)
    return evaluation


def _model(begin: Begin, artifact: Artifact) -> Evaluation:
    about = model_about(artifact)
    kind = kind_named(about.samples.kind)
    evaluation = begin(artifact.ref, artifact.name, kind)
    evaluation.up = about.samples.up
    evaluation.parents = [("model", artifact)]
    if evaluation.options.compat == "acai" and any(each.has_posterior for each in objectives_of(artifact)):
        evaluation.options = replace(evaluation.options, sample_posterior=True)  # vae.py's `encode` is a draw
    model = load_model(
        evaluation.run,
        artifact,
        weights=evaluation.options.weights,
        sample_posterior=evaluation.options.sample_posterior,
    )
    if artifact.has("log/test_accuracy") and evaluation.options.weights == "last":
        evaluation.inputs.provide(probe_log=lambda: torch.from_numpy(artifact.read("log/test_accuracy")))
    evaluation.modules += modules_of(artifact)
    dataset = _dataset_of(evaluation, artifact)
    if evaluation.options.task is not None:
        model_task(evaluation, model, dataset)
        return evaluation
    path = fitting_path(artifact, model, evaluation.options.path)
    protocol_of(kind).model(evaluation, model, path, dataset)
    if dataset is not None and evaluation.against is None:
        provide_labelled(evaluation.inputs, artifact, model, dataset)
    return evaluation


def _dataset_of(evaluation: Evaluation, model: Artifact) -> StoredDataset | None:
    """Find the dataset of a model; None where it is gone, which is reported where no other is named."""
    try:
        return dataset_of(evaluation.run, model, evaluation.options.split)
    except NotFoundError as error:
        if evaluation.against is None and evaluation.parents[0][0] != "model":
            evaluation.run.tell(f"{error.message} Metrics that need real samples are left out.")
        return None


def _file_name(source: str) -> str:
    file, key = split_key(source)
    name = (f"{file.stem}-{key}" if key else file.stem).lower()
    stem = "".join(c if c.isalnum() or c in "._-" else "-" for c in name)
    return stem.strip("-._")[:48] or "stdin"
