"""The earth mover's reconstruction: its scale beside Chamfer's, and what refuses it."""

import pytest
import torch
from core.objectives.settings import assert_replicas_apart, linear_step

from posectl.core.kinds import KINDS
from posectl.core.latent.priors import NORMAL
from posectl.core.nets.cloud import Cloud
from posectl.core.objectives.base import build_decoder
from posectl.core.objectives.emd import EMD
from posectl.errors import UsageError

CLOUDS = KINDS.get("clouds")
# Corners of a lattice: those of x / 2 are further from another point than from their own.
LATTICE = torch.stack(torch.meshgrid(*[torch.arange(4.0)] * 3, indexing="ij"), -1).view(1, 1, 64, 3).double()


def test_where_each_point_matches_its_nearest_it_is_the_chamfer_loss():
    batch = torch.cat((LATTICE + 0.02, 3 * LATTICE), dim=1)
    step = linear_step(batch, {}, decoder=0.51, kind=CLOUDS)  # 2 x 0.51: every point is moved by a fiftieth
    torch.testing.assert_close(
        EMD().reconstruction(step, {}), CLOUDS.reconstruction(batch, step.x_hat), rtol=1e-6, atol=0
    )
    assert EMD().reconstruction(step, {}).item() == pytest.approx(
        0.05 * 2 * (0.02 * batch).square().sum().item() / 2, rel=1e-6
    )


def test_points_left_bare_cost_more_than_they_do_by_chamfer():
    # Half the points of x_hat are where they should be, the other half on one of them.
    x, x_hat = LATTICE, LATTICE.clone()
    x_hat[:, :, 32:] = x_hat[:, :, :1]
    step = linear_step(x, {}, decoder=0.5, kind=CLOUDS)
    step.__dict__["_decoded"] = {"z": x_hat}
    assert EMD().reconstruction(step, {}).item() > 2 * CLOUDS.reconstruction(x, x_hat).item()


def test_replicas_do_not_mix():
    assert_replicas_apart(EMD(), NORMAL, net=Cloud((64, 3), 4, width=0.1))


def test_other_samples_and_weights_are_refused():
    with pytest.raises(UsageError, match="images"):
        build_decoder(Cloud((64, 3), 4), [EMD()], 1, KINDS.get("images"))
    with pytest.raises(UsageError, match="--lam 2"):
        EMD(lam=2.0)
