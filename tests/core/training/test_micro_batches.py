"""A step by micro-batches: it is the step of the whole batch, for every objective that allows it."""

import numpy as np
import pytest
import torch
from ranked import ALLOWED, REFUSED, build

from posectl.core.objectives import OBJECTIVES
from posectl.errors import UsageError

FEW = {"acai", "vae", "near", "speed", "aae-semi", "denoising"}


@pytest.fixture
def float64():
    before = torch.get_default_dtype()
    torch.set_default_dtype(torch.float64)
    yield
    torch.set_default_dtype(before)


def weights_after(trainer):
    assert trainer.run()
    return trainer.state()


@pytest.mark.parametrize("pairing", ["reverse", "halves"])
@pytest.mark.parametrize(
    "name", [name if name in FEW else pytest.param(name, marks=pytest.mark.slow) for name in ALLOWED]
)
def test_micro_batches_come_to_the_whole_batch(name, pairing, float64):
    whole, parts = (weights_after(build(name, micro_batch=size, pairing=pairing)) for size in (None, 4))
    assert whole.keys() == parts.keys()
    for key in whole:
        np.testing.assert_allclose(parts[key], whole[key], rtol=1e-10, atol=1e-10, err_msg=key)


@pytest.mark.parametrize("name", REFUSED)
def test_what_takes_the_whole_batch_at_once_is_refused_by_name_with_the_reason(name):
    reason = OBJECTIVES.get(name).whole_batch
    with pytest.raises(UsageError, match=f"^{name} cannot be trained in micro-batches.*: {reason}") as refused:
        build(name, micro_batch=4)
    assert f"--reg {name}" in refused.value.hint
    build(name, micro_batch=16)  # the whole batch
