"""Points in two or three dimensions by what keeps neighbours together: t-SNE and UMAP."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal

import numpy as np

from posectl.errors import InvalidInputError, UnavailableError

Embedding = Literal["tsne", "umap"]

NAMES: dict[str, str] = {"tsne": "t-SNE", "umap": "UMAP"}
_PERPLEXITY, _NEIGHBOURS = 30.0, 15


def embed(
    points: np.ndarray, by: Embedding, dimensions: int, seed: int, *, perplexity: float = _PERPLEXITY
) -> np.ndarray:
    """Place points (N, d) in two or three dimensions, (N, dimensions), the same for a seed: by scikit-learn's t-SNE
    (van der Maaten and Hinton, 2008), or umap-learn's UMAP (McInnes et al., 2018).

    Near points are alike; distances between groups mean little. Raises UnavailableError without the extra,
    InvalidInputError for fewer than four points.
    """
    make = _MAKE[by]()
    if len(points) < 4:
        raise InvalidInputError(f"{len(points)} samples cannot be embedded.", f"{NAMES[by]} takes four or more.")
    return np.asarray(make(points.astype(np.float64), dimensions, seed, perplexity))


def _tsne() -> Callable[..., Any]:
    try:
        from sklearn.manifold import TSNE
    except ImportError as error:
        what = "t-SNE needs scikit-learn, which is not installed."
        raise UnavailableError(what, "pip install 'posectl[sklearn]'") from error

    def place(points: np.ndarray, dimensions: int, seed: int, perplexity: float) -> Any:
        few = min(perplexity, len(points) / 3)
        return TSNE(dimensions, perplexity=few, init="pca", random_state=seed).fit_transform(points)

    return place


def _umap() -> Callable[..., Any]:
    try:
        from umap import UMAP
    except ImportError as error:
        what = "UMAP needs umap-learn, which is not installed."
        raise UnavailableError(what, "pip install 'posectl[umap]'") from error

    def place(points: np.ndarray, dimensions: int, seed: int, _: float) -> Any:
        few = min(_NEIGHBOURS, len(points) - 1)
        # The spectral start fails for few points; one thread, as a seed asks for.
        start = "spectral" if len(points) > 10 * dimensions else "random"
        made = UMAP(n_components=dimensions, n_neighbors=few, init=start, random_state=seed, n_jobs=1)
        return made.fit_transform(points)

    return place


_MAKE = {"tsne": _tsne, "umap": _umap}
