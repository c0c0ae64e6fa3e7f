"""The codes of real samples: where a model puts the data."""

from __future__ import annotations

from torch import Tensor

from posectl.core.autoencoder import Autoencoder
from posectl.core.metrics import metric_input


@metric_input("real_codes")
def real_codes(model: Autoencoder, real_samples: Tensor) -> Tensor:
    """Return the codes (N, d) of real_samples (N, *shape)."""
    return model.encode(real_samples)
