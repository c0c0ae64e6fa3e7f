"""Pictures from files: their layouts, and how they all become (N, C, H, W) float32 in [-1, 1]."""
