"""Scores. Version 2 (posectl 0.2.0): sizes of the protocol have the names of today's options. Version 3: alpha may be
retrieved on intervals of a length of their own, and the runs of k-means are `restarts` in the score, too."""

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


@kind_step("scores", 2)
def name_retrieval(manifest: Manifest) -> Manifest:
    """Name the interval of the retrieval, which was that of all; rename the runs of k-means in their score.

    In scores of poses the interval, of no consequence there, is today's default.
    """
    summary, config = dict(manifest["summary"]), dict(manifest["config"])
    if "interval" in config and manifest["about"].get("kind") != "images":
        config["interval"] = {"value": None, "source": "default"}
    protocol = summary.get("protocol")
    if isinstance(protocol, dict) and "interval" in protocol:
        summary["protocol"] = {"retrieval_interval": protocol["interval"], **protocol}
    scores = summary.get("scores")
    if isinstance(scores, dict) and isinstance(clustering := scores.get("clustering_accuracy"), dict):
        renamed = {"restarts" if key == "inits" else key: value for key, value in clustering.items()}
        summary["scores"] = {**scores, "clustering_accuracy": renamed}
    return {**manifest, "config": config, "summary": summary}


def _renamed(entries: dict[str, Any]) -> dict[str, Any]:
    return {RENAMED.get(key, key): value for key, value in entries.items()}
