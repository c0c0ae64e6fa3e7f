"""import: weights from a file as a model artifact: posectl's own exports, and layouts of other programs."""

from __future__ import annotations

import dataclasses
import hashlib
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch

from posectl.content import other_format
from posectl.core.autoencoder import Autoencoder
from posectl.core.latent.priors import PRIORS
from posectl.core.nets import NETS
from posectl.core.objectives import OBJECTIVES
from posectl.data.safe.torch_file import load_torch
from posectl.errors import InvalidInputError, PosectlError, UsageError, did_you_mean
from posectl.inputs import read_input
from posectl.stages.artifacts.about import ModelAbout, parse_about
from posectl.stages.artifacts.dataset import kind_named
from posectl.stages.artifacts.model import modules_named, rebuilt
from posectl.stages.exporting.plain import PARTS, needs
from posectl.stages.exporting.safetensors import KEY
from posectl.stages.importing import LAYOUTS, Described, Tensors
from posectl.stages.run import Result, Run, produce
from posectl.store import Draft
from posectl.store.refs import is_name


def import_(run: Run, path: Path, *, prior: str | None = None) -> Result:
    """Publish the model whose weights a file holds, or a folder's model.safetensors: a .safetensors or .pt of
    `posectl export`, or a file of torch.save in a layout of `posectl.stages.importing`.

    prior: of its codes, in place of what the file says. Raises NotFoundError for no such file, InvalidInputError for
    one that is damaged, of a layout that is not known, or whose weights do not fit, UnavailableError without the extra
    `safetensors`.
    """
    if prior not in (None, *PRIORS):
        raise UsageError(f"There is no prior {prior!r}.", did_you_mean(str(prior), PRIORS))
    path = path / "model.safetensors" if path.is_dir() else path
    read = read_weights(path)
    if prior is not None:
        read = dataclasses.replace(read, about=dataclasses.replace(read.about, prior=prior))
    record = {"file": path.name, "sha256": hashlib.sha256(read_input(path)).hexdigest(), **read.origin}

    def fill(draft: Draft) -> dict[str, Any]:
        for name, values in read.weights.items():
            draft.put(f"weights/last/{name}", values)
        return {"unit": kind_named(read.about.samples.kind).unit}

    config = {key: {"value": value, "source": "file"} for key, value in (*record.items(), ("prior", read.about.prior))}
    called = str(read.origin.get("ref", "")).partition(":")[0] or path.stem.lower().strip("._-").replace("_", "-")
    name = called if is_name(called) else "imported"
    result = produce(
        run,
        "model",
        name,
        config,
        fill,
        stage="import_",
        modules=modules_named(read.about),
        inputs=record,
        about=read.about,
    )
    for line in read.told:
        run.tell(line)
    return result


def read_weights(path: Path) -> Described:
    """Read a file of weights, as the net that it describes has them. Raises as `import_`."""
    read = _read(path)
    return dataclasses.replace(read, weights=_fitting(read, path))


def _read(path: Path) -> Described:
    """Read a file of weights, in the first layout that it is of."""
    if path.suffix == ".safetensors":
        return _own(*_load_safetensors(path), path)
    content = load_torch(path)
    if isinstance(content, dict) and content.keys() == {"config", "weights"}:
        return _own(content["weights"], content["config"], path)
    found = list(_state_dicts(content))
    for tensors in found:
        for name in LAYOUTS.names():
            described = LAYOUTS.get(name)(tensors, path)
            if described is not None:
                return described
    names = ", ".join(list(found[0])[:4]) if found else "no tensors"
    raise InvalidInputError(
        f"{path} holds {names}, and is of no layout that is known.",
        f"Known: {', '.join(LAYOUTS.names())}, and posectl's.",
    )


def _load_safetensors(path: Path) -> tuple[dict[str, np.ndarray], Any]:
    data = read_input(path)
    try:
        from safetensors import SafetensorError, safe_open
    except ImportError as error:
        raise needs("safetensors", error) from error
    try:
        with safe_open(path, framework="numpy") as file:
            weights, config = {key: file.get_tensor(key) for key in file.keys()}, (file.metadata() or {}).get(KEY)  # noqa: SIM118
        return weights, None if config is None else json.loads(config)
    except (SafetensorError, ValueError, TypeError, AttributeError, RecursionError) as error:
        raise other_format(str(path), data[:4096], "a file of safetensors") or InvalidInputError(
            f"{path} is damaged: {error}.", "Copy or export it again."
        ) from error


def _state_dicts(content: Any) -> Iterator[Tensors]:
    """Yield the dictionaries of tensors in what a file holds: itself, or values of it."""
    for each in (content, *(content.values() if isinstance(content, dict) else ())):
        if isinstance(each, dict) and each and all(isinstance(value, np.ndarray) for value in each.values()):
            yield {str(name).removeprefix("module."): values for name, values in each.items()}


def _own(weights: Mapping[str, Any], config: Any, path: Path) -> Described:
    """Return the model that posectl exported."""
    if not isinstance(config, dict) or not isinstance(config.get("about"), dict):
        raise InvalidInputError(
            f"{path} does not say of which model it holds the weights.", "`posectl export` writes that into the file."
        )
    try:
        about = parse_about(config["about"], ModelAbout, str(path))
    except PosectlError as error:
        raise InvalidInputError(error.message, "Export it again.") from error
    origin = {key: str(config[key]) for key in ("ref", "digest") if key in config}
    return Described(about, dict(weights), {"layout": "posectl", **origin}, beside=frozenset(_taken(config)))


def _taken(config: Mapping[str, Any]) -> Iterator[str]:
    """Yield the names of all that operations take, the layers' own and what is derived from them."""
    try:
        for part in PARTS:
            for operation in config[part]:
                yield from operation["arrays"].values()
    except (KeyError, TypeError, AttributeError):
        return


def _fitting(read: Described, path: Path) -> dict[str, np.ndarray]:
    """Return the weights that the described model has, as float32. Raises InvalidInputError where they do not fit."""
    model = _rebuilt(read.about, path)
    shapes = {
        f"{part}.{name}": tuple(value.shape[1:])
        for part, module in zip(PARTS, (model.encoder, model.decoder), strict=True)
        for name, value in module.state_dict().items()
    }
    found = {name: np.asarray(values) for name, values in read.weights.items()}
    wrong = [f"{name} is missing" for name in shapes if name not in found]
    wrong += [f"there is no {name}" for name in found if name not in shapes and name not in read.beside]
    wrong += [
        f"{name} is {found[name].shape} and should be {shape}"
        for name, shape in shapes.items()
        if name in found and found[name].shape != shape
    ]
    if wrong:
        raise InvalidInputError(
            f"The weights of {path} do not fit its {read.about.net['name']} net: {wrong[0]}.", "Export it again."
        )
    fitting = {name: np.ascontiguousarray(found[name], np.float32) for name in shapes}
    if bad := [name for name, values in fitting.items() if not np.isfinite(values).all()]:
        raise InvalidInputError(f"{path}: {bad[0]} holds NaN or infinity.", "Its training diverged: take another.")
    return fitting


def _rebuilt(about: ModelAbout, path: Path) -> Autoencoder:
    try:
        net, objectives = rebuilt(about.net, NETS), [rebuilt(each, OBJECTIVES) for each in about.objectives]
        kind, device = kind_named(about.samples.kind), torch.device("cpu")
        return Autoencoder(net, PRIORS[about.prior], device, objectives, kind=kind)
    except (KeyError, TypeError, ValueError) as error:
        raise InvalidInputError(f"{path} does not describe a model: {error}.", "Export it again.") from error
