"""The noisy poses themselves, or their moving average over time: what is to be beaten by denoising."""

from __future__ import annotations

import torch
from torch import Tensor

from posectl.core.recovery import Recovery


class Average(Recovery):
    """Every frame's mean with the frames at most `reach` before and after it, fewer at the ends; 0: the frame itself,
    which single poses always are."""

    def __init__(self, reach: int) -> None:
        self.reach = reach

    def denoise(self, poses: Tensor, noise: float) -> Tensor:
        """Return poses (N, 1, J, 3), as they are."""
        return poses[:, None]

    def denoise_clips(self, clips: Tensor, noise: float) -> Tensor:
        """Return clips (B, T, J, 3), averaged."""
        frames = torch.arange(clips.shape[1], device=clips.device)
        near = ((frames[:, None] - frames).abs() <= self.reach).to(clips)
        return torch.einsum("ts,bsjc->btjc", near / near.sum(1, keepdim=True), clips)
