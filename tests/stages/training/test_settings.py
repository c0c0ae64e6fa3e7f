"""What a training's options mean."""

import pytest

from posectl.errors import UsageError
from posectl.stages.options import TrainOptions
from posectl.stages.training.settings import build_objectives


def lambdas(**options):
    return {objective.name: objective.lam for objective in build_objectives(TrainOptions(**options))}


def test_a_recipe_is_its_regularizers_at_their_weights():
    assert lambdas(reg=("posectl",), lam=(1.0,)) == {
        "smooth": 0.0025, "cycle": 0.004, "speed": 0.0012, "near": 0.1, "cover": 0.24,
    }  # fmt: skip


def test_without_a_lambda_a_recipe_has_a_price():
    *terms, density, price = build_objectives(TrainOptions(reg=("posectl",)))
    assert {term.name for term in terms} < set(price.rules)
    assert density.name == "density"
    assert price.price == 1.03
    assert build_objectives(TrainOptions(reg=("posectl",), price=1.1))[-1].price == 1.1
    assert build_objectives(TrainOptions(reg=("posectl",), set=("price.price=1.2",)))[-1].price == 1.2


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"reg": ("posectl",), "price": 0.99}, "at least 1, and 0.99"),
        ({"reg": ("posectl",), "price": float("nan")}, "at least 1, and nan"),
        ({"reg": ("acai",), "price": 1.1}, "--price 1.1 is what the recipe may cost, and there is none"),
        ({"price": 1.1}, "there is none"),
        ({"reg": ("posectl",), "lam": (0.2,), "price": 1.1}, "--lam tells them"),
        ({"reg": ("posectl",), "set": ("price.price=1.2",), "price": 1.1}, "both tell the price"),
    ],
)
def test_prices_that_mean_nothing(options, said):
    with pytest.raises(UsageError, match=said):
        build_objectives(TrainOptions(**options))


def test_a_recipes_lambda_multiplies_all_of_its_weights():
    assert lambdas(reg=("posectl", "acai"), lam=(2.0, 0.3)) == pytest.approx(
        {"smooth": 0.005, "cycle": 0.008, "speed": 0.0024, "near": 0.2, "cover": 0.48, "acai": 0.3}
    )


def test_parts_of_a_recipe_take_settings():
    for lam in ((), (0.5,)):
        objectives = build_objectives(TrainOptions(reg=("posectl",), lam=lam, set=("near.among=9",)))
        assert next(each for each in objectives if each.name == "near").among == 9


def test_a_recipe_is_known_where_a_name_is_not():
    with pytest.raises(UsageError, match="no regularizer 'posctl'") as caught:
        lambdas(reg=("posctl",))
    assert caught.value.hint is not None
    assert "Did you mean 'posectl'?" in caught.value.hint


def test_settings_are_of_the_fields_type():
    with pytest.raises(UsageError, match="whole number"):
        build_objectives(TrainOptions(reg=("vqvae",), set=("vqvae.codes=2.5",)))
    with pytest.raises(UsageError, match="true or false"):
        build_objectives(TrainOptions(reg=("aae",), set=("aae.labels=maybe",)))
