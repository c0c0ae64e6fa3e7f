"""One function a verb: artifacts in, artifacts out. The public Python API.

from posectl.stages import Run, prepare, train, interpolate
model = train(Run(store="artifacts"), "poses", TrainOptions(reg=("acai",), lam=(0.3,)))
"""
