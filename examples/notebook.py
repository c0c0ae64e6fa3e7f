# %% [markdown]
# posectl as a library: the first figures of an autoencoder's latent space, in ten cells.
#
# Every cell is a verb of the command line, and finds the same artifacts. Run it as a script, or cell by cell; with
# POSECTL_QUICK=1 it takes seconds, for a try. EVALUATE in the environment, such as "--samples 200 --endpoints 8",
# changes the sizes of the evaluation.

# %%
import os

import numpy as np

import posectl

lab = posectl.open("artifacts")

# %% Twelve people who walk, box and dance: 25,000 poses. With files of your own: lab.prepare("arrays", "poses.npz").
poses = lab.prepare("mannequin", name="poses")
print(poses)

# %% A plain autoencoder, and one with ACAI. What is there already is found.
plain = lab.train(poses, latent=8, steps=2000)
acai = lab.train(poses, reg={"acai": 0.1}, latent=8, steps=2000)

# %% Codes, reconstructions and paths: arrays in, arrays of the same sort out.
a, b = poses.test[0], poses.test[-1]
z = acai.encode(poses.test[:5])
print("codes", z.shape, "of norm", np.linalg.norm(z, axis=1).round(3))
path = acai.interpolate(a, b, steps=50)
print("path", path.shape)

# %% It shows itself as a GIF in a notebook.
picture = lab.render([plain.interpolate(a, b, steps=50), path], labels=("plain", "ACAI"))
print(picture)

# %% How well do they interpolate? Every score says what was measured on what.
sizes = {"endpoints": 32, "random_pairs": 1000, "samples": 1000, "recall_samples": 5000, "recall_targets": 1000}
given = os.environ.get("EVALUATE", "").split()
sizes |= {key.strip("-").replace("-", "_"): int(n) for key, n in zip(given[::2], given[1::2], strict=True)}
scores = {model.name: lab.evaluate(model, **sizes) for model in (plain, acai)}
for name, score in scores.items():
    print(name, "ANCI", score["anci"]["mean"], "largest over smallest step", score["smoothness_ratio"]["mean"])

# %% Side by side, the way of the pose report's Table I; `.to_pandas()` and `.to_latex()` too.
print(lab.compare(list(scores.values())).to_markdown())

# %% A matplotlib figure.
figure = lab.plot(list(scores.values()))

# %% The same metrics on any arrays, without a store.
drawn = acai.sample(200, seed=0)
print("one path", posectl.metrics.smoothness_ratio(path[None])["mean"])
print("draws to real poses", posectl.metrics.precision_distance(drawn, poses.train)["mean"], "m")
distances, indices = posectl.nearest(drawn[:3], poses.train)
print("nearest real poses", indices[:, 0], "at", distances[:, 0].round(3), "m")
