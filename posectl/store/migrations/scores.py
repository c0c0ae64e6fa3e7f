"""Scores. Version 2 (posectl 0.2.0): sizes of the protocol have the names of today's options."""

from __future__ import annotations

from typing import Any

from posectl.store.migrations.steps import Manifest, kind_step

RENAMED = {
    "walks": "random_pairs",
    "walk_steps": "random_steps",
    "crowd": "recall_samples",
    "targets": "recall_targets",
    "inits": "kmeans_restarts",
}


@kind_step("scores", 1)
def rename_sizes(manifest: Manifest) -> Manifest:
    """Rename the sizes in config and in the protocol."""
    summary = dict(manifest["summary"])
    if isinstance(summary.get("protocol"), dict):
        summary["protocol"] = _renamed(summary["protocol"])
    return {**manifest, "config": _renamed(manifest["config"]), "summary": summary}


def _renamed(entries: dict[str, Any]) -> dict[str, Any]:
    return {RENAMED.get(key, key): value for key, value in entries.items()}
