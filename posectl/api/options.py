"""Keywords of the library as the options of the stages."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

from posectl.errors import UsageError, did_you_mean
from posectl.fields import MisfitError, conform, hints
from posectl.stages.options import with_quick_sizes

T = TypeVar("T")

USUAL = {
    **dict.fromkeys(("learning-rate", "step-size"), "lr"),
    **dict.fromkeys(
        ("epochs", "epoch", "iterations", "iters", "num-steps", "n-steps", "max-steps", "num-epochs"), "steps"
    ),
    **dict.fromkeys(("batch-size", "bs"), "batch"),
    **dict.fromkeys(("latent-dim", "latent-size", "z-dim", "zdim", "dim", "embedding-dim", "code-size"), "latent"),
    **dict.fromkeys(("lambda", "weight"), "lam"),
    **dict.fromkeys(("regularizer", "regulariser"), "reg"),
    **dict.fromkeys(("arch", "architecture", "network"), "net"),
    **dict.fromkeys(("gpu", "gpus", "cuda"), "device"),
    **dict.fromkeys(("workers", "num-workers", "n-threads"), "threads"),
    **dict.fromkeys(("eval-every", "val-every", "test-every"), "evaluate-every"),
    **dict.fromkeys(("save-every", "checkpoint"), "checkpoint-every"),
    **dict.fromkeys(("hidden", "hidden-dim", "hidden-dims"), "set"),
    **dict.fromkeys(("run-name", "experiment", "save", "out", "output"), "name"),
    "num-samples": "count",
}
"""What other tools call their options, and what it is here."""

EXAMPLES = {
    "lr": "0.001", "steps": "20000", "batch": "64", "latent": "8", "lam": "0.3", "reg": "acai", "net": "conv",
    "device": "cuda", "threads": "2", "count": "1000", "evaluate-every": "500", "checkpoint-every": "1000",
    "set": "mlp.widths=256,256", "name": "mine",
}  # fmt: skip

Weights = float | Sequence[float] | None
Regularizers = str | Sequence[str] | Mapping[str, float | None]


def options_from(cls: type[T], values: Mapping[str, Any], what: str) -> T:
    """Build an options dataclass from keywords; what: the verb that takes them, for messages.

    Raises UsageError for a keyword that there is not, naming the nearest, and for a value of another type.
    """
    known = hints(cls)
    given = {}
    for key, value in values.items():
        if key not in known:
            usual = USUAL.get(key.replace("_", "-"), "")
            hint = f"Here it is {usual}={EXAMPLES[usual]}." if usual in known else did_you_mean(key, known)
            raise UsageError(f"{what} has no option {key!r}.", hint)
        try:
            given[key] = conform(value, known[key])
        except MisfitError as error:
            raise UsageError(f"{key} is {error}, not {value!r}.", f"{what} takes {key}={_example(error)}.") from None
    return with_quick_sizes(cls(**given))


def regularizers(reg: Regularizers | None, lam: Weights) -> dict[str, Any]:
    """Return those of `reg` and `lam` of the options that are given: "acai", ["acai", "cycle"] or {"acai": 0.3}, with
    lam=0.3 or a list.

    Raises UsageError where some regularizers of a dict have a weight and others None.
    """
    named: dict[str, Any] = {} if reg is None else {"reg": (reg,) if isinstance(reg, str) else tuple(reg)}
    if isinstance(reg, Mapping):
        given = [weight for weight in reg.values() if weight is not None]
        if given and len(given) < len(reg):
            raise UsageError("Some regularizers have a weight, and some None.", "Give one to each, or to none.")
        if given:
            return {**named, "lam": tuple(given)}
    return named if lam is None else {**named, "lam": lam}


def _example(error: MisfitError) -> str:
    return {"a number": "0.3", "a whole number": "8", "True or False": "True", "text": '"name"'}.get(str(error), "...")
