"""Paths between codes against closed forms on the circle and in the plane."""

import math

import pytest
import torch
from hypothesis import example, given, settings
from hypothesis import strategies as st

from posectl.core.latent.paths import PATHS, alphas, angle, between, circle, lerp, lerp_sphere, slerp, slerp_units
from posectl.errors import UsageError

EAST, NORTH = torch.tensor([1.0, 0.0]), torch.tensor([0.0, 1.0])


def unit(d, seed):
    return torch.nn.functional.normalize(torch.randn(d, generator=torch.Generator().manual_seed(seed)), dim=0)


@pytest.mark.parametrize("alpha", [0.0, 0.25, 0.5, 1.0])
def test_slerp_turns_at_constant_speed(alpha):
    point = slerp(EAST, NORTH, torch.tensor([alpha]))
    turn = alpha * math.pi / 2
    torch.testing.assert_close(point, torch.tensor([math.cos(turn), math.sin(turn)]))


def rounding(a, b):
    """What float32 leaves of slerp: the error of t by the cosine's rounding is eps / sin t, and that of the norm of a
    sum of two codes t apart tan(t / 2) times as large."""
    t = angle(a.double(), b.double()).item()
    return 4 * torch.finfo(torch.float32).eps * (1 + math.tan(t / 2) / math.sin(t))


@given(st.integers(0, 1000), st.integers(0, 1000), st.floats(0, 1), st.integers(2, 32))
@example(2, 0, 0.5, 2)  # all but antipodal
@settings(deadline=None, max_examples=50)
def test_slerp_keeps_unit_norm_and_is_symmetric(s, t, alpha, d):
    a, b = unit(d, s), unit(d, t + 2000)
    weight = torch.tensor([alpha])
    point = slerp(a, b, weight)
    assert point.double().norm().item() == pytest.approx(1, abs=rounding(a, b))
    torch.testing.assert_close(point, slerp(b, a, 1 - weight), atol=rounding(a, b), rtol=0)


def test_slerp_of_unit_codes_needs_no_norms():
    a, b = (torch.stack([unit(8, s) for s in range(first, first + 5)]) for first in (0, 10))
    b[3], b[4] = a[3], -a[4]
    weight = torch.linspace(0, 1, 5)[:, None]
    torch.testing.assert_close(slerp_units(a, b, weight), slerp(a, b, weight))


def test_slerp_of_one_code_with_itself_stays_there():
    a = unit(8, 1)
    torch.testing.assert_close(slerp(a, a.clone(), torch.tensor([0.3])), a)


def test_slerp_of_nearly_parallel_codes_is_the_straight_line():
    a = unit(8, 1)
    b = torch.nn.functional.normalize(a + 1e-5 * unit(8, 2), dim=0)
    torch.testing.assert_close(slerp(a, b, torch.tensor([0.3])), a + 0.3 * (b - a), atol=1e-7, rtol=0)


def test_slerp_of_antipodal_codes_goes_half_round_the_sphere():
    a = unit(8, 3)
    path = between(a[None], -a[None], 101, "slerp")[0]
    assert torch.isfinite(path).all()
    torch.testing.assert_close(path.norm(dim=1), torch.ones(101), atol=1e-6, rtol=0)
    torch.testing.assert_close(path[-1], -a, atol=1e-6, rtol=0)
    assert (path[50] @ a).abs().item() < 1e-6
    steps = angle(path[1:], path[:-1])
    torch.testing.assert_close(steps, torch.full_like(steps, math.pi / 100), atol=1e-6, rtol=0)


@pytest.mark.parametrize("b", [1.0, -1.0, 0.5])
def test_slerp_has_finite_gradients_at_its_degenerate_ends(b):
    a = unit(4, 5).requires_grad_()
    other = (b * unit(4, 5)).requires_grad_()
    slerp(a, other, torch.tensor([0.4])).sum().backward()
    assert torch.isfinite(a.grad).all()
    assert torch.isfinite(other.grad).all()


def test_slerp_gradient_agrees_with_finite_differences():
    a, b = (unit(5, s).double().requires_grad_() for s in (7, 8))
    assert torch.autograd.gradcheck(lambda p, q: slerp(p, q, torch.tensor([0.3], dtype=torch.float64)), (a, b))


def test_lerp_is_straight_and_even():
    path = between(EAST[None], NORTH[None], 5, "lerp")[0]
    torch.testing.assert_close(path[:, 1], torch.linspace(0, 1, 5))
    torch.testing.assert_close(path.sum(1), torch.ones(5))


def test_lerp_sphere_is_lerp_brought_back_to_unit_norm():
    point = lerp_sphere(EAST, NORTH, torch.tensor([0.25]))
    torch.testing.assert_close(point, torch.tensor([3.0, 1.0]) / math.sqrt(10))
    torch.testing.assert_close(lerp(EAST, NORTH, torch.tensor([0.25])), torch.tensor([0.75, 0.25]))


def test_circle_passes_b_then_minus_a_and_returns():
    quarters = torch.tensor([[0.0], [0.25], [0.5], [0.75], [1.0]])
    expected = torch.stack([EAST, NORTH, -EAST, -NORTH, EAST])
    torch.testing.assert_close(circle(EAST, NORTH, quarters), expected, atol=1e-6, rtol=0)


@pytest.mark.parametrize("name", ["slerp", "lerp", "lerp-sphere"])
def test_ends_of_a_path_are_the_ends_given(name):
    a, b = unit(6, 11)[None], unit(6, 12)[None]
    path = between(a, b, 10, name)[0]
    torch.testing.assert_close(path[0], a[0], atol=1e-6, rtol=0)
    torch.testing.assert_close(path[-1], b[0], atol=1e-6, rtol=0)


def test_angle_is_accurate_where_acos_is_not():
    a = torch.tensor([1.0, 0.0, 0.0])
    tiny = torch.tensor([1.0, 1e-5, 0.0])
    assert angle(a, tiny).item() == pytest.approx(1e-5, rel=1e-3)
    assert angle(a, -tiny).item() == pytest.approx(math.pi - 1e-5, abs=1e-7)


def test_alphas_have_exact_ends_and_need_two_steps():
    assert alphas(4).tolist() == pytest.approx([0, 1 / 3, 2 / 3, 1])
    assert alphas(101)[-1].item() == 1.0
    with pytest.raises(UsageError, match="at least 2 steps"):
        alphas(1)


def test_beyond_its_ends_a_path_goes_on_along_the_same_line_or_circle():
    codes = between(2 * EAST[None], 2 * NORTH[None], 3, "lerp", (-0.5, 1.5))[0]
    assert [code.tolist() for code in codes] == [[3, -1], [1, 1], [-1, 3]]
    turned = between(EAST[None], NORTH[None], 3, "slerp", (-0.5, 1.5))[0]
    half = math.sqrt(0.5)  # -45, 45 and 135 degrees
    torch.testing.assert_close(turned, torch.tensor([[half, -half], [half, half], [-half, half]]))


@pytest.mark.parametrize("span", [(1.0, 0.0), (0.5, 0.5), (0.0, math.inf), (math.nan, 1.0)])
def test_a_span_rises_from_a_number_to_another(span):
    with pytest.raises(UsageError, match="cannot go from"):
        alphas(5, span)


def test_an_unknown_path_is_told_with_the_nearest_name():
    with pytest.raises(UsageError) as error:
        between(EAST[None], NORTH[None], 3, "slurp")
    assert "'slerp'" in error.value.hint
    assert set(PATHS) == {"slerp", "lerp", "lerp-sphere", "circle"}
