"""Attribute vectors: directions in the space of codes along which one attribute of the samples changes.

T. Sainburg, M. Thielk, B. Theilman, B. Migliori and T. Gentner, Generative adversarial interpolative autoencoding:
adversarial training on latent space interpolations encourages convex latent distributions, 2018, section 2.4.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from posectl.errors import InvalidInputError


class Attribute(NamedTuple):
    """One attribute of samples: a class of a label, "action=walk", a continuous label, "speed", or the cosine or sine
    of one that goes round, "azimuth.cos".

    label: the label's name; value: the class, "" where it is none; part: "cos" or "sin", "" where it is neither.
    """

    name: str
    label: str
    value: str = ""
    part: str = ""


def difference_of_means(codes: np.ndarray, values: np.ndarray) -> np.ndarray:
    """Return directions (A, d) of attributes with values (N, A) of codes (N, d), each by itself.

    Of a class, 1 or 0, it is the mean code of those with it less the mean of those without; of a number, the slope of
    the regression on this number alone, of which that is the special case.

    >>> import numpy as np
    >>> from posectl.core.latent.attributes import difference_of_means
    >>> difference_of_means(np.array([[0.0], [2.0], [7.0]]), np.array([[0.0], [0.0], [1.0]]))
    array([[6.]])
    """
    x, z = values - values.mean(0), codes - codes.mean(0)
    return (x.T @ z) / np.square(x).sum(0)[:, None]


def least_squares(codes: np.ndarray, values: np.ndarray, attributes: Sequence[Attribute]) -> np.ndarray:
    """Return directions (A, d) of attributes with values (N, A) of codes (N, d): coefficients of the ordinary
    least-squares regression of the codes on all attributes at once, with a constant.

    The classes of one label, of which a sample has exactly one, count against each other: the direction of a class is
    its coefficient less the mean of the others', weighed by their frequency; of one label alone that is the difference
    of means. Raises InvalidInputError where the samples do not tell the labels apart.

    >>> import numpy as np
    >>> from posectl.core.latent.attributes import Attribute, least_squares
    >>> values = np.array([[0.0, 0.0], [1.0, 0.0], [1.0, 1.0]])
    >>> least_squares(values @ [[2.0], [3.0]], values, [Attribute("a", "a"), Attribute("b", "b")]).round(6)
    array([[2.],
           [3.]])
    """
    labels = {a.label for a in attributes if a.value}
    coefficients, _, rank, _ = np.linalg.lstsq(values - values.mean(0), codes - codes.mean(0), rcond=None)
    if rank < len(attributes) - len(labels):
        told = ", ".join(dict.fromkeys(a.label for a in attributes))
        raise InvalidInputError(
            f"The samples do not tell {told} apart: some of them only ever change together.",
            "Name fewer labels, or take each by itself: --by means.",
        )
    directions, share = coefficients.copy(), values.mean(0)
    for i, one in enumerate(attributes):
        others = [j for j, other in enumerate(attributes) if one.value and other.label == one.label and j != i]
        if others:
            directions[i] -= share[others] @ coefficients[others] / share[others].sum()
    return directions
