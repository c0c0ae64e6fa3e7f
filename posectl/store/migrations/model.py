"""Models. Version 2 (posectl 0.2.0): the net's settings are in config under `architecture`, as they were resolved."""

from __future__ import annotations

from posectl.store.migrations.steps import Manifest, kind_step

NET_SETTINGS = ("widths", "activation", "batch_norm", "depth", "latent_width")
"""Settings of networks that were options of every training in version 1."""


@kind_step("model", 1)
def resolve_architecture(manifest: Manifest) -> Manifest:
    """Replace the options of all nets by the settings of the one that the model has."""
    config = {key: entry for key, entry in manifest["config"].items() if key not in NET_SETTINGS}
    if "net" in manifest["about"]:
        config["architecture"] = {"value": manifest["about"]["net"], "source": "resolved"}
    return {**manifest, "config": config}
