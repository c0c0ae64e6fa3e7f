"""Networks whose batch norms are affine maps: those of one pass, whose statistics are kept."""

import copy
from functools import partial

import torch

from posectl.core.nets.layers import BatchNorm


def frozen(network, x):
    """A copy of a network whose norms keep the statistics that they had of x, whatever they are given."""
    still = copy.deepcopy(network)
    norms = [(layer, layer.forward) for layer in still.modules() if isinstance(layer, BatchNorm)]
    for layer, forward in norms:
        layer.forward = partial(_remember, layer, forward)
    with torch.no_grad():
        still(x)
    for layer, forward in norms:
        layer.forward = forward
    return still.eval()


def _remember(layer, forward, x):
    # Features are the third of (R, B, C, ...).
    over = [dim for dim in range(1, x.dim()) if dim != 2]
    layer.running_mean, layer.running_var = x.mean(over), x.var(over, unbiased=False)
    still = copy.copy(layer)
    still.training = False
    return type(layer).forward(still, x)
