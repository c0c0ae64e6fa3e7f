"""The subject of an evaluation: a model, paths, samples, a file from any other system, or a baseline."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from posectl.core import device as devices
from posectl.core.kinds import KINDS, Kind
from posectl.data.safe.npy import load_array, source_name
from posectl.errors import NotFoundError, UsageError
from posectl.stages.artifacts.about import DecodedAbout, read_about
from posectl.stages.artifacts.dataset import StoredDataset, dataset_of, kind_named
from posectl.stages.artifacts.files import BASELINE, file_record, is_baseline, is_file
from posectl.stages.artifacts.formats import format_of, tell_kind
from posectl.stages.artifacts.model import HINT, fitting_path, load_model, model_about, modules_of
from posectl.stages.evaluation.baselines import baseline
from posectl.stages.evaluation.factors import FactorSpace
from posectl.stages.evaluation.images import ImageProtocol
from posectl.stages.evaluation.protocol import PROTOCOLS, Evaluation, protocol_of
from posectl.stages.options import EvaluateOptions
from posectl.stages.run import Run, expect, parent_of
from posectl.store import Artifact


def open_subject(
    run: Run, subject: str | np.ndarray | None, against: str | None, options: EvaluateOptions
) -> Evaluation:
    """Bring a subject under its kind's protocol: a ref, a file, an array, `baseline:NAME`, or the newest model."""
    devices.use_threads(run.threads)
    device = devices.resolve(run.device)

    def begin(label: str, name: str, kind: Kind) -> Evaluation:
        return Evaluation(run, label, name, kind, device, protocol_of(kind).resolve(options), against)

    if isinstance(subject, np.ndarray):
        evaluation = _array(begin, subject, "array")
    elif subject is not None and is_baseline(subject):
        evaluation = _baseline(begin, subject)
    elif subject is not None and is_file(subject):
        evaluation = _array(begin, load_array(subject), source_name(subject))
    else:
        artifact = run.artifacts.get(subject) if subject else run.subject(None, "model", HINT)
        evaluation = _artifact(begin, expect(artifact, "model", "paths", "samples"))
    settings, kind = evaluation.options, evaluation.kind
    evaluation.inputs.provide(
        kind=lambda: kind,
        compat=lambda: settings.compat,
        k=lambda: settings.k,
        kmeans_restarts=lambda: settings.kmeans_restarts,
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
"""Begins the evaluation of a label, under a name, of a kind."""


def _baseline(begin: Begin, subject: str) -> Evaluation:
    name = subject.removeprefix(BASELINE)
    images = ImageProtocol(KINDS.get("images"))
    of = begin(subject, name, images.kind)
    dataset = images.dataset(of, None)
    if dataset is None:
        raise UsageError(f"{subject} needs images to go between.", "Name a dataset of images with --against.")
    of.name = f"{name}-{dataset.artifact.name}"[:56]
    images.baseline(of, baseline(name, lambda: FactorSpace(dataset, of.device, of.options.retrieval)), dataset)
    return of


def _array(begin: Begin, array: np.ndarray, source: str) -> Evaluation:
    """Evaluate an array from outside, of a kind that its shape tells."""
    kind = tell_kind(array, source)
    array = format_of(kind).read(array, source)
    of = begin(source, _file_name(source), kind)
    of.files = [file_record(source, array)]
    protocol_of(kind).array(of, array, None)
    return of


def _artifact(begin: Begin, artifact: Artifact) -> Evaluation:
    if artifact.kind == "model":
        return _model(begin, artifact)
    kind = kind_named(read_about(artifact, DecodedAbout).samples.kind)
    of = begin(artifact.ref, artifact.name, kind)
    of.parents = [(artifact.kind, artifact)]
    model = parent_of(of.run, artifact, "model")
    protocol_of(kind).array(of, artifact.read(artifact.kind), None if model is None else _dataset_of(of, model))
    return of


def _model(begin: Begin, artifact: Artifact) -> Evaluation:
    about = model_about(artifact)
    kind = kind_named(about.samples.kind)
    of = begin(artifact.ref, artifact.name, kind)
    of.parents = [("model", artifact)]
    model = load_model(of.run, artifact, weights=of.options.weights, sample_posterior=of.options.sample_posterior)
    path = fitting_path(artifact, model, of.options.path)
    of.modules += modules_of(artifact)
    protocol_of(kind).model(of, model, path, _dataset_of(of, artifact))
    return of


def _dataset_of(of: Evaluation, model: Artifact) -> StoredDataset | None:
    """Find the dataset of a model; None where there is none any more, which is said where no other is named."""
    try:
        return dataset_of(of.run, model)
    except NotFoundError as error:
        if of.against is None and of.parents[0][0] != "model":
            of.run.tell(f"{error.message} Metrics that need real samples are left out.")
        return None


def _file_name(source: str) -> str:
    name = source.rsplit("/", 1)[-1].lower()
    stem = "".join(c if c.isalnum() or c in "._-" else "-" for c in name.rpartition(".")[0] or name)
    return stem.strip("-._")[:48] or "stdin"
