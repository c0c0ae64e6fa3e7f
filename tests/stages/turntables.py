"""Small datasets of images as artifacts: a turntable of two objects, and pictures of which nothing is known."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch

from posectl.core.kinds import KINDS
from posectl.data.dataset import TEST, TRAIN, Dataset
from posectl.data.synthetic import lines
from posectl.stages.prepare import write
from posectl.stages.run import Run

DEGREES = np.arange(0, 360, 5.0)


def publish(run: Run, name: str, images: np.ndarray, known: dict[str, np.ndarray], **about: Any) -> None:
    """A dataset of images, every fourth of them in test."""
    split = np.where(np.arange(len(images)) % 4 == 3, TEST, TRAIN).astype(np.uint8)
    with run.artifacts.draft("dataset", name) as draft:
        write(draft, Dataset(images, split, known), KINDS.get("images"))
        draft.record(about={"kind": "images", **about})
        draft.publish()


def publish_turntable(run: Run, name: str = "turntable", objects: int = 2) -> np.ndarray:
    """Hands of 72 angles, 5 degrees apart, the second object's darker; returns the images (72 * objects, 1, 16, 16)."""
    hands = lines.draw(torch.deg2rad(torch.from_numpy(DEGREES)), renderer="smooth", size=16).numpy()
    images = np.concatenate([(hands + 1) * (1 - 0.4 * i) - 1 for i in range(objects)])
    known = {
        "azimuth": np.tile(DEGREES, objects),
        "object": np.repeat(np.arange(objects), 72).astype(np.int32),
    }
    publish(run, name, images, known, factors=["azimuth"], periods={"azimuth": 360.0})
    return images


def publish_pictures(run: Run, name: str = "pictures") -> np.ndarray:
    images = np.random.default_rng(0).uniform(-1, 1, (40, 1, 8, 8)).astype(np.float32)
    publish(run, name, images, {"label": (np.arange(40) % 3).astype(np.int32)}, classes=3)
    return images
