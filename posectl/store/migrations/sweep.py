"""Sweeps. Version 2 (posectl 0.2.0): settings of nets are in `set`, beside those of regularizers."""

from __future__ import annotations

from typing import Any

from posectl.store.migrations.model import NET_SETTINGS
from posectl.store.migrations.steps import Manifest, kind_step

_OF_MLP = ("widths", "activation", "batch_norm")
_DEFAULTS: dict[str, Any] = {
    "widths": [256, 256], "activation": "leaky_relu", "batch_norm": False, "depth": 16, "latent_width": 2,
}  # fmt: skip


@kind_step("sweep", 1)
def settings_of_nets(manifest: Manifest) -> Manifest:
    """Move the options of nets that were not left alone to `set`, as `--set mlp.widths=64,64` puts them there."""
    config = {key: entry for key, entry in manifest["config"].items() if key not in NET_SETTINGS}
    settings = []
    for key in NET_SETTINGS:
        value = manifest["config"].get(key, {}).get("value", _DEFAULTS[key])
        if value != _DEFAULTS[key]:
            net = manifest["config"].get("net", {}).get("value") or ("mlp" if key in _OF_MLP else "conv")
            settings.append(f"{net}.{key}={_text(value)}")
    if settings:
        given = config.get("set", {"value": [], "source": "flag"})
        config["set"] = {**given, "value": [*given["value"], *settings]}
    return {**manifest, "config": config}


def _text(value: Any) -> str:
    return ",".join(map(str, value)) if isinstance(value, list) else str(value).lower()
