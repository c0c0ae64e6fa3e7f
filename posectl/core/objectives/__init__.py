"""Objectives: the losses of an autoencoder beside reconstruction, one regularizer a file.

`@objective("acai")` on a subclass of `posectl.core.objectives.base.Objective`, in any module, registers one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from posectl.registry import Registry

if TYPE_CHECKING:
    from posectl.core.objectives.base import Objective

OBJECTIVES: Registry[type[Objective]] = Registry("regularizer", "posectl.core.objectives", decorator="objective")
objective = OBJECTIVES.register
