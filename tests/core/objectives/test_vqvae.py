"""The codebook against brute force, its published update written out, and what quantising does to gradients."""

import numpy as np
import pytest
import torch
from core.objectives.settings import IMAGES, POSES, assert_replicas_apart, small_step
from core.objectives.training import assert_resumes, assert_stacks, error_of_the_mean, trainer
from torch.nn import functional as F

from posectl.core.autoencoder import Autoencoder
from posectl.core.latent.priors import NORMAL, SPHERE
from posectl.core.nets.layers import initialise
from posectl.core.nets.mlp import MLP
from posectl.core.objectives.acai import ACAI
from posectl.core.objectives.smooth import Smooth
from posectl.core.objectives.vqvae import VQVAE, Codebook
from posectl.core.random import generator
from posectl.errors import UsageError

SMALL = VQVAE(codes=5, latents=2, width=7, restart=0)


def codebook(replicas=2, entries=7, latent=3, decay=0.9, epsilon=1e-2, restart=0):
    """One in the midst of training, with some entries that hardly any vector is near to."""
    made = Codebook(replicas, latent, VQVAE(codes=entries, decay=decay, epsilon=epsilon, restart=restart)).double()
    draw = torch.Generator().manual_seed(4)
    made.means.copy_(torch.randn(made.means.shape, generator=draw, dtype=torch.float64))
    made.counts.copy_(torch.rand(made.counts.shape, generator=draw, dtype=torch.float64) ** 4 * 10)
    return made


def vectors(count=40, replicas=2, latent=3):
    return torch.randn(replicas, count, latent, generator=torch.Generator().manual_seed(9), dtype=torch.float64)


def entries(counts, means, epsilon):
    """The published entries M / N', of one replica, in numpy."""
    smoothed = (counts + epsilon) / (counts.sum() + len(counts) * epsilon) * counts.sum()
    return means * counts[:, None] / smoothed[:, None]


def all_entries(book):
    every = torch.arange(book.counts.shape[1]).expand(len(book.counts), -1)
    return book.entries(every)


def test_entries_are_smoothed_as_published():
    book = codebook()
    for r in range(2):
        expected = entries(book.counts[r].numpy(), book.means[r].numpy(), 1e-2)
        np.testing.assert_allclose(all_entries(book)[r].numpy(), expected, rtol=1e-12)


def test_the_nearest_entry_is_that_of_brute_force():
    book, v = codebook(), vectors()
    expected = torch.cdist(v, all_entries(book)).argmin(2)
    assert torch.equal(book.nearest(v), expected)
    assert len(expected[0].unique()) > 3


def test_the_update_written_out():
    book, v = codebook(), vectors()
    nearest = book.nearest(v)
    expected = []
    for r in range(2):
        # N <- g N + (1 - g) n, M <- g M + (1 - g) sum.
        counts, sums = book.counts[r].numpy().copy(), (book.means[r] * book.counts[r][:, None]).numpy()
        found, near = np.zeros(7), np.zeros((7, 3))
        for vector, which in zip(v[r].numpy(), nearest[r].numpy(), strict=True):
            found[which] += 1
            near[which] += vector
        counts, sums = 0.9 * counts + 0.1 * found, 0.9 * sums + 0.1 * near
        smoothed = (counts + 1e-2) / (counts.sum() + 7 * 1e-2) * counts.sum()
        expected.append((counts, sums / smoothed[:, None]))
    book.follow(v, nearest)
    for r, (counts, published) in enumerate(expected):
        np.testing.assert_allclose(book.counts[r].numpy(), counts, rtol=1e-12)
        np.testing.assert_allclose(all_entries(book)[r].numpy(), published, rtol=1e-10)


def test_an_entry_comes_to_the_mean_of_what_is_nearest_to_it():
    book = codebook(1, 2, 1, 0.5, 1e-5)
    book.counts.fill_(1)
    book.means.copy_(torch.tensor([[[-1.0], [1.0]]]))
    v = torch.tensor([[[2.0], [4.0], [-3.0]]], dtype=torch.float64)
    for _ in range(60):
        book.follow(v, book.nearest(v))
    torch.testing.assert_close(book.means, torch.tensor([[[-3.0], [3.0]]], dtype=torch.float64))
    torch.testing.assert_close(book.counts, torch.tensor([[1.0, 2.0]], dtype=torch.float64))


def test_it_begins_by_its_replicas_own_stream_with_one_vector_an_entry():
    book, alone = Codebook(2, 4, VQVAE(codes=300)), Codebook(1, 4, VQVAE(codes=300))
    for replica, seed in enumerate((0, 1)):
        initialise(book, replica, generator(seed, "init/decoder"))
    initialise(alone, 0, generator(1, "init/decoder"))
    assert torch.equal(book.means[1], alone.means[0])
    assert not torch.equal(book.means[0], book.means[1])
    assert (book.counts == 1).all()
    # Uniform in +-sqrt(3 / 300) has a deviation of sqrt(1 / 300).
    assert book.means.abs().max().item() <= 0.1
    assert book.means.std().item() == pytest.approx(300**-0.5, rel=0.05)
    # While every entry counts alike, smoothing changes none.
    torch.testing.assert_close(all_entries(book), book.means)


def test_entries_out_of_use_start_anew_where_vectors_are():
    book, v = codebook(restart=3), vectors(count=2)
    book.idle.copy_(torch.tensor([[0.0, 2, 9, 1, 4, 2, 3], [0, 0, 0, 0, 0, 0, 9]]))
    before, near = state_of(book), torch.tensor([[4, 0], [5, 5]])
    book.follow(v, near)
    # Of the first, entries 1, 2, 5 and 6 have now been idle for three steps or more: the two longest, 2 and 6, restart.
    torch.testing.assert_close(book.means[0, [2, 6]], v[0])
    assert book.counts[0, [2, 6]].tolist() == [1, 1]
    assert book.idle[0].tolist() == [0, 3, 0, 2, 0, 3, 0]
    torch.testing.assert_close(book.means[1, 6], v[1, 0])
    assert book.idle[1].tolist() == [1, 1, 1, 1, 1, 0, 0]
    assert torch.equal(book.means[0, [1, 3, 5]], before["means"][0, [1, 3, 5]])
    assert torch.equal(book.means[1, :5], before["means"][1, :5])
    resting = codebook(restart=0)
    resting.idle.fill_(99)
    resting.follow(v, near)
    assert torch.equal(resting.means[0, [1, 2, 3, 5, 6]], before["means"][0, [1, 2, 3, 5, 6]])


def state_of(book):
    return {name: tensor.clone() for name, tensor in book.state_dict().items()}


def test_the_decoder_sees_entries_and_the_encoder_their_gradient():
    step, networks = small_step(SMALL)
    decoder, z = networks["decoder"], step.z
    v = decoder.spread(z).reshape(1, 12, 4)
    seen = decoder.codebook.entries(decoder.codebook.nearest(v)).requires_grad_()
    hidden = decoder.hidden(F.relu(seen.reshape(1, 6, 8)))
    x_hat = decoder.inner(decoder.gather(F.relu(hidden)))
    decoded, trace = decoder.trace(z)
    torch.testing.assert_close(decoded, x_hat)
    torch.testing.assert_close(trace.vectors, v)
    torch.testing.assert_close(trace.entries, seen)
    (expected,) = torch.autograd.grad(x_hat.square().sum(), seen)
    (straight,) = torch.autograd.grad(decoded.square().sum(), trace.vectors)
    torch.testing.assert_close(straight, expected)


def test_the_commitment_by_hand():
    step, networks = small_step(SMALL)
    v, e = step.trace
    torch.testing.assert_close(SMALL.term(step, networks), ((v - e) ** 2).mean((1, 2)))
    (gradient,) = torch.autograd.grad(SMALL.term(step, networks).sum(), v, retain_graph=True)
    torch.testing.assert_close(gradient, 2 * (v - e) / v.numel())
    assert not e.requires_grad
    torch.testing.assert_close(SMALL.reconstruction(step, networks), step.kind.mean_square(step.x_hat - step.x))


def test_the_published_settings():
    decoder = VQVAE().decoder(torch.nn.Identity(), MLP((1, 32, 32), 256), 1, IMAGES)
    shapes = {name: tuple(t.shape[1:]) for name, t in decoder.state_dict().items()}
    assert shapes["codebook.means"] == (2**14, 256)
    assert (shapes["spread.matrix"], shapes["hidden.matrix"]) == ((256, 2560), (2560, 512))
    assert shapes["gather.matrix"] == (512, 256)
    assert (VQVAE().lam, VQVAE().decay, VQVAE().epsilon) == (10, 0.999, 1e-5)


def state(decoder):
    return state_of(decoder.codebook)


def test_a_step_moves_the_codebook_once_by_the_reconstruction_alone():
    step, networks = small_step(SMALL, also=[ACAI()])
    decoder, before = networks["decoder"], state(networks["decoder"])
    _ = step.x_mix
    assert all(torch.equal(before[name], tensor) for name, tensor in state(decoder).items())
    _ = step.x_hat, SMALL.term(step, networks), step.x_hat
    # Six samples of two vectors: the counts move a thousandth of the way from 5 to 12 in sum.
    assert decoder.codebook.counts.sum().item() == pytest.approx(5 + 0.001 * 7)
    assert not torch.equal(before["means"], decoder.codebook.means)


def test_in_use_the_codebook_stands_still():
    step, networks = small_step(SMALL)
    decoder = networks["decoder"].eval()
    before = state(decoder)
    decoded, _ = decoder.trace(step.z)
    torch.testing.assert_close(decoder(step.z), decoded)
    assert all(torch.equal(before[name], tensor) for name, tensor in state(decoder).items())


def test_paths_are_between_codes_not_yet_quantised():
    step, networks = small_step(SMALL, also=[ACAI()])
    alpha = step.alpha[..., None]
    torch.testing.assert_close(step.z_mix, (1 - alpha) * step.z + alpha * step.z.flip(1))
    torch.testing.assert_close(step.x_mix, networks["decoder"](step.z_mix))


def test_velocities_pass_straight_through():
    step, networks = small_step(SMALL, also=[Smooth()])
    decoder, h = networks["decoder"], 1e-6
    v = decoder.spread(step.z_t).reshape(1, 12, 4)
    e = decoder.codebook.entries(decoder.codebook.nearest(v))
    there = decoder.spread(step.path(step.z, step.z_partner, step.t + h)).reshape(1, 12, 4)

    def decoded(shift):
        through = F.relu((e + shift).reshape(1, 6, 8))
        return decoder.inner(decoder.gather(F.relu(decoder.hidden(through))))

    expected = (decoded(there - v) - decoded(v - there)) / (2 * h)
    torch.testing.assert_close(step.v_t, expected, atol=1e-6, rtol=1e-5)


@pytest.mark.parametrize("prior", [NORMAL, SPHERE])
def test_replicas_do_not_mix(prior):
    assert_replicas_apart(SMALL, prior)


def test_replicas_train_apart():
    objective = VQVAE(lam=0.1, codes=16, latents=3, width=16)
    assert_stacks(lambda seeds: trainer(objective, seeds=seeds, latent=8, batch=64, steps=30))


def test_it_resumes_to_the_bit():
    assert_resumes(lambda: trainer(VQVAE(lam=0.1, codes=16, latents=3, width=16), steps=120))


def test_a_short_training_reconstructs_and_is_loaded_as_it_was():
    objective = VQVAE(lam=0.1, codes=64, latents=4, width=64, decay=0.95)
    run = trainer(objective, steps=300)
    run.run()
    assert run.history.tests[300][0] < 0.6 * error_of_the_mean()
    model = Autoencoder(MLP((6, 3), 6, widths=(32,)), SPHERE, torch.device("cpu"), [objective], kind=POSES)
    model.load(run.weights(0))
    error = (model.reconstruct(run.test) - run.test).norm(dim=-1).mean()
    assert error.item() == pytest.approx(run.history.tests[300][0], rel=1e-5)


@pytest.mark.parametrize(
    "setting", [{"codes": 0}, {"latents": 0}, {"width": 0}, {"decay": 1.0}, {"epsilon": 0.0}, {"restart": -1}]
)
def test_settings_that_make_no_codebook_are_refused(setting):
    with pytest.raises(UsageError, match="vqvae"):
        VQVAE(**setting)


@pytest.mark.cuda
def test_on_cuda_the_update_is_the_same_and_repeats_to_the_bit():
    if not torch.cuda.is_available():
        pytest.skip("no CUDA device")
    v, runs = vectors(5000), []
    for device in ("cpu", "cuda", "cuda"):
        book = codebook().float().to(device)
        for _ in range(5):
            book.follow(v.float().to(device), book.nearest(v.to(device)))
        runs.append(book.means.cpu())
    torch.testing.assert_close(runs[0], runs[1], atol=1e-5, rtol=1e-5)
    assert torch.equal(runs[1], runs[2])
