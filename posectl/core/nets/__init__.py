"""Networks: plain modules whose layers hold R replicas at once.

A net is one file that registers an `Architecture` of its own name: a frozen dataclass of options that builds encoder,
decoder and critic for a number of replicas. Tensors are (R, B, ...): replica, batch, sample. One whose codes are
flattened maps has a `code_shape` too.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Protocol

from posectl.registry import Registry

if TYPE_CHECKING:
    from torch import nn


class Architecture(Protocol):
    """A family of networks. Encoders map (R, B, *shape) to raw codes (R, B, d), decoders back, critics to (R, B)."""

    name: ClassVar[str]

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape of a sample."""
        ...

    @property
    def latent(self) -> int:
        """The number of elements of a code."""
        ...

    def encoder(self, replicas: int) -> nn.Module:
        """Build the encoder of so many replicas."""
        ...

    def decoder(self, replicas: int) -> nn.Module:
        """Build the decoder of so many replicas."""
        ...

    def critic(self, replicas: int) -> nn.Module:
        """Build the critic of so many replicas."""
        ...


def code_shape(architecture: Architecture) -> tuple[int, ...]:
    """Return the shape of a code before it is flattened: (maps, side, side) where the net says so, else (d,)."""
    return tuple(getattr(architecture, "code_shape", (architecture.latent,)))


NETS: Registry[Any] = Registry("net", "posectl.core.nets", decorator="net")
net = NETS.register
