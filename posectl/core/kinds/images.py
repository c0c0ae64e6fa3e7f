"""Images: (C, H, W) intensities in [-1, 1], one channel or three."""

from __future__ import annotations

from posectl.core.kinds import Kind, kind


@kind("images")
class Images(Kind):
    """The kind of images. Reconstruction loss and test error are mean squares over elements (ACAI), four times those of
    images in [0, 1]; the distance is the root mean square. The authors of GAIA balance mean absolute errors of images
    in [0, 1]."""

    axes = ("channel", "row", "column")
    noun, nouns = "image", "images"
    net = "conv"
    likelihood = "bernoulli"
    noise = 1.0
    intensity = 2.0
    path_search = "cosine"

    def accepts(self, shape: tuple[int, ...]) -> bool:
        """Tell whether the shape is (1, H, W) or (3, H, W)."""
        return len(shape) == 3 and shape[0] in (1, 3)
