"""Names of options in earlier versions and in other tools, and what to write in their place."""

from __future__ import annotations

from collections.abc import Container

from posectl.api.options import EXAMPLES, USUAL
from posectl.errors import UsageError

OPTIONS = {
    "crowd": "recall-samples",
    "targets": "recall-targets",
    "inits": "kmeans-restarts",
    "walks": "random-pairs",
    "walk-steps": "random-steps",
}

SETTINGS = {
    "widths": "mlp.widths=256,256",
    "activation": "mlp.activation=relu",
    "batch-norm": "mlp.batch_norm=true",
    "depth": "conv.depth=16",
    "latent-width": "conv.latent_width=2",
}
"""Options that are settings of networks now, each with an example."""


def renamed(name: str, known: Container[str], *, flag: bool) -> UsageError | None:
    """Return the error that says what an option of an earlier version, or of other tools, is called now and here; None
    for any other name.

    known: the options of the command, all without dashes; flag: whether the name was given as a flag, or in a file.
    """
    dashes = "--" if flag else ""
    new = OPTIONS.get(name)
    if new in known:
        return UsageError(f"`{dashes}{name}` is called `{dashes}{new}` now.", "Change the name; it takes the same.")
    usual = USUAL.get(name, "")
    if usual in known:
        if "epoch" in name:
            steps = "An epoch is as many steps as there are training samples over --batch"
            return UsageError(f"Steps are counted here, and no `{dashes}{name}`.", f"{steps}: {dashes}steps N.")
        example = f"{dashes}{usual} {EXAMPLES[usual]}" if flag else f"{usual}: {EXAMPLES[usual]}"
        return UsageError(f"`{dashes}{name}` is called `{dashes}{usual}` here.", f"For example {example}.")
    setting = SETTINGS.get(name.removeprefix("no-"))
    if setting is not None and "set" in known:
        written = f"--set {setting}" if flag else f"set: [{setting!r}]"
        return UsageError(f"`{dashes}{name}` is a setting of the network now.", f"For example: {written}")
    return None
