"""The pose networks: published sizes, and replicas that equal PyTorch's own layers one by one."""

import pytest
import torch
from torch import nn

from posectl.core.nets.layers import BatchNorm, Linear, initialise, together
from posectl.core.nets.mlp import MLP
from posectl.core.random import generator
from posectl.errors import UsageError


def parameters(module):
    return sum(p.numel() for p in module.parameters())


@pytest.mark.parametrize(("latent", "encoder", "decoder"), [(16, 84_240, 84_275), (8, 82_184, 82_227)])
def test_published_parameter_counts(latent, encoder, decoder):
    # protocols a2: counted in the pose report's own networks, with batch norm.
    net = MLP((17, 3), latent, batch_norm=True)
    assert parameters(net.encoder(1)) == encoder
    assert parameters(net.decoder(1)) == decoder
    assert parameters(net.critic(1)) == encoder


@pytest.mark.parametrize("replicas", [1, 3])
def test_each_replica_computes_what_a_plain_network_with_its_weights_does(replicas):
    encoder = MLP((17, 3), 8).encoder(replicas)
    for r in range(replicas):
        initialise(encoder, r, generator(r, "init"))
    x = torch.randn(replicas, 5, 17, 3)
    out = encoder(x)
    for r in range(replicas):
        plain = nn.Sequential(
            nn.Linear(51, 256),
            nn.LeakyReLU(0.2),
            nn.Linear(256, 256),
            nn.LeakyReLU(0.2),
            nn.Linear(256, 8),
        )
        plain.load_state_dict({
            k.replace("matrix", "weight"): v[r].mT if "matrix" in k else v[r] for k, v in encoder.state_dict().items()
        })  # fmt: skip
        torch.testing.assert_close(out[r], plain(x[r].flatten(1)), atol=1e-5, rtol=1e-5)


def test_a_critic_scores_by_the_mean_of_its_outputs():
    critic = MLP((17, 3), 8).critic(1)
    initialise(critic, 0, generator(0, "init"))
    x = torch.randn(1, 4, 17, 3)
    torch.testing.assert_close(critic(x), critic[0](x).mean(-1))


def test_batch_norm_equals_pytorchs_in_training_and_evaluation():
    ours = BatchNorm(2, 6)
    theirs = [nn.BatchNorm1d(6) for _ in range(2)]
    x = torch.randn(2, 10, 6) * 3 + 1
    torch.testing.assert_close(ours(x), torch.stack([norm(x[r]) for r, norm in enumerate(theirs)]))
    ours.eval()
    torch.testing.assert_close(ours(x), torch.stack([norm.eval()(x[r]) for r, norm in enumerate(theirs)]))


def test_initial_weights_are_uniform_in_the_inverse_root_of_the_inputs():
    layer = Linear(1, 64, 2000)
    layer.initialise(0, generator(0, "init"))
    bound = 1 / 8
    assert layer.matrix.abs().max().item() <= bound
    assert layer.matrix.var().item() == pytest.approx(bound**2 / 3, rel=0.02)


def test_a_replicas_initial_weights_do_not_depend_on_the_others():
    alone, stacked = MLP((17, 3), 8).encoder(1), MLP((17, 3), 8).encoder(3)
    initialise(alone, 0, generator(7, "init"))
    initialise(stacked, 2, generator(7, "init"))
    for a, b in zip(alone.parameters(), stacked.parameters(), strict=True):
        assert torch.equal(a[0], b[2])


def test_together_is_one_pass_only_where_that_changes_nothing():
    plain, normed = MLP((17, 3), 8).encoder(1).train(), MLP((17, 3), 8, batch_norm=True).encoder(1).train()
    a, b = torch.randn(1, 6, 17, 3), torch.randn(1, 4, 17, 3) + 2
    for net in (plain, normed):
        initialise(net, 0, generator(0, "init"))
        one, two = together(net, a, b)
        torch.testing.assert_close(one, net(a), atol=1e-6, rtol=1e-5)
        torch.testing.assert_close(two, net(b), atol=1e-6, rtol=1e-5)


def test_nonsense_sizes_are_refused():
    with pytest.raises(UsageError):
        MLP((17, 3), 0)
    with pytest.raises(UsageError, match="no activation"):
        MLP((17, 3), 8, activation="rely")


@pytest.mark.parametrize("replicas", [1, 2])
def test_the_gradient_of_a_forward_derivative_is_right_through_batch_norm(replicas):
    torch.manual_seed(0)
    net = MLP((5,), 3, widths=(4,), activation="tanh", batch_norm=True).decoder(replicas).double()
    for replica in range(replicas):
        initialise(net, replica, generator(replica, "init"))
    z, tangent = torch.randn(2, replicas, 6, 3, dtype=torch.float64)

    def size(z):
        return torch.func.jvp(net, (z,), (tangent,))[1].square().sum()

    gradient = torch.autograd.grad(size(z.requires_grad_()), z)[0]
    way = torch.randn_like(z)
    with torch.no_grad():
        slope = (size(z + 1e-6 * way) - size(z - 1e-6 * way)) / 2e-6
    assert (gradient * way).sum().item() == pytest.approx(slope.item(), rel=1e-6)
