"""Make the model in the box, posectl/box: train it, round its weights to 16 bits, and put the codes of its training
poses, and the covariance of what they leave of the poses, beside them.

    python examples/make_box.py cmu17_train.npz cmu17_test.npz

The same data, code, versions and threads give the same arrays. An interrupted training goes on, in the folder of
--store; a finished one is taken as it is.
"""

from __future__ import annotations

import argparse
import shutil
import tempfile
from pathlib import Path

import numpy as np
import torch

import posectl
from posectl.stages.artifacts.about import ModelAbout
from posectl.stages.artifacts.box import CODES, COVARIANCE, NAME
from posectl.stages.artifacts.model import model_about
from posectl.store import Store
from posectl.store.box import BOX

RECIPE, LATENT, STEPS = {"posectl": 1.0}, 16, 10_000  # by constant weights, so without a twin to carry along
NOTES = {
    "data": "18,249 poses of 82 clips of CMU's motion capture (walks, runs, jumps, dances, sports and gestures), every "
    "fourth frame of 120 a second, as Human3.6M's 17 joints. The data used in this project was obtained from "
    "mocap.cs.cmu.edu. The database was created with funding from NSF EIA-0196217.",
    "licence": "The data is free for any use, and so are these weights, under posectl's own licence (MIT).",
    "limits": "Adults of one studio, most of them upright; some dance on the floor, few sit, nobody lies. The skeleton "
    "is CMU's: joint 9 is the base of the skull, where Human3.6M has the nose. It knows poses one at a time, about "
    "the pelvis, and nothing of hands, faces, shapes of bodies, or where somebody stands. A model trained on your own "
    "data will fit it better.",
}


def main() -> None:
    """Train, round, measure and put down."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("train", help="poses to train on, .npz")
    parser.add_argument("test", help="poses that its error is told of, .npz")
    parser.add_argument("--steps", type=int, default=STEPS, help="steps of the training")
    parser.add_argument("--store", type=Path, default=Path("box-artifacts"), help="folder to work in")
    parser.add_argument("--reuse", action="store_true", help="take the same training by other code")
    given = parser.parse_args()

    lab = posectl.open(given.store, threads=1, device="cpu", reuse=given.reuse)
    dataset = lab.prepare("arrays", given.train, test=(given.test,), name="cmu")
    trained = lab.train(dataset, reg=RECIPE, latent=LATENT, steps=given.steps, resume=True, checkpoint_every=1000)
    weights = {name: values.astype(np.float16) for name, values in trained.artifact.read_group("weights/last").items()}
    model = trained.autoencoder.load({name: values.astype(np.float32) for name, values in weights.items()})
    train, test = torch.from_numpy(dataset.train), torch.from_numpy(dataset.test)
    codes = model.encode(train)
    left = (train - model.decode(codes)).flatten(1)
    error = model.kind.errors(test[None], model.reconstruct(test)[None]).mean().item()

    about = model_about(trained.artifact)
    with tempfile.TemporaryDirectory() as folder, Store(folder).draft("model", NAME) as draft:
        for name, values in weights.items():
            draft.put(f"weights/last/{name}", values)
        draft.put(CODES, codes.numpy().astype(np.float16), ("sample", "code"))
        draft.put(COVARIANCE, torch.cov(left.double().T).numpy().astype(np.float32), ("coordinate", "other"))
        summary = {key: trained.artifact.summary[key] for key in ("mean_sample_error", "unit", "steps")}
        draft.record(
            command=f"python examples/make_box.py cmu17_train.npz cmu17_test.npz --steps {given.steps}",
            config=trained.artifact.config,
            seed=0,
            device="cpu",
            threads=1,
            parents=[("dataset", dataset.artifact)],
            summary={**summary, "test_error": error},
            about=ModelAbout(about.net, about.prior, about.objectives, about.samples, more=NOTES).as_json(),
        )
        made = draft.publish()
        shutil.rmtree(BOX, ignore_errors=True)
        shutil.copytree(made.path, BOX / NAME / "v1")
        shutil.copy(made.path.parents[1] / "store.json", BOX)
    size = sum(file.stat().st_size for file in BOX.rglob("*") if file.is_file())
    print(f"{BOX}: {size:,} bytes; test error {1000 * error:.2f} mm, {len(train):,} codes.")


if __name__ == "__main__":
    main()
